//! Time of day, waiting, and deadlines that can say how long is left.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the rest of the code goes through")]

use std::future::Future;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A limit that a faster clock would make shorter than this stays this long: processes of this machine start as slowly
/// as ever.
const LEAST_PATIENCE: Duration = Duration::from_secs(20);
/// A pause that a faster clock would make shorter than this stays this long, so that nobody is asked without a break.
const LEAST_PAUSE: Duration = Duration::from_millis(20);

/// The clock: the real one, or a faster one for rehearsals. The time of day is always the real one.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    speed: u32,
}

impl Clock {
    /// The real clock.
    pub const REAL: Self = Self { speed: 1 };

    /// A clock on which a pause or a watch takes so many times less.
    pub fn faster(speed: u32) -> Self {
        Self { speed: speed.max(1) }
    }

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
        tokio::time::sleep(self.pause(duration)).await;
    }

    /// What the work brings. `None` when it takes longer than `limit`: it is dropped where it stands then.
    pub async fn within<T>(self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(limit, work).await.ok()
    }

    /// A deadline `limit` from now: something must have happened until then.
    pub fn deadline(self, limit: Duration) -> Deadline {
        let fits = u32::try_from(limit.as_millis() / LEAST_PATIENCE.as_millis()).unwrap_or(u32::MAX);
        Deadline { start: Instant::now(), limit, speed: self.speed.min(fits).max(1) }
    }

    /// The end of a time that is always waited for to the end, such as a watch.
    pub fn span(self, time: Duration) -> Deadline {
        Deadline { start: Instant::now(), limit: time, speed: self.speed }
    }

    /// Whether it is not the real one.
    pub fn is_faster(self) -> bool {
        self.speed > 1
    }

    /// How long a time that is waited for to its end really takes.
    pub fn really(self, time: Duration) -> Duration {
        time / self.speed
    }

    /// How long a pause really takes.
    fn pause(self, duration: Duration) -> Duration {
        self.really(duration).max(LEAST_PAUSE).min(duration)
    }
}

/// A limit on a wait. Every wait has one.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Instant,
    limit: Duration,
    speed: u32,
}

impl Deadline {
    /// Since the wait began.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed().saturating_mul(self.speed)
    }

    /// What is left; zero when it has passed.
    pub fn left(&self) -> Duration {
        self.limit.saturating_sub(self.elapsed())
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
    use super::{Clock, Duration, human, timestamp};

    #[test]
    fn timestamps_are_utc_with_a_z() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(timestamp(1_798_761_599), "2026-12-31T23:59:59Z");
    }

    #[test]
    fn a_faster_clock_shortens_watches_wholly_and_limits_down_to_what_processes_need() {
        let (minute, fast) = (Duration::from_mins(1), Clock::faster(200));
        let speeds = |clock: Clock, time: Duration| (clock.deadline(time).speed, clock.span(time).speed);
        assert_eq!(speeds(Clock::REAL, minute), (1, 1));
        assert_eq!(speeds(fast, Duration::from_secs(2)), (1, 200));
        assert_eq!(speeds(fast, minute), (3, 200));
        assert_eq!(speeds(fast, minute * 120), (200, 200));
        let pauses = [minute, Duration::from_secs(1), Duration::from_millis(5)].map(|time| fast.pause(time));
        assert_eq!(pauses, [300, 20, 5].map(Duration::from_millis));
        assert_eq!(Clock::REAL.pause(minute), minute);
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(human(Duration::from_millis(850)), "850 ms");
        assert_eq!(human(Duration::from_millis(4_210)), "4.2 s");
        assert_eq!(human(Duration::from_secs(130)), "2 min 10 s");
    }
}
