//! Whole pipelines from one `siding.yml`: config, plan, policy, the two renderings, and what became of them on disk.

pub mod azure_pipelines;
pub mod catalog;
pub mod config;
pub mod drift;
pub mod github;
pub mod header;
pub mod only;
pub mod plan;
pub mod planner;
pub mod policy;
mod project;
pub mod render;
pub mod schema;
pub mod scripts;
pub mod semantics;
pub mod source;
pub mod write;

pub use project::Project;

use crate::report::Failure;

/// What a config renders.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// The files, without their headers.
    pub files: Vec<render::File>,
    /// The SHA-256 of the config, in hexadecimal digits, with LF as its line ends.
    pub config_sha256: String,
}

/// Renders the config of this name.
///
/// # Errors
/// What is wrong with the config.
pub fn rendering(name: &str, bytes: &[u8]) -> Result<Rendering, Failure> {
    let files = Project::read(name, bytes)?.files()?;
    // What reads as UTF-8 is known by now.
    let text = String::from_utf8_lossy(bytes);
    Ok(Rendering { files, config_sha256: header::sha256(header::lines(&text).as_bytes()) })
}
