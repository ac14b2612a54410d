//! Rules on the shape of a plan: what it names exists.

use std::collections::HashSet;

use super::{Facts, place, repeated};
use crate::generate::config::System;
use crate::generate::plan::{Condition, Job, Op, Pipeline, Step, Value};
use crate::spec::Need;

pub(super) fn unique_ids(facts: &Facts<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for pipeline in &facts.plan.pipelines {
        let stages = repeated(pipeline.stages.iter().map(|stage| stage.id.as_str()));
        places.extend(stages.iter().map(|id| format!("`{}` has two stages `{id}`", pipeline.id)));
        let jobs = repeated(pipeline.stages.iter().flat_map(|stage| &stage.jobs).map(|job| job.id.as_str()));
        places.extend(jobs.iter().map(|id| format!("`{}` has two jobs `{id}`", pipeline.id)));
        for job in pipeline.stages.iter().flat_map(|stage| &stage.jobs) {
            let steps = repeated(job.steps.iter().map(|step| step.id.as_str()));
            places.extend(steps.iter().map(|id| format!("{} has two steps `{id}`", place(pipeline, job))));
        }
    }
    places
}

/// Jobs in the order in which they are listed, so that a circle cannot be.
pub(super) fn needs_exist(facts: &Facts<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for pipeline in &facts.plan.pipelines {
        let mut before: HashSet<&str> = HashSet::new();
        for job in pipeline.stages.iter().flat_map(|stage| &stage.jobs) {
            let conditions = job.guard.all.iter().filter_map(|condition| match condition {
                Condition::Ran(job) | Condition::PassedOrSkipped(job) | Condition::PassedIf(job, _) => Some(job),
                _ => None,
            });
            let results = job.values().filter_map(|value| match value {
                Value::Results(jobs) => Some(jobs.iter().map(|(id, _)| id)),
                _ => None,
            });
            let unneeded = conditions.chain(results.flatten()).filter(|id| !job.needs.contains(id));
            let unknown = job.needs.iter().filter(|id| !before.contains(id.as_str()));
            places.extend(unknown.chain(unneeded).map(|id| format!("{} needs `{id}`", place(pipeline, job))));
            before.insert(&job.id);
        }
    }
    places
}

pub(super) fn outputs_exist(facts: &Facts<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for (pipeline, _, job) in facts.plan.jobs() {
        for value in job.values().flat_map(Value::parts) {
            if let Value::Output { job: from, step, name } = value
                && !output_exists(facts, (pipeline, job), from.as_deref(), (step, name))
            {
                let from = from.as_deref().unwrap_or(&job.id);
                places.push(format!("{} reads `{name}` of step `{step}` of `{from}`", place(pipeline, job)));
            }
        }
    }
    places
}

fn output_exists(
    facts: &Facts<'_>,
    (pipeline, job): (&Pipeline, &Job),
    from: Option<&str>,
    (step, name): (&str, &str),
) -> bool {
    let source = match from {
        None => Some(job),
        Some(id) if job.needs.iter().any(|need| need == id) => facts.job(pipeline, id),
        Some(_) => None,
    };
    let step = source.and_then(|job| job.steps.iter().find(|candidate| candidate.id == step));
    step.is_some_and(|step| tells(step, name))
}

/// Whether a step has that output, as far as it is declared: those of our tools are, those of scripts are in their text.
fn tells(step: &Step, name: &str) -> bool {
    match &step.op {
        Op::Tool(call) => call.spec.outputs.iter().any(|output| output.name == name),
        Op::Script(script) => crate::generate::scripts::text(script.name, System::GithubActions)
            .is_some_and(|text| text.contains(&format!("output {name} ")) || text.contains("output \"$")),
        _ => false,
    }
}

pub(super) fn artifacts_exist(facts: &Facts<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for (pipeline, _, job) in facts.plan.jobs() {
        let kept: Vec<&str> = job.needs.iter().filter_map(|id| facts.job(pipeline, id)).flat_map(uploads).collect();
        for step in &job.steps {
            if let Op::Download { name, .. } = &step.op
                && !kept.contains(&name.as_str())
            {
                places.push(format!("{} downloads `{name}`", place(pipeline, job)));
            }
        }
    }
    places
}

fn uploads(job: &Job) -> impl Iterator<Item = &str> {
    job.steps.iter().filter_map(|step| match &step.op {
        Op::Upload { name, .. } => Some(name.as_str()),
        _ => None,
    })
}

pub(super) fn inputs_exist(facts: &Facts<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for (pipeline, _, job) in facts.plan.jobs() {
        for step in &job.steps {
            let Op::Tool(call) = &step.op else { continue };
            let known = |name: &str| call.spec.inputs().any(|input| input.name == name);
            let given = |name: &str| call.inputs.iter().any(|(given, _)| *given == name);
            for (name, _) in call.inputs.iter().filter(|(name, _)| !known(name)) {
                places.push(format!(
                    "{}, step `{}`: `{}` has no input `{name}`",
                    place(pipeline, job),
                    step.id,
                    call.spec.name
                ));
            }
            for input in call.spec.inputs().filter(|input| input.need == Need::Required && !given(input.name)) {
                places.push(format!(
                    "{}, step `{}`: `{}` needs `{}`",
                    place(pipeline, job),
                    step.id,
                    call.spec.name,
                    input.name
                ));
            }
        }
    }
    places
}

/// Texts of the config are checked as they are read; this finds those of our own.
pub(super) fn no_expressions(facts: &Facts<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for (pipeline, _, job) in facts.plan.jobs() {
        for value in job.values().flat_map(Value::parts) {
            if let Value::Text(text) = value
                && ["${{", "$(", "$["].iter().any(|opening| text.contains(opening))
            {
                places.push(format!("{} holds {text:?}", place(pipeline, job)));
            }
        }
    }
    places
}

pub(super) fn limits(facts: &Facts<'_>) -> Vec<String> {
    let boundless = facts.plan.jobs().filter(|(_, _, job)| job.minutes == 0 || job.minutes > 360);
    boundless.map(|(pipeline, _, job)| format!("{} has {} minutes", place(pipeline, job), job.minutes)).collect()
}
