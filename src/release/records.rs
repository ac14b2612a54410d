//! Where the record of a release goes: a file, the run on Azure Pipelines, a deployment on GitHub.
//!
//! Once a release has begun, trouble with its record is a warning: it must never change how a release ends.

use std::time::Instant;

use serde_json::Value;

use super::Plan;
#[cfg(feature = "records")]
use super::on_github::OnGitHub;
use super::record::{Ending, Facts, record};
use super::run::Released;
use crate::ci::{Job, Level};
use crate::report::{Failure, Fix};
use crate::tools::Stage;
use crate::tools::zip_deploy::Packed;

/// The title of every warning about records.
const TITLE: &str = "deployment record";
/// The type and the name of the attachment, by which Azure DevOps' REST API finds it.
const ATTACHMENT: (&str, &str) = ("siding.release", "record.json");

/// The record of one release, from its beginning.
pub(super) struct Records<'a> {
    stage: Stage<'a>,
    plan: &'a Plan,
    id: String,
    started: String,
    start: Instant,
    #[cfg(feature = "records")]
    github: Option<OnGitHub<'a>>,
}

impl<'a> Records<'a> {
    /// Gets ready. Nothing is sent or written yet.
    ///
    /// # Errors
    /// `SID0001` when a token is given that cannot be used here: better known before anything is done.
    pub(super) fn begin(stage: Stage<'a>, plan: &'a Plan) -> Result<Self, Failure> {
        Ok(Self {
            stage,
            plan,
            id: crate::world::random_name()?,
            started: stage.world.clock.timestamp(),
            start: stage.world.clock.start(),
            #[cfg(feature = "records")]
            github: OnGitHub::begin(stage, plan)?,
        })
    }

    /// The run's id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// There is a package; from here on, others may see that a release is under way.
    #[cfg_attr(
        not(feature = "records"),
        expect(clippy::unused_async, reason = "without records there is nobody to tell")
    )]
    pub(super) async fn open(&mut self, packed: &Packed) {
        #[cfg(feature = "records")]
        if let Some(github) = &mut self.github {
            github.open(&self.id, &packed.package.sha256).await;
        }
        #[cfg(not(feature = "records"))]
        let _ = packed;
    }

    /// Writes the record wherever it goes, and says where.
    #[cfg_attr(
        not(feature = "records"),
        expect(clippy::unused_async, reason = "without records there is nobody to tell")
    )]
    pub(super) async fn end(self, released: &mut Released) {
        let (world, host) = (self.stage.world, self.stage.host);
        let facts = Facts {
            id: self.id,
            started: self.started,
            ended: world.clock.timestamp(),
            milliseconds: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
            system: host.name(),
            job: Job::of(&world.env),
        };
        #[cfg_attr(not(feature = "records"), expect(unused_mut, reason = "GitHub's part is not in this build"))]
        let mut record = record(self.plan, released, &facts);
        let mut places = Vec::new();
        #[cfg(feature = "records")]
        if let Some(github) = self.github {
            let told = github.close(&record, released.failure.as_ref()).await;
            places.extend(told.sentence());
            record["github"] = told.data();
        }
        places.extend(keep(self.stage, self.plan, &record));
        if Ending::of(released.failure.as_ref()) == Ending::Succeeded {
            places.extend(
                host.tag_run(&format!("deployed-{}", self.plan.environment)).map(|tag| format!("run tag {tag}")),
            );
        }
        if !places.is_empty() {
            released.row("record", places.join(", "));
        }
        released.set_record(record);
    }
}

/// The file and the attachment, as far as they are wanted; what was written, in a few words each.
fn keep(stage: Stage<'_>, plan: &Plan, record: &Value) -> Vec<String> {
    let text = format!("{record:#}\n");
    let mut places = Vec::new();
    if let Some(path) = &plan.record {
        match stage.world.files.write(path, &text) {
            Ok(()) => places.push(path.display().to_string()),
            Err(trouble) => warn(stage, &trouble),
        }
    }
    let (kind, name) = ATTACHMENT;
    match stage.host.attach(kind, name, &text) {
        Ok(true) => places.push(format!("attachment {kind}/{name}")),
        Ok(false) => {}
        Err(trouble) => warn(stage, &trouble),
    }
    places
}

/// A warning with everything that its reader needs: nothing else is printed of it.
pub(super) fn warn(stage: Stage<'_>, trouble: &Failure) {
    let mut lines = vec![trouble.what.clone()];
    lines.extend(trouble.causes.iter().map(|cause| format!("because {cause}")));
    lines.extend(trouble.fixes.iter().map(|fix| match fix {
        Fix::Say(text) | Fix::Run(text) => format!("to do: {text}"),
    }));
    let ids: Vec<String> = trouble.facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if !ids.is_empty() {
        lines.push(ids.join(", "));
    }
    lines.push("this changes nothing about the release".to_owned());
    stage.host.annotate(Level::Warning, TITLE, &lines.join(";\n"));
}
