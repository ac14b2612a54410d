//! Which service a request is for: by the host, and on `localhost` by the path.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::cloud::Cloud;
use super::keys::Signer;
use super::log::{LoggedRequest, readable};
use super::message::{Incoming, json as json_answer, with};
use super::runtime::no_site;
use super::server::Doom;
use super::{arm, control, entra, front, github, issuers, metadata, vault};

/// A service, as the host names it.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Entra, ARM and the rest of `localhost`.
    Local,
    /// A slot's front end.
    Front(String),
    /// A slot's SCM site.
    Scm(String),
    /// A vault.
    Vault(String),
    /// GitHub's issuer.
    GitHubIssuer,
    /// GitHub's REST API.
    GitHubApi,
    /// An Enterprise Server, whose API is the same below another path.
    GitHubEnterprise,
    /// Azure DevOps.
    AzureDevOps,
    /// Nobody.
    Unknown,
}

impl Place {
    /// Whether `net.reset` strikes here: at the services that a tool calls, and not at the visitors of an app.
    fn can_be_reset(&self) -> bool {
        !matches!(self, Self::Front(_) | Self::Unknown)
    }
}

/// Takes every request, logs it, and resets the connection when a fault says so.
pub(crate) async fn handle(
    State(cloud): State<Arc<Cloud>>,
    ConnectInfo(doom): ConnectInfo<Doom>,
    request: Request,
) -> Response {
    let mut entry = entry(&request);
    let is_control = request.uri().path().starts_with(control::PREFIX);
    let place = place(&entry.host);
    if !is_control && place.can_be_reset() && cloud.faults.strikes("net.reset") {
        doom.seal();
        cloud.log.add(entry);
        return super::message::empty(StatusCode::BAD_GATEWAY);
    }
    let response = dispatch(&cloud, place, request).await;
    if !is_control {
        entry.status = response.status().as_u16();
        cloud.log.add(entry);
    }
    response
}

/// The log's line for a request that has not been answered yet.
fn entry(request: &Request) -> LoggedRequest {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = request.uri().authority().map_or_else(|| text("host").to_owned(), ToString::to_string);
    LoggedRequest {
        method: request.method().to_string(),
        path: readable(request.uri().path(), request.uri().query()),
        user_agent: text("user-agent").to_owned(),
        host,
        status: 0,
    }
}

fn place(host: &str) -> Place {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).to_ascii_lowercase();
    let one_label = |text: &str| (!text.is_empty() && !text.contains('.')).then(|| text.to_owned());
    match name.as_str() {
        "localhost" | "127.0.0.1" | "[::1]" => return Place::Local,
        "token.actions.localhost" => return Place::GitHubIssuer,
        "api.github.localhost" => return Place::GitHubApi,
        "github.localhost" => return Place::GitHubEnterprise,
        "devops.localhost" => return Place::AzureDevOps,
        _ => {}
    }
    if let Some(label) = name.strip_suffix(".scm.azurewebsites.localhost").and_then(one_label) {
        return Place::Scm(label);
    }
    if let Some(label) = name.strip_suffix(".azurewebsites.localhost").and_then(one_label) {
        return Place::Front(label);
    }
    if let Some(label) = name.strip_suffix(".vault.localhost").and_then(one_label) {
        return Place::Vault(label);
    }
    Place::Unknown
}

async fn dispatch(cloud: &Arc<Cloud>, place: Place, request: Request) -> Response {
    match place {
        Place::Front(label) => match cloud.estate.by_label(&label) {
            Some((app, slot)) => front::serve(cloud, &app, &slot, request).await,
            None => no_site(),
        },
        Place::Scm(label) => match cloud.estate.by_label(&label) {
            Some((app, slot)) => cloud.kudu.handle(&app, &slot, request).await,
            None => no_site(),
        },
        place => match Incoming::collect(request).await {
            Ok(incoming) => collected(cloud, &place, &incoming).await,
            Err(answer) => answer,
        },
    }
}

