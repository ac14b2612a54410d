//! When stages, jobs and steps run. `succeeded()` is never lost by accident, and a skipped predecessor is no failure
//! where the plan says so.

use std::collections::HashSet;

use super::expression::{Level, Scope, identifier, literal, parameter};
use super::project::Here;
use crate::generate::plan::{Condition, Guard, Job, Stage, State, Value};
use crate::report::Failure;

const PASSED: &str = "'Succeeded', 'SucceededWithIssues'";

/// The condition of a step; nothing when it is the default.
pub(super) fn of_step(scope: &mut Scope<'_>, guard: &Guard) -> Result<Option<String>, Failure> {
    let state = match guard.state {
        State::Succeeded => "succeeded()",
        State::Finished => "succeededOrFailed()",
        // A run that is cancelled half-way must be taken back as well.
        State::Failed => "or(failed(), canceled())",
        State::Always => "always()",
    };
    let mut all = vec![state.to_owned()];
    for condition in &guard.all {
        all.push(term(scope, condition, Level::Step)?);
    }
    Ok(joined(&all))
}

/// What the conditions of all jobs of a stage depend on, found once for each stage.
pub(super) struct Shared<'a> {
    relaxed: bool,
    /// What the stage asks for all its jobs.
    asked: Vec<&'a Condition>,
}

impl<'a> Shared<'a> {
    pub(super) fn of(here: &Here<'_>, stage: &'a Stage) -> Self {
        Self { relaxed: is_relaxed(here, stage), asked: Lifted::of(here, stage).shared }
    }
}

/// The condition of a job; nothing when it is the default.
pub(super) fn of_job(scope: &mut Scope<'_>, shared: &Shared<'_>) -> Result<Option<String>, Failure> {
    let (here, stage, job) = (scope.here, scope.stage, scope.job);
    let mut all = Vec::new();
    match job.guard.state {
        State::Succeeded if !here.is_tolerant(job) && !shared.relaxed || job.needs.is_empty() => {
            all.push("succeeded()".to_owned());
        }
        State::Succeeded => {
            // `succeeded()` would not bear a job before that was skipped, near or far.
            all.push("not(canceled())".to_owned());
            for need in job.needs.iter().filter(|need| !excuses(job, need)) {
                all.push(format!("in({}, {PASSED})", scope.result(need)?));
            }
        }
        State::Finished => all.push("not(canceled())".to_owned()),
        State::Always => all.push("always()".to_owned()),
        State::Failed => {
            let mut any = vec!["failed()".to_owned()];
            for need in job.needs.iter().filter(|need| !here.is_in(need, stage)) {
                any.push(format!("eq({}, 'Failed')", scope.result(need)?));
            }
            all.push(either(any));
        }
    }
    for condition in job.guard.all.iter().filter(|condition| !shared.asked.contains(condition)) {
        all.push(term(scope, condition, Level::Job)?);
    }
    Ok(joined(&all))
}

/// The condition of a stage; nothing when it is the default. Operations are decided when the pipeline is compiled.
///
/// An approval is asked for before the conditions of jobs are looked at, so that what the jobs of a stage ask is asked
/// here too.
pub(super) fn of_stage(here: &Here<'_>, stage: &Stage) -> Result<Option<String>, Failure> {
    let entries: Vec<&Job> = entries(here, stage);
    let mut all = Vec::new();
    if !is_relaxed(here, stage) {
        all.push("succeeded()".to_owned());
    } else if entries.iter().all(|job| job.guard.state == State::Always) {
        all.push("always()".to_owned());
    } else if entries.iter().all(|job| job.guard.state == State::Failed) {
        all.push("failed()".to_owned());
    } else {
        all.push("not(canceled())".to_owned());
        for before in needed_stages(here, stage) {
            all.extend(demanded(here, before, &entries));
        }
    }
    let first = stage.jobs.first().ok_or_else(|| Failure::bug(format!("the stage `{}` has no jobs", stage.id)))?;
    let asked = |job, condition| term(&mut Scope::new(here, stage, job), condition, Level::Stage);
    for condition in stage.only.iter().filter(|condition| !matches!(condition, Condition::Operation(_))) {
        all.push(asked(first, condition)?);
    }
    let lifted = Lifted::of(here, stage);
    for condition in lifted.shared {
        all.push(asked(lifted.owner.unwrap_or(first), condition)?);
    }
    let mut any = Vec::new();
    for (job, conditions) in lifted.alternatives {
        let terms = conditions.into_iter().map(|condition| asked(job, condition)).collect::<Result<Vec<_>, _>>()?;
        any.extend(joined(&terms));
    }
    if !any.is_empty() {
        all.push(either(any));
    }
    Ok(joined(&all))
}

