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

    /// One format's name, how it is written, and what it makes of the five moments of the test below.
    type Row = (&'static str, fn(Moment) -> String, [&'static str; 5]);

    #[test]
    fn every_service_has_its_own_spelling() {
        let moments = [
            Duration::ZERO,
            Duration::new(951_825_599, 999_999_999),
            Duration::new(1_767_323_045, 678_901_234),
            Duration::from_secs(1_767_366_245),
            Duration::new(1_782_950_399, 50_000),
        ];
        let rows: [Row; 6] = [
            (
                "arm",
                Moment::arm,
                [
                    "1970-01-01T00:00:00.000",
                    "2000-02-29T11:59:59.999",
                    "2026-01-02T03:04:05.678",
                    "2026-01-02T15:04:05.000",
                    "2026-07-01T23:59:59.000",
                ],
            ),
            (
                "entra",
                Moment::entra,
                [
                    "1970-01-01 00:00:00Z",
                    "2000-02-29 11:59:59Z",
                    "2026-01-02 03:04:05Z",
                    "2026-01-02 15:04:05Z",
                    "2026-07-01 23:59:59Z",
                ],
            ),
            (
                "seconds",
                Moment::seconds,
                [
                    "1970-01-01T00:00:00Z",
                    "2000-02-29T11:59:59Z",
                    "2026-01-02T03:04:05Z",
                    "2026-01-02T15:04:05Z",
                    "2026-07-01T23:59:59Z",
                ],
            ),
            (
                "american",
                Moment::american,
                [
                    "1/1/1970 12:00:00 AM",
                    "2/29/2000 11:59:59 AM",
                    "1/2/2026 3:04:05 AM",
                    "1/2/2026 3:04:05 PM",
                    "7/1/2026 11:59:59 PM",
                ],
            ),
            (
                "round_trip",
                Moment::round_trip,
                [
                    "1970-01-01T00:00:00.0000000Z",
                    "2000-02-29T11:59:59.9999999Z",
                    "2026-01-02T03:04:05.6789012Z",
                    "2026-01-02T15:04:05.0000000Z",
                    "2026-07-01T23:59:59.0000500Z",
                ],
            ),
            (
                "underscored",
                Moment::underscored,
                [
                    "1970-01-01_00-00-00Z",
                    "2000-02-29_11-59-59Z",
                    "2026-01-02_03-04-05Z",
                    "2026-01-02_15-04-05Z",
                    "2026-07-01_23-59-59Z",
                ],
            ),
        ];
        for (name, write, expected) in rows {
            let written = moments.map(|since| write(Moment::of(UNIX_EPOCH + since)));
            assert_eq!(written, expected, "{name}");
        }
    }

    #[test]
    fn dates_outside_the_range_are_moved_to_its_ends() {
        assert_eq!(Moment::of_epoch(u64::MAX).seconds(), "9999-12-31T23:59:59Z");
        assert_eq!(Moment::of(UNIX_EPOCH - Duration::from_secs(1)).seconds(), "1970-01-01T00:00:00Z");
        assert_eq!(Moment::of_epoch(1_767_323_045).year_and_month(), (2026, 1));
    }
}
