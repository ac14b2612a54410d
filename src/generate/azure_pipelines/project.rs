//! The part of a pipeline that Azure Pipelines has: what it lacks is left out, with the jobs that have nothing else to do.

use std::collections::{HashMap, HashSet};

use super::condition::may_go_on;
use crate::generate::config::{Repository, System};
use crate::generate::plan::{Condition, Guard, Job, Op, Pipeline, Stage, Step};

/// Why a step is not in the rendering for Azure Pipelines; nothing when it is.
pub fn left_out(op: &Op, repository: Repository) -> Option<&'static str> {
    match op {
        Op::Attest { .. } => Some("Azure Pipelines stores no attestations"),
        Op::AzureSession => Some("each script that needs a session of the Azure CLI opens its own"),
        // learn.microsoft.com/azure/devops/pipelines/tasks/reference/advanced-security-codeql-init-v1 (2026-08)
        Op::CodeStart { .. } | Op::CodeEnd { .. } if repository == Repository::Github => {
            Some("on Azure Pipelines CodeQL analyses repositories in Azure Repos only; GitHub analyses its own")
        }
        other if !other.on(System::AzurePipelines) => Some("it does not exist on Azure Pipelines"),
        _ => None,
    }
}

/// A pipeline without what is left out. It owns no job: a large pipeline is not held twice.
pub(super) struct Here<'a> {
    /// As it is planned.
    pub(super) pipeline: &'a Pipeline,
    /// The stages that have jobs left, as they are planned.
    pub(super) stages: Vec<&'a Stage>,
    repository: Repository,
    /// The jobs that are left out.
    gone: HashSet<&'a str>,
    /// The others by their ids, as they are planned.
    left: HashMap<&'a str, (&'a Stage, &'a Job)>,
    /// Those that may run although one before them, near or far, did not go well.
    tolerant: HashSet<&'a str>,
}

impl<'a> Here<'a> {
    /// What is left of a pipeline.
    pub(super) fn of(pipeline: &'a Pipeline, repository: Repository) -> Self {
        let mut gone: HashSet<&str> = HashSet::new();
        let mut left = HashMap::new();
        for (stage, job) in pipeline.jobs() {
            let kept = || job.steps.iter().filter(|step| is_left(step, repository, &gone));
            let idle = kept().count() < job.steps.len() && !kept().any(works) || asks_in_vain(&job.guard, &gone);
            if idle {
                gone.insert(&job.id);
            } else {
                left.insert(job.id.as_str(), (stage, job));
            }
        }
        let is_there = |job: &Job| left.contains_key(job.id.as_str());
        let excused = |condition: &&Condition| !passed(condition, &gone);
        let tolerant =
            pipeline.following(is_there, |job| may_go_on(job.guard.state, job.guard.all.iter().filter(excused)));
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
        stage.jobs.iter().filter(|job| !self.gone.contains(job.id.as_str()))
    }

    /// A stage without what is left out, and without any steps: those are had for one job at a time.
    pub(super) fn stage(&self, stage: &Stage) -> Stage {
        let jobs = self.jobs(stage).map(|job| self.with_steps(job, Vec::new())).collect();
        Stage { id: stage.id.clone(), title: stage.title.clone(), only: stage.only.clone(), jobs }
    }

    /// A job without what is left out.
    pub(super) fn whole(&self, job: &Job) -> Job {
        let kept = job.steps.iter().filter(|step| is_left(step, self.repository, &self.gone));
        let steps = kept.map(|step| Step { guard: self.guard(&step.guard), ..step.clone() });
        self.with_steps(job, steps.collect())
    }

    fn with_steps(&self, job: &Job, steps: Vec<Step>) -> Job {
        Job {
            id: job.id.clone(),
            title: job.title.clone(),
            needs: job.needs.iter().filter(|need| !self.gone.contains(need.as_str())).cloned().collect(),
            guard: self.guard(&job.guard),
            runner: job.runner,
            minutes: job.minutes,
            environment: job.environment.clone(),
            signs_in: job.signs_in,
            grants: job.grants.clone(),
            services: job.services.clone(),
            steps,
        }
    }

    fn guard(&self, guard: &Guard) -> Guard {
        let all = guard.all.iter().filter(|condition| !passed(condition, &self.gone));
        Guard { state: guard.state, all: all.cloned().collect() }
    }
}

fn is_left(step: &Step, repository: Repository, gone: &HashSet<&str>) -> bool {
    left_out(&step.op, repository).is_none() && !asks_in_vain(&step.guard, gone)
}

/// Whether a guard asks that a job ran which is left out.
fn asks_in_vain(guard: &Guard, gone: &HashSet<&str>) -> bool {
    guard.all.iter().any(|condition| matches!(condition, Condition::Ran(id) if gone.contains(id.as_str())))
}

/// Whether a condition holds because its job is left out.
fn passed(condition: &Condition, gone: &HashSet<&str>) -> bool {
    matches!(condition, Condition::PassedOrSkipped(id) if gone.contains(id.as_str()))
}

/// Whether a step is done for its own sake.
fn works(step: &Step) -> bool {
    !matches!(step.op, Op::Checkout { .. } | Op::Language(_))
}
