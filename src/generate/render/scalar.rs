//! A text as a YAML scalar that every reader, of YAML 1.1 or 1.2, takes for the same text.

/// `text` as a scalar whose key stands at column `column`: plain where nobody can misread it, a literal block for
/// several lines, quoted otherwise.
pub fn scalar(text: &str, column: usize) -> String {
    if is_block(text) {
        let indent = " ".repeat(column + 2);
        let lines: Vec<String> = text
            .trim_end_matches('\n')
            .lines()
            .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
            .collect();
        let sign = if text.ends_with('\n') { "|" } else { "|-" };
        return format!("{sign}\n{}", lines.join("\n"));
    }
    if is_plain(text) {
        return text.to_owned();
    }
    if text.chars().any(char::is_control) {
        // JSON's escapes are a part of YAML's.
        return serde_json::Value::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether a literal block keeps it as it is.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n'])
        && body.lines().all(|line| !line.ends_with([' ', '\t']) && !line.chars().any(char::is_control))
}

/// Whether no reader takes it for anything but this text.
fn is_plain(text: &str) -> bool {
    let first = |letter: char| letter.is_ascii_alphabetic() || letter == '/' || letter == '$' || letter == '_';
    // What is printed of ASCII, but for two signs that have always been quoted here.
    let inner = |letter: u8| matches!(letter, b' '..=b'~') && !matches!(letter, b'#' | b'`');
    text.starts_with(first)
        && text.bytes().all(inner)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// What YAML 1.1 does not take for text. Numbers, times and dates begin with a digit, which is never plain here;
/// `.nan` and `~` begin with signs.
pub(super) const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn what_readers_take_for_something_else_is_quoted() {
        for text in [
            "on",
            "No",
            "3.10",
            "1_000",
            "0x1f",
            "12:30:45",
            "~",
            "",
            "null",
            "*.md",
            "&a",
            "!x",
            "- a",
            "a: b",
            "a #b",
            "%x",
            "@x",
            " a",
            "a ",
            "x:",
            "{a}",
            "[a]",
            "`x`",
            "|",
            ">",
            "2026-01-01",
            "=",
            "<<",
        ] {
            assert!(scalar(text, 0).starts_with('\''), "{text}: {}", scalar(text, 0));
        }
        for text in
            ["main", "a-b_c", "pytest -m \"not integration\"", "${{ env.X }}", "$(x)", "/health", "https://x.y/z"]
        {
            assert_eq!(scalar(text, 0), text);
        }
        assert_eq!(scalar("it's: so", 0), "'it''s: so'");
    }

    #[test]
    fn several_lines_become_a_block_where_a_block_keeps_them() {
        assert_eq!(scalar("a\n\nb", 2), "|-\n    a\n\n    b");
        assert_eq!(scalar("a\nb\n", 0), "|\n  a\n  b");
        assert_eq!(scalar("a \nb", 0), "\"a \\nb\"");
    }

    proptest::proptest! {
        #[test]
        fn every_text_is_read_back_as_it_was(text in "[ -~\n\tä]{0,40}") {
            let document = format!("key: {}\n", scalar(&text, 0));
            let read: serde_yaml::Value = serde_yaml::from_str(&document).unwrap();
            proptest::prop_assert_eq!(read["key"].as_str(), Some(text.as_str()), "{}", document);
        }
    }
}
