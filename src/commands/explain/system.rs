//! What the pipelines of a config do, section by section, for people and as data.

use serde_json::{Value, json};

use super::defaults::defaults;
use super::{reach, setup};
use crate::generate::plan::{Job, Op, Stage, Value as Known};
use crate::generate::{Project, policy, schema};

/// One part of the explanation.
pub(super) struct Section {
    /// Its key in `--json`.
    pub(super) id: &'static str,
    title: String,
    text: Vec<String>,
    /// The same as data.
    pub(super) data: Value,
}

impl Section {
    /// Its lines, the title first.
    pub(super) fn lines(&self) -> Vec<String> {
        let text = self.text.iter().map(|line| format!("  {line}"));
        std::iter::once(self.title.clone()).chain(text).chain([String::new()]).collect()
    }
}

/// Everything, in the order in which one asks.
pub(super) fn explain(project: &Project) -> Vec<Section> {
    let reached = (!project.config.environments.is_empty()).then(|| environments(project));
    let sections = reached.into_iter().chain(production(project));
    let rest = [
        pipelines(project),
        identities(project),
        gates(project),
        permissions(project),
        secrets(project),
        rules(),
        given(project),
        notes(project),
    ];
    sections.chain(rest).collect()
}

fn environments(project: &Project) -> Section {
    let mut text = Vec::new();
    let mut data = Vec::new();
    for (name, environment) in &project.config.environments {
        text.push(format!("{name}: {}", environment.deploy));
        let ways = reach::ways(project, name);
        text.extend(ways.iter().map(|line| format!("  {line}")));
        data.push(json!({"name": name, "deploy": environment.deploy.to_string(), "reached": ways}));
    }
    Section { id: "environments", title: "Environments, in the order of promotion".to_owned(), text, data: data.into() }
}

/// Nothing for a repository that is only checked.
fn production(project: &Project) -> Option<Section> {
    let (name, _) = project.config.environments.last()?;
    let mut text = reach::ways(project, name);
    let jobs = reach::jobs(project, name);
    text.push(format!("jobs: {}", jobs.join(", ")));
    text.extend(reach::infrastructure(project, name));
    let data = json!({"environment": name, "reached": text, "jobs": jobs});
    Some(Section { id: "production", title: format!("Who can reach {name}"), text, data })
}

fn pipelines(project: &Project) -> Section {
    let mut text = Vec::new();
    let mut data = Vec::new();
    for pipeline in &project.plan.pipelines {
        text.push(format!("{}: {}", pipeline.id, pipeline.title));
        let mut stages = Vec::new();
        for stage in &pipeline.stages {
            text.extend(stage_lines(stage));
            stages.push(stage_data(stage));
        }
        data.push(json!({"id": pipeline.id, "title": pipeline.title, "stages": stages}));
    }
    Section { id: "pipelines", title: "Pipelines, their stages, jobs and steps".to_owned(), text, data: data.into() }
}

fn stage_lines(stage: &Stage) -> Vec<String> {
    let mut lines = vec![format!("  {}", stage.title)];
    for job in &stage.jobs {
        let after = if job.needs.is_empty() { String::new() } else { format!(", after {}", job.needs.join(", ")) };
        let gate = job.environment.as_ref().map(|gate| format!(", behind `{}`", gate.name)).unwrap_or_default();
        lines.push(format!("    {} ({} min{after}{gate})", job.id, job.minutes));
        let steps: Vec<&str> = job.steps.iter().map(|step| step.title.as_str()).collect();
        lines.push(format!("      {}", steps.join(" > ")));
    }
    lines
}

fn stage_data(stage: &Stage) -> Value {
    let job = |job: &Job| {
        let steps: Vec<Value> =
            job.steps.iter().map(|step| json!({"id": step.id, "title": step.title, "does": does(&step.op)})).collect();
        json!({
            "id": job.id, "title": job.title, "minutes": job.minutes, "needs": job.needs,
            "environment": job.environment.as_ref().map(|gate| &gate.name), "signs_in": job.signs_in, "steps": steps,
        })
    };
    json!({"id": stage.id, "title": stage.title, "jobs": stage.jobs.iter().map(job).collect::<Vec<_>>()})
}

fn does(op: &Op) -> String {
    match op {
        Op::Script(script) => format!("script {}", script.name),
        Op::Tool(call) => format!("tool {}", call.spec.name),
        other => other.template().to_owned(),
    }
}

