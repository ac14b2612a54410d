//! The readers of the history: list, one entry, `latest`, logs, `isdeploying`.

use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::answers::{authority_with_port, error};
use super::deployment::{Deployment, log_url};
use super::history::History;
use super::site::Site;
use crate::emulator::encode::hex;
use crate::emulator::message::json as json_answer;
use crate::emulator::sites::Os;

/// `latest`, the entry that has no id of its own.
const LATEST: &str = "latest";

/// `GET /api/deployments`: newest first, with an entity tag.
pub(super) fn list(site: &Site, headers: &HeaderMap) -> Response {
    let body: Value = site.scm.history().newest_first().map(|entry| entry.json(&site.view, &entry.id)).collect();
    let tag = format!("\"{}\"", &hex(digest(&SHA256, body.to_string().as_bytes()).as_ref())[..16]);
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut answer =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { json_answer(StatusCode::OK, &body) };
    if let Ok(tag) = tag.parse() {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

/// `GET /api/deployments/{id}` and `/latest`.
pub(super) fn one(site: &Site, id: &str, uri: &Uri) -> Response {
    let history = site.scm.history();
    if id != LATEST {
        let entry = history.find(id).map(|entry| entry.json(&site.view, &entry.id));
        return entry.map_or_else(|| not_found(id), |body| json_answer(StatusCode::OK, &body));
    }
    let Some(entry) = history.latest() else { return not_found(LATEST) };
    let body = entry.json(&site.view, LATEST);
    if entry.status.is_final() {
        return json_answer(StatusCode::OK, &body);
    }
    let mut answer = json_answer(StatusCode::ACCEPTED, &body);
    let path = uri.path_and_query().map_or("/api/deployments/latest", |path| path.as_str());
    if let Ok(location) = format!("https://{}{path}", authority_with_port(&site.view)).parse() {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    if site.view.os == Os::Windows {
        answer.headers_mut().insert(header::RETRY_AFTER, site.retry_after());
    }
    answer
}

/// `GET /api/deployments/{id}/log`.
pub(super) fn log(site: &Site, id: &str) -> Response {
    let history = site.scm.history();
    // A push that failed before it had an id is not found under `latest` (zip-deploy 1.5).
    let entry = find(&history, id).filter(|entry| id != LATEST || !(entry.is_temp && entry.status.is_final()));
    let Some(entry) = entry else { return error(StatusCode::NOT_FOUND, &format!("No log found for '{id}'.")) };
    let name = if site.view.os == Os::Linux { entry.id.as_str() } else { id };
    json_answer(StatusCode::OK, &entry.log.json(&log_url(&site.view, name)))
}

/// `GET /api/deployments/{id}/log/{log_id}`.
pub(super) fn log_lines(site: &Site, id: &str, log_id: &str) -> Response {
    let history = site.scm.history();
    let Some(entry) = find(&history, id) else {
        return error(StatusCode::NOT_FOUND, &format!("No log found for '{id}'."));
    };
    entry.log.children(log_id).map_or_else(
        || error(StatusCode::NOT_FOUND, &format!("LogId '{log_id}' was not found in Deployment '{id}'.")),
        |lines| json_answer(StatusCode::OK, &lines),
    )
}

/// `DELETE /api/deployments/{id}`.
pub(super) fn delete(site: &Site, id: &str) -> Response {
    let mut history = site.scm.history();
    match history.find(id).map(|entry| entry.active) {
        None => not_found(id),
        Some(true) => error(StatusCode::CONFLICT, &format!("Cannot delete the active deployment '{id}'.")),
        Some(false) => {
            history.remove(id);
            StatusCode::OK.into_response()
        }
    }
}

/// `GET /api/isdeploying`: strings, capitalised; Linux only.
pub(super) fn is_deploying(site: &Site) -> Response {
    let (value, text) = if site.scm.lock.is_held() {
        ("True", "Deployment is currently in progress.")
    } else {
        ("False", "No deployment is in progress.")
    };
    json_answer(StatusCode::OK, &json!({"value": value, "msg": text}))
}

fn find<'a>(history: &'a History, id: &str) -> Option<&'a Deployment> {
    if id == LATEST { history.latest() } else { history.find(id) }
}

fn not_found(id: &str) -> Response {
    error(StatusCode::NOT_FOUND, &format!("Deployment '{id}' not found."))
}
