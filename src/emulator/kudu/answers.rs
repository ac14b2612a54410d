//! The shapes of Kudu's answers: errors, plain texts, and the affinity cookies.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use crate::emulator::message;
use crate::emulator::runtime::instance_name;
use crate::emulator::sites::{Os, SlotView};

/// An error of Kudu's API: `{"Message": …}`.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    message::json(status, &json!({ "Message": message }))
}

/// A refused push: plain text on Linux, JSON on Windows (zip-deploy 1.4).
pub(super) fn refused(os: Os, status: StatusCode, text: &str) -> Response {
    match os {
        Os::Linux => plain(status, text),
        Os::Windows => error(status, text),
    }
}

/// A plain text.
pub(super) fn plain(status: StatusCode, text: &str) -> Response {
    message::text(status, "text/plain; charset=utf-8", text.to_owned())
}

/// 500 as .NET tells an exception that nobody caught.
pub(super) fn exception(message: &str, kind: &str) -> Response {
    let body = json!({
        "Message": "An error has occurred.",
        "ExceptionMessage": message,
        "ExceptionType": kind,
        "StackTrace": "   at Kudu.Services.Deployment.PushDeploymentController",
    });
    message::json(StatusCode::INTERNAL_SERVER_ERROR, &body)
}

/// 504 of the front end, when an answer takes too long; the work goes on.
pub(super) fn gateway_timeout() -> Response {
    let page = "<!DOCTYPE html><html><head><title>504.0 GatewayTimeout</title></head><body>\
                <h1>504.0 GatewayTimeout</h1></body></html>";
    message::text(StatusCode::GATEWAY_TIMEOUT, "text/html", page.to_owned())
}

/// Says which server this is, and pins the client to its instance unless it is already pinned.
pub(super) fn sign(response: &mut Response, view: &SlotView, request: &HeaderMap) {
    let server = if view.os == Os::Linux { "Kestrel" } else { "Microsoft-IIS/10.0" };
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static(server));
    if view.os == Os::Windows {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response.headers_mut().insert(header::EXPIRES, HeaderValue::from_static("-1"));
    }
    let name = instance_name(&view.app, &view.slot);
    let cookies = request.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    if cookies.into_iter().any(|cookie| cookie.contains(&name)) {
        return;
    }
    let domain = view.scm_authority.split(':').next().unwrap_or_default();
    for (cookie, more) in [("ARRAffinity", ""), ("ARRAffinitySameSite", "SameSite=None;")] {
        let cookie = format!("{cookie}={name};Path=/;HttpOnly;{more}Secure;Domain={domain}");
        if let Ok(cookie) = cookie.parse() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

/// The SCM site's address with a port, which Linux always spells out.
pub(super) fn authority_with_port(view: &SlotView) -> String {
    let has_port = view.scm_authority.contains(':') || view.os == Os::Windows;
    if has_port { view.scm_authority.clone() } else { format!("{}:443", view.scm_authority) }
}
