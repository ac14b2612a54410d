//! What a step does.

use super::Value;
use crate::generate::config::{Language, System};
use crate::spec::ToolSpec;

/// Who gets what is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reader {
    /// Jobs of this run and people, by its name. One that is kept again takes its place, where the CI system can do that.
    ByName,
    /// Later runs, which look for the newest: each attempt of the job keeps its own.
    LaterRuns,
}

/// An operation. Each has a template of its name in `templates/github/ops` and `templates/azure-pipelines/ops`.
#[derive(Clone, Debug)]
pub enum Op {
    /// Check the repository out; with its whole history or only the commit.
    Checkout {
        /// Whether all of it is needed, to compare commits.
        history: bool,
    },
    /// Install a language's tools, by the version in the config.
    Language(Language),
    /// Run a constant script from `templates/scripts`.
    Script(Scripted),
    /// Run one of our tools.
    Tool(ToolCall),
    /// Give the following scripts a session of the Azure CLI. Azure Pipelines opens one for each script by itself.
    AzureSession,
    /// Install kubelogin, by which kubectl signs in with the session of the Azure CLI: hosted images do not have it.
    Kubelogin,
    /// Keep a file for later jobs and people. Fails when it is not there.
    Upload {
        /// The artifact's name.
        name: String,
        /// The file or folder.
        path: String,
        /// How long it is kept.
        days: u16,
        /// Who gets it.
        reader: Reader,
    },
    /// Get an artifact of this run.
    Download {
        /// The artifact's name.
        name: String,
        /// The folder that it goes to.
        to: String,
    },
    /// Get an artifact of an earlier run of this pipeline.
    DownloadFrom {
        /// The artifact's name.
        name: String,
        /// The folder that it goes to.
        to: String,
        /// The number of the run.
        run: Value,
    },
    /// Publish what tests and scans wrote, also when they failed.
    Reports {
        /// The name of what is published.
        name: String,
        /// The folder that they wrote to.
        folder: String,
        /// The `JUnit` file, if there must be one.
        junit: Option<String>,
        /// The Cobertura file, if there must be one.
        coverage: Option<String>,
    },
    /// Publish findings in SARIF.
    Findings {
        /// The SARIF file.
        file: String,
        /// What found them.
        category: String,
    },
    /// Attest where a file came from.
    Attest {
        /// The file.
        file: String,
        /// Its bill of materials, if that is to be attested too.
        sbom: Option<String>,
    },
    /// Start to watch a build for the analysis of its code.
    CodeStart {
        /// Such as `python`.
        language: &'static str,
    },
    /// Analyse, and fail on findings.
    CodeEnd {
        /// Such as `python`.
        language: &'static str,
    },
}

/// A constant script and what it needs.
#[derive(Clone, Debug)]
pub struct Scripted {
    /// Its file in `templates/scripts`, without `.sh`.
    pub name: &'static str,
    /// Whether it calls `az` or what depends on its session.
    pub azure: bool,
    /// The one system that it is for, when only that one gives it what it reads.
    pub only: Option<System>,
}

/// One of our tools with its inputs.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// The tool.
    pub spec: &'static ToolSpec,
    /// Its inputs, in the order of its declaration. `resource-group` and the like are texts; identity comes with the job.
    pub inputs: Vec<(&'static str, Value)>,
}

impl Op {
    /// The name of its templates.
    pub fn template(&self) -> &'static str {
        match self {
            Self::Checkout { .. } => "checkout",
            Self::Language(_) => "language",
            Self::Script(_) => "script",
            Self::Tool(_) => "tool",
            Self::AzureSession => "azure-session",
            Self::Kubelogin => "kubelogin",
            Self::Upload { .. } => "upload",
            Self::Download { .. } => "download",
            Self::DownloadFrom { .. } => "download-from",
            Self::Reports { .. } => "reports",
            Self::Findings { .. } => "findings",
            Self::Attest { .. } => "attest",
            Self::CodeStart { .. } => "code-start",
            Self::CodeEnd { .. } => "code-end",
        }
    }

    /// Whether it exists on that system; what does not is left out of its rendering.
    pub fn on(&self, system: System) -> bool {
        match self {
            Self::AzureSession | Self::Attest { .. } => system == System::GithubActions,
            Self::Script(script) => script.only.is_none_or(|only| only == system),
            _ => true,
        }
    }

    /// The values in it.
    pub fn values(&self) -> Vec<&Value> {
        match self {
            Self::Tool(call) => call.inputs.iter().map(|(_, value)| value).collect(),
            Self::DownloadFrom { run, .. } => vec![run],
            _ => Vec::new(),
        }
    }
}
