//! The rendering for Azure Pipelines: one pipeline of the plan becomes one file, which is read back and compared.

mod condition;
mod expression;
mod lower;
mod project;
mod steps;
mod verify;
mod view;

pub use project::left_out;

use self::project::Here;
use crate::generate::config::Config;
use crate::generate::plan::{Pipeline, Plan};
use crate::generate::render::File;
use crate::report::Failure;

/// The file of a pipeline, `.azuredevops/<id>.yml`.
///
/// # Errors
/// `SID0000` with the place, when the plan holds what Azure Pipelines cannot express, or when the rendering does not
/// say what the plan says.
pub fn pipeline(plan: &Plan, pipeline: &Pipeline, config: &Config) -> Result<File, Failure> {
    let here = Here::of(pipeline, config.repository);
    let body = lower::pipeline(&here, config)?;
    verify::verify(&body, &here, &plan.name)?;
    Ok(File { path: format!(".azuredevops/{}.yml", pipeline.id), body })
}
