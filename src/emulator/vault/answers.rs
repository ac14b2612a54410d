//! Key Vault's error bodies.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::emulator::cloud::Cloud;
use crate::emulator::directory::Caller;
use crate::emulator::message::json as json_answer;

/// A refusal: `{"error":{"code","message","innererror":{"code"}}}`.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
    inner: Option<&'static str>,
}

impl Fault {
    /// A refusal without an inner code.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), inner: None }
    }

    /// Adds the inner code.
    pub(super) fn inner(mut self, code: &'static str) -> Self {
        self.inner = Some(code);
        self
    }

    /// The answer.
    pub(super) fn answer(self) -> Response {
        let mut body = json!({"error": {"code": self.code, "message": self.message}});
        if let Some(inner) = self.inner {
            body["error"]["innererror"] = json!({"code": inner});
        }
        json_answer(self.status, &body)
    }
}

/// 400 `BadParameter`.
pub(super) fn bad_parameter(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "BadParameter", message)
}

/// 404 `SecretNotFound`.
pub(super) fn not_found(name: &str) -> Fault {
    let message = format!(
        "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be \
         able to recover it using the correct recovery command. For help resolving this issue, please see \
         https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    Fault::new(StatusCode::NOT_FOUND, "SecretNotFound", message)
}

/// 403 `SecretDisabled`.
pub(super) fn disabled() -> Fault {
    let message = "Operation get is not allowed on a disabled secret.";
    Fault::new(StatusCode::FORBIDDEN, "Forbidden", message).inner("SecretDisabled")
}

/// 403 `ForbiddenByRbac`.
pub(super) fn forbidden_by_rbac(cloud: &Cloud, vault: &str, caller: &Caller, action: &str) -> Fault {
    let (subscription, group) = (&cloud.config.subscription.id, &cloud.config.resource_group.name.to_lowercase());
    let Caller { client_id, object_id, issuer, .. } = caller;
    let message = format!(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role \
         definitions were changed recently, please observe propagation time.\r\nCaller: \
         appid={client_id};oid={object_id};iss={issuer}\r\nAction: \
         'Microsoft.KeyVault/vaults/secrets/{action}/action'\r\nResource: \
         '/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}'\r\n\
         Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: \
         {vault};location=westeurope\r\n"
    );
    Fault::new(StatusCode::FORBIDDEN, "Forbidden", message).inner("ForbiddenByRbac")
}
