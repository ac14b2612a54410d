//! The examples are what the generator renders of them, and short.

use std::fs;

use tempfile::TempDir;

use super::{EXAMPLES, bless};
use crate::context::{LIMIT, binary};
use crate::tidy::{read, root};

fn siding(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = assert_cmd::Command::new(binary("siding"));
    let output = command.args(arguments).current_dir(root()).env_clear().timeout(LIMIT).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_examples_are_fresh() {
    let examples = EXAMPLES.iter().map(|example| format!("examples/{example}"));
    // This repository's own checks are rendered too.
    for folder in examples.chain([".".to_owned()]) {
        if bless() {
            assert_eq!(siding(&["render", &folder, "--force"]).0, Some(0));
        }
        let (code, said) = siding(&["check", &folder]);
        assert_eq!(code, Some(0), "run `BLESS=1 cargo test fresh` or `siding render {folder}`:\n{said}");
        assert!(said.contains("nothing to render") && !said.contains("note:"), "{said}");
    }
}

#[test]
fn rendering_an_example_again_writes_nothing() {
    for example in EXAMPLES {
        let copy = TempDir::new().unwrap();
        let from = root().join("examples").join(example);
        for folder in ["", ".github", ".github/workflows", ".azuredevops"] {
            fs::create_dir_all(copy.path().join(folder)).unwrap();
            for entry in fs::read_dir(from.join(folder)).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_file() {
                    fs::copy(entry.path(), copy.path().join(folder).join(entry.file_name())).unwrap();
                }
            }
        }
        let (code, said) = siding(&["render", copy.path().to_str().unwrap()]);
        let words: Vec<&str> = said.split(' ').collect();
        assert!(code == Some(0) && said.lines().count() == 1 && words[0] == words[2] && words[0] != "0", "{said}");
    }
}

#[test]
fn system_003_is_said_in_forty_lines() {
    let lines = read("examples/003-app-service-standard/siding.yml").lines().count();
    assert!(lines <= 40, "{lines} lines");
}
