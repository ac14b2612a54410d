//! The pitfalls of `SECURITY.md`: those that no other file tries, and whether every test which that page names exists.

mod forks;
mod network;
mod packages;
#[cfg(target_os = "linux")]
mod process;
mod secrets;

use crate::tidy::{read, root};

/// How many pitfalls the page has.
const PITFALLS: usize = 25;

/// The number of a row of the table, and the tests in its last cell.
fn row(line: &str) -> Option<(usize, Vec<&str>)> {
    let cells: Vec<&str> = line.strip_prefix('|')?.trim_end().strip_suffix('|')?.split(" | ").collect();
    let number = cells.first()?.trim().parse().ok()?;
    let tests = cells.last()?.split('`').skip(1).step_by(2).collect();
    Some((number, tests))
}

/// Whether the text has a test of this name.
fn has_test(text: &str, name: &str) -> bool {
    let Some(at) = text.find(&format!("fn {name}(")) else { return false };
    let before = &text[..at];
    let item = &before[before.rfind("}\n").map_or(0, |end| end + 2)..];
    item.contains("#[test]") || item.contains("#[tokio::test")
}

#[test]
fn every_pitfall_names_tests_that_exist() {
    let page = read("SECURITY.md");
    let rows: Vec<_> = page.lines().filter_map(row).collect();
    let numbers: Vec<usize> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=PITFALLS).collect::<Vec<_>>(), "SECURITY.md has one row for each pitfall");
    for (number, tests) in rows {
        assert!(!tests.is_empty(), "SECURITY.md: pitfall {number} names no test");
        for test in tests {
            let Some((file, name)) = test.split_once("::") else { panic!("SECURITY.md: `{test}` is not FILE::TEST") };
            assert!(root().join(file).is_file(), "SECURITY.md, pitfall {number}: there is no file `{file}`");
            assert!(has_test(&read(file), name), "SECURITY.md, pitfall {number}: `{file}` has no test `{name}`");
        }
    }
}

#[test]
fn a_row_and_a_test_are_recognised() {
    assert_eq!(row("| 7 | a `b` | c | `x.rs::y`, `z.rs::w` |"), Some((7, vec!["x.rs::y", "z.rs::w"])));
    assert_eq!((row("| # | pitfall |"), row("text")), (None, None));
    assert!(has_test("fn a() {}\n#[test]\nfn b() {\n}\n", "b"));
    assert!(!has_test("#[test]\nfn a() {\n}\nfn b() {\n}\n", "b") && !has_test("", "b"));
}
