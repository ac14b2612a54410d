//! `kv-sync`: secrets go to the following steps and nowhere else.

use siding::emulator::config::VaultRole;

use crate::context::{Context, Kind, Setup};

fn secrets<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["--vault", "kv1"];
    arguments.extend(lines.iter().flat_map(|line| ["--secrets", *line]));
    arguments
}

/// What the ready world's secret of several lines holds.
const KEY: &str = "-----BEGIN KEY-----\nc2lkaW5nLWVtdWxhdG9y\n-----END KEY-----\n";

#[test]
fn a_github_job_gets_masked_variables() {
    let context = Context::github();
    let ran = context.run("kv-sync", &secrets(&["db-password", "KEY=api-key", "tls-key"]));
    ran.exits(0).says(["took `DB_PASSWORD`, `KEY`, `TLS_KEY` from `kv1`"]).changed_nothing();
    assert_eq!(ran.variables["DB_PASSWORD"], "correct-horse-battery-staple");
    assert_eq!(ran.variables["KEY"], "emulated-api-key-7f3a91c2");
    assert_eq!(ran.variables["TLS_KEY"], KEY);
    assert_eq!((ran.variables.len(), ran.outputs["count"].as_str()), (3, "3"));
    for hidden in ["correct-horse-battery-staple", "emulated-api-key-7f3a91c2", "c2lkaW5nLWVtdWxhdG9y"] {
        assert!(ran.masks.iter().any(|mask| mask == hidden), "{hidden} is not masked\n{ran}");
    }
}

#[test]
fn the_token_for_the_vault_is_masked_as_well() {
    let ran = Context::github().run("kv-sync", &secrets(&["db-password"]));
    let tokens = ran.exits(0).masks.iter().filter(|mask| mask.starts_with("eyJ") && mask.split('.').count() == 3);
    assert_eq!(tokens.count(), 2, "the assertion, and what it was exchanged for\n{ran}");
}

#[test]
fn an_azure_pipelines_job_gets_secret_variables() {
    let context = Context::azure_pipelines();
    let ran = context.run("kv-sync", &secrets(&["db-password", "KEY=api-key"]));
    ran.exits(0);
    assert_eq!(ran.variables["DB_PASSWORD"], "correct-horse-battery-staple");
    let set: Vec<_> = ran.commands.iter().filter(|command| command.name == "task.setvariable").collect();
    let is_secret = |name: &str| {
        let found = set.iter().find(|command| command.properties["variable"] == name).unwrap();
        found.properties.get("issecret").is_some_and(|value| value == "true")
    };
    assert!(is_secret("DB_PASSWORD") && is_secret("KEY"), "{ran}");
}

#[test]
fn one_secret_can_go_to_an_output_that_only_named_steps_see() {
    for context in [Context::github(), Context::azure_pipelines()] {
        let ran = context.run("kv-sync", &[&secrets(&["db-password"])[..], &["--to", "output"]].concat());
        assert_eq!(ran.exits(0).outputs["secret"], "correct-horse-battery-staple");
        assert!(!ran.variables.contains_key("DB_PASSWORD"), "{ran}");
        assert!(ran.masks.iter().any(|mask| mask == "correct-horse-battery-staple"), "{ran}");
        let ran = context.run("kv-sync", &[&secrets(&["db-password", "api-key"])[..], &["--to", "output"]].concat());
        ran.exits(2).says(["hands on exactly one secret"]);
    }
}

#[test]
fn a_secret_of_several_lines_stops_an_azure_pipelines_job_before_anything_is_set() {
    let context = Context::azure_pipelines();
    let ran = context.run("kv-sync", &secrets(&["db-password", "tls-key"]));
    ran.exits(1).says(["SID0502", "`TLS_KEY` has several lines", "SYSTEM_UNSAFEALLOWMULTILINESECRET"]);
    assert!(ran.variables.is_empty(), "either all are handed on or none\n{ran}");
    let allowed = [("SYSTEM_UNSAFEALLOWMULTILINESECRET", "true")];
    let ran = context.run_with("kv-sync", &secrets(&["db-password", "tls-key"]), &allowed);
    assert_eq!(ran.exits(0).variables["TLS_KEY"], KEY);
}

