//! Whatever the bytes are: no panic, and no text is changed.

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::generate::source::{Content, Document, Node};

/// Pieces that YAML is made of, so that random texts get far into the parser.
const PIECES: &[&str] = &[
    "a",
    "b: ",
    "- ",
    "? ",
    ": ",
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    "\r",
    "\r\n",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    "\"",
    "|",
    ">",
    "|2-",
    ">+1",
    "&x ",
    "*x",
    "!t ",
    "!!str ",
    "!<x>",
    "<<: ",
    "# c",
    "---",
    "...",
    "\n---\n",
    "\n...\n",
    "%YAML 1.2\n",
    "%TAG ! x\n",
    "~",
    "null",
    "é",
    "日本",
    "😀",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\\",
    "\\x",
    "@",
    "`",
    "%",
    "=",
    "-",
    ":",
    "?",
    " ",
    "  ",
    "3.10",
    "on",
    "\u{0}",
    "\u{7f}",
];

fn yaml_like() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

fn survives(bytes: &[u8]) {
    let schema =
        serde_json::json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    match Document::read("x", bytes) {
        Ok(document) => {
            let problems = document.check(&schema, &|_, _| None).err().unwrap_or_default();
            assert!(!document.failure(problems).what.is_empty());
            document.check(&serde_json::json!({}), &|_, _| None).unwrap();
        }
        Err(failure) => assert!(!failure.causes.is_empty()),
    }
}

fn text_at(document: &Document, path: &str) -> Option<String> {
    match document.find(path) {
        Some(Node { content: Content::Scalar(scalar), .. }) => Some(scalar.text.clone()),
        _ => None,
    }
}

proptest! {
    #![proptest_config(Config { cases: 2_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn any_text_like_yaml_is_read_or_refused(text in yaml_like()) {
        survives(text.as_bytes());
    }

    #[test]
    fn quoted_text_is_kept(texts in proptest::collection::vec("\\PC{0,30}", 1..6)) {
        let lines: Vec<String> = texts.iter().map(|text| format!("- {}\n", serde_json::to_string(text).unwrap())).collect();
        if let Ok(document) = Document::read("x", lines.concat().as_bytes()) {
            for (index, text) in texts.iter().enumerate() {
                prop_assert_eq!(text_at(&document, &format!("[{index}]")), Some(text.clone()));
            }
        } else {
            prop_assert!(texts.iter().any(|text| text.contains('\u{feff}')), "{texts:?}");
        }
    }

    #[test]
    fn plain_text_is_kept_at_its_place(texts in proptest::collection::vec("[a-zA-Z0-9äé日_./+]([-a-z0-9ü ,.:/#]{0,12}[a-z0-9ö])?", 1..6)) {
        prop_assume!(texts.iter().all(|text| !text.contains(": ") && !text.contains(" #")));
        let lines: Vec<String> = texts.iter().enumerate().map(|(index, text)| format!("ké{index}:   {text}\n")).collect();
        let content = lines.concat();
        let document = Document::read("x", content.as_bytes()).unwrap();
        for (index, text) in texts.iter().enumerate() {
            let path = format!("ké{index}");
            prop_assert_eq!(text_at(&document, &path), Some(text.clone()));
            let span = document.span(&path);
            prop_assert_eq!(&content[span.start..span.end], text.as_str());
        }
    }
}
