//! An Azure on loopback, built from the contracts and never from our own client.

mod arm;
mod certificate;
pub mod clock;
mod cloud;
pub mod config;
mod control;
mod directory;
mod encode;
mod endpoints;
mod entra;
mod estate;
pub mod faults;
mod front;
mod github;
mod issuers;
mod keys;
pub mod kudu;
mod life;
mod locked;
mod log;
mod message;
mod metadata;
mod moment;
mod ready;
mod routing;
pub mod runtime;
mod server;
pub mod sites;
mod traffic;
mod variables;
mod vault;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::report::{Failure, code};
pub use config::Config;
use endpoints::Endpoints;
pub use faults::Faults;
use github::Deployments;
pub use github::{DeploymentView, StatusView};
use issuers::JobTokens;
use life::Life;
pub use log::LoggedRequest;
use log::RequestLog;
use runtime::Runtime;

/// How an emulator is started.
pub struct Options {
    /// The port on both loopback addresses; 0 takes any free one.
    pub port: u16,
    /// How much shorter the services' delays are: 1 = as slow as Azure, 60 = a minute a second.
    pub speed: f64,
    /// The faults that are on from the start: `name` or `name=setting`.
    pub faults: Vec<String>,
    /// What there is.
    pub config: Config,
    /// An existing private folder of the caller's, for the CA file, the apps' contents and logs.
    pub home: PathBuf,
}

/// A running emulator: one thread with a runtime of its own. It ends with [`Emulator::stop`], or when it is dropped.
pub struct Emulator {
    endpoints: Endpoints,
    ca_file: PathBuf,
    variables: Vec<(String, String)>,
    vault: String,
    faults: Faults,
    log: RequestLog,
    deployments: Deployments,
    job_tokens: JobTokens,
    apps: Arc<Runtime>,
    _life: Life,
}

impl Emulator {
    /// Starts an emulator and waits until it listens.
    ///
    /// # Errors
    /// `PORT_IN_USE`; `BAD_INPUT` for a fault that does not exist or takes another setting; `FILE` when `home` cannot be written to.
    pub fn start(options: Options) -> Result<Self, Failure> {
        let faults = Faults::default();
        for text in &options.faults {
            faults.switch_on(text).map_err(|trouble| Failure::new(&code::BAD_INPUT, trouble))?;
        }
        let config = options.config.clone();
        let log = RequestLog::default();
        let deployments = Deployments::default();
        let shared = life::Shared {
            faults: faults.clone(),
            log: log.clone(),
            deployments: deployments.clone(),
            job_tokens: JobTokens::new(),
        };
        let started = life::start(options, shared)?;
        let variables = variables::of(&config, &started);
        let vault = config.vaults.first().map(|vault| started.endpoints.vault(&vault.name)).unwrap_or_default();
        let life::Started { endpoints, ca_file, job_tokens, apps, life } = started;
        Ok(Self { endpoints, ca_file, variables, vault, faults, log, deployments, job_tokens, apps, _life: life })
    }

    /// Entra's authority and ARM: `https://localhost:PORT`.
    pub fn base_url(&self) -> String {
        self.endpoints.base()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.endpoints.port()
    }

    /// The certificate authority that clients must trust, as PEM.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// What a shell must export so that tools, SDKs and `az` find this Azure and a job's identity in it.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.variables.clone()
    }

    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN` of one more job of GitHub Actions, which runs in this environment: its id token
    /// says so.
    pub fn job_in(&self, environment: &str) -> String {
        self.job_tokens.job_in(environment)
    }

    /// The URL of a slot's front end, without a slash at the end; `slot` may be `production`.
    pub fn app_url(&self, app: &str, slot: &str) -> String {
        format!("https://{}", self.endpoints.front(app, slot))
    }

    /// The URL of the first vault, without a slash at the end; empty when there is none.
    pub fn vault_url(&self) -> String {
        self.vault.clone()
    }

    /// The faults, to be switched on and off while the emulator runs.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The requests so far, oldest first (at most 50,000).
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.log.all()
    }

    /// The deployments of the repository on GitHub, oldest first.
    pub fn deployments(&self) -> Vec<DeploymentView> {
        self.deployments.views()
    }

    /// The last lines (at most 20) of what the app in a slot wrote itself; `slot` may be `production`. `None` when it wrote
    /// nothing, or there is no such slot. The lines are the app's own: they may hold secrets and escape codes.
    pub fn log_tail(&self, app: &str, slot: &str) -> Option<String> {
        self.apps.log_tail(app, slot)
    }

    /// Ends every app process and the server, and waits for both. Dropping the emulator does the same.
    pub fn stop(self) {}
}
