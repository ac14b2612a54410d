//! A push arrives: the refusals, the upload under the lock, and the answer.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::answers::{authority_with_port, error, exception, gateway_timeout, plain, refused};
use super::deployment::{Deployment, Origin, Status};
use super::lock::{DEPLOYING, Held, PREPARING};
use super::plan::{Artifact, Endpoint, Plan, Query, Waiting};
use super::site::{RETRY_AFTER, Site};
use super::spool::{Package, SpoolError};
use super::work::{Job, Source};
use crate::emulator::encode::{guid, random_hex};
use crate::emulator::moment::Moment;
use crate::emulator::sites::{Os, SlotView};

/// After this time the front end gives a synchronous push up (zip-deploy 1.4), in seconds of service time.
const FRONT_END_LIMIT: u64 = 230;
/// The largest JSON body of a push.
const JSON_LIMIT: usize = 1024 * 1024;
/// How much of a refused body is still read.
const DRAINED: usize = 1024 * 1024;

/// `POST|PUT /api/publish` and `/api/zipdeploy`.
pub(super) async fn push(site: Site, endpoint: Endpoint, request: Request) -> Response {
    let os = site.view.os;
    let plan = match Plan::read(&site.view, endpoint, &Query::parse(request.uri().query())) {
        Ok(plan) => plan,
        Err(text) => return refused(os, StatusCode::BAD_REQUEST, &text),
    };
    if let Some(text) = runs_from_url(&site.view) {
        drain(request.into_body());
        return refused(os, StatusCode::CONFLICT, text);
    }
    let now = site.clock.now();
    let blocked = site.lock_fault.strikes(&site.faults, site.clock);
    let is_uri = request.method() == Method::PUT && is_json(request.headers());
    let held = match blocked.map_or_else(|| site.scm.lock.take(if is_uri { DEPLOYING } else { PREPARING }, now), Err) {
        Ok(held) => held,
        // A package URL needs no upload, so that the second lock of the flow is the first that is met.
        Err(_) if is_uri => return refused(os, StatusCode::CONFLICT, IN_PROGRESS),
        // Answered before the body is read.
        Err(operation) => {
            drain(request.into_body());
            return refused(os, StatusCode::CONFLICT, &operation.conflict(PREPARING));
        }
    };
    let source = if is_uri {
        package_uri(request.into_body())
            .await
            .map(Source::Uri)
            .map_err(|text| refused(os, StatusCode::BAD_REQUEST, text))
    } else {
        upload(&site, &plan, request).await
    };
    match source {
        Ok(source) => start(site, plan, source, held).await,
        Err(refusal) => refusal,
    }
}

const IN_PROGRESS: &str = "There is a deployment currently in progress. Please try again when it completes.";

/// Reads what is left of a refused body beside the answer, as Kestrel does, up to a limit: a client that has sent little
/// sees the answer and no reset; one that sends much sees its connection break (zip-deploy, list 7).
fn drain(body: Body) {
    tokio::spawn(async move {
        // Nobody waits for these bytes, and a client that has gone is no trouble.
        drop(to_bytes(body, DRAINED).await);
    });
}

/// The text of the 409 for a site that runs from a package URL.
fn runs_from_url(view: &SlotView) -> Option<&'static str> {
    let is_url = |name: &str| {
        view.launch.settings.get(name).is_some_and(|value| value.to_lowercase().trim_start().starts_with("http"))
    };
    let runs = is_url("WEBSITE_RUN_FROM_PACKAGE") || is_url("WEBSITE_RUN_FROM_ZIP") || is_url("WEBSITE_USE_ZIP");
    runs.then_some(match view.os {
        Os::Windows => {
            "Run-From-Zip is set to a remote URL using WEBSITE_USE_ZIP app setting. Deployment is not supported in \
             this configuration."
        }
        Os::Linux => {
            "Run-From-Zip is set to a remote URL using WEBSITE_RUN_FROM_PACKAGE or WEBSITE_USE_ZIP app setting. \
             Deployment is not supported in this configuration."
        }
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_lowercase().starts_with("application/json"))
}

/// The URL in a JSON body, or the text of the 400.
async fn package_uri(body: Body) -> Result<String, &'static str> {
    const MISSING: &str = "Request body does not contain packageUri";
    let body = to_bytes(body, JSON_LIMIT).await.map_err(|_| MISSING)?;
    let body: Value = serde_json::from_slice(&body).map_err(|_| MISSING)?;
    let uri = body.get("packageUri").and_then(Value::as_str).ok_or(MISSING)?;
    url::Url::parse(uri).map(|_| uri.to_owned()).map_err(|_| "Malformed packageUri")
}

