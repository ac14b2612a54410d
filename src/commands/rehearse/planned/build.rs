//! What stands in for the jobs that build: the user's folder as the package of every app, with the outputs that they tell.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::jobs::Course;
use super::values::{COMMIT, Outputs};
use crate::commands::rehearse::app::App;
use crate::commands::rehearse::stage::BUILD_INFO;
use crate::generate::plan::{Job, Op, Step, Value};
use crate::package;
use crate::report::Failure;
use crate::tools::{Stage, zip_deploy};
use crate::world::Files;

/// The commit that is in production before.
const PREVIOUS_COMMIT: &str = "0000000000000000000000000000000000000001";
/// The file that holds the release before.
const PREVIOUS: &str = "previous.zip";
/// The folder of the artifacts of this run.
const ARTIFACTS: &str = "artifacts";

/// The artifacts of the run, and the package of an earlier one.
pub(super) struct Builds {
    folder: PathBuf,
    files: Files,
    /// The files of each artifact, by its name.
    artifacts: BTreeMap<String, Vec<String>>,
}

impl Builds {
    /// Packages the app for each job that builds one, tells what these would tell, and packages the release before.
    pub(super) async fn make(
        stage: Stage<'_>,
        (course, app): (&Course<'_>, &App),
        folder: &Path,
        outputs: &mut Outputs,
    ) -> Result<Self, Failure> {
        let files = stage.world.files.clone();
        let mut builds = Self { folder: folder.to_owned(), files, artifacts: BTreeMap::new() };
        let packed = pack(stage, app, (&app.version, COMMIT)).await?;
        for job in course.needed() {
            let Some((step, file)) = job.steps.iter().find_map(|step| Some((step, packages(step)?))) else {
                stage.host.line(&format!("not rehearsed: job `{}`: {}: {}", job.id, job.title, why(job)));
                continue;
            };
            let mut tell = |step: &Step, name: &str, value: &str| {
                outputs.insert((job.id.clone(), step.id.clone(), name.to_owned()), value.to_owned());
            };
            tell(step, "sha256", &packed.package.sha256);
            for step in job.steps.iter().filter(|step| runs(step, "describe")) {
                let told = [("version", app.version.as_str()), ("commit", COMMIT), ("tree", COMMIT), ("change", "")];
                for (name, value) in told {
                    tell(step, name, value);
                }
                tell(step, "committed-at", &stage.world.clock.timestamp());
            }
            for step in &job.steps {
                if let Op::Upload { name, .. } = &step.op {
                    builds.keep(name, base(file), &packed.package.path)?;
                }
            }
        }
        let previous = pack(stage, app, (&app.previous_version(), PREVIOUS_COMMIT)).await?;
        builds.files.copy(&previous.package.path, &builds.previous())?;
        Ok(builds)
    }

    /// The package of the release before.
    pub(super) fn previous(&self) -> PathBuf {
        self.folder.join(PREVIOUS)
    }

    /// Copies the files of an artifact into a folder.
    pub(super) fn download(&self, name: &str, to: &Path) -> Result<(), Failure> {
        let copy = |file: &String| self.files.copy(&self.artifact(name).join(file), &to.join(file));
        self.listed(name)?.iter().try_for_each(copy)
    }

    /// Puts the release before where a step wants the same artifact of an earlier run.
    pub(super) fn download_previous(&self, name: &str, to: &Path) -> Result<(), Failure> {
        self.listed(name)?.iter().try_for_each(|file| self.files.copy(&self.previous(), &to.join(file)))
    }

    /// Keeps a file of the run.
    pub(super) fn keep(&mut self, name: &str, file: &str, from: &Path) -> Result<(), Failure> {
        self.files.copy(from, &self.artifact(name).join(file))?;
        self.artifacts.entry(name.to_owned()).or_default().push(file.to_owned());
        Ok(())
    }

    fn listed(&self, name: &str) -> Result<&[String], Failure> {
        let files = self.artifacts.get(name).map(Vec::as_slice);
        files.ok_or_else(|| Failure::bug(format!("no job of the plan that was rehearsed keeps the artifact `{name}`")))
    }

    fn artifact(&self, name: &str) -> PathBuf {
        self.folder.join(ARTIFACTS).join(name)
    }
}

async fn pack(stage: Stage<'_>, app: &App, build: (&str, &str)) -> Result<zip_deploy::Packed, Failure> {
    let info = serde_json::json!({"version": build.0, "commit": build.1}).to_string().into_bytes();
    let options = package::Options { exclude: Vec::new(), extra: vec![(BUILD_INFO.to_owned(), info)] };
    zip_deploy::pack(stage, package::plan(&app.folder, &options)?).await
}

/// The file that a step packages an app into.
fn packages(step: &Step) -> Option<&str> {
    let file = step.env.iter().find(|(name, _)| runs(step, "package") && name == "FILE")?;
    match &file.1 {
        Value::Text(file) => Some(file),
        _ => None,
    }
}

fn runs(step: &Step, script: &str) -> bool {
    matches!(&step.op, Op::Script(scripted) if scripted.name == script)
}

/// The last part of a path.
pub(super) fn base(file: &str) -> &str {
    file.rsplit_once('/').map_or(file, |(_, base)| base)
}

/// Why a job that builds nothing is left out.
fn why(job: &Job) -> &'static str {
    if job.steps.iter().any(|step| runs(step, "commands")) {
        "the team's own commands against what was deployed"
    } else {
        "it builds no package"
    }
}
