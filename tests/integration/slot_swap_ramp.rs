//! `slot-swap --ramp`: traffic in steps before the swap, and all of it back whatever happens.

use serde_json::{Value, json};
use siding::world::http::Method;

use crate::context::Context;
use crate::ran::Ran;
use crate::slot_swap::quick;
use crate::started::{Started, at_once};

/// Version 1.0 is in production, 2.0 on the slot.
fn two_versions(context: &Context) {
    let (old, new) = (context.static_app("1.0"), context.static_app("2.0"));
    at_once(&[(old, "production"), (new, "staging")], |(folder, slot)| context.deploy(folder, slot));
}

fn rules(context: &Context) -> Value {
    context.arm(Method::GET, "/config/web", None).1["properties"]["experiments"]["rampUpRules"].clone()
}

fn route(context: &Context, rules: &Value) {
    let body = json!({"properties": {"experiments": {"rampUpRules": rules}}});
    assert_eq!(context.arm(Method::PATCH, "/config/web", Some(body)).0, 200);
}

fn rule(context: &Context, name: &str, percentage: f64) -> Value {
    let host = context.emulator.app_url("app1", "staging").replace("https://", "");
    json!({"name": name, "actionHostName": host, "reroutePercentage": percentage})
}

/// A ramp-up that stands at 25 % until something happens.
fn at_25(context: &Context) -> Started<'_> {
    let mut started = context.start("slot-swap", &quick(&["--ramp", "25", "--pause", "1m", "--failures", "2"]));
    started.wait_until("25 % go to the slot", |started| started.stderr().contains("25 % of the traffic"));
    assert_eq!(rules(context), json!([rule(context, "staging", 25.0)]));
    started
}

/// Nothing was swapped, and no traffic goes to the slot.
#[track_caller]
fn all_is_back(context: &Context, ran: &Ran) {
    assert_eq!(rules(context), json!([]), "{ran}");
    assert_eq!([context.version("production"), context.version("staging")], ["1.0", "2.0"], "{ran}");
    assert_eq!(ran.asked("POST", "/slotsswap"), 0, "{ran}");
    assert!(ran.outputs.is_empty(), "{ran}");
}

#[test]
fn shares_the_traffic_in_steps_takes_it_back_and_swaps() {
    let context = Context::github();
    two_versions(&context);
    let mut started = context.start("slot-swap", &quick(&["--ramp", "10,99", "--pause", "1s", "--json"]));
    started.wait_until("the last step", |started| started.stderr().contains("99 % of the traffic"));
    let seen: Vec<String> = (0..20).map(|_| context.version("production")).collect();
    assert!(seen.contains(&"2.0".to_owned()), "{seen:?}");
    let ran = started.end();
    ran.exits(0).says(["10 % of the traffic of `production` goes to `staging` for 1.0 s", "proven by slotSwapStatus"]);
    assert_eq!(rules(&context), json!([]));
    assert_eq!([context.version("production"), context.version("staging")], ["2.0", "1.0"]);
    assert_eq!(ran.asked("PATCH", "/config/web"), 3, "{ran}");
    let cleared = ran.requests.iter().rposition(|request| request.method == "PATCH").unwrap();
    let swapped = ran.requests.iter().position(|request| request.path.contains("/slotsswap")).unwrap();
    assert!(cleared < swapped, "the rule must be gone before the swap: it stays with production\n{ran}");
    let steps = ran.json()["ramp"].clone();
    assert_eq!((&steps[0]["percent"], &steps[1]["percent"], &steps[1]["held"]), (&10.into(), &99.into(), &true.into()));
    assert!(ran.summary.contains("| ramp | 10 %: held for ") && ran.summary.contains("| swapped at |"), "{ran}");
}

