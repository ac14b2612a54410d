//! `siding emulator`: the embedded Azure alone, for shells.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::context::Context;
use crate::started::Started;

/// The variables that it prints, from either format.
fn variables(started: &Started<'_>) -> BTreeMap<String, String> {
    let text = started.stdout();
    if let Ok(Value::Object(object)) = serde_json::from_str(&text) {
        return object.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect();
    }
    let pairs = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
}

/// Starts one, runs a tool in it with the printed variables of that host, and ends it.
fn sign_in(arguments: &[&str], host: &[&str]) {
    let context = Context::shell();
    let mut started = context.start("siding", &[&["emulator", "--port", "0"], arguments].concat());
    started.wait_until("it serves", |started| started.stderr().contains("until Ctrl+C"));
    let printed = variables(&started);
    let mut names = vec!["AZURE_CLOUD", "SSL_CERT_FILE", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID", "AZURE_CLIENT_ID"];
    names.extend(host);
    let mut extra: Vec<(&str, &str)> = names.iter().map(|name| (*name, printed[*name].as_str())).collect();
    extra.push(("AZURE_CLIENT_SECRET", ""));
    let ran = context.run_with("oidc-login", &[], &extra);
    ran.exits(0);
    assert!(ran.requests.is_empty(), "its own emulator was asked\n{ran}");
    started.interrupt_when("all is done", |_| true);
    started.end_printing_tokens().exits(130);
}

#[test]
fn a_shell_with_the_printed_variables_signs_in_as_a_github_job() {
    sign_in(&[], &["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]);
}

#[test]
fn the_variables_as_json_sign_in_as_an_azure_pipelines_job() {
    let host = ["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"];
    sign_in(&["--format", "json"], &host);
}

#[test]
fn a_configuration_file_declares_another_world() {
    let world = r"
tenants:
  - id: 11111111-0000-4000-8000-000000000001
    domain: other.example
    applications:
      - name: deploy
        client_id: 33333333-0000-4000-8000-000000000003
        object_id: 44444444-0000-4000-8000-000000000004
        federated_credentials:
          - { issuer: github, subject: 'repo:siding-dev/inventory-api:environment:production' }
subscription: { id: 22222222-0000-4000-8000-000000000002, name: Other }
resource_group: { name: rg2, location: West Europe }
sites:
  - name: other-app
    plan: { name: plan2, sku: P1v3 }
";
    let context = Context::shell();
    context.file("world.yml", world);
    let mut started = context.start("siding", &["emulator", "--port", "0", "--config", "world.yml"]);
    started.wait_until("it serves", |started| started.stderr().contains("until Ctrl+C"));
    let printed = variables(&started);
    assert_eq!((printed["APP"].as_str(), printed["RG"].as_str()), ("other-app", "rg2"));
    assert_eq!(printed["AZURE_CLIENT_ID"], "33333333-0000-4000-8000-000000000003");
    started.interrupt_when("all is done", |_| true);
    started.end_printing_tokens().exits(130);
}

#[test]
fn a_fault_that_does_not_exist_is_bad_input() {
    let ran = Context::shell().run("siding", &["emulator", "--port", "0", "--fault", "kudu.lok"]);
    ran.exits(2).says(["SID0001", "kudu.lok", "kudu.lock"]);
}

#[test]
fn every_bad_input_of_the_emulator_is_named_at_once() {
    let context = Context::shell();
    let faults = ["--fault", "nope", "--fault", "kudu.lok", "--fault", "app.fails-after-swap=7"];
    let others = ["--port", "abc", "--config", "nope.yml"];
    let ran = context.run("siding", &[&["emulator"], &faults[..], &others[..]].concat());
    ran.exits(2).says([
        "SID0001",
        "5 inputs",
        "there is no `nope`",
        "did you mean `kudu.lock`?",
        "`app.fails-after-swap` takes no setting",
        "`abc`",
        "`nope.yml` is not a file",
    ]);
}

#[test]
fn a_broken_configuration_is_bad_input_with_the_line() {
    let context = Context::shell();
    for (text, trouble) in [
        ("tenants:\n  - id: 1\n    domainn: x\n", "at line 3"),
        ("tenants:\n  - [\n", "at line "),
        ("", "missing field"),
    ] {
        context.file("broken.yml", text);
        let ran = context.run("siding", &["emulator", "--port", "0", "--config", "broken.yml"]);
        ran.exits(2).says(["SID0001", "`broken.yml` is not a configuration", trouble]);
    }
}

#[test]
fn every_code_is_explained() {
    let context = Context::shell();
    for code in siding::report::ALL.iter().map(|code| code.id).chain(["AADSTS700213"]) {
        let ran = context.run("siding", &["explain", code]);
        assert!(ran.exits(0).stdout.contains(code), "{ran}");
    }
    let ran = context.run("siding", &["explain", "sid0104", "--json"]);
    assert_eq!(ran.exits(0).json()["code"], "sid0104");
}

#[test]
fn a_reset_strikes_the_services_and_no_visitor_of_an_app() {
    let context = Context::github();
    let folder = context.static_app("1.0");
    context.deploy(&folder, "production");
    context.fault("net.reset");
    let url = context.emulator.app_url("app1", "production");
    context
        .run("smoke-test", &["--url", &url, "--successes", "2", "--interval", "100ms"])
        .exits(0)
        .never_says("not yet");
    let ran = context.run("oidc-login", &[]);
    assert_eq!(ran.exits(0).requests.iter().filter(|request| request.status == 0).count(), 2, "{ran}");
}
