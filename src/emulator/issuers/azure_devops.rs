//! Azure DevOps' issuer: `POST SYSTEM_OIDCREQUESTURI?api-version=…&serviceConnectionId=…` with the job's token.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use crate::emulator::cloud::Cloud;
use crate::emulator::config::AzureDevOpsJob;
use crate::emulator::encode::{epoch, guid};
use crate::emulator::keys::Signer;
use crate::emulator::message::{Incoming, empty, json as json_answer, with};

/// How long a token lives, in seconds.
const LIFETIME: u64 = 600;

const PLAN: &str = "80000000-0000-4000-8000-000000000008";
const JOB: &str = "90000000-0000-4000-8000-000000000009";

/// The path of `SYSTEM_OIDCREQUESTURI`.
pub(crate) fn request_path(job: &AzureDevOpsJob) -> String {
    let AzureDevOpsJob { organization, project_id, .. } = job;
    format!("/{organization}/{project_id}/_apis/distributedtask/hubs/build/plans/{PLAN}/jobs/{JOB}/oidctoken")
}

/// Answers the request for a token.
pub(crate) fn token(cloud: &Cloud, incoming: &Incoming) -> Response {
    let end_to_end = guid();
    with(answer(cloud, incoming), "x-vss-e2eid", &end_to_end)
}

fn answer(cloud: &Cloud, incoming: &Incoming) -> Response {
    if incoming.method != Method::POST {
        let message = format!("The requested resource does not support http method '{}'.", incoming.method);
        let body = json!({"count": 1, "value": {"Message": message}});
        return with(json_answer(StatusCode::METHOD_NOT_ALLOWED, &body), "allow", "POST");
    }
    if incoming.bearer() != Some(cloud.job_tokens.azure_devops.as_str()) {
        return not_signed_in(cloud, incoming);
    }
    let job = &cloud.config.ci.azure_devops;
    if incoming.query("api-version").is_none() {
        let message = "No api-version was supplied for the \"POST\" request. The version must be supplied either as \
                       part of the Accept header (e.g. \"application/json; api-version=1.0\") or as a query parameter \
                       (e.g. \"?api-version=1.0\").";
        return json_answer(StatusCode::BAD_REQUEST, &fault(message, "VssVersionNotSpecifiedException"));
    }
    let subject = match subject(job, incoming.query("serviceConnectionId").unwrap_or_default()) {
        Ok(subject) => subject,
        Err(message) => return json_answer(StatusCode::NOT_FOUND, &fault(&message, "ServiceEndpointException")),
    };
    let now = epoch(cloud.clock.now());
    let audience = incoming.query("audience").unwrap_or("api://AzureADTokenExchange");
    let claims = json!({
        "jti": guid(), "sub": subject, "aud": audience, "nbf": now, "exp": now + LIFETIME, "iat": now,
        "iss": cloud.endpoints.azure_devops_issuer(&job.organization_id), "org_id": job.organization_id,
        "prj_id": job.project_id, "def_id": "12", "rpo_id": guid(),
        "rpo_uri": format!("https://dev.azure.com/{}/{}/_git/{}", job.organization, job.project, job.project),
        "rpo_ver": "1f0c", "rpo_ref": "refs/heads/main", "run_id": "345",
    });
    json_answer(StatusCode::OK, &json!({"oidcToken": cloud.keys.sign(Signer::AzureDevOps, &claims)}))
}

/// The subject of a service connection; without one, that of the pipeline.
fn subject(job: &AzureDevOpsJob, connection: &str) -> Result<String, String> {
    let AzureDevOpsJob { organization, project, pipeline, .. } = job;
    if connection.is_empty() {
        return Ok(format!("p://{organization}/{project}/{pipeline}"));
    }
    let known = job.service_connections.iter().find(|known| known.id.eq_ignore_ascii_case(connection));
    match known {
        Some(known) => Ok(format!("sc://{organization}/{project}/{}", known.name)),
        None => Err(format!("No service connection found with identifier {connection}.")),
    }
}

/// Without `X-TFS-FedAuthRedirect: Suppress` a browser is assumed and sent to the sign-in page.
fn not_signed_in(cloud: &Cloud, incoming: &Incoming) -> Response {
    let suppressed =
        incoming.header("x-tfs-fedauthredirect").is_some_and(|value| value.eq_ignore_ascii_case("suppress"));
    if suppressed {
        let body =
            fault("TF400813: The user '' is not authorized to access this resource.", "UnauthorizedRequestException");
        return with(json_answer(StatusCode::UNAUTHORIZED, &body), "www-authenticate", "Bearer");
    }
    let page = format!("https://devops.localhost:{}/_signin?realm=devops.localhost", cloud.endpoints.port());
    with(empty(StatusCode::FOUND), "location", &page)
}

fn fault(message: &str, kind: &str) -> serde_json::Value {
    json!({"$id": "1", "innerException": null, "message": message, "typeName": kind, "typeKey": kind,
        "errorCode": 0, "eventId": 3000})
}
