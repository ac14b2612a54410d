//! What the rows of the table ask of a job, a step or a script, in words that are the same for both systems.

use serde_yaml::Value as Yaml;

use super::super::parsed::{Job, Parsed, Step};
use super::Bundle;

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

/// Whether a step takes back what failed: by itself, or since it runs after a failure. A swap that is cancelled goes on in
/// Azure, so that it is not enough that it swaps back by itself.
pub(crate) fn takes_back(step: &Step) -> bool {
    let after_failure = step.condition.contains("failure()") || step.condition.contains("failed()");
    CLUSTER.iter().any(|name| runs(step, name)) || after_failure && (deploys(step) || runs(step, "k8s-undo"))
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

/// The names in `$(name)`, as Azure Pipelines reads them.
pub(crate) fn macros(text: &str) -> Vec<String> {
    let names = text.split("$(").skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name);
    let is_name = |name: &&str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))
    };
    names.filter(is_name).map(str::to_owned).collect()
}

/// Every mapping in a document, from the outside in.
pub(crate) fn mappings(yaml: &Yaml) -> Vec<&Yaml> {
    let mut found = Vec::new();
    let mut open = vec![yaml];
    while let Some(next) = open.pop() {
        match next {
            Yaml::Mapping(map) => {
                found.push(next);
                open.extend(map.values());
            }
            Yaml::Sequence(all) => open.extend(all),
            _ => {}
        }
    }
    found
}

/// What the steps of a file hold, but scripts.
pub(crate) fn step_texts(file: &Parsed) -> Vec<String> {
    file.jobs.iter().flat_map(|job| job.texts().into_iter().map(str::to_owned)).collect()
}

/// The texts of each file of Azure Pipelines that are like this.
pub(super) fn each_azure(bundle: &Bundle, texts: fn(&Parsed) -> Vec<String>, is: impl Fn(&str) -> bool) -> Vec<String> {
    let files = bundle.files.iter().filter(|file| !file.is_github());
    files.flat_map(texts).filter(|text| is(text)).collect()
}

/// The steps that are like this, by their ids.
pub(super) fn steps(bundle: &Bundle, is: impl Fn(&Job, &Step) -> bool) -> Vec<String> {
    let all = bundle.files.iter().flat_map(Parsed::steps);
    all.filter(|(job, step)| is(job, step)).map(|(job, step)| format!("{}.{}", job.id, step.id)).collect()
}

/// The same, of Azure Pipelines only.
pub(super) fn azure_steps(bundle: &Bundle, is: impl Fn(&Job, &Step) -> bool) -> Vec<String> {
    let all = bundle.files.iter().filter(|file| !file.is_github()).flat_map(Parsed::steps);
    all.filter(|(job, step)| is(job, step)).map(|(job, step)| format!("{}.{}", job.id, step.id)).collect()
}

/// The jobs that are like this, by their ids.
pub(super) fn jobs(bundle: &Bundle, is: impl Fn(&Job) -> bool) -> Vec<String> {
    bundle.files.iter().flat_map(|file| &file.jobs).filter(|job| is(job)).map(|job| job.id.clone()).collect()
}

/// The lines of a step that a shell runs: of its script, and of the team's commands, without comments.
pub(crate) fn commands(step: &Step) -> Vec<&str> {
    let own = step.text().lines().filter(|line| !line.trim_start().starts_with('#'));
    let given = ["COMMANDS", "COMMAND", "PREVIEW", "BUILD"].into_iter().flat_map(|name| step.value(name).lines());
    own.chain(given).map(str::trim).collect()
}

/// Whether a line of a shell calls a program: at its beginning, or behind what may stand before a command.
pub(crate) fn calls(line: &str, program: &str) -> bool {
    line.match_indices(program).any(|(at, _)| {
        let before = line[..at].trim_end();
        let starts = before.is_empty()
            || before.ends_with(['(', '|', ';', '&', '!', '{'])
            || ["if", "then", "do", "else", "||", "&&", "attend"]
                .iter()
                .any(|word| before.split(' ').next_back() == Some(word));
        starts && line[at + program.len()..].starts_with([' ', '\n']) | line[at + program.len()..].is_empty()
    })
}
