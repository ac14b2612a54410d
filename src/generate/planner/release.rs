//! What every release has around its deployment, wherever that goes: the ticket, the migration, the records, the tests.

use super::System;
use super::build::runtime_locks;
use super::ci::is_pytest;
use super::steps::{checkout, commands, dependencies, load, package_file, package_of, seconds, tool};
use crate::generate::config::{App, Environment, Migrate};
use crate::generate::plan::{Grant, Guard, Job, Op, State, Step, Value};
use crate::tools::kv_sync;

/// An environment that is released to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub system: System<'a>,
    /// The environment's name.
    pub name: &'a str,
    pub environment: &'a Environment,
}

/// What is written down of a release.
#[derive(Debug)]
pub(super) struct Record<'a> {
    /// The id of its job.
    pub release: &'a str,
    /// What is released, for people.
    pub what: &'a str,
    /// Where it runs.
    pub app: String,
    /// The slot, where there are slots.
    pub slot: &'a str,
    /// The job whose step `describe` told of the commit.
    pub described: &'a str,
    /// The hash of what was deployed.
    pub sha256: Value,
}

impl Place<'_> {
    /// The check of the change ticket, where the environment wants one.
    pub(super) fn ticket(self, described: &str) -> Option<Step> {
        let pattern = self.environment.change_ticket.as_ref()?;
        let step = Step::script("change-ticket", "Look for the change ticket", "change-ticket");
        Some(
            step.env("TICKET", Value::Parameter("ticket")).text("PATTERN", pattern).env(
                "MESSAGE",
                Value::Joined(vec![Value::text("Change: "), Value::of(described, "describe", "change")]),
            ),
        )
    }

    /// The migration, with the one secret that it needs in the one step that runs it.
    pub(super) fn migrate(self, name: &str, app: &App, migrate: &Migrate, command: &str) -> Vec<Step> {
        let vault = self.environment.vault.as_deref().unwrap_or_default();
        let folder = format!("unpacked/{name}");
        let language = app.language.as_ref().or(self.system.config.language.as_ref());
        let mut steps = vec![
            Step::script(format!("{name}-unpack"), "Unpack for the migration", "unpack")
                .text("FILE", package_file(package_of(name, app)))
                .text("DIRECTORY", &folder),
        ];
        let runtime = language.map(|language| {
            let mut language = language.clone();
            let kept: Vec<String> = runtime_locks(&language).into_iter().map(str::to_owned).collect();
            language.locks.retain(|lock| kept.iter().any(|name| name == lock.as_ref()));
            language
        });
        steps.extend(dependencies(self.system, runtime.as_ref(), &folder).into_iter().map(|mut step| {
            step.id = format!("{name}-{}", step.id);
            step
        }));
        let secrets = format!("{name}-secret");
        let inputs = vec![
            ("vault", Value::text(vault)),
            ("secrets", Value::Text(format!("{}={}", migrate.variable, migrate.secret))),
            ("to", Value::text("output")),
        ];
        steps.push(tool(&secrets, "Take the connection string from the vault", &kv_sync::SPEC, inputs));
        let secret = || Value::here(&secrets, "secret");
        let preview = migrate.preview.as_deref().or(migrate.run.starts_with("alembic upgrade").then_some(""));
        if let Some(preview) = preview.filter(|_| command == migrate.run) {
            let step =
                Step::script(format!("{name}-expand-only"), "Refuse what takes away from the schema", "expand-only");
            steps.push(step.text("PREVIEW", preview).text("DIRECTORY", &folder).env(&migrate.variable, secret()));
        }
        let step = Step::script(format!("{name}-migrate"), format!("Migrate the database of {name}"), "migrate");
        let step = step.text("COMMAND", command).text("DIRECTORY", &folder);
        steps.push(step.text("LIMIT", seconds(&migrate.limit).to_string()).env(&migrate.variable, secret()));
        steps
    }

    /// What delivery metrics are computed from, and who hears of it.
    pub(super) fn records(self, record: &Record<'_>) -> Vec<Step> {
        let mut steps = vec![
            Step::script("record", "Record the release", "record")
                .text("ENVIRONMENT", self.name)
                .text("APP", &record.app)
                .text("SLOT", record.slot)
                .env("RESULT", Value::JobStatus)
                .env("COMMIT", Value::Commit)
                .env("COMMITTED_AT", Value::of(record.described, "describe", "committed-at"))
                .env("SHA256", record.sha256.clone())
                .env("RUN_URL", Value::RunUrl)
                .env("ACTOR", Value::Actor)
                .when(Guard::when(State::Always)),
        ];
        if let (Some(secret), true) = (&self.system.config.notify, self.name == self.system.production().0) {
            let step = Step::script("notify", "Tell the team", "notify")
                .env("WEBHOOK", Value::Secret(secret.clone()))
                .text("TITLE", format!("{} to {}", record.what, self.name))
                .env("RESULT", Value::JobStatus)
                .env("TEXT", Value::Commit)
                .env("URL", Value::RunUrl);
            steps.push(step.when(Guard::when(State::Always)));
        }
        let upload = Op::Upload { name: record_of(record.release), path: RECORD.to_owned(), days: 90 };
        steps.push(Step::new("keep-record", "Keep the record", upload).when(Guard::when(State::Always)));
        steps
    }

    /// The team's own tests of what `release` put there, in a job that has no identity.
    pub(super) fn tests(self, release: &str, what: &str, url: Value) -> Option<Job> {
        if !has_tests(self.environment) {
            return None;
        }
        let mut job = Job::new(format!("{release}-tests"), format!("Test {what} on {}", self.name), 30);
        job.needs = vec![release.to_owned()];
        job.runner = self.environment.runner;
        job.steps.push(checkout());
        job.steps.extend(dependencies(self.system, self.system.config.language.as_ref(), "."));
        let mut junit = None;
        if !self.environment.smoke.is_empty() {
            let step = commands("smoke", "Run the team's tests against it", &self.environment.smoke, ".");
            let step = step.env("URL", url.clone());
            let is_pytest = self.environment.smoke.iter().any(|command| is_pytest(command.as_ref()));
            junit = is_pytest.then(|| "reports/smoke.xml".to_owned());
            job.steps.push(match &junit {
                Some(file) => step.text("PYTEST_ADDOPTS", format!("--junitxml={file}")),
                None => step,
            });
        }
        if let Some(test) = &self.environment.load {
            job.grants.extend(test.baseline.is_some().then_some(Grant::ReadRuns));
            job.steps.extend(load(test, url, release));
        }
        let reports = Op::Reports { name: format!("{release}-reports"), junit, coverage: None };
        job.steps.push(Step::new("reports", "Publish the reports", reports).when(Guard::when(State::Finished)));
        Some(job)
    }
}

