//! The pipeline that proves a change.

use super::steps::{checkout, checkout_history, commands, dependencies, fetch, minutes};
use super::{System, changes, scans};

use crate::generate::config::{App, Ci, Each, Integration, Language, OpenApi, Tests};
use crate::generate::plan::{Guard, Job, Op, Overlap, Pipeline, Service, Stage, State, Step, Triggers, Value};

/// The pipeline `ci`, when there is anything to prove.
pub(super) fn pipeline(system: System<'_>) -> Option<Pipeline> {
    let config = system.config;
    let language = config.language.as_ref();
    let mut checks: Vec<Check<'_>> = Vec::new();
    match config.ci.each {
        Each::System => {
            let all = Checks { system, ci: &config.ci, prefix: "", directory: ".", language };
            checks.extend(all.jobs().into_iter().map(|job| Check { job, app: None }));
        }
        Each::App => {
            for (name, app) in config.apps.iter().filter(|(_, app)| app.ci.is_none()) {
                checks.extend(of_app(system, name, app, &config.ci));
            }
        }
    }
    for (name, app) in &config.apps {
        if let Some(ci) = &app.ci {
            checks.extend(of_app(system, name, app, ci));
        }
    }
    checks.extend(scans::jobs(system).into_iter().map(|job| Check { job, app: None }));
    if checks.is_empty() {
        return None;
    }
    let changes = changes::select(system, &mut checks);
    let verdict = verdict(&checks, changes.as_ref());
    let jobs = changes.into_iter().chain(checks.into_iter().map(|check| check.job)).chain([verdict]).collect();
    Some(Pipeline {
        id: "ci",
        title: format!("Check {}", config.name),
        triggers: Triggers { push: system.protected(), pull_request: system.protected(), ..Triggers::default() },
        parameters: Vec::new(),
        overlap: Overlap::Replace,
        stages: vec![Stage { id: "ci".to_owned(), title: "Check".to_owned(), only: Vec::new(), jobs }],
    })
}

/// A job, and the app that it is for, if it is for one.
pub(super) struct Check<'a> {
    pub(super) job: Job,
    pub(super) app: Option<&'a str>,
}

fn of_app<'a>(system: System<'a>, name: &'a str, app: &'a App, ci: &'a Ci) -> impl Iterator<Item = Check<'a>> {
    let language = app.language.as_ref().or(system.config.language.as_ref());
    let checks = Checks { system, ci, prefix: name, directory: &app.path, language };
    checks.jobs().into_iter().map(move |job| Check { job, app: Some(name) })
}

/// The checks of one folder.
struct Checks<'a> {
    system: System<'a>,
    ci: &'a Ci,
    /// The app's name, or nothing.
    prefix: &'a str,
    directory: &'a str,
    language: Option<&'a Language>,
}

