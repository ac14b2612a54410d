//! One app process: spawned in its own group, watched until it ends, drained before it is stopped.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Child;
use tokio::sync::watch;

use super::group::{Group, shell};

/// How much of a log's end is reported.
const TAIL: u64 = 4096;
/// How long a process has between the request to end and the kill. Real time: it is a real process.
const GRACE: Duration = Duration::from_secs(3);

/// What is needed to spawn an app.
pub(super) struct Spawn<'a> {
    /// A shell command line.
    pub(super) command: &'a str,
    /// The whole environment.
    pub(super) environment: BTreeMap<OsString, OsString>,
    /// Its working directory.
    pub(super) folder: &'a Path,
    /// Where its output goes.
    pub(super) log: PathBuf,
    /// The port that it was told to listen on.
    pub(super) port: u16,
}

/// A running app process, or one that has ended.
pub(super) struct Process {
    port: u16,
    log: PathBuf,
    in_flight: watch::Sender<usize>,
    stop: watch::Sender<bool>,
    ended: watch::Receiver<bool>,
}

impl Process {
    /// Spawns the command and starts to watch it.
    pub(super) fn spawn(what: Spawn<'_>) -> std::io::Result<Arc<Self>> {
        let output = File::create(&what.log)?;
        let child = shell()
            .arg("-c")
            .arg(what.command)
            .envs(what.environment)
            .current_dir(what.folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()?;
        let group = Group::led_by(child.id());
        let (stop, stop_seen) = watch::channel(false);
        let (end, ended) = watch::channel(false);
        tokio::spawn(supervise(child, group, stop_seen, end));
        Ok(Arc::new(Self { port: what.port, log: what.log, in_flight: watch::channel(0).0, stop, ended }))
    }

    /// The loopback port of the app.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Whether the process is gone and reaped.
    pub(super) fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Waits until the process is gone and reaped.
    pub(super) async fn ended(&self) {
        // The sender is dropped only after the process is gone, or with the tokio runtime.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }

    /// Counts a request in; the process is not stopped before the guard is dropped, within the drain's limit.
    pub(super) fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.send_modify(|count| *count += 1);
        InFlight(Arc::clone(self))
    }

    /// Waits until no request is in flight, at most `limit`.
    pub(super) async fn drain(&self, limit: Duration) {
        let mut in_flight = self.in_flight.subscribe();
        let _ = tokio::time::timeout(limit, in_flight.wait_for(|count| *count == 0)).await;
    }

    /// Asks the process group to end; it is killed when it does not. Returns at once.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// The end of what the process wrote.
    pub(super) fn log_tail(&self) -> String {
        tail(&self.log).unwrap_or_default()
    }
}

/// A request that is being answered by a process.
pub(super) struct InFlight(Arc<Process>);

impl InFlight {
    /// The process that answers.
    pub(super) fn process(&self) -> &Process {
        &self.0
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.send_modify(|count| *count = count.saturating_sub(1));
    }
}

async fn supervise(mut child: Child, group: Group, mut stop: watch::Receiver<bool>, end: watch::Sender<bool>) {
    let asked = tokio::select! {
        _ = child.wait() => false,
        _ = stop.wait_for(|stop| *stop) => true,
    };
    if asked {
        group.terminate();
        if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
            group.kill();
            let _ = child.wait().await;
        }
    }
    group.end().await;
    end.send_replace(true);
}

/// The end of a log.
pub(super) fn tail(log: &Path) -> std::io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}
