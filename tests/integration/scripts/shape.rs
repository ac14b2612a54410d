//! What holds for every script: it can be embedded in both systems' YAML, and shellcheck has nothing to say.

use std::io::Write as _;
use std::process::{Command, Stdio};

use siding::generate::config::System;
use siding::generate::scripts::{names, text};

use super::{HOSTS, Sandbox};

/// What a script's text may not hold, and why.
fn objections(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("# ") {
        found.push("the first line says what the script does".to_owned());
    }
    if !text.lines().any(|line| line == "set -euo pipefail") {
        found.push("`set -euo pipefail` is missing".to_owned());
    }
    for (number, line) in text.lines().enumerate() {
        let mut object = |what: &str| found.push(format!("line {}: {what}: {line}", number + 1));
        if line.contains("${{") || line.contains("$[") {
            object("an expression of a CI system");
        }
        if line.contains('`') {
            object("a backtick");
        }
        if line.len() > 140 || line.ends_with(' ') || line.contains('\t') {
            object("too long, or blanks that YAML may not keep");
        }
        if line.starts_with("#include") {
            object("an include within an include");
        }
        if line.split("$(").skip(1).any(is_macro) {
            object("looks like a macro of Azure Pipelines: write it with an argument, or read a variable");
        }
    }
    found
}

/// Whether what follows `$(` is one bare word, which Azure replaces when a variable has that name.
fn is_macro(rest: &str) -> bool {
    let bare = |letter: char| letter.is_alphanumeric() || "_.-".contains(letter);
    rest.split_once(')').is_some_and(|(word, _)| !word.is_empty() && word.chars().all(bare))
}

#[test]
fn every_script_can_be_embedded_in_both_systems() {
    assert!(names().contains(&"commands"));
    for (name, host) in names().into_iter().flat_map(|name| HOSTS.map(|host| (name, host))) {
        let text = text(name, host.system()).unwrap_or_else(|| panic!("`{name}` includes what is not there"));
        let found = objections(text);
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
    assert!(text("no-such", System::GithubActions).is_none());
    for bad in ["a=$(pwd)", "a=${{ b }}", "a=`b c`", "#include x", &"a".repeat(141), "a=$[1]"] {
        assert_eq!(objections(&format!("# It.\nset -euo pipefail\n{bad}\n")).len(), 1, "{bad}");
    }
    assert_eq!(objections("# It.\nset -euo pipefail\na=$(b c)\nb=$((1 + 2))\n").len(), 0);
}

#[test]
fn shellcheck_has_nothing_to_say() {
    if Command::new("shellcheck").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "shellcheck is missing: apt-get install it");
        return;
    }
    for (name, host) in names().into_iter().flat_map(|name| HOSTS.map(|host| (name, host))) {
        let mut child = Command::new("shellcheck")
            .args(["-s", "bash", "-f", "gcc", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text(name, host.system()).unwrap().as_bytes()).unwrap();
        let said = child.wait_with_output().unwrap();
        assert!(said.status.success(), "{name}:\n{}", String::from_utf8_lossy(&said.stdout));
    }
}

#[test]
fn commands_stop_at_the_first_that_fails() {
    for host in HOSTS {
        let sandbox =
            Sandbox::new(host).fake("lint", "exit 0").fake("unit", "echo broken >&2; exit 7").fake("last", "");
        let ran = sandbox.env("COMMANDS", "lint --all 'two words'\n\nunit\nlast\n").run("commands");
        assert_eq!((ran.code, ran.stderr.as_str()), (7, "broken\n"));
        assert_eq!(ran.calls, [vec!["lint", "--all", "two words"], vec!["unit"]]);
        assert!(ran.stdout.contains("+ lint --all 'two words'\n+ unit\n"), "{ran:?}");

        let sandbox = Sandbox::new(host).fake("lint", "").file("code/x", "").env("DIRECTORY", "code");
        let sandbox = sandbox.env("COMMANDS", "lint .\ncp x reports/y\n");
        let ran = sandbox.run("commands").well();
        assert_eq!((ran.calls_of("lint"), sandbox.read("code/reports/y").as_str()), (vec![".".to_owned()], ""));
    }
}

#[test]
fn each_of_several_test_commands_reports_to_a_file_of_its_own() {
    for host in HOSTS {
        let told = "printf '%s' \"$PYTEST_ADDOPTS\" >\"$1\"";
        let sandbox = Sandbox::new(host).fake("pytest", told).env("PYTEST_ADDOPTS", "-x");
        let sandbox = sandbox.env("COMMANDS", "pytest a\npytest b\n").env("JUNIT", "reports/smoke-*.xml");
        sandbox.run("commands").well();
        assert_eq!(sandbox.read("a"), "-x --junitxml=reports/smoke-1.xml");
        assert_eq!(sandbox.read("b"), "-x --junitxml=reports/smoke-2.xml");
    }
}

#[test]
fn the_harness_reads_what_a_script_tells_its_host() {
    let script =
        "# It.\nset -euo pipefail\n#include talk\nmask s3cret\noutput a 'b=c'\nsummary '| x |'\nsummary y\nfail z\n";
    let talks = [
        include_str!("../../../templates/scripts/lib/talk.github.sh"),
        include_str!("../../../templates/scripts/lib/talk.azure.sh"),
    ];
    for (host, talk) in HOSTS.into_iter().zip(talks) {
        let ran = Sandbox::new(host).bash(&script.replace("#include talk\n", talk)).fails("z").hides("s3cret");
        assert_eq!((ran.outputs["a"].as_str(), ran.summary.as_str()), ("b=c", "| x |\ny\n"));
    }
}
