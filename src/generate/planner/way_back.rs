//! What a person starts by hand on App Service: the way back, and what takes away from a schema.

use super::app_service::{Release, filled, release_id, rollback_id};
use super::build::{artifact, fetched, ready};
use super::delivery::gate;
use super::release::{EARLIER, Earlier, Happened, Record, slot_unchanged};
use super::steps::{package_of, tool};
use super::{System, groups, static_web};
use crate::generate::config::{App, Role};
use crate::generate::plan::{Condition, Grant, Guard, Job, Op, Stage, Step, Value};
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
        let id = rollback_id(self.group);
        let mut job = Job::new(&id, format!("Take {} back", self.group.id), self.limit());
        job.environment = Some(gate(self.name, self.environment, None));
        job.runner = self.environment.runner;
        job.signs_in = true;
        job.lock = Some(self.lock());
        job.grants = vec![Grant::ReadRuns];
        let again: Vec<&str> = self
            .group
            .apps
            .iter()
            .filter(|(_, app)| !self.is_swapped(app) && (app.role == Role::Web || self.is_overwritten(app)))
            .map(|(name, app)| package_of(name, app))
            .collect();
        let need = if again.is_empty() { Earlier::Noted } else { Earlier::Needed };
        job.steps.push(self.place().earlier(&release_id(self.name, self.group), &id, need));
        for (app, _) in self.group.built().filter(|(app, _)| again.contains(app)) {
            job.steps.push(earlier_package(format!("{app}-download"), app));
        }
        for (name, app) in &self.group.apps {
            job.steps.extend(self.app_back((name, app), &again));
        }
        let (_, lead) = self.group.apps[0];
        job.steps.extend(self.place().records(&Record {
            release: &id,
            what: self.group.id,
            app: self.target(lead),
            slot: self.live(),
            url: self.environment.url.clone().map(Value::Text),
            of: Happened::WayBack,
        }));
        job
    }

    /// Whether an app goes live by a swap, and so back by another one.
    fn is_swapped(&self, app: &App) -> bool {
        self.environment.deploy.swaps() && app.role == Role::Web && app.app_service.is_some()
    }

    fn app_back(&self, (name, app): (&str, &App), again: &[&str]) -> Vec<Step> {
        if self.is_swapped(app) {
            return self.swap_back((name, app), again);
        }
        if app.static_web_app.is_some() {
            let mut steps = static_web::deploy(self.system, self.environment, (name, app), &self.target(app));
            steps.push(static_web::prove_deployed(name, app));
            return steps;
        }
        if app.role != Role::Web {
            return self.is_overwritten(app).then(|| self.deploy(name, app, None)).into_iter().collect();
        }
        let slot = self.environment.deploy.slot();
        vec![self.deploy(name, app, slot), self.prove_earlier(name, app)]
    }

    /// What is healthy tells no commit: it is of an earlier one.
    fn prove_earlier(&self, name: &str, app: &App) -> Step {
        let mut inputs = self.site(app, self.environment.deploy.slot());
        inputs.push(("checks", Value::Text(app.health_paths().join("\n"))));
        tool(format!("{name}-prove"), format!("Prove that {name} is healthy"), &smoke_test::SPEC, inputs)
    }

    /// Swaps back when the slot still holds what ran before; otherwise the package of the earlier release takes the way that
    /// every release takes: into the slot, proven there, and swapped.
    fn swap_back(&self, (name, app): (&str, &App), again: &[&str]) -> Vec<Step> {
        let package = package_of(name, app);
        let since = Value::Parameter("swapped-at");
        let check = slot_unchanged(self.environment, name, &self.target(app), since.clone());
        let check = check.env("OTHERWISE", Value::here(EARLIER, "run"));
        let check = check.env("RIGHT_BEFORE", Value::here(EARLIER, "right-before"));
        let holds = |answer: &str| {
            let told = Value::here(format!("{name}-unchanged"), "unchanged");
            Guard::default().and(Condition::Is(told, answer.to_owned()))
        };
        let swap = |id: &str, title: String, more: Vec<(&'static str, Value)>| {
            let mut inputs = self.site(app, self.environment.deploy.slot());
            inputs.extend(more);
            inputs.push(("checks", Value::Text(app.health_paths().join("\n"))));
            tool(format!("{name}-{id}"), title, &slot_swap::SPEC, inputs)
        };
        let undo = vec![("action", Value::text("rollback")), ("swapped-at", since)];
        // Others of the group may have fetched it already.
        let fetched = (!again.contains(&package)).then(|| earlier_package(format!("{name}-download"), package));
        let filled = filled(name);
        let still = self.still(name, app, Value::here(&filled.id, "time"));
        let release = [
            self.deploy(name, app, self.environment.deploy.slot()),
            filled,
            self.prove_earlier(name, app),
            still,
            swap("swap", format!("Swap the earlier {name} into production"), Vec::new()),
        ];
        let mut steps = vec![check, swap("undo", format!("Swap {name} back"), undo).when(holds("true"))];
        steps.extend(fetched.into_iter().chain(release).map(|step| step.when(holds("false"))));
        steps
    }
}

/// The package that the release kept which is gone back to.
fn earlier_package(id: String, app: &str) -> Step {
    let op = Op::DownloadFrom { name: artifact(app), to: "dist".to_owned(), run: Value::here(EARLIER, "run") };
    Step::new(id, format!("Get the earlier package of {app}"), op)
}

/// What takes away from a schema, run by hand when no code needs it any more.
pub(super) fn contract(system: System<'_>) -> Stage {
    let (name, environment) = system.production();
    let groups = groups(system.config);
    let mut jobs = Vec::new();
    for group in &groups {
        let mut before: Option<String> = None;
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
            job.lock = Some(release.lock());
            // One after the other: they have one lock, of which GitHub lets only one job wait.
            job.needs = ready(system, package_of(app, settings)).into_iter().chain(before.take()).collect();
            before = Some(job.id.clone());
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
