//! What proves a change before it is merged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Command, OneOrMany, RepositoryPath};

/// The checks of a change. Commands run in a fresh job with the locked dependencies.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ci {
    /// Run these checks once, or once in the folder of each app that has none of its own
    #[serde(default)]
    pub each: Each,
    /// Which apps a pull request is checked for, where apps in folders of their own have checks of their own
    #[serde(default)]
    pub select: Select,
    /// What apps share: a change there checks all of them; whatever is in no app's own folder, by default
    #[serde(default)]
    pub shared: Vec<RepositoryPath>,
    /// Format and lint commands
    #[serde(default)]
    pub lint: Vec<Command>,
    /// The unit tests
    pub unit: Option<Tests>,
    /// The tests that need services
    pub integration: Option<Integration>,
    /// The tests of contracts with other systems, beside the services of `integration`
    #[serde(default)]
    pub contract: Vec<Command>,
    /// The `OpenAPI` specification: a pull request that would break its clients fails
    pub openapi: Option<OpenApi>,
    /// Commands that prove the migrations on an empty database
    #[serde(default)]
    pub migrations: Vec<Command>,
    /// Scans that fail the run on findings of high or critical severity
    #[serde(default)]
    pub scan: Vec<Scan>,
    /// The version of Kubernetes that `config` checks manifests for
    #[serde(default)]
    pub kubernetes: KubernetesVersion,
}

impl Ci {
    /// Whether nothing is checked.
    pub fn is_empty(&self) -> bool {
        let commands = [&self.lint, &self.contract, &self.migrations];
        let tests = self.unit.is_some() || self.integration.is_some() || self.openapi.is_some();
        !tests && self.scan.is_empty() && commands.iter().all(|commands| commands.is_empty())
    }
}

/// A version of Kubernetes, such as `1.34.0`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "version"))]
pub struct KubernetesVersion(pub String);

impl Default for KubernetesVersion {
    fn default() -> Self {
        Self("1.34.0".to_owned())
    }
}

/// How often checks run.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Each {
    /// Once, at the top of the repository
    #[default]
    System,
    /// Once in the folder of each app that has no `ci` of its own
    App,
}

/// Which apps a pull request is checked for. What reaches a branch is checked whole.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// Those that it changes
    #[default]
    Changed,
    /// All of them
    All,
}

/// Unit tests.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tests {
    /// The command; `pytest` gets its report options by itself, others write `JUnit` to `reports/`
    #[schemars(extend("format" = "command"))]
    pub run: String,
    /// The coverage that is demanded
    pub coverage: Option<Coverage>,
    /// How long they may take
    #[serde(default = "quarter")]
    #[schemars(extend("format" = "duration"))]
    pub limit: String,
}

fn quarter() -> String {
    "15m".to_owned()
}

/// How much of the code the tests must run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Coverage {
    /// The folder that is measured
    #[schemars(extend("format" = "path"))]
    pub of: String,
    /// In percent of the lines
    #[schemars(range(min = 1, max = 100))]
    pub min: u8,
}

/// Tests against real services.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Integration {
    /// The command
    #[schemars(extend("format" = "command"))]
    pub run: String,
    /// The service containers, such as `postgres:16`
    #[serde(default)]
    pub services: OneOrMany<String>,
    /// Variables for the command; no secrets
    #[serde(default)]
    pub env: indexmap::IndexMap<String, String>,
}

/// A specification that others rely on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OpenApi {
    /// The specification, which is committed
    #[schemars(extend("format" = "path"))]
    pub file: String,
    /// The command that writes it from the code; what is committed must be what it writes
    #[schemars(extend("format" = "command"))]
    pub generate: Option<String>,
    /// The file of changes that break clients and are meant, a line each: `GET /items removed the success response …`
    #[schemars(extend("format" = "path"))]
    pub accepted: Option<String>,
}

/// A scan.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Scan {
    /// Known vulnerabilities in the locked dependencies
    Dependencies,
    /// Secrets in the repository
    Secrets,
    /// The code itself: `CodeQL` on GitHub
    Code,
    /// Mistakes in Terraform, Bicep, Dockerfiles and Kubernetes manifests: Trivy, and for images `hadolint` and `kubeconform`
    Config,
    /// Licences that must not be shipped
    Licences,
    /// A bill of materials, in `CycloneDX`
    Sbom,
}