async fn upload(site: &Site, plan: &Plan, request: Request) -> Result<Source, Response> {
    if plan.artifact == Artifact::Reset {
        return Ok(Source::Nothing);
    }
    let os = site.view.os;
    let expected = request.headers().get("x-ms-artifact-checksum").and_then(|value| value.to_str().ok());
    let expected = expected.map(str::to_lowercase);
    let package = Package::spool(request.into_body(), &site.runtime.scratch()).await.map_err(|error| match error {
        SpoolError::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE, "Request body too large."),
        SpoolError::Broken => refused(os, StatusCode::BAD_REQUEST, "Unexpected end of request content."),
        SpoolError::Disk(text) => exception(&text, "System.IO.IOException"),
    })?;
    match expected {
        Some(expected) if expected != package.checksum => {
            let text = format!(
                "The checksum of the uploaded artifact, '{}', does not match the expected checksum '{expected}'.",
                package.checksum
            );
            Err(refused(os, StatusCode::BAD_REQUEST, &text))
        }
        _ => Ok(Source::Package(package)),
    }
}

/// Hands the package to the background and answers.
async fn start(site: Site, plan: Plan, source: Source, held: Held) -> Response {
    held.becomes(DEPLOYING);
    let now = site.clock.now();
    let guid = guid();
    let id = if site.view.os == Os::Linux { guid } else { guid.replace('-', "") };
    let temp = format!("temp-{}", random_hex::<4>());
    site.scm.history().add(Deployment::receiving(temp.clone(), plan.origin.clone(), now));
    site.scm.track(&id);
    let mut accepted = accepted(&site, &plan, now);
    if plan.is_tracked
        && let Ok(id) = HeaderValue::from_str(&id)
    {
        accepted.insert(HeaderName::from_static("scm-deployment-id"), id);
    }
    let waiting = plan.waiting;
    let limit = site.clock.scaled(std::time::Duration::from_secs(FRONT_END_LIMIT));
    let work = tokio::spawn(Job { site, plan, id, temp, source, held }.run());
    if waiting == Waiting::Async {
        return (StatusCode::ACCEPTED, accepted).into_response();
    }
    accepted.remove(header::LOCATION);
    accepted.remove(header::RETRY_AFTER);
    accepted.remove("retryafter");
    match tokio::time::timeout(limit, work).await {
        Err(_) => gateway_timeout(),
        Ok(Ok(true)) => (StatusCode::OK, accepted).into_response(),
        Ok(_) => exception("Deployment failed.", "Kudu.Core.Deployment.DeploymentFailedException"),
    }
}

/// The headers of a 202 (A1).
fn accepted(site: &Site, plan: &Plan, now: std::time::SystemTime) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let location = format!(
        "https://{}/api/deployments/latest?deployer={}&time={}",
        authority_with_port(&site.view),
        url::form_urlencoded::byte_serialize(plan.origin.deployer.as_bytes()).collect::<String>(),
        Moment::of(now).underscored()
    );
    if let Ok(location) = location.parse() {
        headers.insert(header::LOCATION, location);
    }
    match site.view.os {
        // The live Linux service spells it without the hyphen; no client understands it.
        Os::Linux => headers.insert(HeaderName::from_static("retryafter"), HeaderValue::from(RETRY_AFTER.as_secs())),
        Os::Windows => headers.insert(header::RETRY_AFTER, site.retry_after()),
    };
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
    headers
}

/// `PUT /api/deployments/{id}`: an entry that a CI system writes about itself (zip-deploy 1.8).
pub(super) async fn put_metadata(site: &Site, id: &str, body: Body) -> Response {
    let body = to_bytes(body, JSON_LIMIT).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let status = match body.get("status").and_then(Value::as_u64) {
        Some(3) => Status::Failed,
        Some(4) => Status::Success,
        // Without a status the call means: deploy it again; a pushed zip has no repository to do that from.
        _ => return error(StatusCode::NOT_FOUND, "Repository could not be found."),
    };
    let active = body.get("active").and_then(Value::as_bool) == Some(true);
    if active && status != Status::Success {
        return error(StatusCode::BAD_REQUEST, "Only successful status can be active!");
    }
    let mut history = site.scm.history();
    if history.find(id).is_some() {
        return error(StatusCode::CONFLICT, &format!("Deployment with id '{id}' exists"));
    }
    let now = site.clock.now();
    let origin = Origin {
        author: text("author"),
        author_email: text("author_email"),
        deployer: text("deployer"),
        message: text("message"),
    };
    let mut entry = Deployment::receiving(id.to_owned(), origin, now);
    entry.is_temp = false;
    entry.finish(status, now);
    history.add(entry);
    if active {
        history.activate(id);
    }
    StatusCode::OK.into_response()
}
