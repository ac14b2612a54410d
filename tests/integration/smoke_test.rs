//! `smoke-test`: checks on what a URL serves, with a deadline.

use siding::world::http::Method;

use crate::context::Context;
use crate::started::at_once;

/// For what fails at its deadline.
fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().chain(&["--interval", "100ms", "--timeout", "300ms"]).copied().collect()
}

/// For what passes: a machine that is busy takes its time.
fn passing<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().chain(&["--interval", "100ms", "--timeout", "30s"]).copied().collect()
}

#[test]
fn finds_the_url_of_a_slot_and_checks_it_three_times() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    context.deploy(&folder, "staging");
    let ran = context.run(
        "smoke-test",
        &passing(&[
            "--app-name",
            "app1",
            "--slot-name",
            "staging",
            "--checks",
            "/version.json status=200 json:/version=1.0",
        ]),
    );
    ran.exits(0).says(["passed 3 times in a row"]).changed_nothing();
    assert!(ran.outputs["url"].starts_with("https://app1-staging.azurewebsites.localhost:"), "{ran}");
    assert!(ran.outputs["slowest-ms"].parse::<u64>().is_ok(), "{ran}");
    assert_eq!(ran.asked("GET", "/version.json"), 3, "{ran}");
}

#[test]
fn a_slot_that_does_not_exist_is_told_with_the_nearest() {
    let ran = Context::github().run("smoke-test", &with(&["--app-name", "app1", "--slot-name", "stagin"]));
    ran.exits(4).says(["SID0205", "az webapp deployment slot list", "did you mean the slot `staging`?"]);
}

#[test]
fn tests_a_given_url_without_any_identity() {
    let context = Context::shell();
    let url = context.emulator.app_url("app1", "production");
    let nobody = [("AZURE_CLIENT_SECRET", ""), ("AZURE_CLIENT_ID", ""), ("AZURE_TENANT_ID", "")];
    let ran = context.run_with("smoke-test", &passing(&[&url, "--json", "--successes", "2"]), &nobody);
    ran.exits(0);
    assert_eq!(ran.json()["rounds"], 2);
    assert_eq!(ran.asked("POST", "token"), 0, "{ran}");
}

#[test]
fn says_what_each_failing_check_found() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    context.deploy(&folder, "production");
    let url = context.emulator.app_url("app1", "production");
    let checks = [
        ("/nothing", "status 404"),
        ("/ status=204", "status 200"),
        ("/ contains=\"all is well\"", "the body does not contain `all is well`"),
        ("/version.json json:/version=2.0", "/version is `1.0`, not `2.0`"),
        ("/version.json json:/nothing=x", "/nothing is nothing"),
        ("/ json:/version=1.0", "the body is not JSON"),
        ("/ within=0ms", "more than 0 ms"),
    ];
    at_once(&checks, |(check, found)| {
        let ran = context.run("smoke-test", &with(&["--url", &url, "--checks", check]));
        ran.exits(1).says(["SID0601", found, "curl --include"]);
    });
}

#[test]
fn passes_as_soon_as_the_app_recovers() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    let url = context.emulator.app_url("app1", "production");
    let checks = ["--url", &url, "--checks", "/version.json json:/version=1.0"];
    let waits = ["--interval", "100ms", "--timeout", "20s", "--successes", "2"];
    let mut started = context.start("smoke-test", &[checks.as_slice(), &waits].concat());
    started.wait_until("it has seen a failure", |started| started.stderr().contains("not yet: "));
    context.deploy(&folder, "production");
    let ran = started.end();
    ran.exits(0).says(["not yet: ", "passed 2 times in a row"]);
}

#[test]
fn a_host_that_does_not_answer_is_named() {
    let ran = Context::shell().run("smoke-test", &with(&["--url", "https://127.0.0.1:9"]));
    ran.exits(1).says(["SID0601", "https://127.0.0.1:9"]);
}

#[test]
fn a_certificate_that_is_not_trusted_is_told_with_the_variable_that_helps() {
    let context = Context::github();
    let url = context.emulator.app_url("app1", "production");
    let ran = context.run_with("smoke-test", &with(&["--url", &url]), &[("SSL_CERT_FILE", "")]);
    ran.exits(1).says(["SID0601", "name a PEM file with its CA in `SSL_CERT_FILE`"]);
}

#[test]
fn a_url_with_a_path_is_asked_as_it_is_or_is_where_the_checks_lie() {
    let context = Context::github();
    context.file("site/api/index.html", "the api\n");
    context.file("site/api/version.json", "{\"version\": \"1.0\"}");
    context.deploy("site", "production");
    let url = format!("{}/api/version.json?code=geheim", context.emulator.app_url("app1", "production"));
    let ran = context.run("smoke-test", &passing(&[&url, "--successes", "1"]));
    ran.exits(0).never_says("geheim");
    assert_eq!(ran.asked("GET", "/api/version.json?code=geheim"), 1, "{ran}");
    assert!(ran.outputs["url"].ends_with("/api/version.json") && !ran.summary.contains("geheim"), "{ran}");

    let base = format!("{}/api?code=geheim", context.emulator.app_url("app1", "production"));
    let check = "/version.json?token=geheim json:/version=";
    let ran = context.run("smoke-test", &passing(&[&base, "--checks", &format!("{check}1.0"), "--successes", "1"]));
    ran.exits(0).never_says("geheim");
    assert_eq!(ran.asked("GET", "/api/version.json?token=geheim"), 1, "{ran}");
    let ran = context.run("smoke-test", &with(&[&base, "--checks", &format!("{check}2.0")]));
    ran.exits(1)
        .says(["`/version.json json:/version=2.0`", "curl --include", "/api/version.json"])
        .never_says("geheim");
    assert!(!ran.stdout.contains("geheim") && !ran.summary.contains("geheim"), "{ran}");
}

#[test]
fn a_watch_that_holds_ends_at_its_time() {
    let context = Context::github();
    let url = context.emulator.app_url("app1", "production");
    let ran = context.run("smoke-test", &passing(&["--url", &url, "--watch", "400ms", "--successes", "1", "--json"]));
    ran.exits(0).says(["passed 1 times in a row", "held its checks for "]);
    assert!(ran.json()["watchedMs"].as_u64().unwrap() >= 400, "{ran}");
    assert!(ran.summary.contains("| watched |"), "{}", ran.summary);
}

#[test]
fn a_watch_tells_that_the_app_passed_first_and_how_much_later_it_broke() {
    let context = Context::github();
    let url = context.emulator.app_url("app1", "production");
    let waits = ["--interval", "100ms", "--watch", "1m", "--failures", "2"];
    let mut started = context.start("smoke-test", &[&["--url", url.as_str()], &waits[..]].concat());
    started.wait_until("it has passed", |started| started.stderr().contains("passed 3 times in a row"));
    assert_eq!(context.arm(Method::POST, "/stop", None).0, 200);
    let ran = started.end();
    ran.exits(1).says(["SID0601", "passed its checks first and broke ", " later"]);
    ran.says(["2 rounds in a row failed during the watch", "status 403", "curl --include"]);
    assert!(ran.outputs.is_empty(), "{ran}");
}
