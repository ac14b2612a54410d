//! The platform's own answers: pages that come from the front end and not from an app.

use axum::http::StatusCode;
use axum::response::Response;

use crate::emulator::message;

/// A page of the front end.
fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1><p>{text}</p></body></html>\n"
    );
    message::text(status, "text/html", body)
}

/// 200: an empty slot.
pub(super) fn hosting_start() -> Response {
    page(
        StatusCode::OK,
        "Your web app is running and waiting for your content",
        "This is the hostingstart page: nothing has been deployed to this slot.",
    )
}

/// 403: a stopped slot.
pub(super) fn site_disabled() -> Response {
    page(StatusCode::FORBIDDEN, "Site Disabled", "Error 403 - This web app is stopped.")
}

/// 404: no such site or slot.
pub(in crate::emulator) fn no_site() -> Response {
    page(StatusCode::NOT_FOUND, "Microsoft Azure Web App - Error 404", "404 Web Site not found.")
}

/// 503: the app has no process that answers.
pub(super) fn unavailable() -> Response {
    page(StatusCode::SERVICE_UNAVAILABLE, "Application Error", "503 - The app is not running or did not start in time.")
}

/// 502: the process broke the connection or took too long.
pub(super) fn bad_gateway() -> Response {
    page(StatusCode::BAD_GATEWAY, "502 Bad Gateway", "The app closed the connection without a complete answer.")
}

/// 500: what the fault `app.fails-after-swap` makes of an app.
pub(super) fn app_fails() -> Response {
    page(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", "The app failed while it handled the request.")
}

/// 413: more than the front end buffers.
pub(super) fn too_large() -> Response {
    page(StatusCode::PAYLOAD_TOO_LARGE, "413 Payload Too Large", "The request is larger than the front end accepts.")
}
