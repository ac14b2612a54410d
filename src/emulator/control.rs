//! The emulator's own routes, for tests and for a person at a shell: what was asked, and which faults are on.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::faults;
use super::message::{Incoming, empty, json as json_answer};

/// What every path of these routes begins with.
pub(crate) const PREFIX: &str = "/_emulator";

/// Answers `GET requests`, `GET faults`, and `GET|PUT|DELETE faults/{name}`. The body of a PUT, when there is one, is the
/// fault's setting.
pub(crate) fn answer(cloud: &Cloud, incoming: &Incoming) -> Response {
    let path = incoming.path.strip_prefix(PREFIX).unwrap_or_default().trim_matches('/');
    match (&incoming.method, path.split_once('/').unwrap_or((path, ""))) {
        (&Method::GET, ("requests", "")) => json_answer(StatusCode::OK, &json!(cloud.log.all())),
        (&Method::GET, ("faults", "")) => {
            let all: Vec<Value> = faults::ALL.iter().map(|kind| fault(cloud, kind)).collect();
            json_answer(StatusCode::OK, &json!(all))
        }
        (method, ("faults", name)) => one_fault(cloud, method, name, &incoming.body),
        _ => empty(StatusCode::NOT_FOUND),
    }
}

fn one_fault(cloud: &Cloud, method: &Method, name: &str, body: &[u8]) -> Response {
    let Some(kind) = faults::ALL.iter().find(|kind| kind.name == name) else {
        return json_answer(StatusCode::NOT_FOUND, &json!({"message": unknown(name)}));
    };
    match *method {
        Method::GET => {}
        Method::PUT => {
            let setting = String::from_utf8_lossy(body);
            let setting = setting.trim();
            let text = if setting.is_empty() { name.to_owned() } else { format!("{name}={setting}") };
            if cloud.faults.switch_on(&text).is_err() {
                return json_answer(StatusCode::NOT_FOUND, &json!({"message": unknown(name)}));
            }
        }
        Method::DELETE => cloud.faults.switch_off(name),
        _ => return empty(StatusCode::METHOD_NOT_ALLOWED),
    }
    json_answer(StatusCode::OK, &fault(cloud, kind))
}

fn fault(cloud: &Cloud, kind: &faults::FaultKind) -> Value {
    json!({"name": kind.name, "about": kind.about, "on": cloud.faults.is_on(kind.name),
        "setting": cloud.faults.setting(kind.name)})
}

/// What to say of a fault that does not exist, with the nearest one that does.
pub(crate) fn unknown(text: &str) -> String {
    let name = text.split('=').next().unwrap_or_default();
    let distance = |kind: &&faults::FaultKind| strsim::damerau_levenshtein(name, kind.name);
    let nearest = faults::ALL.iter().min_by_key(distance).map_or("", |kind| kind.name);
    format!("there is no fault `{name}`; the nearest is `{nearest}`")
}
