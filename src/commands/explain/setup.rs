//! What YAML cannot hold and somebody must create on Azure Pipelines, as commands: environments with their checks, and
//! variable groups with secrets.
//!
//! The kinds of checks have fixed ids that Microsoft's Terraform provider names as well
//! (github.com/microsoft/terraform-provider-azuredevops, 2026-08).

use serde_json::{Value, json};

use super::reach;
use crate::azure::shell_quoted;
use crate::generate::Project;
use crate::generate::catalog::Catalog;
use crate::generate::config::{Approve, Deploy, Hours, Repository, System};
use crate::generate::plan::Job;
use crate::generate::planner;

/// The kind of an approval.
const APPROVAL: (&str, &str) = ("8c6f20a7-a545-4486-9777-f762fafe0d4d", "Approval");
/// The kind of a check that a task of the service does.
const TASK: (&str, &str) = ("fe1de3ee-a436-41b4-bb20-f6eb4cb879a7", "Task Check");
/// The kind of a lock.
const LOCK: (&str, &str) = ("2ef31ad6-baa0-403a-8b45-2cbc9b4e5563", "ExclusiveLock");
/// The tasks, with the names that the page of the environment shows.
const BRANCHES: (&str, &str) = ("86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b", "evaluatebranchProtection");
const HOURS: (&str, &str) = ("445fde2f-6c39-441c-807f-8a59ff2e075f", "evaluateBusinessHours");
/// An approval waits for so many minutes: thirty days, the most that there is.
const PATIENCE: u32 = 43_200;

/// The commands for all gates, each gate with its lines; nothing when Azure Pipelines is not rendered.
pub(super) fn gates(project: &Project) -> Vec<(String, Vec<String>)> {
    if !project.config.render.contains(&System::AzurePipelines) {
        return Vec::new();
    }
    let gates = reach::gates(project).into_iter();
    gates.map(|gate| (gate.clone(), environment(project, &gate))).collect()
}

fn environment(project: &Project, gate: &str) -> Vec<String> {
    let name = format!("{}-{gate}", project.config.name);
    let mut lines = vec![
        format!("printf '%s' {} >body.json", shell_quoted(&json!({ "name": name }).to_string())),
        "ID=$(az devops invoke --area distributedtask --resource environments --route-parameters project=\"$PROJECT\" \
         --http-method POST --api-version 7.1-preview --in-file body.json --query id --output tsv)"
            .to_owned(),
    ];
    let approve = reach::approvers(project, gate);
    if let Some(approve) = approve {
        let numbered = approve.by.iter().enumerate();
        lines.extend(numbered.map(|(number, who)| {
            format!(
                "WHO_{number}=$(az devops invoke --area IMS --resource identities --api-version 7.1-preview --query-parameters \
                 searchFilter=General filterValue={} --query 'value[0].id' --output tsv)",
                shell_quoted(who)
            )
        }));
        lines.push(check((&APPROVAL, &approval(approve)), PATIENCE, approve.by.len()));
    }
    if let Some(hours) = approve.and_then(|approve| approve.hours.as_ref()) {
        lines.push(check((&TASK, &task(&HOURS, "Business hours", &inputs_of(hours))), 1440, 0));
    }
    if let Some(branches) = branches(project, gate) {
        // Whether a branch on GitHub is protected is not known to Azure Pipelines.
        let protected = (project.config.repository == Repository::AzureRepos).to_string();
        let inputs = json!({
            "allowedBranches": branches, "ensureProtectionOfBranch": protected, "allowUnknownStatusBranch": "false",
        });
        lines.push(check((&TASK, &task(&BRANCHES, "Branch control", &inputs)), 1440, 0));
    }
    if approve.is_some_and(|approve| approve.lock) {
        lines.push(check((&LOCK, &json!({})), PATIENCE, 0));
    }
    lines
}

fn approval(approve: &Approve) -> Value {
    json!({
        "minRequiredApprovers": approve.minimum, "executionOrder": "anyOrder",
        "requesterCannotBeApprover": approve.not_author, "instructions": "", "blockedApprovers": [],
    })
}

fn inputs_of(hours: &Hours) -> Value {
    json!({
        "businessDays": "Monday, Tuesday, Wednesday, Thursday, Friday", "timeZone": hours.zone,
        "startTime": hours.from, "endTime": hours.to,
    })
}

fn task((id, name): &(&str, &str), title: &str, inputs: &Value) -> Value {
    json!({
        "displayName": title, "definitionRef": {"id": id, "name": name, "version": "0.0.1"}, "inputs": inputs,
        "retryInterval": 5,
    })
}

/// The line that adds a check to the environment whose id is in `ID`, with the first so many of `WHO_0` and so on.
fn check(((id, name), settings): (&(&str, &str), &Value), minutes: u32, approvers: usize) -> String {
    let body = json!({
        "type": {"id": id, "name": name}, "settings": settings, "timeout": minutes, "resource": {"type": "environment"},
    });
    let who: Vec<String> = (0..approvers).map(|number| format!("\"$WHO_{number}\"")).collect();
    let (fill, given) = match approvers {
        0 => ("", String::new()),
        _ => (" | .settings.approvers = ($ARGS.positional | map({id: .}))", format!(" --args {}", who.join(" "))),
    };
    format!(
        "jq --arg id \"$ID\" '.resource.id = $id{fill}'{given} <<<{} >body.json && az devops invoke --area PipelinesChecks \
         --resource configurations --route-parameters project=\"$PROJECT\" --http-method POST --api-version 7.1-preview \
         --in-file body.json",
        shell_quoted(&body.to_string())
    )
}

/// The branches that may come through: those of an environment, or the release branch for resources that are changed. Plans
/// and nightly runs come from any.
fn branches(project: &Project, gate: &str) -> Option<String> {
    let catalog = Catalog::new(&project.config);
    let system = planner::System { config: &project.config, catalog: &catalog };
    let release = project.config.branches.release.as_str();
    let all = if let Some(environment) = project.config.environments.get(gate) {
        let mut all = system.branches(gate);
        // What a run has left is removed at night, from the release branch.
        if environment.deploy == Deploy::Ephemeral && !all.contains(&release) {
            all.push(release);
        }
        all
    } else if gate.starts_with("infra") && gate != "infra-plan" {
        vec![release]
    } else {
        return None;
    };
    Some(all.iter().map(|branch| format!("refs/heads/{branch}")).collect::<Vec<_>>().join(", "))
}

/// How a secret of the CI system that a job's step reads is set.
pub(super) fn secret(project: &Project, job: &Job, secret: &str) -> Vec<String> {
    let Some(gate) = &job.environment else { return Vec::new() };
    let line = |system: &System| match system {
        System::GithubActions => {
            vec![format!("GitHub: gh secret set {} --env {}", secret.replace('-', "_").to_uppercase(), gate.name)]
        }
        System::AzurePipelines => {
            let group = format!("{}-{}", project.config.name, gate.name);
            vec![
                format!("Azure Pipelines: the variable group `{group}`, without which no run starts:"),
                format!(
                    "GROUP=$(az pipelines variable-group create --name {group} --authorize false --variables of={} --query id --output tsv)",
                    gate.name
                ),
                format!(
                    "az pipelines variable-group variable create --group-id \"$GROUP\" --name {secret} --secret true"
                ),
            ]
        }
    };
    project.config.render.iter().flat_map(line).collect()
}
