//! Swaps that are cut off, and the later step of the job that takes them back: `--action rollback --swapped-after`.

use serde_json::json;
use siding::emulator::config::Slot;
use siding::world::http::Method;

use crate::context::{Context, Kind, Setup};
use crate::ran::Ran;
use crate::slot_swap::unwatched;
use crate::started::{Started, at_once, until};

/// A probe that is late on a busy machine ends no watch.
fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    unwatched(&[&["--failures", "3"], more].concat())
}

/// Version 1.0 in production and 2.0 on the slot of an Azure that swaps slowly enough to be looked at.
fn two_versions(kind: Kind, speed: f64) -> Context {
    let mut setup = Setup { speed, ..Setup::default() };
    let other = Slot { name: "other".to_owned(), ..setup.config.sites[0].slots[0].clone() };
    setup.config.sites[0].slots.push(other);
    let context = Context::new(kind, setup);
    let (old, new) = (context.static_app("1.0"), context.static_app("2.0"));
    at_once(&[(old, "production"), (new, "staging")], |(folder, slot)| context.deploy(folder, slot));
    context
}

/// The step of the job that runs when it failed or was cancelled, with the outputs of the step that swapped.
fn undo(context: &Context, swap: &Ran, more: &[&str]) -> Ran {
    let [at, after] = told(swap);
    let inputs = [("INPUT_SWAPPED_AT", at.as_str()), ("INPUT_SWAPPED_AFTER", after.as_str())];
    let arguments = with(&[&["--action", "rollback", "--watch", "200ms"], more].concat());
    context.run_with("slot-swap", &arguments, &inputs)
}

/// `swap-timestamp` and `swap-before`. Both must be set where one is: Azure Pipelines leaves the name of one that is not.
fn told(ran: &Ran) -> [String; 2] {
    [["swap-timestamp", "swapTimestamp"], ["swap-before", "swapBefore"]].map(|names| {
        let told = names.iter().find_map(|name| ran.outputs.get(*name));
        told.unwrap_or_else(|| panic!("{names:?} was not told\n{ran}")).clone()
    })
}

fn nothing() -> [String; 2] {
    ["", ""].map(str::to_owned)
}

/// How many swaps Azure has begun.
fn swaps(context: &Context) -> usize {
    let requests = context.emulator.requests();
    requests.iter().filter(|request| request.status == 202 && request.path.contains("/slotsswap")).count()
}

/// The time of production's last swap.
fn last_swap(context: &Context) -> String {
    context.site("production")["slotSwapStatus"]["timestampUtc"].as_str().unwrap().to_owned()
}

fn terminate(mut started: Started<'_>) -> Ran {
    started.signal("SIGTERM");
    started.end()
}

#[test]
fn a_swap_that_is_cut_off_is_waited_for_and_taken_back() {
    at_once(&[Kind::GitHub, Kind::AzurePipelines], |kind| {
        let context = two_versions(*kind, 20.0);
        let mut started = context.start("slot-swap", &with(&[]));
        started.wait_until("Azure swaps", |_| swaps(&context) == 1);
        let cut = terminate(started);
        cut.exits(130).says(["may be running in Azure", "--action rollback", "--swapped-after none"]);
        assert_eq!(told(&cut), ["", "none"], "{cut}");
        assert!(
            !context.site("production")["inProgressOperationId"].is_null(),
            "it is over too early to be waited for"
        );
        let ran = undo(&context, &cut, &[]);
        ran.exits(0).says(["is running on the slots; waiting for its end", "rolled back"]);
        assert_eq!((context.version("production"), context.version("staging")), ("1.0".to_owned(), "2.0".to_owned()));
        assert_eq!(swaps(&context), 2, "{ran}");
    });
}

#[test]
fn a_watch_that_is_cut_off_is_taken_back_by_the_time_of_its_swap() {
    let context = two_versions(Kind::GitHub, 200.0);
    context.swap_by_hand();
    context.swap_by_hand();
    let before = last_swap(&context);
    let mut started = context.start("slot-swap", &with(&["--watch", "5m"]));
    started.wait_until("it watches", |started| started.stderr().contains("proven by slotSwapStatus"));
    let cut = terminate(started);
    assert_eq!(told(cut.exits(130)), [last_swap(&context), before], "{cut}");
    undo(&context, &cut, &[]).exits(0).says(["rolled back"]).never_says("waiting for");
    assert_eq!(context.version("production"), "1.0");
}

#[test]
fn a_release_that_is_cut_off_tells_the_same() {
    let context = two_versions(Kind::GitHub, 20.0);
    let folder = context.static_app("2.0");
    let arguments = ["--app-name", "app1", "--package", &folder, "--successes", "1", "--interval", "100ms"];
    let mut started = context.start("siding-release", &arguments);
    started.wait_until("Azure swaps", |_| swaps(&context) == 1);
    let cut = terminate(started);
    assert_eq!(told(cut.exits(130)), ["", "none"], "{cut}");
    undo(&context, &cut, &[]).exits(0).says(["rolled back"]);
    assert_eq!(context.version("production"), "1.0");
}

