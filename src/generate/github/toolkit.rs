//! Our own actions: where they are, and which release of them is used.

use crate::generate::config::Config;
use crate::generate::plan::{Op, Pipeline};
use crate::report::{Failure, code};

/// A release of our actions.
#[derive(Clone, Debug)]
pub(super) struct Toolkit {
    version: String,
    commit: String,
}

/// Whether a pipeline uses one of our tools.
pub(super) fn is_used(pipeline: &Pipeline) -> bool {
    let steps = pipeline.stages.iter().flat_map(|stage| &stage.jobs).flat_map(|job| &job.steps);
    steps.into_iter().any(|step| matches!(step.op, Op::Tool(_)))
}

impl Toolkit {
    /// The release that the config names, or the one that this program is.
    pub(super) fn of(config: &Config) -> Result<Self, Failure> {
        if let Some(toolkit) = &config.toolkit {
            return Ok(Self { version: toolkit.version.clone(), commit: toolkit.commit.clone() });
        }
        // The build of a release says which commit it is made from; a build on somebody's machine does not.
        let commit = option_env!("SIDING_COMMIT").filter(|commit| !commit.is_empty());
        match commit {
            Some(commit) => Ok(Self { version: env!("CARGO_PKG_VERSION").to_owned(), commit: commit.to_owned() }),
            None => Err(Failure::new(&code::BAD_INPUT, "`toolkit` is missing in siding.yml")
                .because("GitHub pins our actions by their commit, and this build of siding is no release that knows its own")
                .fix("name the release that the workflows are to use: `toolkit: {version: 1.2.3, commit: COMMIT}`")),
        }
    }

    /// What stands behind `uses:` for one of our tools.
    pub(super) fn uses(&self, tool: &str) -> String {
        format!("{}@{} # v{}", action(tool), self.commit, self.version)
    }
}

/// The name of a tool's action: a folder of our repository.
pub(super) fn action(tool: &str) -> String {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let name = repository.strip_prefix("https://github.com/").unwrap_or(repository);
    format!("{name}/actions/{tool}")
}
