//! `siding release`: the tools in order, with one plan, one journal and one summary.

use std::fs;

use serde_json::Value;

use crate::app::START;
use crate::context::{Context, Kind, Setup};
use crate::ran::Ran;
use crate::started::at_once;

const WAITS: [&str; 10] =
    ["--watch", "200ms", "--interval", "100ms", "--settle", "100ms", "--prove", "2s", "--successes", "2"];

/// Releases a folder as version 2.0, with a secret and a journal.
fn release(context: &Context, folder: &str, more: &[&str]) -> Ran {
    let mut arguments = vec!["release", "--app-name", "app1", "--package", folder, "--release-version", "2.0"];
    arguments.extend(["--version-path", "/version.json", "--vault", "kv1", "--secrets", "db-password"]);
    arguments.extend(["--journal", "journal.jsonl"]);
    arguments.extend(WAITS);
    arguments.extend(more);
    context.run("siding", &arguments)
}

/// A job with version 1.0 in production and version 2.0 in a folder.
fn ready(kind: Kind) -> (Context, String) {
    let context = Context::new(kind, Setup::default());
    let old = context.static_app("1.0");
    context.deploy(&old, "production");
    let new = context.static_app("2.0");
    (context, new)
}

/// The journal's events, each with time, run and name.
fn journal(context: &Context) -> Vec<Value> {
    let text = fs::read_to_string(context.work().join("journal.jsonl")).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let run = events[0]["run"].as_str().unwrap();
    assert!(events.iter().all(|event| event["run"] == run && event["at"].is_string() && event["event"].is_string()));
    events
}

fn phases<'e>(events: &'e [Value], name: &str) -> Vec<&'e str> {
    events.iter().filter(|event| event["event"] == name).map(|event| event["phase"].as_str().unwrap()).collect()
}

#[test]
fn releases_a_folder_on_both_hosts_and_in_a_shell() {
    at_once(&[Kind::GitHub, Kind::AzurePipelines, Kind::Shell], |kind| {
        let (context, folder) = ready(*kind);
        let ran = release(&context, &folder, &["--json"]);
        ran.exits(0).says(["[1/7] package", "[2/7] sign in", "[3/7] secrets", "[7/7] watch", "before: production"]);
        assert_eq!((context.version("production"), context.version("staging")), ("2.0".to_owned(), "1.0".to_owned()));
        let result = ran.json();
        assert_eq!((&result["before"][0]["version"], &result["after"][0]["version"]), (&"1.0".into(), &"2.0".into()));
        assert_eq!(result["swap-timestamp"], context.site("production")["slotSwapStatus"]["timestampUtc"]);
        if *kind != Kind::Shell {
            assert_eq!(ran.variables["DB_PASSWORD"], "correct-horse-battery-staple");
            for row in
                ["| who |", "| what |", "| before |", "| after |", "| phases |", "| to undo |", "| package sha256 |"]
            {
                assert!(ran.summary.contains(row), "{row} is not in\n{}", ran.summary);
            }
        }
        let events = journal(&context);
        let expected = ["package", "sign in", "secrets", "deploy", "prove", "swap", "watch"];
        assert_eq!((phases(&events, "started"), phases(&events, "finished")), (expected.into(), expected.into()));
        assert_eq!(events.last().unwrap()["outcome"], "succeeded");
    });
}

#[test]
fn the_command_to_undo_undoes_exactly_this_release() {
    let (context, folder) = ready(Kind::GitHub);
    release(&context, &folder, &[]).exits(0);
    let swapped = journal(&context).into_iter().find(|event| event["event"] == "swapped").unwrap();
    let undo = swapped["undo"].as_str().unwrap();
    let mut words = undo.split(' ').map(|word| word.trim_matches('\''));
    let program = words.next().unwrap();
    let words: Vec<&str> = words.chain(["--watch", "100ms", "--interval", "100ms"]).collect();
    context.run(program, &words).exits(0);
    assert_eq!(context.version("production"), "1.0");
}

#[test]
fn a_dry_run_prints_the_plan_and_asks_nothing() {
    let (context, folder) = ready(Kind::GitHub);
    let ran = release(&context, &folder, &["--dry-run", "--json"]);
    ran.exits(0).says([
        "the plan:",
        "1. package",
        "take secrets from `kv1` (DB_PASSWORD)",
        "swap back after 3 failures",
    ]);
    assert!(ran.requests.is_empty() && ran.variables.is_empty(), "{ran}");
    assert_eq!((&ran.json()["dryRun"], &ran.json()["target"]), (&true.into(), &"production".into()));
    assert!(!context.work().join("journal.jsonl").exists());
}

