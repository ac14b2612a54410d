//! The private Azure of a rehearsal, and how it is made ready.

use std::collections::BTreeMap;
use std::time::Duration;

use super::app::App;
use crate::azure::site::Slot;
use crate::ci::with_service_connection;
use crate::emulator::{Config, Emulator, Options};
use crate::release::{self, Plan, SlotView};
use crate::report::Failure;
use crate::spec::{Inputs, read};
use crate::tools::sign_in::SignIn;
use crate::tools::{Stage, Tool, zip_deploy};
use crate::world::http::Call;
use crate::world::{Env, Masker, PrivateDirectory, World};

/// The slot that the release goes through.
pub(super) const SLOT: &str = "staging";
/// Variables of a real job and a real Azure must not reach a rehearsal.
const FOREIGN: [&str; 10] =
    ["ACTIONS_", "AZURE", "ARM_", "GITHUB_", "INPUT_", "SYSTEM_", "ENDPOINT_", "BUILD_", "TF_", "AGENT_"];
/// Where health is looked for, best first.
const HEALTH_PATHS: [&str; 4] = ["/health/ready", "/health", "/healthz", "/"];
/// Where a version is looked for, best first; the second is what a static site has.
pub(super) const VERSION_PATHS: [&str; 2] = ["/version", "/build-info.json"];
/// The name of the file that carries the version into the package.
pub(super) const BUILD_INFO: &str = "build-info.json";

/// What the running app answers.
pub(super) struct Probes {
    /// The path of its health.
    pub(super) health: String,
    /// The path of its version.
    pub(super) version: Option<String>,
}

/// An emulator, and a world that points at it.
pub(super) struct Rehearsal {
    /// The emulator; its apps end with it.
    pub(super) emulator: Emulator,
    /// The world of a job in it.
    pub(super) world: World,
    _home: PrivateDirectory,
}

impl Rehearsal {
    /// Starts the emulator with the app in it, and makes the world of a GitHub job.
    pub(super) fn start(inputs: &Inputs, stage: Stage<'_>, app: &App) -> Result<Self, Failure> {
        let home = stage.world.files.private_directory("rehearsal")?;
        let emulator = Emulator::start(Options {
            port: u16::try_from(inputs.count("port")).unwrap_or_default(),
            speed: u32::try_from(inputs.count("speed")).map_or(1.0, f64::from),
            faults: Vec::new(),
            config: Config::ready()
                .with_app(&app.name)
                .with_slot(SLOT)
                .with_start_command(app.start_command.as_deref())
                .with_settings(&settings(inputs)),
            home: home.path().to_owned(),
        })?;
        let variables = env(&stage.world.env, &emulator).with(github_token(&emulator));
        let world = World::new(variables, "rehearse", Masker::new(|_| {}))?;
        Ok(Self { emulator, world, _home: home })
    }

    /// Deploys the folder under another version straight to production, and finds out what it answers.
    pub(super) async fn put_previous_into_production(&self, stage: Stage<'_>, app: &App) -> Result<Probes, Failure> {
        stage.host.status(Some("putting a previous version into production"));
        let argv = [
            "--app-name",
            &app.name,
            "--package",
            &app.folder.to_string_lossy(),
            "--build-info",
            BUILD_INFO,
            "--release-version",
            &app.previous_version(),
        ];
        let inputs = self.inputs(&zip_deploy::TOOL, &argv)?;
        let parameters = zip_deploy::Parameters::read(&inputs);
        let session = SignIn::read(&inputs).open(stage.world).await?;
        let packed = zip_deploy::pack(stage, parameters.package_plan()?).await?;
        let destination = zip_deploy::find(stage, &session, &parameters).await?;
        zip_deploy::deploy(stage, &session, &destination, &packed, &parameters).await?;
        stage.host.status(None);
        let url = destination.site.url();
        let version = first_answering(stage, &url, &VERSION_PATHS).await;
        // A program's folder that is served as static files has no page at `/`, but it has its version.
        let health = first_answering(stage, &url, &HEALTH_PATHS).await.or(version).unwrap_or("/");
        let arm = session.arm(stage.world);
        let site = arm.site(&destination.app, &Slot::production()).await?;
        let view = SlotView::of(stage, "production", &site, version).await;
        let version = version.filter(|_| view.version.is_some());
        Ok(Probes { health: health.to_owned(), version: version.map(str::to_owned) })
    }

    /// From here on, things go wrong as asked.
    pub(super) fn switch_faults_on(&self, inputs: &Inputs) -> Result<(), Failure> {
        for fault in inputs.lines("fault") {
            self.emulator
                .faults()
                .switch_on(fault)
                .map_err(|name| Failure::bug(format!("fault `{name}` passed the check and does not exist")))?;
        }
        Ok(())
    }

