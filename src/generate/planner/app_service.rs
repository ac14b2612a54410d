//! Releases on App Service and Static Web Apps: one job for each environment and group of apps.

use super::build::{artifact, fetched, job_id, ready};
use super::delivery::gate;
use super::release::{Happened, Place, Record, checks, has_tests, slot_unchanged};
use super::steps::{minutes, package_file, package_of, tool};
use super::{Group, System, slots, static_web};
use crate::generate::config::{App, Deploy, Environment, Role};
use crate::generate::plan::{Condition, Grant, Guard, Job, State, Step, Value};
use crate::tools::{slot_swap, smoke_test, zip_deploy};

/// The step that tells until when the log of an app is that of the build which failed.
const FAILED: &str = "failed";

/// The step after a deployment to a slot by which the swap of the slot knows whether others deployed to it since.
pub(super) fn filled(name: &str) -> Step {
    Step::script(format!("{name}-filled"), "Tell when the slot was filled", "moment")
}

/// The id of the job that releases a group.
pub(super) fn release_id(environment: &str, group: &Group<'_>) -> String {
    format!("{environment}-{}", group.id)
}

/// The id of the job that takes a group back in production.
pub(super) fn rollback_id(group: &Group<'_>) -> String {
    format!("rollback-{}", group.id)
}

/// The jobs of a group in an environment: the release, and the team's own tests of it.
pub(super) fn jobs(system: System<'_>, name: &str, environment: &Environment, group: &Group<'_>) -> Vec<Job> {
    let release = Release { system, name, environment, group };
    let mut jobs = vec![release.job()];
    jobs.extend(release.tests());
    jobs
}

/// One release: a group of apps in an environment.
pub(super) struct Release<'a> {
    pub(super) system: System<'a>,
    pub(super) name: &'a str,
    pub(super) environment: &'a Environment,
    pub(super) group: &'a Group<'a>,
}

