//! `slot-swap`: swaps that are proven, and the ways back.

use serde_json::json;
use siding::emulator::Config;
use siding::world::http::Method;

use crate::app::START;
use crate::context::{Context, Kind, Setup};
use crate::ran::Ran;
use crate::started::at_once;

const CHECK: &str = "/version.json status=200";

/// Swaps `staging` into production with waits that fit a fast Azure.
fn swap(context: &Context, more: &[&str]) -> Ran {
    context.run("slot-swap", &quick(more))
}

pub(crate) fn quick<'a>(more: &[&'a str]) -> Vec<&'a str> {
    unwatched(&[&["--watch", "200ms"], more].concat())
}

/// The same, and how long it is watched is said by the caller.
pub(crate) fn unwatched<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["--app-name", "app1", "--slot-name", "staging", "--checks", CHECK];
    arguments.extend(["--interval", "100ms", "--settle", "100ms"]);
    arguments.extend(more);
    arguments
}

/// Version 1.0 is in production, 2.0 on the slot.
fn two_versions(context: &Context) {
    let (old, new) = (context.static_app("1.0"), context.static_app("2.0"));
    at_once(&[(old, "production"), (new, "staging")], |(folder, slot)| context.deploy(folder, slot));
}

fn versions(context: &Context) -> [String; 2] {
    [context.version("production"), context.version("staging")]
}

#[test]
fn swaps_watches_and_proves_it() {
    let context = Context::github();
    two_versions(&context);
    let ran = swap(&context, &[]);
    ran.exits(0).says(["passed its checks before the swap", "proven by slotSwapStatus", "held its checks"]);
    assert_eq!(versions(&context), ["2.0", "1.0"]);
    let proof = context.site("production")["slotSwapStatus"].clone();
    assert_eq!(ran.outputs["swap-timestamp"], proof["timestampUtc"].as_str().unwrap());
    assert_eq!(proof["sourceSlotName"], "staging");
    assert_eq!(ran.outputs["url"], context.emulator.app_url("app1", "production"));
    assert_eq!(ran.asked("POST", "/slotsswap"), 1, "{ran}");
    assert!(ran.asked("GET", "/operationresults/") > 0, "{ran}");
    assert!(ran.summary.contains("| swapped at |"), "{}", ran.summary);
}

#[test]
fn sticky_settings_stay_with_their_slot_and_the_others_move_with_the_build() {
    let context = Context::github_with(|config| {
        *config = config.clone().with_start_command(Some(START));
        let feature = |value: &str| ("FEATURE".to_owned(), value.to_owned());
        config.sites[0].settings.extend([feature("old")]);
        config.sites[0].slots[0].settings.extend([feature("new")]);
    });
    let (old, new) = (context.python_app("1.0"), context.python_app("2.0"));
    at_once(&[(old, "production"), (new, "staging")], |(folder, slot)| context.deploy(folder, slot));
    let ran = swap(&context, &["--json"]);
    ran.exits(0).says(["settings that move: FEATURE; that stay: ENVIRONMENT_NAME", ": FEATURE (other value)\n"]);
    assert_eq!(ran.json()["settingsChanged"], json!(["FEATURE (other value)"]));
    assert_eq!(ran.json()["swapTimestamp"], context.site("production")["slotSwapStatus"]["timestampUtc"]);
    assert_eq!(context.settings("production"), json!({"ENVIRONMENT_NAME": "production", "FEATURE": "new"}));
    assert_eq!(context.settings("staging"), json!({"ENVIRONMENT_NAME": "staging", "FEATURE": "old"}));
    let served: serde_json::Value = serde_json::from_str(&context.visit("production", "/").body).unwrap();
    assert_eq!(served, json!({"version": "2.0", "environment": "production", "feature": "new"}));
}

#[test]
fn swaps_back_when_the_new_build_fails() {
    let context = Context::azure_pipelines();
    two_versions(&context);
    context.fault("app.fails-after-swap");
    let ran = swap(&context, &[]);
    ran.exits(6).says(["SID0404", "status 500", "`production` serves the old build again", "az webapp log tail"]);
    assert_eq!(versions(&context), ["1.0", "2.0"]);
    assert_eq!(ran.asked("POST", "/slotsswap"), 2, "{ran}");
    assert!(ran.outputs.values().all(String::is_empty), "{ran}");
}