    /// The release as it would be typed, with waits that fit a faster Azure.
    pub(super) fn plan(&self, inputs: &Inputs, app: &App, probes: &Probes) -> Result<Plan, Failure> {
        let folder = app.folder.to_string_lossy();
        let mut argv = vec!["--app-name", &app.name, "--package", &folder, "--slot-name", SLOT];
        argv.extend(["--build-info", BUILD_INFO, "--release-version", &app.version]);
        argv.extend(["--vault", "kv1", "--secrets", "db-password"]);
        argv.extend([
            "--successes",
            "3",
            "--interval",
            "200ms",
            "--prove",
            "20s",
            "--settle",
            "2s",
            "--watch",
            inputs.text("watch"),
        ]);
        let checks = inputs.lines("checks");
        if checks.is_empty() {
            argv.extend(["--checks", &probes.health]);
        }
        argv.extend(checks.into_iter().flat_map(|check| ["--checks", check]));
        argv.extend(probes.version.iter().flat_map(|path| ["--version-path", path.as_str()]));
        argv.extend(inputs.given("journal").iter().flat_map(|path| ["--journal", path]));
        Plan::read(&self.inputs(&release::TOOL, &argv)?)
    }

    /// What both slots serve now, production first.
    pub(super) async fn look(&self, stage: Stage<'_>, app: &App, probes: &Probes) -> [SlotView; 2] {
        let view = async |slot: &str| {
            let url = self.emulator.app_url(&app.name, slot);
            SlotView::at(stage, slot, &url, probes.version.as_deref()).await
        };
        [view("production").await, view(SLOT).await]
    }

    /// Prints where everything is, and stays until the process is told to end.
    pub(super) async fn serve(&self, stage: Stage<'_>, app: &App, failure: Option<&Failure>) {
        if let Some(failure) = failure {
            crate::ci::report(stage.host, failure);
        }
        for slot in ["production", SLOT] {
            stage.host.line(&format!("{slot:<11} {}/", self.emulator.app_url(&app.name, slot)));
        }
        stage.host.line(&format!("azure       {}", self.emulator.base_url()));
        stage.host.line(&format!("vault       {}", self.emulator.vault_url()));
        stage.host.line(&format!("trust       {}", self.emulator.ca_file().display()));
        stage.host.line("serving until Ctrl+C");
        std::future::pending::<()>().await;
    }

    /// The inputs of a command as it would read them itself.
    fn inputs(&self, tool: &'static Tool, argv: &[&str]) -> Result<Inputs, Failure> {
        let argv: Vec<String> = argv.iter().map(ToString::to_string).collect();
        read(tool.spec, "siding rehearse", &argv, self.world.env.iter(), tool.check)
    }
}

/// The app settings: a Key Vault reference, and what was given.
pub(super) fn settings(inputs: &Inputs) -> BTreeMap<String, String> {
    let reference = "@Microsoft.KeyVault(VaultName=kv1;SecretName=db-password)";
    let given = inputs.lines("setting").into_iter().filter_map(|line| line.split_once('='));
    let all = std::iter::once(("DB_PASSWORD", reference)).chain(given);
    all.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect()
}

/// The token that a job hands to the release on purpose: it is not taken from the environment by itself.
fn github_token(emulator: &Emulator) -> Option<(String, String)> {
    let token = emulator.variables().into_iter().find(|(name, _)| name == "GITHUB_TOKEN");
    token.filter(|_| cfg!(feature = "records")).map(|(_, token)| ("INPUT_GITHUB_TOKEN".to_owned(), token))
}

/// The variables of this machine without those of a real job, and the emulator's for a GitHub job.
pub(super) fn env(real: &Env, emulator: &Emulator) -> Env {
    let devops = |name: &str| name.starts_with("SYSTEM_") || name.contains("SERVICE_CONNECTION");
    let variables = emulator.variables().into_iter().filter(|(name, _)| !devops(name));
    with_service_connection(real.clone().without(&FOREIGN).with(variables))
}

pub(super) async fn first_answering(stage: Stage<'_>, base: &str, paths: &[&'static str]) -> Option<&'static str> {
    for path in paths {
        let url = url::Url::parse(base).and_then(|base| base.join(path)).ok()?;
        let answer = stage.world.http.probe(&Call::get(url), Duration::from_secs(5)).await;
        if answer.is_ok_and(|answer| answer.is_success()) {
            return Some(path);
        }
    }
    None
}
