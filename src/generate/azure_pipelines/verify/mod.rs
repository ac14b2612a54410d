//! The rendering is read back and must say what the plan says: a template that drops a gate is found before anybody
//! commits its output.

mod read;
mod references;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};

use self::references::{Producer, Seen};
use super::expression::identifier;
use super::project::Here;
use super::steps::is_identity;
use crate::generate::config::System;
use crate::generate::plan::{self, Condition, Op, Value};
use crate::generate::render::Reader;
use crate::generate::scripts;
use crate::report::Failure;
use crate::spec::pascal_case;

/// Tasks that run on the server; in a job of an agent the whole pipeline is refused.
const SERVER_TASKS: [&str; 8] = [
    "AzureFunction",
    "AzureMonitor",
    "Delay",
    "InvokeRESTAPI",
    "ManualIntervention",
    "ManualValidation",
    "PublishToAzureServiceBus",
    "queryWorkItems",
];

/// Compares the text of a pipeline with its plan.
///
/// # Errors
/// `SID0902` with the place.
pub(super) fn verify(body: &str, here: &Here<'_>, name: &str) -> Result<(), Failure> {
    let mut check = Check {
        here,
        name,
        reader: Reader::default(),
        seen: Vec::new(),
        jobs: HashSet::new(),
        artifacts: HashSet::new(),
    };
    check
        .pipeline(body)
        .map_err(|what| Failure::bug(format!("the rendering of `{}` for Azure Pipelines: {what}", here.pipeline.id)))
}

/// A rendering, read and compared job by job: only what later jobs read of the earlier ones is kept.
struct Check<'a> {
    here: &'a Here<'a>,
    /// The system's.
    name: &'a str,
    reader: Reader,
    /// The stages so far.
    seen: Vec<Seen>,
    /// The names of the jobs and of the artifacts so far, each of which there is once.
    jobs: HashSet<String>,
    artifacts: HashSet<String>,
}

impl Check<'_> {
    fn pipeline(&mut self, body: &str) -> Result<(), String> {
        let cuts = read::cut(&mut self.reader, body)?;
        let stages = cuts.iter().map(|cut| read::stage(&mut self.reader, cut)).collect::<Result<Vec<_>, _>>()?;
        let planned = self.here.stages.iter().map(|stage| identifier(&stage.id));
        same("the stages", stages.iter().map(|stage| &stage.id), planned)?;
        distinct("stages", stages.iter().map(|stage| &stage.id))?;
        for ((stage, cut), planned) in stages.into_iter().zip(&cuts).zip(&self.here.stages) {
            let id = stage.id.clone();
            self.stage(stage, &cut.jobs, planned).map_err(|what| format!("stage `{id}`{what}"))?;
        }
        Ok(())
    }

    fn stage(&mut self, stage: read::Stage, jobs: &[&str], planned: &plan::Stage) -> Result<(), String> {
        let at = |what: String| format!(": {what}");
        order(&stage, &self.seen).map_err(at)?;
        let outline = self.here.stage(planned);
        gates(&stage, &outline).map_err(at)?;
        no_idle_wait(&stage, &outline, self.here).map_err(at)?;
        references::of_stage(&stage, &self.seen).map_err(at)?;
        if jobs.len() != outline.jobs.len() {
            return Err(format!(": it has {} jobs, and the plan has {}", jobs.len(), outline.jobs.len()));
        }
        self.seen.push(Seen { stage, jobs: HashMap::new() });
        for (text, planned) in jobs.iter().zip(self.here.jobs(planned)) {
            self.job(text, &self.here.whole(planned))
                .map_err(|what| format!(", job `{}`: {what}", identifier(&planned.id)))?;
        }
        Ok(())
    }

    /// A job of the last stage.
    fn job(&mut self, text: &str, planned: &plan::Job) -> Result<(), String> {
        let job = read::job(&mut self.reader, text)?;
        let (here, earlier) = self.seen.split_last_mut().ok_or("it has no stage")?;
        if job.id != identifier(&planned.id) {
            return Err(format!("it is called `{}`", job.id));
        }
        needs(&here.stage, &job, planned, self.here)?;
        compare_job(&job, planned, self.name)?;
        references::of_job(&job, here, earlier, &environment_variables(planned))?;
        let artifacts = job.steps.iter().filter_map(|step| step.artifact.as_ref());
        if let Some(twice) = artifacts.into_iter().find(|name| !self.artifacts.insert((*name).clone())) {
            return Err(format!("two artifacts are called `{twice}`"));
        }
        if !self.jobs.insert(job.id.clone()) {
            return Err("there is another job of this name".to_owned());
        }
        let steps = job.steps.into_iter().filter_map(|step| step.name).collect();
        here.jobs.insert(job.id, Producer { is_deployment: job.is_deployment, steps });
        Ok(())
    }
}

