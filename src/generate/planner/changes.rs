//! Which apps a pull request changes: the checks of the others would prove what is proven already.

use super::System;
use super::ci::Check;
use super::steps::checkout_history;

use crate::generate::config::{App, Select};
use crate::generate::plan::{Condition, Guard, Job, Step, Value};

/// The job that finds out.
pub(super) const JOB: &str = "changes";

/// The apps that changed, between commas.
pub(super) fn list() -> Value {
    Value::of(JOB, "changed", "services")
}

/// Lets the checks of apps in folders of their own run only when these change. Returns the job that tells, where any
/// change could leave any of them out.
pub(super) fn select(system: System<'_>, checks: &mut [Check<'_>]) -> Option<Job> {
    let config = system.config;
    let folders: Vec<(&str, &str)> =
        config.apps.iter().filter_map(|(name, app)| Some((name.as_str(), folder(app)?))).collect();
    let folder_of = |app: &str| folders.iter().find(|(name, _)| *name == app).map(|(_, folder)| *folder);
    let is_left_out = |check: &Check<'_>| {
        let Some(own) = check.app.and_then(folder_of) else { return false };
        !config.ci.shared.is_empty() || folders.iter().any(|(_, other)| !is_within(other, own))
    };
    if config.ci.select == Select::All || !checks.iter().any(is_left_out) {
        return None;
    }
    for check in checks {
        if let Some(app) = check.app.filter(|app| folder_of(app).is_some()) {
            check.job.needs.push(JOB.to_owned());
            check.job.guard = Guard::default().and(Condition::Lists(list(), app.to_owned()));
        }
    }
    let services: Vec<String> = folders.iter().map(|(name, folder)| format!("{name} {folder}")).collect();
    let shared: Vec<&str> = config.ci.shared.iter().map(AsRef::as_ref).collect();
    let mut job = Job::new(JOB, "Find out what changed", 5);
    job.steps.push(checkout_history());
    let step = Step::script("changed", "Compare with the base of the pull request", "changed-services");
    let step = step.env("BASE", Value::Base).text("SERVICES", services.join("\n")).text("SHARED", shared.join("\n"));
    job.steps.push(step.text("IGNORE", config.branches.ignore.join("\n")));
    Some(job)
}

/// The folder that holds nothing but this app.
fn folder(app: &App) -> Option<&str> {
    let folder = app.path.trim_start_matches("./").trim_end_matches('/');
    (!matches!(folder, "" | ".")).then_some(folder)
}

fn is_within(folder: &str, other: &str) -> bool {
    folder == other || folder.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
}
