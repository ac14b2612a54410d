//! From bytes to a tree: what is refused, where, with which words.

use super::{heads, read, refused, shown};
use crate::generate::source::{Content, Document, Node};
use crate::report::code;

#[test]
fn what_hides_meaning_or_is_no_yaml_is_refused_with_its_place() {
    let table = [
        ("a: &x 1\nb: 2\n", "1:4: anchors are not allowed", "write the value out"),
        ("a: &x\n  b: 1\n", "1:4: anchors are not allowed", "write the value out"),
        ("a: !!str 1\n", "1:4: tags are not allowed", "take it out"),
        ("a: !x\n  - 1\n", "1:4: tags are not allowed", "take it out"),
        ("a: *x\n", "1:4: `*` is a reference to an anchor", "in quotes"),
        ("<<: {a: b}\n", "1:1: merge keys are not allowed", "write the keys out"),
        ("é: 1\nb: 2\né: 3\n", "3:1: the key `é` is there twice", "first here"),
        ("a: {b: 1, \"b\": 2}\n", "1:11: the key `b` is there twice", "keep one"),
        ("a: 1\n---\nb: 1\n", "2:1: a second document begins here", "keep one document"),
        ("? [a]\n: b\n", "1:3: a key must be one word or text", "in quotes"),
        (": b\n", "1:1: a key is missing", "write the key"),
        ("a:\n\t- b\n", "2:1: this line is indented with a tab", "spaces"),
        ("a:\n  b: 1\n\tc: 2\n\td: 3\n", "3:1: this line is indented with a tab", "spaces"),
        ("\ta: b\n", "1:1: this line is indented with a tab", "spaces"),
        ("é: ü: c\n", "1:5: this `:` cannot stand here", "in quotes"),
        ("a: @x\n", "1:4: text cannot begin with `@`", "in quotes"),
        ("a: `x`\n", "1:4: text cannot begin with a backtick", "in quotes"),
        ("a: {b: c\n", "1:9: this `{` has no `}`", "close it"),
        ("a: [b, c\n", "1:9: this `[` has no `]`", "close it"),
        ("a: \"x\n", "1:4: ", "close it"),
        ("a: 'x'y\n", "1:7: something stands behind the closing quote", "all of it in quotes"),
        ("a: \"\\q\"\n", "1:4: this backslash means nothing", "single quotes"),
        ("a: - b\n", "1:4: a list cannot begin here", "on a line of its own"),
        ("a: 1\nb\n", "2:", ""),
        ("", "1:1: the file holds nothing", "was saved"),
        ("# only a comment\n", "1:1: the file holds nothing", "was saved"),
        ("---\n", "1:1: the file holds nothing", "was saved"),
        ("a: x\u{7}y\n", "1:5: the character U+0007 cannot be in a YAML file", "take it out"),
        ("é: \0\n", "1:4: the character U+0000 cannot be in a YAML file", "take it out"),
    ];
    for (text, head, cure) in table {
        let failure = refused(text.as_bytes());
        assert_eq!(failure.code, &code::CONFIGURATION);
        assert_eq!(heads(&failure).len(), 1, "{text:?}: {}", shown(&failure));
        assert!(heads(&failure)[0].starts_with(&format!("siding.yml:{head}")), "{text:?}: {}", shown(&failure));
        assert!(shown(&failure).contains(cure), "{text:?}: {}", shown(&failure));
        assert!(!heads(&failure)[0].contains("not YAML"), "{text:?}: {}", shown(&failure));
    }
}

#[test]
fn every_refusal_is_told_at_once() {
    let failure = refused(b"a: &x 1\nb: !t 2\na: 3\nc: *x\n");
    assert_eq!(failure.what, "`siding.yml` has 4 problems");
    assert_eq!(heads(&failure).len(), 4, "{}", shown(&failure));
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let failure = refused("ä: b\nc: é\u{e9}\n".replace('é', "\u{0}").as_bytes());
    assert!(shown(&failure).contains("siding.yml:2:4: the character U+0000"), "{}", shown(&failure));
    let failure = refused(b"\xc3\xa4: b\nc: \xffx\n");
    assert_eq!(failure.causes, ["siding.yml:2:4: byte 9 of the file, 0xff, is not UTF-8"]);
    let failure = refused(b"\xff\xfea\0:\0");
    assert_eq!(failure.causes, ["siding.yml:1:1: byte 0 of the file, 0xff, is not UTF-8: it looks like UTF-16"]);
}