#[test]
fn a_slot_that_does_not_warm_up_is_tried_again_once_and_production_stays() {
    let context = Context::github();
    two_versions(&context);
    context.fault("swap.warmup-fails");
    let ran = swap(&context, &[]);
    ran.exits(1).says(["SID0402", "`production` is untouched", "did not respond to http ping", "request id: "]);
    assert_eq!(versions(&context), ["1.0", "2.0"]);
    assert_eq!(ran.asked("POST", "/slotsswap"), 2, "{ran}");
    assert!(context.site("production")["slotSwapStatus"].is_null());
}

#[test]
fn a_warm_up_that_fails_once_does_not_end_the_swap() {
    let context = Context::github();
    two_versions(&context);
    context.fault("swap.warmup-fails=1");
    swap(&context, &[]).exits(0).says(["swapping again, as it advises"]);
    assert_eq!(versions(&context), ["2.0", "1.0"]);
}

#[test]
fn a_build_that_fails_its_checks_is_not_swapped() {
    let context = Context::github();
    two_versions(&context);
    let ran = swap(&context, &["--checks", "/version.json json:/version=3.0"]);
    ran.exits(1).says(["SID0601", "before the swap; nothing was changed", "`2.0`, not `3.0`"]).changed_nothing();
}

#[test]
fn every_reason_against_a_swap_is_told_at_once() {
    let context = Context::github_with(|config: &mut Config| "B1".clone_into(&mut config.sites[0].plan.sku));
    let on = json!({"properties": {"autoSwapSlotName": "production"}});
    assert_eq!(context.arm(Method::PATCH, "/slots/staging/config/web", Some(on)).0, 200);
    for path in ["/stop", "/slots/staging/stop"] {
        assert_eq!(context.arm(Method::POST, path, None).0, 200);
    }
    let ran = swap(&context, &[]);
    ran.exits(1).changed_nothing();
    ran.says(["SID0401", "nothing was changed", "slot `staging` is Stopped", "slot `production` is Stopped"]);
    ran.says(["the plan's tier `Basic` has no slots", "auto swap into `production` is on"]);
    ran.says(["az webapp start --resource-group rg1 --name app1 --slot staging"]);
}

#[test]
fn a_pending_preview_is_told_with_the_command_that_cancels_it() {
    let context = Context::github();
    two_versions(&context);
    let body = json!({"targetSlot": "production", "preserveVnet": true});
    assert_eq!(context.arm(Method::POST, "/slots/staging/applySlotConfig", Some(body)).0, 200);
    crate::started::until("the preview shows", || !context.site("staging")["targetSwapSlot"].is_null());
    let ran = swap(&context, &[]);
    ran.exits(1).says(["SID0401", "is prepared for a swap with `production`", "--action reset"]).changed_nothing();
    let ran = swap(&context, &["--dry-run", "--json"]);
    assert_eq!(ran.exits(1).json()["failure"]["causes"].as_array().unwrap().len(), 2, "{ran}");
}

#[test]
fn a_swap_that_somebody_else_makes_now_is_in_the_way() {
    let context = Context::new(Kind::GitHub, Setup { speed: 2.0, ..Setup::default() });
    let body = json!({"targetSlot": "production", "preserveVnet": true});
    assert_eq!(context.arm(Method::POST, "/slots/staging/slotsswap", Some(body)).0, 202);
    let ran = swap(&context, &["--checks", "/"]);
    ran.exits(1).says(["SID0401", "is running on slot"]).changed_nothing();
}

#[test]
fn a_dry_run_tells_what_moves_and_changes_nothing() {
    let context = Context::github();
    let ran = swap(&context, &["--dry-run", "--json"]);
    ran.exits(0).changed_nothing();
    assert_eq!((&ran.json()["go"], &ran.json()["stays"]), (&true.into(), &json!(["ENVIRONMENT_NAME"])));
}

#[test]
fn rolls_the_last_swap_back() {
    let context = Context::github();
    two_versions(&context);
    let swapped_at = swap(&context, &[]).exits(0).outputs["swap-timestamp"].clone();
    let ran = swap(&context, &["--action", "rollback", "--swapped-at", &swapped_at]);
    ran.exits(0).says(["rolled back"]);
    assert_eq!(versions(&context), ["1.0", "2.0"]);
    assert_ne!(ran.outputs["swap-timestamp"], swapped_at);
}

