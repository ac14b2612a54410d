//! The plan: what runs, in which order, as whom, behind which gate, with which artifact. It knows neither CI system.
//!
//! Both renderings, the policy, `explain` and the rehearsal read the same plan. Ids come from names in the config,
//! never from positions: adding an app moves no other id.

mod op;
mod value;

pub use op::{Op, Reader, Scripted, ToolCall};
pub use value::{Condition, Guard, State, Value};

use std::collections::HashSet;

use crate::generate::config::RunnerKind;

/// Everything that is rendered for one system.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The system's name.
    pub name: String,
    /// `ci`, `cd`, `infra`, `housekeeping`, in this order, those that there are.
    pub pipelines: Vec<Pipeline>,
}

/// One pipeline: a workflow file on GitHub, a pipeline file on Azure Pipelines.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Also the file's name, without its extension.
    pub id: &'static str,
    /// For people.
    pub title: String,
    /// What starts it.
    pub triggers: Triggers,
    /// What a person chooses when starting it by hand.
    pub parameters: Vec<Parameter>,
    /// What happens when a second run starts meanwhile.
    pub overlap: Overlap,
    /// In the order in which they are shown.
    pub stages: Vec<Stage>,
}

/// What starts a pipeline.
#[derive(Clone, Debug, Default)]
pub struct Triggers {
    /// Pushes to these branches; `release/*` is a pattern.
    pub push: Vec<String>,
    /// Pull requests into these branches.
    pub pull_request: Vec<String>,
    /// Only changes of these paths count; all when empty.
    pub paths: Vec<String>,
    /// Changes of only these paths do not count.
    pub ignore: Vec<String>,
    /// In cron's five fields, UTC.
    pub schedules: Vec<&'static str>,
    /// Whether a person may start it.
    pub by_hand: bool,
}

/// What a person chooses.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// In kebab case.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// What there is to choose; any text when empty.
    pub choices: Vec<&'static str>,
    /// The choice of runs that nobody started by hand.
    pub default: &'static str,
}

/// What happens when a second run of a pipeline starts while one is under way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Overlap {
    /// The older run for the same branch or pull request ends.
    Replace,
    /// The second run waits.
    Wait,
}

/// Jobs that belong together: an environment, or a phase such as `build`.
#[derive(Clone, Debug)]
pub struct Stage {
    /// In kebab case, unique in the pipeline.
    pub id: String,
    /// For people.
    pub title: String,
    /// When it runs at all: branches, operations. Conditions on other jobs are the jobs' own.
    pub only: Vec<Condition>,
    /// In the order in which they are shown.
    pub jobs: Vec<Job>,
}

/// What runs on one machine, as one identity, behind one gate.
#[derive(Clone, Debug)]
pub struct Job {
    /// In kebab case, unique in the pipeline.
    pub id: String,
    /// For people.
    pub title: String,
    /// The jobs that must have ended before, of this or an earlier stage. Only their outputs can be read.
    pub needs: Vec<String>,
    /// When it runs, given how those ended.
    pub guard: Guard,
    /// The machine.
    pub runner: RunnerKind,
    /// Its limit, in minutes.
    pub minutes: u16,
    /// The environment whose gate it passes and whose identity and variables it has.
    pub environment: Option<Gate>,
    /// Whether it signs in to Azure, which needs an environment.
    pub signs_in: bool,
    /// What only one job changes at a time, also in different runs and on different branches.
    pub lock: Option<String>,
    /// What else it may do on the CI system.
    pub grants: Vec<Grant>,
    /// Containers beside it.
    pub services: Vec<Service>,
    /// In order.
    pub steps: Vec<Step>,
}

/// An environment of the CI system.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Gate {
    /// Its name in the config, such as `production`, or ours, such as `infra-plan`.
    pub name: String,
    /// Where it answers, for the page of the environment.
    pub url: Option<Value>,
}

/// A right on the CI system, beyond reading the repository and asking for an identity.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Grant {
    /// Store provenance and SBOM attestations.
    Attest,
    /// Publish findings of scans.
    Findings,
    /// Read artifacts and results of earlier runs.
    ReadRuns,
    /// Comment on the pull request.
    Comment,
    /// Make tags and releases of the repository.
    Tag,
}

impl Grant {
    /// In words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Attest => "store attestations",
            Self::Findings => "publish findings",
            Self::ReadRuns => "read artifacts and results of earlier runs",
            Self::Comment => "comment on the pull request",
            Self::Tag => "tag the repository and write release notes",
        }
    }
}

