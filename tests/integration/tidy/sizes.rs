//! Sizes: files, functions, parameters, templates. What is larger is two things.

use std::path::Path;

use super::source::{Source, Violation, closing, files, tree};
use super::{count, keep, read};

const LINES_OF_A_FILE: usize = 400;
const LINES_OF_A_TEST_FILE: usize = 500;
const LINES_OF_A_FUNCTION: usize = 60;
const PARAMETERS: usize = 5;
const LINES_OF_A_TEMPLATE: usize = 150;
const LINES_OF_A_BINARY: usize = 8;

fn file(source: &Source) -> Vec<Violation> {
    let most = match source.module() {
        "bin" => LINES_OF_A_BINARY,
        _ if source.path.starts_with("tests/") => LINES_OF_A_TEST_FILE,
        _ => LINES_OF_A_FILE,
    };
    let lines = source.text.lines().count();
    let mut found = Vec::new();
    if lines > most {
        found.push(Violation {
            line: lines,
            what: format!("{lines} lines, more than {most}: a file is about one noun or one verb, split it"),
        });
    }
    if !source.text.starts_with("//! ") {
        found.push(Violation {
            line: 1,
            what: "the first line must be `//! ` and say in one sentence what the file is about".to_owned(),
        });
    }
    found
}

fn functions(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for start in source.words("fn") {
        let rest = &source.code[start..];
        let Some(name) = rest[2..]
            .trim_start()
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .next()
            .filter(|name| !name.is_empty())
        else {
            continue;
        };
        let Some(open) = parameters_of(rest) else { continue };
        let close = closing(rest, open, '(', ')');
        let given = parameters(&rest[open + 1..close]);
        if given > PARAMETERS {
            found.push(source.violation(
                start,
                format!("`{name}` has {given} parameters, more than {PARAMETERS}: make a struct with names"),
            ));
        }
        let body = rest[close..].find(['{', ';']).filter(|place| rest.as_bytes()[close + place] == b'{');
        if let Some(body) = body {
            let end = closing(rest, close + body, '{', '}');
            let lines = rest[..end].lines().filter(|line| !line.trim().is_empty()).count();
            if lines > LINES_OF_A_FUNCTION {
                found.push(source.violation(
                    start,
                    format!(
                        "`{name}` has {lines} lines of code, more than {LINES_OF_A_FUNCTION}: give its parts names"
                    ),
                ));
            }
        }
    }
    found
}

/// Where the parameters of a function open: behind its generics, whose bounds may hold brackets of their own.
fn parameters_of(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (offset, letter) in rest.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.saturating_sub(1),
            '(' if depth == 0 => return (!rest[2..offset].trim().is_empty()).then_some(offset),
            _ => {}
        }
        before = letter;
    }
    None
}

fn parameters(list: &str) -> usize {
    let (mut depth, mut before) = (0_usize, ' ');
    let mut parts = vec![String::new()];
    for letter in list.chars() {
        match letter {
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if before == '-' => {}
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => parts.push(String::new()),
            _ => {}
        }
        before = letter;
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts.iter().filter(|part| !part.trim().trim_matches(',').trim().is_empty()).count()
}

#[test]
fn files_are_about_one_thing_and_say_which() {
    for folder in ["src", "tests"] {
        keep(&tree(folder), file);
    }
    assert_eq!(count(file, "src/azure/x.rs", &format!("//! x\n{}", "\n".repeat(LINES_OF_A_FILE))), 1);
    assert_eq!(count(file, "tests/integration/x.rs", &format!("//! x\n{}", "\n".repeat(LINES_OF_A_TEST_FILE - 1))), 0);
    assert_eq!(count(file, "src/azure/x.rs", "use x;\n"), 1);
    assert_eq!(count(file, "src/bin/x.rs", &format!("//! x\n{}", "\n".repeat(LINES_OF_A_BINARY))), 1);
}

#[test]
fn functions_are_short_and_take_few_parameters() {
    for folder in ["src", "tests"] {
        keep(&tree(folder), functions);
    }
    let long = format!("fn f<T: Fn(u8) -> u8>(a: T) {{\n{}}}\nfn g() {{}}\n", "    a();\n".repeat(LINES_OF_A_FUNCTION));
    assert_eq!(count(functions, "src/azure/x.rs", &long), 1);
    let short =
        format!("fn f() {{\n{}{}}}\n", "    a();\n".repeat(LINES_OF_A_FUNCTION - 2), "    // why\n\n".repeat(9));
    assert_eq!(count(functions, "src/azure/x.rs", &short), 0);
    assert_eq!(
        count(functions, "src/azure/x.rs", "fn f(&self, a: (u8, u8), b: [u8; 2], c: HashMap<K, V>, d: u8, e: u8) {}"),
        1
    );
    assert_eq!(
        count(functions, "src/azure/x.rs", "fn f(\n    &self,\n    a: fn(u8) -> Result<u8, u8>,\n    b: u8,\n) {}"),
        0
    );
}

#[test]
fn templates_are_short() {
    for path in files(Path::new("templates"), &["j2", "sh", "yml", "yaml"]) {
        let lines = read(&path).lines().count();
        assert!(lines <= LINES_OF_A_TEMPLATE, "{}: {lines} lines, more than {LINES_OF_A_TEMPLATE}", path.display());
    }
}
