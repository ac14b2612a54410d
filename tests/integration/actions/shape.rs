//! What holds for the launchers as text: they are short, and shellcheck has nothing to say.

use std::path::Path;
use std::process::Command;

use super::checkout::shells;
use crate::tidy::{files, read, root};

/// A launcher that is longer is no longer one that a person reads before they trust it.
const LINES: usize = 150;

#[test]
fn launchers_are_short() {
    let all = files(Path::new("actions/launch"), &["sh", "ps1", "cjs"]);
    assert!(all.len() >= 5, "{all:?}");
    for path in all {
        let lines = read(&path).lines().count();
        assert!(lines <= LINES, "{}: {lines} lines, more than {LINES}", path.display());
    }
}

#[test]
fn shellcheck_has_nothing_to_say_and_every_sh_can_read_them() {
    let scripts = files(Path::new("actions/launch"), &["sh"]);
    for shell in shells() {
        for script in &scripts {
            let read = Command::new(shell[0]).args(&shell[1..]).arg("-n").arg(root().join(script)).output().unwrap();
            assert!(read.status.success(), "{shell:?} {read:?}");
        }
    }
    if Command::new("shellcheck").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "shellcheck is missing: apt-get install it");
        eprintln!("left out: this machine has no shellcheck");
        return;
    }
    let mut shellcheck = Command::new("shellcheck");
    let said = shellcheck.args(["-s", "sh", "-x", "-f", "gcc"]).args(&scripts).current_dir(root()).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
}