async fn collected(cloud: &Arc<Cloud>, place: &Place, incoming: &Incoming) -> Response {
    match place {
        Place::Vault(name) => vault::answer(cloud, name, incoming),
        Place::GitHubIssuer => {
            if incoming.path.trim_end_matches('/') == issuers::GITHUB_PATH {
                return issuers::github_token(cloud, incoming);
            }
            let issuer = cloud.endpoints.github_issuer();
            issuers::documents(cloud, Signer::GitHub, &issuer, incoming, &incoming.path)
        }
        Place::GitHubApi => github::answer(cloud, incoming, &incoming.path),
        Place::GitHubEnterprise => match incoming.path.strip_prefix("/api/v3/") {
            Some(path) => github::answer(cloud, incoming, path),
            None => not_found("the emulator plays only the REST API of an Enterprise Server, below `/api/v3`"),
        },
        Place::AzureDevOps => azure_devops(cloud, incoming),
        Place::Local => local(cloud, incoming).await,
        _ => not_found("no service of the emulator has this host"),
    }
}

fn azure_devops(cloud: &Cloud, incoming: &Incoming) -> Response {
    if is_devops_token(incoming) {
        return issuers::azure_devops_token(cloud, incoming);
    }
    let organization = &cloud.config.ci.azure_devops.organization_id;
    let issuer = cloud.endpoints.azure_devops_issuer(organization);
    match incoming.path.trim_start_matches('/').strip_prefix(organization.as_str()) {
        Some(path) => issuers::documents(cloud, Signer::AzureDevOps, &issuer, incoming, path),
        None => not_found("the emulator plays only the token issuer of Azure DevOps"),
    }
}

fn is_devops_token(incoming: &Incoming) -> bool {
    let path = incoming.path.to_ascii_lowercase();
    path.contains("/_apis/distributedtask/hubs/") && path.trim_end_matches('/').ends_with("/oidctoken")
}

async fn local(cloud: &Arc<Cloud>, incoming: &Incoming) -> Response {
    let segments: Vec<&str> = incoming.path.split('/').filter(|segment| !segment.is_empty()).collect();
    let first = segments.first().map(|segment| segment.to_ascii_lowercase()).unwrap_or_default();
    if incoming.path.starts_with(control::PREFIX) {
        return control::answer(cloud, incoming);
    }
    if incoming.path.trim_end_matches('/') == issuers::GITHUB_PATH {
        return issuers::github_token(cloud, incoming);
    }
    if is_devops_token(incoming) {
        return issuers::azure_devops_token(cloud, incoming);
    }
    if first == "metadata" && segments.len() == 2 {
        return metadata::answer(cloud, incoming);
    }
    if first != "subscriptions" && entra::owns(&segments) {
        return entra::answer(cloud, incoming, &segments);
    }
    if first == "subscriptions" || first == "providers" {
        return arm::answer(cloud, incoming, &segments).await;
    }
    not_found("no service of the emulator has this path")
}

fn not_found(message: &str) -> Response {
    let body = json!({"error": {"code": "NotFound", "message": message}});
    with(json_answer(StatusCode::NOT_FOUND, &body), "x-siding-emulator", "not-found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_names_its_service_in_any_case_and_with_any_port() {
        assert_eq!(place("LOCALHOST:8443"), Place::Local);
        assert_eq!(place("[::1]:8443"), Place::Local);
        assert_eq!(place("App1-staging.azurewebsites.localhost:1"), Place::Front("app1-staging".to_owned()));
        assert_eq!(place("app1.scm.azurewebsites.localhost"), Place::Scm("app1".to_owned()));
        assert_eq!(place("api.github.localhost:8443"), Place::GitHubApi);
        assert_eq!(place("github.localhost:8443"), Place::GitHubEnterprise);
        assert_eq!(place("kv1.vault.localhost:8443"), Place::Vault("kv1".to_owned()));
        assert_eq!(place("a.b.vault.localhost:8443"), Place::Unknown);
        assert_eq!(place("management.azure.com"), Place::Unknown);
    }

    #[test]
    fn a_reset_strikes_every_service_and_no_visitor_of_an_app() {
        let hosts = ["localhost:1", "token.actions.localhost:1", "devops.localhost:1", "kv1.vault.localhost:1"];
        for host in hosts.into_iter().chain(["app1-staging.scm.azurewebsites.localhost:1", "api.github.localhost:1"]) {
            assert!(place(host).can_be_reset(), "{host}");
        }
        assert!(!place("app1.azurewebsites.localhost:1").can_be_reset());
    }
}
