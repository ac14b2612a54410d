//! Pitfalls 12, 23 and 25: what debug logs, the order of lines and outputs could give away.

use crate::context::{Context, Kind, Setup};
use crate::started::at_once;
use crate::stream::command;

/// Everything that makes a host, a library or a runtime talk more.
const DEBUG: [(&str, &str); 8] = [
    ("RUNNER_DEBUG", "1"),
    ("ACTIONS_STEP_DEBUG", "true"),
    ("ACTIONS_RUNNER_DEBUG", "true"),
    ("SYSTEM_DEBUG", "true"),
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("AZURE_LOG_LEVEL", "verbose"),
    ("PASSWORD_OF_SOMETHING_ELSE", "canary-of-the-environment-91c2"),
];

#[test]
fn a_debug_log_shows_no_secret_and_no_environment() {
    at_once(&[Kind::GitHub, Kind::AzurePipelines, Kind::Shell], |kind| {
        let context = Context::new(*kind, Setup::default());
        let folder = context.static_app("1.0");
        let release = [
            ["release", "--app-name", "app1", "--package"],
            [&folder, "--vault", "kv1", "--secrets"],
            ["db-password", "--watch", "200ms", "--interval"],
            ["100ms", "--settle", "100ms", "--prove=5s"],
        ]
        .concat();
        let runs: [(&str, &[&str]); 4] = [
            ("oidc-login", &[]),
            ("kv-sync", &["--vault", "kv1", "--secrets", "db-password"]),
            ("kv-sync", &["--vault", "kv1", "--secrets", "no-such-secret"]),
            ("siding", &release),
        ];
        for (program, arguments) in runs {
            // Every run is looked through for the secrets of its world; here also for those that are nobody's business.
            let ran = context.run_with(program, arguments, &DEBUG);
            ran.exits(i32::from(arguments.contains(&"no-such-secret")));
            for text in [&ran.stdout, &ran.stderr, &ran.summary] {
                assert!(!text.contains("canary-of-the-environment"), "{ran}");
            }
        }
    });
}

#[test]
fn a_secret_is_masked_before_anything_else_is_said_of_it() {
    let context = Context::azure_pipelines();
    let ran = context.run("kv-sync", &["--vault", "kv1", "--secrets", "db-password"]);
    let named: Vec<String> =
        ran.exits(0).stderr.lines().filter_map(|line| command(context.kind, line)).map(|found| found.name).collect();
    let first = |name: &str| named.iter().position(|found| found == name);
    assert!(first("task.setsecret") < first("task.setvariable"), "{named:?}");
    assert!(first("task.setsecret").is_some(), "{ran}");
}

#[test]
fn a_sign_in_hands_on_ids_and_never_a_token() {
    for context in [Context::github(), Context::azure_pipelines()] {
        let ran = context.run("oidc-login", &[]);
        ran.exits(0);
        let handed_on: Vec<&str> = ran.outputs.keys().chain(ran.variables.keys()).map(String::as_str).collect();
        assert_eq!(handed_on.len(), 8, "four outputs and four variables: {handed_on:?}");
        for value in ran.outputs.values().chain(ran.variables.values()) {
            assert!(!value.contains("eyJ") && !ran.masks.contains(value), "{handed_on:?}\n{ran}");
        }
    }
}
