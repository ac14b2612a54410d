//! Servers that answer nonsense or point elsewhere: exit 4, what came, what was expected, and no token for anybody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::context::Context;
use crate::impostor::{Authority, Impostor, REQUEST_ID, Reply, Request};
use crate::ran::Ran;
use crate::started::at_once;

/// A JWT whose claims are `https://i`, `repo:a/b:ref` and `api://x`.
const ID_TOKEN: &str =
    "e30.eyJpc3MiOiJodHRwczovL2kiLCJzdWIiOiJyZXBvOmEvYjpyZWYiLCJhdWQiOiJhcGk6Ly94IiwiZXhwIjo3fQ.c2lnbmF0dXJl";
const ACCESS_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJhdWQiOiJhbiBpbXBvc3RvciBvZiB0aGUgdGVzdHMifQ.bm9ib2R5";

/// The answers of a cloud in which all is well, with one empty deployment history.
fn honest(request: &Request) -> Reply {
    let port = request.port();
    let base = format!("https://localhost:{port}");
    let path = request.path.split('?').next().unwrap();
    let ok = |body: Value| Reply::new(200, body);
    match (request.method.as_str(), path) {
        (_, "/metadata/endpoints") => ok(json!({"authentication": {"loginEndpoint": base, "audiences": [base]},
            "suffixes": {"keyVaultDns": format!(".vault.localhost:{port}")}})),
        (_, "/id-token") => ok(json!({"value": ID_TOKEN})),
        (_, path) if path.ends_with("/oauth2/v2.0/token") => {
            ok(json!({"token_type": "Bearer", "expires_in": 3599, "access_token": ACCESS_TOKEN}))
        }
        (_, "/api/deployments") => ok(json!([])),
        ("POST", "/api/publish") => Reply::new(202, "").header("scm-deployment-id", "d1"),
        (_, "/api/deployments/d1") => ok(json!({"id": "d1", "status": 4, "complete": true})),
        (_, "/api/deployments/d1/log") => ok(json!([{"message": "done", "type": 0}])),
        ("POST", path) if path.ends_with("/slotsswap") => {
            Reply::new(202, "").header("location", format!("{base}/operation"))
        }
        (_, path) if path.ends_with("/sites") => ok(json!({"value": [{"name": "app1",
            "id": "/subscriptions/s/resourceGroups/rg1/providers/Microsoft.Web/sites/app1"}]})),
        (_, path) if path.ends_with("/sites/app1") => ok(site("app1", port, &Value::Null)),
        (_, path) if path.ends_with("/slots/staging") => ok(site("app1-staging", port, &Value::Null)),
        (_, path) if path.contains("/config/") => ok(json!({"properties": {}})),
        (_, path) if path.starts_with("/secrets/") => secret(request),
        (_, path) if path.starts_with("/subscriptions/") => ok(json!({"displayName": "a lie", "state": "Enabled"})),
        _ => ok(json!({})),
    }
}

pub(crate) fn site(label: &str, port: &str, status: &Value) -> Value {
    json!({"id": "/x", "kind": "app", "properties": {"state": "Running", "sku": "Standard", "slotSwapStatus": status,
        "defaultHostName": format!("{label}.azurewebsites.localhost:{port}"), "hostNameSslStates": [
            {"name": format!("{label}.scm.azurewebsites.localhost:{port}"), "hostType": "Repository"}]}})
}

fn secret(request: &Request) -> Reply {
    let port = request.port();
    if !request.headers.contains_key("authorization") {
        return challenge(port, &format!("https://vault.localhost:{port}"));
    }
    let id = format!("https://kv1.vault.localhost:{port}/secrets/s/0123456789abcdef0123456789abcdef");
    Reply::new(200, json!({"value": "a-value-of-the-impostor", "id": id, "attributes": {"enabled": true}}))
}

fn challenge(port: &str, resource: &str) -> Reply {
    let header = format!("Bearer authorization=\"https://localhost:{port}/t\", resource=\"{resource}\"");
    Reply::new(401, json!({"error": {"code": "Unauthorized", "message": "no token"}}))
        .header("www-authenticate", header)
}

