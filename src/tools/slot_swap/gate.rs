//! The gate on the share of errors: what visitors get, as Azure Monitor counts it, while a slot is watched.

use std::time::Duration;

use super::Pair;
use crate::azure::arm::Arm;
use crate::azure::metrics::Requests;
use crate::azure::site::Slot;
use crate::ci::Level;
use crate::report::Failure;
use crate::spec::{Input, Inputs, Kind, Problems};
use crate::tools::Stage;
use crate::world::http::Repeat;
use crate::world::{Deadline, human};

/// The name of the input.
const NAME: &str = "max-error-rate";

/// The input.
pub(super) static INPUTS: [Input; 1] = [Input::optional(
    NAME,
    Kind::Text,
    "The largest share of 5xx answers to all requests, such as `5%`, during the watch and the ramp-up; off when it is not given",
)];

/// Fewer requests say nothing.
const LEAST_REQUESTS: f64 = 20.0;
/// How far back the old build is looked at.
const BEFORE: u64 = 5 * 60;
/// The grain of the figures in seconds.
const MINUTE: u64 = 60;
/// The first pause between two reads; it grows to the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// New figures come once a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The largest share of errors, in percent: 0 to less than 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxErrorRate(f64);

impl MaxErrorRate {
    /// From checked inputs; `None` when the gate is off.
    pub(super) fn read(inputs: &Inputs) -> Option<Self> {
        Self::parse(inputs.given(NAME)?)
    }

    /// `5%`, `0.5 %`, `5`.
    fn parse(text: &str) -> Option<Self> {
        let number = text.trim().strip_suffix('%').unwrap_or(text).trim();
        let plain = number.chars().all(|character| character.is_ascii_digit() || character == '.');
        let rate = number.parse().ok().filter(|rate| plain && (0.0..100.0).contains(rate))?;
        Some(Self(rate))
    }

    /// Whether there are enough requests, and too many errors among them.
    fn is_passed_by(self, figures: &Requests) -> bool {
        figures.all >= LEAST_REQUESTS && figures.error_rate() > self.0
    }
}

/// Checks the input.
pub(super) fn check(inputs: &Inputs, problems: &mut Problems) {
    let Some(text) = inputs.given(NAME) else { return };
    if MaxErrorRate::parse(text).is_none() {
        problems.add(format!("`{NAME}` is `{text}`; it must be a share in percent below 100, such as `5%`"));
    }
    if inputs.text("action") == "rollback" {
        problems.add(format!("`{NAME}` goes with `--action swap`: a roll-back is not swapped once more"));
    }
}

/// Reads what the target answered in the last minutes: whether this identity may, and what the old build was worth.
///
/// # Errors
/// What Azure Monitor refuses: better known before anything is swapped.
pub(super) async fn before(stage: Stage<'_>, arm: &Arm<'_>, pair: &Pair) -> Result<Requests, Failure> {
    let now = stage.world.clock.epoch_seconds();
    arm.requests(&pair.app, &pair.source, now - BEFORE..now, Repeat::Safe).await?;
    let figures = arm.requests(&pair.app, &pair.target, now - BEFORE..now, Repeat::Safe).await?;
    stage.host.line(&format!("errors of `{}` in the last {} min: {figures}", pair.target, BEFORE / MINUTE));
    Ok(figures)
}

/// The gate of one watch.
pub struct Gate<'a> {
    arm: &'a Arm<'a>,
    pair: &'a Pair,
    slot: &'a Slot,
    limit: MaxErrorRate,
    from: u64,
    due: Deadline,
    figures: Requests,
    cannot_be_read: bool,
}

