//! What the templates of a workflow see: texts that are ready to be written, in the order in which they are written.

use serde::Serialize;

/// A name and its value, both as text.
pub(super) type Pair = (String, String);

/// A file, without its jobs.
#[derive(Debug, Serialize)]
pub(super) struct Workflow {
    /// Also its name on the page of the repository.
    pub title: String,
    /// The name of one run.
    pub run_name: String,
    /// What starts it.
    pub triggers: Triggers,
    /// The group of runs of which only one is under way.
    pub group: String,
    /// Whether a newer run of the group ends the older one.
    pub cancel: bool,
}

/// What starts a workflow.
#[derive(Debug, Serialize)]
pub(super) struct Triggers {
    /// `push` and `pull_request`, those that there are.
    pub changes: Vec<Changes>,
    /// In cron's five fields.
    pub schedules: Vec<&'static str>,
    /// Whether a person may start it.
    pub by_hand: bool,
    /// What a person chooses.
    pub inputs: Vec<Input>,
}

/// An event about changes of branches.
#[derive(Debug, Serialize)]
pub(super) struct Changes {
    /// `push` or `pull_request`.
    pub event: &'static str,
    /// Of these branches.
    pub branches: Vec<String>,
    /// Only of these paths; `!` before one takes it out again.
    pub paths: Vec<String>,
    /// Not only of these paths. GitHub takes either these or those above.
    pub ignore: Vec<String>,
}

/// What a person chooses.
#[derive(Debug, Serialize)]
pub(super) struct Input {
    /// In kebab case.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// What there is to choose; any text when empty.
    pub choices: Vec<&'static str>,
    /// What is taken otherwise; nothing when empty.
    pub default: &'static str,
}

/// A job.
#[derive(Debug, Serialize)]
pub(super) struct Job {
    /// Its key.
    pub id: String,
    /// For people.
    pub title: String,
    /// The jobs before it.
    pub needs: Vec<String>,
    /// Its `if:`.
    pub guard: Option<String>,
    /// The hosted image of its machine.
    pub runner: String,
    /// The group whose runners it takes instead.
    pub group: Option<String>,
    /// Its limit.
    pub minutes: u16,
    /// The group of jobs, of any run, of which only one is under way.
    pub lock: Option<String>,
    /// The name of its environment.
    pub environment: Option<String>,
    /// Where that answers.
    pub url: Option<String>,
    /// What its token may do.
    pub permissions: Vec<Permission>,
    /// What later jobs read.
    pub outputs: Vec<Pair>,
    /// The containers beside it.
    pub services: Vec<Service>,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A right of a job's token.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Permission {
    /// Such as `id-token`.
    pub scope: &'static str,
    /// `read` or `write`.
    pub level: &'static str,
    /// Why; nothing for reading the repository that is checked out.
    pub reason: Option<String>,
}

/// A container beside a job.
#[derive(Debug, Serialize)]
pub(super) struct Service {
    /// Its key.
    pub name: String,
    /// With its digest.
    pub image: String,
    /// Outside and inside.
    pub port: String,
    /// Its variables.
    pub env: Vec<(&'static str, &'static str)>,
    /// How Docker knows that it is ready.
    pub options: String,
}

/// A step of the plan. Its template may write several steps of YAML.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// In `github/ops`, without its extension.
    pub template: &'static str,
    /// Its id; the first YAML step carries it.
    pub id: String,
    /// For people.
    pub title: String,
    /// Its `if:`.
    pub guard: Option<String>,
    /// Its variables.
    pub env: Vec<Pair>,
    /// What only this operation has.
    pub op: Op,
}

/// What only one operation has. Which one it is, the template knows.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Op {
    /// Nothing.
    Plain,
    /// Installs kubelogin.
    Kubelogin {
        /// The release, without `v`.
        version: &'static str,
    },
    /// `checkout`.
    Checkout {
        /// How many commits; 0 is all.
        depth: u8,
    },
    /// `language`.
    Language {
        /// The action that sets it up.
        action: String,
        /// Its inputs.
        with: Vec<Pair>,
    },
    /// `script`.
    Script {
        /// Its name.
        script: &'static str,
    },
    /// `tool`.
    Tool {
        /// The action with its commit and version.
        uses: String,
        /// Its inputs.
        with: Vec<Pair>,
    },
    /// `upload`, `download`, `download-from`.
    Artifact {
        /// Its name.
        name: String,
        /// The file or folder here.
        path: String,
        /// How long it is kept.
        days: Option<u16>,
        /// The run that it comes from.
        run: Option<String>,
    },
    /// `reports`.
    Reports {
        /// The name of what is published.
        name: String,
        /// The folder.
        path: String,
        /// What happens when there is nothing.
        missing: &'static str,
    },
    /// `findings`.
    Findings {
        /// The SARIF file.
        file: String,
        /// What found them.
        category: String,
    },
    /// `attest`.
    Attest {
        /// The file.
        file: String,
        /// Its bill of materials.
        sbom: Option<String>,
    },
    /// `code-start`, `code-end`.
    Code {
        /// The language.
        language: &'static str,
        /// How the language is built while it is watched.
        mode: &'static str,
    },
}
