//! The watch after a test that passed: an app that answers for a moment and breaks afterwards is found here.

use std::time::Duration;

use url::Url;

use super::{Plan, advice, round};
use crate::report::{Failure, code};
use crate::spec::Inputs;
use crate::tools::checks::shown;
use crate::tools::{Stage, counted};
use crate::world::human;

/// For how long, and how strict.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// For how long the checks must go on to hold.
    pub time: Duration,
    /// How many rounds must fail in a row to end it.
    pub failures: u64,
}

impl Watch {
    /// From checked inputs; `None` when it is off.
    pub(super) fn read(inputs: &Inputs) -> Option<Self> {
        let time = inputs.duration("watch");
        (!time.is_zero()).then(|| Self { time, failures: inputs.count("failures") })
    }
}

/// A watch that held.
pub(super) struct Held {
    /// How many rounds there were.
    pub(super) rounds: u64,
    /// How long it took.
    pub(super) elapsed: Duration,
}

/// Goes on with rounds. It holds when the last round passes and never too many failed in a row.
///
/// # Errors
/// `SID0601`, which says that the checks had passed, and how much later they failed.
pub(super) async fn hold(stage: Stage<'_>, base: &Url, plan: &Plan, watch: Watch) -> Result<Held, Failure> {
    let deadline = stage.world.clock.span(watch.time);
    let (mut rounds, mut in_a_row, mut broke) = (0, 0, Duration::ZERO);
    let mut told = Vec::new();
    loop {
        let pause = if deadline.passed() { plan.interval } else { plan.interval.min(deadline.left()) };
        stage.world.clock.sleep(pause).await;
        let (troubles, _) = round(stage, base, &plan.checks).await;
        rounds += 1;
        if troubles.is_empty() {
            in_a_row = 0;
            if deadline.passed() {
                let elapsed = deadline.elapsed();
                stage.host.status(None);
                stage.host.line(&format!("{} held its checks for {} ({rounds} rounds)", shown(base), human(elapsed)));
                return Ok(Held { rounds, elapsed });
            }
        } else {
            if in_a_row == 0 {
                broke = deadline.elapsed();
            }
            in_a_row += 1;
            if troubles != told {
                stage.host.line(&format!("  round {rounds} of the watch failed: {}", troubles.join("; ")));
                told.clone_from(&troubles);
            }
            if in_a_row >= watch.failures {
                return Err(broken(base, plan, (in_a_row, broke), &troubles));
            }
        }
        stage.host.status(Some(&format!(
            "watching: {rounds} rounds, {in_a_row} failed in a row, {} left",
            human(deadline.left())
        )));
    }
}

fn broken(base: &Url, plan: &Plan, (in_a_row, broke): (u64, Duration), troubles: &[String]) -> Failure {
    let what = format!("`{}` passed its checks first and broke {} later", shown(base), human(broke));
    let failure = Failure::new(&code::CHECK_FAILED, what)
        .because(format!("{} in a row failed during the watch", counted(in_a_row, "round")));
    let failure = troubles.iter().fold(failure, |failure, trouble| failure.because(trouble.clone()));
    advice(failure, base, plan, troubles)
}
