//! What the templates are filled with: texts as Azure Pipelines spells them, not yet as YAML scalars.

use serde::Serialize;

/// `templates/azure-pipelines/pipeline.yml.j2`, which is all of a file that stands before its stages.
#[derive(Debug, Serialize)]
pub(super) struct Pipeline {
    pub(super) trigger: Option<Filters>,
    pub(super) pr: Option<Filters>,
    /// Whether a new commit of a pull request ends the run of the one before.
    pub(super) auto_cancel: bool,
    pub(super) schedules: Vec<&'static str>,
    /// The branch whose schedules run.
    pub(super) release: String,
    pub(super) lock: &'static str,
    pub(super) parameters: Vec<Parameter>,
    pub(super) containers: Vec<Container>,
}

/// What starts a run.
#[derive(Debug, Serialize)]
pub(super) struct Filters {
    pub(super) branches: Vec<String>,
    pub(super) include: Vec<String>,
    pub(super) exclude: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) choices: Vec<&'static str>,
    pub(super) default: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Container {
    pub(super) name: String,
    pub(super) image: String,
    pub(super) port: String,
    pub(super) env: Vec<Pair>,
}

/// `templates/azure-pipelines/group.yml.j2`, which stands before stages that exist under the same condition when the
/// pipeline is compiled.
#[derive(Debug, Serialize)]
pub(super) struct Group<'a> {
    pub(super) when: &'a str,
}

/// `templates/azure-pipelines/stage.yml.j2`, which is all of a stage that stands before its jobs.
#[derive(Debug, Serialize)]
pub(super) struct Stage {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) depends_on: Vec<String>,
    pub(super) condition: Option<String>,
    /// Whether an approval is asked for in it.
    pub(super) gated: bool,
}

/// `templates/azure-pipelines/job.yml.j2`.
#[derive(Debug, Serialize)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) depends_on: Vec<String>,
    pub(super) condition: Option<String>,
    pub(super) minutes: u16,
    pub(super) image: &'static str,
    pub(super) private_pool: Option<String>,
    pub(super) environment: Option<String>,
    /// The variable group that holds its secrets, for the job alone.
    pub(super) group: Option<String>,
    pub(super) variables: Vec<Pair>,
    pub(super) services: Vec<Pair>,
    pub(super) checks_out: bool,
    pub(super) steps: Vec<String>,
}

/// `templates/azure-pipelines/common.yml.j2`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) condition: Option<String>,
    pub(super) env: Vec<Pair>,
}

/// What a template of `templates/azure-pipelines/ops` is filled with.
#[derive(Debug, Serialize)]
pub(super) struct Filled {
    pub(super) step: Step,
    pub(super) op: Op,
}

/// What is special to an operation.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Op {
    Checkout {
        depth: u8,
    },
    Task {
        task: String,
        inputs: Vec<Input>,
    },
    Script {
        /// Its name.
        script: &'static str,
        connection: Option<String>,
        /// Whether code of others runs in it, which may not talk to the agent.
        restricted: bool,
        /// Whether it may outlast the assertion that the Azure CLI signed in with.
        long: bool,
    },
    Upload {
        path: String,
        artifact: String,
    },
    Download {
        artifact: String,
        to: String,
        run: Option<String>,
    },
    Reports {
        parts: Vec<Part>,
    },
}

/// One of the steps that a step of the plan becomes.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    pub(super) step: Step,
    /// The task; without one it publishes `path` as `artifact`.
    pub(super) task: Option<&'static str>,
    pub(super) path: String,
    pub(super) artifact: String,
    pub(super) inputs: Vec<Input>,
}

/// An input of a task.
#[derive(Debug, Serialize)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether it is written as it is: a boolean.
    pub(super) raw: bool,
}

/// A name and its value.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
}

impl Input {
    pub(super) fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), raw: false }
    }

    pub(super) fn flag(name: impl Into<String>, value: bool) -> Self {
        Self { name: name.into(), value: value.to_string(), raw: true }
    }
}
