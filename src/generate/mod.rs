//! Whole pipelines from one `siding.yml`: config, plan, policy, the two renderings, and what became of them on disk.

pub mod azure_pipelines;
pub mod catalog;
pub mod config;
pub mod github;
pub mod plan;
pub mod planner;
pub mod policy;
mod project;
pub mod render;
pub mod scripts;
pub mod semantics;
pub mod source;

pub use project::{Project, schema};
