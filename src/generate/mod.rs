//! Whole pipelines from one `siding.yml`: config, plan, policy, the two renderings, and what became of them on disk.

pub mod catalog;
pub mod config;
pub mod drift;
pub mod header;
pub mod only;
pub mod plan;
pub mod planner;
pub mod render;
pub mod schema;
pub mod scripts;
pub mod write;

use std::fmt::Write as _;

use crate::report::{Failure, code};

/// What a config renders.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// The files, without their headers.
    pub files: Vec<render::File>,
    /// The SHA-256 of the config, in hexadecimal digits, with LF as its line ends.
    pub config_sha256: String,
}

/// Renders the config of this name. It joins the reader (`source`), the planner and the two renderings.
///
/// # Errors
/// What the reader finds wrong with the config.
pub fn rendering(name: &str, bytes: &[u8]) -> Result<Rendering, Failure> {
    let bad = |cause: String| Failure::new(&code::BAD_INPUT, format!("`{name}` cannot be used")).because(cause);
    let text = std::str::from_utf8(bytes).map_err(|error| bad(error.to_string()))?;
    let config: config::Config = serde_yaml::from_str(text).map_err(|error| bad(error.to_string()))?;
    let catalog = catalog::Catalog::new(&config);
    let plan = planner::plan(&config, &catalog);
    let mut files = Vec::new();
    for system in &config.render {
        for pipeline in &plan.pipelines {
            let folder = match system {
                config::System::GithubActions => ".github/workflows",
                config::System::AzurePipelines => ".azuredevops",
            };
            let mut body = format!("name: {}\n", render::scalar(&pipeline.title, 0));
            for action in ["actions/checkout", "actions/upload-artifact"] {
                let uses = catalog.uses(action).ok_or_else(|| Failure::bug(format!("`{action}` is not pinned")))?;
                writeln!(body, "- uses: {uses}").expect("a text takes all that is written to it");
            }
            for (stage, job) in pipeline.stages.iter().flat_map(|stage| stage.jobs.iter().map(move |job| (stage, job)))
            {
                writeln!(body, "# {} {}", stage.id, job.id).expect("a text takes all that is written to it");
            }
            files.push(render::File { path: format!("{folder}/{}.yml", pipeline.id), body });
        }
    }
    Ok(Rendering { files, config_sha256: header::sha256(header::lines(text).as_bytes()) })
}
