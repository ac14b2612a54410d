//! A swap on its way, and the proof that it was made.

use std::time::Duration;

use super::{Pair, Way, undoable};
use crate::azure::arm::Arm;
use crate::azure::site::SlotSwapStatus;
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::world::Deadline;

/// How long the proof may lag behind the end of the operation.
pub(super) const PROOF_LIMIT: Duration = Duration::from_secs(20);
/// The pause between two reads of the proof.
const PROOF_PAUSE: Duration = Duration::from_millis(500);

/// A swap on its way.
pub(super) struct Attempt<'a> {
    /// Where it runs.
    pub(super) stage: Stage<'a>,
    /// The way to ARM.
    pub(super) arm: &'a Arm<'a>,
    /// The slots.
    pub(super) pair: &'a Pair,
    /// The limit of the whole swap.
    pub(super) deadline: Deadline,
    /// Whether it brings a new build or takes one back.
    pub(super) way: Way<'a>,
    /// The last swap before this one.
    pub(super) before: Option<SlotSwapStatus>,
}

impl Attempt<'_> {
    /// To be called right before the swap is posted: from then on it goes on without us. A new build's swap is told to
    /// later steps, which can undo it; one that takes a build back is not to be undone, and the one before it neither.
    ///
    /// # Errors
    /// When the target cannot be read, or nobody could undo the swap.
    pub(super) async fn begins(&mut self) -> Result<(), Failure> {
        let (stage, pair) = (self.stage, self.pair);
        self.before = self.arm.site(&pair.app, &pair.target).await?.properties.slot_swap_status;
        let (source, target, app) = (&pair.source, &pair.target, &pair.app.name);
        match self.way {
            Way::Forth => {
                undoable::begins(stage, self.before.as_ref())?;
                stage.world.standing.leaves(
                    format!(
                        "a swap of `{source}` into `{target}` of `{app}` may be running in Azure and goes on; if it is to \
                         go, this waits for its end and undoes it:"
                    ),
                    pair.take_back_command(undoable::told(self.before.as_ref())),
                );
            }
            Way::Back(_) => {
                undoable::nothing(stage);
                stage.world.standing.leaves(
                    format!(
                        "the swap that takes the build in `{target}` of `{app}` back to `{source}` may be running in \
                         Azure and goes on; wait until the slots show no operation, then look whether it was made:"
                    ),
                    pair.status_command(),
                );
            }
        }
        Ok(())
    }

    /// The request is known not to have begun anything: all is as it was before it.
    pub(super) fn has_not_begun(&self) {
        if let Way::Back(Some(swapped)) = self.way {
            return undoable::stands(self.stage, self.pair, swapped);
        }
        undoable::nothing(self.stage);
        self.stage.world.standing.leaves_nothing();
    }

    /// The new proof. The time stamp must have moved: a repeated swap of the same pair looks done at once by its names
    /// alone. With `expected`, it is waited for; else one good read is enough.
    ///
    /// # Errors
    /// `SID0403` when the slots could not be read.
    pub(super) async fn proof(&self, expected: bool) -> Result<Option<SlotSwapStatus>, Failure> {
        let patience = self.stage.world.clock.deadline(PROOF_LIMIT);
        loop {
            let read = self.arm.site(&self.pair.app, &self.pair.target).await;
            let trouble = match read.map(|site| site.properties.slot_swap_status) {
                Ok(Some(status)) if self.is_ours(&status) => return Ok(Some(status)),
                Ok(_) if !expected || patience.passed() => return Ok(None),
                Ok(_) => None,
                Err(failure) => Some(failure),
            };
            if let Some(failure) = trouble.filter(|_| patience.passed()) {
                return Err(self.not_proven().caused_by(failure));
            }
            self.stage.world.clock.sleep(PROOF_PAUSE).await;
        }
    }

    /// Whether a status is newer than the last swap before this one, of the same slots.
    pub(super) fn is_ours(&self, status: &SlotSwapStatus) -> bool {
        Some(status) != self.before.as_ref() && status.source_slot_name.eq_ignore_ascii_case(self.pair.source.name())
    }

    /// Azure said that it swapped, and the slots do not show it.
    pub(super) fn not_proven(&self) -> Failure {
        let pair = self.pair;
        let what = format!(
            "the swap of `{}` into `{}` is not proven: `slotSwapStatus` does not show it",
            pair.source, pair.target
        );
        Failure::new(&code::SWAP_NOT_PROVEN, what)
            .because("the time stamp of the last swap did not move, so which build is in production is not known")
            .run(pair.status_command())
    }
}
