//! `deploymentStatus`: how a deployment fares, from the first second of the build to the running app.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::call::{Call, Place};
use super::error::ArmError;
use super::operations::signed;
use crate::emulator::encode::random_hex;
use crate::emulator::kudu::DeploymentStatus;
use crate::emulator::message::{json as json_answer, with};
use crate::emulator::sites::Os;

/// The state in which slots other than production stay for ever (Azure/azure-rest-api-specs#30202).
const BUILD_SUCCESSFUL: &str = "BuildSuccessful";

/// `GET …/deploymentStatus/{id}`: Linux only, 404 at first, 202 while it goes on, 200 at the end.
pub(super) fn status(call: &Call<'_>, place: &Place, id: &str) -> Result<Response, ArmError> {
    let os = call.with(place, |site, _| site.plan.os);
    let found = (os == Os::Linux).then(|| call.cloud.kudu.deployment_status(&place.app, &place.slot, id)).flatten();
    let Some(mut status) = found else {
        let message = format!("The operation {id} is not found.");
        return Err(ArmError::flat(StatusCode::NOT_FOUND, "NotFound", "01025", message));
    };
    if !place.is_production() && !status.status.starts_with("Build") {
        status = DeploymentStatus { status: BUILD_SUCCESSFUL, is_final: false, ..status };
    }
    let version = call.incoming.query("api-version").unwrap_or_default();
    let body = body(call, place, id, &status);
    if status.is_final {
        return Ok(with(json_answer(StatusCode::OK, &body), "etag", &etag()));
    }
    let location = signed(call.cloud, &format!("{}/deploymentStatus/{id}", place.id), version);
    let answer = with(json_answer(StatusCode::ACCEPTED, &body), "location", &location);
    Ok(with(with(answer, "retry-after", "0"), "etag", &etag()))
}

fn etag() -> String {
    format!("\"{}\"", random_hex::<8>().to_uppercase())
}

fn body(call: &Call<'_>, place: &Place, id: &str, status: &DeploymentStatus) -> Value {
    let is_build = status.status.starts_with("Build");
    let errors = status.error.as_ref().map(|message| {
        json!([{"extendedCode": "04915", "messageTemplate": message, "parameters": [], "code": "BadRequest",
            "message": message, "target": null, "details": null, "innerErrors": null}])
    });
    json!({
        "id": format!("{}/deploymentStatus/{id}", place.id), "name": id,
        "type": format!("{}/deploymentStatus", place.kind()), "location": call.location(), "tags": {},
        "properties": {
            "deploymentId": id, "status": status.status, "numberOfInstancesInProgress": status.in_progress,
            "numberOfInstancesSuccessful": status.successful, "numberOfInstancesFailed": status.failed,
            "failedInstancesLogs": if is_build { json!([]) } else { Value::Null }, "errors": errors,
        },
    })
}
