//! Small systems of one option each, `tests/golden/<case>/siding.yml`, and the outlines of their pipelines beside them.
//! `BLESS=1 cargo test goldens` writes the outlines anew.

use std::collections::BTreeSet;
use std::fs;

use siding::generate::{Project, rendering};

use super::bless;
use super::outline::outline;
use super::parsed::Parsed;
use crate::tidy::{read, root};

/// More lines nobody reviews.
const LINES: usize = 200;

/// Every case and the pipelines that are kept: those that its option changes.
const CASES: &[(&str, &[&str])] = &[
    ("aks-blue-green", &["cd"]),
    ("aks-canary", &["cd"]),
    ("aks-ephemeral", &["cd", "housekeeping"]),
    ("aks-rolling", &["cd", "housekeeping"]),
    ("approvals", &["cd"]),
    ("azure-repos", &["ci"]),
    ("bicep", &["infra"]),
    ("canary-slot", &["cd"]),
    ("changed", &["ci"]),
    ("containers", &["ci"]),
    ("contracts", &["ci"]),
    ("direct", &["cd"]),
    ("dotnet", &["ci"]),
    ("gitflow", &["cd", "housekeeping"]),
    ("go", &["ci"]),
    ("insights", &["cd"]),
    ("java", &["ci"]),
    ("load-test", &["cd"]),
    ("migrate", &["cd"]),
    ("node", &["ci"]),
    ("notify", &["cd"]),
    ("pins", &["ci"]),
    ("plan-comment", &["infra"]),
    ("private-runner", &["cd"]),
    ("release-tag", &["cd"]),
    ("services", &["ci"]),
    ("settings", &["cd"]),
    ("signed", &["cd"]),
    ("slot", &["cd"]),
    ("static-web-app", &["cd"]),
    ("swap", &["cd"]),
    ("swap-preview", &["cd"]),
    ("terraform", &["infra", "housekeeping"]),
    ("worker-and-scheduler", &["cd"]),
];

fn pipelines(case: &str) -> Vec<Parsed> {
    let text = read(format!("tests/golden/{case}/siding.yml"));
    let files = match rendering("siding.yml", text.as_bytes()) {
        Ok(rendering) => rendering.files,
        Err(failure) => panic!("{case}: {failure:#?}"),
    };
    files.iter().filter_map(|file| Parsed::of_path(&file.path, &file.body)).collect()
}

#[test]
fn each_option_does_what_its_outline_says() {
    for (case, kept) in CASES {
        let found = pipelines(case);
        for name in *kept {
            let both: Vec<&Parsed> = found.iter().filter(|file| file.name == *name).collect();
            assert_eq!(both.len(), 2, "{case} has `{name}` on both systems");
            for file in both {
                let system = if file.is_github() { "github-actions" } else { "azure-pipelines" };
                let path = format!("tests/golden/{case}/{name}.{system}.txt");
                let expected = outline(file);
                assert!(expected.lines().count() <= LINES, "{path} has more than {LINES} lines:\n{expected}");
                if bless() {
                    fs::write(root().join(&path), &expected).unwrap();
                }
                let have = fs::read_to_string(root().join(&path)).unwrap_or_default();
                assert_eq!(have, expected, "look at what has changed, then run `BLESS=1 cargo test goldens`: {path}");
            }
        }
    }
}

#[test]
fn every_golden_belongs_to_a_case() {
    let mut expected = BTreeSet::new();
    for (case, kept) in CASES {
        expected.insert(format!("{case}/siding.yml"));
        for name in *kept {
            expected.extend(["github-actions", "azure-pipelines"].map(|system| format!("{case}/{name}.{system}.txt")));
        }
    }
    let mut have = BTreeSet::new();
    for folder in fs::read_dir(root().join("tests/golden")).unwrap().map(Result::unwrap) {
        let case = folder.file_name().into_string().unwrap();
        if folder.path().join("siding.yml").exists() {
            let files =
                fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
            have.extend(files.map(|file| format!("{case}/{file}")));
        }
    }
    assert_eq!(have, expected);
}

#[test]
fn a_pin_of_the_config_is_the_one_that_is_used() {
    let text = read("tests/golden/pins/siding.yml");
    let files = Project::read("siding.yml", text.as_bytes()).unwrap().files().unwrap();
    let github = files.iter().filter(|file| file.path.starts_with(".github/workflows/"));
    let pin = format!("actions/checkout@{} # v99.1.2", "0123456789".repeat(4));
    for file in github {
        let uses = file.body.lines().filter(|line| line.contains("actions/checkout@"));
        assert!(uses.clone().count() > 0 && uses.clone().all(|line| line.ends_with(&pin)), "{}", file.body);
    }
    let digest = format!("postgres:16@sha256:{}", "ab".repeat(32));
    let services = files.iter().filter(|file| file.body.contains("postgres:16@"));
    assert_eq!(services.filter(|file| file.body.contains(&digest)).count(), 2);
}
