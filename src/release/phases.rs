//! The phases of a release: announced, timed, written to the journal.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::journal::Journal;
use crate::ci::Level;
use crate::report::Failure;
use crate::tools::Stage;
use crate::world::human;

/// The phases so far. Once the journal has begun, trouble with it is a warning: it must never change how a release ends.
pub(super) struct Phases<'a> {
    stage: Stage<'a>,
    journal: Journal,
    total: usize,
    done: Vec<(&'static str, Duration)>,
    ended: bool,
}

impl<'a> Phases<'a> {
    /// Begins the journal.
    ///
    /// # Errors
    /// `SID0005` when its file cannot be written: better known before anything is done.
    pub(super) fn begin(
        stage: Stage<'a>,
        (run, file): (&str, Option<PathBuf>),
        total: usize,
        facts: serde_json::Value,
    ) -> Result<Self, Failure> {
        let journal = Journal::new(run, file);
        journal.event(stage.world, "release", facts)?;
        Ok(Self { stage, journal, total, done: Vec::new(), ended: false })
    }

    /// Runs one phase. Its failure is journalled and returned as it is.
    pub(super) async fn phase<T>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let start = self.stage.world.clock.start();
        self.stage.host.line(&format!("[{}/{}] {name}", self.done.len() + 1, self.total));
        self.note("started", json!({"phase": name}));
        let result = work.await;
        let took = start.elapsed();
        self.done.push((name, took));
        let mut facts = json!({"phase": name, "ms": milliseconds(took)});
        if let Err(failure) = &result {
            facts["code"] = failure.code.id.into();
            facts["what"] = failure.what.as_str().into();
        }
        self.note(if result.is_ok() { "finished" } else { "failed" }, facts);
        result
    }

    /// An event between phases.
    pub(super) fn note(&self, name: &str, facts: serde_json::Value) {
        if let Err(trouble) = self.journal.event(self.stage.world, name, facts) {
            self.stage.host.annotate(
                Level::Warning,
                "journal",
                &format!("the event `{name}` is missing: {}", trouble.what),
            );
        }
    }

    /// The last event.
    pub(super) fn end(&mut self, outcome: &str) {
        self.ended = true;
        self.note("ended", json!({"outcome": outcome}));
    }

    /// The run's id.
    pub(super) fn run(&self) -> &str {
        self.journal.run()
    }

    /// Name and time of every phase that was begun.
    pub(super) fn times(&self) -> String {
        self.done.iter().map(|(name, took)| format!("{name} {}", human(*took))).collect::<Vec<_>>().join(", ")
    }

    /// The same as data.
    pub(super) fn data(&self) -> serde_json::Value {
        self.done.iter().map(|(name, took)| json!({"phase": name, "ms": milliseconds(*took)})).collect()
    }
}

/// A cancelled run is dropped where it stands; its journal says so.
impl Drop for Phases<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.note("ended", json!({"outcome": "cancelled"}));
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
