//! Entra's error bodies: the number decides `error` and the HTTP status.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::emulator::cloud::Cloud;
use crate::emulator::encode::{guid, is_guid};
use crate::emulator::message::{Incoming, json as json_answer};
use crate::emulator::moment::Moment;

/// A request that Entra refuses.
#[derive(Debug)]
pub(super) struct Refusal {
    number: u32,
    message: String,
}

impl Refusal {
    /// `AADSTS{number}: {message}`.
    pub(super) fn new(number: u32, message: impl Into<String>) -> Self {
        Self { number, message: message.into() }
    }

    /// The OAuth error and the status that go with the number.
    fn class(&self) -> (&'static str, StatusCode) {
        match self.number {
            7_000_215 | 7_000_222 | 7_000_218 | 700_024 | 700_027 | 50_027 | 70_025 | 700_211..=700_213 | 7_002_138 => {
                ("invalid_client", StatusCode::UNAUTHORIZED)
            }
            700_016 => ("unauthorized_client", StatusCode::BAD_REQUEST),
            70_011 | 1_002_012 => ("invalid_scope", StatusCode::BAD_REQUEST),
            500_011 => ("invalid_resource", StatusCode::BAD_REQUEST),
            70_003 => ("unsupported_grant_type", StatusCode::BAD_REQUEST),
            _ => ("invalid_request", StatusCode::BAD_REQUEST),
        }
    }

    /// The answer. Every second description has line ends between its parts, as captures of different years show.
    pub(super) fn answer(self, cloud: &Cloud, incoming: &Incoming) -> Response {
        let (error, status) = self.class();
        let (trace, time) = (guid(), Moment::of(cloud.clock.now()).entra());
        let sent = incoming.header("client-request-id").filter(|id| is_guid(id));
        let correlation = sent.map_or_else(guid, str::to_owned);
        let separator = if cloud.refusals.next_is_even() { "\r\n" } else { " " };
        let Self { number, message } = self;
        let description = [
            format!("AADSTS{number}: {message}"),
            format!("Trace ID: {trace}"),
            format!("Correlation ID: {correlation}"),
            format!("Timestamp: {time}"),
        ];
        let body = json!({
            "error": error, "error_description": description.join(separator), "error_codes": [number],
            "timestamp": time, "trace_id": trace, "correlation_id": correlation,
            "error_uri": format!("{}/error?code={number}", cloud.endpoints.base()),
        });
        json_answer(status, &body)
    }
}