/// What the jobs of a stage demand of a stage before, where all of them demand it.
fn demanded(here: &Here<'_>, before: &Stage, entries: &[&Job]) -> Option<String> {
    let mut skipped = false;
    for job in entries {
        for need in job.needs.iter().filter(|need| here.is_in(need, before)) {
            if excuses(job, need) {
                skipped = true;
            } else if job.guard.state != State::Succeeded {
                return None;
            }
        }
    }
    let skipped = if skipped { ", 'Skipped'" } else { "" };
    Some(format!("in(dependencies.{}.result, {PASSED}{skipped})", identifier(&before.id)))
}

/// The stages whose jobs the jobs of a stage need, in the order of the pipeline.
pub(super) fn needed_stages<'a>(here: &Here<'a>, stage: &Stage) -> Vec<&'a Stage> {
    let needs = stage.jobs.iter().flat_map(|job| &job.needs);
    let needed: HashSet<&str> = needs.filter_map(|need| here.job(need)).map(|(home, _)| home.id.as_str()).collect();
    let others = here.stages.iter().copied().filter(|other| other.id != stage.id);
    others.filter(|other| needed.contains(other.id.as_str())).collect()
}

/// The jobs that need a job of another stage.
fn entries<'a>(here: &Here<'_>, stage: &'a Stage) -> Vec<&'a Job> {
    let outside = |need: &String| here.job(need).is_some_and(|(other, _)| other.id != stage.id);
    stage.jobs.iter().filter(|job| job.needs.iter().any(outside)).collect()
}

/// Whether a stage may run although one before it, near or far, did not go well.
fn is_relaxed(here: &Here<'_>, stage: &Stage) -> bool {
    entries(here, stage).into_iter().any(|job| here.is_tolerant(job))
}

fn bears(job: &Job) -> bool {
    may_go_on(job.guard.state, job.guard.all.iter())
}

/// Whether a job with such a guard may run although a job before it did not go well.
pub(super) fn may_go_on<'a>(state: State, mut all: impl Iterator<Item = &'a Condition>) -> bool {
    let bears = |condition: &Condition| matches!(condition, Condition::PassedOrSkipped(_) | Condition::Ran(_));
    state != State::Succeeded || all.any(bears)
}

/// Whether a job may run although that need was skipped.
fn excuses(job: &Job, need: &str) -> bool {
    job.guard.all.iter().any(|condition| matches!(condition, Condition::PassedOrSkipped(id) if id == need))
}

/// What the jobs of a stage ask and the stage can ask for them.
#[derive(Default)]
struct Lifted<'a> {
    /// What all ask.
    shared: Vec<&'a Condition>,
    /// A job that asks it.
    owner: Option<&'a Job>,
    /// What else each asks: one of them must get it.
    alternatives: Vec<(&'a Job, Vec<&'a Condition>)>,
}

impl<'a> Lifted<'a> {
    fn of(here: &Here<'_>, stage: &'a Stage) -> Self {
        let inside = |need: &String| here.is_in(need, stage);
        // What only follows another job of its stage does not run without it.
        let free = stage.jobs.iter().filter(|job| bears(job) || !job.needs.iter().any(inside));
        let asked: Vec<(&Job, Vec<&Condition>)> = free
            .map(|job| (job, job.guard.all.iter().filter(|condition| is_visible(here, stage, condition)).collect()))
            .collect();
        let Some((owner, first)) = asked.first() else { return Self::default() };
        let is_shared = |condition: &&Condition| asked.iter().all(|(_, all)| all.contains(condition));
        let shared: Vec<&Condition> = first.iter().copied().filter(is_shared).collect();
        let rest = |(job, all): &(&'a Job, Vec<&'a Condition>)| {
            (*job, all.iter().copied().filter(|condition| !shared.contains(condition)).collect::<Vec<_>>())
        };
        let alternatives: Vec<_> = asked.iter().map(rest).collect();
        let some_ask_nothing = alternatives.iter().any(|(_, all)| all.is_empty());
        Self { owner: Some(*owner), alternatives: if some_ask_nothing { Vec::new() } else { alternatives }, shared }
    }
}

