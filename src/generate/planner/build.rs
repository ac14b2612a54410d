//! The stage that builds once what every environment gets.

use super::steps::{checkout_history, commands, dependencies, fetch, package_file};
use super::{System, groups};
use crate::generate::config::{App, Language, Packaging, Scan};
use crate::generate::plan::{Condition, Grant, Job, Op, Stage, Step};

/// The days that a package is kept: as long as one may want to go back to it.
pub(super) const KEPT: u16 = 30;

/// The stage, or nothing where only images are deployed that were built before.
pub(super) fn stage(system: System<'_>, operations: &[&'static str]) -> Stage {
    let config = system.config;
    let packages = groups(config);
    let jobs = packages.iter().flat_map(super::Group::built).map(|(name, app)| package(system, name, app));
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

/// The artifact that holds an app's package.
pub(super) fn artifact(app: &str) -> String {
    format!("package-{app}")
}

fn package(system: System<'_>, name: &str, app: &App) -> Job {
    let mut job = Job::new(job_id(name), format!("Build {name}"), 20);
    job.grants = vec![Grant::Attest];
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
    let sbom = system.config.ci.scan.contains(&Scan::Sbom).then(|| format!("dist/{name}.sbom.json"));
    if let Some(file) = &sbom {
        job.steps.push(fetch(system, "trivy"));
        let step = Step::script("sbom", "List what is in it", "sbom").text("KIND", "fs").text("TARGET", &app.path);
        let locks = language.map(runtime_locks).unwrap_or_default();
        job.steps.push(step.text("LOCKS", locks.join(" ")).text("FILE", file));
    }
    job.steps.push(Step::new("attest", "Attest where it came from", Op::Attest { file: package_file(name), sbom }));
    let upload = Op::Upload { name: artifact(name), path: "dist".to_owned(), days: KEPT };
    job.steps.push(Step::new("upload", "Keep the package", upload));
    job
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
