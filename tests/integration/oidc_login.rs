//! `oidc-login`: identities that are proven, and refusals that are explained with the values of this very run.

use siding::emulator::Config;
use siding::emulator::config::Role;

use crate::context::Context;
use crate::started::at_once;

const EXPORTED: [&str; 4] = ["AZURE_CLIENT_ID", "AZURE_CLOUD", "AZURE_SUBSCRIPTION_ID", "AZURE_TENANT_ID"];
const GITHUB_SUBJECT: &str = "repo:siding-dev/inventory-api:environment:production";

#[test]
fn a_github_job_signs_in_and_hands_its_ids_on() {
    let context = Context::github();
    let ran = context.run("oidc-login", &[]);
    ran.exits(0).says(["GitHub's id token", "subscription `Siding emulator`", GITHUB_SUBJECT]);
    assert_eq!(ran.outputs["client-id"], context.variable("AZURE_CLIENT_ID"));
    assert_eq!(ran.outputs["tenant-id"], context.variable("AZURE_TENANT_ID"));
    assert_eq!(ran.outputs["subscription-id"], context.variable("AZURE_SUBSCRIPTION_ID"));
    assert_eq!(ran.outputs["subscription-name"], "Siding emulator");
    assert_eq!(ran.variables.keys().map(String::as_str).collect::<Vec<_>>(), EXPORTED);
    assert!(ran.summary.contains("| subject |"), "{}", ran.summary);
    assert_eq!(ran.asked("GET", "/_ci/github/oidctoken"), 1, "{ran}");
}

#[test]
fn an_azure_pipelines_job_signs_in_and_hands_its_ids_on() {
    let context = Context::azure_pipelines();
    let ran = context.run("oidc-login", &[]);
    ran.exits(0).says(["Azure DevOps' id token", "sc://siding-dev/inventory/azure-production"]);
    assert_eq!(ran.outputs["subscriptionName"], "Siding emulator");
    assert_eq!(ran.variables["AZURE_TENANT_ID"], context.variable("AZURE_TENANT_ID"));
    assert!(ran.summary.contains("| subscription |"), "{}", ran.summary);
}

#[test]
fn a_shell_signs_in_with_a_client_secret() {
    let ran = Context::shell().run("oidc-login", &["--json"]);
    ran.exits(0).says(["a client secret"]);
    assert_eq!(ran.json()["subscriptionName"], "Siding emulator");
}

#[test]
fn a_client_secret_of_a_job_is_hidden() {
    let secret = "a-client-secret-of-the-emulator";
    for context in [Context::github(), Context::azure_pipelines()] {
        let ran = context.run_with("oidc-login", &[], &[("INPUT_CLIENT-SECRET", secret)]);
        ran.exits(0).says(["with a client secret"]);
        assert!(ran.masks.iter().any(|mask| mask == secret), "{ran}");
        assert!(ran.masks.iter().any(|mask| mask.starts_with("eyJ")), "the access token is hidden too\n{ran}");
    }
}

#[test]
fn a_service_connection_alone_names_tenant_client_and_subscription() {
    let context = Context::azure_pipelines();
    let (tenant, client) = (context.variable("AZURE_TENANT_ID"), context.variable("AZURE_CLIENT_ID"));
    let subscription = context.variable("AZURE_SUBSCRIPTION_ID");
    let id = context.variable("SERVICE_CONNECTION_ID");
    let key = |middle: &str, end: &str| format!("ENDPOINT_{middle}_{id}_{end}");
    let names = [key("AUTH_PARAMETER", "TENANTID"), key("AUTH_PARAMETER", "SERVICEPRINCIPALID")];
    let data = key("DATA", "SUBSCRIPTIONID");
    let extra = [
        ("AZURE_TENANT_ID", ""),
        ("AZURE_CLIENT_ID", ""),
        ("AZURE_SUBSCRIPTION_ID", ""),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", ""),
        ("INPUT_AZURESUBSCRIPTION", &id),
        (&names[0], &tenant),
        (&names[1], &client),
        (&data, &subscription),
    ];
    context.run_with("oidc-login", &[], &extra).exits(0);
}

