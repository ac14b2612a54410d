//! Ctrl+C at the moments that matter: exit 130, what was left is told, and nothing of ours goes on.

use std::path::{Path, PathBuf};

use crate::context::{Context, Kind, Setup};
use crate::started::{Started, until};

/// An Azure so slow that nothing ends by itself while a test looks.
fn slow() -> Context {
    Context::new(Kind::GitHub, Setup { speed: 1.0, ..Setup::default() })
}

const SWAP: [&str; 6] = ["--app-name", "app1", "--slot-name", "staging", "--interval", "100ms"];

fn asked(context: &Context, part: &str) -> bool {
    context.emulator.requests().iter().any(|request| request.status == 202 && request.path.contains(part))
}

#[test]
fn during_a_deployment_it_says_what_the_server_may_go_on_with() {
    let context = slow();
    let folder = context.static_app("1.0");
    let arguments = ["--app-name", "app1", "--slot-name", "staging", "--package", &folder];
    let mut started = context.start("zip-deploy", &arguments);
    started.interrupt_when("the package is there", |_| asked(&context, "/api/publish"));
    let ran = started.end();
    ran.exits(130).says(["SID0901", "cancelled by SIGINT", "at `app1-staging.scm.azurewebsites.localhost`"]);
    ran.says(["az webapp log deployment", "--resource-group rg1 --name app1 --slot staging"]);
}

#[test]
fn while_a_deployment_is_followed_it_names_the_deployment() {
    let context = slow();
    let folder = context.static_app("1.0");
    let mut started = context.start("zip-deploy", &["--app-name", "app1", "--package", &folder]);
    let polls = |context: &Context| {
        context.emulator.requests().iter().any(|request| request.path.contains("/api/deployments/"))
    };
    started.interrupt_when("it is followed", |_| polls(&context));
    let ran = started.end();
    ran.exits(130).says(["SID0901", "goes on at `app1.scm.azurewebsites.localhost`", "az webapp log deployment show"]);
}

#[test]
fn during_a_swap_it_says_that_azure_goes_on() {
    let context = slow();
    let mut started = context.start("slot-swap", &SWAP);
    started.interrupt_when("the swap runs", |_| asked(&context, "/slotsswap"));
    let ran = started.end();
    ran.exits(130).says(["a swap of `staging` into `production` of `app1` may be running", "--swapped-after none"]);
    assert!(!context.site("production")["inProgressOperationId"].is_null());
}

#[test]
fn during_the_watch_it_says_how_to_swap_back() {
    let context = Context::github();
    let mut started = context.start("slot-swap", &[&SWAP[..], &["--watch", "5m"]].concat());
    started.interrupt_when("it watches", |started| started.stderr().contains("proven by slotSwapStatus"));
    let ran = started.end();
    ran.exits(130).says(["was not watched to the end", "slot-swap --action rollback --app-name app1"]);
    let proof = context.site("production")["slotSwapStatus"]["timestampUtc"].clone();
    ran.says([&format!("--swapped-at {}", proof.as_str().unwrap())]);
}

#[test]
fn before_anything_was_changed_it_says_that_nothing_was_left() {
    let context = Context::github();
    let url = context.emulator.app_url("app1", "production");
    let mut started = context.start("smoke-test", &["--url", &url, "--checks", "/ status=418"]);
    started.interrupt_when("it tests", |started| started.stderr().contains("not yet"));
    started.end().exits(130).says(["nothing was left behind", "run the same command again"]);
}

/// The base URL that `siding emulator` says it serves.
fn base(started: &Started<'_>) -> Option<String> {
    let line = started.stdout().lines().find_map(|line| line.strip_prefix("export BASE=").map(str::to_owned))?;
    Some(line.trim_matches('\'').to_owned())
}

#[test]
fn the_emulator_ends_and_takes_everything_with_it() {
    let context = Context::shell();
    let mut started = context.start("siding", &["emulator", "--port", "0"]);
    started.interrupt_when("it serves", |started| started.stderr().contains("until Ctrl+C") && base(started).is_some());
    let port: u16 = base(&started).unwrap().rsplit(':').next().unwrap().parse().unwrap();
    // Its own purpose is to print a token, which is good for nothing once it has ended.
    let temp = started.temp();
    started.end_printing_tokens().exits(130);
    assert!(std::net::TcpListener::bind(("127.0.0.1", port)).is_ok(), "port {port} is still taken");
    assert_eq!(std::fs::read_dir(temp).unwrap().count(), 0, "a folder is left");
}

#[cfg(target_os = "linux")]
#[test]
fn a_rehearsal_ends_with_its_apps_and_its_folders() {
    let context = Context::shell();
    let folder = context.python_app("1.0");
    let mut started = context.start("siding", &["rehearse", &folder, "--watch", "5m"]);
    let mut apps = Vec::new();
    started.wait_until("production is watched", |started| started.stderr().contains("proven by slotSwapStatus"));
    until("the apps run", || {
        apps = running_in(&started.temp());
        apps.len() >= 2
    });
    started.interrupt_when("they run", |_| true);
    started.end().exits(130).says(["SID0901"]);
    until("every app has ended", || !apps.iter().any(|process| process.exists()));
}

/// The processes whose working directory is below the folder.
#[cfg(target_os = "linux")]
fn running_in(folder: &Path) -> Vec<PathBuf> {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let is_below = |process: &PathBuf| std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
    processes.filter(is_below).collect()
}
