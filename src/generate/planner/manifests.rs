//! What deployments to AKS get beside images: the manifests, and the code of migrations. Their jobs see no repository.

use super::build::{KEPT, runtime_locks, same};
use super::steps::{checkout, package_file};
use super::{System, groups};
use crate::generate::config::App;
use crate::generate::plan::{Job, Op, Reader, Step, Value};

/// The job that packs them.
pub(super) const JOB: &str = "build-manifests";
/// Its artifact.
pub(super) const ARTIFACT: &str = "package-manifests";
const FILE: &str = "dist/manifests.zip";
/// Where the manifests are unpacked.
const FOLDER: &str = "manifests";

/// The job that packs the manifests, where there are any.
pub(super) fn job(system: System<'_>) -> Option<Job> {
    let roots = roots(system);
    if roots.is_empty() {
        return None;
    }
    let mut job = Job::new(JOB, "Pack the manifests", 10);
    job.steps.push(checkout());
    job.steps.push(Step::script("describe", "Describe the build", "describe"));
    let pack = |id: &str, title: &str| Step::script(id, title, "package").text("MODE", "tree");
    let step = pack("package", "Pack the manifests").text("DIRECTORY", ".").text("INCLUDE", roots.join("\n"));
    job.steps.push(step.text("FILE", FILE));
    for (name, app) in migrating(system) {
        let step = pack(&format!("{name}-package"), &format!("Pack the migrations of {name}"));
        let step = step.text("DIRECTORY", &app.path).text("INCLUDE", content(system, app).join("\n"));
        job.steps.push(step.text("FILE", package_file(name)));
    }
    let upload = Op::Upload { name: ARTIFACT.to_owned(), path: "dist".to_owned(), days: KEPT, reader: Reader::ByName };
    job.steps.push(Step::new("upload", "Keep them", upload));
    Some(job)
}

/// The apps on AKS that migrate a database.
fn migrating(system: System<'_>) -> impl Iterator<Item = (&str, &App)> {
    groups::images(system.config).into_iter().filter(|(_, app)| app.migrate.is_some())
}

/// What a migration needs of its app: what the config names, or all of it.
fn content<'a>(system: System<'a>, app: &'a App) -> Vec<&'a str> {
    if app.include.is_empty() {
        return vec!["."];
    }
    let language = app.language.as_ref().or(system.config.language.as_ref());
    app.include.iter().map(AsRef::as_ref).chain(language.map(runtime_locks).unwrap_or_default()).collect()
}

/// The folders that hold every overlay and, as Kustomize's users lay them out, the bases beside them:
/// `k8s/overlays/production` is in `k8s`.
fn roots(system: System<'_>) -> Vec<&str> {
    let overlays = system.config.environments.values().filter_map(|environment| environment.manifests.as_deref());
    let mut roots: Vec<&str> = overlays.map(root).collect();
    roots.sort_unstable();
    roots.dedup();
    let all = roots.clone();
    roots.retain(|root| !all.iter().any(|other| root.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))));
    roots
}

fn root(overlay: &str) -> &str {
    let overlay = overlay.trim_end_matches('/');
    let Some((folder, _)) = overlay.rsplit_once('/') else { return overlay };
    match folder.rsplit_once('/') {
        Some((above, "overlays")) => above,
        _ => folder,
    }
}

/// The steps that get what was packed; migrations come along.
pub(super) fn fetched(system: System<'_>) -> Vec<Step> {
    let verify = |id: String, file: &str, step: &str| same(id, file, Value::of(JOB, step, "sha256"));
    let download = Op::Download { name: ARTIFACT.to_owned(), to: "dist".to_owned() };
    let mut steps = vec![
        Step::new("manifests-download", "Get the manifests", download),
        verify("manifests-verify".to_owned(), FILE, "package"),
    ];
    for (name, _) in migrating(system) {
        steps.push(verify(format!("{name}-verify"), &package_file(name), &format!("{name}-package")));
    }
    steps.push(unpack());
    steps
}

/// Unpacks the manifests.
pub(super) fn unpack() -> Step {
    let unpack = Step::script("manifests-unpack", "Unpack the manifests", "unpack");
    unpack.text("FILE", FILE).text("DIRECTORY", FOLDER)
}

/// An overlay where it was unpacked.
pub(super) fn overlay(folder: &str) -> String {
    format!("{FOLDER}/{}", folder.trim_end_matches('/'))
}

/// The tree of the commit: two commits with one tree hold the same files.
pub(super) fn tree() -> Value {
    Value::of(JOB, "describe", "tree")
}
