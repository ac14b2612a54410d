//! Posting a swap and following it. Trouble on the way is borne until the limit, because the swap goes on without us.

use std::time::Duration;

use url::Url;

use super::attempt::Attempt;
use crate::azure::arm::{Refusal, WEB};
use crate::azure::site::{path, swap_body};
use crate::report::{Failure, code};
use crate::world::http::{Answer, Call, Repeat};
use crate::world::human;

/// The first pause between polls; it grows to what the service asks for.
const FIRST_POLL: Duration = Duration::from_millis(500);
/// What the service asks for when it does not say (the pause of Microsoft's own task).
const USUAL_POLL: Duration = Duration::from_secs(15);
/// A longer pause than this only delays the news.
const LONGEST_POLL: Duration = Duration::from_secs(30);
/// A swap that was accepted shows on the slots within this.
pub(super) const VISIBLE_WITHIN: Duration = Duration::from_mins(3);

/// How a posted swap ended, as far as the answers tell.
pub(super) enum End {
    /// The service says that it is done.
    Done,
    /// The service says that it failed.
    Refused(Answer),
    /// Nobody said anything that can be relied on.
    Unknown(Failure),
}

/// Posts the swap and follows it to its end. Another operation in the way is waited for.
///
/// # Errors
/// Refusals that say that no swap was begun.
pub(super) async fn post(attempt: &mut Attempt<'_>) -> Result<End, Failure> {
    let (arm, pair) = (attempt.arm, attempt.pair);
    let mut wait = Duration::from_secs(1);
    let mut told = false;
    loop {
        // Whatever was in the way may have been a swap as well.
        attempt.begins().await?;
        let url = arm.url(&format!("{}/slotsswap", path(&pair.app, &pair.source)), WEB);
        let call = Call::post(url).repeat(Repeat::WhenNotAccepted).body(swap_body(&pair.target));
        let answer = match arm.send(call).await {
            Ok(answer) => answer,
            Err(failure) => return Ok(End::Unknown(failure)),
        };
        let busy = answer.status == 409 && answer.text().contains("another operation is in progress");
        match answer.status {
            202 => return Ok(follow(attempt, answer).await),
            _ if answer.is_success() => return Ok(End::Done),
            500.. => return Ok(End::Unknown(arm.refusal(&answer, "swap"))),
            _ if !busy || attempt.deadline.left() <= wait => {
                return Err(arm.refusal(&answer, &format!("swap slot `{}` of `{}`", pair.source, pair.app.name)));
            }
            _ => {}
        }
        attempt.has_not_begun();
        if !told {
            attempt.stage.host.line("another operation is running on the app, waiting for it:");
            crate::ci::untrusted(attempt.stage.host, &answer.text());
            told = true;
        }
        attempt
            .stage
            .host
            .status(Some(&format!("waiting for another operation, {} left", human(attempt.deadline.left()))));
        attempt.stage.world.clock.sleep(wait).await;
        wait = (wait * 2).min(USUAL_POLL);
    }
}

/// Follows the newest `Location`; every poll brings another one.
async fn follow(attempt: &Attempt<'_>, accepted: Answer) -> End {
    let (stage, arm) = (attempt.stage, attempt.arm);
    let mut location: Option<Url> = None;
    let mut answer = accepted;
    let mut wait = FIRST_POLL;
    loop {
        match arm.cloud.poll.next(&answer) {
            Ok(next) => location = next.or(location),
            Err(failure) => return End::Unknown(failure),
        }
        let Some(url) = location.clone() else {
            return End::Unknown(answer.unexpected("a `Location` to follow the swap"));
        };
        let longest = answer.retry_after().unwrap_or(USUAL_POLL).clamp(FIRST_POLL, LONGEST_POLL);
        loop {
            stage.host.status(Some(&format!("swapping, {} so far", human(attempt.deadline.elapsed()))));
            stage.world.clock.sleep(wait.min(attempt.deadline.left())).await;
            wait = (wait * 3 / 2).min(longest);
            let trouble = match arm.send(Call::get(url.clone())).await {
                Ok(polled) if polled.status == 202 => {
                    answer = polled;
                    break;
                }
                Ok(polled) if polled.is_success() => return End::Done,
                Ok(polled) if is_the_operations_own(&polled) => return End::Refused(polled),
                Ok(polled) => arm.refusal(&polled, "follow the swap"),
                Err(failure) => failure,
            };
            if attempt.deadline.passed() {
                return End::Unknown(trouble);
            }
            stage.host.line(&format!("the swap cannot be followed right now, it goes on: {}", trouble.what));
        }
        if attempt.deadline.passed() {
            return End::Unknown(still_running(attempt.deadline.limit()));
        }
    }
}

/// The operation's own failure is one of these three, with an error body; everything else is trouble of the poll.
fn is_the_operations_own(polled: &Answer) -> bool {
    matches!(polled.status, 400 | 409 | 417) && Refusal::of(polled).is_some()
}

/// After a post or a poll without an answer: watches the slots until they show the swap, or have shown none for a while.
///
/// # Errors
/// `SID0406`, because a swap that nobody can see may still be made.
pub(super) async fn lost(attempt: &Attempt<'_>, failure: Failure) -> Result<End, Failure> {
    let (stage, pair) = (attempt.stage, attempt.pair);
    stage.host.line("the fate of the swap is unknown, looking at the slots");
    let patience = stage.world.clock.deadline(VISIBLE_WITHIN.min(attempt.deadline.left()));
    let mut ran = false;
    loop {
        match attempt.arm.site(&pair.app, &pair.target).await {
            Ok(site) if site.properties.slot_swap_status.as_ref().is_some_and(|status| attempt.is_ours(status)) => {
                return Ok(End::Done);
            }
            Ok(site) => {
                let runs = site.operation().is_some();
                if ran && !runs {
                    return Ok(End::Done);
                }
                ran = runs;
            }
            Err(trouble) => stage.host.status(Some(&format!("the slots cannot be read right now: {}", trouble.what))),
        }
        if attempt.deadline.passed() && ran {
            return Err(still_running(attempt.deadline.limit()));
        }
        if patience.passed() && !ran {
            return Err(not_visible(failure));
        }
        stage.world.clock.sleep(Duration::from_secs(1)).await;
    }
}

pub(super) fn still_running(limit: Duration) -> Failure {
    Failure::new(&code::SWAP_TIMED_OUT, format!("the swap had not ended after {}", human(limit)))
        .because("it goes on in Azure; nothing was cancelled")
        .fix("wait until the slots show no operation, then look which build is where; swapping again without a look could bring the old build back")
}

/// An answer that broke its contract stays what it is; trouble on the way leaves the swap in doubt.
fn not_visible(failure: Failure) -> Failure {
    let doubt = "it is not known whether Azure accepted the swap; the slots show none";
    let told = if [&code::FOREIGN_REDIRECT, &code::UNEXPECTED_ANSWER].contains(&failure.code) {
        failure.because(doubt)
    } else {
        Failure::new(&code::SWAP_TIMED_OUT, doubt).caused_by(failure)
    };
    told.fix(
        "look again in a few minutes; swap again only when the slots show neither an operation nor a new time stamp",
    )
}
