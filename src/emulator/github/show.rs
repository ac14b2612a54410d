//! Deployments and statuses as GitHub shows them, newest first.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::create::place;
use super::{Answer, Deployment, Status, not_found};
use crate::emulator::cloud::Cloud;
use crate::emulator::encode::{base64_url, hex};
use crate::emulator::message::{Incoming, json as json_answer};

/// `GET /repos/{owner}/{repo}/deployments`, with its filters.
pub(super) fn list(cloud: &Cloud, incoming: &Incoming) -> Response {
    let all = cloud.deployments.all();
    let same = |name: &str, value: &str| incoming.query(name).is_none_or(|wanted| wanted == value || wanted == "none");
    let found = all.iter().rev().filter(|deployment| {
        same("environment", &deployment.environment)
            && same("task", &deployment.task)
            && same("ref", &deployment.reference)
            && same("sha", &sha(&deployment.reference))
    });
    json_answer(StatusCode::OK, &page(incoming, found.map(|found| self::deployment(cloud, found))))
}

/// `GET /repos/{owner}/{repo}/deployments/{id}`.
pub(super) fn one(cloud: &Cloud, id: &str) -> Answer<Response> {
    let all = cloud.deployments.all();
    let place = place(&all, id).ok_or_else(not_found)?;
    Ok(json_answer(StatusCode::OK, &deployment(cloud, &all[place])))
}

/// `GET /repos/{owner}/{repo}/deployments/{id}/statuses`.
pub(super) fn statuses(cloud: &Cloud, incoming: &Incoming, id: &str) -> Answer<Response> {
    let all = cloud.deployments.all();
    let place = place(&all, id).ok_or_else(not_found)?;
    let found = all[place].statuses.iter().rev().map(|found| status(cloud, &all[place], found));
    Ok(json_answer(StatusCode::OK, &page(incoming, found)))
}

/// `per_page` is 30 when it is not given, and 100 at most.
fn page(incoming: &Incoming, items: impl Iterator<Item = Value>) -> Value {
    let number = |name: &str, default: usize| {
        incoming.query(name).and_then(|value| value.parse().ok()).filter(|value| *value > 0).unwrap_or(default)
    };
    let size = number("per_page", 30).min(100);
    items.skip((number("page", 1) - 1) * size).take(size).collect()
}

/// A deployment.
pub(super) fn deployment(cloud: &Cloud, deployment: &Deployment) -> Value {
    let (repository, url) = urls(cloud, deployment);
    json!({
        "url": url, "id": deployment.id, "node_id": node_id("Deployment", deployment.id),
        "sha": sha(&deployment.reference), "ref": deployment.reference, "task": deployment.task,
        "payload": deployment.payload, "original_environment": deployment.environment,
        "environment": deployment.environment, "description": deployment.description, "creator": creator(),
        "created_at": deployment.created,
        "updated_at": deployment.statuses.last().map_or(&deployment.created, |status| &status.created),
        "statuses_url": format!("{url}/statuses"), "repository_url": repository,
        "transient_environment": deployment.transient, "production_environment": deployment.production,
        "performed_via_github_app": null,
    })
}

/// A status of a deployment.
pub(super) fn status(cloud: &Cloud, deployment: &Deployment, status: &Status) -> Value {
    let (repository, url) = urls(cloud, deployment);
    json!({
        "url": format!("{url}/statuses/{}", status.id), "id": status.id,
        "node_id": node_id("DeploymentStatus", status.id), "state": status.state, "creator": creator(),
        "description": status.description, "environment": deployment.environment, "target_url": status.log_url,
        "created_at": status.created, "updated_at": status.created, "deployment_url": url,
        "repository_url": repository, "environment_url": status.environment_url, "log_url": status.log_url,
        "performed_via_github_app": null,
    })
}

fn urls(cloud: &Cloud, deployment: &Deployment) -> (String, String) {
    let repository = format!("{}/repos/{}", cloud.endpoints.github_api(), cloud.config.ci.github.repository);
    let url = format!("{repository}/deployments/{}", deployment.id);
    (repository, url)
}

/// The account that a job's own token acts as (<https://api.github.com/users/github-actions%5Bbot%5D>).
fn creator() -> Value {
    let user = "https://api.github.com/users/github-actions%5Bbot%5D";
    let mut creator = json!({
        "login": "github-actions[bot]", "id": 41_898_282, "node_id": "MDM6Qm90NDE4OTgyODI=",
        "avatar_url": "https://avatars.githubusercontent.com/in/15368?v=4", "gravatar_id": "",
        "url": user, "html_url": "https://github.com/apps/github-actions", "type": "Bot", "site_admin": false,
    });
    for (name, path) in [
        ("followers_url", "/followers"),
        ("following_url", "/following{/other_user}"),
        ("gists_url", "/gists{/gist_id}"),
        ("starred_url", "/starred{/owner}{/repo}"),
        ("subscriptions_url", "/subscriptions"),
        ("organizations_url", "/orgs"),
        ("repos_url", "/repos"),
        ("events_url", "/events{/privacy}"),
        ("received_events_url", "/received_events"),
    ] {
        creator[name] = format!("{user}{path}").into();
    }
    creator
}

fn node_id(kind: &str, id: u64) -> String {
    base64_url(format!("{kind}{id}").as_bytes())
}

/// The commit that a reference stands for: itself when it is one, else always the same one.
fn sha(reference: &str) -> String {
    if reference.len() == 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return reference.to_lowercase();
    }
    hex(&ring::digest::digest(&ring::digest::SHA256, reference.as_bytes()).as_ref()[..20])
}
