//! Values of which all readers of YAML make the same text, letter by letter: those on one line, and literal blocks. They are
//! most of a pipeline, and need no reader; the tests compare them with what two readers make of them.

use super::scalar::WORDS;

/// The text of a value that fills the rest of a line in a block mapping or sequence; nothing where a reader must tell.
pub fn simple(value: &str) -> Option<&str> {
    if !is_printed(value) {
        return None;
    }
    if let Some(quoted) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return (!quoted.contains('\'')).then_some(quoted);
    }
    let first = |letter: char| letter.is_ascii_alphabetic() || letter == '/' || letter == '$' || letter == '_';
    let is_text = value.starts_with(first)
        && !value.ends_with([' ', ':'])
        && !value.as_bytes().windows(2).any(|pair| pair == b": " || pair == b" #")
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(value));
    is_text.then_some(value)
}

/// The text of a literal block, from its sign on, whose key stands at that column; nothing where a reader must tell.
pub(super) fn block(value: &str, column: usize) -> Option<String> {
    let (lines, end) = match value.strip_prefix("|\n") {
        Some(lines) => (lines, "\n"),
        None => (value.strip_prefix("|-\n")?, ""),
    };
    let lines = lines.strip_suffix('\n')?;
    let margin = lines.len() - lines.trim_start_matches(' ').len();
    let (indent, _) = lines.split_at(margin);
    if margin <= column || lines.ends_with('\n') {
        return None;
    }
    let mut text = String::with_capacity(lines.len());
    for line in lines.split('\n') {
        if !line.is_empty() {
            let line = line.strip_prefix(indent)?;
            if line.is_empty() || line.ends_with(' ') || !is_printed(line) {
                return None;
            }
            text.push_str(line);
        }
        text.push('\n');
    }
    text.truncate(text.len() - 1 + end.len());
    Some(text)
}

fn is_printed(text: &str) -> bool {
    text.bytes().all(|letter| (b' '..=b'~').contains(&letter))
}

#[cfg(test)]
mod tests {
    use saphyr_parser::{Event, Parser};

    use super::{block, simple};
    use crate::generate::config::System;
    use crate::generate::render::scalar;
    use crate::generate::scripts;

    /// What two readers, of YAML 1.1 and 1.2, make of a value whose key is at that column.
    fn read(value: &str, column: usize) -> [Option<String>; 2] {
        let document = format!("{0:column$}key: {value}\n{0:column$}next: 1\n", "");
        let one = serde_yaml::from_str::<serde_yaml::Value>(&document).ok();
        let events: Option<Vec<Event>> = Parser::new_from_str(&document).map(|event| Some(event.ok()?.0)).collect();
        let other = events.and_then(|events| match events.get(4) {
            Some(Event::Scalar(text, ..)) if events.len() == 10 => Some(text.to_string()),
            _ => None,
        });
        [one.and_then(|read| Some(read["key"].as_str()?.to_owned())), other]
    }

    #[test]
    fn what_needs_a_reader_is_left_to_one() {
        for value in [
            "", "1", "on", "No", "TRUE", "null", "~", "a: b", "a #b", "a:", "a ", "'a''b'", "'", "''a'", "\"a\"",
            "[a]", "|", "*a", "&a", "!a", "ä", "a\tb", "'a' # b", ".inf", "-1", "- a",
        ] {
            assert_eq!(simple(value), None, "{value}");
        }
        for (value, text) in [("main", "main"), ("''", ""), ("' 1: #'", " 1: #"), ("${{ a['b'] }}", "${{ a['b'] }}")] {
            assert_eq!(simple(value), Some(text));
        }
    }

    #[test]
    fn readers_agree_on_every_script_at_every_column() {
        let systems = [System::GithubActions, System::AzurePipelines];
        for (name, system) in scripts::names().into_iter().flat_map(|name| systems.map(|system| (name, system))) {
            let Some(text) = scripts::text(name, system).map(str::to_owned) else { continue };
            for column in [2, 4, 8, 10, 12] {
                let spelled = scalar(&text, column);
                assert_eq!(block(&format!("{spelled}\n"), column), Some(text.clone()), "{name}");
                assert_eq!(read(&spelled, column), [Some(text.clone()), Some(text.clone())], "{name}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn readers_agree_on_blocks(
            lines in "\\|-?\n {0,4}[ -~]{0,4}\n( {0,5}([!-~]{0,4} ?[!-~])?\n){0,4}",
            column in 0..3_usize,
        ) {
            if let Some(text) = block(&lines, column) {
                let value = lines.strip_suffix('\n').unwrap();
                proptest::prop_assert_eq!(read(value, column), [Some(text.clone()), Some(text)], "{}", lines);
            }
        }

        #[test]
        fn readers_agree_on_what_is_simple(value in "[a-zA-Z$/_'][ -~]{0,12}'?|[a-z]{1,5}|[eE]?[0-9+.e]{1,4}|'[ -~]{0,6}'") {
            if let Some(text) = simple(&value) {
                proptest::prop_assert_eq!(read(&value, 0), [Some(text.to_owned()), Some(text.to_owned())], "{}", value);
            }
        }
    }
}