#[test]
fn a_connection_with_a_key_signs_in_with_its_key() {
    let context = Context::azure_pipelines();
    let client = context.variable("AZURE_CLIENT_ID");
    let id = context.variable("SERVICE_CONNECTION_ID");
    let key = |middle: &str| format!("ENDPOINT_AUTH_{middle}");
    let names = [
        key(&format!("SCHEME_{id}")),
        key(&format!("PARAMETER_{id}_TENANTID")),
        key(&format!("PARAMETER_{id}_SERVICEPRINCIPALID")),
        key(&format!("PARAMETER_{id}_SERVICEPRINCIPALKEY")),
        format!("ENDPOINT_DATA_{id}_SUBSCRIPTIONID"),
    ];
    let (tenant, subscription) = (context.variable("AZURE_TENANT_ID"), context.variable("AZURE_SUBSCRIPTION_ID"));
    let other = "99999999-0000-4000-8000-000000000009";
    let extra = [
        ("INPUT_CONNECTEDSERVICENAMEARM", id.as_str()),
        (&names[0], "serviceprincipal"),
        (&names[1], &tenant),
        (&names[2], &client),
        (&names[3], "a-client-secret-of-the-emulator"),
        (&names[4], &subscription),
        // What a login of another connection has left.
        ("AZURE_TENANT_ID", other),
        ("AZURE_CLIENT_ID", other),
        ("AZURE_SUBSCRIPTION_ID", other),
        ("AZURE_CLIENT_SECRET", "the-secret-of-another-connection"),
    ];
    let ran = context.run_with("oidc-login", &[], &extra);
    ran.exits(0).says(["a client secret"]);
    assert_eq!(ran.outputs["clientId"], client);
    assert_eq!(ran.asked("POST", "oidctoken"), 0, "{ran}");
    assert!(ran.masks.iter().any(|mask| mask == "a-client-secret-of-the-emulator"), "{ran}");
}

#[test]
fn a_token_that_the_agent_bound_to_the_connection_is_used() {
    let context = Context::azure_pipelines();
    let name = format!("ENDPOINT_AUTH_PARAMETER_{}_IDTOKEN", context.variable("SERVICE_CONNECTION_ID"));
    let ran = context.run_with("oidc-login", &[], &[(&name, "no-jwt")]);
    ran.exits(3).says(["SID0102", "what the agent gave is not a JWT"]);
    assert_eq!(ran.asked("POST", "oidctoken"), 0, "{ran}");
    // An expired one: its payload is `{"exp":7}`.
    let ran = context.run_with("oidc-login", &[], &[(&name, "e30.eyJleHAiOjd9.c2lnbmF0dXJl")]);
    assert_eq!(ran.exits(0).asked("POST", "oidctoken"), 1, "{ran}");
}

#[test]
fn nothing_is_exported_when_that_is_not_wanted() {
    let ran = Context::github().run("oidc-login", &["--export=false"]);
    assert!(ran.exits(0).variables.is_empty(), "{ran}");
}

#[test]
fn a_job_without_the_right_to_a_token_is_told_which_permission_is_missing() {
    let context = Context::github();
    let ran = context.run_with("oidc-login", &[], &[("ACTIONS_ID_TOKEN_REQUEST_URL", "")]);
    ran.exits(3).says(["SID0101", "id-token: write"]);
    let context = Context::azure_pipelines();
    let ran = context.run_with("oidc-login", &[], &[("SYSTEM_ACCESSTOKEN", "")]);
    ran.exits(3).says(["SID0101", "SYSTEM_ACCESSTOKEN: $(System.AccessToken)"]);
}

#[test]
fn a_token_that_the_ci_host_refuses_is_its_refusal() {
    let context = Context::azure_pipelines();
    let ran = context.run_with("oidc-login", &[], &[("SYSTEM_ACCESSTOKEN", "not-the-token-of-this-job")]);
    ran.exits(3).says(["SID0102", "Azure DevOps gave this job no id token"]);
}

/// A change of the world, and what the tool must say of it.
struct Refusal {
    name: &'static str,
    code: &'static str,
    change: fn(&mut Config),
    extra: &'static [(&'static str, &'static str)],
    says: &'static [&'static str],
}

fn credential(config: &mut Config) -> &mut siding::emulator::config::FederatedCredential {
    &mut config.tenants[0].applications[0].federated_credentials[0]
}

const FIX: &str = "run: az ad app federated-credential create --id 30000000-0000-4000-8000-000000000003";

