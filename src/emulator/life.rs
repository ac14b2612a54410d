//! The emulator's thread: how it begins, serves and ends.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use tokio::sync::oneshot;

use super::certificate;
use super::clock::Clock;
use super::cloud::{Cloud, Ground};
use super::endpoints::Endpoints;
use super::github::Deployments;
use super::issuers::JobTokens;
use super::log::RequestLog;
use super::runtime::Runtime;
use super::server::{Doom, Sockets};
use super::{Faults, Options, routing};
use crate::report::{Failure, code};

/// Tells the owner that the emulator listens, or why it does not.
type Ready = mpsc::Sender<Result<(Endpoints, Arc<Runtime>), Failure>>;

/// How long work that blocks (disk) may still take when the emulator ends.
const LAST_WORK: Duration = Duration::from_secs(5);

/// Ends the thread when it is dropped.
pub(super) struct Life {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Life {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What is known once the emulator listens.
pub(super) struct Started {
    /// The URLs.
    pub(super) endpoints: Endpoints,
    /// The certificate authority's file.
    pub(super) ca_file: PathBuf,
    /// What a job shows to get its token.
    pub(super) job_tokens: JobTokens,
    /// The apps.
    pub(super) apps: Arc<Runtime>,
    /// The thread.
    pub(super) life: Life,
}

/// What the thread and its owner both hold.
#[derive(Clone)]
pub(super) struct Shared {
    /// The faults.
    pub(super) faults: Faults,
    /// The log.
    pub(super) log: RequestLog,
    /// The deployments on GitHub.
    pub(super) deployments: Deployments,
    /// What a job shows to get its token.
    pub(super) job_tokens: JobTokens,
}

/// Starts the thread and waits until it listens.
pub(super) fn start(options: Options, shared: Shared) -> Result<Started, Failure> {
    let ca_file = ca_file(&options);
    let (ready, started) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let job_tokens = shared.job_tokens.clone();
    let thread = std::thread::Builder::new().name("emulator".to_owned());
    let thread = thread
        .spawn(move || run(options, shared, &ready, stopped))
        .map_err(|error| Failure::bug("no thread for the emulator").because(error.to_string()))?;
    let life = Life { stop: Some(stop), thread: Some(thread) };
    let outcome = started.recv().unwrap_or_else(|_| Err(Failure::bug("the emulator ended while it started")));
    let (endpoints, apps) = outcome?;
    Ok(Started { endpoints, ca_file, job_tokens, apps, life })
}

/// The thread.
fn run(options: Options, shared: Shared, ready: &Ready, stopped: oneshot::Receiver<()>) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Err(error) => {
            let _ = ready.send(Err(Failure::bug("no runtime for the emulator").because(error.to_string())));
        }
        Ok(runtime) => {
            if let Err(failure) = runtime.block_on(live(options, shared, ready, stopped)) {
                let _ = ready.send(Err(failure));
            }
            runtime.shutdown_timeout(LAST_WORK);
        }
    }
}

/// Serves until the owner goes, and ends every app process.
async fn live(options: Options, shared: Shared, ready: &Ready, stopped: oneshot::Receiver<()>) -> Result<(), Failure> {
    let clock = Clock::new(options.speed);
    let certificate = certificate::make(clock.now())
        .map_err(|cause| Failure::bug("no certificate can be made for the emulator").because(cause))?;
    write_ca(&options, &certificate.authority_pem)?;
    let sockets = Sockets::bind(options.port).await?;
    let endpoints = Endpoints::new(sockets.port);
    let Shared { faults, log, deployments, job_tokens } = shared;
    let apps = Runtime::new(options.home, clock, faults.clone());
    let runtime = Arc::clone(&apps);
    let ground = Ground { endpoints: endpoints.clone(), clock, faults, log, deployments, job_tokens, runtime };
    let router = Router::new().fallback(routing::handle).with_state(Arc::new(Cloud::new(options.config, ground)));
    let service = router.into_make_service_with_connect_info::<Doom>();
    let listener = sockets.listen(&certificate.server);
    let _ = ready.send(Ok((endpoints, Arc::clone(&apps))));
    tokio::select! {
        _ = axum::serve(listener, service) => {}
        _ = stopped => {}
    }
    apps.shutdown().await;
    Ok(())
}

fn write_ca(options: &Options, pem: &str) -> Result<(), Failure> {
    let path = ca_file(options);
    std::fs::write(&path, pem).map_err(|error| {
        Failure::new(&code::FILE, format!("`{}` cannot be written", path.display())).because(error.to_string())
    })
}

fn ca_file(options: &Options) -> PathBuf {
    options.home.join("ca.pem")
}
