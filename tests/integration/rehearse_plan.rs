//! `siding rehearse --environment`: the jobs of a plan, step by step, against an emulator of their own.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::context::Context;
use crate::ran::Ran;
use crate::started::at_once;

const FLASK: &str = "000-flask-blue-green";
const BICEP: &str = "002-fastapi-bicep-oidc";
const STANDARD: &str = "003-app-service-standard";

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn version() -> String {
    std::fs::read_to_string(examples().join("inventory-api/VERSION")).unwrap().trim().to_owned()
}

fn rehearse_with(context: &Context, config: &str, environment: &str, more: &[&str]) -> Ran {
    let app = examples().join("inventory-api").display().to_string();
    let arguments = ["rehearse", &app, "--environment", environment, "--config", config, "--json"];
    let ran = context.run("siding", &[&arguments, more].concat());
    assert!(ran.requests.is_empty(), "{ran}");
    ran
}

/// Rehearses an environment of an example. The context's own emulator plays no part in it.
fn rehearse(example: &str, environment: &str, more: &[&str]) -> Ran {
    let config = examples().join(example).join("siding.yml").display().to_string();
    rehearse_with(&Context::shell(), &config, environment, more)
}

/// The steps of a job with their results, in order.
fn steps(result: &Value, job: &str) -> Vec<(String, String)> {
    let jobs = result["jobs"].as_array().unwrap();
    let found = jobs.iter().find(|row| row["id"] == job).unwrap_or_else(|| panic!("no job `{job}` in {result:#}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    found["steps"].as_array().unwrap().iter().map(|step| (text(&step["id"]), text(&step["result"]))).collect()
}

#[track_caller]
fn assert_steps(result: &Value, job: &str, expected: &[(&str, &str)]) {
    let steps = steps(result, job);
    let wanted = |id: &str| expected.iter().any(|(known, _)| *known == id);
    let found: Vec<(&str, &str)> =
        steps.iter().filter(|(id, _)| wanted(id)).map(|(id, result)| (id.as_str(), result.as_str())).collect();
    assert_eq!(found, expected, "{result:#}");
}

#[test]
fn production_of_a_blue_green_app_is_staged_first_and_then_really_swapped() {
    let ran = rehearse(FLASK, "production", &[]);
    let result = ran.exits(0).says(["first `staging`", "held its checks for 5 min"]).json();
    assert_steps(
        &result,
        "staging-web",
        &[("web-verify", "passed"), ("web-deploy", "passed"), ("web-prove", "passed")],
    );
    assert_steps(
        &result,
        "production-web",
        &[("web-verify", "passed"), ("web-swap", "passed"), ("web-undo", "skipped"), ("record", "passed")],
    );
    assert_eq!((&result["after"]["version"], &result["production"]["failed"]), (&version().into(), &0.into()), "{ran}");
}

#[test]
fn a_direct_release_is_proven_by_its_commit() {
    let ran = rehearse(BICEP, "production", &[]);
    let result = ran.exits(0).says(["held its checks for 2 min"]).json();
    let expected = [
        ("api-previous", "passed"),
        ("api-deploy", "passed"),
        ("api-prove", "passed"),
        ("api-return", "skipped"),
        ("api-returned", "skipped"),
    ];
    assert_steps(&result, "production-api", &expected);
    assert_eq!(result["after"]["version"], version().as_str(), "{ran}");
}

#[test]
fn a_direct_release_that_crashes_is_put_back() {
    let ran = rehearse(BICEP, "production", &["--fault", "app.crashes-on-start@api-deploy"]);
    let result = &ran.exits(1).says(["SID0305", "last lines of"]).json()["result"];
    let expected = [("api-deploy", "failed"), ("api-return", "passed"), ("api-returned", "passed")];
    assert_steps(result, "production-api", &expected);
    assert_eq!(result["after"]["version"], format!("{}-previous", version()), "{ran}");
}

#[test]
fn worker_and_scheduler_follow_the_swap() {
    let ran = rehearse(STANDARD, "production", &[]);
    let result = ran.exits(0).json();
    let expected = [
        ("backend-secret", "passed"),
        ("backend-migrate", "not-rehearsed"),
        ("backend-swap", "passed"),
        ("worker-deploy", "passed"),
        ("scheduler-deploy", "passed"),
        ("scheduler-single", "not-rehearsed"),
        ("frontend-deploy", "not-rehearsed"),
        ("backend-undo", "skipped"),
        ("keep-record", "passed"),
    ];
    assert_steps(&result, "production-backend", &expected);
    ran.says([
        "not rehearsed: Deploy frontend: Static Web Apps are not emulated",
        "not rehearsed: job `staging-backend-tests`",
        "held its checks for 10 min",
        "errors of `production`: 0.0 %",
    ]);
    assert_eq!(result["after"]["version"], version().as_str(), "{ran}");
}

#[test]
fn other_environments_end_where_they_are_live() {
    at_once(&[("dev", version()), ("staging", format!("{}-previous", version()))], |(environment, served)| {
        let ran = rehearse(STANDARD, environment, &[]);
        ran.exits(0).never_says("first `");
        assert_eq!(ran.json()["after"]["version"], served.as_str(), "{ran}");
    });
}

#[test]
fn what_is_rehearsed_is_what_is_rendered() {
    let config = examples().join(STANDARD).join("siding.yml").display().to_string();
    let context = Context::shell();
    let workflow = context
        .run("siding", &["render", "--stdout", "--only", ".github/workflows/cd.yml", "--config", &config])
        .stdout;
    let (_, job) = workflow.split_once("\n  staging-backend:\n").unwrap();
    let (job, _) = job.split_once("\n  staging-backend-tests:\n").unwrap();
    let rendered: Vec<&str> =
        job.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("id: ")).collect();
    let rehearsed = steps(&rehearse(STANDARD, "staging", &[]).json(), "staging-backend");
    assert_eq!(rehearsed.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), rendered);
}

