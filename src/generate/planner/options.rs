//! What a repository's plan does not pay for is done in another way.

use crate::generate::config::{Config, Findings};
use crate::generate::plan::{Grant, Job, Op, Reader};

/// The days that findings are kept in an artifact.
const KEPT: u16 = 30;

/// Puts the findings of a job into an artifact, where the config says so.
pub(super) fn apply(config: &Config, job: &mut Job) {
    if config.findings == Findings::Artifact {
        for step in &mut job.steps {
            if let Op::Findings { file, category } = &step.op {
                step.op = Op::Upload {
                    name: format!("findings-{category}"),
                    path: file.clone(),
                    days: KEPT,
                    reader: Reader::ByName,
                };
            }
        }
        job.grants.retain(|grant| *grant != Grant::Findings);
    }
}
