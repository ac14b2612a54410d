//! The swap itself: posted once, followed by its changing poll URL, and proven by `slotSwapStatus`.
//!
//! Whatever the service answers, the slots decide: no swap is posted again, and none is called failed, before the time
//! stamp of the last swap was read. Source: `contracts/slots-and-vault.md` §1.2.

use std::time::Duration;

use super::Pair;
use super::attempt::Attempt;
use super::follow::{End, lost, post};
use super::undoable;
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
    /// What they said before.
    pub before: Option<SlotSwapStatus>,
}

/// What a swap is for.
#[derive(Clone, Copy, Debug)]
pub enum Way<'a> {
    /// It brings a new build.
    Forth,
    /// It takes a build back, and undoes a swap that this very run has made, if one is named.
    Back(Option<&'a Swapped>),
}

/// Swaps and proves it. What a later step needs to undo a new build's swap is told as it happens.
///
/// # Errors
/// `SID0402` when Azure could not (the target is untouched then), `SID0403` when it says so and nothing proves it,
/// `SID0406` when it is not known to have ended at the limit.
pub async fn swap(
    stage: Stage<'_>,
    session: &Session,
    pair: &Pair,
    (way, limit): (Way<'_>, Duration),
) -> Result<Swapped, Failure> {
    let arm = session.arm(stage.world);
    let start = stage.world.clock.start();
    let deadline = stage.world.clock.deadline(limit);
    let mut attempt = Attempt { stage, arm: &arm, pair, deadline, way, before: None };
    let status = until_proven(&mut attempt).await?;
    stage.host.status(None);
    let swapped = Swapped { status, took: start.elapsed(), before: attempt.before };
    match way {
        Way::Forth => undoable::stands(stage, pair, &swapped),
        Way::Back(_) => stage.world.standing.leaves_nothing(),
    }
    stage.host.line(&format!(
        "swapped `{}` into `{}`, proven by slotSwapStatus {} ({})",
        pair.source,
        pair.target,
        swapped.status.timestamp_utc,
        human(swapped.took)
    ));
    Ok(swapped)
}

async fn until_proven(attempt: &mut Attempt<'_>) -> Result<SlotSwapStatus, Failure> {
    let (stage, pair) = (attempt.stage, attempt.pair);
    let mut retried = false;
    loop {
        let end = match post(attempt).await {
            Ok(end) => end,
            Err(refused) => {
                attempt.has_not_begun();
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
            attempt.has_not_begun();
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
