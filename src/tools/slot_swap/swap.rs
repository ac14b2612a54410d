//! The swap itself: posted once, followed by its changing poll URL, and proven by `slotSwapStatus`.
//!
//! Source: `contracts/slots-and-vault.md` §1.2.

use std::time::Duration;

use url::Url;

use super::Pair;
use crate::azure::arm::{Arm, Refusal, WEB};
use crate::azure::site::{SlotSwapStatus, path, swap_body};
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::tools::sign_in::Session;
use crate::world::http::{Answer, Call, Repeat};
use crate::world::{Deadline, human};

/// The platform says itself that these pass: they are swapped again, once.
const WORTH_A_RETRY: [&str; 3] = ["Please retry", "did not respond to http ping", "warmup requests to application"];
/// How long the proof may lag behind the end of the operation.
const PROOF_LIMIT: Duration = Duration::from_secs(20);
/// The first pause between polls; it grows to what the service asks for.
const FIRST_POLL: Duration = Duration::from_millis(500);
/// What the service asks for when it does not say (the pause of Microsoft's own task).
const USUAL_POLL: Duration = Duration::from_secs(15);

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
/// `SID0406` at the limit.
pub async fn swap(stage: Stage<'_>, session: &Session, pair: &Pair, limit: Duration) -> Result<Swapped, Failure> {
    let arm = session.arm(stage.world);
    let start = stage.world.clock.start();
    let deadline = stage.world.clock.deadline(limit);
    let before = proof(&arm, pair).await?;
    let mut retried = false;
    loop {
        stage.world.standing.leaves(
            format!(
                "a swap of `{}` into `{}` of `{}` may be running in Azure and goes on",
                pair.source, pair.target, pair.app.name
            ),
            pair.status_command(),
        );
        let answer = post_and_follow(stage, &arm, pair, &deadline).await?;
        stage.host.status(None);
        let Some(answer) = answer.filter(|answer| !answer.is_success()) else { break };
        let refusal = Refusal::of(&answer).unwrap_or_default();
        let passes = WORTH_A_RETRY.iter().any(|phrase| refusal.message.contains(phrase));
        if retried || !passes || deadline.passed() {
            stage.world.standing.leaves_nothing();
            return Err(not_swapped(pair, &answer, &refusal));
        }
        stage.host.line("the platform could not warm the slot up; swapping again, as it advises:");
        crate::ci::untrusted(stage.host, &refusal.message);
        retried = true;
    }
    let status = proven(stage, &arm, pair, before.as_ref()).await?;
    stage.world.standing.leaves(
        format!(
            "the swap is done and `{}` of `{}` serves the new build, which was not watched to the end",
            pair.target, pair.app.name
        ),
        pair.roll_back_command(Some(&status.timestamp_utc)),
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

/// Posts the swap and polls until its last answer; `None` when only the sites can tell how it ended.
async fn post_and_follow(
    stage: Stage<'_>,
    arm: &Arm<'_>,
    pair: &Pair,
    deadline: &Deadline,
) -> Result<Option<Answer>, Failure> {
    let before = proof(arm, pair).await?;
    let url = arm.url(&format!("{}/slotsswap", path(&pair.app, &pair.source)), WEB);
    let call = Call::post(url).repeat(Repeat::WhenNotAccepted).body(swap_body(&pair.target));
    match arm.send(call).await {
        Ok(answer) if answer.status == 202 => follow(stage, arm, answer, deadline).await.map(Some),
        Ok(answer) if answer.is_success() => Ok(Some(answer)),
        Ok(answer) if answer.status < 500 => {
            stage.world.standing.leaves_nothing();
            Err(arm.refusal(&answer, &format!("swap slot `{}` of `{}`", pair.source, pair.app.name)))
        }
        // It may have been accepted: the sites know, and it is not posted a second time.
        Ok(answer) => lost(stage, arm, pair, before.as_ref(), (deadline, arm.refusal(&answer, "swap"))).await,
        Err(failure) => lost(stage, arm, pair, before.as_ref(), (deadline, failure)).await,
    }
}

/// Follows the newest `Location`; every poll brings another one.
async fn follow(stage: Stage<'_>, arm: &Arm<'_>, accepted: Answer, deadline: &Deadline) -> Result<Answer, Failure> {
    let mut answer = accepted;
    let mut location: Option<Url> = None;
    let mut wait = FIRST_POLL;
    loop {
        location = arm.cloud.poll.next(&answer)?.or(location);
        let Some(url) = &location else { return Err(answer.unexpected("a `Location` to follow the swap")) };
        stage.host.status(Some(&format!("swapping, {} so far", human(deadline.elapsed()))));
        if deadline.left() <= wait {
            return Err(still_running(deadline.limit()));
        }
        stage.world.clock.sleep(wait).await;
        let longest = answer.retry_after().unwrap_or(USUAL_POLL).max(FIRST_POLL);
        wait = (wait * 3 / 2).min(longest);
        answer = arm.send(Call::get(url.clone())).await?;
        if answer.status != 202 {
            return Ok(answer);
        }
    }
}

/// After a `POST` without an answer: waits while the sites show an operation, and lets the proof decide.
async fn lost(
    stage: Stage<'_>,
    arm: &Arm<'_>,
    pair: &Pair,
    before: Option<&SlotSwapStatus>,
    (deadline, failure): (&Deadline, Failure),
) -> Result<Option<Answer>, Failure> {
    stage.host.line("the fate of the swap is unknown, looking whether it runs");
    let patience = stage.world.clock.deadline(PROOF_LIMIT);
    loop {
        let site = arm.site(&pair.app, &pair.target).await?;
        if site.properties.slot_swap_status.as_ref() != before {
            return Ok(None);
        }
        let runs = site.properties.in_progress_operation_id.is_some_and(|id| !id.is_empty());
        if !runs && patience.passed() {
            stage.world.standing.leaves_nothing();
            return Err(failure.because("the slots show no swap, so none was made"));
        }
        if deadline.passed() {
            return Err(still_running(deadline.limit()));
        }
        stage.world.clock.sleep(Duration::from_secs(1)).await;
    }
}

async fn proof(arm: &Arm<'_>, pair: &Pair) -> Result<Option<SlotSwapStatus>, Failure> {
    Ok(arm.site(&pair.app, &pair.target).await?.properties.slot_swap_status)
}

/// The time stamp must have moved: a repeated swap of the same pair looks done at once by its names alone.
async fn proven(
    stage: Stage<'_>,
    arm: &Arm<'_>,
    pair: &Pair,
    before: Option<&SlotSwapStatus>,
) -> Result<SlotSwapStatus, Failure> {
    let deadline = stage.world.clock.deadline(PROOF_LIMIT);
    loop {
        match proof(arm, pair).await? {
            Some(status)
                if Some(&status) != before && status.source_slot_name.eq_ignore_ascii_case(pair.source.name()) =>
            {
                return Ok(status);
            }
            _ if deadline.passed() => return Err(not_proven(pair)),
            _ => stage.world.clock.sleep(FIRST_POLL).await,
        }
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
        .run(format!(
            "az webapp log tail --resource-group {} --name {} --slot {}",
            pair.app.group, pair.app.name, pair.source
        ))
}

fn not_proven(pair: &Pair) -> Failure {
    let what = format!(
        "Azure reported the swap of `{}` into `{}` as done, but `slotSwapStatus` does not show it",
        pair.source, pair.target
    );
    Failure::new(&code::SWAP_NOT_PROVEN, what)
        .because("the time stamp of the last swap did not move, so which build is in production is not known")
        .run(pair.status_command())
}

fn still_running(limit: Duration) -> Failure {
    Failure::new(&code::SWAP_TIMED_OUT, format!("the swap had not ended after {}", human(limit)))
        .because("it goes on in Azure; nothing was cancelled")
        .fix("wait until the slots show no operation, then look which build is where; swapping again without a look could bring the old build back")
}
