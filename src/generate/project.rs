//! One `siding.yml`, read, planned and rendered: the way from bytes to files.

use serde_json::Value;

use super::catalog::Catalog;
use super::config::{self, Config, System};
use super::plan::Plan;
use super::render::File;
use super::source::{Document, Problem};
use super::{azure_pipelines, github, planner, policy, semantics};
use crate::report::Failure;

/// A config without contradictions, and what it leads to.
#[derive(Clone, Debug)]
pub struct Project {
    /// What the team wrote.
    pub config: Config,
    /// The same as data, without what the team left to us.
    pub given: Value,
    /// What runs.
    pub plan: Plan,
}

/// The JSON schema of a `siding.yml`, draft 2020-12.
pub fn schema() -> Value {
    schemars::schema_for!(Config).to_value()
}

impl Project {
    /// Reads, checks and plans. `name` is for messages.
    ///
    /// # Errors
    /// `SID0701` with every problem and its place; `SID0702` when the plan breaks a rule.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Failure> {
        let document = Document::read(name, bytes)?;
        let given = document
            .check(&schema(), &|format, text| config::check(format, text))
            .map_err(|problems| document.failure(problems))?;
        let config: Config = serde_json::from_value(given.clone())
            .map_err(|error| Failure::bug(format!("`{name}` fits the schema and cannot be read: {error}")))?;
        let catalog = Catalog::new(&config);
        let complaints = semantics::check(&config, &catalog);
        if !complaints.is_empty() {
            let problem = |complaint: semantics::Complaint| -> Problem {
                document.problem(&complaint.path, complaint.message, Some(complaint.cure))
            };
            return Err(document.failure(complaints.into_iter().map(problem).collect()));
        }
        let plan = planner::plan(&config, &catalog);
        policy::check(&config, &plan)?;
        Ok(Self { config, given, plan })
    }

    /// The files of both renderings, without their headers, in the order of the config and the plan.
    ///
    /// # Errors
    /// `SID0001` when nothing says of which release our own tools are.
    pub fn files(&self) -> Result<Vec<File>, Failure> {
        let mut files = Vec::new();
        for system in &self.config.render {
            for pipeline in &self.plan.pipelines {
                files.push(match system {
                    System::GithubActions => github::workflow(&self.plan, pipeline, &self.config)?,
                    System::AzurePipelines => azure_pipelines::pipeline(&self.plan, pipeline, &self.config)?,
                });
            }
            if *system == System::GithubActions {
                files.extend(github::extras(&self.config)?);
            }
        }
        Ok(files)
    }
}