/// What goes wrong, the exit code and the failure, and the phase in which it happens.
static FAILURES: &[(&str, i32, &str, &str)] = &[
    ("entra.subject-mismatch", 3, "SID0104", "sign in"),
    ("entra.html-answer", 4, "SID0201", "sign in"),
    ("vault.disabled-secret", 1, "SID0502", "secrets"),
    ("kudu.build-fails", 1, "SID0303", "deploy"),
    ("kudu.false-success", 1, "SID0304", "deploy"),
    ("swap.warmup-fails", 1, "SID0402", "swap"),
    ("app.fails-after-swap", 6, "SID0404", "watch"),
];

#[test]
fn whatever_fails_production_serves_the_old_version_and_the_journal_says_where() {
    at_once(FAILURES, |(fault, exit, code, phase)| {
        let (context, folder) = ready(Kind::GitHub);
        context.fault(fault);
        let ran = release(&context, &folder, &[]);
        ran.exits(*exit).says([code]);
        assert_eq!(context.version("production"), "1.0", "{fault}\n{ran}");
        let events = journal(&context);
        assert_eq!(phases(&events, "failed"), [*phase], "{fault}");
        assert_eq!(events.last().unwrap()["outcome"], *code, "{fault}");
        assert!(ran.summary.contains(&format!("| result | {code}")), "{fault}\n{}", ran.summary);
        for name in ["swap-timestamp", "swap-before"] {
            assert_eq!(ran.outputs.get(name).map_or("", String::as_str), "", "{fault}\n{ran}");
        }
    });
}

#[test]
fn an_app_that_crashes_on_the_slot_never_reaches_production() {
    let config = Setup::default().config.with_start_command(Some(START));
    let context = Context::new(Kind::GitHub, Setup { config, ..Setup::default() });
    let (old, new) = (context.python_app("1.0"), context.python_app("2.0"));
    context.deploy(&old, "production");
    context.fault("app.crashes-on-start");
    let arguments = ["release", "--app-name", "app1", "--package", &new, "--version-path", "/"];
    let more = ["--release-version", "2.0", "--prove", "1s", "--interval", "100ms"];
    let ran = context.run("siding", &[arguments.as_slice(), &more].concat());
    ran.exits(1).says(["SID0601", "status 503", "az webapp log tail"]);
    assert_eq!(ran.asked("POST", "/slotsswap"), 0, "{ran}");
    let served: Value = serde_json::from_str(&context.visit("production", "/").body).unwrap();
    assert_eq!(served["version"], "1.0");
}

#[test]
fn a_failed_release_is_data_too() {
    let (context, folder) = ready(Kind::GitHub);
    context.fault("app.fails-after-swap");
    let result = release(&context, &folder, &["--json"]).exits(6).json();
    assert_eq!((&result["failure"]["code"], &result["failure"]["exit"]), (&"SID0404".into(), &6.into()));
    assert_eq!(result["result"]["after"][0]["version"], "1.0");
}

#[test]
fn a_new_version_that_does_not_show_on_the_slot_is_not_swapped() {
    let (context, folder) = ready(Kind::GitHub);
    let ran = release(&context, &folder, &["--checks", "/version.json json:/version=3.0", "--prove", "500ms"]);
    ran.exits(2).says(["`--prove` is given 2 times"]);
    let arguments =
        ["release", "--app-name", "app1", "--package", &folder, "--checks", "/version.json json:/version=3.0"];
    let ran = context.run("siding", &[arguments.as_slice(), &["--prove", "300ms", "--interval", "100ms"]].concat());
    ran.exits(1).says(["SID0601", "`2.0`, not `3.0`"]);
    assert_eq!((ran.asked("POST", "/slotsswap"), context.version("production")), (0, "1.0".to_owned()));
}

#[test]
fn a_swap_that_cannot_go_ahead_is_known_before_anything_is_deployed() {
    let (context, folder) = ready(Kind::GitHub);
    assert_eq!(context.arm(siding::world::http::Method::POST, "/slots/staging/stop", None).0, 200);
    let ran = release(&context, &folder, &[]);
    ran.exits(1).says(["SID0401", "slot `staging` is Stopped"]);
    assert_eq!(ran.asked("POST", "/api/publish"), 0, "{ran}");
}

#[test]
fn throttling_and_resets_do_not_stop_a_release() {
    at_once(&["arm.throttle", "net.reset=4"], |fault| {
        let (context, folder) = ready(Kind::GitHub);
        context.fault(fault);
        release(&context, &folder, &[]).exits(0);
        assert_eq!(context.version("production"), "2.0", "{fault}");
    });
}
