//! One deployed content: its folder, its worker, and what the faults have marked it with. It moves between slots.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::process::{self, InFlight, Process};
use crate::emulator::encode::random_hex;
use crate::emulator::locked::locked;

/// What the names of the processes' logs end in.
const LOG_NAME: &str = "_default_docker.log";

/// Who answers requests for a content.
#[derive(Clone)]
pub(super) enum Seat {
    /// The platform's start page.
    Placeholder,
    /// The front end itself, from `wwwroot`.
    Static,
    /// The first process is on its way.
    Starting,
    /// A process, which may have ended by itself.
    Process(Arc<Process>),
    /// Nobody: the start failed, or the slot was stopped.
    Down,
}

/// Who answers this one request.
pub(super) enum Answerer {
    /// See [`Seat::Placeholder`].
    Placeholder,
    /// See [`Seat::Static`].
    Static,
    /// See [`Seat::Starting`].
    Starting,
    /// A live process, which is kept until the guard is dropped.
    Process(InFlight),
    /// Nobody.
    Down,
}

#[derive(Default)]
struct Marks {
    crashes: bool,
    fails: bool,
    was_healthy_in_production: bool,
    failure: Option<String>,
}

/// A content folder with its worker. Kudu keeps its deployments under [`Content::id`].
pub(in crate::emulator) struct Content {
    id: String,
    root: PathBuf,
    /// One start or stop at a time.
    pub(super) recycling: tokio::sync::Mutex<()>,
    seat: watch::Sender<Seat>,
    marks: Mutex<Marks>,
}

impl Content {
    /// A new, empty content below `parent`. The folders are created at once, so that nobody must ask.
    pub(super) fn create(parent: &Path) -> Arc<Self> {
        let id = random_hex::<8>();
        let root = parent.join(&id);
        for folder in ["site/wwwroot", "site/deployments", "LogFiles"] {
            // A failure shows at the first deployment, where it can be told to somebody.
            let _ = std::fs::create_dir_all(root.join(folder));
        }
        let (recycling, marks) = (tokio::sync::Mutex::default(), Mutex::default());
        Arc::new(Self { id, root, recycling, seat: watch::channel(Seat::Placeholder).0, marks })
    }

    /// A name that never changes, whatever slot the content is in.
    pub(in crate::emulator) fn id(&self) -> &str {
        &self.id
    }

    /// What the app and Kudu call `/home`.
    pub(in crate::emulator) fn home(&self) -> &Path {
        &self.root
    }

    /// What is served.
    pub(in crate::emulator) fn wwwroot(&self) -> PathBuf {
        self.root.join("site/wwwroot")
    }

    /// Whether nothing was deployed.
    pub(super) fn is_empty(&self) -> bool {
        std::fs::read_dir(self.wwwroot()).is_ok_and(|mut entries| entries.next().is_none())
    }

    /// Notes that new files arrived while `app.crashes-on-start` was on or off.
    pub(in crate::emulator) fn deployed(&self, crashes: bool) {
        let mut marks = self.marks();
        marks.crashes = crashes;
        marks.was_healthy_in_production = false;
    }

    /// Whether its workers exit at once while the fault is on.
    pub(super) fn crashes(&self) -> bool {
        self.marks().crashes
    }

    /// Whether it answers 500 to everything.
    pub(super) fn fails(&self) -> bool {
        self.marks().fails
    }

    /// Notes that it moves into production; with `fault`, it fails there unless it was healthy there before.
    pub(super) fn enters_production(&self, fault: bool) {
        let mut marks = self.marks();
        marks.fails = fault && !marks.was_healthy_in_production;
    }

    /// Notes that it moves out of production, where it was healthy or not.
    pub(super) fn leaves_production(&self) {
        let mut marks = self.marks();
        marks.was_healthy_in_production = !marks.fails;
        marks.fails = false;
    }

    /// The log tail of the last start when that failed.
    pub(super) fn failure(&self) -> Option<String> {
        self.marks().failure.clone()
    }

    /// The end of the newest process's log. The names begin with a number that counts up.
    pub(super) fn newest_log_tail(&self) -> Option<String> {
        let logs = std::fs::read_dir(self.logs()).ok()?.filter_map(Result::ok).map(|entry| entry.path());
        let newest = logs.filter(|path| path.to_string_lossy().ends_with(LOG_NAME)).max()?;
        process::tail(&newest).ok()
    }

    /// The log of the process with this number.
    pub(super) fn log(&self, number: u32) -> PathBuf {
        self.logs().join(format!("{number:06}{LOG_NAME}"))
    }

    fn logs(&self) -> PathBuf {
        self.root.join("LogFiles")
    }

    /// Notes how the last start went.
    pub(super) fn set_failure(&self, log_tail: Option<String>) {
        self.marks().failure = log_tail;
    }

    /// Who answers now.
    pub(super) fn seat(&self) -> Seat {
        self.seat.borrow().clone()
    }

    /// Gives the seat to somebody else; returns who had it.
    pub(super) fn replace_seat(&self, seat: Seat) -> Seat {
        self.seat.send_replace(seat)
    }

    /// Follows the changes of the seat.
    pub(super) fn watch_seat(&self) -> watch::Receiver<Seat> {
        self.seat.subscribe()
    }

    /// Takes whoever answers now. The process is entered under the seat's lock: a replaced one is drained afterwards.
    pub(super) fn answerer(&self) -> Answerer {
        match &*self.seat.borrow() {
            Seat::Placeholder => Answerer::Placeholder,
            Seat::Static => Answerer::Static,
            Seat::Starting => Answerer::Starting,
            Seat::Process(process) if process.has_ended() => Answerer::Down,
            Seat::Process(process) => Answerer::Process(process.enter()),
            Seat::Down => Answerer::Down,
        }
    }

    fn marks(&self) -> std::sync::MutexGuard<'_, Marks> {
        locked(&self.marks)
    }
}
