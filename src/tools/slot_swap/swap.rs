//! The swap itself: posted once, followed by its changing poll URL, and proven by `slotSwapStatus`.
//!
//! Whatever the service answers, the slots decide: no swap is posted again, and none is called failed, before the time
//! stamp of the last swap was read. Source: `contracts/slots-and-vault.md` §1.2.

use std::time::Duration;

use super::Pair;
use super::attempt::Attempt;
use super::follow::{End, lost, post};
use crate::azure::arm::Refusal;
use crate::azure::site::SlotSwapStatus;
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::tools::sign_in::Session;
use crate::world::http::Answer;
use crate::world::human;

/// The platform says itself that these pass: they are swapped again, once.
const WORTH_A_RETRY: [&str; 3] = ["Please retry", "did not respond to http ping", "warmup requests to application"];

/// A proven swap.
#[derive(Clone, Debug)]
pub struct Swapped {
    /// What both slots say of it.
    pub status: SlotSwapStatus,
    /// How long it took.
    pub took: Duration,
}

/// Swaps and proves it.
///
/// # Errors
/// `SID0402` when Azure could not (the target is untouched then), `SID0403` when it says so and nothing proves it,
/// `SID0406` when it is not known to have ended at the limit.
pub async fn swap(stage: Stage<'_>, session: &Session, pair: &Pair, limit: Duration) -> Result<Swapped, Failure> {
    let arm = session.arm(stage.world);
    let start = stage.world.clock.start();
    let before = arm.site(&pair.app, &pair.target).await?.properties.slot_swap_status;
    let attempt = Attempt { stage, arm: &arm, pair, deadline: stage.world.clock.deadline(limit), before };
    stage.world.standing.leaves(
        format!(
            "a swap of `{}` into `{}` of `{}` may be running in Azure and goes on; wait until the slots show no operation, \
             then look whether it was made and undo it with `--action rollback` if it is to go",
            pair.source, pair.target, pair.app.name
        ),
        pair.status_command(),
    );
    let status = until_proven(&attempt).await?;
    stage.host.status(None);
    stage.world.standing.leaves(
        format!(
            "the swap is done and `{}` of `{}` serves the new build, which was not watched to the end",
            pair.target, pair.app.name
        ),
        pair.roll_back_command(&status.timestamp_utc),
    );
    let took = start.elapsed();
    stage.host.line(&format!(
        "swapped `{}` into `{}`, proven by slotSwapStatus {} ({})",
        pair.source,
        pair.target,
        status.timestamp_utc,
        human(took)
    ));
    Ok(Swapped { status, took })
}

async fn until_proven(attempt: &Attempt<'_>) -> Result<SlotSwapStatus, Failure> {
    let (stage, pair) = (attempt.stage, attempt.pair);
    let mut retried = false;
    loop {
        let end = match post(attempt).await {
            Ok(end) => end,
            Err(refused) => {
                stage.world.standing.leaves_nothing();
                return Err(refused);
            }
        };
        let end = if let End::Unknown(failure) = end { lost(attempt, failure).await? } else { end };
        if let Some(status) = attempt.proof(matches!(end, End::Done)).await? {
            return Ok(status);
        }
        let End::Refused(answer) = end else { return Err(attempt.not_proven()) };
        let refusal = Refusal::of(&answer).unwrap_or_default();
        let passes = WORTH_A_RETRY.iter().any(|phrase| refusal.message.contains(phrase));
        if retried || !passes || attempt.deadline.passed() {
            stage.world.standing.leaves_nothing();
            return Err(not_swapped(pair, &answer, &refusal));
        }
        stage.host.line("the platform could not warm the slot up; swapping again, as it advises:");
        crate::ci::untrusted(stage.host, &refusal.message);
        retried = true;
    }
}

fn not_swapped(pair: &Pair, answer: &Answer, refusal: &Refusal) -> Failure {
    let what = format!(
        "Azure could not swap `{}` into `{}` of `{}`; `{}` is untouched",
        pair.source, pair.target, pair.app.name, pair.target
    );
    answer
        .with_ids(Failure::new(&code::SWAP_FAILED, what).because(refusal.to_string()))
        .fix("the new build does not start or does not answer `/` with the target's settings; look at its log:")
        .run(pair.log_command(&pair.source))
}
