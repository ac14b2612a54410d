//! The Azure resources as code.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Approve, Name, OutputName, RunnerKind};

/// Terraform or Bicep: planned on pull requests, applied on the release branch after a look at the plan.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the config")]
pub struct Infra {
    /// The folder of the Terraform configuration
    #[schemars(extend("format" = "path"))]
    pub terraform: Option<String>,
    /// The Bicep template
    #[schemars(extend("format" = "path"))]
    pub bicep: Option<String>,
    /// Where Terraform's state is: `STORAGE-ACCOUNT/CONTAINER`
    #[schemars(extend("format" = "state"))]
    pub state: Option<String>,
    /// The file of variables, where `{environment}` stands for the environment's name
    #[schemars(extend("format" = "path"))]
    pub variables: Option<String>,
    /// One set of resources for all environments, or one for each of these
    #[serde(default)]
    pub environments: Vec<Name>,
    /// The file of parameters, for Bicep
    #[schemars(extend("format" = "path"))]
    pub parameters: Option<String>,
    /// The resource group, for Bicep
    #[schemars(extend("format" = "resource-group"))]
    pub group: Option<String>,
    /// `private` runs where the state's private endpoint is reached
    #[serde(default)]
    pub runner: RunnerKind,
    /// Whether `tflint` looks at Terraform's code, beside its format and validity
    #[serde(default = "yes")]
    pub lint: bool,
    /// Who approves what is applied
    pub approve: Option<Approve>,
    /// Whether one comment on a pull request tells what would change
    #[serde(default)]
    pub comment: bool,
    /// Which outputs are told when it was applied: plain ones, in the summary and as outputs of the step `apply`
    #[serde(default)]
    pub outputs: Vec<OutputName>,
    /// Whether applying may delete resources
    #[serde(default)]
    pub deletes: bool,
    /// Whether all of it can be deleted by hand-started run
    #[serde(default)]
    pub destroy: bool,
    /// Who approves the deletion, when it is not those who approve what is applied
    pub destroy_approve: Option<Approve>,
}

fn yes() -> bool {
    true
}
