//! Overlapped recycling: a new worker first, then the seat, then the end of the old one.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::content::{Content, Seat};
use super::process::{Process, Spawn};
use super::proxy::Whole;
use super::{Runtime, environment};
use crate::emulator::encode::random_hex;
use crate::emulator::locked::locked;
use crate::emulator::sites::Launch;

/// `WEBSITES_CONTAINER_START_TIME_LIMIT` when it is not set, and its maximum.
const START_LIMIT: (Duration, Duration) = (Duration::from_secs(230), Duration::from_mins(30));
/// No start limit is shorter than this in real time: the processes are real.
pub(super) const SHORTEST_START: Duration = Duration::from_secs(20);
/// How long requests in flight may go on after their process was replaced: service time, and at least, in real time.
const DRAIN: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(5));
/// How often a start is tried on another port when somebody else took the first.
const PORT_TRIES: u32 = 4;
/// The first port for apps and how many there are.
const PORTS: (u16, u16) = (10_240, 22_000);
/// How many ports are looked at before the system chooses.
const PORT_DRAWS: u32 = 64;
/// Between two looks at a starting process.
const LOOK: Duration = Duration::from_millis(15);
/// Where a starting container is pinged (Linux default of `WEBSITE_WARMUP_PATH`).
const START_PATH: &str = "/robots933456.txt";

/// What is started, and for which slot.
pub(super) struct Start {
    /// What is started.
    pub(super) content: Arc<Content>,
    /// The site's name, as configured.
    pub(super) app: String,
    /// The slot's name, as configured.
    pub(super) slot: String,
    /// With which command and settings.
    pub(super) launch: Launch,
    /// Production keeps its old process when the new one does not start.
    pub(super) is_production: bool,
}

impl Runtime {
    /// Starts what the content needs now and retires what it had.
    pub(super) async fn recycle(&self, start: &Start) {
        let content = &start.content;
        let _one_at_a_time = content.recycling.lock().await;
        if self.closing.load(Ordering::SeqCst) {
            return;
        }
        let command = start.launch.command.as_deref().map(str::trim).filter(|command| !command.is_empty());
        let next = match command {
            None => Ok(Seat::Static),
            Some(_) if content.is_empty() => Ok(Seat::Placeholder),
            Some(command) => self.start_process(start, command).await.map(Seat::Process),
        };
        let keeps_old = start.is_production && has_live_process(content);
        content.set_failure(next.as_ref().err().cloned());
        match next {
            Ok(seat) => self.retire(content.replace_seat(seat)).await,
            Err(_) if keeps_old => {}
            Err(_) => self.retire(content.replace_seat(Seat::Down)).await,
        }
    }

    /// Lets a replaced worker finish its requests and ends it.
    pub(super) async fn retire(&self, seat: Seat) {
        let Seat::Process(process) = seat else { return };
        process.drain(self.at_least(DRAIN.0, DRAIN.1)).await;
        process.stop();
        process.ended().await;
    }

    /// A process that answers, or the log tail of one that does not.
    async fn start_process(&self, start: &Start, command: &str) -> Result<Arc<Process>, String> {
        if !has_live_process(&start.content) {
            self.retire(start.content.replace_seat(Seat::Starting)).await;
        }
        let mut tail = String::new();
        for _ in 0..PORT_TRIES {
            let process = self.spawn(start, command).map_err(|error| format!("cannot start the app: {error}"))?;
            let is_ready = self.is_ready(&process, &start.launch).await;
            if is_ready {
                return Ok(process);
            }
            process.stop();
            process.ended().await;
            tail = process.log_tail();
            if !lost_the_port(&tail) {
                break;
            }
        }
        Err(tail)
    }

    fn spawn(&self, start: &Start, command: &str) -> std::io::Result<Arc<Process>> {
        if self.closing.load(Ordering::SeqCst) {
            return Err(std::io::Error::other("the emulator is shutting down"));
        }
        let content = &start.content;
        let wwwroot = content.wwwroot();
        let port = self.free_port()?;
        let mut environment = environment::variables(&start.app, &start.slot, content.home(), &start.launch);
        environment.insert("PORT".into(), port.to_string().into());
        let crashes = content.crashes() && self.faults.is_on("app.crashes-on-start");
        let command = if crashes {
            "echo 'the app ended with an unhandled exception while it started' >&2; exit 1".to_owned()
        } else {
            environment::shell_command(command, &wwwroot)
        };
        let number = self.starts.fetch_add(1, Ordering::Relaxed);
        let log = content.log(number);
        let process = Process::spawn(Spawn { command: &command, environment, folder: &wwwroot, log, port })?;
        let mut processes = locked(&self.processes);
        processes.retain(|process| process.strong_count() > 0);
        processes.push(Arc::downgrade(&process));
        Ok(process)
    }

    /// Waits until the process answers HTTP with any status. False when it ends first or the start limit is over.
    async fn is_ready(&self, process: &Process, launch: &Launch) -> bool {
        let limit = launch.settings.get("WEBSITES_CONTAINER_START_TIME_LIMIT").and_then(|text| text.parse().ok());
        let limit = limit.map_or(START_LIMIT.0, |seconds| Duration::from_secs(seconds).min(START_LIMIT.1));
        let deadline = Instant::now() + self.at_least(limit, SHORTEST_START);
        let path = launch.settings.get("WEBSITE_WARMUP_PATH").map_or(START_PATH, String::as_str);
        let ping = Whole::get(path, "HealthCheck/1.0");
        while !process.has_ended() && Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = tokio::select! {
                answer = self.transport.send(&ping, process.port(), left) => answer,
                () = process.ended() => return false,
            };
            // An answer counts only when it can be from this process: a lost port race ends it.
            if answer.is_ok() {
                tokio::task::yield_now().await;
                return !process.has_ended();
            }
            tokio::time::sleep(LOOK).await;
        }
        false
    }

    /// A loopback port that is free now and was never given out before, as long as there is one. It lies below the
    /// range from which systems take the ports of outgoing connections, so that only another server can take it away.
    fn free_port(&self) -> std::io::Result<u16> {
        for _ in 0..PORT_DRAWS {
            let drawn = u16::from_str_radix(&random_hex::<2>(), 16).unwrap_or_default() % PORTS.1 + PORTS.0;
            if std::net::TcpListener::bind(("127.0.0.1", drawn)).is_ok() && locked(&self.ports).insert(drawn) {
                return Ok(drawn);
            }
        }
        Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
    }
}

fn has_live_process(content: &Content) -> bool {
    matches!(content.seat(), Seat::Process(process) if !process.has_ended())
}

fn lost_the_port(log: &str) -> bool {
    let log = log.to_lowercase();
    log.contains("address already in use") || log.contains("eaddrinuse")
}
