//! Creating deployments and statuses: the defaults, the limits and the side effects that GitHub documents.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Answer, Deployment, Deployments, Status, error, invalid, not_found, object, show};
use crate::emulator::cloud::Cloud;
use crate::emulator::message::{Incoming, json as json_answer, text};
use crate::emulator::moment::Moment;

/// The states that a status may have.
const STATES: [&str; 7] = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];
/// A longer description of a status is refused.
const LONGEST_DESCRIPTION: usize = 140;

/// `POST /repos/{owner}/{repo}/deployments`.
pub(super) fn deployment(cloud: &Cloud, incoming: &Incoming) -> Answer<Response> {
    let body = object(incoming)?;
    let word = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let reference = word("ref").ok_or_else(|| invalid("Deployment", "ref", "ref is missing"))?.to_owned();
    let environment = word("environment").unwrap_or("production").to_owned();
    if environment.chars().count() > 255 {
        return Err(invalid("Deployment", "environment", "environment is too long (maximum is 255 characters)"));
    }
    // The job that asks is itself a check of the commit, and it has not ended: with the default, all checks must have passed.
    if body.get("required_contexts").and_then(Value::as_array).is_none_or(|contexts| !contexts.is_empty()) {
        let message = format!("Conflict: Commit status checks failed for {reference}.");
        return Err(error(StatusCode::CONFLICT, &message));
    }
    let payload = body.get("payload").filter(|payload| !payload.is_null()).cloned().unwrap_or_else(|| json!({}));
    let flag = |name: &str, default: bool| body.get(name).and_then(Value::as_bool).unwrap_or(default);
    let mut all = cloud.deployments.all();
    let made = Deployment {
        id: Deployments::next_id(&all),
        reference,
        task: word("task").unwrap_or("deploy").to_owned(),
        payload,
        description: word("description").map(str::to_owned),
        transient: flag("transient_environment", false),
        production: flag("production_environment", environment == "production"),
        environment,
        created: now(cloud),
        statuses: Vec::new(),
    };
    let answer = json_answer(StatusCode::CREATED, &show::deployment(cloud, &made));
    all.push(made);
    if cloud.faults.strikes("github.lost-answer") {
        let page = "<html><title>502 Bad Gateway</title></html>".to_owned();
        return Ok(text(StatusCode::BAD_GATEWAY, "text/html", page));
    }
    Ok(answer)
}

/// `POST /repos/{owner}/{repo}/deployments/{id}/statuses`.
pub(super) fn status(cloud: &Cloud, incoming: &Incoming, id: &str) -> Answer<Response> {
    let body = object(incoming)?;
    let word = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let state = word("state");
    if !STATES.contains(&state.as_str()) {
        return Err(invalid("DeploymentStatus", "state", "state is not included in the list"));
    }
    let description = word("description");
    if description.chars().count() > LONGEST_DESCRIPTION {
        return Err(invalid("DeploymentStatus", "description", "description is too long (maximum is 140 characters)"));
    }
    let mut all = cloud.deployments.all();
    let place = place(&all, id).ok_or_else(not_found)?;
    let (id, created) = (Deployments::next_id(&all), now(cloud));
    let (environment_url, log_url) = (word("environment_url"), word("log_url"));
    let made = Status { id, state, description, environment_url, log_url, created };
    all[place].statuses.push(made.clone());
    if made.state == "success" && body.get("auto_inactive").and_then(Value::as_bool).unwrap_or(true) {
        retire_earlier(&mut all, place, &made.created);
    }
    Ok(json_answer(StatusCode::CREATED, &show::status(cloud, &all[place], &made)))
}

/// `auto_inactive`: all prior non-transient, non-production deployments of the environment that stand as a success.
fn retire_earlier(all: &mut [Deployment], place: usize, created: &str) {
    let environment = all[place].environment.clone();
    let retires = |deployment: &Deployment| {
        let counts = !deployment.transient && !deployment.production;
        counts && deployment.environment == environment && deployment.state() == Some("success")
    };
    for earlier in 0..place {
        if retires(&all[earlier]) {
            let id = Deployments::next_id(all);
            let (state, created) = ("inactive".to_owned(), created.to_owned());
            all[earlier].statuses.push(Status { id, state, created, ..Status::default() });
        }
    }
}

/// Where the deployment with this id is.
pub(super) fn place(all: &[Deployment], id: &str) -> Option<usize> {
    let id: u64 = id.parse().ok()?;
    all.iter().position(|deployment| deployment.id == id)
}

fn now(cloud: &Cloud) -> String {
    Moment::of(cloud.clock.now()).seconds()
}
