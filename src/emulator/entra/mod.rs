//! Entra: the token endpoint of both versions, and the documents that clients discover it by.

mod errors;
mod exchange;
mod federation;

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::encode::is_guid;
use super::keys::Signer;
use super::message::{Incoming, json as json_answer, text, with};
use errors::Refusal;

/// Whether a path of `localhost` is Entra's, and not ARM's.
pub(crate) fn owns(segments: &[&str]) -> bool {
    let lower: Vec<String> = segments.iter().skip(1).map(|segment| segment.to_ascii_lowercase()).collect();
    let rest: Vec<&str> = lower.iter().map(String::as_str).collect();
    matches!(
        rest.as_slice(),
        ["oauth2", "token"]
            | ["oauth2", "v2.0", "token"]
            | ["v2.0", ".well-known", "openid-configuration"]
            | [".well-known", "openid-configuration"]
            | ["discovery", "v2.0", "keys"]
            | ["discovery", "keys" | "instance"]
    )
}

/// Answers a request; [`owns`] said yes to its path.
pub(crate) fn answer(cloud: &Cloud, incoming: &Incoming, segments: &[&str]) -> Response {
    let (tenant, last) = (segments[0], segments.last().copied().unwrap_or_default().to_ascii_lowercase());
    let is_v2 = segments.iter().any(|segment| segment.eq_ignore_ascii_case("v2.0"));
    let answer = match last.as_str() {
        "token" => token(cloud, incoming, tenant, is_v2),
        "keys" => json_answer(StatusCode::OK, &cloud.keys.key_set(Signer::Entra)),
        "instance" => json_answer(StatusCode::OK, &instance(cloud, incoming)),
        _ => match checked_tenant(cloud, tenant) {
            Ok(id) => json_answer(StatusCode::OK, &configuration(cloud, &id, is_v2)),
            Err(refusal) => refusal.answer(cloud, incoming),
        },
    };
    let answer = with(answer, "x-ms-request-id", &super::encode::guid());
    with(with(answer, "cache-control", "no-store, no-cache"), "pragma", "no-cache")
}

fn token(cloud: &Cloud, incoming: &Incoming, tenant: &str, is_v2: bool) -> Response {
    if incoming.method != Method::POST {
        return Refusal::new(900_561, "The endpoint only accepts POST requests. Received a GET request.")
            .answer(cloud, incoming);
    }
    if cloud.faults.strikes("entra.html-answer") {
        let page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad \
                    Gateway</h1></center><hr><center>Microsoft-Azure-Application-Gateway/v2</center></body></html>";
        return text(StatusCode::BAD_GATEWAY, "text/html", page.to_owned());
    }
    let outcome = checked_tenant(cloud, tenant).and_then(|tenant| exchange::exchange(cloud, incoming, &tenant, is_v2));
    match outcome {
        Ok(body) => json_answer(StatusCode::OK, &body),
        Err(refusal) => refusal.answer(cloud, incoming),
    }
}

/// The GUID of the tenant that the path names by GUID or domain.
fn checked_tenant(cloud: &Cloud, tenant: &str) -> Result<String, Refusal> {
    if let Some(tenant) = cloud.directory.tenant(tenant) {
        return Ok(tenant.id.clone());
    }
    if ["common", "organizations", "consumers"].contains(&tenant.to_ascii_lowercase().as_str()) {
        return Ok(cloud.directory.home().id.clone());
    }
    let is_domain =
        tenant.contains('.') && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if is_guid(tenant) || is_domain {
        return Err(Refusal::new(
            90_002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into \
                 the correct cloud. Check with your subscription administrator, this may happen if there are no active \
                 subscriptions for the tenant."
            ),
        ));
    }
    let message =
        format!("Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.");
    Err(Refusal::new(900_023, message))
}

fn configuration(cloud: &Cloud, tenant: &str, is_v2: bool) -> Value {
    let base = cloud.endpoints.base();
    let version = if is_v2 { "/v2.0" } else { "" };
    let issuer = if is_v2 { format!("{base}/{tenant}/v2.0") } else { cloud.directory.issuer(tenant) };
    json!({
        "issuer": issuer,
        "token_endpoint": format!("{base}/{tenant}/oauth2{version}/token"),
        "authorization_endpoint": format!("{base}/{tenant}/oauth2{version}/authorize"),
        "device_authorization_endpoint": format!("{base}/{tenant}/oauth2{version}/devicecode"),
        "jwks_uri": format!("{base}/{tenant}/discovery{version}/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "tenant_region_scope": "EU", "cloud_instance_name": "localhost", "msgraph_host": "graph.microsoft.com",
    })
}

/// The answer to clients that want to know whether an authority can be trusted.
fn instance(cloud: &Cloud, incoming: &Incoming) -> Value {
    let base = cloud.endpoints.base();
    let host = format!("localhost:{}", cloud.endpoints.port());
    let authority = incoming.query("authorization_endpoint").unwrap_or_default();
    let tenant = authority.strip_prefix(&base).and_then(|path| path.split('/').nth(1)).unwrap_or("common");
    json!({
        "tenant_discovery_endpoint": format!("{base}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    })
}

/// What a form field or query is called when it is missing.
fn missing(name: &str) -> Refusal {
    Refusal::new(900_144, format!("The request body must contain the following parameter: '{name}'."))
}