/// A container that a job's tests talk to, on `localhost`.
#[derive(Clone, Debug)]
pub struct Service {
    /// Such as `postgres`.
    pub name: String,
    /// With its digest.
    pub image: String,
    /// The port, inside and outside.
    pub port: u16,
    /// Constants for throw-away data; never a real secret.
    pub env: Vec<(&'static str, &'static str)>,
    /// The command inside the container that tells whether it is ready, for GitHub.
    pub ready: &'static str,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// In kebab case, unique in its job.
    pub id: String,
    /// For people.
    pub title: String,
    /// When it runs, given the steps before it.
    pub guard: Guard,
    /// What it does.
    pub op: Op,
    /// Its variables. A value that is a secret reaches this step alone.
    pub env: Vec<(String, Value)>,
}

impl Plan {
    /// Every job of every pipeline, with its pipeline and stage.
    pub fn jobs(&self) -> impl Iterator<Item = (&Pipeline, &Stage, &Job)> {
        self.pipelines.iter().flat_map(|pipeline| pipeline.jobs().map(move |(stage, job)| (pipeline, stage, job)))
    }
}

impl Pipeline {
    /// Every job with its stage, in order.
    pub fn jobs(&self) -> impl Iterator<Item = (&Stage, &Job)> {
        self.stages.iter().flat_map(|stage| stage.jobs.iter().map(move |job| (stage, job)))
    }

    /// The ids of these jobs, and of all that need one of them, near or far.
    pub fn following(&self, is_one: impl Fn(&Job) -> bool) -> HashSet<&str> {
        let mut found: HashSet<&str> = HashSet::new();
        loop {
            let before = found.len();
            for (_, job) in self.jobs() {
                if is_one(job) || job.needs.iter().any(|need| found.contains(need.as_str())) {
                    found.insert(&job.id);
                }
            }
            // Jobs are listed after those that they need, so that the second time finds nothing new.
            if found.len() == before {
                return found;
            }
        }
    }

    /// The job of that id, with its stage.
    pub fn job(&self, id: &str) -> Option<(&Stage, &Job)> {
        self.stages.iter().find_map(|stage| Some((stage, stage.jobs.iter().find(|job| job.id == id)?)))
    }
}

impl Step {
    /// A step that runs when all before it went well.
    pub fn new(id: impl Into<String>, title: impl Into<String>, op: Op) -> Self {
        Self { id: id.into(), title: title.into(), guard: Guard::default(), op, env: Vec::new() }
    }

    /// A constant script.
    pub fn script(id: impl Into<String>, title: impl Into<String>, name: &'static str) -> Self {
        Self::new(id, title, Op::Script(Scripted { name, azure: false, only: None }))
    }

    /// A constant script that needs a session of the Azure CLI.
    pub fn azure(id: impl Into<String>, title: impl Into<String>, name: &'static str) -> Self {
        Self::new(id, title, Op::Script(Scripted { name, azure: true, only: None }))
    }

    /// With a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: Value) -> Self {
        self.env.push((name.into(), value));
        self
    }

    /// With a variable whose value is known now; one without a value is left out.
    #[must_use]
    pub fn text(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { self } else { self.env(name, Value::Text(text)) }
    }

    /// In this folder of the repository; `.` needs no word.
    #[must_use]
    pub fn inside(self, directory: &str) -> Self {
        self.text("DIRECTORY", if directory == "." { "" } else { directory })
    }

    /// Only then.
    #[must_use]
    pub fn when(mut self, guard: Guard) -> Self {
        self.guard = guard;
        self
    }
}

impl Job {
    /// A job with the usual limit, without an identity.
    pub fn new(id: impl Into<String>, title: impl Into<String>, minutes: u16) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            needs: Vec::new(),
            guard: Guard::default(),
            runner: RunnerKind::Default,
            minutes,
            environment: None,
            signs_in: false,
            lock: None,
            grants: Vec::new(),
            services: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Every value that its steps use.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        let conditions = self.guard.all.iter().chain(self.steps.iter().flat_map(|step| &step.guard.all));
        let gate = self.environment.iter().filter_map(|gate| gate.url.as_ref());
        let steps = self.steps.iter().flat_map(|step| step.env.iter().map(|(_, value)| value).chain(step.op.values()));
        conditions.filter_map(Condition::value).chain(gate).chain(steps)
    }
}
