//! What a later step of the job is told as it happens, so that it can undo a swap which this run does not see to its end:
//! a swap goes on in Azure when its run is killed, and there is no time then to wait for it and swap back.
//!
//! The last value that a step gives an output counts, on GitHub as on Azure Pipelines, and what a step told before it was
//! cancelled is kept (read in actions/runner and azure-pipelines-agent of August 2026).

use super::{Pair, Swapped};
use crate::azure::site::SlotSwapStatus;
use crate::ci::Level;
use crate::report::Failure;
use crate::spec::Output;
use crate::tools::Stage;

/// The output that tells the target's last swap before this run's. As long as it is empty, nothing is to be undone.
pub const OUTPUT: Output = Output {
    name: BEFORE,
    help: "Told right before the swap: when the target was swapped last, or `none`; give it to `swapped-after`, and a later step undoes a swap that was cut off. Empty when nothing is to be undone",
};
const BEFORE: &str = "swap-before";
/// The output that tells the swap itself.
pub(super) const TIMESTAMP: &str = "swap-timestamp";
/// Stands for a target that was never swapped.
pub(super) const NEVER: &str = "none";

/// What `swap-before` says of the target's last swap.
pub(super) fn told(before: Option<&SlotSwapStatus>) -> &str {
    before.map_or(NEVER, |status| &status.timestamp_utc)
}

/// A swap is about to be posted. Azure Pipelines leaves the name of an output that was never set as it is, so both are.
///
/// # Errors
/// When the host does not take it: a swap that nobody could undo is not begun.
pub(super) fn begins(stage: Stage<'_>, before: Option<&SlotSwapStatus>) -> Result<(), Failure> {
    let written = stage.host.set_output(TIMESTAMP, "").and_then(|()| stage.host.set_output(BEFORE, told(before)));
    written.map_err(|failure| failure.because("no later step could undo the swap, so nothing was swapped"))
}

/// The swap is proven; or it is after all not being undone.
pub(super) fn stands(stage: Stage<'_>, pair: &Pair, swapped: &Swapped) {
    tell(stage, TIMESTAMP, &swapped.status.timestamp_utc);
    tell(stage, BEFORE, told(swapped.before.as_ref()));
    stage.world.standing.leaves(
        format!(
            "the swap is done and `{}` of `{}` serves the new build, which was not watched to the end",
            pair.target, pair.app.name
        ),
        pair.roll_back_command(&swapped.status.timestamp_utc),
    );
}

/// There is no swap of this run, or this run itself is about to undo it: no later step must.
pub(super) fn nothing(stage: Stage<'_>) {
    // The first is what decides whether a later step does anything.
    tell(stage, BEFORE, "");
    tell(stage, TIMESTAMP, "");
}

/// Without it a later step still finds out by itself what it must not undo.
fn tell(stage: Stage<'_>, name: &str, value: &str) {
    if let Err(trouble) = stage.host.set_output(name, value) {
        stage.host.annotate(Level::Warning, "outputs", &trouble.what);
    }
}