impl<'a> Gate<'a> {
    /// The gate of the target after a swap. The minute of the swap counts only when no failure is to be borne, and when the
    /// old build, whose requests are in it as well, kept the limit.
    pub(super) fn after_the_swap(
        (arm, pair): (&'a Arm<'a>, &'a Pair),
        limit: MaxErrorRate,
        before: &Requests,
        settle: Duration,
    ) -> Self {
        let whole = !settle.is_zero() || limit.is_passed_by(before);
        Self::new((arm, pair), &pair.target, limit, (settle, whole))
    }

    /// The gate of the slot at a step of a ramp-up.
    pub(super) fn at_a_step((arm, pair): (&'a Arm<'a>, &'a Pair), limit: MaxErrorRate, settle: Duration) -> Self {
        Self::new((arm, pair), &pair.source, limit, (Duration::ZERO, !settle.is_zero()))
    }

    fn new(
        (arm, pair): (&'a Arm<'a>, &'a Pair),
        slot: &'a Slot,
        limit: MaxErrorRate,
        (settle, whole): (Duration, bool),
    ) -> Self {
        let clock = arm.world.clock;
        // On a faster clock a watch ends before a whole minute of figures begins.
        let whole = whole && !clock.is_faster();
        let from = first_second(clock.epoch_seconds() + clock.really(settle).as_secs(), whole);
        let due = clock.span(FIRST_PAUSE);
        Self { arm, pair, slot, limit, from, due, figures: Requests::default(), cannot_be_read: false }
    }

    /// Reads the figures when it is time to. Returns how they pass the limit, if they do.
    pub(super) async fn look_when_due(&mut self, stage: Stage<'_>) -> Option<String> {
        if !self.due.passed() {
            return None;
        }
        let pause = (self.due.limit() * 2).min(LONGEST_PAUSE);
        let breach = self.look(stage).await;
        self.due = stage.world.clock.span(pause);
        breach
    }

    /// Reads the figures. Trouble with that does not end a watch.
    pub(super) async fn look(&mut self, stage: Stage<'_>) -> Option<String> {
        let now = stage.world.clock.epoch_seconds();
        if now < self.from {
            return None;
        }
        let time = self.from..now.max(self.from + 1);
        match self.arm.requests(&self.pair.app, self.slot, time, Repeat::Never).await {
            Ok(figures) => (self.figures, self.cannot_be_read) = (figures, false),
            Err(failure) => {
                if !self.cannot_be_read {
                    stage.host.line(&format!("the error rate cannot be read right now: {}", failure.what));
                }
                self.cannot_be_read = true;
            }
        }
        self.limit.is_passed_by(&self.figures).then(|| {
            format!(
                "errors since {}: {}, more than the {} % of `{}`",
                stage.world.clock.timestamp_of(self.from),
                self.figures,
                self.limit.0,
                NAME
            )
        })
    }

    /// Says at the end of a watch that held what the figures were, or that there were too few.
    pub(super) fn conclude(&self, stage: Stage<'_>, watched: Duration) {
        if self.is_judged() {
            stage.host.line(&format!("errors of `{}`: {}", self.slot, self.figures));
            return;
        }
        let message = format!(
            "the error rate of `{}` was not judged: Azure Monitor counted {} requests in {}, fewer than {LEAST_REQUESTS}; its \
             figures come some minutes late, so give it five minutes or more",
            self.slot,
            self.figures.all,
            human(watched)
        );
        stage.host.annotate(Level::Warning, "slot-swap", &message);
    }

    /// For the summary.
    pub(super) fn summary(&self) -> String {
        if self.is_judged() { self.figures.to_string() } else { format!("not judged ({} requests)", self.figures.all) }
    }

    fn is_judged(&self) -> bool {
        self.figures.all >= LEAST_REQUESTS && !self.cannot_be_read
    }
}

/// The first second that counts: that of the minute, or of the next whole one.
fn first_second(begin: u64, whole: bool) -> u64 {
    if whole { begin.next_multiple_of(MINUTE) } else { begin / MINUTE * MINUTE }
}

#[cfg(test)]
mod tests {
    use super::{MaxErrorRate, Requests, first_second};

    #[test]
    fn shares_are_read_with_and_without_a_sign() {
        for (text, rate) in [("5%", 5.0), ("0.5 %", 0.5), ("5", 5.0), ("0%", 0.0), ("99.9%", 99.9)] {
            assert_eq!(MaxErrorRate::parse(text), Some(MaxErrorRate(rate)), "{text}");
        }
        for text in ["", "%", "100%", "-1", "five", "1e1", "inf", "5%%", "1,5"] {
            assert_eq!(MaxErrorRate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_share_is_passed_by_more_than_it_of_enough_requests() {
        let passed = |errors: f64, all: f64| MaxErrorRate(5.0).is_passed_by(&Requests { all, errors });
        assert!(!passed(19.0, 19.0) && passed(20.0, 20.0));
        assert!(!passed(1.0, 20.0) && passed(2.0, 20.0) && !passed(0.0, 0.0));
    }

    #[test]
    fn a_minute_counts_from_its_begin_or_not_at_all() {
        assert_eq!([first_second(119, false), first_second(119, true), first_second(120, true)], [60, 120, 120]);
    }
}
