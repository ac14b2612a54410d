//! Records of releases: a deployment on GitHub, an attachment and a tag on Azure Pipelines, a file anywhere.

mod elsewhere;
mod emulated;
mod troubles;

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use siding::emulator::DeploymentView;

use crate::context::{Context, Kind, Setup};
use crate::ran::Ran;
use crate::started::at_once;
use crate::tidy::read;

const WAITS: [&str; 10] =
    ["--watch", "200ms", "--interval", "100ms", "--settle", "100ms", "--prove", "2s", "--successes", "2"];

/// The arguments of a release of a folder as version 2.0, with a record.
fn arguments<'a>(folder: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["release", "--app-name", "app1", "--package", folder, "--release-version", "2.0"];
    arguments.extend(["--version-path", "/version.json", "--record", "record.json"]);
    arguments.extend(WAITS);
    arguments.extend(more);
    arguments
}

/// A job with version 1.0 in production and version 2.0 in a folder.
fn ready(kind: Kind) -> (Context, String) {
    let context = Context::new(kind, Setup::default());
    let old = context.static_app("1.0");
    context.deploy(&old, "production");
    let new = context.static_app("2.0");
    (context, new)
}

/// What a job of GitHub Actions has beside what every test has, and the token as an input.
fn job(context: &Context) -> Vec<(&'static str, String)> {
    let token = context.variable("GITHUB_TOKEN");
    let own = ["GITHUB_API_URL", "GITHUB_REPOSITORY"].map(|name| (name, context.variable(name)));
    let run = [("GITHUB_SERVER_URL", "https://github.com"), ("GITHUB_RUN_ID", "77"), ("GITHUB_RUN_ATTEMPT", "2")];
    let run = run.map(|(name, value)| (name, value.to_owned()));
    own.into_iter().chain(run).chain([("INPUT_GITHUB-TOKEN", token)]).collect()
}

