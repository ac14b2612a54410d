//! Times as Kudu writes them, and the times inside zip files.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// A point in time in calendar terms, UTC.
struct Calendar {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    /// Ticks of 100 ns within the second.
    ticks: u32,
}

/// `2026-01-02T03:04:05.1234567Z`, as .NET's round-trip format.
pub(super) fn iso(time: SystemTime) -> String {
    let Calendar { year, month, day, hour, minute, second, ticks } = calendar(time);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ticks:07}Z")
}

/// `2026-01-02_03-04-05Z`, the parameter of the `Location` of a push.
pub(super) fn underscored(time: SystemTime) -> String {
    let Calendar { year, month, day, hour, minute, second, .. } = calendar(time);
    format!("{year:04}-{month:02}-{day:02}_{hour:02}-{minute:02}-{second:02}Z")
}

/// The time of a zip entry: no zone, read as UTC like the server does. `None` for a date that does not exist.
pub(super) fn from_zip(time: zip::DateTime) -> Option<SystemTime> {
    let month = u64::from(time.month());
    let valid = (1..=12).contains(&month) && (1..=31).contains(&time.day());
    let days = valid.then(|| days_since_1970(u64::from(time.year()), month, u64::from(time.day())))?;
    let second = u64::from(time.hour()) * 3600 + u64::from(time.minute()) * 60 + u64::from(time.second());
    UNIX_EPOCH.checked_add(Duration::from_secs(days * DAY + second))
}

fn calendar(time: SystemTime) -> Calendar {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, rest) = (since.as_secs() / DAY, since.as_secs() % DAY);
    // Years start in March here, so that the leap day is the last one; era = 400 years.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    Calendar {
        year: era * 400 + year_of_era + u64::from(month <= 2),
        month,
        day: of_year - (153 * month_from_march + 2) / 5 + 1,
        hour: rest / 3600,
        minute: rest / 60 % 60,
        second: rest % 60,
        ticks: since.subsec_nanos() / 100,
    }
}

fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_days_go_both_ways() {
        let time = UNIX_EPOCH + Duration::new(1_772_323_199, 123_456_700);
        assert_eq!(iso(time), "2026-02-28T23:59:59.1234567Z");
        assert_eq!(underscored(UNIX_EPOCH + Duration::from_hours(474_780)), "2024-02-29_12-00-00Z");
        let zipped = zip::DateTime::from_date_and_time(2024, 2, 29, 12, 0, 0).unwrap();
        assert_eq!(from_zip(zipped), Some(UNIX_EPOCH + Duration::from_hours(474_780)));
    }
}