/// The check before a swap: that nobody deployed to the slot since it held what is to be swapped.
pub(super) fn slot_unchanged(environment: &Environment, name: &str, target: &str, since: Value) -> Step {
    let title = format!("Check that nobody deployed to the slot of {name} since");
    let step = Step::azure(format!("{name}-unchanged"), title, "slot-unchanged").text("APP", target);
    step.text("GROUP", environment.group.as_deref().unwrap_or_default())
        .text("SLOT", environment.deploy.slot().unwrap_or_default())
        .env("SINCE", since)
}

/// The check before an earlier run is gone back to: that it was a good release of the branch.
pub(super) fn allowed_run(branch: &str) -> Step {
    Step::script("allowed-run", "Check the run that is gone back to", "allowed-run")
        .env("TOKEN", Value::Token)
        .text("WORKFLOW", "cd.yml")
        .env("RUN", Value::Parameter("run"))
        .text("BRANCH", branch)
}

/// The file that the script `record` writes.
pub(super) const RECORD: &str = "deployment-record.json";

/// The artifact that holds the record of a release.
pub(super) fn record_of(release: &str) -> String {
    format!("record-{release}")
}

/// Whether the team has tests of its own against what was deployed.
pub(super) fn has_tests(environment: &Environment) -> bool {
    !environment.smoke.is_empty() || environment.load.is_some()
}

/// What must hold: the health paths, and that it is this commit that answers.
pub(super) fn checks(app: &App) -> Value {
    let health = app.health_paths().join("\n");
    match &app.commit_at {
        Some(path) => Value::Joined(vec![Value::Text(format!("{health}\n{path} json:/commit=")), Value::Commit]),
        None => Value::Text(health),
    }
}
