//! The part of a pipeline that Azure Pipelines has: what it lacks is left out, with the jobs that have nothing else to do.

use crate::generate::config::{Repository, System};
use crate::generate::plan::{Condition, Guard, Job, Op, Pipeline};

/// Scripts that write to the repository's own pages.
const OF_THE_REPOSITORY: [&str; 2] = ["plan-comment", "release-tag"];

/// Why a step is not in the rendering for Azure Pipelines; nothing when it is.
pub fn left_out(op: &Op, repository: Repository) -> Option<&'static str> {
    match op {
        Op::Attest { .. } => Some("Azure Pipelines stores no attestations"),
        Op::AzureSession => Some("each script that needs a session of the Azure CLI opens its own"),
        // learn.microsoft.com/azure/devops/pipelines/tasks/reference/advanced-security-codeql-init-v1 (2026-08)
        Op::CodeStart { .. } | Op::CodeEnd { .. } if repository == Repository::Github => {
            Some("on Azure Pipelines CodeQL analyses repositories in Azure Repos only; GitHub analyses its own")
        }
        Op::Script(script) if OF_THE_REPOSITORY.contains(&script.name) && repository == Repository::Github => {
            Some("the token of Azure Pipelines is for Azure Repos; a repository on GitHub does it there")
        }
        other if !other.on(System::AzurePipelines) => Some("it does not exist on Azure Pipelines"),
        _ => None,
    }
}

/// The pipeline without what is left out.
pub(super) fn project(pipeline: &Pipeline, repository: Repository) -> Pipeline {
    let mut here = pipeline.clone();
    let mut gone: Vec<String> = Vec::new();
    for stage in &mut here.stages {
        stage.jobs.retain_mut(|job| {
            let before = job.steps.len();
            job.steps.retain(|step| left_out(&step.op, repository).is_none() && !asks_in_vain(&step.guard, &gone));
            let idle = job.steps.len() < before && !works(job) || asks_in_vain(&job.guard, &gone);
            if idle {
                gone.push(job.id.clone());
            }
            !idle
        });
    }
    here.stages.retain(|stage| !stage.jobs.is_empty());
    let passed = |condition: &Condition| matches!(condition, Condition::PassedOrSkipped(id) if gone.contains(id));
    for job in here.stages.iter_mut().flat_map(|stage| &mut stage.jobs) {
        job.needs.retain(|need| !gone.contains(need));
        job.guard.all.retain(|condition| !passed(condition));
        job.steps.iter_mut().for_each(|step| step.guard.all.retain(|condition| !passed(condition)));
    }
    here
}

/// Whether a guard asks that a job ran which is left out.
fn asks_in_vain(guard: &Guard, gone: &[String]) -> bool {
    guard.all.iter().any(|condition| matches!(condition, Condition::Ran(id) if gone.contains(id)))
}

/// Whether anything is left that is done for its own sake.
fn works(job: &Job) -> bool {
    job.steps.iter().any(|step| !matches!(step.op, Op::Checkout { .. } | Op::Download { .. } | Op::Language(_)))
}
