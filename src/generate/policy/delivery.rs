//! Rules on deliveries: proof, the way back, secrets, gates.

use std::collections::HashMap;

use super::{Facts, deliveries, place};
use crate::generate::config::{Deploy, Role};
use crate::generate::plan::{Job, Op, State, Step, Value};

/// Steps that put something where users are, or where it is about to be.
fn delivers(step: &Step) -> bool {
    match &step.op {
        Op::Tool(call) => call.spec.name == "zip-deploy" || swaps(step),
        Op::Script(script) => matches!(script.name, "k8s-roll" | "k8s-canary" | "k8s-blue-green" | "static-web-app"),
        _ => false,
    }
}

fn swaps(step: &Step) -> bool {
    matches!(&step.op, Op::Tool(call) if call.spec.name == "slot-swap")
}

/// Whether a delivery proves by itself what it delivered, and takes it back when that fails.
fn proves_itself(step: &Step) -> bool {
    swaps(step) || rolls(step)
}

fn rolls(step: &Step) -> bool {
    matches!(&step.op, Op::Script(script) if script.name.starts_with("k8s-"))
}

/// Whether a step delivers a worker or scheduler, which answers nobody: its step is named after it.
fn is_in_the_background(facts: &Facts<'_>, step: &Step) -> bool {
    let mut apps = facts.config.apps.iter().filter(|(_, app)| app.role != Role::Web);
    apps.any(|(name, _)| step.id.strip_prefix(name.as_str()).is_some_and(|rest| matches!(rest, "-deploy" | "-return")))
}

/// Steps that put back what was there.
fn undoes(step: &Step) -> bool {
    matches!(&step.op, Op::Script(script) if script.name == "k8s-undo")
}

pub(super) fn no_checkout(facts: &Facts<'_>) -> Vec<String> {
    let with =
        deliveries(facts).filter(|(_, _, job)| job.steps.iter().any(|step| matches!(step.op, Op::Checkout { .. })));
    with.map(|(pipeline, _, job)| place(pipeline, job)).collect()
}

pub(super) fn health(facts: &Facts<'_>) -> Vec<String> {
    let unproven = deliveries(facts).filter(|(_, _, job)| {
        let delivers = job.steps.iter().any(|step| delivers(step) && !is_in_the_background(facts, step));
        let probed = job.steps.iter().any(|step| matches!(&step.op, Op::Tool(call) if call.spec.name == "smoke-test"));
        delivers && !probed && !job.steps.iter().any(proves_itself)
    });
    unproven.map(|(pipeline, _, job)| place(pipeline, job)).collect()
}

/// What says by itself how it is taken back, or a step that does it when something failed. A swap goes on in Azure when its
/// job is cancelled, so that it needs such a step although it swaps back by itself.
pub(super) fn way_back(facts: &Facts<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for (pipeline, stage, job) in deliveries(facts) {
        if stage.id == "rollback" || stage.id == "contract" || !job.steps.iter().any(delivers) {
            continue;
        }
        let failed = job.steps.iter().any(|step| step.guard.state == State::Failed && (delivers(step) || undoes(step)));
        // A slot that nobody uses needs none: the next release overwrites it.
        if facts
            .config
            .environments
            .get(&stage.id)
            .is_some_and(|environment| matches!(environment.deploy, Deploy::Slot(_) | Deploy::Ephemeral))
        {
            continue;
        }
        if !failed && !job.steps.iter().any(rolls) {
            places.push(place(pipeline, job));
        }
    }
    let back = facts.plan.pipelines.iter().filter(|pipeline| pipeline.id == "cd");
    for pipeline in back.filter(|pipeline| pipeline.stages.iter().all(|stage| stage.id != "rollback")) {
        places.push(format!("`{}` cannot be taken back by hand", pipeline.id));
    }
    places
}

/// The sites and slots that a step fills; a swap changes both.
fn slots_changed(step: &Step) -> Vec<(&Value, String)> {
    let Op::Tool(call) = &step.op else { return Vec::new() };
    if call.spec.name != "zip-deploy" && !swaps(step) {
        return Vec::new();
    }
    let input = |wanted: &str| call.inputs.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let Some(app) = input("app-name") else { return Vec::new() };
    let production = || "production".to_owned();
    let slot = match input("slot-name") {
        Some(Value::Text(slot)) => slot.clone(),
        _ => production(),
    };
    let other = (swaps(step) && slot != "production").then(|| (app, production()));
    std::iter::once((app, slot)).chain(other).collect()
}

