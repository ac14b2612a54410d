//! Rules on identities: behind which gate they are, and what never runs beside one.

use super::{Facts, place};
use crate::generate::plan::{Grant, Job, Op, Step};

/// Scripts that run what the team wrote, or the authors of packages and images.
const OTHERS: [&str; 5] = ["commands", "expand-only", "image-build", "migrate", "package"];
/// The beginning of the names of scripts that install packages, whose authors may run code by that.
const INSTALLS: &str = "install-";

fn signs_in(job: &Job) -> bool {
    job.signs_in || job.steps.iter().any(|step| matches!(&step.op, Op::Script(script) if script.azure))
}

pub(super) fn gated(facts: &Facts<'_>) -> Vec<String> {
    let bare = facts.plan.jobs().filter(|(_, _, job)| signs_in(job) && job.environment.is_none());
    bare.map(|(pipeline, _, job)| place(pipeline, job)).collect()
}

/// A migration needs the database's secret and its own packages, so it runs in the job that has the identity; its scripts
/// take what proves that identity out of the environment of what they run.
pub(super) fn apart(facts: &Facts<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for (pipeline, _, job) in facts.plan.jobs() {
        if !signs_in(job) && !job.grants.contains(&Grant::Attest) {
            continue;
        }
        let migrates = job.steps.iter().any(|step| runs(step, "migrate"));
        for step in job.steps.iter().filter(|step| is_of_others(step) && !(migrates && is_shielded(step))) {
            places.push(format!("{}: step `{}` runs code of others beside an identity", place(pipeline, job), step.id));
        }
    }
    places
}

fn runs(step: &Step, name: &str) -> bool {
    matches!(&step.op, Op::Script(script) if script.name == name)
}

fn is_of_others(step: &Step) -> bool {
    match &step.op {
        Op::Script(script) => OTHERS.contains(&script.name) || script.name.starts_with(INSTALLS),
        Op::CodeStart { .. } => true,
        _ => false,
    }
}

/// Whether what the step runs does not see the identity: these scripts include `apart`.
fn is_shielded(step: &Step) -> bool {
    matches!(&step.op, Op::Script(script)
        if matches!(script.name, "expand-only" | "migrate") || script.name.starts_with(INSTALLS))
}
