//! The many spellings of a date that the services write.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// How a service spells a date.
type Spelling = &'static [BorrowedFormatItem<'static>];

const ARM: Spelling =
    format_description!(version = 2, "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]");
const ENTRA: Spelling = format_description!(version = 2, "[year]-[month]-[day] [hour]:[minute]:[second]Z");
const SECONDS: Spelling = format_description!(version = 2, "[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const AMERICAN: Spelling = format_description!(
    version = 2,
    "[month padding:none]/[day padding:none]/[year] [hour padding:none repr:12]:[minute]:[second] [period]"
);
const ROUND_TRIP: Spelling =
    format_description!(version = 2, "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z");
const UNDERSCORED: Spelling = format_description!(version = 2, "[year]-[month]-[day]_[hour]-[minute]-[second]Z");

/// A point in time in UTC, for printing; from 1970 to the end of 9999, what lies outside is moved to that end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment(OffsetDateTime);

impl Moment {
    /// The moment of a clock's time.
    pub(crate) fn of(time: SystemTime) -> Self {
        Self::since_epoch(time.duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// The moment so many seconds after 1970.
    pub(crate) fn of_epoch(seconds: u64) -> Self {
        Self::since_epoch(Duration::from_secs(seconds))
    }

    fn since_epoch(since: Duration) -> Self {
        let since = time::Duration::try_from(since).unwrap_or(time::Duration::MAX);
        Self(OffsetDateTime::UNIX_EPOCH.saturating_add(since))
    }

    /// `2026-01-02T03:04:05.678`, as ARM writes it.
    pub(crate) fn arm(self) -> String {
        self.spelled(ARM)
    }

    /// `2026-01-02 03:04:05Z`, as Entra writes it.
    pub(crate) fn entra(self) -> String {
        self.spelled(ENTRA)
    }

    /// `2026-01-02T03:04:05Z`.
    pub(crate) fn seconds(self) -> String {
        self.spelled(SECONDS)
    }

    /// `1/2/2026 3:04:05 AM`, as the older services write it.
    pub(crate) fn american(self) -> String {
        self.spelled(AMERICAN)
    }

    /// `2026-01-02T03:04:05.1234567Z`, .NET's round-trip format, as Kudu writes it.
    pub(crate) fn round_trip(self) -> String {
        self.spelled(ROUND_TRIP)
    }

    /// `2026-01-02_03-04-05Z`, the parameter of the `Location` of a push.
    pub(crate) fn underscored(self) -> String {
        self.spelled(UNDERSCORED)
    }

    /// The year and the month, 1 to 12.
    pub(crate) fn year_and_month(self) -> (i32, u8) {
        (self.0.year(), u8::from(self.0.month()))
    }

    fn spelled(self, spelling: Spelling) -> String {
        self.0.format(spelling).expect("a moment has every part that a spelling names, and a string takes all writes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Midnight, the last moment before noon on a leap day, and a morning and an afternoon of small numbers.
    const EPOCH: Duration = Duration::ZERO;
    const LEAP_DAY: Duration = Duration::new(951_825_599, 999_999_999);
    const MORNING: Duration = Duration::new(1_767_323_045, 678_901_234);
    const AFTERNOON: Duration = Duration::new(1_767_366_245, 50_000);

    /// A spelling, a time since 1970, and what the one makes of the other.
    type Row = (fn(Moment) -> String, Duration, &'static str);

    #[test]
    fn every_service_has_its_own_spelling() {
        let rows: [Row; 24] = [
            (Moment::arm, EPOCH, "1970-01-01T00:00:00.000"),
            (Moment::arm, LEAP_DAY, "2000-02-29T11:59:59.999"),
            (Moment::arm, MORNING, "2026-01-02T03:04:05.678"),
            (Moment::arm, AFTERNOON, "2026-01-02T15:04:05.000"),
            (Moment::entra, EPOCH, "1970-01-01 00:00:00Z"),
            (Moment::entra, LEAP_DAY, "2000-02-29 11:59:59Z"),
            (Moment::entra, MORNING, "2026-01-02 03:04:05Z"),
            (Moment::entra, AFTERNOON, "2026-01-02 15:04:05Z"),
            (Moment::seconds, EPOCH, "1970-01-01T00:00:00Z"),
            (Moment::seconds, LEAP_DAY, "2000-02-29T11:59:59Z"),
            (Moment::seconds, MORNING, "2026-01-02T03:04:05Z"),
            (Moment::seconds, AFTERNOON, "2026-01-02T15:04:05Z"),
            (Moment::american, EPOCH, "1/1/1970 12:00:00 AM"),
            (Moment::american, LEAP_DAY, "2/29/2000 11:59:59 AM"),
            (Moment::american, MORNING, "1/2/2026 3:04:05 AM"),
            (Moment::american, AFTERNOON, "1/2/2026 3:04:05 PM"),
            (Moment::round_trip, EPOCH, "1970-01-01T00:00:00.0000000Z"),
            (Moment::round_trip, LEAP_DAY, "2000-02-29T11:59:59.9999999Z"),
            (Moment::round_trip, MORNING, "2026-01-02T03:04:05.6789012Z"),
            (Moment::round_trip, AFTERNOON, "2026-01-02T15:04:05.0000500Z"),
            (Moment::underscored, EPOCH, "1970-01-01_00-00-00Z"),
            (Moment::underscored, LEAP_DAY, "2000-02-29_11-59-59Z"),
            (Moment::underscored, MORNING, "2026-01-02_03-04-05Z"),
            (Moment::underscored, AFTERNOON, "2026-01-02_15-04-05Z"),
        ];
        for (spelled, since, expected) in rows {
            assert_eq!(spelled(Moment::of(UNIX_EPOCH + since)), expected);
        }
    }

    #[test]
    fn dates_outside_the_range_are_moved_to_its_ends() {
        assert_eq!(Moment::of_epoch(u64::MAX).seconds(), "9999-12-31T23:59:59Z");
        assert_eq!(Moment::of(UNIX_EPOCH - Duration::from_secs(1)).seconds(), "1970-01-01T00:00:00Z");
        assert_eq!(Moment::of_epoch(1_767_323_045).year_and_month(), (2026, 1));
    }
}
