//! Each task once, from its manifest through the shim and the real program to the emulator, and what it says of bad input.

use crate::context::Context;
use crate::ran::Ran;

use super::agent::Agent;

const QUICK: [(&str, &str); 3] = [("watch", "200ms"), ("interval", "100ms"), ("settle", "100ms")];

fn agent() -> Option<Agent> {
    Agent::new(Context::azure_pipelines())
}

/// Runs the task with the service connection and these inputs.
fn run(agent: &Agent, program: &str, inputs: &[(&str, &str)]) -> Ran {
    let connection = agent.connection();
    let mut all = vec![("azureSubscription", connection.as_str())];
    all.extend(inputs);
    agent.run(&agent.install(program), &all)
}

#[test]
fn oidc_login_hands_the_identity_of_the_service_connection_to_the_job() {
    let Some(agent) = agent() else { return };
    let ran = run(&agent, "oidc-login", &[]);
    ran.exits(0).says(["signed in as", "with Azure DevOps' id token"]);
    for (variable, output) in
        [("AZURE_TENANT_ID", "tenantId"), ("AZURE_CLIENT_ID", "clientId"), ("AZURE_SUBSCRIPTION_ID", "subscriptionId")]
    {
        let expected = agent.context.variable(variable);
        assert_eq!((&ran.variables[variable], &ran.outputs[output]), (&expected, &expected));
    }
    assert_eq!(ran.variables["AZURE_CLOUD"], agent.context.variable("AZURE_CLOUD"), "it is the connection's cloud");
    assert!(!run(&agent, "oidc-login", &[("export", "false")]).exits(0).variables.contains_key("AZURE_CLOUD"));
}

#[test]
fn kv_sync_hands_secrets_to_the_job() {
    let Some(agent) = agent() else { return };
    let ran = run(&agent, "kv-sync", &[("vault", "kv1"), ("secrets", "db-password\nKEY=api-key")]);
    ran.exits(0).changed_nothing();
    assert_eq!(ran.variables["DB_PASSWORD"], "correct-horse-battery-staple");
    assert_eq!((ran.variables["KEY"].as_str(), ran.outputs["count"].as_str()), ("emulated-api-key-7f3a91c2", "2"));
}