/// Whether a stage can look at what a job's condition looks at.
fn is_visible(here: &Here<'_>, stage: &Stage, condition: &Condition) -> bool {
    match condition {
        Condition::Ran(_) | Condition::PassedOrSkipped(_) => false,
        Condition::Is(value, _)
        | Condition::Given(value)
        | Condition::Lists(value, _)
        | Condition::PassedIf(_, value) => value.parts().iter().all(|part| match part {
            Value::Output { job: Some(job), .. } => here.job(job).is_some_and(|(other, _)| other.id != stage.id),
            Value::Output { job: None, .. } | Value::Results(_) | Value::Variable(_) => false,
            _ => true,
        }),
        _ => true,
    }
}

fn term(scope: &mut Scope<'_>, condition: &Condition, level: Level) -> Result<String, Failure> {
    Ok(match condition {
        // Compiled to True or False, so that nothing that a person typed gets into an expression.
        Condition::Is(Value::Parameter(id), text) => format!("${{{{ eq({}, {}) }}}}", parameter(id), literal(text)),
        Condition::Given(Value::Parameter(id)) => format!("${{{{ ne({}, '') }}}}", parameter(id)),
        Condition::Is(value, text) => format!("eq({}, {})", scope.term(value, level)?, literal(text)),
        Condition::Given(value) => format!("ne({}, '')", scope.term(value, level)?),
        Condition::Lists(value, name) => {
            format!("contains({}, {})", scope.term(value, level)?, literal(&format!(",{name},")))
        }
        Condition::Branch(branches) => either(branches.iter().map(|branch| on_branch(branch)).collect()),
        Condition::Operation(names) => format!("${{{{ {} }}}}", operation(names)),
        Condition::NotPullRequest => "ne(variables['Build.Reason'], 'PullRequest')".to_owned(),
        Condition::NotFork => "ne(variables['System.PullRequest.IsFork'], 'True')".to_owned(),
        // A job whose stage was skipped has no result, which is the same to both.
        Condition::Ran(job) => format!("notIn({}, '', 'Skipped')", result(scope, job, level)?),
        Condition::PassedOrSkipped(job) => format!("in({}, {PASSED}, 'Skipped', '')", result(scope, job, level)?),
        // Nobody says whether a stage whose approval was refused counts as skipped.
        Condition::PassedIf(job, value) => {
            let result = if matches!(level, Level::Stage) { alone(scope, job)? } else { result(scope, job, level)? };
            either(vec![format!("ne({}, 'true')", scope.term(value, level)?), format!("in({result}, {PASSED})")])
        }
    })
}

/// How a stage ended whose only job this is.
fn alone(scope: &mut Scope<'_>, job: &str) -> Result<String, Failure> {
    match scope.find(job)? {
        (stage, _) if stage.jobs.len() == 1 => Ok(format!("dependencies.{}.result", identifier(&stage.id))),
        _ => Err(scope.bug(&format!("a stage asks how `{job}` ended, which is not alone in its stage"))),
    }
}

fn result(scope: &mut Scope<'_>, job: &str, level: Level) -> Result<String, Failure> {
    match level {
        Level::Step => Ok(format!("variables['{}']", scope.result_variable(job)?)),
        Level::Job => scope.result(job),
        Level::Stage => Err(scope.bug("a stage is only for some results of jobs; that is the jobs' own condition")),
    }
}

/// Whether the operation is one of these, when the pipeline is compiled.
pub(super) fn operation(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| literal(name)).collect();
    match quoted.as_slice() {
        [only] => format!("eq(parameters.operation, {only})"),
        several => format!("in(parameters.operation, {})", several.join(", ")),
    }
}

fn on_branch(branch: &str) -> String {
    match branch.strip_suffix('*') {
        Some(start) => {
            format!("startsWith(variables['Build.SourceBranch'], {})", literal(&format!("refs/heads/{start}")))
        }
        None => format!("eq(variables['Build.SourceBranch'], {})", literal(&format!("refs/heads/{branch}"))),
    }
}

fn either(mut terms: Vec<String>) -> String {
    if terms.len() == 1 { terms.remove(0) } else { format!("or({})", terms.join(", ")) }
}

/// All of them; nothing when it is only what holds without a condition.
fn joined(all: &[String]) -> Option<String> {
    match all {
        [only] if only == "succeeded()" => None,
        [only] => Some(only.clone()),
        several => Some(format!("and({})", several.join(", "))),
    }
}
