//! What a person starts by hand on App Service: the way back, and what takes away from a schema.

use super::app_service::Release;
use super::build::{artifact, fetched, ready};
use super::delivery::gate;
use super::release::{allowed_run, slot_unchanged};
use super::steps::{package_of, tool};
use super::{System, groups, static_web};
use crate::generate::config::Role;
use crate::generate::plan::{Condition, Grant, Job, Op, Stage, Step, Value};
use crate::tools::{slot_swap, smoke_test};

/// The way back by hand, for the last environment.
pub(super) fn rollback(system: System<'_>) -> Stage {
    let (name, environment) = system.production();
    let groups = groups(system.config);
    let jobs = groups.iter().map(|group| Release { system, name, environment, group }.rollback());
    Stage {
        id: "rollback".to_owned(),
        title: format!("Take {name} back"),
        only: vec![Condition::Operation(vec!["rollback"])],
        jobs: jobs.collect(),
    }
}

impl Release<'_> {
    fn rollback(&self) -> Job {
        let mut job =
            Job::new(format!("rollback-{}", self.group.id), format!("Take {} back", self.group.id), self.limit());
        job.environment = Some(gate(self.name, self.environment, None));
        job.runner = self.environment.runner;
        job.signs_in = true;
        let swaps = self.environment.deploy.swaps();
        let again: Vec<_> = self
            .group
            .apps
            .iter()
            .filter(|(_, app)| !swaps || app.role != Role::Web || app.static_web_app.is_some())
            .collect();
        if !again.is_empty() {
            job.steps.push(allowed_run(self.system.branches(self.name).first().copied().unwrap_or_default()));
        }
        for (app, _) in self.group.built() {
            if again.iter().any(|(name, settings)| package_of(name, settings) == app) {
                let op = Op::DownloadFrom { name: artifact(app), to: "dist".to_owned(), run: Value::Parameter("run") };
                job.steps.push(Step::new(format!("{app}-download"), format!("Get the earlier package of {app}"), op));
                job.grants = vec![Grant::ReadRuns];
            }
        }
        for (name, app) in &self.group.apps {
            if swaps && app.role == Role::Web && app.app_service.is_some() {
                let mut inputs = self.site(app, self.environment.deploy.slot());
                inputs.push(("action", Value::text("rollback")));
                inputs.push(("swapped-at", Value::Parameter("swapped-at")));
                let since = Value::Parameter("swapped-at");
                job.steps.push(slot_unchanged(self.environment, name, &self.target(app), since));
                inputs.push(("checks", Value::Text(app.health_paths().join("\n"))));
                job.steps.push(tool(format!("{name}-undo"), format!("Swap {name} back"), &slot_swap::SPEC, inputs));
            } else if app.static_web_app.is_some() {
                job.steps.extend(static_web::deploy(self.system, self.environment, (name, app), &self.target(app)));
                job.steps.push(static_web::prove(name, app));
            } else if app.role != Role::Web {
                job.steps.extend(self.is_overwritten(app).then(|| self.deploy(name, app, None)));
            } else {
                let slot = self.environment.deploy.slot();
                job.steps.push(self.deploy(name, app, slot));
                let mut inputs = self.site(app, slot);
                inputs.push(("checks", Value::Text(app.health_paths().join("\n"))));
                let title = format!("Prove that {name} is healthy");
                job.steps.push(tool(format!("{name}-prove"), title, &smoke_test::SPEC, inputs));
            }
        }
        job
    }
}

/// What takes away from a schema, run by hand when no code needs it any more.
pub(super) fn contract(system: System<'_>) -> Stage {
    let (name, environment) = system.production();
    let groups = groups(system.config);
    let mut jobs = Vec::new();
    for group in &groups {
        let release = Release { system, name, environment, group };
        for (app, settings) in &group.apps {
            let Some((migrate, command)) =
                settings.migrate.as_ref().and_then(|migrate| Some((migrate, migrate.contract.as_ref()?)))
            else {
                continue;
            };
            let mut job = Job::new(format!("contract-{app}"), format!("Take away what {app} no longer needs"), 30);
            job.environment = Some(gate(name, environment, None));
            job.runner = environment.runner;
            job.signs_in = true;
            job.needs = ready(system, package_of(app, settings));
            job.steps.extend(fetched(package_of(app, settings)));
            job.steps.extend(release.place().migrate(app, settings, migrate, command));
            jobs.push(job);
        }
    }
    Stage {
        id: "contract".to_owned(),
        title: "Take away from the schema".to_owned(),
        only: vec![Condition::Operation(vec!["contract"]), system.only(name)],
        jobs,
    }
}
