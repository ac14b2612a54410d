//! Everything that the emulated services share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::arm::Operations;
use super::clock::Clock;
use super::config::Config;
use super::directory::Directory;
use super::endpoints::Endpoints;
use super::estate::Estate;
use super::faults::Faults;
use super::github::Deployments;
use super::issuers::JobTokens;
use super::keys::TokenKeys;
use super::kudu::Kudu;
use super::log::RequestLog;
use super::runtime::Runtime;
use super::sites::Sites;
use super::traffic::Traffic;
use super::vault::Vaults;

/// The services' common ground. There is one; every request sees it.
pub(crate) struct Cloud {
    /// What was configured.
    pub(crate) config: Config,
    /// The URLs.
    pub(crate) endpoints: Endpoints,
    /// The sense of time.
    pub(crate) clock: Clock,
    /// What goes wrong at the moment.
    pub(crate) faults: Faults,
    /// The signing key.
    pub(crate) keys: Arc<TokenKeys>,
    /// The applications.
    pub(crate) directory: Arc<Directory>,
    /// What CI jobs show to get their tokens.
    pub(crate) job_tokens: JobTokens,
    /// The sites.
    pub(crate) estate: Arc<Estate>,
    /// ARM's long-running operations.
    pub(crate) operations: Operations,
    /// The key vaults.
    pub(crate) vaults: Arc<Vaults>,
    /// The running apps.
    pub(crate) runtime: Arc<Runtime>,
    /// The SCM sites.
    pub(crate) kudu: Arc<Kudu>,
    /// The deployments of the repository on GitHub.
    pub(crate) deployments: Deployments,
    /// What was asked.
    pub(crate) log: RequestLog,
    /// What the front end answered, for the metrics.
    pub(crate) traffic: Traffic,
    /// Which shape Entra's next refusal has.
    pub(crate) refusals: Alternation,
}

/// Two shapes of an answer, in turn.
#[derive(Default)]
pub(crate) struct Alternation(AtomicBool);

impl Alternation {
    /// True the first time, then false, and so on.
    pub(crate) fn next_is_even(&self) -> bool {
        !self.0.fetch_xor(true, Ordering::Relaxed)
    }
}

/// What the cloud is built with, beside its configuration.
pub(crate) struct Ground {
    /// The URLs.
    pub(crate) endpoints: Endpoints,
    /// The sense of time.
    pub(crate) clock: Clock,
    /// The faults, shared with the caller.
    pub(crate) faults: Faults,
    /// The log, shared with the caller.
    pub(crate) log: RequestLog,
    /// The deployments on GitHub, shown to the caller.
    pub(crate) deployments: Deployments,
    /// The tokens, shown to the caller.
    pub(crate) job_tokens: JobTokens,
    /// The apps' content and processes.
    pub(crate) runtime: Arc<Runtime>,
}

impl Cloud {
    /// Builds the services, none of which has been asked anything yet.
    pub(crate) fn new(config: Config, ground: Ground) -> Self {
        let Ground { endpoints, clock, faults, log, deployments, job_tokens, runtime } = ground;
        let keys = Arc::new(TokenKeys::new());
        let tenants = config.tenants.clone();
        let directory = Arc::new(Directory::new(tenants, endpoints.clone(), Arc::clone(&keys), clock));
        let vaults = Arc::new(Vaults::new(&config.vaults, clock));
        let estate = Arc::new(Estate::new(&config, Arc::clone(&directory), Arc::clone(&vaults), clock));
        for (app, slot) in estate.all() {
            runtime.add_slot(&app, &slot);
        }
        let sites: Arc<dyn Sites> = Arc::clone(&estate) as Arc<dyn Sites>;
        let kudu = Kudu::new(Arc::clone(&runtime), sites, clock, faults.clone());
        let (operations, refusals) = (Operations::default(), Alternation::default());
        Self {
            config,
            endpoints,
            clock,
            faults,
            keys,
            directory,
            job_tokens,
            estate,
            operations,
            vaults,
            runtime,
            kudu,
            deployments,
            log,
            traffic: Traffic::default(),
            refusals,
        }
    }
}
