//! The part of a pipeline that Azure Pipelines has: what it lacks is left out, with the jobs that have nothing else to do.

use std::collections::{HashMap, HashSet};

use super::condition::may_go_on;
use crate::generate::config::{Repository, System};
use crate::generate::plan::{Condition, Guard, Job, Op, Pipeline, Stage, Step, Value};

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

/// The jobs that are left out, and what is needed in place of each.
type Gone<'a> = HashMap<&'a str, Vec<&'a str>>;

/// A pipeline without what is left out. It owns no job: a large pipeline is not held twice.
pub(super) struct Here<'a> {
    /// As it is planned.
    pub(super) pipeline: &'a Pipeline,
    /// The stages that have jobs left, as they are planned.
    pub(super) stages: Vec<&'a Stage>,
    repository: Repository,
    /// The jobs that are left out, and what is needed in place of each.
    gone: Gone<'a>,
    /// The others by their ids, as they are planned.
    left: HashMap<&'a str, (&'a Stage, &'a Job)>,
    /// Those that may run although one before them, near or far, did not go well.
    tolerant: HashSet<&'a str>,
}

impl<'a> Here<'a> {
    /// What is left of a pipeline.
    pub(super) fn of(pipeline: &'a Pipeline, repository: Repository) -> Self {
        let mut gone = Gone::new();
        let mut left = HashMap::new();
        for (stage, job) in pipeline.jobs() {
            let kept = || job.steps.iter().filter(|step| is_left(step, repository, &gone));
            let idle = kept().count() < job.steps.len() && !kept().any(works) || asks_in_vain(&job.guard, &gone);
            if idle {
                let needs = passed_on(&job.needs, &gone);
                gone.insert(&job.id, needs);
            } else {
                left.insert(job.id.as_str(), (stage, job));
            }
        }
        let is_there = |job: &Job| left.contains_key(job.id.as_str());
        let excused = |condition: &&Condition| !passed(condition, &gone);
        let goes_on = |job: &Job| may_go_on(job.guard.state, job.guard.all.iter().filter(excused));
        let tolerant = pipeline.following(|job| is_there(job) && goes_on(job));
        let stages = pipeline.stages.iter().filter(|stage| stage.jobs.iter().any(is_there)).collect();
        Self { pipeline, stages, repository, gone, left, tolerant }
    }

    /// A job that is left with its stage, both as they are planned.
    pub(super) fn job(&self, id: &str) -> Option<(&'a Stage, &'a Job)> {
        self.left.get(id).copied()
    }

    /// Whether a job is left and is of that stage.
    pub(super) fn is_in(&self, job: &str, stage: &Stage) -> bool {
        self.job(job).is_some_and(|(home, _)| home.id == stage.id)
    }

    /// Whether a job may run although a job before it, near or far, did not go well: itself, or because one between may.
    pub(super) fn is_tolerant(&self, job: &Job) -> bool {
        self.tolerant.contains(job.id.as_str())
    }