/// A job in a cloud of impostors: the cloud, and a host that must never be asked anything.
pub(crate) struct Lies {
    context: Context,
    authority: Authority,
    elsewhere: Impostor,
}

impl Lies {
    pub(crate) fn new() -> Self {
        let context = Context::github();
        let authority = Authority::new(&context.work());
        let elsewhere = Impostor::start(&authority, Arc::new(|request: &Request| Some(honest(request))));
        Self { context, authority, elsewhere }
    }

    /// Runs a tool in a cloud that answers so, and honestly where there is no answer.
    pub(crate) fn run(
        &self,
        (program, arguments): (&str, &[&str]),
        lie: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> (Ran, Impostor) {
        let answer = move |request: &Request| Some(lie(request).unwrap_or_else(|| honest(request)));
        self.run_raw((program, arguments), answer)
    }

    fn run_raw(
        &self,
        (program, arguments): (&str, &[&str]),
        answer: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> (Ran, Impostor) {
        let cloud = Impostor::start(&self.authority, Arc::new(answer));
        let base = format!("https://localhost:{}", cloud.port);
        let id_token = format!("{base}/id-token?v=2");
        let file = self.authority.file.display().to_string();
        let extra =
            [("AZURE_CLOUD", base.as_str()), ("SSL_CERT_FILE", &file), ("ACTIONS_ID_TOKEN_REQUEST_URL", &id_token)];
        (self.context.run_with(program, arguments, &extra), cloud)
    }

    /// The URL of a page on the other host.
    fn elsewhere(&self) -> String {
        format!("https://localhost:{}/elsewhere", self.elsewhere.port)
    }

    #[track_caller]
    fn nobody_else_was_asked(&self) {
        let requests = self.elsewhere.requests();
        assert!(requests.is_empty(), "{requests:#?}");
    }
}

/// Where the lie is told: a name, the part of the path, the tool that meets it, and what it expected there.
struct Place {
    part: &'static str,
    run: (&'static str, &'static [&'static str]),
    expected: &'static str,
}

const SWAP: (&str, &[&str]) = ("slot-swap", &["--app-name", "app1", "--slot-name", "staging", "--interval", "100ms"]);
const DEPLOY: (&str, &[&str]) = ("zip-deploy", &["--app-name", "app1", "--package", "site-1.0"]);
const LOGIN: (&str, &[&str]) = ("oidc-login", &[]);
const SYNC: (&str, &[&str]) = ("kv-sync", &["--vault", "kv1", "--secrets", "s"]);

static PLACES: &[Place] = &[
    Place { part: "/metadata/endpoints", run: LOGIN, expected: "the endpoints of a cloud" },
    Place { part: "/id-token", run: LOGIN, expected: "an id token from GitHub" },
    Place { part: "/oauth2/v2.0/token", run: LOGIN, expected: "a token or an AADSTS error from Entra" },
    Place { part: "/subscriptions/", run: LOGIN, expected: "a subscription" },
    Place { part: "Microsoft.Web/sites?", run: SWAP, expected: "a list of apps" },
    Place { part: "/slots/staging?", run: SWAP, expected: "a site" },
    Place { part: "/api/deployments", run: DEPLOY, expected: "a list of deployments" },
    Place { part: "/secrets/", run: SYNC, expected: "a secret from Key Vault" },
];

/// Runs the tool that meets this lie, and checks what holds for every one.
#[track_caller]
fn lie_at(lies: &Lies, place: &Place, reply: impl Fn() -> Reply + Send + Sync + 'static) -> Ran {
    lies.context.static_app("1.0");
    let part = place.part;
    let (ran, _cloud) = lies.run(place.run, move |request| {
        let is_challenge = part == "/secrets/" && !request.headers.contains_key("authorization");
        (request.path.contains(part) && !is_challenge).then(&reply)
    });
    ran.exits(4).says([&format!("request id: {REQUEST_ID}")]);
    assert!(ran.outputs.is_empty() && ran.variables.is_empty(), "{ran}");
    lies.nobody_else_was_asked();
    ran
}

#[test]
fn an_answer_that_is_no_answer_is_told_with_what_came_and_what_was_expected() {
    let lies = Lies::new();
    let pages = [
        ("<!DOCTYPE html><html>Sign in", "an HTML page"),
        ("{\"value\": [", "broken JSON"),
        ("[1, 2]", "JSON of another shape"),
        ("", "an empty body"),
        ("hello", "a body that is not JSON"),
    ];
    for place in PLACES {
        for (body, described) in pages {
            // An app without deployments, and a list of two numbers, are told apart from no list.
            let ran = lie_at(&lies, place, move || Reply::new(200, body));
            ran.says([
                "SID0201",
                &format!("answered 200 with {described}, expected {}", place.expected),
                "status: 200",
            ]);
        }
    }
}

#[test]
fn a_value_in_an_answer_of_another_shape_is_not_quoted() {
    let lies = Lies::new();
    // Every run is searched for tokens.
    let (ran, _cloud) =
        lies.run(LOGIN, |request| request.path.starts_with("/id-token").then(|| Reply::new(200, json!(ACCESS_TOKEN))));
    ran.exits(4).says(["SID0201", "not of the expected kind, at line 1 column"]);
    let (ran, _cloud) = lies.run(SWAP, |request| {
        let settings = json!({"properties": {"PIN": 471_147_114_711_u64}});
        request.is("POST", "/config/appsettings/list").then(|| Reply::new(200, settings))
    });
    ran.exits(4).says(["SID0201", "not of the expected kind, at line 1 column"]);
    assert!(!ran.stderr.contains("471147114711"), "{ran}");
}

#[test]
fn a_refusal_that_repeats_the_token_is_shown_without_it() {
    let lies = Lies::new();
    let (ran, _cloud) = lies.run(LOGIN, |request| {
        let token = request.headers.get("authorization").filter(|_| request.path.starts_with("/subscriptions/"))?;
        let message = format!("the request with `{token}` is not authorized");
        Some(Reply::new(403, json!({"error": {"code": "AuthorizationFailed", "message": message}})))
    });
    ran.exits(4).says(["the request with `Bearer ***` is not authorized"]);
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let lies = Lies::new();
    for place in PLACES {
        let target = lies.elsewhere();
        let ran = lie_at(&lies, place, move || Reply::new(302, "").header("location", target.clone()));
        ran.says(["SID0203", "status: 302", &lies.elsewhere(), "redirects are not followed"]);
    }
}

#[test]
fn a_body_that_breaks_off_is_asked_for_again_and_then_told() {
    let lies = Lies::new();
    at_once(&["/subscriptions/", "/secrets/"], |part| {
        let place = PLACES.iter().find(|place| place.part == *part).unwrap();
        let ran = lie_at(&lies, place, || Reply { missing: 500, ..Reply::new(200, "{\"displayName\": ") });
        ran.says(["SID0201", "sent a broken answer", "status: 200"]);
    });
}

#[test]
fn a_poll_url_on_another_host_gets_no_token() {
    let lies = Lies::new();
    let target = lies.elsewhere();
    let impatient = [SWAP.1, &["--timeout", "2s"]].concat();
    let (ran, cloud) = lies.run((SWAP.0, &impatient), move |request| {
        request.is("POST", "/slotsswap").then(|| Reply::new(202, "").header("location", target.clone()))
    });
    ran.exits(4).says(["SID0203", "asked to be polled at", &format!("request id: {REQUEST_ID}")]);
    assert_eq!(cloud.requests().iter().filter(|request| request.is("POST", "/slotsswap")).count(), 1);
    lies.nobody_else_was_asked();
}

#[test]
fn an_endpoint_that_asks_for_tokens_of_a_cloud_of_azure_gets_none() {
    let lies = Lies::new();
    for (login, audience) in [
        ("https://localhost", "https://management.azure.com/"),
        ("https://login.microsoftonline.com/", "https://localhost"),
        ("https://localhost", "https://management.core.usgovcloudapi.net"),
    ] {
        let (ran, cloud) = lies.run(LOGIN, move |request| {
            let body = json!({"authentication": {"loginEndpoint": login, "audiences": [audience]},
                "suffixes": {"keyVaultDns": ".vault.localhost"}});
            request.path.contains("/metadata/endpoints").then(|| Reply::new(200, body))
        });
        ran.exits(4).says(["SID0201", "to which it does not belong"]);
        assert_eq!(cloud.requests().len(), 1, "{login} {audience}");
    }
}

#[test]
fn a_next_page_on_another_host_gets_no_token() {
    let lies = Lies::new();
    let target = lies.elsewhere();
    let (ran, _cloud) = lies.run(SWAP, move |request| {
        request.is("GET", "/sites").then(|| Reply::new(200, json!({"value": [], "nextLink": target})))
    });
    ran.exits(4).says(["SID0203", "the next page of a list lies on another host"]);
    lies.nobody_else_was_asked();
}

#[test]
fn a_list_whose_next_page_is_itself_is_told() {
    let lies = Lies::new();
    let (ran, cloud) = lies.run(SWAP, |request| {
        let link = format!("https://localhost:{}{}", request.port(), request.path);
        request.is("GET", "/sites").then(|| Reply::new(200, json!({"value": [], "nextLink": link})))
    });
    ran.exits(4).says(["SID0201", "a list of apps that does not end", "one that was read before"]);
    assert_eq!(cloud.requests().iter().filter(|request| request.is("GET", "/sites")).count(), 1);
}

#[test]
fn a_log_that_points_to_another_host_gets_no_token() {
    let lies = Lies::new();
    lies.context.static_app("1.0");
    let target = lies.elsewhere();
    let (ran, _cloud) = lies.run(DEPLOY, move |request| {
        let entry = json!([{"message": "details", "type": 0, "details_url": target}]);
        request.is("GET", "/d1/log").then(|| Reply::new(200, entry))
    });
    ran.exits(4).says(["SID0203", "a deployment log points to another host"]);
    lies.nobody_else_was_asked();
}

#[test]
fn a_deployment_id_that_leads_elsewhere_goes_into_no_url() {
    let lies = Lies::new();
    lies.context.static_app("1.0");
    let (ran, cloud) = lies.run(DEPLOY, |request| {
        let accepted = Reply::new(202, "").header("scm-deployment-id", "d1/../../settings");
        request.is("POST", "/api/publish").then_some(accepted)
    });
    ran.exits(4).says(["SID0201", "expected a plain deployment id"]);
    let paths: Vec<String> = cloud.requests().into_iter().map(|request| request.path).collect();
    assert!(paths.iter().all(|path| !path.contains("settings")), "{paths:?}");
}

#[test]
fn a_vault_that_asks_for_a_token_of_somebody_else_gets_none() {
    let lies = Lies::new();
    for resource in [
        "https://management.azure.com",
        "https://vault.localhost.evil.example",
        "https://other.vault.localhost",
        "nothing",
    ] {
        let (ran, cloud) =
            lies.run(SYNC, move |request| (request.label() == "kv1").then(|| challenge(request.port(), resource)));
        ran.exits(4).says(["SID0501", &format!("request id: {REQUEST_ID}")]);
        assert!(
            cloud
                .requests()
                .iter()
                .all(|request| request.label() != "kv1" || !request.headers.contains_key("authorization"))
        );
        lies.nobody_else_was_asked();
    }
}

#[test]
fn codes_that_the_emulator_never_gives_are_explained_as_well() {
    let lies = Lies::new();
    let create = "az ad app federated-credential create --id 30000000-0000-4000-8000-000000000003";
    for (number, code, says) in [
        (70_021, "SID0104", create),
        (700_024, "SID0107", "each tool mints its own"),
        (7_000_229, "SID0105", "az ad sp create --id 30000000-0000-4000-8000-000000000003"),
        (987_654, "SID0103", "a \"quoted\" reason"),
    ] {
        let (ran, _cloud) = lies.run(LOGIN, move |request| {
            // The escapes in it are what the identity crate stumbles over.
            let text = format!("AADSTS{number}: a \"quoted\" reason \u{2014} Trace ID: x\r\nCorrelation ID: c-1\r\n");
            let body = json!({"error": "invalid_request", "error_description": text, "error_codes": [number], "correlation_id": "c-1"});
            request.path.contains("/oauth2/").then(|| Reply::new(400, body))
        });
        ran.exits(3).says([code, &format!("AADSTS{number}"), says, "correlation id: c-1"]);
        ran.says(["iss: https://i", "sub: repo:a/b:ref", "aud: api://x"]);
    }
}

#[test]
fn a_trouble_of_entra_that_passes_is_outlived() {
    let lies = Lies::new();
    let asked = AtomicUsize::new(0);
    let (ran, cloud) = lies.run(LOGIN, move |request| {
        let body = json!({"error": "temporarily_unavailable", "error_description": "AADSTS90033: later", "error_codes": [90_033]});
        let lies = request.path.contains("/oauth2/") && asked.fetch_add(1, Ordering::Relaxed) == 0;
        lies.then(|| Reply::new(400, body))
    });
    ran.exits(0);
    assert_eq!(
        cloud.requests().iter().filter(|request| request.path.starts_with("/id-token")).count(),
        2,
        "a fresh assertion"
    );
}

fn pushes(cloud: &Impostor) -> usize {
    cloud.requests().iter().filter(|request| request.is("POST", "/api/publish")).count()
}

#[test]
fn a_package_that_arrived_although_the_front_end_gave_up_is_not_sent_again() {
    let lies = Lies::new();
    lies.context.static_app("1.0");
    let arrived = AtomicUsize::new(0);
    let (ran, cloud) = lies.run(DEPLOY, move |request| {
        if request.is("POST", "/api/publish") {
            arrived.store(1, Ordering::Relaxed);
            return Some(Reply::new(502, "<html>Bad Gateway</html>"));
        }
        let lists = request.is("GET", "/api/deployments") && arrived.load(Ordering::Relaxed) == 1;
        lists.then(|| Reply::new(200, json!([{"id": "d1", "status": 0}])))
    });
    ran.exits(0).says(["the fate of the upload is unknown", "it arrived"]);
    assert_eq!((pushes(&cloud), ran.outputs["deployment-id"].as_str()), (1, "d1"));
}

#[test]
fn a_package_that_got_lost_is_sent_again() {
    let lies = Lies::new();
    lies.context.static_app("1.0");
    let tries = AtomicUsize::new(0);
    let (ran, cloud) = lies.run_raw(DEPLOY, move |request| {
        let breaks = request.is("POST", "/api/publish") && tries.fetch_add(1, Ordering::Relaxed) == 0;
        (!breaks).then(|| honest(request))
    });
    ran.exits(0).says(["it did not arrive, sending it again"]);
    assert_eq!(pushes(&cloud), 2);
}

#[test]
fn a_swap_whose_answer_got_lost_is_found_by_its_proof_and_not_posted_again() {
    let lies = Lies::new();
    let posted = Arc::new(AtomicUsize::new(0));
    let (ran, cloud) = lies.run_raw(("slot-swap", &[SWAP.1, &["--watch", "50ms"]].concat()), move |request| {
        if request.is("POST", "/slotsswap") {
            posted.store(1, Ordering::Relaxed);
            return None;
        }
        if request.is("GET", "/sites/app1") && posted.load(Ordering::Relaxed) == 1 {
            let status = json!({"timestampUtc": "2026-01-01T00:00:00", "sourceSlotName": "staging", "destinationSlotName": "Production"});
            return Some(Reply::new(200, site("app1", request.port(), &status)));
        }
        Some(honest(request))
    });
    ran.exits(0).says(["the fate of the swap is unknown", "proven by slotSwapStatus 2026-01-01T00:00:00"]);
    assert_eq!(cloud.requests().iter().filter(|request| request.is("POST", "/slotsswap")).count(), 1);
}
