//! The phases of a release: announced, timed, written to the journal.

use std::future::Future;
use std::time::Duration;

use serde_json::json;

use super::journal::Journal;
use crate::report::Failure;
use crate::tools::Stage;
use crate::world::human;

/// The phases so far.
pub(super) struct Phases<'a> {
    stage: Stage<'a>,
    journal: Journal,
    total: usize,
    done: Vec<(&'static str, Duration)>,
}

impl<'a> Phases<'a> {
    pub(super) fn new(stage: Stage<'a>, journal: Journal, total: usize) -> Self {
        Self { stage, journal, total, done: Vec::new() }
    }

    /// Runs one phase. Its failure is journalled and returned as it is.
    pub(super) async fn phase<T>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let start = self.stage.world.clock.start();
        self.stage.host.line(&format!("[{}/{}] {name}", self.done.len() + 1, self.total));
        self.journal.event(self.stage.world, "started", json!({"phase": name}))?;
        let result = work.await;
        let took = start.elapsed();
        self.done.push((name, took));
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match &result {
            Ok(_) => self.journal.event(self.stage.world, "finished", json!({"phase": name, "ms": millis}))?,
            Err(failure) => {
                let facts = json!({"phase": name, "ms": millis, "code": failure.code.id, "what": failure.what});
                self.journal.event(self.stage.world, "failed", facts)?;
            }
        }
        result
    }

    /// An event between phases.
    pub(super) fn note(&self, name: &str, facts: serde_json::Value) -> Result<(), Failure> {
        self.journal.event(self.stage.world, name, facts)
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
        self.done
            .iter()
            .map(|(name, took)| json!({"phase": name, "ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX)}))
            .collect()
    }
}