    /// The jobs that are left, as they are planned.
    pub(super) fn planned(&self) -> impl Iterator<Item = &'a Job> {
        let jobs = self.pipeline.stages.iter().flat_map(|stage| &stage.jobs);
        jobs.filter(|job| self.left.contains_key(job.id.as_str()))
    }

    /// The steps of a job that are left, as they are planned.
    pub(super) fn steps(&self, job: &'a Job) -> impl Iterator<Item = &'a Step> {
        job.steps.iter().filter(|step| is_left(step, self.repository, &self.gone))
    }

    /// The jobs of a stage that are left, as they are planned.
    pub(super) fn jobs<'s>(&self, stage: &'s Stage) -> impl Iterator<Item = &'s Job> {
        stage.jobs.iter().filter(|job| !self.gone.contains_key(job.id.as_str()))
    }

    /// A stage without what is left out, and without any steps: those are had for one job at a time.
    pub(super) fn stage(&self, stage: &Stage) -> Stage {
        let jobs = self.jobs(stage).map(|job| self.with_steps(job, Vec::new())).collect();
        Stage { id: stage.id.clone(), title: stage.title.clone(), only: stage.only.clone(), jobs }
    }

    /// A job without what is left out.
    pub(super) fn whole(&self, job: &Job) -> Job {
        let kept = job.steps.iter().filter(|step| is_left(step, self.repository, &self.gone));
        let steps = kept.map(|step| {
            let env = step.env.iter().map(|(name, value)| (name.clone(), self.value(value)));
            Step { guard: self.guard(&step.guard), env: env.collect(), ..step.clone() }
        });
        self.with_steps(job, steps.collect())
    }

    fn with_steps(&self, job: &Job, steps: Vec<Step>) -> Job {
        Job {
            id: job.id.clone(),
            title: job.title.clone(),
            needs: passed_on(&job.needs, &self.gone).into_iter().map(str::to_owned).collect(),
            guard: self.guard(&job.guard),
            runner: job.runner,
            minutes: job.minutes,
            environment: job.environment.clone(),
            signs_in: job.signs_in,
            lock: job.lock.clone(),
            grants: job.grants.clone(),
            services: job.services.clone(),
            steps,
        }
    }

    /// Nobody tells the result of a job that is left out.
    fn value(&self, value: &Value) -> Value {
        let Value::Results(jobs) = value else { return value.clone() };
        let left = jobs.iter().filter(|(id, _)| !self.gone.contains_key(id.as_str()));
        Value::Results(left.cloned().collect())
    }

    fn guard(&self, guard: &Guard) -> Guard {
        let all = guard.all.iter().filter(|condition| !passed(condition, &self.gone));
        Guard { state: guard.state, all: all.cloned().collect() }
    }
}

fn is_left(step: &Step, repository: Repository, gone: &Gone<'_>) -> bool {
    left_out(&step.op, repository).is_none() && !asks_in_vain(&step.guard, gone)
}

/// Whether a guard asks that a job ran which is left out.
fn asks_in_vain(guard: &Guard, gone: &Gone<'_>) -> bool {
    guard.all.iter().any(|condition| matches!(condition, Condition::Ran(id) if gone.contains_key(id.as_str())))
}

/// Whether a condition holds because its job is left out.
fn passed(condition: &Condition, gone: &Gone<'_>) -> bool {
    let (Condition::PassedOrSkipped(job) | Condition::PassedIf(job, _)) = condition else { return false };
    gone.contains_key(job.as_str())
}

/// Whether a step is done for its own sake: not what only gets ready for what was left out.
fn works(step: &Step) -> bool {
    match &step.op {
        Op::Checkout { .. } | Op::Language(_) | Op::Download { .. } => false,
        Op::Script(script) => script.name != "verify-artifact",
        _ => true,
    }
}

/// What a job needs here: in place of one that is left out, what that one needed.
fn passed_on<'a>(needs: &'a [String], gone: &Gone<'a>) -> Vec<&'a str> {
    let mut here: Vec<&str> = Vec::new();
    for need in needs {
        let own = [need.as_str()];
        for id in gone.get(need.as_str()).map_or(own.as_slice(), Vec::as_slice) {
            if !here.contains(id) {
                here.push(id);
            }
        }
    }
    here
}

#[cfg(test)]
mod tests {
    use super::Here;
    use crate::generate::config::Repository;
    use crate::generate::plan::{Job, Op, Overlap, Pipeline, Reader, Stage, Step, Triggers};

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
        let upload = || Op::Upload { name: "a".to_owned(), path: "dist".to_owned(), days: 1, reader: Reader::ByName };
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
        let here = Here::of(&pipeline, Repository::Github);
        let left = here.planned().map(|job| (job.id.clone(), here.whole(job).needs));
        let left: Vec<(String, Vec<String>)> = left.collect();
        assert_eq!(left, [("build".to_owned(), vec![]), ("deploy".to_owned(), vec!["build".to_owned()])]);
    }
}