#[test]
fn a_file_that_is_too_large_is_refused_with_its_size_and_the_limit() {
    let failure = refused(&vec![b'a'; 10_000_000]);
    assert_eq!(failure.what, "`siding.yml` is too large");
    assert!(shown(&failure).contains("10000000 bytes, and the limit is 1048576 (1 MiB)"), "{}", shown(&failure));
    let fits = format!("a: {}\n", "x".repeat(1024 * 1024 - 4));
    assert!(Document::read("siding.yml", fits.as_bytes()).is_ok());
}

#[test]
fn depth_is_limited() {
    assert!(read(&format!("{}{}", "[".repeat(32), "]".repeat(32))).find("[0][0]").is_some());
    for text in [
        format!("{}{}", "[".repeat(33), "]".repeat(33)),
        "[".repeat(1_000_000),
        "{a: ".repeat(200_000),
        "- ".repeat(500_000),
        "? ".repeat(500_000),
        (0..40).map(|depth| " ".repeat(depth) + "a:\n").collect(),
    ] {
        let failure = refused(text.as_bytes());
        let told = ["32 levels deep", "too many brackets", "must be one word"];
        assert!(told.iter().any(|told| shown(&failure).contains(told)), "{}", shown(&failure));
        assert!(shown(&failure).len() < 2_000);
    }
}

fn texts(node: &Node, found: &mut Vec<(String, usize)>) {
    match &node.content {
        Content::Scalar(scalar) => found.push((scalar.text.clone(), node.span.start)),
        Content::List(items) => items.iter().for_each(|node| texts(node, found)),
        Content::Map(entries) => entries.iter().for_each(|(key, node)| {
            found.push((key.text.clone(), key.span.start));
            texts(node, found);
        }),
    }
}

#[test]
fn places_are_right_behind_text_that_is_not_ascii() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "# ä ö 日本 😀\nschlüssel: wert # ß\nliste: [ä, é, 😀x]\ntief:\n  ünter: 3.10\n".replace('\n', end);
        for text in [text.clone(), format!("\u{feff}{text}")] {
            let document = read(&text);
            let content = text.trim_start_matches('\u{feff}');
            let mut found = Vec::new();
            texts(document.root(), &mut found);
            assert_eq!(found.len(), 9);
            for (word, start) in found {
                assert!(content[start..].starts_with(&word), "{word} at {start} of {content:?}");
            }
            let place = document.place(document.span("liste[2]"));
            assert_eq!((place.line, place.column), (3, 15));
            let place = document.place(document.span("tief.ünter"));
            assert_eq!((place.line, place.column), (5, 10));
        }
    }
}

#[test]
fn scalars_keep_their_text_and_tabs_stay_in_text() {
    let document = read(
        "version: 3.10\non: yes\nno: null\nhex: 0x1F\nquoted: \"3.10\"\nscript: |\n  a\n  \tb\n  \t\n\n  c\nlong: one\n  two\nlist:\n- ~\n-\nflow: \"a\n \tb\"\n# \tx\n\t# y\n",
    );
    for (path, text, plain) in [
        ("version", "3.10", true),
        ("on", "yes", true),
        ("no", "null", true),
        ("hex", "0x1F", true),
        ("quoted", "3.10", false),
        ("script", "a\n\tb\n\t\n\nc\n", false),
        ("long", "one two", true),
        ("list[0]", "~", true),
        ("list[1]", "", true),
        ("flow", "a b", false),
    ] {
        let Some(Node { content: Content::Scalar(scalar), .. }) = document.find(path) else { panic!("{path}") };
        assert_eq!((scalar.text.as_str(), scalar.plain), (text, plain), "{path}");
    }
    assert!(document.root().get("nothing").is_none());
}

#[test]
fn a_path_leads_to_its_nearest_part() {
    let document = read("a:\n  b.c: 1\n  b:\n    c: 2\n  d: [x, {e: 3}]\n  empty:\n");
    for (path, line, column, all) in [
        ("a", 1, 1, true),
        ("a.b.c", 2, 8, true),
        ("a.b", 3, 3, true),
        ("a.d", 5, 3, true),
        ("a.d[0]", 5, 7, true),
        ("a.d[1].e", 5, 14, true),
        ("a.d[1].f", 5, 10, false),
        ("a.d[7]", 5, 3, false),
        ("a.nothing.x", 1, 1, false),
        ("a.empty", 6, 3, true),
        ("zzz", 1, 1, false),
        ("", 1, 1, true),
    ] {
        let place = document.place(document.problem(path, "x", None).span);
        assert_eq!((place.line, place.column), (line, column), "{path}");
        assert_eq!(document.find(path).is_some(), all, "{path}");
    }
}