#[test]
fn a_value_with_a_nul_is_refused_on_both_hosts() {
    for kind in [Kind::GitHub, Kind::AzurePipelines] {
        let config = Setup::default().config.with_secret("cut", "before\0after");
        let context = Context::new(kind, Setup { config, ..Setup::default() });
        let ran = context.run("kv-sync", &secrets(&["db-password", "cut"]));
        ran.exits(1).says(["SID0502", "`CUT` holds a NUL byte", "base64"]);
        assert!(ran.variables.is_empty(), "{ran}");
    }
}

#[test]
fn a_value_that_looks_like_commands_stays_a_value() {
    let nasty = "first\nPWNED=1\nEOF\nPWNED<<EOF\n::set-env name=PWNED::1\n%0A::error::x]##vso[task.complete]";
    for kind in [Kind::GitHub, Kind::AzurePipelines] {
        let config = Setup::default().config.with_secret("nasty", nasty);
        let context = Context::new(kind, Setup { config, ..Setup::default() });
        let allowed = [("SYSTEM_UNSAFEALLOWMULTILINESECRET", "true")];
        let ran = context.run_with("kv-sync", &secrets(&["nasty"]), &allowed);
        ran.exits(0);
        assert_eq!(ran.variables.keys().collect::<Vec<_>>(), ["NASTY"], "{ran}");
        assert_eq!(ran.variables["NASTY"], nasty);
        assert!(!ran.commands.iter().any(|command| ["set-env", "error", "task.complete"].contains(&&*command.name)));
    }
}

#[test]
fn a_name_that_would_steer_later_steps_is_refused_before_anything_is_asked() {
    let context = Context::github();
    for line in ["PATH=db-password", "ld-preload", "node_options=api-key", "GITHUB_TOKEN=api-key"] {
        let ran = context.run("kv-sync", &secrets(&[line]));
        ran.exits(2).says(["SID0505", "would steer the following steps"]);
        assert!(ran.requests.is_empty(), "{ran}");
    }
}

#[test]
fn lines_that_cannot_be_read_are_named_all_at_once() {
    let ran = Context::github().run("kv-sync", &secrets(&["1x", "under_score", "X=db-password", "x=api-key"]));
    ran.exits(2).says(["`1x`", "`under_score`", "both become"]);
    assert!(ran.requests.is_empty(), "{ran}");
}

#[test]
fn a_disabled_secret_is_told_with_the_command_that_enables_it() {
    let context = Context::github();
    let ran = context.run("kv-sync", &secrets(&["db-password", "old-password"]));
    ran.exits(1).says(["SID0502", "`old-password` in `kv1` is disabled", "--enabled true", "request id: "]);
    assert!(ran.variables.is_empty(), "{ran}");
    context.fault("vault.disabled-secret");
    context.run("kv-sync", &secrets(&["db-password"])).exits(1).says(["`db-password` in `kv1` is disabled"]);
}

#[test]
fn everything_that_cannot_be_used_is_told_at_once() {
    let ran =
        Context::github().run("kv-sync", &secrets(&["nothing-here", "db-password", "old-password", "expired-key"]));
    ran.exits(1).says(["SID0503", "3 of 4 secrets cannot be used", "no secret `nothing-here`"]);
    ran.says(["`old-password` in `kv1` is disabled", "secret `expired-key` has expired", "--enabled true"]);
    assert!(ran.variables.is_empty(), "{ran}");
}

