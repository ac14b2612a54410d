//! The nightly pipeline: what nobody releases and everybody needs.

use super::delivery::gate;
use super::images::{registry, repository};
use super::release::Place;
use super::steps::{checkout, checkout_history, fetch};
use super::{System, groups, infra};
use crate::generate::config::{Deploy, Environment, Flow};
use crate::generate::plan::{Gate, Job, Overlap, Pipeline, Stage, Step, Triggers, Value};

/// At night where most of its users are, and not at a full hour, when everybody's schedules start.
const NIGHTLY: &str = "17 3 * * *";
/// Images that are younger, in days, are never removed.
const KEPT_DAYS: u16 = 90;
/// How many images of each app are kept in any case.
const KEPT: u16 = 50;

/// The pipeline `housekeeping`, when there is anything to look after.
pub(super) fn pipeline(system: System<'_>) -> Option<Pipeline> {
    let stages = [
        stage("reap", "Remove what should be gone", reap(system)),
        stage("images", "Look after the images", images(system)),
        stage("drift", "Look for drift", infra::drift(system)),
        stage("branches", "Look after the branches", merged_back(system).into_iter().collect()),
    ];
    let stages: Vec<Stage> = stages.into_iter().filter(|stage| !stage.jobs.is_empty()).collect();
    (!stages.is_empty()).then(|| Pipeline {
        id: "housekeeping",
        title: format!("Look after {}", system.config.name),
        triggers: Triggers { schedules: vec![NIGHTLY], by_hand: true, ..Triggers::default() },
        parameters: Vec::new(),
        overlap: Overlap::Wait,
        stages,
    })
}

fn stage(id: &str, title: &str, jobs: Vec<Job>) -> Stage {
    Stage { id: id.to_owned(), title: title.to_owned(), only: Vec::new(), jobs }
}

/// Namespaces whose run was not able to remove them.
fn reap(system: System<'_>) -> Vec<Job> {
    let temporary = |(name, environment): (&String, &Environment)| {
        let mut job = Job::new(format!("reap-{name}"), format!("Remove old namespaces of {name}"), 30);
        job.environment = Some(gate(name, environment, None));
        job.runner = environment.runner;
        job.signs_in = true;
        let place = Place { system, name, environment };
        job.steps.push(place.at_cluster("reap", "Remove namespaces whose time is over", "k8s-reap"));
        job
    };
    let all = system.config.environments.iter();
    all.filter(|(_, environment)| environment.deploy == Deploy::Ephemeral).map(temporary).collect()
}

/// What runs in production is scanned again, since weaknesses become known later; what nobody needs is removed.
fn images(system: System<'_>) -> Vec<Job> {
    let apps = groups::images(system.config);
    if apps.is_empty() {
        return Vec::new();
    }
    let (name, environment) = system.production();
    let place = Place { system, name, environment };
    let mut scan = job("scan-running", format!("Scan what runs in {name}"), 60);
    scan.runner = environment.runner;
    // What the team has accepted is in the repository.
    scan.steps.push(checkout());
    scan.steps.push(fetch(system, "trivy"));
    let step = place.at_cluster("scan", "Scan every image that runs", "scan-running");
    let step = step.text("NAMESPACES", environment.namespace.as_deref().unwrap_or_default());
    scan.steps.push(step.text("REGISTRY", registry(system)));
    let mut purge = job("purge", "Remove old images".to_owned(), 70);
    let repositories: Vec<&str> = apps.iter().map(|(_, app)| repository(app)).collect();
    let step = Step::azure("purge", "Remove old images from the registry", "acr-purge");
    let step = step.text("REGISTRY", registry(system)).text("REPOSITORIES", repositories.join("\n"));
    purge.steps.push(step.text("KEEP_DAYS", KEPT_DAYS.to_string()).text("KEEP", KEPT.to_string()));
    vec![scan, purge]
}

/// What was released must be in the branch that the next release comes from.
fn merged_back(system: System<'_>) -> Option<Job> {
    let branches = &system.config.branches;
    let develop = branches.integrate.as_ref().filter(|_| branches.flow == Flow::Gitflow)?;
    let mut job = Job::new("merged-back", format!("Compare {} with {develop}", branches.release), 10);
    job.steps.push(checkout_history());
    let step = Step::script("gitflow", "Check that what was released was merged back", "gitflow");
    job.steps.push(step.text("TRUNK", &branches.release).env("DEVELOP", Value::text(develop)));
    Some(job)
}

/// A job with an identity of its own, without approval: a night's run must not wait for people, nor may it deploy.
fn job(id: &str, title: String, minutes: u16) -> Job {
    let mut job = Job::new(id, title, minutes);
    job.environment = Some(Gate { name: "housekeeping".to_owned(), url: None });
    job.signs_in = true;
    job
}
