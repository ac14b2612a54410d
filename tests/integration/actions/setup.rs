//! The action `setup`: programs on the PATH of the following steps.

use std::fs;

use super::archive::sha256;
use super::checkout::{Checkout, VERSION, put, shells, target};
use super::runner::Job;
use crate::context::Context;
use crate::stream::entries;

const SIDING: &str = "#!/bin/sh\necho \"siding 1.2.3\"\n";

/// A machine that has two programs of a release in its tool cache.
fn ready(shell: &[&'static str]) -> Checkout {
    let checkout = Checkout::new(shell);
    let row = |tool: &str| format!("{tool} {} {1} {1}\n", target(), sha256(SIDING.as_bytes()));
    checkout.lock(&format!("version {VERSION}\n{}{}", row("siding"), row("kv-sync")));
    for tool in ["siding", "kv-sync"] {
        put(&checkout.cached(tool), SIDING);
    }
    for file in ["output", "path"] {
        fs::write(checkout.path(file), "").unwrap();
    }
    let at = |name: &str| checkout.path(name).display().to_string();
    let (output, path) = (at("output"), at("path"));
    checkout.env("GITHUB_OUTPUT", output).env("GITHUB_PATH", path)
}

#[test]
fn the_programs_are_in_one_folder_on_the_path_and_the_outputs_say_so() {
    for shell in shells() {
        for (tools, names) in [("", vec!["siding"]), (" kv-sync\n siding\n", vec!["kv-sync", "siding"])] {
            let checkout = ready(&shell).env("INPUT_TOOLS", tools);
            let ended = checkout.call(&["setup"]);
            assert_eq!(ended.code, Some(0), "{ended:#?}");
            let outputs = entries(&fs::read_to_string(checkout.path("output")).unwrap());
            let folder = fs::read_to_string(checkout.path("path")).unwrap();
            assert_eq!((outputs["version"].as_str(), outputs["path"].as_str()), (VERSION, folder.trim_end()));
            let mut found: Vec<_> = fs::read_dir(&outputs["path"])
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            found.sort_unstable();
            assert_eq!(found, names);
            // What is on the PATH is a copy: a later change of the cache does not reach it.
            put(&checkout.cached("siding"), "changed");
            assert_eq!(fs::read_to_string(format!("{}/siding", outputs["path"])).unwrap(), SIDING);
        }
    }
}

#[test]
fn a_program_that_does_not_start_or_does_not_exist_puts_nothing_on_the_path() {
    for shell in shells() {
        let checkout = ready(&shell).env("INPUT_TOOLS", "siding nothing");
        checkout.call(&["setup"]).failed(&["has no program `nothing`"]);
        assert_eq!(fs::read_to_string(checkout.path("path")).unwrap(), "");
        let broken = "#!/bin/sh\nexit 1\n";
        let checkout = ready(&shell);
        checkout.lock(&format!("version {VERSION}\nsiding {} {1} {1}\n", target(), sha256(broken.as_bytes())));
        put(&checkout.cached("siding"), broken);
        checkout.call(&["setup"]).failed(&["siding does not start"]);
        assert_eq!(fs::read_to_string(checkout.path("path")).unwrap(), "");
        let checkout = ready(&shell).env("GITHUB_PATH", "");
        checkout.call(&["setup"]).failed(&["GITHUB_PATH or GITHUB_OUTPUT is not set", "use this as an action"]);
    }
}

#[test]
fn the_following_steps_find_the_command_line() {
    let context = Context::github();
    let mut job = Job::new(&context);
    let set_up = job.uses("actions/setup", &[("tools", "siding smoke-test")]);
    assert_eq!(set_up.outputs["version"], env!("CARGO_PKG_VERSION"));
    let said = job.run("siding --version && smoke-test --version");
    assert_eq!(said, format!("siding {0}\nsmoke-test {0}\n", env!("CARGO_PKG_VERSION")));
}
