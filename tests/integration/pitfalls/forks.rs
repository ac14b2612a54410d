//! Pitfall 19: runs that a fork has started and that have this repository's rights sign in to nothing.

use serde_json::{Value, json};

use crate::context::Context;
use crate::ran::Ran;

const OURS: &str = "siding-dev/inventory-api";
const THEIRS: &str = "mallory/inventory-api";

fn pull_request(head: &Value) -> Value {
    json!({"repository": {"full_name": OURS}, "pull_request": {"head": {"repo": head}}})
}

fn workflow_run(head: &str) -> Value {
    json!({"repository": {"full_name": OURS}, "workflow_run": {"head_repository": {"full_name": head}}})
}

/// Runs a tool in a run of this event.
fn run(context: &Context, (program, arguments): (&str, &[&str]), event: &str, payload: &Value) -> Ran {
    let path = context.file("event.json", &payload.to_string()).display().to_string();
    let extra = [("GITHUB_EVENT_NAME", event), ("GITHUB_EVENT_PATH", &path), ("GITHUB_REPOSITORY", OURS)];
    context.run_with(program, arguments, &extra)
}

#[track_caller]
fn refused(ran: &Ran, repository: &str) {
    ran.exits(3).says(["SID0108", repository, "allow-forks: true"]);
    assert!(ran.requests.is_empty(), "{ran}");
}

const LOGIN: (&str, &[&str]) = ("oidc-login", &[]);

#[test]
fn a_run_that_a_fork_has_started_signs_in_to_nothing() {
    let context = Context::github();
    let fork = pull_request(&json!({"full_name": THEIRS}));
    for event in ["pull_request", "pull_request_target"] {
        refused(&run(&context, LOGIN, event, &fork), THEIRS);
    }
    refused(&run(&context, LOGIN, "workflow_run", &workflow_run(THEIRS)), THEIRS);
    refused(&run(&context, LOGIN, "pull_request_target", &pull_request(&Value::Null)), "a fork that has been deleted");
    for event in ["pull_request_target", "workflow_run"] {
        let unread = [("GITHUB_EVENT_NAME", event), ("GITHUB_EVENT_PATH", "gone.json")];
        refused(&context.run_with("oidc-login", &[], &unread), "GITHUB_EVENT_PATH");
    }
}

#[test]
fn every_tool_that_signs_in_refuses_a_fork() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    let fork = pull_request(&json!({"full_name": THEIRS}));
    let tools: [(&str, &[&str]); 5] = [
        ("kv-sync", &["--vault", "kv1", "--secrets", "db-password"]),
        ("zip-deploy", &["--app-name", "app1", "--package", &folder]),
        ("smoke-test", &["--app-name", "app1"]),
        ("slot-swap", &["--app-name", "app1", "--slot-name", "staging"]),
        ("siding", &["release", "--app-name", "app1", "--package", &folder]),
    ];
    for tool in tools {
        refused(&run(&context, tool, "pull_request_target", &fork), THEIRS);
    }
}

#[test]
fn a_run_of_this_repository_signs_in() {
    let context = Context::github();
    let same = pull_request(&json!({"full_name": OURS.to_uppercase()}));
    for event in ["pull_request", "pull_request_target"] {
        run(&context, LOGIN, event, &same).exits(0);
    }
    run(&context, LOGIN, "workflow_run", &workflow_run(OURS)).exits(0);
    run(&context, LOGIN, "push", &json!({"repository": {"full_name": OURS}})).exits(0);
    context.run_with("oidc-login", &[], &[("GITHUB_EVENT_NAME", "push"), ("GITHUB_EVENT_PATH", "gone.json")]).exits(0);
}

#[test]
fn a_fork_is_let_in_only_where_the_job_says_so() {
    let context = Context::github();
    let fork = pull_request(&json!({"full_name": THEIRS}));
    run(&context, ("oidc-login", &["--allow-forks"]), "pull_request_target", &fork).exits(0);
    refused(&run(&context, ("oidc-login", &["--allow-forks=false"]), "pull_request_target", &fork), THEIRS);
}

#[test]
fn azure_pipelines_tells_a_fork_in_a_variable() {
    let context = Context::azure_pipelines();
    let is_fork = |value: &str| context.run_with("oidc-login", &[], &[("SYSTEM_PULLREQUEST_ISFORK", value)]);
    refused(&is_fork("True"), "a fork");
    is_fork("False").exits(0);
}