static REFUSALS: &[Refusal] = &[
    Refusal {
        name: "AADSTS700016",
        code: "SID0105",
        change: |_| {},
        extra: &[("AZURE_CLIENT_ID", "99999999-0000-4000-8000-000000000009")],
        says: &["az ad sp show --id 99999999-0000-4000-8000-000000000009"],
    },
    Refusal {
        name: "AADSTS90002",
        code: "SID0105",
        change: |_| {},
        extra: &[("AZURE_TENANT_ID", "99999999-0000-4000-8000-000000000009")],
        says: &["az account show --query tenantId"],
    },
    Refusal {
        name: "AADSTS700211",
        code: "SID0104",
        change: |config| "https://issuer.example".clone_into(&mut credential(config).issuer),
        extra: &[],
        says: &[FIX],
    },
    Refusal {
        name: "AADSTS700212",
        code: "SID0104",
        change: |config| "api://AnotherAudience".clone_into(&mut credential(config).audience),
        extra: &[],
        says: &[FIX],
    },
    Refusal {
        name: "AADSTS700213",
        code: "SID0104",
        change: |config| {
            "repo:siding-dev/inventory-api:ref:refs/heads/main".clone_into(&mut credential(config).subject);
        },
        extra: &[],
        says: &[FIX],
    },
    Refusal {
        name: "AADSTS7002138",
        code: "SID0104",
        change: |config| credential(config).subject = GITHUB_SUBJECT.replace("siding", "Siding"),
        extra: &[],
        says: &[FIX, "upper and lower case"],
    },
    Refusal {
        name: "AADSTS70025",
        code: "SID0104",
        change: |config| config.tenants[0].applications[0].federated_credentials.clear(),
        extra: &[],
        says: &[FIX],
    },
    Refusal {
        name: "AADSTS7000215",
        code: "SID0106",
        change: |_| {},
        extra: &[("INPUT_CLIENT_SECRET", "the-id-in-place-of-the-value")],
        says: &["az ad app credential reset"],
    },
    Refusal {
        name: "AADSTS7000222",
        code: "SID0106",
        change: |_| {},
        extra: &[("INPUT_CLIENT_SECRET", "an-expired-secret-of-the-emulator")],
        says: &["az ad app credential reset", "expired"],
    },
];

#[test]
fn every_refusal_of_entra_is_explained_with_live_values_and_a_command() {
    at_once(REFUSALS, |refusal| {
        let context = Context::github_with(refusal.change);
        let ran = context.run_with("oidc-login", &[], refusal.extra);
        ran.exits(3).says([refusal.name, refusal.code, "correlation id: ", "tenant: "]);
        for text in refusal.says {
            ran.says([text]);
        }
        if refusal.says.contains(&FIX) {
            let issuer = format!("https://token.actions.localhost:{}", context.emulator.port());
            ran.says([&format!("iss: {issuer}"), &format!("sub: {GITHUB_SUBJECT}"), "aud: api://AzureADTokenExchange"]);
            ran.says([&format!(r#""issuer":"{issuer}","subject":"{GITHUB_SUBJECT}""#)]);
        }
        assert!(ran.outputs.is_empty() && ran.variables.is_empty(), "{ran}");
    });
}

#[test]
fn the_fault_of_a_wrong_subject_prints_the_command_on_azure_pipelines_too() {
    let context = Context::azure_pipelines();
    context.fault("entra.subject-mismatch");
    let ran = context.run("oidc-login", &[]);
    ran.exits(3).says(["AADSTS700213", FIX, r#""subject":"sc://siding-dev/inventory/azure-production""#]);
}

#[test]
fn an_html_page_in_place_of_a_token_is_an_unexpected_answer() {
    let context = Context::github();
    context.fault("entra.html-answer");
    context.run("oidc-login", &[]).exits(4).says(["SID0201", "an HTML page", "status: "]);
}

#[test]
fn a_subscription_that_the_identity_cannot_see_is_told_with_the_role_to_assign() {
    let context = Context::github_with(|config| config.tenants[0].applications[0].role = Role::None);
    context.run("oidc-login", &[]).exits(4).says(["request id: ", "az role assignment create"]);
}

#[test]
fn throttling_and_resets_are_outlived() {
    let context = Context::github();
    context.fault("arm.throttle");
    let ran = context.run("oidc-login", &[]);
    ran.exits(0);
    assert_eq!(ran.requests.iter().filter(|request| request.status == 429).count(), 3, "{ran}");
    context.fault("net.reset");
    let ran = context.run("oidc-login", &[]);
    ran.exits(0);
    assert_eq!(ran.requests.iter().filter(|request| request.status == 0).count(), 2, "{ran}");
}

#[test]
fn throttling_that_does_not_end_is_told() {
    let context = Context::github();
    context.fault("arm.throttle=50");
    context.run("oidc-login", &[]).exits(4).says(["SID0207", "status: 429", "request id: "]);
}