#[test]
fn an_expired_secret_is_refused_unless_a_warning_is_enough() {
    let context = Context::github();
    let ran = context.run("kv-sync", &secrets(&["db-password", "expired-key"]));
    ran.exits(1).says(["SID0502", "secret `expired-key` has expired", "none was handed on"]);
    assert!(ran.variables.is_empty(), "{ran}");
    let mut arguments = secrets(&["db-password", "expired-key"]);
    arguments.extend(["--expired", "warn"]);
    let ran = context.run("kv-sync", &arguments);
    ran.exits(0).says(["::warning title=kv-sync::secret `expired-key` has expired"]);
    assert_eq!(ran.variables.len(), 2, "{ran}");
}

#[test]
fn a_secret_that_does_not_exist_is_told_with_the_command_that_lists_them() {
    let ran = Context::shell().run("kv-sync", &secrets(&["nothing-here"]));
    ran.exits(1).says(["SID0503", "there is no secret `nothing-here` in `kv1`", "az keyvault secret list"]);
}

#[test]
fn a_version_that_does_not_exist_is_told_with_the_command_that_lists_them() {
    let line = format!("db-password/{}", "0".repeat(32));
    let ran = Context::shell().run("kv-sync", &secrets(&[&line]));
    ran.exits(1).says(["SID0503", "`db-password` in `kv1` has no version `0000", "az keyvault secret list-versions"]);
}

#[test]
fn an_identity_without_a_role_in_the_vault_is_told_which_one_it_needs() {
    let context = Context::github_with(|config| config.tenants[0].applications[0].vault_role = VaultRole::None);
    let ran = context.run("kv-sync", &secrets(&["db-password"]));
    ran.exits(4).says([
        "SID0504",
        "--role 'Key Vault Secrets User' --scope",
        "az keyvault show --name kv1",
        "request id: ",
    ]);
}

#[test]
fn many_secrets_come_in_one_run_and_a_short_one_brings_a_warning() {
    let mut config = Setup::default().config;
    for number in 0..40 {
        config = config.with_secret(&format!("token-{number}"), &format!("value-number-{number}-of-many"));
    }
    let config = config.with_secret("pin", "4711");
    let context = Context::new(Kind::GitHub, Setup { config, ..Setup::default() });
    let names: Vec<String> = (0..40).map(|number| format!("token-{number}")).collect();
    let mut lines: Vec<&str> = names.iter().map(String::as_str).collect();
    lines.push("pin");
    let ran = context.run("kv-sync", &secrets(&lines));
    ran.exits(0).says(["secret `pin` is shorter than 6 characters"]);
    assert_eq!(ran.variables["TOKEN_39"], "value-number-39-of-many");
    assert_eq!((ran.variables["PIN"].as_str(), ran.outputs["count"].as_str()), ("4711", "41"));
}

#[test]
fn a_secret_of_which_nothing_can_be_hidden_brings_a_warning() {
    let config = Setup::default().config.with_secret("braces", "{\n}\n{\n}\n").with_secret("marks", "?!%&/()=");
    let context = Context::new(Kind::GitHub, Setup { config, ..Setup::default() });
    let ran = context.run("kv-sync", &secrets(&["braces", "marks"]));
    ran.exits(0).says(["nothing of secret `braces` can be hidden in the log"]);
    assert!(!ran.stderr.contains("secret `marks`"), "{ran}");
    assert!(ran.masks.iter().any(|mask| mask == "?!%&/()="), "{ran}");
}

#[test]
fn the_result_as_data_holds_names_and_versions_and_no_value() {
    let context = Context::github();
    let ran = context.run("kv-sync", &[&secrets(&["db-password"])[..], &["--json"]].concat());
    let secret = &ran.exits(0).json()["secrets"][0];
    assert_eq!(secret["variable"], "DB_PASSWORD");
    assert_eq!(secret["version"].as_str().map(str::len), Some(32));
}

#[test]
fn throttling_of_the_sign_in_and_resets_are_outlived() {
    let context = Context::github();
    context.fault("net.reset=4");
    context.run("kv-sync", &secrets(&["db-password"])).exits(0);
}
