//! `slot-swap --preview`: the target's settings are tried on the slot first. `--max-p95`: slow answers swap back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::app::START;
use crate::context::Context;
use crate::impostor::Reply;
use crate::liar::{Lies, site};
use crate::ran::Ran;
use crate::started::at_once;

const QUICK: [&str; 10] =
    ["--app-name", "app1", "--slot-name", "staging", "--watch", "200ms", "--interval", "100ms", "--settle", "2s"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    QUICK.iter().chain(more).copied().collect()
}

/// Version 1.0 is in production, 2.0 on the slot; each has a value of `FEATURE` that stays with the slot.
fn two_versions() -> Context {
    let context = Context::github_with(|config| {
        *config = config.clone().with_start_command(Some(START));
        let feature = |value: &str| ("FEATURE".to_owned(), value.to_owned());
        config.sites[0].settings.extend([feature("old")]);
        config.sites[0].slots[0].settings.extend([feature("new")]);
        config.sites[0].sticky_settings.push("FEATURE".to_owned());
    });
    let (old, new) = (context.python_app("1.0"), context.python_app("2.0"));
    at_once(&[(old, "production"), (new, "staging")], |(folder, slot)| context.deploy(folder, slot));
    context
}

/// Which version is in production, and for which swap the slot is prepared.
fn state(context: &Context) -> (String, serde_json::Value) {
    let served: serde_json::Value = serde_json::from_str(&context.visit("production", "/").body).unwrap();
    (served["version"].as_str().unwrap().to_owned(), context.site("staging")["targetSwapSlot"].clone())
}

/// Nothing was swapped, and no slot is prepared.
#[track_caller]
fn all_is_back(context: &Context, ran: &Ran) {
    assert_eq!(state(context), ("1.0".to_owned(), json!(null)), "{ran}");
    assert_eq!((ran.asked("POST", "/slotsswap"), ran.outputs.len()), (0, 0), "{ran}");
    assert!(ran.asked("POST", "/resetSlotConfig") > 0, "{ran}");
}

#[test]
fn proves_the_slot_with_the_settings_of_the_target_and_completes_the_swap() {
    let context = two_versions();
    let ran = context.run("slot-swap", &with(&["--preview", "--checks", "/ status=200"]));
    ran.exits(0).says(["`staging` runs with the settings of `production` now", "proven by slotSwapStatus"]);
    ran.says(["passed its checks with the settings of `production`"]);
    assert_eq!([ran.asked("POST", "/applySlotConfig"), ran.asked("POST", "/slotsswap")], [1, 1], "{ran}");
    assert_eq!(state(&context), ("2.0".to_owned(), json!(null)));
}

#[test]
fn a_build_that_fails_with_the_settings_of_the_target_is_not_swapped() {
    let context = two_versions();
    let ran = context.run("slot-swap", &with(&["--preview", "--checks", "/ json:/feature=new"]));
    ran.exits(1).says(["SID0601", "slot `staging` failed its checks with the settings of `production`"]);
    ran.says(["`old`, not `new`", "the preview was cancelled: both slots have their own settings again"]);
    all_is_back(&context, &ran);
}

#[test]
fn a_cancelled_preview_takes_the_settings_back_before_it_ends() {
    let context = two_versions();
    let more = ["--preview", "--checks", "/ json:/feature=new", "--settle", "1m"];
    let mut started = context.start("slot-swap", &[&QUICK[..8], &more].concat());
    started.interrupt_when("it is prepared", |started| started.stderr().contains("runs with the settings of"));
    let ran = started.end();
    ran.exits(130).says(["SID0901", "cancelled by SIGINT", "the preview was cancelled"]);
    all_is_back(&context, &ran);
}

#[test]
fn a_swap_that_fails_after_the_preview_leaves_no_slot_prepared() {
    let context = two_versions();
    context.fault("swap.warmup-fails");
    let ran = context.run("slot-swap", &with(&["--preview", "--checks", "/"]));
    ran.exits(1).says(["SID0402", "`production` is untouched", "the preview was cancelled"]);
    assert_eq!(state(&context), ("1.0".to_owned(), json!(null)), "{ran}");
}

#[test]
fn a_preview_that_cannot_be_cancelled_is_told_with_the_command() {
    let lies = Lies::new();
    let prepared = Arc::new(AtomicBool::new(false));
    let arguments = [&["--resource-group", "rg1", "--preview"], &with(&[])[..8], &["--settle", "100ms"]].concat();
    let (ran, _cloud) = lies.run(("slot-swap", &arguments), move |request| {
        if request.is("POST", "/applySlotConfig") {
            prepared.store(true, Ordering::Relaxed);
        }
        let forbidden = json!({"error": {"code": "AuthorizationFailed", "message": "no"}});
        match request.path.split('?').next().unwrap() {
            path if path.ends_with("/resetSlotConfig") => Some(Reply::new(403, forbidden)),
            _ if !prepared.load(Ordering::Relaxed) => None,
            "/" => Some(Reply::new(500, "")),
            path if path.ends_with("/slots/staging") => {
                let mut staging = site("app1-staging", request.port(), &json!(null));
                staging["properties"]["targetSwapSlot"] = "production".into();
                Some(Reply::new(200, staging))
            }
            _ => None,
        }
    });
    ran.exits(7).says(["SID0410", "the settings of both slots are frozen", "may not cancel the preview"]);
    ran.says(["az webapp deployment slot swap --action reset --resource-group rg1 --name app1 --slot staging"]);
}

#[test]
fn answers_that_are_too_slow_swap_back() {
    let context = two_versions();
    let checks = "/slow\n".repeat(20);
    let quick = ["--watch", "50s", "--settle", "0s", "--max-p95", "5ms", "--checks", &checks];
    let ran = context.run("slot-swap", &[&QUICK[..4], &["--interval", "100ms"], &quick[..]].concat());
    ran.exits(6).says(["SID0404", "answers too slowly after the swap", "95 % of 60 probes took up to "]);
    ran.says([", more than the 5 ms of `max-p95`", "`production` serves the old build again"]);
}

#[test]
fn what_the_probes_took_is_told_and_too_few_decide_nothing() {
    let context = two_versions();
    let checks = "/\n".repeat(20);
    let quick = ["--settle", "0s", "--max-p95", "1m", "--json", "--checks", &checks];
    let ran = context.run("slot-swap", &[&QUICK[..8], &quick[..]].concat());
    ran.exits(0).says(["probes: 95 % took up to "]);
    assert!(ran.summary.contains("| probes | 95 % took up to "), "{}", ran.summary);
    let few = ["--settle", "0s", "--max-p95", "1ms", "--checks", "/slow", "--action", "swap"];
    context.run("slot-swap", &[&QUICK[..8], &few[..]].concat()).exits(0).says(["`max-p95` was not judged: "]);
}

#[test]
fn what_does_not_go_together_is_refused_before_anything_is_asked() {
    let context = Context::github();
    for (more, says) in [
        (["--preview", "--ramp", "10"].as_slice(), "`preview` and `ramp` do not go together"),
        (&["--preview", "--action", "rollback"], "`preview` goes with `--action swap`"),
        (&["--max-p95", "1s", "--action", "rollback"], "`max-p95` goes with `--action swap`"),
    ] {
        let ran = context.run("slot-swap", &with(more));
        ran.exits(2).says(["SID0001", says]);
        assert!(ran.requests.is_empty(), "{ran}");
    }
}