#[test]
fn a_roll_back_is_refused_when_somebody_swapped_in_between() {
    let context = Context::github();
    two_versions(&context);
    let swapped_at = swap(&context, &[]).exits(0).outputs["swap-timestamp"].clone();
    context.swap_by_hand();
    let ran = swap(&context, &["--action", "rollback", "--swapped-at", &swapped_at]);
    ran.exits(1).says(["SID0407", "somebody swapped again", "az webapp show"]).changed_nothing();
}

#[test]
fn a_roll_back_without_any_swap_is_refused() {
    let ran = swap(&Context::github(), &["--action", "rollback"]);
    ran.exits(2).says(["`swapped-at` or `swapped-after` is required for a roll-back"]).changed_nothing();
    let ran = swap(&Context::github(), &["--action", "rollback", "--swapped-at", "2026-01-02T03:04:05.678"]);
    ran.exits(1).says(["SID0407", "shows no swap at all"]).changed_nothing();
}

#[test]
fn never_swaps_back_what_somebody_else_has_swapped() {
    let context = Context::github();
    two_versions(&context);
    let check = "/version.json json:/version=2.0";
    let arguments = ["--app-name", "app1", "--slot-name", "staging", "--checks", check, "--watch", "30s"];
    let waits = ["--interval", "100ms", "--settle", "100ms"];
    let mut started = context.start("slot-swap", &[arguments.as_slice(), &waits].concat());
    started.wait_until("it watches", |started| started.stderr().contains("proven by slotSwapStatus"));
    context.swap_by_hand();
    let ran = started.end();
    ran.exits(7).says(["SID0405", "could not be swapped back", "somebody swapped again"]);
    let own = |request: &&siding::emulator::LoggedRequest| request.user_agent.contains("slot-swap");
    let swaps = ran.requests.iter().filter(own).filter(|request| request.path.contains("/slotsswap")).count();
    assert_eq!(swaps, 1, "{ran}");
}

#[test]
fn a_watch_proves_nothing_when_somebody_else_swapped_meanwhile() {
    let context = Context::github();
    two_versions(&context);
    let arguments = ["--app-name", "app1", "--slot-name", "staging", "--checks", "/", "--watch", "3s"];
    let mut started = context.start("slot-swap", &[arguments.as_slice(), &["--interval", "100ms"]].concat());
    started.wait_until("it watches", |started| started.stderr().contains("proven by slotSwapStatus"));
    context.swap_by_hand();
    let ran = started.end();
    ran.exits(1).says(["SID0403", "somebody else swapped `production` during the watch", "slotSwapStatus"]);
    assert!(ran.outputs.values().all(String::is_empty), "{ran}");
}

#[test]
fn throttling_and_resets_lead_to_one_swap() {
    at_once(&["arm.throttle", "net.reset", "net.reset=4"], |fault| {
        let context = Context::github();
        two_versions(&context);
        context.fault(fault);
        let ran = swap(&context, &[]);
        ran.exits(0);
        let accepted = |path: &str, status: u16| path.contains("/slotsswap") && status == 202;
        let swaps = ran.requests.iter().filter(|request| accepted(&request.path, request.status)).count();
        assert_eq!(swaps, 1, "{fault}\n{ran}");
        assert_eq!(versions(&context), ["2.0", "1.0"], "{fault}");
    });
}

#[test]
fn a_swap_that_takes_too_long_goes_on_and_says_so() {
    let context = Context::new(Kind::GitHub, Setup { speed: 2.0, ..Setup::default() });
    let ran = swap(&context, &["--checks", "/", "--timeout", "1s"]);
    ran.exits(5).says(["SID0406", "it goes on in Azure; nothing was cancelled"]);
}

#[test]
fn slots_that_make_no_sense_are_refused_before_anything_is_asked() {
    let context = Context::github();
    for (slot, target, says) in [
        ("staging", "Staging", "a slot cannot be swapped with itself"),
        ("Production", "staging", "`production` belongs into `target-slot`"),
    ] {
        let ran = context.run("slot-swap", &["--app-name", "app1", "--slot-name", slot, "--target-slot", target]);
        ran.exits(2).says([says]);
        assert!(ran.requests.is_empty(), "{ran}");
    }
}