impl Checks<'_> {
    fn jobs(&self) -> Vec<Job> {
        let mut jobs = Vec::new();
        if !self.ci.lint.is_empty() {
            let mut job = self.job("lint", "Lint");
            job.steps.push(commands("lint", "Lint", &self.ci.lint, self.directory));
            jobs.push(job);
        }
        jobs.extend(self.ci.unit.as_ref().map(|tests| self.unit(tests)));
        jobs.extend(self.ci.integration.as_ref().map(|tests| self.integration(tests)));
        jobs.extend((!self.ci.contract.is_empty()).then(|| self.contract()));
        jobs.extend(self.ci.openapi.as_ref().map(|specification| self.openapi(specification)));
        if !self.ci.migrations.is_empty() {
            let mut job = self.job("migrations", "Prove the migrations");
            let services = self.ci.integration.as_ref();
            if let Some(integration) = services {
                self.with_services(&mut job, integration);
            }
            let mut step = commands("migrations", "Migrate an empty database", &self.ci.migrations, self.directory);
            step.env.extend(services.map(variables).unwrap_or_default());
            job.steps.push(step);
            jobs.push(job);
        }
        jobs
    }

    fn job(&self, name: &str, title: &str) -> Job {
        let id = if self.prefix.is_empty() { name.to_owned() } else { format!("{}-{name}", self.prefix) };
        let title = if self.prefix.is_empty() { title.to_owned() } else { format!("{title}: {}", self.prefix) };
        let mut job = Job::new(id, title, 15);
        job.steps.push(checkout());
        job.steps.extend(dependencies(self.system, self.language, self.directory));
        job
    }

    fn unit(&self, tests: &Tests) -> Job {
        let mut job = self.job("unit", "Unit tests");
        job.minutes = minutes(&tests.limit);
        let mut options = "--junitxml=reports/unit.xml".to_owned();
        if let Some(coverage) = &tests.coverage {
            let measured = format!("--cov={} --cov-report=xml:reports/coverage.xml", coverage.of);
            options = format!("{options} {measured} --cov-fail-under={}", coverage.min);
        }
        job.steps.push(self.tested("unit", "Run the unit tests", &tests.run, &options));
        let reported = self.reports(&tests.run, "unit");
        let coverage = tests.coverage.is_some() && reported.is_some();
        job.steps.push(self.publish("unit", reported, coverage));
        job
    }

    fn integration(&self, integration: &Integration) -> Job {
        let mut job = self.job("integration", "Integration tests");
        self.with_services(&mut job, integration);
        let mut step = self.tested(
            "integration",
            "Run the integration tests",
            &integration.run,
            "--junitxml=reports/integration.xml",
        );
        step.env.extend(variables(integration));
        job.steps.push(step);
        job.steps.push(self.publish("integration", self.reports(&integration.run, "integration"), false));
        job
    }

    /// What other systems rely on, and what this one relies on.
    fn contract(&self) -> Job {
        let mut job = self.job("contract", "Contract tests");
        let services = self.ci.integration.as_ref();
        if let Some(integration) = services {
            self.with_services(&mut job, integration);
        }
        let mut step = commands("contract", "Run the contract tests", &self.ci.contract, self.directory);
        // Several commands would write over each other's report.
        let reported = match self.ci.contract.as_slice() {
            [only] => self.reports(only.as_ref(), "contract"),
            _ => None,
        };
        if reported.is_some() {
            step = step.text("PYTEST_ADDOPTS", "--junitxml=reports/contract.xml");
        }
        step.env.extend(services.map(variables).unwrap_or_default());
        job.steps.push(step);
        let publish = reported.is_some().then(|| self.publish("contract", reported, false));
        job.steps.extend(publish);
        job
    }

    fn openapi(&self, specification: &OpenApi) -> Job {
        let mut job = self.job("openapi", "Compare the specification");
        job.steps[0] = checkout_history();
        match &specification.generate {
            Some(command) => {
                job.steps.push(commands("generate", "Write the specification anew", &[command], self.directory));
            }
            // Nothing of the code is run.
            None => job.steps.truncate(1),
        }
        job.steps.push(fetch(self.system, "oasdiff"));
        let accepted = specification.accepted.as_deref().map(|file| self.inside(file)).unwrap_or_default();
        let step = Step::script("openapi", "Look for what would break clients", "openapi-diff");
        let step = step.text("FILE", self.inside(&specification.file)).env("BASE", Value::Base);
        let step = step.text("GENERATE", specification.generate.as_deref().unwrap_or_default());
        job.steps.push(step.text("ACCEPTED", accepted));
        job
    }

    /// The command, with pytest's report options where it is pytest.
    fn tested(&self, id: &str, title: &str, command: &str, options: &str) -> Step {
        let step = commands(id, title, &[command], self.directory);
        if is_pytest(command) { step.text("PYTEST_ADDOPTS", options) } else { step }
    }

    /// The `JUnit` file that must be there afterwards.
    fn reports(&self, command: &str, name: &str) -> Option<String> {
        is_pytest(command).then(|| self.inside(&format!("reports/{name}.xml")))
    }

    fn inside(&self, path: &str) -> String {
        if self.directory == "." { path.to_owned() } else { format!("{}/{path}", self.directory) }
    }

    fn publish(&self, name: &str, junit: Option<String>, coverage: bool) -> Step {
        let prefix = if self.prefix.is_empty() { String::new() } else { format!("{}-", self.prefix) };
        let coverage = coverage.then(|| self.inside("reports/coverage.xml"));
        let op =
            Op::Reports { name: format!("{prefix}{name}-reports"), folder: self.inside("reports"), junit, coverage };
        Step::new("reports", "Publish the reports", op).when(Guard::when(State::Finished))
    }

    fn with_services(&self, job: &mut Job, integration: &Integration) {
        job.services = integration.services.iter().filter_map(|image| service(self.system, image)).collect();
        let lines = job.services.iter().map(|service| format!("{} localhost {}", service.name, service.port));
        let lines: Vec<String> = lines.collect();
        if !lines.is_empty() {
            let step = Step::script("services", "Wait for the services", "wait-for-services");
            job.steps.push(step.text("SERVICES", lines.join("\n")).text("LIMIT", "120"));
        }
    }
}

