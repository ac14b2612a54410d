//! Whether somebody else's repository has started the run: GitHub and Azure Pipelines can give it this repository's rights.
//!
//! Source: the payloads of GitHub's events `pull_request*` and `workflow_run`, and Azure Pipelines' `System.PullRequest.IsFork`.

use std::path::Path;

use serde_json::Value;

use crate::world::{Env, Files};

/// Events whose runs have this repository's secrets and id tokens, whoever has started them.
const PRIVILEGED: [&str; 2] = ["pull_request_target", "workflow_run"];

/// A run that comes from a fork.
#[derive(Debug, PartialEq, Eq)]
pub struct Fork {
    /// Which repository, in words.
    pub repository: String,
    /// The event that started the run.
    pub event: String,
}

/// The fork that has started this run, if one has.
pub fn fork(env: &Env, files: &Files) -> Option<Fork> {
    if env.is_true("GITHUB_ACTIONS") {
        return on_github(env, files);
    }
    let is_fork = env.is_true("TF_BUILD") && env.is_true("SYSTEM_PULLREQUEST_ISFORK");
    let repository = || {
        let url = env.get("SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI").map(|url| format!("the fork `{url}`"));
        url.unwrap_or_else(|| "a fork".to_owned())
    };
    is_fork.then(|| Fork { repository: repository(), event: "a pull request of a fork".to_owned() })
}

fn on_github(env: &Env, files: &Files) -> Option<Fork> {
    let event = env.get("GITHUB_EVENT_NAME")?;
    let payload = env.get("GITHUB_EVENT_PATH").and_then(|path| files.read(Path::new(path)).ok());
    let payload: Option<Value> = payload.and_then(|text| serde_json::from_str(&text).ok());
    let repository = match (payload, PRIVILEGED.contains(&event)) {
        (Some(payload), _) => foreign(&payload, env.get("GITHUB_REPOSITORY"))?,
        // What cannot be read proves nothing, and these two are how forks get rights.
        (None, true) => "a repository that `GITHUB_EVENT_PATH` does not tell".to_owned(),
        (None, false) => return None,
    };
    Some(Fork { repository, event: event.to_owned() })
}

/// The repository that the run's code comes from, where it is another one than that of the workflow.
fn foreign(payload: &Value, own: Option<&str>) -> Option<String> {
    let own = payload["repository"]["full_name"].as_str().or(own);
    let heads = [&payload["pull_request"]["head"]["repo"], &payload["workflow_run"]["head_repository"]];
    let is_there = [&payload["pull_request"], &payload["workflow_run"]].map(Value::is_object);
    let (head, _) = heads.into_iter().zip(is_there).find(|(_, is_there)| *is_there)?;
    match head["full_name"].as_str() {
        Some(head) if own.is_some_and(|own| own.eq_ignore_ascii_case(head)) => None,
        Some(head) => Some(format!("the fork `{head}`")),
        None => Some("a fork that has been deleted".to_owned()),
    }
}
