//! ARM's error bodies: the envelope of today, and the flat one of `Microsoft.Web`.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::emulator::message::{json as json_answer, with};

/// A request that ARM or the resource provider refuses.
#[derive(Clone, Debug)]
pub(super) struct ArmError {
    status: StatusCode,
    code: String,
    message: String,
    shape: Shape,
    headers: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug)]
enum Shape {
    /// `{"error":{"code","message"}}`.
    Enveloped,
    /// `{"code","message"}`.
    Bare,
    /// `{"Code","Message",…,"Details":[…]}`, with the extended code.
    Flat(&'static str),
}

impl ArmError {
    /// An error of ARM itself.
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), shape: Shape::Enveloped, headers: Vec::new() }
    }

    /// An error of the resource provider, in its older shape.
    pub(super) fn flat(status: StatusCode, code: &str, extended: &'static str, message: impl Into<String>) -> Self {
        Self { shape: Shape::Flat(extended), ..Self::new(status, code, message) }
    }

    /// An error of Azure Monitor, which has no envelope.
    pub(super) fn bare(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { shape: Shape::Bare, ..Self::new(status, code, message) }
    }

    /// 409 of the resource provider.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::flat(StatusCode::CONFLICT, "Conflict", "59203", message)
    }

    /// 400 of the resource provider.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::flat(StatusCode::BAD_REQUEST, "BadRequest", "51021", message)
    }

    /// Adds a header to the answer.
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer.
    pub(super) fn answer(self) -> Response {
        let body = self.body();
        let answer = json_answer(self.status, &body);
        self.headers.iter().fold(answer, |answer, (name, value)| with(answer, name, value))
    }

    fn body(&self) -> Value {
        let Self { code, message, .. } = self;
        match self.shape {
            Shape::Enveloped => json!({"error": {"code": code, "message": message}}),
            Shape::Bare => json!({"code": code, "message": message}),
            Shape::Flat(extended) => {
                let entity = json!({"ExtendedCode": extended, "MessageTemplate": message, "Parameters": [],
                    "Code": code, "Message": message});
                json!({"Code": code, "Message": message, "Target": null,
                    "Details": [{"Message": message}, {"Code": code}, {"ErrorEntity": entity}], "Innererror": null})
            }
        }
    }
}

/// 404 of a resource that is not there.
pub(super) fn not_found(kind: &str, group: &str) -> ArmError {
    let message = format!(
        "The Resource '{kind}' under resource group '{group}' was not found. For more details please go to \
         https://aka.ms/ARMResourceNotFoundFix"
    );
    ArmError::new(StatusCode::NOT_FOUND, "ResourceNotFound", message).header("x-ms-failure-cause", "gateway")
}

/// 405.
pub(super) fn not_allowed() -> ArmError {
    let message = "The requested resource does not support this http method.";
    ArmError::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
}