/// Environments that last for one run are in nobody's way. Of those that wait for a lock, GitHub keeps one only, so that jobs of
/// one run that have the same lock come one after the other.
pub(super) fn locks(facts: &Facts<'_>) -> Vec<String> {
    let changes = |step: &Step| {
        delivers(step) || undoes(step) || matches!(&step.op, Op::Script(script) if script.name == "migrate")
    };
    let mut places = Vec::new();
    let mut slots: HashMap<(&Value, String), (&str, &str)> = HashMap::new();
    let mut under: HashMap<(&str, &str, &str), Vec<&Job>> = HashMap::new();
    for (pipeline, stage, job) in facts.plan.jobs() {
        if let Some(lock) = &job.lock {
            under.entry((pipeline.id, &stage.id, lock)).or_default().push(job);
        }
    }
    for (pipeline, stage, job) in deliveries(facts).filter(|(_, _, job)| job.steps.iter().any(changes)) {
        let gate = job.environment.as_ref().and_then(|gate| facts.config.environments.get(&gate.name));
        if gate.is_some_and(|environment| environment.deploy == Deploy::Ephemeral) {
            continue;
        }
        let Some(lock) = &job.lock else {
            places.push(format!("{} has no lock", place(pipeline, job)));
            continue;
        };
        let alike = under.get(&(pipeline.id, stage.id.as_str(), lock.as_str())).into_iter().flatten();
        let others = alike.take_while(|other| other.id != job.id);
        for other in others.filter(|other| !job.needs.contains(&other.id)) {
            places.push(format!("{} may wait for `{lock}` beside `{}`", place(pipeline, job), other.id));
        }
        for (app, slot) in job.steps.iter().flat_map(slots_changed) {
            match slots.get(&(app, slot.clone())) {
                Some((theirs, first)) if *theirs != lock => places.push(format!(
                    "{} changes the slot `{slot}` that `{first}` changes under `{theirs}`",
                    place(pipeline, job)
                )),
                Some(_) => {}
                None => {
                    slots.insert((app, slot), (lock, &job.id));
                }
            }
        }
    }
    places
}

pub(super) fn predecessor(facts: &Facts<'_>) -> Vec<String> {
    let environments = &facts.config.environments;
    let Some((last, _)) = environments.last().filter(|_| environments.len() > 1) else { return Vec::new() };
    let gated = |job: &Job, name: &str| job.environment.as_ref().is_some_and(|gate| gate.name == name);
    let mut places = Vec::new();
    for (pipeline, stage, job) in deliveries(facts)
        .filter(|(_, stage, job)| gated(job, last) && !matches!(stage.id.as_str(), "rollback" | "contract"))
    {
        let earlier = |id: &String| {
            facts.job(pipeline, id).is_some_and(|need| {
                environments.keys().any(|name| name != last && gated(need, name))
                    || need.id.ends_with("-find")
                    || gated(need, last)
            })
        };
        if !job.needs.iter().any(earlier) {
            places.push(format!("{} of stage `{}`", place(pipeline, job), stage.id));
        }
    }
    places
}

pub(super) fn secrets(facts: &Facts<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for (pipeline, _, job) in facts.plan.jobs() {
        for step in &job.steps {
            if step.op.values().iter().flat_map(|value| value.parts()).any(|value| matches!(value, Value::Secret(_))) {
                places.push(format!("{}, step `{}` has a secret among its inputs", place(pipeline, job), step.id));
            }
        }
        let mut users: Vec<(&str, &str)> = Vec::new();
        for step in &job.steps {
            let Op::Script(script) = &step.op else { continue };
            for value in step.env.iter().flat_map(|(_, value)| value.parts()) {
                if let Value::Secret(name) = value {
                    match users.iter().find(|(secret, _)| secret == name) {
                        Some((_, first)) if *first != script.name => {
                            places.push(format!(
                                "{}: `{name}` reaches `{first}` and `{}`",
                                place(pipeline, job),
                                script.name
                            ));
                        }
                        Some(_) => {}
                        None => users.push((name, script.name)),
                    }
                }
            }
        }
    }
    places
}

pub(super) fn gates(facts: &Facts<'_>) -> Vec<String> {
    let asked = facts.config.environments.iter().filter(|(_, environment)| environment.approve.is_some());
    let open = asked.filter(|(name, _)| {
        !facts.plan.jobs().any(|(_, _, job)| job.environment.as_ref().is_some_and(|gate| gate.name == **name))
    });
    open.map(|(name, _)| format!("`{name}` asks for approval and no job waits for it")).collect()
}
