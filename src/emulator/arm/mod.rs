//! Azure Resource Manager: the checks that every request passes, and the routes.

mod actions;
mod authorize;
mod call;
mod configuration;
mod deployment;
mod differences;
mod error;
mod groups;
mod metrics;
mod operations;
mod preview;
mod publishing;
mod references;
mod routes;
mod settings;
mod site;
mod swap;

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::cloud::Cloud;
use super::encode::guid;
use super::message::{Incoming, with};
use super::moment::Moment;
use error::ArmError;

pub(crate) use operations::Operations;

/// The versions of `Microsoft.Web` that the emulator takes (<https://learn.microsoft.com/rest/api/appservice/>, 2026-06).
const WEB_VERSIONS: &[&str] = &[
    "2015-08-01",
    "2016-03-01",
    "2016-07-01",
    "2016-08-01",
    "2018-02-01",
    "2018-11-01",
    "2019-08-01",
    "2020-06-01",
    "2020-09-01",
    "2020-10-01",
    "2020-12-01",
    "2021-01-01",
    "2021-01-15",
    "2021-02-01",
    "2021-03-01",
    "2022-03-01",
    "2022-09-01",
    "2023-01-01",
    "2023-12-01",
    "2024-04-01",
    "2024-11-01",
    "2025-03-01",
    "2025-05-01",
    "2026-03-15",
];

/// Answers a request to ARM.
pub(crate) async fn answer(cloud: &Arc<Cloud>, incoming: &Incoming, segments: &[&str]) -> Response {
    let response = match checked(cloud, incoming, segments).await {
        Ok(response) => response,
        Err(error) => error.answer(),
    };
    dress(cloud, response, incoming)
}

/// 400 `MissingApiVersionParameter`.
pub(crate) fn missing_api_version() -> Response {
    let message = "The api-version query parameter (?api-version=) is required for all requests.";
    ArmError::new(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", message).answer()
}

async fn checked(cloud: &Arc<Cloud>, incoming: &Incoming, segments: &[&str]) -> Result<Response, ArmError> {
    let caller = authorize::authenticate(cloud, incoming)?;
    if cloud.faults.strikes("arm.throttle") {
        return Err(authorize::throttled(cloud, incoming));
    }
    let version = incoming.query("api-version").unwrap_or_default();
    if version.is_empty() {
        return Ok(missing_api_version());
    }
    check_version(version, segments, cloud)?;
    routes::route(&call::Call { cloud, incoming, caller, segments }).await
}

fn check_version(version: &str, segments: &[&str], cloud: &Cloud) -> Result<(), ArmError> {
    let provider = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"));
    let provider = provider.and_then(|at| segments.get(at + 1)).map(|name| name.to_ascii_lowercase());
    let registered = match provider.as_deref() {
        Some("microsoft.web") => Some(("sites", WEB_VERSIONS)),
        Some("microsoft.insights") => Some(("metrics", metrics::VERSIONS)),
        _ => None,
    };
    if let Some((kind, versions)) = registered.filter(|(_, versions)| !versions.contains(&version)) {
        let location = cloud.config.resource_group.location.to_lowercase().replace(' ', "");
        let message = format!(
            "No registered resource provider found for location '{location}' and API version '{version}' for type '{kind}'. \
             The supported api-versions are '{}'. The supported locations are '{location}'.",
            versions.join(", ")
        );
        return Err(ArmError::new(StatusCode::BAD_REQUEST, "NoRegisteredProviderFound", message));
    }
    let is_date = version.len() >= 10
        && version
            .bytes()
            .take(10)
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    if is_date {
        return Ok(());
    }
    let message =
        format!("The api-version '{version}' is invalid. The supported versions are '2022-12-01,2021-04-01'.");
    Err(ArmError::new(StatusCode::BAD_REQUEST, "InvalidApiVersionParameter", message))
}

/// The headers that all answers of ARM carry.
fn dress(cloud: &Cloud, response: Response, incoming: &Incoming) -> Response {
    let (request, time) = (guid(), Moment::of(cloud.clock.now()));
    let sent = incoming.header("x-ms-correlation-request-id").filter(|id| super::encode::is_guid(id));
    let correlation = sent.map_or_else(guid, str::to_owned);
    let bucket: [(&'static str, &str); 2] = match incoming.method {
        Method::GET => [
            ("x-ms-ratelimit-remaining-subscription-reads", "249"),
            ("x-ms-ratelimit-remaining-subscription-global-reads", "3749"),
        ],
        Method::DELETE => [
            ("x-ms-ratelimit-remaining-subscription-deletes", "199"),
            ("x-ms-ratelimit-remaining-subscription-global-deletes", "2999"),
        ],
        _ => [
            ("x-ms-ratelimit-remaining-subscription-writes", "199"),
            ("x-ms-ratelimit-remaining-subscription-global-writes", "2999"),
        ],
    };
    let routing = format!("WESTEUROPE:{}:{request}", time.seconds().replace(['-', ':'], ""));
    let fixed = [
        ("cache-control", "no-cache"),
        ("pragma", "no-cache"),
        ("expires", "-1"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
    ];
    let own = [
        ("x-ms-request-id", request.as_str()),
        ("x-ms-correlation-request-id", correlation.as_str()),
        ("x-ms-routing-request-id", routing.as_str()),
    ];
    fixed.into_iter().chain(own).chain(bucket).fold(response, |response, (name, value)| with(response, name, value))
}
