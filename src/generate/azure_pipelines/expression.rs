//! Values as Azure Pipelines spells them: macros in `env` and inputs, terms in conditions, variables of the job for what
//! only an expression can tell.

use indexmap::IndexMap;

use super::project::Here;
use crate::generate::plan::{Job, Op, Stage, Step, Value};
use crate::report::Failure;
use crate::spec::camel_case;

/// Where an expression stands, which decides what it can see.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Level {
    /// The condition of a stage: results and outputs of stages.
    Stage,
    /// The condition or a variable of a job: results and outputs of jobs.
    Job,
    /// The condition of a step: variables only.
    Step,
}

/// A job in its place, and the variables that its steps turned out to need.
pub(super) struct Scope<'a> {
    pub(super) here: &'a Here<'a>,
    pub(super) stage: &'a Stage,
    pub(super) job: &'a Job,
    pub(super) variables: IndexMap<String, String>,
}

/// An id of the plan as Azure Pipelines takes it: letters, digits and underscores.
pub(super) fn identifier(id: &str) -> String {
    id.replace('-', "_")
}

/// A text as a literal of an expression.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What a person chose, when the pipeline is compiled. The blank that stands for nothing in the form is taken off.
pub(super) fn parameter(id: &str) -> String {
    format!("trim(parameters.{})", camel_case(id))
}

/// The branch or tag without `refs/heads/`. `Build.SourceBranchName` is only its last part.
const BRANCH: &str = "replace(replace(variables['Build.SourceBranch'], 'refs/heads/', ''), 'refs/tags/', '')";
/// GitHub's pull requests name the branch, those of Azure Repos its ref.
const BASE: &str = "format('origin/{0}', replace(variables['System.PullRequest.TargetBranch'], 'refs/heads/', ''))";

impl<'a> Scope<'a> {
    pub(super) fn new(here: &'a Here<'a>, stage: &'a Stage, job: &'a Job) -> Self {
        Self { here, stage, job, variables: IndexMap::new() }
    }

    /// A value in `env` or in an input.
    ///
    /// # Errors
    /// When a text holds what Azure Pipelines would take for an expression, or an output is of an unknown step.
    pub(super) fn text(&mut self, value: &Value) -> Result<String, Failure> {
        Ok(match value {
            Value::Text(text) => {
                if text.contains("${{") || text.contains("$[") {
                    return Err(self.bug(&format!("`{text}` holds what Azure Pipelines takes for an expression")));
                }
                text.clone()
            }
            Value::Variable(name) => format!("$({name})"),
            Value::Secret(name) => format!("$({name})"),
            Value::Parameter(id) => format!("${{{{ {} }}}}", parameter(id)),
            Value::Commit => "$(Build.SourceVersion)".to_owned(),
            Value::PullRequest => "$(System.PullRequest.PullRequestId)".to_owned(),
            Value::RunId => "$(Build.BuildId)".to_owned(),
            // The id of the project, because a name may hold blanks.
            Value::RunUrl => {
                "$(System.CollectionUri)$(System.TeamProjectId)/_build/results?buildId=$(Build.BuildId)".to_owned()
            }
            Value::Actor => "$(Build.RequestedFor)".to_owned(),
            Value::Token => "$(System.AccessToken)".to_owned(),
            Value::JobStatus => "$(Agent.JobStatus)".to_owned(),
            Value::Output { .. } | Value::Branch | Value::Base => format!("$({})", self.variable(value)?),
            Value::Results(jobs) => {
                let line = |(job, text): &(String, String)| Ok(format!("{text} $({})", self.result_variable(job)?));
                jobs.iter().map(line).collect::<Result<Vec<_>, Failure>>()?.join("\n")
            }
            Value::Joined(parts) => parts.iter().map(|part| self.text(part)).collect::<Result<Vec<_>, _>>()?.concat(),
        })
    }

