//! Text from outside, made harmless for both hosts at once, always: `contracts` call it pitfall 1.
//!
//! GitHub runs `::name::` at the start of a line and `##[name]` anywhere in it; Azure Pipelines runs `##vso[` anywhere.
//! Both read both streams, both treat a lone CR as the start of a line, and both match with rules that skip characters
//! without weight: the invisible ones, but also hundreds of marks such as the Hebrew accents. So: split on CR and LF, drop
//! control and format characters, part two `#` whatever else than ASCII stands between them, mark each line.

/// Longer lines are cut: the hosts cut at 4,096 characters themselves.
const LONGEST_LINE: usize = 2_000;
/// More lines than this help nobody.
const MOST_LINES: usize = 10_000;

/// The lines of a text from outside, each safe to print and marked with `| `.
pub fn neutralise(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = pieces(text).take(MOST_LINES).map(|piece| format!("| {}", inline(piece))).collect();
    if pieces(text).nth(MOST_LINES).is_some() {
        lines.push(format!("| (cut after {MOST_LINES} lines)"));
    }
    lines
}

/// One line with no power: for text that is embedded in a line of ours. A line that begins with it must not begin with `:`.
pub fn inline(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut after_hash = false;
    for (length, character) in without_escapes(text).enumerate() {
        if length == LONGEST_LINE {
            safe.push_str(" (cut)");
            break;
        }
        if character == '#' && after_hash {
            safe.push(' ');
        }
        if character.is_ascii() {
            after_hash = character == '#';
        }
        safe.push(character);
    }
    safe
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text.strip_suffix('\n').unwrap_or(text));
    std::iter::from_fn(move || {
        let current = rest?;
        let Some(end) = current.find(['\r', '\n', '\u{85}', '\u{2028}', '\u{2029}']) else {
            rest = None;
            return Some(current);
        };
        let (line, tail) = current.split_at(end);
        let mut characters = tail.chars();
        let first = characters.next();
        let tail = characters.as_str();
        rest = Some(if first == Some('\r') { tail.strip_prefix('\n').unwrap_or(tail) } else { tail });
        Some(line)
    })
}

/// The characters without ANSI sequences, control and format characters; a line break inside becomes a space.
fn without_escapes(text: &str) -> impl Iterator<Item = char> {
    let mut characters = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let character = characters.next()?;
            if character == '\u{1b}' {
                // A control sequence: `ESC [`, parameters, one final letter. Other escapes lose just the ESC.
                if characters.next_if_eq(&'[').is_some() {
                    while characters.next_if(|c| !matches!(c, '@'..='~')).is_some() {}
                    characters.next();
                }
            } else if matches!(character, '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') {
                return Some(' ');
            } else if !character.is_control() && !is_format(character) {
                return Some(character);
            }
        }
    })
}

/// Unicode's category Cf and the other characters that culture-sensitive matching skips.
fn is_format(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LINE, MOST_LINES, inline, neutralise};

    #[test]
    fn lines_are_split_marked_and_parted() {
        let table = [
            ("plain", vec!["| plain"]),
            ("a\r\nb\n", vec!["| a", "| b"]),
            ("ok\r::set-env name=X::y", vec!["| ok", "| ::set-env name=X::y"]),
            ("x ##vso[task.complete]", vec!["| x # #vso[task.complete]"]),
            ("###[error]x", vec!["| # # #[error]x"]),
            ("#\u{ad}#[error]x", vec!["| # #[error]x"]),
            ("#\u{200b}#vso[a.b]", vec!["| # #vso[a.b]"]),
            ("\u{1b}[31mred\u{1b}[0m \u{7}bell", vec!["| red bell"]),
            ("#\u{591}#vso[a.b]", vec!["| #\u{591} #vso[a.b]"]),
            ("#\u{1b}[0m#[error]", vec!["| # #[error]"]),
            ("tab\there", vec!["| tab here"]),
            ("a\u{2028}::error::b", vec!["| a", "| ::error::b"]),
        ];
        for (given, expected) in table {
            assert_eq!(neutralise(given), expected, "{given:?}");
        }
    }

    #[test]
    fn long_lines_and_long_texts_are_cut() {
        assert!(inline(&"x".repeat(5_000)).len() < LONGEST_LINE + 10);
        assert_eq!(neutralise(&"x\n".repeat(MOST_LINES + 5)).len(), MOST_LINES + 1);
    }
}
