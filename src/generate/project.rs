//! One `siding.yml`, read, planned and rendered: the way from bytes to files.

use std::panic::resume_unwind;
use std::thread;

use serde_json::Value;

use super::catalog::Catalog;
use super::config::{self, Config, System};
use super::plan::Plan;
use super::render::File;
use super::source::{Document, Problem};
use super::{azure_pipelines, github, planner, policy, schema, semantics};
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

impl Project {
    /// Reads, checks and plans. `name` is for messages.
    ///
    /// # Errors
    /// `SID0701` with every problem and its place; `SID0702` when the plan breaks a rule.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Failure> {
        let document = Document::read(name, bytes)?;
        let given = document
            .check(&schema::schema(), &|format, text| config::check(format, text))
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

    /// The files of both renderings, without their headers, in the order of the config and the plan. Each system is
    /// rendered on a thread of its own; what fails first in that order is told, whatever failed first in time.
    ///
    /// # Errors
    /// `SID0001` when nothing says of which release our own tools are.
    pub fn files(&self) -> Result<Vec<File>, Failure> {
        let systems = &self.config.render;
        let all: Vec<Result<Vec<File>, Failure>> = thread::scope(|scope| {
            let others = systems.iter().skip(1).map(|system| scope.spawn(move || self.files_for(*system)));
            let others: Vec<_> = others.collect();
            let first = systems.first().map(|system| self.files_for(*system));
            let others = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            first.into_iter().chain(others).collect()
        });
        Ok(all.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn files_for(&self, system: System) -> Result<Vec<File>, Failure> {
        let Self { plan, config, .. } = self;
        let render = match system {
            System::GithubActions => github::workflow,
            System::AzurePipelines => azure_pipelines::pipeline,
        };
        let mut files =
            plan.pipelines.iter().map(|pipeline| render(plan, pipeline, config)).collect::<Result<Vec<_>, _>>()?;
        if system == System::GithubActions {
            files.extend(github::extras(config)?);
        }
        Ok(files)
    }
}
