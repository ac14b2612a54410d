//! Faults of a rehearsed plan: `name` during the whole release, or `name@step` at one step of it.

use super::jobs::Course;
use crate::emulator::{Emulator, faults};
use crate::report::{Failure, code};
use crate::spec::nearest;

/// What stands between a fault and its step.
const AT: char = '@';

/// A fault that is on while one step runs.
#[derive(Clone, Debug)]
pub(super) struct StepFault {
    /// `name` or `name=setting`.
    fault: String,
    /// The step's id.
    pub(super) step: String,
}

impl StepFault {
    /// Switches it on.
    pub(super) fn on(&self, emulator: &Emulator) -> Result<(), Failure> {
        switch_on(emulator, &self.fault)
    }

    /// Switches it off.
    pub(super) fn off(&self, emulator: &Emulator) {
        emulator.faults().switch_off(self.fault.split_once('=').map_or(&self.fault, |(name, _)| name));
    }
}

/// What is wrong with a fault that was given, whose step is not known yet.
pub(in crate::commands::rehearse) fn trouble(text: &str) -> Option<String> {
    faults::trouble(text.split_once(AT).map_or(text, |(fault, _)| fault))
}

/// Those of the whole release, and those of steps.
///
/// # Errors
/// `SID0001` when no release has such a step.
pub(super) fn read<'t>(lines: &[&'t str], course: &Course<'_>) -> Result<(Vec<&'t str>, Vec<StepFault>), Failure> {
    let (mut whole, mut steps) = (Vec::new(), Vec::new());
    for line in lines {
        let Some((fault, step)) = line.split_once(AT) else {
            whole.push(*line);
            continue;
        };
        let known = || course.releases.iter().flat_map(|job| &job.steps).map(|step| step.id.as_str());
        if !known().any(|id| id == step) {
            let failure = Failure::new(&code::BAD_INPUT, format!("`fault`: the release has no step `{step}`"));
            let near = nearest(step, known()).map(|near| format!("did you mean `{near}`?"));
            let failure = near.into_iter().fold(failure, Failure::because);
            let all: Vec<String> = known().map(|id| format!("`{id}`")).collect();
            return Err(failure.fix(format!("its steps are {}", all.join(", "))));
        }
        steps.push(StepFault { fault: fault.to_owned(), step: step.to_owned() });
    }
    Ok((whole, steps))
}

/// Switches a fault on that was looked at.
pub(super) fn switch_on(emulator: &Emulator, fault: &str) -> Result<(), Failure> {
    let bug = |trouble| Failure::bug(format!("`{fault}` passed the check and does not work: {trouble}"));
    emulator.faults().switch_on(fault).map_err(bug)
}
