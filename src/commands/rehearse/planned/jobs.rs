//! Which jobs of the plan are rehearsed for an environment, and in which order.

use std::collections::BTreeSet;

use crate::generate::Project;
use crate::generate::plan::{Job, Op, Pipeline, Step, ToolCall, Value};
use crate::report::{Failure, code};
use crate::spec::nearest;
use crate::tools::{slot_swap, zip_deploy};

/// The pipeline that delivers.
const DELIVERY: &str = "cd";

/// The releases of an environment, and before them those that fill its slots.
pub(super) struct Course<'a> {
    /// The pipeline.
    pub(super) pipeline: &'a Pipeline,
    /// Releases of earlier environments, in promotion order.
    pub(super) before: Vec<&'a Job>,
    /// The releases of the environment itself.
    pub(super) releases: Vec<&'a Job>,
}

impl<'a> Course<'a> {
    /// Finds them in the plan.
    ///
    /// # Errors
    /// `SID0001` when there is no such environment, or nothing in it that the emulator could take.
    pub(super) fn of(project: &'a Project, environment: &str) -> Result<Self, Failure> {
        let Some(settings) = project.config.environments.get(environment) else {
            return Err(unknown(project, environment));
        };
        let refused = |why: &str| {
            Failure::new(&code::BAD_INPUT, format!("`environment`: `{environment}` cannot be rehearsed: {why}"))
                .fix("the emulator holds App Service and Key Vault; rehearse an environment that is deployed there")
        };
        if settings.deploy.is_aks() {
            return Err(refused("AKS is not emulated"));
        }
        let pipeline = project.plan.pipelines.iter().find(|pipeline| pipeline.id == DELIVERY);
        let stage = pipeline.and_then(|pipeline| pipeline.stages.iter().find(|stage| stage.id == environment));
        let (Some(pipeline), Some(stage)) = (pipeline, stage) else {
            return Err(Failure::bug(format!("the plan has no stage for the environment `{environment}`")));
        };
        let releases: Vec<&Job> = stage.jobs.iter().filter(|job| releases(job)).collect();
        if releases.is_empty() {
            return Err(refused("nothing of it is on App Service, and Static Web Apps are not emulated"));
        }
        let mut before = Vec::new();
        for job in &releases {
            fill(pipeline, job, &mut before);
        }
        Ok(Self { pipeline, before, releases })
    }

    /// All jobs, in order.
    pub(super) fn jobs(&self) -> impl Iterator<Item = &'a Job> {
        self.before.iter().chain(&self.releases).copied()
    }

    /// The jobs without an environment that these need, directly or by others: builds and tests.
    pub(super) fn needed(&self) -> Vec<&'a Job> {
        let mut open: Vec<&str> = self.jobs().flat_map(|job| &job.needs).map(String::as_str).collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id)
                && let Some((_, job)) = self.pipeline.job(id)
            {
                open.extend(job.needs.iter().map(String::as_str));
            }
        }
        let all = self.pipeline.stages.iter().flat_map(|stage| &stage.jobs);
        all.filter(|job| job.environment.is_none() && seen.contains(job.id.as_str())).collect()
    }
}

/// Puts the jobs that fill the slots of this one into the list, before their followers.
fn fill<'a>(pipeline: &'a Pipeline, job: &'a Job, list: &mut Vec<&'a Job>) {
    for slot in swapped(job).filter(|slot| !fills(job, slot)) {
        let earlier = job.needs.iter().filter_map(|id| pipeline.job(id)).map(|(_, job)| job);
        for earlier in earlier.filter(|earlier| fills(earlier, &slot)) {
            if !list.iter().any(|known| known.id == earlier.id) {
                fill(pipeline, earlier, list);
                list.push(earlier);
            }
        }
    }
}

/// The slots, with their apps, that a job swaps into production.
fn swapped(job: &Job) -> impl Iterator<Item = (&str, &str)> {
    let swaps = calls(job).filter(|(_, call)| is(call, &slot_swap::SPEC) && text(call, "action").is_none());
    swaps.filter_map(|(_, call)| Some((text(call, "app-name")?, text(call, "slot-name")?)))
}

/// Whether a job deploys into that slot.
fn fills(job: &Job, (app, slot): &(&str, &str)) -> bool {
    let fits = |call: &ToolCall| text(call, "app-name") == Some(*app) && text(call, "slot-name") == Some(*slot);
    calls(job).any(|(_, call)| is(call, &zip_deploy::SPEC) && fits(call))
}

/// Whether a job puts something on App Service.
fn releases(job: &Job) -> bool {
    let puts = |call: &ToolCall| is(call, &zip_deploy::SPEC) || is(call, &slot_swap::SPEC);
    job.environment.is_some() && calls(job).any(|(_, call)| puts(call))
}

fn is(call: &ToolCall, spec: &crate::spec::ToolSpec) -> bool {
    call.spec.name == spec.name
}

/// The steps of a job that are tools of ours.
pub(super) fn calls(job: &Job) -> impl Iterator<Item = (&Step, &ToolCall)> {
    job.steps.iter().filter_map(|step| match &step.op {
        Op::Tool(call) => Some((step, call)),
        _ => None,
    })
}

/// An input that is known before the run.
pub(super) fn text<'a>(call: &'a ToolCall, name: &str) -> Option<&'a str> {
    call.inputs.iter().find_map(|(known, value)| match value {
        Value::Text(text) if *known == name => Some(text.as_str()),
        _ => None,
    })
}

fn unknown(project: &Project, environment: &str) -> Failure {
    let names = || project.config.environments.keys().map(String::as_str);
    let what = format!("`environment`: `{}` has no environment `{environment}`", project.config.name);
    let failure = Failure::new(&code::BAD_INPUT, what);
    let failure = match nearest(environment, names()) {
        Some(near) => failure.because(format!("did you mean `{near}`?")),
        None => failure,
    };
    failure.fix(format!("there are {}", names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")))
}