/// Releases in a job; `changes` are variables that are other than usual.
fn release(context: &Context, folder: &str, more: &[&str], changes: &[(&'static str, &str)]) -> Ran {
    let mut variables = job(context);
    variables.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    variables.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    context.run_with("siding", &arguments(folder, more), &variables)
}

/// The record as the file has it.
fn record(context: &Context) -> Value {
    serde_json::from_str(&fs::read_to_string(context.work().join("record.json")).unwrap()).unwrap()
}

fn states(deployment: &DeploymentView) -> Vec<&str> {
    deployment.statuses.iter().map(|status| status.state.as_str()).collect()
}

/// How often GitHub was asked anything.
fn asked_github(ran: &Ran) -> usize {
    ran.requests.iter().filter(|request| request.host.contains("github.localhost")).count()
}

#[test]
fn a_release_is_a_deployment_from_the_package_to_the_end() {
    let (context, folder) = ready(Kind::GitHub);
    let ran = release(&context, &folder, &["--json"], &[]);
    ran.exits(0).says(["GitHub has this release as deployment", "record          GitHub deployment"]);
    let [deployment] = &context.emulator.deployments()[..] else { panic!("{:#?}", context.emulator.deployments()) };
    assert_eq!(states(deployment), ["in_progress", "success"]);
    assert_eq!((deployment.environment.as_str(), deployment.reference.as_str()), ("production", "c0ffee"));
    let result = ran.json();
    let payload = json!({"app": "app1", "target": "production", "id": result["run"], "slot": "staging", "version": "2.0",
        "packageSha256": result["package-sha256"]});
    assert_eq!(deployment.payload, payload);
    let last = deployment.statuses.last().unwrap();
    assert_eq!(last.environment_url, context.emulator.app_url("app1", "production"));
    assert_eq!(last.log_url, "https://github.com/siding-dev/inventory-api/actions/runs/77/attempts/2");
    assert!(last.description.contains(result["swap-timestamp"].as_str().unwrap()), "{last:?}");
    assert!(ran.masks.contains(&context.variable("GITHUB_TOKEN")), "{ran}");
    let place = |method: &str, part: &str| {
        ran.requests.iter().position(|request| request.method == method && request.path.contains(part)).unwrap()
    };
    assert!(place("POST", "/deployments") < place("POST", "/oauth2/v2.0/token"), "{ran}");
    assert!(ran.summary.contains("| record | GitHub deployment"), "{}", ran.summary);

    let record = record(&context);
    assert_eq!(result["record"], record);
    assert_eq!(record["github"], json!({"deployment": deployment.id, "state": "success", "replaced": null}));
    let versions = ["previousVersion", "version", "servedVersion"].map(|name| record[name].as_str().unwrap());
    assert_eq!(versions, ["1.0", "2.0", "2.0"]);
    assert_eq!((&record["job"]["run"], &record["job"]["system"]), (&"77".into(), &"GitHub Actions".into()));
    assert_eq!((&record["swappedAt"], &record["swappedBackAt"]), (&result["swap-timestamp"], &Value::Null));
    assert!(record["startedAt"].as_str().unwrap() <= record["endedAt"].as_str().unwrap(), "{record:#}");
}

#[test]
fn the_page_of_records_has_every_field() {
    let (context, folder) = ready(Kind::GitHub);
    release(&context, &folder, &[], &[]).exits(0);
    let mut fields = BTreeSet::new();
    for (name, value) in record(&context).as_object().unwrap() {
        fields.insert(name.clone());
        let inner = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        fields.extend(inner.as_object().into_iter().flatten().map(|(field, _)| format!("{name}.{field}")));
    }
    let page = read("docs/records.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let mut documented: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
    // A release that succeeds has no failure whose fields could be seen.
    for name in ["failure.code", "failure.what"] {
        assert!(documented.remove(name), "docs/records.md does not have `{name}`");
    }
    assert_eq!(documented, fields, "the table of docs/records.md is not what a record holds");
}

#[test]
fn what_a_success_took_the_place_of_becomes_inactive_and_nothing_else_does() {
    // GitHub itself retires earlier deployments where end-users are not; in production we do.
    at_once(&[("production", 1), ("test", 0)], |(environment, ours)| {
        let (context, folder) = ready(Kind::GitHub);
        let more = ["--environment", environment];
        release(&context, &folder, &more, &[]).exits(0);
        let ran = release(&context, &folder, &more, &[]);
        ran.exits(0);
        let all = context.emulator.deployments();
        let [first, second] = &all[..] else { panic!("{all:#?}") };
        assert_eq!((states(first), states(second)).0, ["in_progress", "success", "inactive"], "{environment}");
        assert_eq!(states(second), ["in_progress", "success"], "{environment}");
        assert_eq!(ran.asked("POST", &format!("/deployments/{}/statuses", first.id)), *ours, "{ran}");
        // A third one, of a build that is swapped back, leaves the second as it is.
        context.fault("app.fails-after-swap");
        release(&context, &folder, &more, &[]).exits(6);
        let all = context.emulator.deployments();
        assert_eq!(states(&all[1]), ["in_progress", "success"], "{environment}");
        assert_eq!(states(&all[2]), ["in_progress", "failure"], "{environment}");
    });
}

/// What goes wrong, the exit code, what GitHub shows and what the record says, with what production serves.
static FAILURES: &[(&str, i32, &str, &str)] = &[
    ("kudu.build-fails", 1, "failure", "failed"),
    ("swap.warmup-fails", 1, "failure", "failed"),
    ("app.fails-after-swap", 6, "failure", "swapped-back"),
    ("entra.subject-mismatch", 3, "error", "failed"),
];

#[test]
fn a_release_that_fails_is_told_as_it_ended() {
    at_once(FAILURES, |(fault, exit, state, result)| {
        let (context, folder) = ready(Kind::GitHub);
        context.fault(fault);
        let ran = release(&context, &folder, &["--json"], &[]);
        ran.exits(*exit);
        let [deployment] = &context.emulator.deployments()[..] else { panic!("{fault}") };
        assert_eq!(states(deployment), ["in_progress", state], "{fault}");
        let record = record(&context);
        assert_eq!((&record["result"], &record["github"]["state"]), (&(*result).into(), &(*state).into()), "{fault}");
        let failure = ran.json()["failure"].clone();
        assert_eq!((&record["failure"]["code"], &record["failure"]["what"]), (&failure["code"], &failure["what"]));
        let told = &deployment.statuses[1].description;
        assert!(told.starts_with(failure["code"].as_str().unwrap()), "{told}");
        assert_eq!(record["swappedBackAt"].is_string(), *exit == 6, "{record:#}");
        assert_eq!(record["swappedAt"].is_string(), *exit == 6, "{record:#}");
        assert_eq!(context.version("production"), "1.0", "{fault}");
    });
}

#[test]
fn a_release_that_is_cancelled_is_told_too() {
    let (context, folder) = ready(Kind::GitHub);
    let variables = job(&context);
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut arguments = arguments(&folder, &["--journal", "journal.jsonl"]);
    let watch = arguments.iter().position(|word| *word == "200ms").unwrap();
    arguments[watch] = "5m";
    let mut started = context.start_with("siding", &arguments, &variables);
    started.interrupt_when("it watches", |started| started.stderr().contains("proven by slotSwapStatus"));
    let ran = started.end();
    ran.exits(130).says(["SID0901", "was not watched to the end", "slot-swap --action rollback --app-name app1"]);
    let [deployment] = &context.emulator.deployments()[..] else { panic!("{ran}") };
    assert_eq!(states(deployment), ["in_progress", "error"], "{ran}");
    let record = record(&context);
    assert_eq!((&record["result"], &record["failure"]["code"]), (&"cancelled".into(), &"SID0901".into()));
    let journal = fs::read_to_string(context.work().join("journal.jsonl")).unwrap();
    let last: Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["outcome"]), (&"ended".into(), &"cancelled".into()));
}
