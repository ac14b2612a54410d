//! The gate on slowness: how long our own probes waited for the answer while a slot was watched. It is what one client sees
//! from where the job runs, not what visitors see: App Service's own figure for that is an average, which hides the slow ones.

use std::time::Duration;

use crate::ci::Level;
use crate::spec::{Input, Inputs, Kind, Problems};
use crate::tools::Stage;
use crate::world::{Deadline, human};

/// The name of the input.
const NAME: &str = "max-p95";

/// The input.
pub(super) static INPUTS: [Input; 1] = [Input::optional(
    NAME,
    Kind::Duration(Duration::from_millis(1)),
    "The longest that 95 % of the watch's own probes may take, such as `800ms`; off when it is not given",
)];

/// Fewer probes say nothing.
const LEAST_PROBES: usize = 20;
/// So many say enough to end a watch before its time.
const ENOUGH_PROBES: usize = 60;

/// The gate of one watch.
#[derive(Debug)]
pub struct Pace {
    limit: Duration,
    settle: Deadline,
    taken: Vec<Duration>,
}

/// From checked inputs; `None` when the gate is off.
pub(super) fn read(inputs: &Inputs) -> Option<Duration> {
    inputs.given(NAME).map(|_| inputs.duration(NAME))
}

/// Checks the input.
pub(super) fn check(inputs: &Inputs, problems: &mut Problems) {
    if inputs.given(NAME).is_some() && inputs.text("action") == "rollback" {
        problems.add(format!("`{NAME}` goes with `--action swap`: a roll-back is not swapped once more"));
    }
}

impl Pace {
    /// A gate that counts what is probed when the build has settled.
    pub(super) fn new(limit: Duration, settle: Deadline) -> Self {
        Self { limit, settle, taken: Vec::new() }
    }

    /// Counts what a round of probes took.
    pub(super) fn count(&mut self, taken: &[Duration]) {
        if self.settle.passed() {
            self.taken.extend(taken);
        }
    }

    /// How the limit is passed, if it is: at the end of the watch, or when enough was counted to say so before.
    pub(super) fn breach(&self, is_over: bool) -> Option<String> {
        let least = if is_over { LEAST_PROBES } else { ENOUGH_PROBES };
        let slow = self.p95().filter(|p95| self.taken.len() >= least && *p95 > self.limit)?;
        let (count, limit) = (self.taken.len(), human(self.limit));
        Some(format!("95 % of {count} probes took up to {}, more than the {limit} of `{NAME}`", human(slow)))
    }

    /// Says at the end of a watch that held what it was, or that there were too few probes.
    pub(super) fn conclude(&self, stage: Stage<'_>) {
        if self.taken.len() >= LEAST_PROBES {
            stage.host.line(&format!("probes: {}", self.summary()));
            return;
        }
        let message = format!(
            "`{NAME}` was not judged: {} probes were made after `settle`, fewer than {LEAST_PROBES}; watch longer",
            self.taken.len()
        );
        stage.host.annotate(Level::Warning, "slot-swap", &message);
    }

    /// For the summary.
    pub(super) fn summary(&self) -> String {
        match self.p95().filter(|_| self.taken.len() >= LEAST_PROBES) {
            Some(p95) => format!("95 % took up to {} ({} probes)", human(p95), self.taken.len()),
            None => format!("not judged ({} probes)", self.taken.len()),
        }
    }

    fn p95(&self) -> Option<Duration> {
        let mut sorted = self.taken.clone();
        sorted.sort_unstable();
        sorted.get((sorted.len() * 95).div_ceil(100).checked_sub(1)?).copied()
    }
}
