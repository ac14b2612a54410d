//! What the rows of the table ask of a job, a step or a script, in words that are the same for both systems.

use super::super::parsed::{Job, Step};

/// Scripts that replace what runs in a cluster, and prove it or take it back by themselves.
const CLUSTER: [&str; 3] = ["k8s-roll", "k8s-canary", "k8s-blue-green"];

/// Whether the script of a step is this one of ours: all of ours begin with a line of their own.
pub(crate) fn runs(step: &Step, name: &str) -> bool {
    use siding::generate::config::System;
    let all = [System::GithubActions, System::AzurePipelines];
    all.iter().any(|system| step.script.as_deref() == siding::generate::scripts::text(name, *system))
        && step.script.is_some()
}

/// Whether a step puts something where users are, or where it is about to be.
pub(crate) fn deploys(step: &Step) -> bool {
    matches!(step.tool().as_str(), "zipdeploy" | "slotswap")
        || runs(step, "static-web-app")
        || CLUSTER.iter().any(|name| runs(step, name))
}

/// Whether a step proves what was deployed.
pub(crate) fn proves(step: &Step) -> bool {
    matches!(step.tool().as_str(), "smoketest" | "slotswap") || CLUSTER.iter().any(|name| runs(step, name))
}

/// Whether a step takes back what failed: by itself, or since it runs after a failure.
pub(crate) fn takes_back(step: &Step) -> bool {
    let after_failure = step.condition.contains("failure()") || step.condition.contains("failed()");
    step.tool() == "slotswap"
        || CLUSTER.iter().any(|name| runs(step, name))
        || after_failure && (deploys(step) || runs(step, "k8s-undo"))
}

/// What a CI system would expand in a script: an expression, or a macro of one word.
pub(crate) fn expands(script: &str) -> Option<String> {
    if let Some(opening) = ["${{", "$["].into_iter().find(|opening| script.contains(opening)) {
        return Some(opening.to_owned());
    }
    let macros = script.split("$(").skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name);
    let is_word = |name: &&str| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))
    };
    macros.filter(is_word).map(|name| format!("$({name})")).next()
}

/// Whether a job deploys to an environment of the team.
pub(crate) fn delivers(job: &Job) -> bool {
    job.is_deployment && job.steps.iter().any(deploys)
}
