//! The part of a pipeline that Azure Pipelines has: what it lacks is left out, with the jobs that have nothing else to do.

use crate::generate::config::{Repository, System};
use crate::generate::plan::{Condition, Guard, Job, Op, Pipeline, Value};

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
    let mut gone: Vec<Gone> = Vec::new();
    for stage in &mut here.stages {
        stage.jobs.retain_mut(|job| {
            let before = job.steps.len();
            job.steps.retain(|step| left_out(&step.op, repository).is_none() && !asks_in_vain(&step.guard, &gone));
            let idle = job.steps.len() < before && !works(job) || asks_in_vain(&job.guard, &gone);
            if idle {
                gone.push(Gone { id: job.id.clone(), needs: passed_on(&job.needs, &gone) });
            }
            !idle
        });
    }
    here.stages.retain(|stage| !stage.jobs.is_empty());
    let passed = |condition: &Condition| matches!(condition, Condition::PassedOrSkipped(id) if is_gone(id, &gone));
    for job in here.stages.iter_mut().flat_map(|stage| &mut stage.jobs) {
        job.needs = passed_on(&job.needs, &gone);
        job.guard.all.retain(|condition| !passed(condition));
        for step in &mut job.steps {
            step.guard.all.retain(|condition| !passed(condition));
            for (_, value) in &mut step.env {
                if let Value::Results(jobs) = value {
                    jobs.retain(|(id, _)| !is_gone(id, &gone));
                }
            }
        }
    }
    here
}

/// A job that is left out, and what is needed in its place.
struct Gone {
    id: String,
    needs: Vec<String>,
}

fn is_gone(id: &str, gone: &[Gone]) -> bool {
    gone.iter().any(|job| job.id == id)
}

/// What a job needs here: in place of one that is left out, what that one needed.
fn passed_on(needs: &[String], gone: &[Gone]) -> Vec<String> {
    let mut here: Vec<String> = Vec::new();
    for need in needs {
        let left_out = gone.iter().find(|job| job.id == *need);
        for id in left_out.map_or(std::slice::from_ref(need), |job| job.needs.as_slice()) {
            if !here.contains(id) {
                here.push(id.clone());
            }
        }
    }
    here
}

/// Whether a guard asks that a job ran which is left out.
fn asks_in_vain(guard: &Guard, gone: &[Gone]) -> bool {
    guard.all.iter().any(|condition| matches!(condition, Condition::Ran(id) if is_gone(id, gone)))
}

/// Whether anything is left that is done for its own sake: not what only gets ready for what was left out.
fn works(job: &Job) -> bool {
    let prepares = |op: &Op| match op {
        Op::Checkout { .. } | Op::Language(_) | Op::Download { .. } => true,
        Op::Script(script) => script.name == "verify-artifact",
        _ => false,
    };
    job.steps.iter().any(|step| !prepares(&step.op))
}

#[cfg(test)]
mod tests {
    use super::project;
    use crate::generate::config::Repository;
    use crate::generate::plan::{Job, Op, Overlap, Pipeline, Stage, Step, Triggers};

    fn job(id: &str, needs: &[&str], last: Op) -> Job {
        let mut job = Job::new(id, "A job", 15);
        job.needs = needs.iter().map(|need| (*need).to_owned()).collect();
        job.steps.push(Step::new("get", "Get it", Op::Download { name: "a".to_owned(), to: "dist".to_owned() }));
        job.steps.push(Step::script("verify", "Compare it", "verify-artifact"));
        job.steps.push(Step::new("last", "Do it", last));
        job
    }

    #[test]
    fn a_job_that_is_left_out_passes_on_what_it_needs() {
        let attest = || Op::Attest { file: "dist/a.zip".to_owned(), sbom: None };
        let upload = || Op::Upload { name: "a".to_owned(), path: "dist".to_owned(), days: 1 };
        let jobs = vec![
            job("build", &[], upload()),
            job("attest", &["build"], attest()),
            job("attest-again", &["attest"], attest()),
            job("deploy", &["attest-again", "build"], upload()),
        ];
        let stage = Stage { id: "s".to_owned(), title: "S".to_owned(), only: Vec::new(), jobs };
        let pipeline = Pipeline {
            id: "cd",
            title: "Deliver".to_owned(),
            triggers: Triggers::default(),
            parameters: Vec::new(),
            overlap: Overlap::Wait,
            stages: vec![stage],
        };
        let here = project(&pipeline, Repository::Github);
        let jobs: Vec<(&str, Vec<&str>)> = here.stages[0]
            .jobs
            .iter()
            .map(|job| (job.id.as_str(), job.needs.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(jobs, [("build", vec![]), ("deploy", vec!["build"])]);
    }
}
