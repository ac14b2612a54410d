//! The lines that are shown below a problem.

use super::{heads, lines, read, shown};
use crate::generate::source::Problem;
use crate::report::plain;

#[test]
fn a_frame_shows_the_place_its_cure_and_the_other_place() {
    let document = read("first: 1\n\n\n\n\nenvironments:\n  production:\n    deploy: 日本 x\n");
    let problem = document
        .problem("environments.production.deploy", "`environments.production.deploy` is no word", None)
        .help("did you mean `direct`?")
        .also(document.span("first"), "because of this");
    let told = plain(&document.failure(vec![problem])).join("\n");
    insta::assert_snapshot!(told, @r"
    error[SID0701]: `siding.yml` has a problem
      - siding.yml:8:13: `environments.production.deploy` is no word
          |
        1 | first: 1
          |        - because of this
        ...
        8 |     deploy: 日本 x
          |             ^^^^^^
          |
          = help: did you mean `direct`?
      more: siding explain SID0701  (https://github.com/siding-dev/siding/blob/main/docs/errors.md#sid0701)
    ");
}

#[test]
fn problems_are_sorted_and_only_the_first_are_shown() {
    let document = read(&lines(30));
    let problem = |number: usize| document.problem(&format!("k{number}"), format!("problem {number}"), None);
    let failure = document.failure((0..30).rev().map(problem).collect());
    assert_eq!(failure.what, "`siding.yml` has 30 problems");
    assert_eq!(heads(&failure)[0], "siding.yml:1:5: problem 0");
    assert_eq!(heads(&failure)[19], "siding.yml:20:6: problem 19");
    assert_eq!(heads(&failure)[20..], ["and 10 more"]);
    assert_eq!(document.failure(vec![problem(1), problem(1)]).what, "`siding.yml` has a problem");
}

#[test]
fn of_a_long_line_the_part_around_the_place_is_shown() {
    let before = "é".repeat(50_000);
    let document = read(&format!("a: [\"{before}\", here, {}]\n", "x".repeat(50_000)));
    let failure = document.failure(vec![document.problem("a[1]", "look", None)]);
    let lines: Vec<&str> = failure.causes[0].lines().collect();
    assert_eq!(lines[0], "siding.yml:1:50009: look");
    assert!(lines.iter().all(|line| line.chars().count() < 130), "{lines:?}");
    let (source, marks) = (lines[2], lines[3]);
    let column = source.find("here").map(|offset| source[..offset].chars().count());
    assert_eq!(marks.find("^^^^"), column, "{}", failure.causes[0]);
    assert!(source.contains("...") && source.ends_with("..."));
}

#[test]
fn control_characters_are_not_shown_as_they_are() {
    let document = read("a: \"\u{1b}[31mred\"\n".replace('\u{1b}', "\\e").as_str());
    let failure = document.failure(vec![Problem {
        message: "x\u{7}".to_owned(),
        ..document.problem("a", "", Some("\u{1b}[31mhelp\u{202e}".to_owned()))
    }]);
    assert!(!shown(&failure).contains('\u{1b}') && !shown(&failure).contains('\u{202e}'));
}

#[test]
fn a_place_behind_everything_and_spans_of_several_lines_are_shown() {
    let document = read("a:\n  b: 1\n  c:\n    - |\n      x\n      y\n");
    for path in ["", "a", "a.b", "a.c", "a.c[0]", "a.c[0].z"] {
        let failure = document.failure(vec![document.problem(path, "look", None)]);
        assert!(failure.causes[0].contains('^'), "{path}: {}", failure.causes[0]);
    }
}
