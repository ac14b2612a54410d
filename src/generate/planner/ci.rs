//! The pipeline that proves a change.

use super::System;
use super::steps::{checkout, commands, dependencies, fetch};

use crate::generate::config::{App, Ci, Each, Integration, Language, Scan, Tests};
use crate::generate::plan::{
    Grant, Guard, Job, Op, Overlap, Pipeline, Scripted, Service, Stage, State, Step, Triggers, Value,
};

/// The pipeline `ci`, when there is anything to prove.
pub(super) fn pipeline(system: System<'_>) -> Option<Pipeline> {
    let config = system.config;
    let mut jobs = Vec::new();
    let language = config.language.as_ref();
    match config.ci.each {
        Each::System => jobs.extend(Checks { system, ci: &config.ci, prefix: "", directory: ".", language }.jobs()),
        Each::App => {
            for (name, app) in config.apps.iter().filter(|(_, app)| app.ci.is_none()) {
                let checks = of_app(system, name, app, &config.ci);
                jobs.extend(checks.jobs());
            }
        }
    }
    for (name, app) in &config.apps {
        if let Some(ci) = &app.ci {
            jobs.extend(of_app(system, name, app, ci).jobs());
        }
    }
    jobs.extend(scans(system));
    if jobs.is_empty() {
        return None;
    }
    jobs.push(verdict(&jobs));
    Some(Pipeline {
        id: "ci",
        title: format!("Check {}", config.name),
        triggers: Triggers { push: system.protected(), pull_request: system.protected(), ..Triggers::default() },
        parameters: Vec::new(),
        overlap: Overlap::Replace,
        stages: vec![Stage { id: "ci".to_owned(), title: "Check".to_owned(), only: Vec::new(), jobs }],
    })
}

fn of_app<'a>(system: System<'a>, name: &'a str, app: &'a App, ci: &'a Ci) -> Checks<'a> {
    let language = app.language.as_ref().or(system.config.language.as_ref());
    Checks { system, ci, prefix: name, directory: &app.path, language }
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
        let op = Op::Reports { name: format!("{prefix}{name}-reports"), junit, coverage };
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

/// The scans of the repository, in one job; the analysis of the code has its own.
fn scans(system: System<'_>) -> Vec<Job> {
    let wanted = &system.config.ci.scan;
    let kinds: [(Scan, &str, &str, &str); 3] = [
        (Scan::Dependencies, "dependencies", "Scan the dependencies", "vuln"),
        (Scan::Secrets, "secrets", "Scan for secrets", "secret"),
        (Scan::Config, "config", "Scan the configuration", "misconfig"),
    ];
    let chosen: Vec<_> = kinds.iter().filter(|(scan, ..)| wanted.contains(scan)).collect();
    let mut jobs = Vec::new();
    if !chosen.is_empty() {
        let mut job = Job::new("scan", "Scan", 15);
        job.grants = vec![Grant::Findings];
        job.steps.push(checkout());
        job.steps.push(fetch(system, "trivy"));
        for (_, name, title, scanners) in &chosen {
            let step = Step::script(*name, *title, "scan").text("NAME", *name).text("SCANNERS", *scanners);
            // Each scan tells its own findings, also when one before it had some.
            let locks = if *scanners == "vuln" { locks(system) } else { Vec::new() };
            let step = step.text("TARGET", ".").text("LOCKS", locks.join(" ")).text("SEVERITY", "HIGH,CRITICAL");
            job.steps.push(step.when(Guard::when(State::Finished)));
        }
        for (_, name, title, _) in &chosen {
            let op = Op::Findings { file: format!("reports/{name}.sarif"), category: (*name).to_owned() };
            let step = Step::new(format!("{name}-findings"), format!("{title}: findings"), op);
            job.steps.push(step.when(Guard::when(State::Finished)));
        }
        jobs.push(job);
    }
    if wanted.contains(&Scan::Licences) {
        jobs.push(licences(system));
    }
    if wanted.contains(&Scan::Code) {
        jobs.extend(code(system));
    }
    jobs
}

/// The licences of what is installed: lock files do not tell them.
fn licences(system: System<'_>) -> Job {
    let mut job = Job::new("licences", "Scan the licences", 15);
    job.grants = vec![Grant::Findings];
    job.steps.push(checkout());
    job.steps.extend(dependencies(system, system.config.language.as_ref(), "."));
    job.steps.push(fetch(system, "trivy"));
    let python = system.config.language.as_ref().is_some_and(|language| language.name() == "python");
    let step =
        Step::script("licences", "Scan the licences", "scan").text("NAME", "licences").text("SCANNERS", "license");
    let step = step.text("KIND", "rootfs").text("TARGET", if python { ".venv" } else { "." });
    job.steps.push(step.text("SEVERITY", "HIGH,CRITICAL"));
    let op = Op::Findings { file: "reports/licences.sarif".to_owned(), category: "licences".to_owned() };
    let findings = Step::new("licences-findings", "Scan the licences: findings", op);
    job.steps.push(findings.when(Guard::when(State::Finished)));
    job
}

/// The lock files of Python, of the whole system.
fn locks(system: System<'_>) -> Vec<&str> {
    let own = system.config.apps.values().filter_map(|app| app.language.as_ref());
    let languages = system.config.language.iter().chain(own).filter(|language| language.name() == "python");
    let mut locks: Vec<&str> = languages.flat_map(|language| language.locks.iter().map(AsRef::as_ref)).collect();
    locks.sort_unstable();
    locks.dedup();
    locks
}

/// The analysis of the code, for each language that is used.
fn code(system: System<'_>) -> Vec<Job> {
    let own = system.config.apps.values().filter_map(|app| app.language.as_ref());
    let mut languages: Vec<&'static str> = Vec::new();
    for language in system.config.language.iter().chain(own) {
        let name = match language.name() {
            "python" => "python",
            "node" => "javascript-typescript",
            "dotnet" => "csharp",
            "java" => "java-kotlin",
            _ => "go",
        };
        if !languages.contains(&name) {
            languages.push(name);
        }
    }
    let job = |language: &&'static str| {
        let mut job = Job::new(format!("code-{language}"), format!("Analyse the code: {language}"), 30);
        job.grants = vec![Grant::Findings];
        job.steps.push(checkout());
        job.steps.push(Step::new("start", "Start the analysis", Op::CodeStart { language }));
        job.steps.push(Step::new("analyse", "Analyse", Op::CodeEnd { language }));
        // On Azure Pipelines the findings stay in Advanced Security, whose status check is a branch policy.
        let verdict = Op::Script(Scripted {
            name: "code-verdict",
            azure: false,
            only: Some(crate::generate::config::System::GithubActions),
        });
        job.steps.push(Step::new("verdict", "Look at the findings", verdict).text("DIRECTORY", "reports/code"));
        job
    };
    languages.iter().map(job).collect()
}

/// The one job that a branch rule needs: it fails unless all others went well. A skipped job would count as passed.
fn verdict(jobs: &[Job]) -> Job {
    let mut job = Job::new("ci-ok", "All checks passed", 5);
    job.needs = jobs.iter().map(|job| job.id.clone()).collect();
    job.guard = Guard::when(State::Always);
    job.steps.push(Step::script("verdict", "Look at the results", "all-passed").env("RESULTS", Value::Results));
    job
}