#[test]
fn a_slot_that_fails_during_the_ramp_up_gets_no_more_traffic_and_is_never_swapped() {
    let context = Context::azure_pipelines();
    two_versions(&context);
    let started = at_25(&context);
    assert_eq!(context.arm(Method::POST, "/slots/staging/stop", None).0, 200);
    let ran = started.end();
    ran.exits(6).says(["SID0408", "was stopped at 25 %; all traffic of `app1` is back on `production`"]);
    ran.says(["failed its checks during the ramp-up", "status 403", "az webapp log tail"]);
    assert!(ran.summary.contains("| ramp | 25 %: stopped |"), "{}", ran.summary);
    assert_eq!(context.arm(Method::POST, "/slots/staging/start", None).0, 200);
    all_is_back(&context, &ran);
}

#[test]
fn a_cancelled_ramp_up_takes_all_traffic_back_before_it_ends() {
    at_once(&["SIGINT", "SIGTERM"], |signal| {
        let context = Context::github();
        two_versions(&context);
        let mut started = at_25(&context);
        started.signal(signal);
        let ran = started.end();
        ran.exits(130).says(["SID0901", &format!("cancelled by {signal}"), "the ramp-up was stopped at 25 %"]);
        all_is_back(&context, &ran);
    });
}

#[test]
fn traffic_that_cannot_be_taken_back_is_told_with_the_command() {
    let context = Context::github();
    two_versions(&context);
    let mut started = at_25(&context);
    // A prepared swap freezes the configuration of both slots.
    let body = json!({"targetSlot": "production", "preserveVnet": true});
    assert_eq!(context.arm(Method::POST, "/slots/staging/applySlotConfig", Some(body)).0, 200);
    started.signal("SIGTERM");
    let ran = started.end();
    ran.exits(7).says(["SID0409", "a share of it may still go to `staging`", "have been prepared for swap"]);
    ran.says(["az webapp traffic-routing clear --resource-group rg1 --name app1"]);
}

#[test]
fn a_rule_that_is_not_ours_and_routes_traffic_is_a_reason_not_to_begin() {
    let context = Context::github();
    two_versions(&context);
    let foreign = json!({"name": "beta", "actionHostName": "other.example", "reroutePercentage": 5.0});
    route(&context, &json!([foreign]));
    for more in [["--ramp", "10"].as_slice(), &["--ramp", "10", "--dry-run"]] {
        let ran = context.run("slot-swap", &quick(more));
        ran.exits(1).says(["SID0401", "traffic rule `beta` sends 5 % of the traffic", "`other.example`"]);
        ran.says(["az webapp traffic-routing clear"]).changed_nothing();
    }
    assert_eq!(rules(&context), json!([foreign]));
    context.run("slot-swap", &quick(&["--dry-run"])).exits(0).says(["before the swap and after it"]);
}

#[test]
fn rules_that_route_nothing_are_kept_and_what_a_killed_run_left_is_removed() {
    let context = Context::github();
    two_versions(&context);
    let idle = json!({"name": "beta", "actionHostName": "other.example", "reroutePercentage": 0.0});
    route(&context, &json!([idle, rule(&context, "staging", 40.0)]));
    context.run("slot-swap", &quick(&["--ramp", "50", "--pause", "200ms"])).exits(0);
    assert_eq!(rules(&context), json!([idle]));
}

#[test]
fn a_ramp_up_that_makes_no_sense_is_refused_before_anything_is_asked() {
    let context = Context::github();
    for (more, says) in [
        (["--ramp", "25,10"].as_slice(), "10 comes after 25"),
        (&["--ramp", "100"], "`100` is not a percentage from 1 to 99"),
        (&["--ramp", "10", "--target-slot", "beta"], "needs `target-slot` to be `production`, not `beta`"),
        (&["--ramp", "10", "--action", "rollback"], "`ramp` goes with `--action swap`"),
        (&["--ramp", "10", "--pause", "0s"], "`pause` is `0s`"),
    ] {
        let ran = context.run("slot-swap", &quick(more));
        ran.exits(2).says(["SID0001", says]);
        assert!(ran.requests.is_empty(), "{ran}");
    }
}
