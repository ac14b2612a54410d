//! The small encodings that the services write: base64, hexadecimal, GUIDs and the many spellings of a date.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose};
use ring::rand::{SecureRandom, SystemRandom};

/// Writes no padding; reads as leniently as .NET does, so that an altered token is refused for its signature.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

/// Base64url without padding, as JSON web tokens want it.
pub(crate) fn base64_url(bytes: &[u8]) -> String {
    BASE64_URL.encode(bytes)
}

/// Reads base64 in either alphabet, with or without padding; `None` when a letter does not belong.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64_URL.decode(text.replace('+', "-").replace('/', "_")).ok()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all writes");
        text
    })
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

/// A random GUID (version 4).
pub(crate) fn guid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

/// Whether the text is a GUID with dashes.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// Seconds since 1970.
pub(crate) fn epoch(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A date in UTC, split for printing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    millis: u32,
}

impl Moment {
    /// Splits a point in time by the proleptic Gregorian calendar.
    pub(crate) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, rest) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        // Days are counted from 1 March of year 0, so that a leap day is the last of its year.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * from_march + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
            millis: since.subsec_millis(),
        }
    }

    /// Seconds since 1970, split.
    pub(crate) fn of_epoch(seconds: u64) -> Self {
        Self::of(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    /// `2026-01-02T03:04:05.678`, as ARM writes it.
    pub(crate) fn arm(&self) -> String {
        format!("{}T{}.{:03}", self.day_text(), self.clock_text(), self.millis)
    }

    /// `2026-01-02 03:04:05Z`, as Entra writes it.
    pub(crate) fn entra(&self) -> String {
        format!("{} {}Z", self.day_text(), self.clock_text())
    }

    /// `2026-01-02T03:04:05Z`.
    pub(crate) fn seconds(&self) -> String {
        format!("{}T{}Z", self.day_text(), self.clock_text())
    }

    /// `1/2/2026 3:04:05 AM`, as the older services write it.
    pub(crate) fn american(&self) -> String {
        let (half, hour) = (if self.hour < 12 { "AM" } else { "PM" }, (self.hour + 11) % 12 + 1);
        let Self { year, month, day, minute, second, .. } = self;
        format!("{month}/{day}/{year} {hour}:{minute:02}:{second:02} {half}")
    }

    /// The year and the month, 1 to 12.
    pub(crate) fn year_and_month(&self) -> (i32, u8) {
        (i32::try_from(self.year).unwrap_or(i32::MAX), u8::try_from(self.month).unwrap_or(1))
    }

    fn day_text(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn clock_text(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_written_for_urls_and_read_in_every_form() {
        let rows: [(&[u8], &str, &[&str]); 6] = [
            (b"", "", &[""]),
            (b"s", "cw", &["cw", "cw==", "cx"]),
            (b"si", "c2k", &["c2k", "c2k=", "c2l"]),
            (b"sid", "c2lk", &["c2lk"]),
            (b"side", "c2lkZQ", &["c2lkZQ", "c2lkZQ=="]),
            (&[0xfb, 0xff, 0xbf], "-_-_", &["-_-_", "+/+/", "-/+_"]),
        ];
        for (bytes, written, read) in rows {
            assert_eq!(base64_url(bytes), written);
            for text in read {
                assert_eq!(from_base64(text).as_deref(), Some(bytes), "{text}");
            }
        }
        for text in ["a b", "a", "c2l!", "c2=k"] {
            assert_eq!(from_base64(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_split_by_the_calendar() {
        assert_eq!(Moment::of_epoch(0).seconds(), "1970-01-01T00:00:00Z");
        assert_eq!(Moment::of_epoch(951_825_599).seconds(), "2000-02-29T11:59:59Z");
        assert_eq!(Moment::of_epoch(1_767_323_045).entra(), "2026-01-02 03:04:05Z");
        assert_eq!(Moment::of_epoch(1_767_323_045).american(), "1/2/2026 3:04:05 AM");
        assert_eq!(Moment::of_epoch(1_767_366_245).american(), "1/2/2026 3:04:05 PM");
    }
}