/// Whether a command is one of pytest, which is told where to write its reports.
pub(super) fn is_pytest(command: &str) -> bool {
    command.split_whitespace().any(|word| word == "pytest")
}

fn variables(integration: &Integration) -> Vec<(String, Value)> {
    integration.env.iter().map(|(name, value)| (name.clone(), Value::text(value))).collect()
}

/// What is known of the services that tests use: port, settings for throw-away data, and how to see that it is ready.
type Known = (&'static str, u16, &'static [(&'static str, &'static str)], &'static str);

/// From the images' own documentation on Docker Hub (2026-08).
const SERVICES: &[Known] = &[
    ("postgres", 5432, &[("POSTGRES_PASSWORD", "postgres"), ("POSTGRES_DB", "test")], "pg_isready -U postgres"),
    ("redis", 6379, &[], "redis-cli ping"),
    ("rabbitmq", 5672, &[], "rabbitmq-diagnostics -q ping"),
    ("mysql", 3306, &[("MYSQL_ROOT_PASSWORD", "mysql"), ("MYSQL_DATABASE", "test")], "mysqladmin ping -h 127.0.0.1"),
    ("mongo", 27017, &[], "mongosh --quiet --eval 1"),
];

/// The names of the services that are known.
pub fn service_names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|known| known.0)
}

/// The name of a service from its image: `mcr.microsoft.com/x/redis:7` is `redis`.
pub fn service_name(image: &str) -> &str {
    let path = image.split(['@', ':']).next().unwrap_or(image);
    path.rsplit('/').next().unwrap_or(path)
}

fn service(system: System<'_>, image: &str) -> Option<Service> {
    let (name, port, env, ready) = *SERVICES.iter().find(|known| known.0 == service_name(image))?;
    Some(Service { name: name.to_owned(), image: system.catalog.image(image)?, port, env: env.to_vec(), ready })
}

/// The one job that a branch rule needs: it fails unless all others went well. A skipped job would count as passed.
fn verdict(checks: &[Check<'_>], changes: Option<&Job>) -> Job {
    let mut job = Job::new("ci-ok", "All checks passed", 5);
    job.guard = Guard::when(State::Always);
    let mut results = Vec::new();
    let jobs = changes.into_iter().map(|job| (job, None)).chain(checks.iter().map(|check| (&check.job, check.app)));
    for (check, app) in jobs {
        // Only what the list of changes lets out may be skipped.
        let app = app.filter(|_| check.needs.iter().any(|need| need == changes::JOB)).unwrap_or("-");
        results.push((check.id.clone(), format!("{} {app}", check.id)));
        job.needs.push(check.id.clone());
    }
    let step = Step::script("verdict", "Look at the results", "all-passed");
    let mut step = step.env("RESULTS", Value::Results(results));
    if changes.is_some() {
        step = step.env("CHANGED", changes::list());
    }
    job.steps.push(step);
    job
}
