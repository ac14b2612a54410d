//! Who reaches what: environments, their gates and identities, and who can reach production.

use std::collections::BTreeSet;

use crate::generate::Project;
use crate::generate::config::{Approve, Config, Deploy, Environment, Repository, System};
use crate::generate::plan::{Job, Op, Pipeline, Value};
use crate::generate::planner;

/// The environments of the CI systems that the plan's jobs have, in the order in which they come up.
pub(super) fn gates(project: &Project) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (_, _, job) in project.plan.jobs() {
        if let Some(gate) = &job.environment
            && !all.contains(&gate.name)
        {
            all.push(gate.name.clone());
        }
    }
    all
}

/// How a release gets to an environment, as lines.
pub(super) fn ways(project: &Project, name: &str) -> Vec<String> {
    let catalog = crate::generate::catalog::Catalog::new(&project.config);
    let system = planner::System { config: &project.config, catalog: &catalog };
    let mut lines = vec![format!("branches: {}", system.branches(name).join(", "))];
    if let Some((before, _)) = system.before(name) {
        lines.push(format!("through: `{before}`, and its tests if it has any"));
    }
    let environment = &project.config.environments[name];
    lines.push(match &environment.approve {
        Some(approve) => approval(project, name, approve),
        None => "approval: none; whoever can push to these branches releases here".to_owned(),
    });
    if let Some(pattern) = &environment.change_ticket {
        lines.push(format!("change ticket: one like {pattern}"));
    }
    lines
}

/// Who approves at a gate: of an environment, or of our own gates for resources.
pub(super) fn approvers<'a>(project: &'a Project, gate: &str) -> Option<&'a Approve> {
    if let Some(environment) = project.config.environments.get(gate) {
        return environment.approve.as_ref();
    }
    let infra = project.config.infra.as_ref().filter(|_| gate != "infra-plan")?;
    match gate {
        "infra-destroy" => infra.destroy_approve.as_ref().or(infra.approve.as_ref()),
        "infra" => infra.approve.as_ref(),
        other => infra.approve.as_ref().filter(|_| other.starts_with("infra-")),
    }
}

fn approval(project: &Project, name: &str, approve: &Approve) -> String {
    let author = if approve.not_author { ", not the author" } else { "" };
    let several = if approve.minimum > 1 { format!(", {} of them", approve.minimum) } else { String::new() };
    let hours = approve.hours.as_ref();
    let hours = hours.map(|hours| format!(", {} to {} {}", hours.from, hours.to, hours.zone)).unwrap_or_default();
    format!(
        "approval: {}{several}{author}{hours}; YAML cannot hold it, set it in {}",
        approve.by.join(", "),
        places(project, name).join(" and in ")
    )
}

/// Where the gate of an environment is set.
fn places(project: &Project, name: &str) -> Vec<String> {
    let place = |system: &System| match system {
        System::GithubActions => format!("GitHub: Settings > Environments > {name} > Required reviewers"),
        System::AzurePipelines => {
            format!("Azure Pipelines: Environments > {}-{name} > Approvals and checks", project.config.name)
        }
    };
    project.config.render.iter().map(place).collect()
}

/// Who changes the resources that an environment runs on.
pub(super) fn infrastructure(project: &Project, name: &str) -> Option<String> {
    let infra = project.config.infra.as_ref()?;
    let own = format!("infra-{name}");
    let gate = gates(project).into_iter().find(|gate| *gate == own).unwrap_or_else(|| "infra".to_owned());
    let approval = match &infra.approve {
        Some(approve) => approval(project, &gate, approve),
        None => "approval: none".to_owned(),
    };
    Some(format!("its resources: {}, behind `{gate}`; {approval}", jobs(project, &gate).join(", ")))
}

/// The steps of a job that read what a step told.
pub(super) fn readers(job: &Job, step: &str) -> Vec<String> {
    let reads = |value: &Value| matches!(value, Value::Output { job: None, step: from, .. } if from == step);
    let all = job.steps.iter().filter(|step| step.env.iter().flat_map(|(_, value)| value.parts()).any(reads));
    all.map(|step| format!("`{}`", step.id)).collect()
}

/// The identity of an environment on each system.
pub(super) fn identities(project: &Project, gate: &str) -> Vec<String> {
    let line = |system: &System| match system {
        System::GithubActions => format!(
            "GitHub: the environment's variables AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_SUBSCRIPTION_ID; subject `<prefix>:environment:{gate}`, whose prefix `gh api repos/OWNER/REPO/actions/oidc/customization/sub` tells"
        ),
        System::AzurePipelines => {
            format!("Azure Pipelines: the service connection `az-{}-{gate}`, by workload identity", project.config.name)
        }
    };
    project.config.render.iter().map(line).collect()
}

/// The jobs that have the gate, as `pipeline/job`.
pub(super) fn jobs(project: &Project, gate: &str) -> Vec<String> {
    let has = |job: &Job| job.environment.as_ref().is_some_and(|own| own.name == gate);
    let all = project.plan.jobs().filter(|(_, _, job)| has(job));
    all.map(|(pipeline, _, job)| id(pipeline, job)).collect()
}

