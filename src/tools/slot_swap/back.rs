//! Swapping back, and the proof that it is ours to undo.

use super::watch::holds_again;
use super::{Pair, Parameters, Swapped, Way, swap, undoable};
use crate::azure::site::{Site, SlotSwapStatus};
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::tools::checks::Check;
use crate::tools::sign_in::Session;
use crate::world::human;

/// A swap that can be undone, with what was true before it.
pub struct Undo<'a> {
    /// The slots.
    pub pair: &'a Pair,
    /// The target as it was found before the swap.
    pub target: &'a Site,
    /// The swap that this run made.
    pub swapped: &'a Swapped,
    /// What the old build passed before the swap.
    pub held: &'a [Check],
    /// How patient the tool is.
    pub parameters: &'a Parameters,
}

/// Swaps back after a failed watch, if the last swap is still the one that this run made. The result is always a
/// failure: it says why the release failed, and whether everything is back as it was.
pub async fn swap_back(stage: Stage<'_>, session: &Session, undo: &Undo<'_>, failure: Failure) -> Failure {
    stage.host.line(&format!("{}; swapping back", failure.what));
    let back = match swap_again(stage, session, undo).await {
        Ok(back) => back,
        Err(second) => return not_swapped_back(undo, failure, second),
    };
    match holds_again(stage, undo.target, undo.held, &undo.parameters.watch).await {
        Ok(()) => swapped_back(undo.pair, &back, failure),
        Err(second) => old_build_fails_too(undo.pair, failure, second),
    }
}

async fn swap_again(stage: Stage<'_>, session: &Session, undo: &Undo<'_>) -> Result<Swapped, Failure> {
    let target = session.arm(stage.world).site(&undo.pair.app, &undo.pair.target).await?;
    let last = target.properties.slot_swap_status.as_ref();
    // Somebody else's swap is nobody's to undo, neither now nor later in the job.
    is_the_one(undo.pair, last, &undo.swapped.status.timestamp_utc).inspect_err(|_| undoable::nothing(stage))?;
    swap(stage, session, undo.pair, (Way::Back(Some(undo.swapped)), undo.parameters.timeout)).await
}

fn swapped_back(pair: &Pair, back: &Swapped, failure: Failure) -> Failure {
    let what =
        format!("the new build failed in `{0}` and was swapped back; `{0}` serves the old build again", pair.target);
    Failure::new(&code::SWAPPED_BACK, what)
        .caused_by(failure)
        .fact("swapped back at", back.status.timestamp_utc.clone())
        .fact("swap back took", human(back.took))
        .fix(format!("the failing build is in slot `{}`; look at its log:", pair.source))
        .run(pair.log_command(&pair.source))
        .fix("changes that the new build made to data were not undone")
}

/// The second failure's own words about what is untouched are about the swap back, so only its causes go along.
fn not_swapped_back(undo: &Undo<'_>, failure: Failure, second: Failure) -> Failure {
    let pair = undo.pair;
    let runs = second.code == &code::SWAP_TIMED_OUT;
    let foreign = second.code == &code::ROLL_BACK_REFUSED;
    let state = if runs { "the swap back is not known to have ended" } else { "it could not be swapped back" };
    let what = format!("the new build failed in `{}`, and {state}: look at once which build is there", pair.target);
    let told = Failure::new(&code::SWAP_BACK_FAILED, what).caused_by(failure);
    let told =
        second.causes.into_iter().fold(told.because(format!("the swap back: {}", second.code.title)), Failure::because);
    let told = second.facts.into_iter().fold(told, |told, (name, value)| told.fact(name, value));
    let told = told.run(pair.status_command());
    if runs {
        told.fix("it may go on in Azure: do not swap again before the slots show no operation")
    } else if foreign {
        told.fix("somebody else swapped since; agree with them which build is to serve")
    } else {
        told.fix("swap back by hand as soon as the reason above is gone:")
            .run(pair.roll_back_command(&undo.swapped.status.timestamp_utc))
    }
}

fn old_build_fails_too(pair: &Pair, failure: Failure, second: Failure) -> Failure {
    let what =
        format!("the new build failed in `{0}` and was swapped back, but the old build fails there, too", pair.target);
    Failure::new(&code::SWAP_BACK_FAILED, what)
        .caused_by(failure)
        .caused_by(second)
        .fix("both builds fail, so look for the cause outside of them: settings, secrets, a database, a dependency")
        .run(pair.log_command(&pair.target))
}

/// A watch that passed says something of this build only if nobody swapped meanwhile.
///
/// # Errors
/// `SID0403` when the last swap of the target is not this run's any more.
pub async fn still_ours(stage: Stage<'_>, session: &Session, pair: &Pair, swapped: &Swapped) -> Result<(), Failure> {
    let target = session.arm(stage.world).site(&pair.app, &pair.target).await?;
    if target.properties.slot_swap_status.as_ref() == Some(&swapped.status) {
        return Ok(());
    }
    undoable::nothing(stage);
    stage.world.standing.leaves_nothing();
    let what = format!("somebody else swapped `{}` during the watch, so it may not serve this build", pair.target);
    Err(Failure::new(&code::SWAP_NOT_PROVEN, what)
        .because(format!("the last swap is not the one made at {}", swapped.status.timestamp_utc))
        .fix("find out who swapped; let jobs that swap this app wait for each other")
        .run(pair.status_command()))
}

/// Whether the last swap of the target is the one to undo.
///
/// # Errors
/// `SID0407` when it is another one, or when there is none.
pub(super) fn is_the_one(pair: &Pair, last: Option<&SlotSwapStatus>, swapped_at: &str) -> Result<(), Failure> {
    let why = match last {
        None => format!("`{}` shows no swap at all", pair.target),
        Some(last) if !last.source_slot_name.eq_ignore_ascii_case(pair.source.name()) => {
            format!("the last swap of `{}` came from `{}`", pair.target, last.source_slot_name)
        }
        Some(last) if swapped_at != last.timestamp_utc => format!(
            "the last swap was made at {}, which is not the one to undo: somebody swapped again",
            last.timestamp_utc
        ),
        Some(_) => return Ok(()),
    };
    let what = format!("the swap of `{}` into `{}` is not undone", pair.source, pair.target);
    Err(Failure::new(&code::ROLL_BACK_REFUSED, what)
        .because(why)
        .fix("look at the last swap, and undo it by hand if that is what you want:")
        .run(pair.status_command()))
}