/// A stage depends on earlier ones that exist whenever it does.
fn order(stage: &read::Stage, earlier: &[Seen]) -> Result<(), String> {
    for before in &stage.depends_on {
        let found = earlier.iter().map(|seen| &seen.stage).find(|other| other.id == *before);
        let found = found.ok_or_else(|| format!("it depends on `{before}`, which is not before it"))?;
        if found.when.is_some() && !operations(found).is_superset(&operations(stage)) {
            return Err(format!("it depends on `{before}`, which is not there for each of its operations"));
        }
    }
    Ok(())
}

/// The operations that a condition at compile time names; all when there is none, which no set can hold.
fn operations(stage: &read::Stage) -> BTreeSet<&str> {
    stage.when.as_deref().map_or_else(|| BTreeSet::from(["any"]), |when| when.split('\'').skip(1).step_by(2).collect())
}

fn gates(stage: &read::Stage, planned: &plan::Stage) -> Result<(), String> {
    // Not the checks either: what comes after a stage that somebody unticked goes on as if it had passed.
    if stage.is_skippable {
        return Err("whoever starts a run could leave it out".to_owned());
    }
    let compiled = planned.only.iter().any(|condition| matches!(condition, Condition::Operation(_)));
    if compiled != stage.when.is_some() {
        return Err("it does not exist for the operations of the plan".to_owned());
    }
    let branches = planned.only.iter().any(|condition| matches!(condition, Condition::Branch(_)));
    if branches && !stage.condition.contains("Build.SourceBranch") {
        return Err("its branches are not in its condition".to_owned());
    }
    Ok(())
}

/// What the plan's job needs is what the rendered one waits for: jobs of its stage, and whole stages before.
fn needs(stage: &read::Stage, job: &read::Job, planned: &plan::Job, here: &Here<'_>) -> Result<(), String> {
    let mut inside = Vec::new();
    for need in &planned.needs {
        let (home, _) = here.job(need).ok_or_else(|| format!("it needs `{need}`, which is not in the plan"))?;
        let home = identifier(&home.id);
        if home == stage.id {
            inside.push(identifier(need));
        } else if !stage.depends_on.contains(&home) {
            return Err(format!("it needs `{need}`, and its stage does not depend on `{home}`"));
        }
    }
    same("what it depends on", job.depends_on.iter(), inside)
}

/// A stage waits for no stage that none of its jobs needs.
fn no_idle_wait(stage: &read::Stage, planned: &plan::Stage, here: &Here<'_>) -> Result<(), String> {
    let needs = planned.jobs.iter().flat_map(|job| &job.needs).filter_map(|need| here.job(need));
    let needed: BTreeSet<String> = needs.map(|(home, _)| identifier(&home.id)).collect();
    let idle = stage.depends_on.iter().find(|before| !needed.contains(*before));
    idle.map_or(Ok(()), |before| Err(format!("its stage depends on `{before}`, which no job needs")))
}

