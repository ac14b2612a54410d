//! GitHub's REST API as far as deployments go: who may ask, and which route is whose.
//!
//! Written from GitHub's own pages: <https://docs.github.com/rest/deployments/deployments>, `/statuses`, and
//! <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api>, 2026-11.

mod create;
mod show;
mod store;

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::encode::random_hex;
use super::message::{Incoming, json as json_answer, text, with};

pub(crate) use store::{Deployment, Deployments, Status};
pub use store::{DeploymentView, StatusView};

/// What GitHub shows when it is not there.
const UNICORN: &str = "<!DOCTYPE html>\n<html><head><title>Unicorn! &middot; GitHub</title></head>\
    <body><p>No server is currently available to service your request.</p></body></html>\n";

/// What a request comes to.
type Answer<T> = Result<T, Refusal>;

/// An answer that ends the request early.
struct Refusal(Box<Response>);

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

/// Answers a request to the API. `path` is what follows the API's root.
pub(crate) fn answer(cloud: &Cloud, incoming: &Incoming, path: &str) -> Response {
    let response = if cloud.faults.strikes("github.down") {
        text(StatusCode::SERVICE_UNAVAILABLE, "text/html; charset=utf-8", UNICORN.to_owned())
    } else {
        route(cloud, incoming, path).unwrap_or_else(|Refusal(response)| *response)
    };
    let id = random_hex::<12>().to_uppercase();
    with(response, "x-github-request-id", &id)
}

fn route(cloud: &Cloud, incoming: &Incoming, path: &str) -> Answer<Response> {
    if incoming.header("user-agent").is_none_or(str::is_empty) {
        let body =
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.\n";
        return Err(text(StatusCode::FORBIDDEN, "text/html; charset=utf-8", body.to_owned()).into());
    }
    let token = authorized(incoming).ok_or_else(|| error(StatusCode::UNAUTHORIZED, "Requires authentication"))?;
    if token != cloud.job_tokens.github_api {
        return Err(error(StatusCode::UNAUTHORIZED, "Bad credentials"));
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let ["repos", owner, name, "deployments", rest @ ..] = segments.as_slice() else {
        return Err(not_found());
    };
    if !cloud.config.ci.github.repository.eq_ignore_ascii_case(&format!("{owner}/{name}")) {
        return Err(not_found());
    }
    if cloud.faults.is_on("github.no-permission") {
        let Refusal(refused) = error(StatusCode::FORBIDDEN, "Resource not accessible by integration");
        let needed = if incoming.method == Method::GET { "deployments=read" } else { "deployments=write" };
        return Err(with(*refused, "x-accepted-github-permissions", needed).into());
    }
    match (&incoming.method, rest) {
        (&Method::GET, []) => Ok(show::list(cloud, incoming)),
        (&Method::POST, []) => create::deployment(cloud, incoming),
        (&Method::GET, [id]) => show::one(cloud, id),
        (&Method::GET, [id, "statuses"]) => show::statuses(cloud, incoming, id),
        (&Method::POST, [id, "statuses"]) => create::status(cloud, incoming, id),
        _ => Err(not_found()),
    }
}

/// The token of either scheme that GitHub takes.
fn authorized(incoming: &Incoming) -> Option<&str> {
    let given = incoming.header("authorization")?;
    let (scheme, token) = given.split_once(' ')?;
    ["bearer", "token"].contains(&scheme.to_ascii_lowercase().as_str()).then(|| token.trim())
}

/// The body of a request, which must be an object.
fn object(incoming: &Incoming) -> Answer<Value> {
    let body = incoming.json().filter(Value::is_object);
    body.ok_or_else(|| error(StatusCode::BAD_REQUEST, "Problems parsing JSON"))
}

fn error(status: StatusCode, message: &str) -> Refusal {
    let page = "https://docs.github.com/rest/deployments/deployments";
    let status_text = status.as_u16().to_string();
    json_answer(status, &json!({"message": message, "documentation_url": page, "status": status_text})).into()
}

fn not_found() -> Refusal {
    error(StatusCode::NOT_FOUND, "Not Found")
}

/// 422, with the field that is wrong.
fn invalid(resource: &str, field: &str, why: &str) -> Refusal {
    let errors = json!([{"resource": resource, "field": field, "code": "custom", "message": why}]);
    let page = "https://docs.github.com/rest/deployments/deployments";
    let body = json!({"message": "Validation Failed", "errors": errors, "documentation_url": page, "status": "422"});
    json_answer(StatusCode::UNPROCESSABLE_ENTITY, &body).into()
}
