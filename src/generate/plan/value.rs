//! Values that are known only when a pipeline runs, and the conditions on them, in neutral words.

/// A value. Each CI system spells it in its own way.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Value {
    /// This text.
    Text(String),
    /// A variable of the job's environment, such as `AZURE_CLIENT_ID`.
    Variable(&'static str),
    /// A secret of the job's environment. Only in the `env` of one step.
    Secret(String),
    /// What a person chose.
    Parameter(&'static str),
    /// What a step told: of this job, or of one that this job needs.
    Output {
        /// The job; this one when there is none.
        job: Option<String>,
        /// The step.
        step: String,
        /// The output's name.
        name: String,
    },
    /// The commit that is built.
    Commit,
    /// The branch or tag, without `refs/heads/`.
    Branch,
    /// The commit that a pull request is compared with; nothing in other runs.
    Base,
    /// The number of the pull request; empty in other runs.
    PullRequest,
    /// The number of the run, unique in the repository.
    RunId,
    /// The page of the run.
    RunUrl,
    /// Who started the run.
    Actor,
    /// The token that asks the CI system about its own runs.
    Token,
    /// How this job stands: `success`, `failure`, `cancelled`, or what the CI system calls these.
    JobStatus,
    /// How jobs that this one needs ended, a line for each: the text that goes with the job's id, and `success`, `skipped`
    /// and the like, or what the CI system calls these.
    Results(Vec<(String, String)>),
    /// The parts, one after the other.
    Joined(Vec<Self>),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An output of a step of the same job.
    pub fn here(step: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Output { job: None, step: step.into(), name: name.into() }
    }

    /// An output of a step of a job before.
    pub fn of(job: impl Into<String>, step: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Output { job: Some(job.into()), step: step.into(), name: name.into() }
    }

    /// This value and everything in it.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Joined(parts) => parts.iter().flat_map(Self::parts).collect(),
            other => vec![other],
        }
    }
}

/// When a step or job runs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Guard {
    /// How what was before it must have ended.
    pub state: State,
    /// And all of these hold.
    pub all: Vec<Condition>,
}

/// How what was before must have ended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum State {
    /// Well.
    #[default]
    Succeeded,
    /// In any way, unless the run was cancelled.
    Finished,
    /// Badly.
    Failed,
    /// In any way at all.
    Always,
}

/// A condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Condition {
    /// The value is this text.
    Is(Value, String),
    /// The value is not empty.
    Given(Value),
    /// The value is names between commas, as in `,order,product,`, and this is one of them.
    Lists(Value, String),
    /// The run is for one of these branches or patterns.
    Branch(Vec<String>),
    /// The parameter `operation` is one of these; a run that nobody started by hand is a `deploy`.
    Operation(Vec<&'static str>),
    /// The run is not for a pull request.
    NotPullRequest,
    /// The run is not for a pull request of a fork, whose author may not be anybody of the team.
    NotFork,
    /// That job was not skipped.
    Ran(String),
    /// That job ended well or was skipped.
    PassedOrSkipped(String),
    /// That job ended well, if the value is `true`, which is what it runs for. It may be skipped for another reason: by whom
    /// it was to be approved.
    PassedIf(String, Value),
}

impl Condition {
    /// The value that it looks at.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Is(value, _) | Self::Given(value) | Self::Lists(value, _) | Self::PassedIf(_, value) => Some(value),
            _ => None,
        }
    }
}

impl Guard {
    /// When all before it ended in this way.
    pub fn when(state: State) -> Self {
        Self { state, all: Vec::new() }
    }

    /// And this holds.
    #[must_use]
    pub fn and(mut self, condition: Condition) -> Self {
        self.all.push(condition);
        self
    }
}