impl<'a> Release<'a> {
    pub(super) fn place(&self) -> Place<'a> {
        Place { system: self.system, name: self.name, environment: self.environment }
    }

    /// What all jobs have that change the same slots of the same sites.
    pub(super) fn lock(&self) -> String {
        release_id(slots::owner(self.system, self.environment).unwrap_or(self.name), self.group)
    }

    fn job(&self) -> Job {
        let title = format!("Release {} to {}", self.group.id, self.name);
        let mut job = Job::new(release_id(self.name, self.group), title, self.limit());
        job.needs = self.group.built().flat_map(|(app, _)| ready(self.system, app)).collect();
        job.needs.extend(self.predecessors());
        job.runner = self.environment.runner;
        job.signs_in = true;
        job.lock = Some(self.lock());
        let address = self.address().map(|(step, output)| Value::here(step, output));
        job.environment = Some(gate(self.name, self.environment, address));
        if let Some((first, _)) = self.group.built().next() {
            job.steps.extend(self.place().ticket(&job_id(first)));
        }
        for (app, _) in self.group.built() {
            job.steps.extend(fetched(app));
        }
        for (app, settings) in &self.group.apps {
            job.steps.extend(self.app(app, settings));
        }
        self.remember(&mut job.steps);
        job.steps.extend(self.way_back());
        job.steps.extend(self.returns());
        job.steps.extend(self.logs());
        job.steps.extend(self.records());
        if self.group.apps.iter().any(|(_, app)| self.is_overwritten(app)) {
            job.grants = vec![Grant::ReadRuns];
        }
        job
    }

    /// The step that tells where the app that leads answers, and its output; none where that app answers nobody.
    fn address(&self) -> Option<(String, &'static str)> {
        let (lead, app) = self.group.apps[0];
        if app.static_web_app.is_some() {
            return Some((format!("{lead}-deploy"), "url"));
        }
        let told = if self.environment.deploy.swaps() { ("swap", "url") } else { ("deploy", "webapp-url") };
        (app.role == Role::Web).then(|| (format!("{lead}-{}", told.0), told.1))
    }

    /// The limit of the job: what its waits add up to, a quarter of an hour for each app, and another one. A job that
    /// meets its limit is cut off, and takes nothing back.
    pub(super) fn limit(&self) -> u16 {
        let watch = self.environment.watch.as_ref().map_or(0, |watch| minutes(&watch.time));
        let canary = self
            .canary()
            .map_or(0, |canary| minutes(&canary.pause) * u16::try_from(canary.steps.len()).unwrap_or(u16::MAX));
        let apps = u16::try_from(self.group.apps.len()).unwrap_or(u16::MAX);
        apps.saturating_mul(15).saturating_add(15 + watch + canary)
    }

    fn canary(&self) -> Option<crate::generate::config::Canary> {
        matches!(self.environment.deploy, Deploy::CanarySlot(_))
            .then(|| self.environment.canary.clone().unwrap_or_default())
    }

    /// The jobs of the environment before that must have gone well: the release and the tests of the same group.
    fn predecessors(&self) -> Vec<String> {
        let Some((before, settings)) = self.system.before(self.name) else { return Vec::new() };
        let release = release_id(before, self.group);
        let is_tested = has_tests(settings) && (settings.url.is_some() || self.address().is_some());
        let tests = is_tested.then(|| format!("{release}-tests"));
        std::iter::once(release).chain(tests).collect()
    }

    fn app(&self, name: &str, app: &App) -> Vec<Step> {
        if app.static_web_app.is_some() {
            let mut steps = static_web::deploy(self.system, self.environment, (name, app), &self.target(app));
            steps.push(static_web::prove_deployed(name, app));
            return steps;
        }
        let slot = self.environment.deploy.slot();
        if app.role != Role::Web {
            // In a slot a worker would take production's work: it is deployed where its environment is live.
            let live = !matches!(self.environment.deploy, Deploy::Slot(_));
            return if live { self.background(name, app) } else { Vec::new() };
        }
        let mut steps = Vec::new();
        let filled_before = self
            .system
            .before(self.name)
            .filter(|_| self.slot_is_filled(app))
            .map(|(before, _)| Value::of(release_id(before, self.group), format!("{name}-filled"), "time"));
        if let Some(since) = &filled_before {
            steps.push(slot_unchanged(self.environment, name, &self.target(app), since.clone()));
        }
        steps.extend(self.settings(name, app, slot));
        if let Some(migrate) = &app.migrate {
            steps.extend(self.place().migrate(name, app, migrate, &migrate.run));
        }
        if !(self.environment.deploy.swaps() && self.slot_is_filled(app)) {
            steps.push(self.deploy(name, app, slot));
            if slot.is_some() && !self.environment.deploy.swaps() {
                // Whoever swaps the slot later sees by this whether it still holds the build that was proven.
                steps.push(filled(name));
            }
            steps.push(self.prove(name, app, slot));
        }
        if self.environment.deploy.swaps() {
            // A migration takes its time.
            steps.extend(filled_before.filter(|_| app.migrate.is_some()).map(|since| self.still(name, app, since)));
            steps.push(self.swap(name, app));
        }
        steps
    }

    /// The same check once more, right before the swap: meanwhile somebody else may have deployed, by hand or where nothing locks
    /// the slot for both.
    pub(super) fn still(&self, name: &str, app: &App, since: Value) -> Step {
        let step = slot_unchanged(self.environment, name, &self.target(app), since);
        Step { id: format!("{name}-still"), ..step }
    }

    /// The check, by name, that an app has the settings that it needs; where the slot is swapped, after that as well.
    fn settings(&self, name: &str, app: &App, slot: Option<&str>) -> Option<Step> {
        let needed: Vec<&str> = app.settings.iter().map(AsRef::as_ref).collect();
        let step = Step::azure(format!("{name}-settings"), format!("Check the settings of {name}"), "app-settings");
        let step = step.text("APP", self.target(app)).text("SLOT", slot.unwrap_or_default());
        let step = step.text("GROUP", self.environment.group.as_deref().unwrap_or_default());
        let swaps = slot.is_some() && self.environment.deploy.swaps();
        let step = step.text("NAMES", needed.join(" ")).text("SWAPS", if swaps { "true" } else { "" });
        (!needed.is_empty()).then_some(step)
    }

    /// Whether an app is overwritten where it is live: then what was there before is kept at hand.
    pub(super) fn is_overwritten(&self, app: &App) -> bool {
        match &self.environment.deploy {
            Deploy::Slot(_) => false,
            deploy => app.role != Role::Web || app.static_web_app.is_some() || !deploy.swaps(),
        }
    }

    /// Gets the packages to go back to right before the first app is overwritten: what fails earlier, such as a migration
    /// that is refused, finds nothing to go back to, and so leaves the apps alone.
    fn remember(&self, steps: &mut Vec<Step>) {
        let first = self.group.apps.iter().find(|(_, app)| self.is_overwritten(app));
        let place = first.and_then(|(name, _)| steps.iter().position(|step| step.id == format!("{name}-deploy")));
        if let Some(place) = place {
            steps.splice(place..place, self.previous());
        }
    }

    fn previous(&self) -> Vec<Step> {
        let overwritten: Vec<&str> = self
            .group
            .apps
            .iter()
            .filter(|(_, app)| self.is_overwritten(app))
            .map(|(name, app)| package_of(name, app))
            .collect();
        let packages = self.group.built().filter(|(name, _)| overwritten.contains(name));
        let step = |(name, _): (&str, &App)| {
            let title = format!("Get the last good package of {name}");
            let step = Step::script(format!("{name}-previous"), title, "previous-package");
            let step = step.text("ARTIFACT", artifact(name)).text("DIRECTORY", format!("previous/{name}"));
            self.place().releases(step, &release_id(self.name, self.group), &rollback_id(self.group))
        };
        packages.map(step).collect()
    }

    /// What the containers said: why a build does not start is known to them alone. First everything is taken back, since users
    /// wait for that; then the slot holds the build that failed. Where an app was overwritten, what it said until then is shown.
    fn logs(&self) -> Vec<Step> {
        let sites = self.group.apps.iter().filter(|(_, app)| app.app_service.is_some() && app.role == Role::Web);
        let step = |(name, app): &(&str, &App)| {
            let step = Step::azure(format!("{name}-log"), format!("Show the end of the log of {name}"), "app-log");
            let step =
                step.text("APP", self.target(app)).text("GROUP", self.environment.group.as_deref().unwrap_or_default());
            let guard = Guard::when(State::Failed);
            // Where the app is overwritten, this tells whether it came to that.
            let package = package_of(name, app);
            let begun = Condition::Given(Value::here(format!("{package}-previous"), "found"));
            let step = step.text("SLOT", self.environment.deploy.slot().unwrap_or_default());
            if self.is_overwritten(app) {
                step.env("UNTIL", Value::here(FAILED, "time")).when(guard.and(begun))
            } else {
                step.when(guard)
            }
        };
        sites.map(step).collect()
    }

    /// Puts the last good package back where something failed.
    fn returns(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let overwritten = || self.group.apps.iter().filter(|(_, app)| self.is_overwritten(app));
        if overwritten().any(|(_, app)| app.app_service.is_some() && app.role == Role::Web) {
            let step = Step::script(FAILED, "Tell when it failed", "moment");
            steps.push(step.when(Guard::when(State::Failed)));
        }
        for (name, app) in overwritten() {
            let package = package_of(name, app);
            let found = Condition::Is(Value::here(format!("{package}-previous"), "found"), "true".to_owned());
            let guard = || Guard::when(State::Failed).and(found.clone());
            if app.static_web_app.is_some() {
                let again = static_web::put_back(self.system, self.environment, (name, app), &self.target(app));
                steps.extend(again.into_iter().map(|step| step.when(guard())));
                let url = Value::here(format!("{name}-return"), "url");
                let proof = static_web::prove((&format!("{name}-returned"), name), app, url.clone());
                steps.push(proof.when(guard().and(Condition::Given(url))));
                continue;
            }
            let mut inputs = vec![("package", Value::Text(format!("previous/{package}/{package}.zip")))];
            inputs.extend(self.site(app, None));
            let title = format!("Put the last good {name} back");
            steps.push(tool(format!("{name}-return"), title, &zip_deploy::SPEC, inputs).when(guard()));
            if app.role == Role::Web {
                let mut inputs = self.site(app, None);
                inputs.push(("checks", Value::Text(app.health_paths().join("\n"))));
                let title = format!("Prove that the last good {name} is healthy");
                steps.push(tool(format!("{name}-returned"), title, &smoke_test::SPEC, inputs).when(guard()));
            }
        }
        steps
    }

    /// The app's name in this environment.
    pub(super) fn target(&self, app: &App) -> String {
        let base = app.app_service.as_ref().or(app.static_web_app.as_ref()).map_or("", String::as_str);
        format!("{base}{}", self.environment.suffix)
    }

    /// Whether the environment before has put this very build into the slot.
    fn slot_is_filled(&self, app: &App) -> bool {
        self.system.before(self.name).is_some_and(|(_, before)| {
            app.role == Role::Web
                && matches!(&before.deploy, Deploy::Slot(slot) if Some(slot.as_str()) == self.environment.deploy.slot())
                && before.suffix == self.environment.suffix
        })
    }

    /// The inputs that say which app it is.
    pub(super) fn site(&self, app: &App, slot: Option<&str>) -> Vec<(&'static str, Value)> {
        let mut inputs = vec![("app-name", Value::Text(self.target(app)))];
        inputs.extend(slot.map(|slot| ("slot-name", Value::text(slot))));
        inputs.extend(self.environment.group.as_ref().map(|group| ("resource-group", Value::text(group))));
        inputs
    }

    pub(super) fn deploy(&self, name: &str, app: &App, slot: Option<&str>) -> Step {
        let mut inputs = vec![("package", Value::Text(package_file(package_of(name, app))))];
        inputs.extend(self.site(app, slot));
        let place = slot.map_or(String::new(), |slot| format!(" into the slot {slot}"));
        tool(format!("{name}-deploy"), format!("Deploy {name}{place}"), &zip_deploy::SPEC, inputs)
    }

    fn prove(&self, name: &str, app: &App, slot: Option<&str>) -> Step {
        let mut inputs = self.site(app, slot);
        inputs.push(("checks", checks(app)));
        inputs.push(("timeout", Value::text("5m")));
        if let (false, Some(watch)) = (self.environment.deploy.swaps(), &self.environment.watch) {
            inputs.push(("watch", Value::text(&watch.time)));
        }
        tool(format!("{name}-prove"), format!("Prove that {name} is healthy"), &smoke_test::SPEC, inputs)
    }

    fn swap(&self, name: &str, app: &App) -> Step {
        let mut inputs = self.site(app, self.environment.deploy.slot());
        inputs.push(("checks", checks(app)));
        inputs.extend(self.environment.preview.then(|| ("preview", Value::text("true"))));
        if let Some(canary) = self.canary() {
            let shares: Vec<String> = canary.steps.iter().map(u8::to_string).collect();
            inputs.push(("ramp", Value::Text(shares.join(","))));
            inputs.push(("pause", Value::Text(canary.pause)));
        }
        if let Some(watch) = &self.environment.watch {
            inputs.push(("watch", Value::text(&watch.time)));
            inputs.extend(watch.errors.as_ref().map(|errors| ("max-error-rate", Value::text(errors))));
            inputs.extend(watch.p95.as_ref().map(|p95| ("max-p95", Value::text(p95))));
        }
        tool(format!("{name}-swap"), format!("Swap {name} into production and watch it"), &slot_swap::SPEC, inputs)
    }

    /// A worker or scheduler: the same package in place, after what it works for.
    fn background(&self, name: &str, app: &App) -> Vec<Step> {
        let mut steps: Vec<Step> = self.settings(name, app, None).into_iter().collect();
        steps.push(self.deploy(name, app, None));
        if app.role == Role::Scheduler {
            let step =
                Step::azure(format!("{name}-single"), format!("Check that {name} has one instance"), "single-instance");
            let group = self.environment.group.as_deref().unwrap_or_default();
            steps.push(step.text("APP", self.target(app)).text("GROUP", group));
        }
        steps
    }

    /// When something after the swap fails, or the swap itself was cut off, it is undone: all is back as it was. A run that
    /// is cancelled while Azure swaps cannot wait for the end of that itself. A swap that undid itself tells nothing more.
    fn way_back(&self) -> Vec<Step> {
        let swapped =
            self.group.apps.iter().filter(|(_, app)| {
                self.environment.deploy.swaps() && app.role == Role::Web && app.app_service.is_some()
            });
        let undo = |(name, app): &(&str, &App)| {
            let swap = format!("{name}-swap");
            let before = Value::here(&swap, "swap-before");
            let mut inputs = self.site(app, self.environment.deploy.slot());
            inputs.push(("action", Value::text("rollback")));
            inputs.push(("swapped-at", Value::here(&swap, "swap-timestamp")));
            inputs.push(("swapped-after", before.clone()));
            inputs.push(("checks", Value::Text(app.health_paths().join("\n"))));
            // A job that was cancelled has five minutes on GitHub, which the apps of the group share.
            inputs.push(("watch", Value::text("15s")));
            let guard = Guard::when(State::Failed).and(Condition::Given(before));
            tool(format!("{name}-undo"), format!("Swap {name} back"), &slot_swap::SPEC, inputs).when(guard)
        };
        swapped.map(undo).collect()
    }

    fn records(&self) -> Vec<Step> {
        let (lead, app) = self.group.apps[0];
        let build = job_id(package_of(lead, app));
        let url = self.address().map(|(step, output)| Value::here(step, output));
        self.place().records(&Record {
            release: &release_id(self.name, self.group),
            what: self.group.id,
            app: self.target(app),
            slot: self.live(),
            url: self.environment.url.clone().map(Value::Text).or(url),
            of: Happened::Release { described: &build, sha256: Value::of(&build, "package", "sha256") },
        })
    }

    /// The slot in which the environment is live when its release is over.
    pub(super) fn live(&self) -> &'a str {
        match &self.environment.deploy {
            Deploy::Slot(slot) => slot,
            _ => "production",
        }
    }

    /// The team's own tests of what was released, in a job that has no identity.
    fn tests(&self) -> Option<Job> {
        let release = release_id(self.name, self.group);
        let url = match (&self.environment.url, self.address()) {
            (Some(url), _) => Value::text(url),
            (None, Some((step, output))) => Value::of(&release, step, output),
            (None, None) => return None,
        };
        self.place().tests(&release, self.group.id, url)
    }
}