fn identities(project: &Project) -> Section {
    let mut text = Vec::new();
    let mut data = Vec::new();
    for gate in reach::gates(project) {
        let (identities, roles, jobs) =
            (reach::identities(project, &gate), reach::roles(project, &gate), reach::jobs(project, &gate));
        text.push(gate.clone());
        text.extend(identities.iter().map(|line| format!("  {line}")));
        if !roles.is_empty() {
            text.push(format!("  roles: {}", roles.iter().copied().collect::<Vec<_>>().join(", ")));
        }
        text.push(format!("  used by: {}", jobs.join(", ")));
        data.push(json!({"environment": gate, "identities": identities, "roles": roles, "jobs": jobs}));
    }
    Section { id: "identities", title: "Identities".to_owned(), text, data: data.into() }
}

fn permissions(project: &Project) -> Section {
    let mut text = Vec::new();
    let mut data = Vec::new();
    for (pipeline, _, job) in project.plan.jobs() {
        let mut grants: Vec<&str> = job.grants.iter().map(|grant| grant.about()).collect();
        grants.extend(job.signs_in.then_some("ask for an identity"));
        if !grants.is_empty() {
            text.push(format!("{}: {}", reach::id(pipeline, job), grants.join(", ")));
            data.push(json!({"job": reach::id(pipeline, job), "may": grants}));
        }
    }
    text.push("all others: read the repository, and nothing else".to_owned());
    Section { id: "permissions", title: "Permissions of jobs".to_owned(), text, data: data.into() }
}

fn secrets(project: &Project) -> Section {
    let mut text = Vec::new();
    let mut data = Vec::new();
    for (pipeline, _, job) in project.plan.jobs() {
        for step in &job.steps {
            let place = format!("{}, step `{}`", reach::id(pipeline, job), step.id);
            if let Op::Tool(call) = &step.op
                && call.spec.name == "kv-sync"
            {
                let input = |name: &str| call.inputs.iter().find(|(given, _)| *given == name).map(|(_, value)| value);
                if let (Some(Known::Text(vault)), Some(Known::Text(secret))) = (input("vault"), input("secrets")) {
                    let secret = secret.split_once('=').map_or(secret.as_str(), |(_, secret)| secret);
                    let readers = reach::readers(job, &step.id);
                    text.push(format!("`{secret}` of the vault `{vault}`: {place}, read by {}", readers.join(", ")));
                    data.push(json!({"secret": secret, "vault": vault, "step": place, "readers": readers}));
                }
            }
            for value in step.env.iter().flat_map(|(_, value)| value.parts()) {
                if let Known::Secret(secret) = value {
                    let commands = setup::secret(project, job, secret);
                    text.push(format!("`{secret}` of the CI system: {place}"));
                    text.extend(commands.iter().map(|line| format!("  {line}")));
                    data.push(json!({"secret": secret, "step": place, "set": commands}));
                }
            }
        }
    }
    if text.is_empty() {
        text.push("none".to_owned());
    }
    Section { id: "secrets", title: "Secrets, and the steps that they reach".to_owned(), text, data: data.into() }
}

fn gates(project: &Project) -> Section {
    let mut text = Vec::new();
    let mut data = Vec::new();
    for (gate, commands) in setup::gates(project) {
        text.push(gate.clone());
        text.extend(commands.iter().map(|line| format!("  {line}")));
        data.push(json!({"environment": gate, "commands": commands}));
    }
    if text.is_empty() {
        text.push("none: Azure Pipelines is not rendered".to_owned());
    }
    let title = "Commands that create the environments of Azure Pipelines and their checks".to_owned();
    Section { id: "gates", title, text, data: data.into() }
}

fn rules() -> Section {
    let text = policy::RULES.iter().map(|rule| format!("{}: {}", rule.name, rule.about)).collect();
    let data: Vec<Value> = policy::RULES.iter().map(|rule| json!({"name": rule.name, "about": rule.about})).collect();
    Section { id: "rules", title: "Rules that these pipelines keep".to_owned(), text, data: data.into() }
}

fn given(project: &Project) -> Section {
    let all = defaults(&project.given, &schema::schema());
    let text = all.iter().map(|one| format!("{}: {}   ({})", one.path, one.value, one.about)).collect();
    let data: Vec<Value> =
        all.iter().map(|one| json!({"path": one.path, "value": one.value, "about": one.about})).collect();
    Section { id: "defaults", title: "Defaults that count here".to_owned(), text, data: data.into() }
}

fn notes(project: &Project) -> Section {
    let text = reach::notes(project);
    let data = text.clone().into();
    Section { id: "notes", title: "Outside of the YAML".to_owned(), text, data }
}
