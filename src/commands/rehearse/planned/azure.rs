//! The private Azure of a rehearsed plan: what the steps of its jobs name is there, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::jobs::{Course, calls, text};
use crate::commands::rehearse::app::App;
use crate::commands::rehearse::stage::{env, settings};
use crate::emulator::config::{FederatedCredential, Secret, Site, Vault};
use crate::emulator::{Config, Emulator, Options};
use crate::generate::Project;
use crate::generate::plan::Job;
use crate::report::Failure;
use crate::spec::Inputs;
use crate::tools::{Stage, kv_sync};
use crate::world::{Env, Masker, World};

/// The size of plans that the config says nothing of; it has slots.
const PLAN: &str = "S1";

/// An emulator, and what a job in it needs.
pub(super) struct Azure {
    /// The emulator; its apps end with it.
    pub(super) emulator: Emulator,
    /// The apps in production, and their slots.
    pub(super) sites: BTreeMap<String, BTreeSet<String>>,
    /// The resource group.
    pub(super) group: String,
    env: Env,
    masker: Masker,
    speed: u32,
}

impl Azure {
    /// Starts the emulator in this folder.
    pub(super) fn start(
        inputs: &Inputs,
        stage: Stage<'_>,
        (project, course, app): (&Project, &Course<'_>, &App),
        (folder, speed): (&Path, u32),
    ) -> Result<Self, Failure> {
        let (sites, group) = (sites(course), group(course));
        let mut config = world(project, course);
        config.resource_group.name.clone_from(&group);
        let plan = course.releases.iter().filter_map(|job| job.environment.as_ref());
        let plan = plan.map(|gate| &gate.name).find_map(|name| project.config.environments.get(name)?.plan.clone());
        let settings = settings(inputs);
        let model = config.sites.remove(0);
        config.sites = sites.iter().map(|(name, slots)| site(&model, name, slots, plan.as_deref())).collect();
        for site in &mut config.sites {
            site.start_command.clone_from(&app.start_command);
            let slots = site.slots.iter_mut().map(|slot| &mut slot.settings);
            slots.chain([&mut site.settings]).for_each(|target| target.extend(settings.clone()));
        }
        let emulator = Emulator::start(Options {
            port: u16::try_from(inputs.count("port")).unwrap_or_default(),
            speed: f64::from(speed),
            faults: Vec::new(),
            config,
            home: folder.to_owned(),
        })?;
        let env = env(&stage.world.env, &emulator);
        Ok(Self { emulator, sites, group, env, masker: stage.world.masker.clone(), speed })
    }

    /// The world of a job, with the identity of its environment.
    pub(super) fn world(&self, job: &Job) -> Result<World, Failure> {
        let environment = job.environment.as_ref().map_or("", |gate| gate.name.as_str());
        let token = self.emulator.job_in(environment);
        let env = self.env.clone().with([("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token)]);
        Ok(World::new(env, "rehearse", self.masker.clone())?.at_speed(self.speed))
    }

    /// The world of whoever watches: on the real clock.
    pub(super) fn onlookers_world(&self) -> Result<World, Failure> {
        World::new(self.env.clone(), "rehearse", Masker::new(|_| {}))
    }

    /// Prints where everything is, and stays until the process is told to end.
    pub(super) async fn serve(&self, stage: Stage<'_>) {
        for (app, slots) in &self.sites {
            for slot in std::iter::once("production").chain(slots.iter().map(String::as_str)) {
                stage.host.line(&format!("{app}, {slot}: {}/", self.emulator.app_url(app, slot)));
            }
        }
        stage.host.line(&format!("azure: {}", self.emulator.base_url()));
        stage.host.line(&format!("trust: {}", self.emulator.ca_file().display()));
        stage.host.line("serving until Ctrl+C");
        std::future::pending::<()>().await;
    }
}

/// Every app that a step names, with every slot of it.
fn sites(course: &Course<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut sites: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, call) in course.jobs().flat_map(calls) {
        if let Some(app) = text(call, "app-name") {
            let slots = sites.entry(app.to_owned()).or_default();
            slots.extend(text(call, "slot-name").filter(|slot| *slot != "production").map(str::to_owned));
        }
    }
    sites
}

fn group(course: &Course<'_>) -> String {
    let groups = course.jobs().flat_map(calls).filter_map(|(_, call)| text(call, "resource-group"));
    groups.last().unwrap_or("rehearsal").to_owned()
}

/// The ready world, in which a job of each environment may sign in, and the vaults hold the secrets that steps take.
fn world(project: &Project, course: &Course<'_>) -> Config {
    let mut config = Config::ready();
    let repository = format!("rehearsal/{}", project.config.name);
    let environments: BTreeSet<&str> =
        course.jobs().filter_map(|job| job.environment.as_ref()).map(|gate| gate.name.as_str()).collect();
    for application in config.tenants.iter_mut().flat_map(|tenant| &mut tenant.applications) {
        application.name = format!("{}-deploy", project.config.name);
        let trust = application.federated_credentials.remove(0);
        application.federated_credentials = environments
            .iter()
            .map(|name| FederatedCredential {
                subject: format!("repo:{repository}:environment:{name}"),
                ..trust.clone()
            })
            .collect();
    }
    config.ci.github.repository = repository;
    for (_, call) in course.jobs().flat_map(calls).filter(|(_, call)| call.spec.name == kv_sync::SPEC.name) {
        if let (Some(vault), Some(secrets)) = (text(call, "vault"), text(call, "secrets")) {
            add_secrets(&mut config, vault, secrets);
        }
    }
    config
}

/// Adds what lines such as `NAME=secret/version` name.
fn add_secrets(config: &mut Config, vault: &str, lines: &str) {
    let place = config.vaults.iter().position(|known| known.name == vault).unwrap_or_else(|| {
        config.vaults.push(Vault { name: vault.to_owned(), secrets: Vec::new() });
        config.vaults.len() - 1
    });
    let secrets = &mut config.vaults[place].secrets;
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let name = line.split_once('=').map_or(line, |(_, secret)| secret);
        let name = name.split_once('/').map_or(name, |(name, _)| name).trim();
        if !secrets.iter().any(|known| known.name == name) {
            secrets.push(Secret {
                name: name.to_owned(),
                value: format!("a-rehearsed-{name}-of-{vault}"),
                enabled: true,
                expires: None,
                content_type: None,
                tags: BTreeMap::new(),
            });
        }
    }
}

/// An app like the ready world's.
fn site(model: &Site, name: &str, slots: &BTreeSet<String>, sku: Option<&str>) -> Site {
    let mut site = model.clone();
    name.clone_into(&mut site.name);
    site.plan.name = format!("{name}-plan");
    sku.unwrap_or(PLAN).clone_into(&mut site.plan.sku);
    let slot = site.slots.pop();
    site.slots = slots.iter().zip(slot.into_iter().cycle()).map(|(name, slot)| named(slot, name)).collect();
    site
}

fn named(mut slot: crate::emulator::config::Slot, name: &str) -> crate::emulator::config::Slot {
    name.clone_into(&mut slot.name);
    slot.settings.insert("ENVIRONMENT_NAME".to_owned(), name.to_owned());
    slot
}
