//! Reads a rendered workflow back and compares it with the plan. What differs is a mistake in the templates.

use serde_yaml::Value as Yaml;

use super::{Lowering, toolkit};
use crate::generate::config::System;
use crate::generate::plan::{Grant, Job, Op, Step, Value};
use crate::report::Failure;

/// Fails with the first place where the workflow is not what was planned.
pub(super) fn verify(text: &str, lowering: Lowering<'_>) -> Result<(), Failure> {
    let place = format!(".github/workflows/{}.yml", lowering.pipeline.id);
    let bug = |problem: String| Failure::bug(format!("`{place}` is not what was planned")).because(problem);
    let read: Yaml = serde_yaml::from_str(text).map_err(|error| bug(format!("it cannot be read: {error}")))?;
    Check { lowering, text }.workflow(&read).map_err(bug)
}

/// A workflow and what it must be. Every error is a sentence that names the place.
struct Check<'a> {
    lowering: Lowering<'a>,
    text: &'a str,
}

impl Check<'_> {
    fn workflow(&self, read: &Yaml) -> Result<(), String> {
        let planned: Vec<&Job> = self.lowering.pipeline.stages.iter().flat_map(|stage| &stage.jobs).collect();
        let jobs = read["jobs"].as_mapping().ok_or("there are no jobs")?;
        let ids: Vec<&str> = jobs.keys().filter_map(Yaml::as_str).collect();
        same("jobs", &ids, &planned.iter().map(|job| job.id.as_str()).collect::<Vec<_>>())?;
        same("top-level permissions", &read["permissions"], &Yaml::Mapping(serde_yaml::Mapping::new()))?;
        for job in planned {
            self.job(job, &jobs[job.id.as_str()]).map_err(|problem| format!("job `{}`: {problem}", job.id))?;
        }
        Ok(())
    }

    fn job(&self, job: &Job, read: &Yaml) -> Result<(), String> {
        let needs: Vec<&str> = match &read["needs"] {
            Yaml::Sequence(all) => all.iter().filter_map(Yaml::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        same("needs", &needs, &job.needs.iter().map(String::as_str).collect::<Vec<_>>())?;
        let gate = job.environment.as_ref().map(|gate| gate.name.as_str());
        same("environment", &read["environment"]["name"].as_str(), &gate)?;
        same("timeout-minutes", &read["timeout-minutes"].as_u64(), &Some(job.minutes.into()))?;
        let asks = job.signs_in || job.grants.contains(&Grant::Attest);
        same("id-token", &read["permissions"]["id-token"].as_str(), &asks.then_some("write"))?;
        if job.signs_in && gate.is_none() {
            return Err("it signs in without an environment".to_owned());
        }
        self.references(job)?;
        let planned: Vec<&Step> = job.steps.iter().filter(|step| step.op.on(System::GithubActions)).collect();
        let steps = read["steps"].as_sequence().ok_or("there are no steps")?;
        let ids: Vec<&str> = steps.iter().filter_map(|step| step["id"].as_str()).collect();
        let expected: Vec<String> = planned.iter().flat_map(|step| written_ids(step)).collect();
        same("step ids", &ids, &expected.iter().map(String::as_str).collect::<Vec<_>>())?;
        same("number of steps", &steps.len(), &expected.len())?;
        for (id, step) in ids.into_iter().zip(steps) {
            let plan = planned.iter().find(|step| written_ids(step).iter().any(|written| written == id));
            let plan = plan.ok_or("a step is not in the plan")?;
            self.step(plan, step).map_err(|problem| format!("step `{id}`: {problem}"))?;
        }
        Ok(())
    }

    /// Every output that the job reads is one of a step before or of a job that it needs: GitHub makes nothing of others.
    fn references(&self, job: &Job) -> Result<(), String> {
        for value in job.values().flat_map(Value::parts) {
            let Value::Output { job: from, step, name } = value else { continue };
            let there = match from {
                None => job.steps.iter().any(|each| each.id == *step),
                Some(from) => {
                    let steps = self.lowering.pipeline.job(from).map(|(_, before)| &before.steps);
                    job.needs.contains(from) && steps.is_some_and(|steps| steps.iter().any(|each| each.id == *step))
                }
            };
            if !there {
                let of = from.as_ref().map(|from| format!(" of job `{from}`")).unwrap_or_default();
                return Err(format!("it reads the output `{name}` of step `{step}`{of}, which is not before it"));
            }
        }
        Ok(())
    }

    fn step(&self, plan: &Step, read: &Yaml) -> Result<(), String> {
        let env = names(&read["env"]);
        let planned: Vec<&str> = plan.env.iter().map(|(name, _)| name.as_str()).collect();
        if env != planned && !matches!(plan.op, Op::Attest { .. }) {
            return Err(format!("env is {env:?} and was planned as {planned:?}"));
        }
        match (read["run"].as_str(), read["uses"].as_str()) {
            (Some(run), None) if run.contains("${{") => Err("an expression is in its script".to_owned()),
            (Some(_), None) => Ok(()),
            (None, Some(uses)) => self.uses(plan, uses, &read["with"]),
            _ => Err("it has not exactly one of `run` and `uses`".to_owned()),
        }
    }

    /// The action is pinned as the catalog says, with its version beside it, and knows all of its inputs.
    fn uses(&self, plan: &Step, uses: &str, with: &Yaml) -> Result<(), String> {
        let name = uses.split('@').next().unwrap_or(uses);
        let given = names(with);
        let (pinned, unknown) = match &plan.op {
            Op::Tool(call) => {
                same("action", &name, &toolkit::action(call.spec.name).as_str())?;
                let pinned = self.lowering.toolkit.map(|toolkit| toolkit.uses(call.spec.name));
                (pinned, given.into_iter().find(|input| call.spec.input(input).is_none()))
            }
            _ => {
                let known =
                    self.lowering.catalog.action(name).map(|action| action.inputs.as_slice()).unwrap_or_default();
                let unknown = given.into_iter().find(|input| !known.iter().any(|each| each == input));
                (self.lowering.catalog.uses(name), unknown)
            }
        };
        if let Some(input) = unknown {
            return Err(format!("`{name}` has no input `{input}`"));
        }
        let pinned = pinned.ok_or_else(|| format!("`{name}` is not in the catalog"))?;
        let line = format!("uses: {pinned}");
        let is_line = |text: &str| text.trim_start_matches(['-', ' ']) == line;
        if pinned.split(" # ").next() == Some(uses) && self.text.lines().any(is_line) {
            return Ok(());
        }
        Err(format!("`{uses}` is not pinned as `{pinned}`"))
    }
}

/// The keys of a mapping; none where there is none.
fn names(mapping: &Yaml) -> Vec<&str> {
    mapping.as_mapping().into_iter().flat_map(serde_yaml::Mapping::keys).filter_map(Yaml::as_str).collect()
}

/// The ids of the YAML steps of a step: see `attest`, which may be two.
fn written_ids(step: &Step) -> Vec<String> {
    match &step.op {
        Op::Attest { sbom: Some(_), .. } => vec![step.id.clone(), format!("{}-sbom", step.id)],
        _ => vec![step.id.clone()],
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, read: &T, planned: &T) -> Result<(), String> {
    if read == planned { Ok(()) } else { Err(format!("{what}: {read:?} was written, {planned:?} was planned")) }
}
