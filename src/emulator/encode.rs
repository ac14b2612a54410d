//! The small encodings that the services write: base64, hexadecimal, GUIDs, seconds since 1970.

use std::time::{SystemTime, UNIX_EPOCH};

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

/// `N` random bytes in lower-case hexadecimal: names, passwords, ids.
pub(crate) fn random_hex<const N: usize>() -> String {
    hex(&random::<N>())
}

/// A random GUID (version 4), as .NET's `Guid.ToString()` prints it.
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
    fn hexadecimal_and_guids_have_their_shape() {
        for (bytes, text) in [(&[][..], ""), (&[0x00, 0x0a], "000a"), (&[0xde, 0xad, 0xff], "deadff")] {
            assert_eq!(hex(bytes), text);
        }
        assert_eq!(random_hex::<5>().len(), 10);
        let made = guid();
        assert!(is_guid(&made) && made.as_bytes()[14] == b'4' && b"89ab".contains(&made.as_bytes()[19]), "{made}");
        for text in ["", "00000000-0000-0000-0000-00000000000", "0000000000000000-0000-0000-000000000", "g"] {
            assert!(!is_guid(text), "{text}");
        }
    }
}
