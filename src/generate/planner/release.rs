//! What every release has around its deployment, wherever that goes: the ticket, the migration, the records, the tests.

use super::System;
use super::build::{KEPT, runtime_locks};
use super::ci::is_pytest;
use super::steps::{checkout, commands, dependencies, load, package_file, package_of, seconds, tool};
use crate::generate::config::{App, Environment, Migrate};
use crate::generate::plan::{Grant, Guard, Job, Op, Reader, State, Step, Value};
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
    /// Where it answers, as far as that is known.
    pub url: Option<Value>,
    /// What happened.
    pub of: Happened<'a>,
}

/// What a record is of.
#[derive(Debug)]
pub(super) enum Happened<'a> {
    /// A release.
    Release {
        /// The job whose step `describe` told of the commit.
        described: &'a str,
        /// The hash of what was deployed.
        sha256: Value,
    },
    /// A way back by hand, to what `Place::earlier` found.
    WayBack,
}

/// Whether one can go back without knowing to which run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Earlier {
    /// What that run kept is deployed again.
    Needed,
    /// It is for the record.
    Noted,
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
            self.written_down(record)
                .env("RESULT", Value::JobStatus)
                .env("RUN_URL", Value::RunUrl)
                .env("ACTOR", Value::Actor)
                .when(Guard::when(State::Always)),
        ];
        if let (Some(secret), true) = (&self.system.config.notify, self.is_last()) {
            let (title, text) = match record.of {
                Happened::Release { .. } => (format!("{} to {}", record.what, self.name), Value::Commit),
                Happened::WayBack => {
                    let run = Value::here(EARLIER, "run");
                    let text = vec![Value::text("Live again is what this run released: "), run];
                    (format!("{} taken back on {}", record.what, self.name), Value::Joined(text))
                }
            };
            let step = Step::script("notify", "Tell the team", "notify")
                .env("WEBHOOK", Value::Secret(secret.clone()))
                .text("TITLE", title)
                .env("RESULT", Value::JobStatus)
                .env("TEXT", text)
                .env("URL", Value::RunUrl);
            steps.push(step.when(Guard::when(State::Always)));
        }
        let upload = Op::Upload {
            name: record_of(record.release),
            path: RECORD.to_owned(),
            days: KEPT,
            reader: Reader::LaterRuns,
        };
        steps.push(Step::new("keep-record", "Keep the record", upload).when(Guard::when(State::Always)));
        steps
    }

    fn written_down(self, record: &Record<'_>) -> Step {
        let step = Step::script("record", "Record what was done", "record").text("ENVIRONMENT", self.name);
        let mut step = step.text("APP", &record.app).text("SLOT", record.slot);
        if let Some(url) = &record.url {
            step = step.env("URL", url.clone());
        }
        match &record.of {
            Happened::Release { described, sha256 } => step
                .env("COMMIT", Value::Commit)
                .env("COMMITTED_AT", Value::of(*described, "describe", "committed-at"))
                .env("SHA256", sha256.clone()),
            Happened::WayBack => step
                .text("OPERATION", "rollback")
                .text("RESTORED", format!("{EARLIER}/{RECORD}"))
                .env("RESTORED_RUN", Value::here(EARLIER, "run"))
                .env("TAKEN_BACK_RUN", Value::here(EARLIER, "taken-back")),
        }
    }

    /// Whether this is production, the one that a person can take back.
    fn is_last(self) -> bool {
        self.name == self.system.production().0
    }

    /// What scripts need to know to tell good releases here from those that were taken back. `release` is the job that
    /// releases, `rollback` the one that goes back in production.
    pub(super) fn releases(self, step: Step, release: &str, rollback: &str) -> Step {
        let step = step.env("TOKEN", Value::Token).text("WORKFLOW", "cd.yml").text("RELEASE", release);
        step.text("ROLLBACK", if self.is_last() { rollback } else { "" })
            .text("BRANCHES", self.system.branches(self.name).join("\n"))
    }

    /// Finds the release that a person goes back to: the one of the run that was named, or the one before.
    pub(super) fn earlier(self, release: &str, rollback: &str, need: Earlier) -> Step {
        let step = Step::script(EARLIER, "Find the release that is gone back to", "allowed-run");
        self.releases(step, release, rollback)
            .env("BRANCH", Value::Branch)
            .env("RUN", Value::Parameter("run"))
            .text("DIRECTORY", EARLIER)
            .text("NEEDED", if need == Earlier::Needed { "" } else { "false" })
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
            // Each command of several has a file of its own.
            junit = tests_in_python(self.environment).then(|| "reports/smoke-*.xml".to_owned());
            job.steps.push(step.text("JUNIT", junit.as_deref().unwrap_or_default()));
        }
        if let Some(test) = &self.environment.load {
            job.grants.extend(test.baseline.is_some().then_some(Grant::ReadRuns));
            job.steps.extend(load(test, url, release, &self.system.branches(self.name)));
        }
        let (name, folder) = (format!("{release}-reports"), "reports".to_owned());
        let reports = Op::Reports { name, folder, junit, coverage: None };
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

/// The step that finds the release to go back to, and the folder that gets its record.
pub(super) const EARLIER: &str = "earlier";

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

fn tests_in_python(environment: &Environment) -> bool {
    environment.smoke.iter().any(|command| is_pytest(command.as_ref()))
}

/// What must hold: the health paths, and that it is this commit that answers.
pub(super) fn checks(app: &App) -> Value {
    let health = app.health_paths().join("\n");
    match &app.commit_at {
        Some(path) => Value::Joined(vec![Value::Text(format!("{health}\n{path} json:/commit=")), Value::Commit]),
        None => Value::Text(health),
    }
}