    /// A value in an expression.
    ///
    /// # Errors
    /// When there is no such value at this place.
    pub(super) fn term(&mut self, value: &Value, level: Level) -> Result<String, Failure> {
        let seen = |name: &str| format!("variables['{name}']");
        Ok(match value {
            Value::Text(text) => literal(text),
            Value::Variable(name) => seen(name),
            Value::Commit => seen("Build.SourceVersion"),
            Value::PullRequest => seen("System.PullRequest.PullRequestId"),
            Value::RunId => seen("Build.BuildId"),
            Value::Actor => seen("Build.RequestedFor"),
            Value::JobStatus => seen("Agent.JobStatus"),
            Value::Joined(parts) => {
                let terms = parts.iter().map(|part| self.term(part, level)).collect::<Result<Vec<_>, _>>()?;
                let holes: Vec<String> = (0..terms.len()).map(|index| format!("{{{index}}}")).collect();
                format!("format('{}', {})", holes.concat(), terms.join(", "))
            }
            Value::Secret(_) | Value::Token | Value::RunUrl | Value::Parameter(_) => {
                return Err(self.bug("a condition looks at a value that it must not or cannot see"));
            }
            Value::Output { .. } | Value::Branch | Value::Base if level == Level::Step => seen(&self.variable(value)?),
            Value::Output { job, step, name } => {
                let job = job.as_deref().ok_or_else(|| self.bug("a job's condition looks at its own steps"))?;
                self.output(job, step, name, level)?
            }
            Value::Branch => BRANCH.to_owned(),
            Value::Base => BASE.to_owned(),
            Value::Results(_) => return Err(self.bug("results of jobs are asked by conditions of their own")),
        })
    }

    /// The name of the variable that holds the value in this job.
    fn variable(&mut self, value: &Value) -> Result<String, Failure> {
        let (name, expression) = match value {
            Value::Output { job: None, step, name } => {
                let step = self.step(self.job, step)?;
                return Ok(format!("{}.{}", identifier(&step.id), output_name(step, name)));
            }
            Value::Output { job: Some(job), step, name } => {
                let (_, producer) = self.find(job)?;
                let output = output_name(self.step(producer, step)?, name);
                let variable = format!("needs.{}.{}.{output}", identifier(job), identifier(step));
                (variable, self.output(job, step, name, Level::Job)?)
            }
            Value::Branch => ("run.branch".to_owned(), BRANCH.to_owned()),
            _ => ("run.base".to_owned(), BASE.to_owned()),
        };
        self.variables.insert(name.clone(), format!("$[ {expression} ]"));
        Ok(name)
    }

    /// The name of the variable that holds how that job ended.
    pub(super) fn result_variable(&mut self, job: &str) -> Result<String, Failure> {
        let name = format!("result.{}", identifier(job));
        let expression = self.result(job)?;
        self.variables.insert(name.clone(), format!("$[ {expression} ]"));
        Ok(name)
    }

    /// How a job ended, in the condition of a job; nothing when its stage was skipped.
    pub(super) fn result(&self, job: &str) -> Result<String, Failure> {
        let (stage, job) = self.find(job)?;
        let (stage_id, id) = (identifier(&stage.id), identifier(&job.id));
        let here = stage.id == self.stage.id;
        Ok(if here { format!("dependencies.{id}.result") } else { format!("stageDependencies.{stage_id}.{id}.result") })
    }

    /// An output of a job before. Deployment jobs put their own id in front
    /// (learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs, 2026-08).
    fn output(&self, job: &str, step: &str, name: &str, level: Level) -> Result<String, Failure> {
        let (stage, producer) = self.find(job)?;
        if !self.job.needs.contains(&producer.id) {
            return Err(self.bug(&format!("it reads an output of `{job}`, which it does not need")));
        }
        let step = self.step(producer, step)?;
        let (stage_id, job_id) = (identifier(&stage.id), identifier(job));
        let mut key = format!("{}.{}", identifier(&step.id), output_name(step, name));
        if producer.environment.is_some() {
            key = format!("{job_id}.{key}");
        }
        let here = stage.id == self.stage.id;
        Ok(match level {
            Level::Stage if here => return Err(self.bug("a stage's condition looks at its own jobs")),
            Level::Stage => format!("dependencies.{stage_id}.outputs['{job_id}.{key}']"),
            _ if here => format!("dependencies.{job_id}.outputs['{key}']"),
            _ => format!("stageDependencies.{stage_id}.{job_id}.outputs['{key}']"),
        })
    }

    pub(super) fn find(&self, job: &str) -> Result<(&'a Stage, &'a Job), Failure> {
        self.here.job(job).ok_or_else(|| self.bug(&format!("there is no job `{job}`")))
    }

    fn step<'j>(&self, job: &'j Job, id: &str) -> Result<&'j Step, Failure> {
        let step = job.steps.iter().find(|step| step.id == id);
        step.ok_or_else(|| self.bug(&format!("there is no step `{id}` in the job `{}`", job.id)))
    }

    /// A mistake of the plan, with its place.
    pub(super) fn bug(&self, what: &str) -> Failure {
        Failure::bug(format!("{}, stage `{}`, job `{}`: {what}", self.here.pipeline.id, self.stage.id, self.job.id))
    }
}

/// Our tools spell their outputs as the system does; scripts spell them as they are declared.
fn output_name(step: &Step, name: &str) -> String {
    if matches!(step.op, Op::Tool(_)) { camel_case(name) } else { name.to_owned() }
}
