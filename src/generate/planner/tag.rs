//! The tag of what went live, and what is new in it.

use super::build::job_id;
use super::{System, groups, manifests};
use crate::generate::plan::{Condition, Grant, Job, Stage, Step, Value};

/// The stage after all of production: a job that may write to the repository, and neither signs in nor runs its code.
pub(super) fn stage(system: System<'_>, production: &Stage) -> Option<Stage> {
    let release = system.config.release;
    if !release.tag {
        return None;
    }
    let groups = groups(system.config);
    let built = groups.iter().flat_map(super::Group::built).next();
    let described = built.map_or_else(|| manifests::JOB.to_owned(), |(app, _)| job_id(app));
    let mut job = Job::new("tag", "Tag what went live", 10);
    job.grants = vec![Grant::Tag];
    let step = Step::script("tag", "Tag it", "release-tag").env("TOKEN", Value::Token).env("COMMIT", Value::Commit);
    let step = step.env("VERSION", Value::of(&described, "describe", "version"));
    job.steps.push(step.text("NOTES", if release.notes { "true" } else { "" }));
    job.needs = std::iter::once(described).chain(production.jobs.iter().map(|job| job.id.clone())).collect();
    let only = vec![Condition::Operation(vec!["deploy"]), system.only(&production.id)];
    Some(Stage { id: "tag".to_owned(), title: "Tag".to_owned(), only, jobs: vec![job] })
}
