//! GitHub's issuer: `GET ACTIONS_ID_TOKEN_REQUEST_URL&audience=…` with the job's bearer token.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use crate::emulator::cloud::Cloud;
use crate::emulator::config::GitHubJob;
use crate::emulator::encode::{epoch, guid, random_hex};
use crate::emulator::keys::Signer;
use crate::emulator::message::{Incoming, json as json_answer};

/// Where a job asks, on `localhost` and on `token.actions.localhost`.
pub(crate) const REQUEST_PATH: &str = "/_ci/github/oidctoken";

/// How long a token lives, in seconds.
const LIFETIME: u64 = 300;

/// How far `nbf` lies before `iat`, in seconds.
const BACKDATED: u64 = 600;

/// Answers the request for a token.
pub(crate) fn token(cloud: &Cloud, incoming: &Incoming) -> Response {
    if incoming.method != Method::GET {
        let message = format!("The requested resource does not support http method '{}'.", incoming.method);
        return json_answer(StatusCode::METHOD_NOT_ALLOWED, &json!({"message": message}));
    }
    let configured = &cloud.config.ci.github;
    let Some(job) = incoming.bearer().and_then(|shown| cloud.job_tokens.github_job(shown, configured)) else {
        let message = json!({"message": "The request token is missing, expired or not of this job"});
        return json_answer(StatusCode::UNAUTHORIZED, &message);
    };
    let owner = job.repository.split('/').next().unwrap_or_default();
    let asked = incoming.query("audience").filter(|audience| !audience.is_empty());
    let audience = asked.map_or_else(|| format!("https://github.com/{owner}"), str::to_owned);
    let claims = claims(&job, &cloud.endpoints.github_issuer(), &audience, epoch(cloud.clock.now()));
    let token = cloud.keys.sign(Signer::GitHub, &claims);
    json_answer(StatusCode::OK, &json!({"count": token.len(), "value": token}))
}

/// `repo:O/R:` or, for the immutable form, `repo:O@ID/R@ID:`, and the context that matches first.
fn subject(job: &GitHubJob) -> String {
    let (owner, name) = job.repository.split_once('/').unwrap_or((&job.repository, ""));
    let repository = if job.immutable_subject {
        format!("{owner}@{}/{name}@{}", job.owner_id, job.repository_id)
    } else {
        job.repository.clone()
    };
    let escaped = |text: &str| text.replace(':', "%3A");
    let context = if !job.environment.is_empty() {
        format!("environment:{}", escaped(&job.environment))
    } else if job.event == "pull_request" {
        "pull_request".to_owned()
    } else {
        format!("ref:{}", escaped(&job.reference))
    };
    format!("repo:{repository}:{context}")
}

fn claims(job: &GitHubJob, issuer: &str, audience: &str, now: u64) -> Value {
    let owner = job.repository.split('/').next().unwrap_or_default();
    let workflow = format!("{}/{}@{}", job.repository, job.workflow, job.reference);
    let commit = random_hex::<20>();
    let mut claims = json!({
        "jti": guid(), "sub": subject(job), "aud": audience, "ref": job.reference, "sha": commit,
        "repository": job.repository, "repository_owner": owner,
        "repository_owner_id": job.owner_id.to_string(), "repository_id": job.repository_id.to_string(),
        "repository_visibility": "private", "run_id": "9000000001", "run_number": "17", "run_attempt": "1",
        "actor": job.actor, "actor_id": "583231", "workflow": "cd", "head_ref": "", "base_ref": "",
        "event_name": job.event, "ref_protected": "true",
        "ref_type": if job.reference.starts_with("refs/tags/") { "tag" } else { "branch" },
        "workflow_ref": workflow, "workflow_sha": commit, "job_workflow_ref": workflow, "job_workflow_sha": commit,
        "check_run_id": "41000000001", "runner_environment": "github-hosted", "iss": issuer,
        "nbf": now - BACKDATED, "exp": now + LIFETIME, "iat": now,
    });
    if !job.environment.is_empty() {
        claims["environment"] = json!(job.environment);
    }
    claims
}
