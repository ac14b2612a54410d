//! Trouble with a record is a warning, and what cannot work is known before anything is done.

use super::{asked_github, ready, record, release, states};
use crate::context::Kind;
use crate::started::at_once;

/// Variables that are other than usual.
type Changes = &'static [(&'static str, &'static str)];

/// A fault or a changed variable, and what the warning says.
static TROUBLES: &[(&str, Changes, &[&str])] = &[
    (
        "github.no-permission",
        &[],
        &["403: Resource not accessible", "permissions: {contents: read, deployments: write, id-token: write}"],
    ),
    ("github.down", &[], &["503", "an HTML page"]),
    ("", &[("INPUT_GITHUB-TOKEN", "ghs_0123456789abcdef")], &["401: Bad credentials", "${{ github.token }}"]),
    (
        "",
        &[("GITHUB_REPOSITORY", "siding-dev/another")],
        &["404", "does not see the deployments of `siding-dev/another`"],
    ),
    ("", &[("GITHUB_API_URL", "https://api.github.localhost:9")], &["cannot connect to `api.github.localhost`"]),
];

#[test]
fn trouble_with_the_record_never_changes_how_a_release_ends() {
    at_once(TROUBLES, |(fault, changes, says)| {
        let (context, folder) = ready(Kind::GitHub);
        if !fault.is_empty() {
            context.fault(fault);
        }
        let ran = release(&context, &folder, &[], changes);
        ran.exits(0);
        let warnings: Vec<_> = ran.commands.iter().filter(|command| command.name == "warning").collect();
        let [warning] = warnings[..] else { panic!("{says:?}: {ran}") };
        assert_eq!(warning.properties["title"], "deployment record");
        for text in *says {
            assert!(warning.data.contains(text), "`{text}` is not in {}", warning.data);
        }
        assert_eq!(context.version("production"), "2.0", "{ran}");
        assert_eq!(
            record(&context)["github"],
            serde_json::json!({"deployment": null, "state": null, "replaced": null})
        );
        assert!(context.emulator.deployments().is_empty());
    });
}

#[test]
fn a_deployment_whose_answer_was_lost_is_found_and_not_made_again() {
    // In the first case GitHub has it and does not say so; in the second it has nothing at the first try.
    at_once(&["github.lost-answer", "github.down=1"], |fault| {
        let (context, folder) = ready(Kind::GitHub);
        context.fault(fault);
        let ran = release(&context, &folder, &[], &[]);
        ran.exits(0).never_says("deployment record");
        let [deployment] = &context.emulator.deployments()[..] else { panic!("{fault}: {ran}") };
        assert_eq!(states(deployment), ["in_progress", "success"], "{ran}");
    });
}

#[test]
fn a_right_that_is_lost_on_the_way_leaves_the_release_green() {
    let (context, folder) = ready(Kind::GitHub);
    release(&context, &folder, &[], &[]).exits(0);
    context.fault("app.fails-after-swap");
    context.fault("github.no-permission");
    let ran = release(&context, &folder, &[], &[]);
    ran.exits(6).says(["SID0404", "deployments: write"]);
    assert_eq!(context.emulator.deployments().len(), 1, "{ran}");
}

#[test]
fn without_a_token_nothing_is_sent_whatever_the_environment_holds() {
    let (context, folder) = ready(Kind::GitHub);
    let token = context.variable("GITHUB_TOKEN");
    let ran = release(&context, &folder, &[], &[("INPUT_GITHUB-TOKEN", ""), ("GITHUB_TOKEN", &token)]);
    ran.exits(0);
    assert_eq!((asked_github(&ran), context.emulator.deployments().len()), (0, 0), "{ran}");
    let record = record(&context);
    assert_eq!((&record["result"], &record["github"]), (&"succeeded".into(), &serde_json::Value::Null));
}

#[test]
fn an_enterprise_server_is_asked_below_its_own_path() {
    let (context, folder) = ready(Kind::GitHub);
    let api = format!("https://github.localhost:{}/api/v3", context.emulator.port());
    let ran = release(&context, &folder, &[], &[("GITHUB_API_URL", &api)]);
    ran.exits(0);
    assert_eq!(ran.asked("POST", "/api/v3/repos/siding-dev/inventory-api/deployments"), 3, "{ran}");
    assert!(asked_github(&ran) > 0 && ran.requests.iter().all(|request| !request.host.starts_with("api.github")));
    assert_eq!(states(&context.emulator.deployments()[0]), ["in_progress", "success"]);
}

/// What is wrong with the inputs, and what is said of it.
static BAD: &[(&[&str], Changes, &str)] = &[
    (&[], &[("GITHUB_REPOSITORY", "")], "`GITHUB_REPOSITORY` does not name the repository"),
    (&[], &[("GITHUB_REPOSITORY", "o/../r")], "`GITHUB_REPOSITORY` does not name the repository"),
    (&[], &[("GITHUB_API_URL", "http://api.github.localhost")], "is not the https URL of GitHub's API"),
    (&[], &[("GITHUB_SHA", "")], "nothing says which commit is released"),
    (&["--github-token", "x"], &[], "a secret never goes on the command line; set `INPUT_GITHUB_TOKEN`"),
];

#[test]
fn what_cannot_be_recorded_is_known_before_anything_is_done() {
    let (context, folder) = ready(Kind::GitHub);
    for (more, changes, says) in BAD {
        let ran = release(&context, &folder, more, changes);
        ran.exits(2).says(["SID0001", says]);
        assert!(ran.requests.is_empty(), "{ran}");
    }
    let long = "e".repeat(256);
    let bad =
        ["release", "--app-name", "app1", "--package", &folder, "--record", "no/such/folder", "--environment", &long];
    let ran = context.run("siding", &bad);
    ran.exits(2).says(["`record`: cannot write", "`environment` must be at most 255 characters long"]);
    assert!(ran.requests.is_empty(), "{ran}");
}

#[test]
fn a_plan_says_that_github_is_told_and_tells_it_nothing() {
    let (context, folder) = ready(Kind::GitHub);
    let ran = release(&context, &folder, &["--dry-run"], &[]);
    ran.exits(0).says(["tell GitHub: a deployment in `production`"]);
    assert!(ran.requests.is_empty() && !context.work().join("record.json").exists(), "{ran}");
}