#[test]
fn zip_deploy_smoke_test_and_slot_swap_bring_a_build_into_production() {
    let Some(agent) = agent() else { return };
    let old = agent.context.static_app("1.0");
    agent.context.deploy(&old, "production");
    let folder = agent.context.static_app("2.0");
    let app = [("appName", "app1"), ("slotName", "staging")];
    let with = |more: &[(&'static str, &str)]| {
        let mut all: Vec<(&str, String)> = app.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        all.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        all
    };
    let run = |program: &str, inputs: &[(&str, String)]| {
        let inputs: Vec<(&str, &str)> = inputs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        run(&agent, program, &inputs)
    };
    let deployed = run("zip-deploy", &with(&[("package", &folder)]));
    deployed.exits(0);
    assert_eq!(agent.context.version("staging"), "2.0");
    assert_eq!(deployed.outputs["webappUrl"], agent.context.emulator.app_url("app1", "staging"));

    let checks = [("checks", "/version.json json:/version=2.0"), ("successes", "2"), ("interval", "100ms")];
    let tested = run("smoke-test", &with(&checks));
    tested.exits(0).changed_nothing();
    assert!(tested.outputs.contains_key("slowestMs"), "{tested}");

    let swapped = run("slot-swap", &with(&QUICK));
    swapped.exits(0).says(["proven by slotSwapStatus"]);
    assert_eq!(agent.context.version("production"), "2.0");
    let proof = swapped.outputs["swapTimestamp"].clone();
    let mut undo = vec![("action", "rollback"), ("swappedAt", proof.as_str())];
    undo.extend(QUICK);
    let back = run("slot-swap", &with(&undo));
    back.exits(0);
    assert_eq!(agent.context.version("production"), "1.0");
}

#[test]
fn a_swap_that_is_cancelled_is_taken_back_by_the_next_task() {
    let Some(agent) = agent() else { return };
    let (old, new) = (agent.context.static_app("1.0"), agent.context.static_app("2.0"));
    agent.context.deploy(&old, "production");
    agent.context.deploy(&new, "staging");
    let (folder, id) = (agent.install("slot-swap"), agent.connection());
    let slots = [("azureSubscription", id.as_str()), ("appName", "app1"), ("slotName", "staging")];
    let mut started = agent.start(&folder, &[&slots[..], &[("watch", "5m")]].concat());
    started.wait_until("it watches", |started| started.stderr().contains("proven by slotSwapStatus"));
    started.signal("SIGTERM");
    let cut = started.end();
    let told = ["swapTimestamp", "swapBefore"].map(|name| cut.exits(130).outputs[name].as_str());
    assert_eq!(told[1], "none", "{cut}");
    let undo = [("action", "rollback"), ("swappedAt", told[0]), ("swappedAfter", told[1])];
    agent.run(&folder, &[&slots[..], &undo, &QUICK].concat()).exits(0).says(["rolled back"]);
    assert_eq!(agent.context.version("production"), "1.0");
}

#[test]
fn smoke_test_asks_a_whole_url_and_needs_no_service_connection_for_it() {
    let Some(agent) = agent() else { return };
    let folder = agent.context.static_app("1.0");
    agent.context.deploy(&folder, "production");
    let url = format!("{}/version.json", agent.context.emulator.app_url("app1", "production"));
    let inputs = [("url", url.as_str()), ("interval", "100ms"), ("successes", "1")];
    let ran = agent.run(&agent.install("smoke-test"), &inputs);
    ran.exits(0);
    assert_eq!((ran.asked("GET", "/version.json"), ran.asked("POST", "/token")), (1, 0), "{ran}");
}

#[test]
fn siding_release_does_all_of_it() {
    let Some(agent) = agent() else { return };
    let old = agent.context.static_app("1.0");
    agent.context.deploy(&old, "production");
    let folder = agent.context.static_app("2.0");
    let mut inputs = vec![("appName", "app1"), ("package", folder.as_str()), ("releaseVersion", "2.0")];
    inputs.extend([("versionPath", "/version.json"), ("vault", "kv1"), ("secrets", "db-password")]);
    inputs.extend([("prove", "2s"), ("successes", "2")]);
    inputs.extend(QUICK);
    let ran = run(&agent, "siding-release", &inputs);
    ran.exits(0).says(["[1/7] package", "[7/7] watch"]);
    assert_eq!((agent.context.version("production"), agent.context.version("staging")), ("2.0".into(), "1.0".into()));
    assert_eq!(ran.variables["DB_PASSWORD"], "correct-horse-battery-staple");
    assert!(ran.summary.contains("| who |"), "{}", ran.summary);
}

#[test]
fn a_task_without_a_service_connection_says_how_to_name_one() {
    let Some(agent) = agent() else { return };
    for (program, inputs) in [
        ("oidc-login", &[][..]),
        ("kv-sync", &[("vault", "kv1"), ("secrets", "a")]),
        ("zip-deploy", &[("package", "."), ("appName", "app1")]),
        ("smoke-test", &[("appName", "app1")]),
        ("slot-swap", &[("appName", "app1"), ("slotName", "staging")]),
        ("siding-release", &[("package", "."), ("appName", "app1")]),
    ] {
        let ran = agent.run(&agent.install(program), inputs);
        ran.exits(2).says(["one input is not usable", "`azureSubscription` is required", "Project settings > Service"]);
        ran.never_says("--");
        assert!(ran.requests.is_empty(), "{ran}");
    }
}

#[test]
fn a_service_connection_that_holds_no_identity_is_told() {
    let Some(mut agent) = agent() else { return };
    agent.scheme = "ManagedServiceIdentity";
    let id = agent.connection();
    agent.extra = ["TENANTID", "SERVICEPRINCIPALID"]
        .map(|key| (format!("ENDPOINT_AUTH_PARAMETER_{id}_{key}"), String::new()))
        .into();
    let ran = run(&agent, "zip-deploy", &[("package", "."), ("appName", "app1")]);
    ran.exits(2).says(["one input is not usable", &id, "workload identity federation", "managed identity"]);
}

#[test]
fn a_service_connection_for_a_management_group_is_told() {
    let Some(mut agent) = agent() else { return };
    agent.extra = vec![(format!("ENDPOINT_DATA_{}_SUBSCRIPTIONID", agent.connection()), String::new())];
    let ran = run(&agent, "oidc-login", &[]);
    ran.exits(2).says(["`azureSubscription` is a service connection without a subscription", "management group"]);
}

#[test]
fn a_macro_without_a_variable_is_told_with_the_names_of_the_task() {
    let Some(agent) = agent() else { return };
    let inputs = [("package", "$(folder)"), ("appName", "$(app)"), ("queueTimeout", "soon"), ("clean", "maybe")];
    let ran = run(&agent, "zip-deploy", &inputs);
    ran.exits(2).says([
        "5 inputs are not usable",
        "`package` holds the literal text `$(folder)`",
        "`queueTimeout` is `soon`",
    ]);
    ran.says(["`appName` holds the literal text `$(app)`: the pipeline has no variable `app` here", "variable group"]);
    ran.says(["fix: correct the `inputs` of the task"]).never_says("--help");
    let issues = ran.commands.iter().filter(|command| command.name == "task.logissue").count();
    assert_eq!((issues, ran.requests.len()), (1, 0), "{ran}");
}

#[test]
fn an_input_that_is_missing_is_named_as_the_task_names_it() {
    let Some(agent) = agent() else { return };
    let ran = run(&agent, "slot-swap", &[]);
    ran.exits(2).says(["2 inputs are not usable", "`appName` is required", "pass `appName`", "pass `slotName`"]);
}
