//! `slot-swap --max-error-rate`: what visitors get decides as well, not only the checks.

use serde_json::json;
use siding::emulator::config::Role;
use siding::world::http::Method;

use crate::app::START;
use crate::context::Context;
use crate::ran::Ran;
use crate::started::at_once;

/// The checks of `/version.json` pass whatever visitors of other pages get.
const QUICK: [&str; 12] = [
    "--app-name",
    "app1",
    "--slot-name",
    "staging",
    "--checks",
    "/version.json",
    "--interval",
    "100ms",
    "--settle",
    "0s",
    "--max-error-rate",
    "10%",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    QUICK.iter().chain(more).copied().collect()
}

/// Version 1.0 is in production, 2.0 on the slot, both with a page that fails.
fn two_versions() -> Context {
    let context = Context::github_with(|config| *config = config.clone().with_start_command(Some(START)));
    let (old, new) = (context.python_app("1.0"), context.python_app("2.0"));
    at_once(&[(old, "production"), (new, "staging")], |(folder, slot)| context.deploy(folder, slot));
    context
}

fn visit(context: &Context, slot: &str, path: &str, status: u16) {
    for _ in 0..40 {
        assert_eq!(context.visit(slot, path).status, status);
    }
}

fn swaps(ran: &Ran) -> usize {
    ran.asked("POST", "/slotsswap")
}

#[test]
fn swaps_back_when_the_error_rate_passes_the_limit() {
    let context = two_versions();
    let mut started = context.start("slot-swap", &with(&["--watch", "50s"]));
    started.wait_until("it watches", |started| started.stderr().contains("proven by slotSwapStatus"));
    visit(&context, "production", "/broken", 500);
    let ran = started.end();
    ran.exits(6).says([
        "SID0404",
        "answers with too many errors after the swap",
        "errors of `production` in the last 5 min",
    ]);
    ran.says([" requests), more than the 10 % of `max-error-rate`", "`production` serves the old build again"]);
    assert_eq!((swaps(&ran), context.version("production")), (2, "1.0".to_owned()), "{ran}");
}

#[test]
fn errors_below_the_limit_are_told_and_the_swap_stands() {
    let context = two_versions();
    let mut started = context.start("slot-swap", &with(&["--watch", "3s", "--json"]));
    started.wait_until("it watches", |started| started.stderr().contains("proven by slotSwapStatus"));
    visit(&context, "production", "/", 200);
    let ran = started.end();
    ran.exits(0).says(["errors of `production`: 0.0 % (0 of "]);
    assert!(ran.summary.contains("| errors | 0.0 % (0 of "), "{}", ran.summary);
    assert!(ran.json()["errors"].as_str().unwrap().starts_with("0.0 %"), "{ran}");
    assert!(ran.asked("GET", "/providers/Microsoft.Insights/metrics") >= 3, "{ran}");
}

#[test]
fn errors_of_the_old_build_and_too_few_requests_decide_nothing() {
    let context = two_versions();
    visit(&context, "production", "/broken", 500);
    let ran = context.run("slot-swap", &with(&["--watch", "300ms"]));
    ran.exits(0).says(["was not judged: Azure Monitor counted ", "fewer than 20"]);
    assert_eq!((swaps(&ran), context.version("production")), (1, "2.0".to_owned()), "{ran}");
}

#[test]
fn a_slot_with_too_many_errors_gets_no_more_traffic() {
    let context = two_versions();
    let mut started = context.start("slot-swap", &with(&["--ramp", "10", "--pause", "50s"]));
    started.wait_until("10 % go to the slot", |started| started.stderr().contains("10 % of the traffic"));
    visit(&context, "staging", "/broken", 500);
    let ran = started.end();
    ran.exits(6).says(["SID0408", "stopped at 10 %", "answers with too many errors during the ramp-up"]);
    let web = context.arm(Method::GET, "/config/web", None).1;
    assert_eq!((swaps(&ran), &web["properties"]["experiments"]["rampUpRules"]), (0, &json!([])), "{ran}");
}

#[test]
fn who_may_not_read_metrics_is_told_before_anything_is_swapped() {
    let context = Context::github_with(|config| {
        config.tenants[0].applications[0].role = Role::WebsiteContributor;
    });
    for more in [["--watch", "200ms"].as_slice(), &["--dry-run"], &["--ramp", "10", "--pause", "200ms"]] {
        let ran = context.run("slot-swap", &[&with(more)[..4], &with(more)[6..], &["--checks", "/"]].concat());
        ran.exits(4).says(["SID0204", "may not read the request metrics of `app1`", "Microsoft.Insights/metrics/read"]);
        ran.says(["az role assignment create", "--role 'Monitoring Reader'"]).changed_nothing();
    }
}

#[test]
fn a_share_that_is_none_is_refused_before_anything_is_asked() {
    let context = Context::github();
    for (more, says) in [
        (["--max-error-rate", "many"].as_slice(), "`max-error-rate` is `many`"),
        (&["--max-error-rate", "100%"], "below 100, such as `5%`"),
        (&["--max-error-rate", "5%", "--action", "rollback"], "`max-error-rate` goes with `--action swap`"),
    ] {
        let ran = context.run("slot-swap", &[&QUICK[..10], more].concat());
        ran.exits(2).says(["SID0001", says]);
        assert!(ran.requests.is_empty(), "{ran}");
    }
}
