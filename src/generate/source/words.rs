//! Words for people: names and texts of a document inside messages.

use crate::spec;

/// Longer texts are cut; they are shown in the frame as well.
const LONGEST: usize = 60;
/// More names than this are no help.
const MOST_NAMES: usize = 24;
/// A longer word is no slip of the finger, and distances between long words are dear.
const LONGEST_WORD: usize = 64;

/// A text in backticks, on one line, control characters escaped, cut when it is long.
pub(super) fn quoted(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push_str("...");
            break;
        }
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    format!("`{shown}`")
}

/// The names as `a`, `b` or `c`.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut shown: Vec<String> = names.into_iter().map(quoted).collect();
    if shown.len() > MOST_NAMES {
        let more = shown.len() - MOST_NAMES;
        shown.truncate(MOST_NAMES);
        shown.push(format!("{more} others"));
    }
    either(&shown)
}

/// The words with commas and a last `or`.
pub(super) fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The name that a mistyped one most likely means.
pub(super) fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if typed.chars().count() > LONGEST_WORD { None } else { spec::nearest(typed, names) }
}

/// A number and its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
