//! The emulator's own routes, for tests and for a person at a shell: what was asked, and which faults are on.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::faults::{ALL, FaultKind, Faults, unknown};
use super::message::{Incoming, empty, json as json_answer};

/// What every path of these routes begins with.
pub(crate) const PREFIX: &str = "/_emulator";

/// Answers `GET requests`, `GET faults`, and `GET|PUT|DELETE faults/{name}`. The body of a PUT, when there is one, is the
/// fault's setting; one that is not of the fault's kind is answered 400.
pub(crate) fn answer(cloud: &Cloud, incoming: &Incoming) -> Response {
    let path = incoming.path.strip_prefix(PREFIX).unwrap_or_default().trim_matches('/');
    match (&incoming.method, path.split_once('/').unwrap_or((path, ""))) {
        (&Method::GET, ("requests", "")) => json_answer(StatusCode::OK, &json!(cloud.log.all())),
        (&Method::GET, ("faults", "")) => {
            let all: Vec<Value> = ALL.iter().map(|kind| fault(&cloud.faults, kind)).collect();
            json_answer(StatusCode::OK, &json!(all))
        }
        (method, ("faults", name)) => one_fault(&cloud.faults, method, name, &incoming.body),
        _ => empty(StatusCode::NOT_FOUND),
    }
}

fn one_fault(faults: &Faults, method: &Method, name: &str, body: &[u8]) -> Response {
    let Some(kind) = ALL.iter().find(|kind| kind.name == name) else {
        return json_answer(StatusCode::NOT_FOUND, &json!({"message": unknown(name)}));
    };
    match *method {
        Method::GET => {}
        Method::PUT => {
            let setting = String::from_utf8_lossy(body);
            let setting = setting.trim();
            let text = if setting.is_empty() { name.to_owned() } else { format!("{name}={setting}") };
            if let Err(trouble) = faults.switch_on(&text) {
                return json_answer(StatusCode::BAD_REQUEST, &json!({"message": trouble}));
            }
        }
        Method::DELETE => faults.switch_off(name),
        _ => return empty(StatusCode::METHOD_NOT_ALLOWED),
    }
    json_answer(StatusCode::OK, &fault(faults, kind))
}

fn fault(faults: &Faults, kind: &FaultKind) -> Value {
    json!({"name": kind.name, "about": kind.about, "on": faults.is_on(kind.name),
        "setting": faults.setting(kind.name)})
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_bad_setting_is_answered_400_with_the_form_and_changes_nothing() {
        let faults = Faults::default();
        let put = |name: &str, body: &str| one_fault(&faults, &Method::PUT, name, body.as_bytes());
        let refused = put("kudu.lock", "soon");
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        let body = to_bytes(refused.into_body(), 1 << 10).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("such as `kudu.lock=30s`"), "{body:?}");
        assert_eq!(put("kudu.build-fails", "1").status(), StatusCode::BAD_REQUEST);
        assert_eq!(put("nope", "").status(), StatusCode::NOT_FOUND);
        assert!(faults.names().is_empty());
        assert_eq!(put("kudu.lock", " 5s\n").status(), StatusCode::OK);
        assert_eq!(put("kudu.build-fails", "").status(), StatusCode::OK);
        assert_eq!(faults.setting("kudu.lock").as_deref(), Some("5s"));
    }
}