/// The roles that our tools need where this gate's jobs run.
pub(super) fn roles(project: &Project, gate: &str) -> BTreeSet<&'static str> {
    let has = |job: &Job| job.environment.as_ref().is_some_and(|own| own.name == gate);
    let steps = project.plan.jobs().filter(|(_, _, job)| has(job)).flat_map(|(_, _, job)| &job.steps);
    let tools = steps.filter_map(|step| match &step.op {
        Op::Tool(call) => Some(call.spec.permissions),
        _ => None,
    });
    let all = project.plan.jobs().filter(|(_, _, job)| has(job)).flat_map(|(_, _, job)| &job.steps);
    let uploads = all.filter(|step| matches!(&step.op, Op::Script(script) if script.name == "static-web-app"));
    let upload = uploads.map(|_| "`Contributor` on the Static Web App, whose token is read");
    tools.flatten().copied().chain(upload).collect()
}

/// `pipeline/job`.
pub(super) fn id(pipeline: &Pipeline, job: &Job) -> String {
    format!("{}/{}", pipeline.id, job.id)
}

/// What nobody vouches for.
fn unsigned(project: &Project) -> Option<String> {
    let config = &project.config;
    let images = config.apps.values().any(|app| app.aks.is_some());
    let unsigned = images && config.sign.is_none() && config.render.contains(&System::AzurePipelines);
    let note =
        "Azure Pipelines attests nothing: there an image is signed only by `sign`, with a certificate in a Key Vault";
    unsigned.then(|| note.to_owned())
}

fn some_gate(project: &Project, asks: impl Fn(&Approve) -> bool) -> bool {
    gates(project).iter().any(|gate| approvers(project, gate).is_some_and(&asks))
}

/// Environments that share a slot without a lock that both would hold.
fn slots_apart(config: &Config) -> Option<String> {
    let environments = &config.environments;
    let mut swapping = environments.iter().filter(|(_, environment)| environment.deploy.swaps());
    let (swapping, slot, filling) = swapping.find_map(|(name, environment)| {
        let slot = environment.deploy.slot()?;
        let fills = |other: &Environment| {
            other.suffix == environment.suffix && matches!(&other.deploy, Deploy::Slot(filled) if filled == slot)
        };
        let (filling, _) = environments.iter().find(|(_, other)| fills(other))?;
        Some((name, slot, filling))
    })?;
    Some(format!(
        "Azure Pipelines: `{filling}` fills the slot `{slot}` that `{swapping}` swaps. Both environments need the Exclusive lock, and still each lock holds the stages of its own environment only: a swap looks right before whether the slot has changed, and stops if so, but start no roll-back while a release fills the slot"
    ))
}

/// What to know of the systems that this config is for.
pub(super) fn notes(project: &Project) -> Vec<String> {
    let mut notes = Vec::new();
    let gated = project.config.environments.values().any(|environment: &Environment| environment.approve.is_some());
    if gated && project.config.render.contains(&System::GithubActions) {
        notes.push("GitHub has required reviewers for private repositories only in Enterprise Cloud".to_owned());
    }
    if project.config.repository == Repository::AzureRepos {
        notes.push(
            "Azure Repos builds pull requests by a branch policy (Build validation), which names the pipeline `ci`"
                .to_owned(),
        );
        let infra = project.plan.pipelines.iter().find(|pipeline| pipeline.id == "infra");
        if let Some(infra) = infra {
            let paths: Vec<String> =
                infra.triggers.paths.iter().map(|path| format!("/{}", path.replace("/**", "/*"))).collect();
            notes.push(format!(
                "a second one, with the path filter `{}`, names the pipeline `infra`: without it no plan is seen before the merge",
                paths.join(";")
            ));
        }
    }
    let asks = |approve: &Approve| approve.minimum > 1 || approve.hours.is_some();
    if some_gate(project, asks) && project.config.render.contains(&System::GithubActions) {
        notes.push(
            "GitHub takes one approval of any reviewer, at any hour: `minimum` and `hours` are for Azure Pipelines"
                .to_owned(),
        );
    }
    notes.extend(unsigned(project));
    if project.config.render.contains(&System::AzurePipelines) {
        notes.push(
            "an environment of Azure Pipelines that does not exist is made without any check: create it first"
                .to_owned(),
        );
        notes.push(
            "Azure Pipelines: `lockBehavior: sequential` takes effect where a resource has the check Exclusive lock: add it to each environment (Environments > NAME > Approvals and checks), so that releases and roll-backs of all branches wait for one another"
                .to_owned(),
        );
        notes.extend(slots_apart(&project.config));
    }
    if project.config.render.contains(&System::GithubActions) {
        notes.push(
            "GitHub: a release, roll-back or contract waits for another of the same apps in the same environment, or in one that fills or swaps the same slot, on whatever branch; of several that wait, also for an approval, the newest stays and the others are cancelled"
                .to_owned(),
        );
    }
    notes
}
