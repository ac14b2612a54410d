//! Swapping back, and the proof that it is ours to undo.

use super::{Pair, Parameters, Swapped, Watch, swap, watch};
use crate::azure::site::SlotSwapStatus;
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::tools::checks::Check;
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
    let back = match undo(stage, session, pair, (swapped, parameters)).await {
        Ok(back) => back,
        Err(second) => return not_swapped_back(pair, swapped, failure, second),
    };
    stage.world.standing.leaves_nothing();
    match old_build_answers(stage, session, pair, parameters).await {
        Ok(()) => swapped_back(pair, &back, failure),
        Err(second) => old_build_fails_too(pair, failure, second),
    }
}

async fn undo(
    stage: Stage<'_>,
    session: &Session,
    pair: &Pair,
    (swapped, parameters): (&Swapped, &Parameters),
) -> Result<Swapped, Failure> {
    let target = session.arm(stage.world).site(&pair.app, &pair.target).await?;
    is_the_one(pair, target.properties.slot_swap_status.as_ref(), Some(&swapped.status.timestamp_utc))?;
    swap(stage, session, pair, parameters.timeout).await
}

/// The old build must answer again. What only the new one could pass is not asked of it.
async fn old_build_answers(
    stage: Stage<'_>,
    session: &Session,
    pair: &Pair,
    parameters: &Parameters,
) -> Result<(), Failure> {
    let target = session.arm(stage.world).site(&pair.app, &pair.target).await?;
    let paths: Vec<Check> = parameters.checks.iter().map(|check| Check::path(&check.path)).collect();
    let short = Watch { time: parameters.watch.interval * 2, ..parameters.watch.clone() };
    watch(stage, &target, &paths, &short).await
}

fn swapped_back(pair: &Pair, back: &Swapped, failure: Failure) -> Failure {
    let what =
        format!("the new build failed in `{0}` and was swapped back; `{0}` serves the old build again", pair.target);
    chain(Failure::new(&code::SWAPPED_BACK, what), failure)
        .fact("swapped back at", back.status.timestamp_utc.clone())
        .fact("swap back took", human(back.took))
        .fix(format!("the failing build is in slot `{}`; look at its log:", pair.source))
        .run(format!(
            "az webapp log tail --resource-group {} --name {} --slot {}",
            pair.app.group, pair.app.name, pair.source
        ))
        .fix("changes that the new build made to data were not undone")
}

fn not_swapped_back(pair: &Pair, swapped: &Swapped, failure: Failure, second: Failure) -> Failure {
    let runs = second.code == &code::SWAP_TIMED_OUT;
    let state = if runs { "the swap back had not ended in time" } else { "it could not be swapped back" };
    let what = format!("the new build failed in `{}`, and {state}: look at once which build is there", pair.target);
    let told = chain(chain(Failure::new(&code::SWAP_BACK_FAILED, what), failure), second).run(pair.status_command());
    if runs {
        return told.fix("the swap back goes on in Azure: do not swap again before the slots show no operation");
    }
    told.fix("swap back by hand as soon as the reason above is gone:")
        .run(pair.roll_back_command(Some(&swapped.status.timestamp_utc)))
}

fn old_build_fails_too(pair: &Pair, failure: Failure, second: Failure) -> Failure {
    let what =
        format!("the new build failed in `{0}` and was swapped back, but the old build fails there, too", pair.target);
    chain(chain(Failure::new(&code::SWAP_BACK_FAILED, what), failure), second)
        .fix("both builds fail, so look for the cause outside of them: settings, secrets, a database, a dependency")
        .run(format!("az webapp log tail --resource-group {} --name {}", pair.app.group, pair.app.name))
}

/// The failure with another one as its cause; ids go along.
fn chain(failure: Failure, cause: Failure) -> Failure {
    let failure = cause.causes.into_iter().fold(failure.because(cause.what), Failure::because);
    cause.facts.into_iter().fold(failure, |failure, (name, value)| failure.fact(name, value))
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