#[test]
fn a_swap_that_azure_could_not_make_leaves_nothing_to_undo() {
    at_once(&[Kind::GitHub, Kind::AzurePipelines], |kind| {
        let context = two_versions(*kind, 200.0);
        context.fault("swap.warmup-fails");
        let ran = context.run("slot-swap", &with(&[]));
        assert_eq!(told(ran.exits(1).says(["SID0402"])), nothing(), "{ran}");
    });
}

#[test]
fn a_swap_that_is_swapped_back_is_nobody_elses_to_undo_from_the_moment_that_this_begins() {
    let context = two_versions(Kind::GitHub, 20.0);
    context.fault("app.fails-after-swap");
    let mut started = context.start("slot-swap", &with(&["--watch", "5m"]));
    started.wait_until("Azure swaps back", |_| swaps(&context) == 2);
    let cut = terminate(started);
    cut.exits(130).says(["the swap that takes the build in `production` of `app1` back to `staging` may be running"]);
    assert_eq!(told(&cut), nothing(), "{cut}");
    until("Azure is done", || context.site("production")["inProgressOperationId"].is_null());
    assert_eq!(context.version("production"), "1.0");
}

#[test]
fn a_swap_back_that_something_else_holds_up_is_left_to_the_later_step() {
    let context = two_versions(Kind::GitHub, 20.0);
    context.fault("app.fails-after-swap");
    let mut started = context.start("slot-swap", &with(&["--watch", "5m"]));
    started.wait_until("it watches", |started| started.stderr().contains("proven by slotSwapStatus"));
    let body = json!({"targetSlot": "staging", "preserveVnet": true});
    assert_eq!(context.arm(Method::POST, "/slots/other/slotsswap", Some(body)).0, 202);
    started.wait_until("it waits", |started| started.stderr().contains("another operation is running on the app"));
    let cut = terminate(started);
    cut.exits(130).says(["serves the new build", "--swapped-at"]);
    assert_eq!(told(&cut), [last_swap(&context), "none".to_owned()], "{cut}");
}

#[test]
fn where_nothing_was_swapped_since_nothing_is_undone() {
    let context = two_versions(Kind::GitHub, 200.0);
    let asked = |after: &str| {
        let ran = context.run(
            "slot-swap",
            &with(&["--action", "rollback", "--swapped-at", "", "--swapped-after", after, "--timeout", "1s"]),
        );
        ran.exits(0).says(["nothing is to be undone: `production` of `app1` was not swapped since"]).changed_nothing();
    };
    asked("none");
    context.swap_by_hand();
    asked(&last_swap(&context));
}

#[test]
fn what_came_from_another_slot_is_not_undone() {
    let context = two_versions(Kind::GitHub, 20.0);
    let body = json!({"targetSlot": "production", "preserveVnet": true});
    assert_eq!(context.arm(Method::POST, "/slots/other/slotsswap", Some(body)).0, 202);
    let ran = context.run("slot-swap", &with(&["--action", "rollback", "--swapped-after", "none"]));
    ran.exits(1).says(["waiting for its end", "SID0407", "the last swap of `production` came from `other`"]);
    ran.changed_nothing();
}

#[test]
fn a_swap_that_does_not_end_in_time_is_not_undone() {
    let context = Context::new(Kind::GitHub, Setup { speed: 1.0, ..Setup::default() });
    let body = json!({"targetSlot": "production", "preserveVnet": true});
    assert_eq!(context.arm(Method::POST, "/slots/staging/slotsswap", Some(body)).0, 202);
    let ran = context.run("slot-swap", &with(&["--action", "rollback", "--swapped-after", "none", "--timeout", "1s"]));
    ran.exits(5).says(["SID0406", "slotSwapStatus"]).changed_nothing();
}

#[test]
fn what_is_to_be_undone_must_be_said_in_full() {
    let context = Context::github();
    let roll_back = ["--action", "rollback"];
    for (more, says) in [
        (&roll_back[..], "`swapped-at` or `swapped-after` is required for a roll-back"),
        (&[&roll_back[..], &["--swapped-at", "", "--swapped-after", ""]].concat(), "is required for a roll-back"),
        (&[&roll_back[..], &["--swapped-at", "none"]].concat(), "`swapped-at` is `none`; it must be a time"),
        (&[&roll_back[..], &["--swapped-after", "today"]].concat(), "such as `2026-01-02T03:04:05.678`, or `none`"),
        (&["--swapped-after", "none"], "`swapped-after` says which swap to undo; it goes with `--action rollback`"),
    ] {
        context.run("slot-swap", &with(more)).exits(2).says([says]).changed_nothing();
    }
}
