//! The machines behind the sites: each slot's content on disk, its app process, and the front end that leads to it.

mod content;
mod environment;
mod front;
mod group;
mod pages;
mod process;
mod proxy;
mod recycle;
mod static_files;
mod swap;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use super::clock::Clock;
use super::encode::hex;
use super::faults::Faults;
use super::locked::locked;
use super::sites::{Launch, PRODUCTION};
pub(in crate::emulator) use content::Content;
use content::Seat;
pub(in crate::emulator) use pages::no_site;
use process::Process;
use proxy::Transport;
use recycle::Start;
pub(in crate::emulator) use static_files::{content_type, decode};
pub use swap::{WarmUp, WarmUpFailure};

/// All slots' contents and processes, keyed by lower-case (app, slot).
pub struct Runtime {
    home: PathBuf,
    clock: Clock,
    faults: Faults,
    slots: Mutex<BTreeMap<Key, Slot>>,
    processes: Mutex<Vec<Weak<Process>>>,
    ports: Mutex<BTreeSet<u16>>,
    starts: AtomicU32,
    closing: AtomicBool,
    transport: Transport,
}

/// How many lines of an app's log are shown.
const SHOWN_LINES: usize = 20;

type Key = (String, String);

struct Slot {
    /// The names as they were given, for the app's environment.
    names: (String, String),
    is_stopped: bool,
    content: Arc<Content>,
}

/// What a slot's one instance is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instances {
    /// The app answers, or the front end does for it.
    Running,
    /// The first process of this content is not ready yet.
    Starting,
    /// The last start failed, or the process ended by itself.
    Failed {
        /// The end of what the process wrote.
        log_tail: String,
    },
    /// The slot is stopped or does not exist.
    None,
}

impl Runtime {
    /// A runtime that keeps everything below `home`.
    pub fn new(home: PathBuf, clock: Clock, faults: Faults) -> Arc<Self> {
        Arc::new(Self {
            home,
            clock,
            faults,
            slots: Mutex::default(),
            processes: Mutex::default(),
            ports: Mutex::default(),
            starts: AtomicU32::new(0),
            closing: AtomicBool::new(false),
            transport: Transport::new(),
        })
    }

    /// Adds a slot with empty content, which shows the platform's start page. Nothing happens when it is there.
    pub fn add_slot(&self, app: &str, slot: &str) {
        let parent = self.home.join(app.to_lowercase());
        self.slots().entry(key(app, slot)).or_insert_with(|| Slot {
            names: (app.to_owned(), slot.to_owned()),
            is_stopped: false,
            content: Content::create(&parent),
        });
    }

    /// Replaces the slot's process by a new one, overlapped: the new one is started, and when it answers within the
    /// start limit it takes the seat, then the old one is drained and stopped. Returns when all that is done.
    ///
    /// When the new process does not start, production keeps its old one, as overlapped recycling promises; any other
    /// slot is down until the next restart.
    pub async fn restart(&self, app: &str, slot: &str, launch: Launch) {
        let Some(start) = self.start_of(app, slot, launch) else { return };
        if let Some(slot) = self.slots().get_mut(&key(app, slot)) {
            slot.is_stopped = false;
        }
        self.recycle(&start).await;
    }

    /// Ends the slot's process; its front end answers 403 until the next restart.
    pub async fn stop(&self, app: &str, slot: &str) {
        let content = self.slots().get_mut(&key(app, slot)).map(|slot| {
            slot.is_stopped = true;
            Arc::clone(&slot.content)
        });
        let Some(content) = content else { return };
        let _one_at_a_time = content.recycling.lock().await;
        self.retire(content.replace_seat(Seat::Down)).await;
        content.set_failure(None);
    }

    /// What the slot's instance is doing.
    pub fn instances(&self, app: &str, slot: &str) -> Instances {
        let slots = self.slots();
        let Some(slot) = slots.get(&key(app, slot)).filter(|slot| !slot.is_stopped) else { return Instances::None };
        let failure = slot.content.failure();
        match (slot.content.seat(), failure) {
            (Seat::Starting, _) => Instances::Starting,
            (Seat::Process(process), _) if process.has_ended() => Instances::Failed { log_tail: process.log_tail() },
            (_, Some(log_tail)) => Instances::Failed { log_tail },
            (Seat::Down, None) => Instances::Failed { log_tail: String::new() },
            (Seat::Placeholder | Seat::Static | Seat::Process(_), None) => Instances::Running,
        }
    }

    /// The end of what the app in a slot wrote: of its last start when that failed, else of its newest process. `None`
    /// when there is no such slot, or nothing was written. Reads a file, at most 4 KiB of it.
    pub fn log_tail(&self, app: &str, slot: &str) -> Option<String> {
        let content = self.content(app, slot)?;
        let tail = content.failure().filter(|tail| !tail.is_empty()).or_else(|| content.newest_log_tail())?;
        let lines: Vec<&str> = tail.lines().collect();
        let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
        (!shown.is_empty()).then(|| shown.join("\n"))
    }

    /// Ends every process group and waits until each is reaped. Nothing can be started afterwards.
    pub async fn shutdown(&self) {
        self.closing.store(true, Ordering::SeqCst);
        // `spawn` refuses from here on, so that this list is the last one.
        let processes: Vec<Arc<Process>> =
            locked(&self.processes).drain(..).filter_map(|process| process.upgrade()).collect();
        for process in &processes {
            process.stop();
        }
        for process in &processes {
            process.ended().await;
        }
    }

    /// The content that is in a slot now.
    pub(in crate::emulator) fn content(&self, app: &str, slot: &str) -> Option<Arc<Content>> {
        self.slots().get(&key(app, slot)).map(|slot| Arc::clone(&slot.content))
    }

    /// A folder for temporary files, on the same file system as all contents.
    pub(in crate::emulator) fn scratch(&self) -> PathBuf {
        self.home.join(".scratch")
    }

    fn start_of(&self, app: &str, slot: &str, launch: Launch) -> Option<Start> {
        let slots = self.slots();
        let found = slots.get(&key(app, slot))?;
        let is_production = slot.eq_ignore_ascii_case(PRODUCTION);
        let (app, slot) = found.names.clone();
        Some(Start { content: Arc::clone(&found.content), app, slot, launch, is_production })
    }

    /// A delay of the service, but never shorter than real processes need.
    fn at_least(&self, service_time: Duration, real: Duration) -> Duration {
        self.clock.scaled(service_time).max(real)
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<Key, Slot>> {
        locked(&self.slots)
    }
}

/// The name of the one instance of a slot: 64 hexadecimal digits, ARM's `instances[].name` and the value of the
/// `ARRAffinity` cookie. Stable as long as the names are.
pub fn instance_name(app: &str, slot: &str) -> String {
    let (app, slot) = key(app, slot);
    hex(ring::digest::digest(&ring::digest::SHA256, format!("{app}/{slot}").as_bytes()).as_ref())
}

fn key(app: &str, slot: &str) -> Key {
    (app.to_lowercase(), slot.to_lowercase())
}