#[test]
fn a_worker_that_fails_after_the_swap_takes_everything_back() {
    let ran = rehearse(STANDARD, "production", &["--fault", "kudu.build-fails@worker-deploy"]);
    let result = &ran.exits(6).says(["SID0404", "`production-backend` failed after the swap"]).json()["result"];
    let expected = [
        ("backend-swap", "passed"),
        ("worker-deploy", "failed"),
        ("scheduler-deploy", "skipped"),
        ("backend-undo", "passed"),
        ("worker-return", "passed"),
        ("scheduler-return", "passed"),
        ("record", "passed"),
    ];
    assert_steps(result, "production-backend", &expected);
    assert_eq!(result["after"]["version"], format!("{}-previous", version()), "{ran}");
}

#[test]
fn a_build_that_fails_in_production_is_swapped_back_by_its_own_step() {
    let ran = rehearse(FLASK, "production", &["--fault", "app.fails-after-swap"]);
    let result = &ran.exits(6).says(["SID0404"]).json()["result"];
    assert_steps(result, "production-web", &[("web-swap", "failed"), ("web-undo", "skipped"), ("record", "passed")]);
    assert_eq!(result["after"]["version"], format!("{}-previous", version()), "{ran}");
}

#[test]
fn a_wrong_subject_names_the_environment() {
    let ran = rehearse(BICEP, "production", &["--fault", "entra.subject-mismatch@api-deploy"]);
    ran.exits(3).says(["AADSTS700213"]);
    let subject = "repo:rehearsal/backend-system:environment:production";
    assert!(ran.stdout.contains(subject), "{ran}");
}

#[test]
fn what_cannot_be_rehearsed_is_told() {
    let rows = [
        (STANDARD, "prodction", &[][..], "did you mean `production`?"),
        (STANDARD, "production", &["--watch", "3s"], "`watch`: what the pipelines do comes from the config"),
        (STANDARD, "production", &["--fault", "kudu.lock@worker-deply"], "did you mean `worker-deploy`?"),
        (STANDARD, "production", &["--fault", "kudu.lok@worker-deploy"], "did you mean `kudu.lock`?"),
        ("001-aks-two-stage", "staging", &[], "`staging` cannot be rehearsed: AKS is not emulated"),
    ];
    at_once(&rows, |(example, environment, more, says)| {
        rehearse(example, environment, more).exits(2).says([says]);
    });
}

const MIGRATING: &str = "name: shop
toolkit: {version: 0.1.0, commit: 0123456789abcdef0123456789abcdef01234567}
language: {python: \"3.12\", locks: [requirements.txt]}
apps:
  web: {app-service: shop-web, include: [app], health: /health, migrate: {run: COMMAND, secret: shop-database}}
environments:
  production: {deploy: direct, group: rg-shop, vault: shop-vault}
";

#[test]
fn a_migration_runs_when_it_is_asked_for_and_shows_no_secret() {
    let context = Context::github();
    let config = MIGRATING.replace("COMMAND", "\"echo to $DATABASE_URL in $PWD\"");
    let config = context.file("siding.yml", &config).display().to_string();
    let ran = rehearse_with(&context, &config, "production", &["--with-commands"]);
    let result = ran.exits(0).json();
    assert_steps(&result, "production-web", &[("web-secret", "passed"), ("web-migrate", "passed")]);
    let secret = "a-rehearsed-shop-database-of-shop-vault";
    assert!(ran.masks.iter().any(|mask| mask == secret), "{ran}");
    let shown = ran.stderr.lines().chain(ran.stdout.lines()).filter(|line| line.contains(secret));
    assert!(shown.into_iter().all(|line| line.starts_with("::add-mask::")), "{ran}");
    assert!(ran.stderr.contains("| to *** in ") && ran.stderr.contains("unpacked/web"), "{ran}");
    assert!(ran.outputs.is_empty() && ran.variables.is_empty(), "{ran}");
}

#[test]
fn a_migration_that_fails_ends_the_release_before_anything_is_deployed() {
    let context = Context::shell();
    let config = context.file("siding.yml", &MIGRATING.replace("COMMAND", "exit 3")).display().to_string();
    let ran = rehearse_with(&context, &config, "production", &["--with-commands"]);
    let result = &ran.exits(1).says(["the migration failed with code 3"]).json()["result"];
    assert_steps(result, "production-web", &[("web-migrate", "failed"), ("web-deploy", "skipped")]);
    assert_eq!(result["after"]["version"], format!("{}-previous", version()), "{ran}");
}
