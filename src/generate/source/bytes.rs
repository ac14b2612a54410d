//! From bytes to text: what is too large, no UTF-8, or holds characters that no file for people holds is refused.

use super::problem::{Problem, failure};
use super::text::{Span, Text};
use super::words::counted;
use crate::report::{Failure, code};

/// Larger files are not written by people; 1,000 services take about 200 KiB.
pub(super) const MOST_BYTES: usize = 1024 * 1024;

/// What may stand in front of UTF-8 text.
const BYTE_ORDER_MARK: char = '\u{feff}';

pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<Text, Failure> {
    if bytes.len() > MOST_BYTES {
        let cause = format!("{name}:1:1: the file has {} bytes, and the limit is {MOST_BYTES} (1 MiB)", bytes.len());
        return Err(Failure::new(&code::CONFIGURATION, format!("`{name}` is too large")).because(cause).fix(
            "check that it is the right file: what it should hold is written by people, and some hundred lines long",
        ));
    }
    let content = std::str::from_utf8(bytes).map_err(|error| not_utf8(name, bytes, error.valid_up_to()))?;
    let text = Text::new(name, content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content));
    match unprintable(&text) {
        Some(problem) => Err(failure(&text, vec![problem])),
        None => Ok(text),
    }
}

fn not_utf8(name: &str, bytes: &[u8], offset: usize) -> Failure {
    let before = String::from_utf8_lossy(&bytes[..offset]);
    let place = Text::new(name, before.trim_start_matches(BYTE_ORDER_MARK)).place(usize::MAX);
    let utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let kind = if utf_16 { ": it looks like UTF-16" } else { "" };
    Failure::new(&code::CONFIGURATION, format!("`{name}` is not UTF-8"))
        .because(format!(
            "{name}:{}:{}: byte {offset} of the file, 0x{:02x}, is not UTF-8{kind}",
            place.line, place.column, bytes[offset]
        ))
        .fix("save the file as UTF-8")
}

/// The first character that YAML allows nowhere (yaml.org/spec/1.2.2 §5.1, 2026-08), which the parser would let pass.
fn unprintable(text: &Text) -> Option<Problem> {
    let bad = |character: char| match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        other => other.is_control(),
    };
    let mut found = text.content.char_indices().filter(|(_, character)| bad(*character));
    let (start, character) = found.next()?;
    let others = match found.count() {
        0 => String::new(),
        others => format!(", and {} more of that kind", counted(others, "character")),
    };
    let what = format!("the character U+{:04X} cannot be in a YAML file{others}", u32::from(character));
    let help = "take it out; in text in double quotes, write it as an escape such as `\\u0007`";
    Some(Problem::new("", Span { start, end: start + character.len_utf8() }, what).help(help))
}
