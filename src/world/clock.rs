//! Time of day, waiting, and deadlines that can say how long is left.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the rest of the code goes through")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

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

    /// A time in seconds since 1970 as `2026-01-02T03:04:05Z`.
    pub fn timestamp_of(self, epoch_seconds: u64) -> String {
        timestamp(epoch_seconds)
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

fn timestamp(epoch: u64) -> String {
    let seconds = i64::try_from(epoch).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Duration, human, timestamp};

    #[test]
    fn timestamps_are_utc_with_a_z() {
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
