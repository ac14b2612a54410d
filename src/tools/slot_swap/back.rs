//! Swapping back, and the proof that it is ours to undo.

use super::{Pair, Parameters, Swapped, swap, watch};
use crate::azure::site::SlotSwapStatus;
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::tools::sign_in::Session;
use crate::world::human;

/// Swaps back after a failed watch, if the last swap is still the one that this run made. The result is always a
/// failure: it says why the release failed, and whether everything is back as it was.
pub async fn swap_back(
    stage: Stage<'_>,
    session: &Session,
    pair: &Pair,
    swapped: &Swapped,
    (failure, parameters): (Failure, &Parameters),
) -> Failure {
    stage.host.line(&format!("{}; swapping back", failure.what));
    match undo(stage, session, pair, (swapped, parameters)).await {
        Ok(back) => {
            stage.world.standing.leaves_nothing();
            let what = format!(
                "the new build failed in `{}` and was swapped back; `{}` serves the old build again",
                pair.target, pair.target
            );
            let told = Failure::new(&code::SWAPPED_BACK, what).because(failure.what);
            let told = failure.causes.into_iter().fold(told, Failure::because);
            told.fact("swapped back at", back.status.timestamp_utc.clone())
                .fact("swap back took", human(back.took))
                .fix(format!("the failing build is in slot `{}`; look at its log:", pair.source))
                .run(format!(
                    "az webapp log tail --resource-group {} --name {} --slot {}",
                    pair.app.group, pair.app.name, pair.source
                ))
                .fix("changes that the new build made to data were not undone")
        }
        Err(second) => {
            let what = format!(
                "the new build failed in `{}`, and it could not be swapped back: `{}` still serves it",
                pair.target, pair.target
            );
            let told = Failure::new(&code::SWAP_BACK_FAILED, what).because(failure.what).because(second.what);
            let told = second.causes.into_iter().fold(told, Failure::because);
            let told = second.facts.into_iter().fold(told, |told, (name, value)| told.fact(name, value));
            told.fix("swap back by hand as soon as the reason above is gone:")
                .run(pair.roll_back_command(Some(&swapped.status.timestamp_utc)))
        }
    }
}

async fn undo(
    stage: Stage<'_>,
    session: &Session,
    pair: &Pair,
    (swapped, parameters): (&Swapped, &Parameters),
) -> Result<Swapped, Failure> {
    let arm = session.arm(stage.world);
    let target = arm.site(&pair.app, &pair.target).await?;
    is_the_one(pair, target.properties.slot_swap_status.as_ref(), Some(&swapped.status.timestamp_utc))?;
    let back = swap(stage, session, pair, parameters.timeout).await?;
    // The old build must answer again. What only the new one could pass is not asked of it.
    let paths: Vec<_> = parameters.checks.iter().map(|check| crate::tools::checks::Check::path(&check.path)).collect();
    let mut short = parameters.watch.clone();
    short.time = short.interval * 2;
    watch(stage, &target, &paths, &short).await?;
    Ok(back)
}

/// Whether the last swap of the target is the one to undo.
///
/// # Errors
/// `SID0407` when it is another one, or when there is none.
pub(super) fn is_the_one(pair: &Pair, last: Option<&SlotSwapStatus>, swapped_at: Option<&str>) -> Result<(), Failure> {
    let refused = |why: String| {
        Err(Failure::new(
            &code::ROLL_BACK_REFUSED,
            format!("the swap of `{}` into `{}` is not undone", pair.source, pair.target),
        )
        .because(why)
        .fix("look at the last swap, and undo it by hand if that is what you want:")
        .run(pair.status_command()))
    };
    match last {
        None => refused(format!("`{}` shows no swap at all", pair.target)),
        Some(last) if !last.source_slot_name.eq_ignore_ascii_case(pair.source.name()) => {
            refused(format!("the last swap of `{}` came from `{}`", pair.target, last.source_slot_name))
        }
        Some(last) if swapped_at.is_some_and(|time| time != last.timestamp_utc) => refused(format!(
            "the last swap was made at {}, which is not the one to undo: somebody swapped again",
            last.timestamp_utc
        )),
        Some(_) => Ok(()),
    }
}
