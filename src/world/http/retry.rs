//! When a request is sent again, and after how long. Pure arithmetic but for the dice.

use std::time::Duration;

use super::trouble::TroubleKind;
use super::{Answer, Repeat, Trouble};

/// How often a request is sent in all.
const ATTEMPTS: u32 = 5;
/// The upper bound of the first pause; it doubles with every attempt.
const FIRST: Duration = Duration::from_millis(500);
/// No pause is longer, whatever `Retry-After` says: callers have deadlines of their own.
const LONGEST: Duration = Duration::from_mins(1);

/// The pause before the next attempt, or `None` when this outcome stands.
pub(super) fn pause(repeat: Repeat, outcome: &Result<Answer, Trouble>, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS || !worth_repeating(repeat, outcome) {
        return None;
    }
    let asked = outcome.as_ref().ok().and_then(Answer::retry_after);
    Some(asked.unwrap_or_else(|| jittered(FIRST * 2_u32.pow(attempt - 1))).min(LONGEST))
}

fn worth_repeating(repeat: Repeat, outcome: &Result<Answer, Trouble>) -> bool {
    match (repeat, outcome) {
        (Repeat::Never, _) => false,
        (Repeat::Safe, Ok(answer)) => matches!(answer.status, 408 | 429 | 500 | 502..=504),
        (Repeat::Safe, Err(trouble)) => trouble.kind != TroubleKind::Local,
        (Repeat::WhenNotAccepted, Ok(answer)) => answer.status == 429,
        (Repeat::WhenNotAccepted, Err(trouble)) => trouble.kind == TroubleKind::NotSent,
    }
}

/// Full jitter: anything from zero to the bound, so that many jobs do not come back at once.
fn jittered(bound: Duration) -> Duration {
    let mut byte = [0_u8; 2];
    match ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut byte) {
        Ok(()) => bound.mul_f64(f64::from(u16::from_le_bytes(byte)) / f64::from(u16::MAX)),
        // Without dice the whole bound is the careful choice.
        Err(_) => bound,
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, FIRST, LONGEST, Repeat, jittered, pause};
    use crate::world::http::Answer;

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        Answer::for_test(status, retry_after.map(|value| ("retry-after", value)))
    }

    #[test]
    fn a_post_is_repeated_only_when_the_server_did_not_act() {
        assert!(pause(Repeat::WhenNotAccepted, &Ok(answer(503, None)), 1).is_none());
        assert!(pause(Repeat::WhenNotAccepted, &Ok(answer(429, None)), 1).is_some());
        assert!(pause(Repeat::Never, &Ok(answer(429, None)), 1).is_none());
    }

    #[test]
    fn retries_end_after_five_attempts() {
        assert!(pause(Repeat::Safe, &Ok(answer(503, None)), 4).is_some());
        assert!(pause(Repeat::Safe, &Ok(answer(503, None)), 5).is_none());
    }

    #[test]
    fn retry_after_is_honoured_and_bounded() {
        assert_eq!(pause(Repeat::Safe, &Ok(answer(429, Some("7"))), 1), Some(Duration::from_secs(7)));
        assert_eq!(pause(Repeat::Safe, &Ok(answer(429, Some("0"))), 1), Some(Duration::ZERO));
        assert_eq!(pause(Repeat::Safe, &Ok(answer(429, Some("86400"))), 1), Some(LONGEST));
        assert!(pause(Repeat::Safe, &Ok(answer(429, Some("soon"))), 1).is_some_and(|wait| wait <= FIRST));
    }

    #[test]
    fn jitter_never_passes_its_bound() {
        assert!((0..100).all(|_| jittered(FIRST) <= FIRST));
    }
}
