//! The stage that builds once what every environment gets. What builds runs code of others, so it has no identity; what
//! attests has one, and gets what was built with its hash.

use super::steps::{checkout_history, commands, dependencies, fetch, package_file};
use super::{System, groups};
use crate::generate::config::{App, Language, Packaging, Scan};
use crate::generate::plan::{Condition, Grant, Job, Op, Reader, Stage, Step, Value};

/// The days that the package and the record of a release are kept: as long as one may want to go back to it. A roll-back needs both.
pub(super) const KEPT: u16 = 90;

/// The stage, or nothing where only images are deployed that were built before.
pub(super) fn stage(system: System<'_>, operations: &[&'static str]) -> Stage {
    let config = system.config;
    let packages = groups(config);
    let built = packages.iter().flat_map(super::Group::built);
    let jobs = built.flat_map(|(name, app)| std::iter::once(package(system, name, app)).chain(attested(system, name)));
    Stage {
        id: "build".to_owned(),
        title: "Build".to_owned(),
        only: vec![Condition::Operation(operations.to_vec())],
        jobs: jobs.chain(super::manifests::job(system)).collect(),
    }
}

/// The id of the job that builds an app.
pub(super) fn job_id(app: &str) -> String {
    format!("build-{app}")
}

fn attest_id(app: &str) -> String {
    format!("attest-{app}")
}

/// The jobs after which an app's package may be deployed.
pub(super) fn ready(system: System<'_>, app: &str) -> Vec<String> {
    std::iter::once(job_id(app)).chain(system.config.attest.then(|| attest_id(app))).collect()
}

/// The artifact that holds an app's package.
pub(super) fn artifact(app: &str) -> String {
    format!("package-{app}")
}

fn package(system: System<'_>, name: &str, app: &App) -> Job {
    let mut job = Job::new(job_id(name), format!("Build {name}"), 20);
    job.steps.push(checkout_history());
    job.steps.push(Step::script("describe", "Describe the build", "describe"));
    let language = app.language.as_ref().or(system.config.language.as_ref());
    let needs_tools = !app.build.is_empty() || language.is_some_and(vendored);
    if needs_tools {
        job.steps.extend(dependencies(system, language, &app.path));
    }
    if !app.build.is_empty() {
        job.steps.push(commands("build", "Build", &app.build, &app.path));
    }
    job.steps.push(pack(name, app, language));
    if let Some(file) = bill(system, name) {
        job.steps.push(fetch(system, "trivy"));
        let step = Step::script("sbom", "List what is in it", "sbom").text("KIND", "fs").text("TARGET", &app.path);
        let locks = language.map(runtime_locks).unwrap_or_default();
        job.steps.push(step.text("LOCKS", locks.join(" ")).text("FILE", &file));
    }
    let upload = Op::Upload { name: artifact(name), path: "dist".to_owned(), days: KEPT, reader: Reader::ByName };
    job.steps.push(Step::new("upload", "Keep the package", upload));
    job
}

/// The bill of materials of a package, where there is one.
fn bill(system: System<'_>, name: &str) -> Option<String> {
    system.config.ci.scan.contains(&Scan::Sbom).then(|| format!("dist/{name}.sbom.json"))
}

/// The package of an app of this run, with the hash that its build told.
pub(super) fn fetched(app: &str) -> Vec<Step> {
    let download = Op::Download { name: artifact(app), to: "dist".to_owned() };
    vec![
        Step::new(format!("{app}-download"), format!("Get the package of {app}"), download),
        same(format!("{app}-verify"), &package_file(app), Value::of(job_id(app), "package", "sha256")),
    ]
}

/// The check that a file is the one whose hash a build told.
pub(super) fn same(id: impl Into<String>, file: &str, expected: Value) -> Step {
    let step = Step::script(id, "Check that it is the one that was built", "verify-artifact");
    step.text("FILE", file).env("EXPECTED", expected)
}

/// The job that attests a package, where the config says so.
fn attested(system: System<'_>, name: &str) -> Option<Job> {
    if !system.config.attest {
        return None;
    }
    let mut job = Job::new(attest_id(name), format!("Attest where {name} came from"), 10);
    job.needs = vec![job_id(name)];
    job.grants = vec![Grant::Attest];
    job.steps.extend(fetched(name));
    let sbom = bill(system, name);
    if let Some(file) = &sbom {
        job.steps.push(same("sbom-verify", file, Value::of(job_id(name), "sbom", "sha256")));
    }
    job.steps.push(Step::new("attest", "Attest where it came from", Op::Attest { file: package_file(name), sbom }));
    Some(job)
}

fn pack(name: &str, app: &App, language: Option<&Language>) -> Step {
    let mode = match (&app.output, language) {
        (Some(_), _) => "folder",
        (None, Some(language)) if vendored(language) => "vendored",
        _ => "tree",
    };
    let locks: Vec<&str> = language.map(runtime_locks).unwrap_or_default();
    let include = app.include.iter().map(AsRef::as_ref).chain(locks.iter().copied());
    let include: Vec<&str> = include.collect();
    Step::script("package", "Package", "package")
        .text("MODE", mode)
        .inside(&app.path)
        .text("INCLUDE", if app.include.is_empty() { String::new() } else { include.join("\n") })
        .text("FOLDER", app.output.as_deref().unwrap_or_default())
        .text("LOCKS", locks.join(" "))
        .text("FILE", package_file(name))
}

/// The lock files that the running app and its migrations need: not those for development.
pub(super) fn runtime_locks(language: &Language) -> Vec<&str> {
    let all = language.locks.iter().map(AsRef::as_ref);
    all.filter(|lock: &&str| language.name() == "python" && !lock.contains("dev")).collect()
}

fn vendored(language: &Language) -> bool {
    language.name() == "python" && language.package == Packaging::Vendored
}