fn compare_job(job: &read::Job, planned: &plan::Job, name: &str) -> Result<(), String> {
    let environment = planned.environment.as_ref().map(|gate| format!("{name}-{}", gate.name));
    if job.environment != environment || job.is_deployment != environment.is_some() {
        return Err(format!("its environment is {:?} and not {environment:?}", job.environment));
    }
    let secrets = planned.values().flat_map(Value::parts).any(|value| matches!(value, Value::Secret(_)));
    if job.groups != environment.iter().filter(|_| secrets).cloned().collect::<Vec<_>>() {
        return Err(format!("its variable groups are {:?}", job.groups));
    }
    if job.minutes != Some(planned.minutes.into()) {
        return Err("its limit is not that of the plan".to_owned());
    }
    if job.runs_on_server {
        return Err("it runs on the server".to_owned());
    }
    if planned.guard.state != plan::State::Succeeded && job.condition.is_empty() {
        return Err("its condition is gone".to_owned());
    }
    let ids: Vec<String> = planned.steps.iter().map(|step| identifier(&step.id)).collect();
    let steps: HashMap<&str, &plan::Step> = ids.iter().map(String::as_str).zip(&planned.steps).collect();
    let is_planned = |name: &&String| steps.contains_key(name.as_str());
    same("its steps", job.steps.iter().filter_map(|step| step.name.as_ref()).filter(is_planned), ids.clone())?;
    distinct("steps", job.steps.iter().filter_map(|step| step.name.as_ref()))?;
    for step in &job.steps {
        let task = step.kind.split('@').next().unwrap_or(&step.kind);
        if SERVER_TASKS.contains(&task) {
            return Err(format!("`{}` runs on the server only", step.kind));
        }
        let Some(name) = &step.name else { continue };
        if let Some(planned) = steps.get(name.as_str()) {
            compare_step(step, planned).map_err(|what| format!("step `{name}`: {what}"))?;
        }
    }
    Ok(())
}

fn compare_step(step: &read::Step, planned: &plan::Step) -> Result<(), String> {
    let script = match &planned.op {
        Op::Script(script) => scripts::text(script.name, System::AzurePipelines),
        _ => None,
    };
    if step.script.as_deref() != script {
        return Err("its script is not the one of the plan".to_owned());
    }
    if let Op::Tool(call) = &planned.op
        && step.kind.split('@').next() != Some(&pascal_case(call.spec.name))
    {
        return Err(format!("`{}` is not the tool of the plan", step.kind));
    }
    let kept = planned.env.iter().filter(|(_, value)| !is_identity(value));
    let given: Vec<&String> = kept.map(|(name, _)| name).collect();
    if let Some(missing) = given.iter().find(|name| step.env.iter().all(|(other, _)| other != **name)) {
        return Err(format!("the variable `{missing}` is gone"));
    }
    let guarded = planned.guard.state != plan::State::Succeeded || !planned.guard.all.is_empty();
    if guarded && step.condition.is_empty() {
        return Err("its condition is gone".to_owned());
    }
    Ok(())
}

/// What the plan takes from the environment of a job.
fn environment_variables(job: &plan::Job) -> HashSet<&str> {
    let named = |value| match value {
        &Value::Variable(name) => Some(name),
        Value::Secret(name) => Some(name.as_str()),
        _ => None,
    };
    job.values().flat_map(Value::parts).filter_map(named).collect()
}

fn same<'a>(
    what: &str,
    have: impl Iterator<Item = &'a String>,
    want: impl IntoIterator<Item = String>,
) -> Result<(), String> {
    let (have, want): (Vec<&String>, Vec<String>) = (have.collect(), want.into_iter().collect());
    if have.iter().copied().eq(&want) { Ok(()) } else { Err(format!("{what} are {have:?}, and the plan has {want:?}")) }
}

fn distinct<'a>(what: &str, ids: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(format!("two {what} are called `{id}`"));
        }
    }
    Ok(())
}
