//! Time of day, waiting, and deadlines that can say how long is left.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the rest of the code goes through")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The real clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock;

impl Clock {
    /// Seconds since 1970, UTC.
    pub fn epoch_seconds(self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
    }

    /// A point on the monotonic clock, to measure from.
    pub fn start(self) -> Instant {
        Instant::now()
    }

    /// The time of day as `2026-01-02T03:04:05Z`.
    pub fn timestamp(self) -> String {
        timestamp(self.epoch_seconds())
    }

    /// Waits.
    pub async fn sleep(self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// A deadline `limit` from now.
    pub fn deadline(self, limit: Duration) -> Deadline {
        Deadline { start: Instant::now(), limit }
    }
}

/// A limit on a wait. Every wait has one.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Instant,
    limit: Duration,
}

impl Deadline {
    /// Since the wait began.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// What is left; zero when it has passed.
    pub fn left(&self) -> Duration {
        self.limit.saturating_sub(self.start.elapsed())
    }

    /// Whether it has passed.
    pub fn passed(&self) -> bool {
        self.left().is_zero()
    }

    /// The whole limit.
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

/// A duration for people: `850 ms`, `4.2 s`, `2 min 10 s`.
pub fn human(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

/// Civil date from days since 1970, after the proleptic Gregorian calendar (years 1970 to 9999).
fn timestamp(epoch: u64) -> String {
    let (mut days, second) = (epoch / 86_400, epoch % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{year:04}-{:02}-{:02}T{hour:02}:{minute:02}:{:02}Z", month + 1, days + 1, second % 60)
}

#[cfg(test)]
mod tests {
    use super::{Duration, human, timestamp};

    #[test]
    fn timestamps_follow_the_calendar() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(timestamp(1_798_761_599), "2026-12-31T23:59:59Z");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(human(Duration::from_millis(850)), "850 ms");
        assert_eq!(human(Duration::from_millis(4_210)), "4.2 s");
        assert_eq!(human(Duration::from_secs(130)), "2 min 10 s");
    }
}
