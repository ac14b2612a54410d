//! What a `siding.yml` may hold, typed. The schema that editors and our reader use is derived from these types.
//!
//! Every optional key has a default, told by `siding explain`. Secrets can only be named. The order of the
//! environments is the order of promotion.

mod app;
mod ci;
mod environment;
mod infra;
mod words;

pub use app::{App, Language, Migrate, Packaging, Role};
pub use ci::{Ci, Coverage, Each, Integration, OpenApi, Scan, Select, Tests};
pub use environment::{Approve, Canary, Deploy, Environment, Hours, Load, Promote, RunnerKind, Watch};
pub use infra::Infra;
pub use words::{Branch, Command, Name, OneOrMany, OutputName, RepositoryPath, SettingName, UrlPath, check, percent};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One system: what is built, how it is proven, and where it goes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "siding.yml")]
pub struct Config {
    /// The system's name: pipelines, environments and service connections are named after it
    #[schemars(extend("format" = "name"))]
    pub name: String,
    /// Which pipelines are rendered
    #[serde(default = "both")]
    #[schemars(length(min = 1))]
    pub render: Vec<System>,
    /// Which release of our own actions and tasks the pipelines use; the release that renders, by default
    pub toolkit: Option<Toolkit>,
    /// Where the repository is hosted: Azure Repos has no `pr:` trigger
    #[serde(default)]
    pub repository: Repository,
    /// Which branches build, and which release
    #[serde(default)]
    pub branches: Branches,
    /// What the jobs run on
    #[serde(default)]
    pub runners: Runners,
    /// What the apps are written in, unless an app says otherwise
    pub language: Option<Language>,
    /// What proves a change before it is merged
    #[serde(default)]
    pub ci: Ci,
    /// The Azure resources as code
    pub infra: Option<Infra>,
    /// The Azure Container Registry that images are pushed to; its name, without `.azurecr.io`
    #[schemars(extend("format" = "registry"))]
    pub registry: Option<String>,
    /// The parts that are deployed; none for a repository that is only checked
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub apps: IndexMap<String, App>,
    /// Where they are deployed, in the order of promotion
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub environments: IndexMap<String, Environment>,
    /// Who hears about a release that failed or went live: the name of the secret that holds a webhook's URL
    #[schemars(extend("format" = "secret"))]
    pub notify: Option<String>,
    /// What becomes of the commit that went live; on Azure Pipelines for repositories in Azure Repos
    #[serde(default)]
    pub release: Release,
    /// Whether GitHub stores attestations of where builds came from; private repositories need Enterprise Cloud for it
    #[serde(default = "yes")]
    pub attest: bool,
    /// The certificate that images are signed with, on both systems; by default only GitHub tells where they came from
    pub sign: Option<Sign>,
    /// Where findings of scans go on GitHub; private repositories need Code Security for `code-scanning`
    #[serde(default)]
    pub findings: Findings,
    /// What else Dependabot keeps fresh, by its name for the ecosystem: folders, such as `cargo: .`
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"format": "name"}))]
    pub dependabot: IndexMap<String, OneOrMany<RepositoryPath>>,
    /// Other pins for the actions that we use, by name: `actions/checkout: v7.0.1@<40 hex digits>`
    #[serde(default)]
    pub pins: IndexMap<String, String>,
    /// Digests for container images, by name: `postgres:16: sha256:…`
    #[serde(default)]
    pub images: IndexMap<String, String>,
}

fn yes() -> bool {
    true
}

/// What images are signed with, by Notation: who deploys can demand the signature.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sign {
    /// The Key Vault
    #[schemars(extend("format" = "vault"))]
    pub vault: String,
    /// The certificate in it
    #[schemars(extend("format" = "secret"))]
    pub certificate: String,
    /// Whether nobody else vouches for the certificate
    #[serde(default)]
    pub self_signed: bool,
}

/// What becomes of the commit that went live.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Release {
    /// Whether it is tagged `vX.Y.Z`: the number of the release branch that it is of or merged, or the one after the last tag's
    #[serde(default)]
    pub tag: bool,
    /// Whether notes tell what is new since the tag before: a release on GitHub, the message of the tag in Azure Repos
    #[serde(default)]
    pub notes: bool,
}

/// Where findings of scans go on GitHub.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Findings {
    /// To the repository's code scanning
    #[default]
    CodeScanning,
    /// Into an artifact of the run
    Artifact,
}

/// A CI system.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// GitHub Actions
    GithubActions,
    /// Azure Pipelines
    AzurePipelines,
}

fn both() -> Vec<System> {
    vec![System::GithubActions, System::AzurePipelines]
}

/// A release of our actions and tasks.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Toolkit {
    /// The release, such as `0.1.0`
    #[schemars(extend("format" = "version"))]
    pub version: String,
    /// Its commit, 40 hex digits: what GitHub checks out
    #[schemars(extend("format" = "commit"))]
    pub commit: String,
}

/// Where the repository is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Repository {
    /// GitHub: its pull requests trigger both systems
    #[default]
    Github,
    /// Azure Repos: pull requests are built by a branch policy
    AzureRepos,
}

/// The branches that matter.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Branches {
    /// What is released from
    #[serde(default = "main")]
    #[schemars(extend("format" = "branch"))]
    pub release: String,
    /// Where changes come together first
    #[schemars(extend("format" = "branch"))]
    pub integrate: Option<String>,
    /// How branches are used: `gitflow` also builds `release/*` and `hotfix/*`
    #[serde(default)]
    pub flow: Flow,
    /// What is not worth a run
    #[serde(default = "documents")]
    pub ignore: Vec<String>,
}

fn main() -> String {
    "main".to_owned()
}

fn documents() -> Vec<String> {
    vec!["docs/**".to_owned(), "**/*.md".to_owned()]
}

impl Default for Branches {
    fn default() -> Self {
        Self { release: main(), integrate: None, flow: Flow::default(), ignore: documents() }
    }
}

/// How branches are used.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// Short branches, merged into the release branch
    #[default]
    Trunk,
    /// `develop`, `release/*`, `hotfix/*`, merged back after a release
    Gitflow,
}

/// What jobs run on.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Runners {
    /// A hosted image, named by its version
    #[serde(default = "ubuntu")]
    pub default: HostedImage,
    /// The runner group (GitHub) and pool (Azure Pipelines) whose machines reach private endpoints
    #[schemars(extend("format" = "runner"))]
    pub private: Option<String>,
}

/// The hosted images that our scripts run on.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
pub enum HostedImage {
    /// Ubuntu 24.04
    #[serde(rename = "ubuntu-24.04")]
    Ubuntu2404,
    /// Ubuntu 22.04
    #[serde(rename = "ubuntu-22.04")]
    Ubuntu2204,
}

impl HostedImage {
    /// As both systems spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ubuntu2404 => "ubuntu-24.04",
            Self::Ubuntu2204 => "ubuntu-22.04",
        }
    }
}

fn ubuntu() -> HostedImage {
    HostedImage::Ubuntu2404
}

impl Default for Runners {
    fn default() -> Self {
        Self { default: ubuntu(), private: None }
    }
}
