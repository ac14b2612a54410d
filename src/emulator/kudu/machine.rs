//! What Kudu says of the machine and its settings: `/api/settings`, `/api/environment`, `/diagnostics/runtime`.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answers::error;
use super::site::Site;
use crate::emulator::message::json as json_answer;
use crate::emulator::moment::Moment;
use crate::emulator::sites::Os;

/// The largest body of a settings call.
const LIMIT: usize = 1024 * 1024;
/// How long a change of settings waits for the lock, in service time, and how often it looks.
const WAIT: (Duration, u32) = (Duration::from_millis(250), 20);

/// `GET /api/settings`.
pub(super) fn settings(site: &Site) -> Response {
    let mut all = site.view.launch.settings.clone();
    all.extend(site.scm.settings().clone());
    json_answer(StatusCode::OK, &json!(all))
}

/// `GET /api/settings/{key}`.
pub(super) fn setting(site: &Site, key: &str) -> Response {
    let missing = || error(StatusCode::NOT_FOUND, &format!("'{key}' does not exist"));
    site.setting(key).map_or_else(missing, |value| json_answer(StatusCode::OK, &json!(value)))
}

/// `POST /api/settings`: a map that is merged in.
pub(super) async fn post_settings(site: &Site, body: Body) -> Response {
    let body = to_bytes(body, LIMIT).await.unwrap_or_default();
    let Ok(added) = serde_json::from_slice::<BTreeMap<String, Value>>(&body) else {
        return error(StatusCode::BAD_REQUEST, "The request body is not a JSON object.");
    };
    for _ in 0..WAIT.1 {
        if !site.scm.lock.is_held() {
            let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            site.scm.settings().extend(added.into_iter().map(|(name, value)| (name, text(value))));
            return StatusCode::NO_CONTENT.into_response();
        }
        site.clock.sleep(WAIT.0).await;
    }
    locked()
}

/// `DELETE /api/settings/{key}`.
pub(super) fn delete_setting(site: &Site, key: &str) -> Response {
    if site.scm.lock.is_held() {
        return locked();
    }
    site.scm.settings().remove(key);
    StatusCode::NO_CONTENT.into_response()
}

/// `GET /api/environment`.
pub(super) fn environment(site: &Site) -> Response {
    let modified = site.scm.history().active().and_then(|entry| entry.end).unwrap_or_else(|| site.clock.now());
    let version = if site.view.os == Os::Linux { "1.0.0.7" } else { "104.40410.7096.0" };
    json_answer(StatusCode::OK, &json!({"version": version, "siteLastModified": Moment::of(modified).round_trip()}))
}

/// `GET /diagnostics/runtime`: how clients without ARM learn the operating system.
pub(super) fn runtime(site: &Site) -> Response {
    let name = if site.view.os == Os::Linux { "Unix 5.15.0.0" } else { "Microsoft Windows NT 10.0.20348.0" };
    json_answer(StatusCode::OK, &json!({"nodejs": [], "system": {"os_name": name, "os_build_lab_ex": null}}))
}

fn locked() -> Response {
    error(StatusCode::CONFLICT, "Cannot acquire the deployment lock, a deployment is in progress.")
}
