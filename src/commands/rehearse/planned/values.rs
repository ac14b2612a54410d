//! What the plan's values and guards are worth in a rehearsal: outputs are those of the steps before, and what only a CI
//! system knows has a neutral text.

use std::collections::BTreeMap;

use crate::generate::plan::{Condition, Guard, Pipeline, State, Value};
use crate::world::Env;

/// The commit that is rehearsed: there need not be one.
pub(super) const COMMIT: &str = "4e4ea45ed04e4ea45ed04e4ea45ed04e4ea45ed0";
/// Stands for a page, a person and a run of the CI system.
const NEUTRAL: &str = "rehearsal";

/// How the job stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    /// No step has failed.
    Good,
    /// A step has failed.
    Failed,
}

/// What steps have told, by job, step and name.
pub(super) type Outputs = BTreeMap<(String, String, String), String>;

/// Where a value is asked for.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The pipeline, for what people choose.
    pub(super) pipeline: &'a Pipeline,
    /// The job.
    pub(super) job: &'a str,
    /// The job's environment variables.
    pub(super) env: &'a Env,
    /// What was told so far.
    pub(super) outputs: &'a Outputs,
    /// How the job stands.
    pub(super) standing: Standing,
}

impl Place<'_> {
    /// The value as text; what nobody has told is empty, as on the CI systems.
    pub(super) fn text(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => text.clone(),
            Value::Variable(name) => self.env.get(name).unwrap_or_default().to_owned(),
            Value::Parameter(id) => {
                let parameter = self.pipeline.parameters.iter().find(|parameter| parameter.id == *id);
                parameter.map(|parameter| parameter.default.to_owned()).unwrap_or_default()
            }
            Value::Output { job, step, name } => {
                let key = (job.as_deref().unwrap_or(self.job).to_owned(), step.clone(), name.clone());
                self.outputs.get(&key).cloned().unwrap_or_default()
            }
            Value::Commit => COMMIT.to_owned(),
            Value::JobStatus | Value::Results(_) => match self.standing {
                Standing::Good => "success".to_owned(),
                Standing::Failed => "failure".to_owned(),
            },
            Value::Branch => self.pipeline.triggers.push.first().cloned().unwrap_or_default(),
            Value::RunId => "1".to_owned(),
            Value::Base | Value::PullRequest | Value::Secret(_) | Value::Token => String::new(),
            Value::RunUrl | Value::Actor => NEUTRAL.to_owned(),
            Value::Joined(parts) => parts.iter().map(|part| self.text(part)).collect(),
        }
    }

    /// Whether a step with this guard runs now. A rehearsal is a run for the environment's branch, started by a push.
    pub(super) fn lets_pass(&self, guard: &Guard) -> bool {
        let state = match guard.state {
            State::Succeeded => self.standing == Standing::Good,
            State::Failed => self.standing == Standing::Failed,
            State::Finished | State::Always => true,
        };
        state && guard.all.iter().all(|condition| self.holds(condition))
    }

    fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Is(value, text) => self.text(value) == *text,
            Condition::Given(value) => !self.text(value).is_empty(),
            Condition::Lists(value, name) => self.text(value).contains(&format!(",{name},")),
            Condition::Operation(operations) => operations.contains(&"deploy"),
            Condition::Branch(_)
            | Condition::NotPullRequest
            | Condition::NotFork
            | Condition::Ran(_)
            | Condition::PassedOrSkipped(_)
            | Condition::PassedIf(..) => true,
        }
    }
}
