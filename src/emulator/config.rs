//! What the emulated Azure holds: tenants, applications, sites and vaults, as the file given to `--config` says.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::sites::Os;

/// The whole world. Every key is checked: an unknown one is an error.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The directories; the first is the one that `AZURE_TENANT_ID` names.
    pub tenants: Vec<Tenant>,
    /// The one subscription; it trusts the first tenant.
    pub subscription: Subscription,
    /// The one resource group.
    pub resource_group: ResourceGroup,
    /// The web apps; the first is the one that `APP` names.
    pub sites: Vec<Site>,
    /// The key vaults.
    #[serde(default)]
    pub vaults: Vec<Vault>,
    /// What the CI hosts say of the job that asks for a token.
    #[serde(default)]
    pub ci: Ci,
}

/// An Entra directory.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its GUID.
    pub id: String,
    /// Its domain, which may stand for the GUID.
    pub domain: String,
    /// Its applications.
    pub applications: Vec<Application>,
}

/// An application with its service principal.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Its display name.
    pub name: String,
    /// The client id, a GUID.
    pub client_id: String,
    /// The service principal's object id, a GUID.
    pub object_id: String,
    /// Which tokens of other issuers it trusts.
    #[serde(default)]
    pub federated_credentials: Vec<FederatedCredential>,
    /// Its client secrets.
    #[serde(default)]
    pub secrets: Vec<ClientSecret>,
    /// What it may do in the subscription.
    #[serde(default)]
    pub role: Role,
    /// What it may do in the vaults.
    #[serde(default)]
    pub vault_role: VaultRole,
}

/// A federated credential: issuer, subject and audience must match exactly.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederatedCredential {
    /// `github`, `azure-devops`, or the issuer's URL.
    pub issuer: String,
    /// The subject, letter for letter.
    pub subject: String,
    /// The audience.
    #[serde(default = "exchange_audience")]
    pub audience: String,
}

/// A client secret.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSecret {
    /// The secret itself.
    pub value: String,
    /// Whether it has expired.
    #[serde(default)]
    pub expired: bool,
}

/// The roles in the subscription that make a difference here.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads and writes.
    #[default]
    Contributor,
    /// Reads and writes apps, and reads no metrics.
    WebsiteContributor,
    /// Reads, but no settings and no credentials.
    Reader,
    /// Sees nothing, not even the subscription.
    None,
}

/// The roles in the vaults that make a difference here.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum VaultRole {
    /// Reads and writes secrets.
    #[default]
    SecretsOfficer,
    /// Reads secrets.
    SecretsUser,
    /// May do nothing.
    None,
}

/// The subscription.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// Its GUID.
    pub id: String,
    /// Its display name.
    pub name: String,
}

/// The resource group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceGroup {
    /// Its name.
    pub name: String,
    /// The region by its display name.
    pub location: String,
}

/// A web app with its plan.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// The App Service plan.
    pub plan: Plan,
    /// The command that starts the app; without one the folder is served as static files.
    #[serde(default)]
    pub start_command: Option<String>,
    /// The stack, such as `PYTHON|3.12`.
    #[serde(default)]
    pub stack: String,
    /// Production's app settings.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// The names of the app settings that stay with their slot.
    #[serde(default)]
    pub sticky_settings: Vec<String>,
    /// Whether the SCM site takes user name and password.
    #[serde(default = "yes")]
    pub basic_publishing: bool,
    /// The slots beside production.
    #[serde(default)]
    pub slots: Vec<Slot>,
}

/// An App Service plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// Its size: `F1`, `B1`, `S1`, `P1v3` and so on.
    pub sku: String,
    /// `linux` or `windows`.
    #[serde(default = "linux")]
    pub os: Os,
}

/// A deployment slot.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Its app settings.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// The command that starts its app; production's when it is missing.
    #[serde(default)]
    pub start_command: Option<String>,
}

/// A key vault.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    /// Its name: the first label of its host.
    pub name: String,
    /// Its secrets.
    #[serde(default)]
    pub secrets: Vec<Secret>,
}

/// A secret in a vault.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Its name: letters, digits and dashes.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether it can be read.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// When it expires, in seconds since 1970.
    #[serde(default)]
    pub expires: Option<u64>,
    /// Its content type.
    #[serde(default)]
    pub content_type: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// The jobs that the emulated CI hosts run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ci {
    /// A job of GitHub Actions.
    pub github: GitHubJob,
    /// A job of Azure Pipelines.
    pub azure_devops: AzureDevOpsJob,
}

/// What GitHub's token says of the job.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GitHubJob {
    /// `owner/name`.
    pub repository: String,
    /// The owner's number.
    pub owner_id: u64,
    /// The repository's number.
    pub repository_id: u64,
    /// Whether the subject carries those numbers, as it does for repositories made after July 2026.
    pub immutable_subject: bool,
    /// The environment of the job; empty for none.
    pub environment: String,
    /// The full git reference.
    pub reference: String,
    /// What triggered the run.
    pub event: String,
    /// The workflow's file.
    pub workflow: String,
    /// Who triggered it.
    pub actor: String,
}

impl Default for GitHubJob {
    fn default() -> Self {
        Self {
            repository: "siding-dev/inventory-api".to_owned(),
            owner_id: 1_001,
            repository_id: 2_002,
            immutable_subject: false,
            environment: "production".to_owned(),
            reference: "refs/heads/main".to_owned(),
            event: "push".to_owned(),
            workflow: ".github/workflows/cd.yml".to_owned(),
            actor: "octocat".to_owned(),
        }
    }
}

/// What Azure DevOps' token says of the job.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AzureDevOpsJob {
    /// The organisation.
    pub organization: String,
    /// Its GUID.
    pub organization_id: String,
    /// The project.
    pub project: String,
    /// Its GUID.
    pub project_id: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The service connections that the job refers to.
    pub service_connections: Vec<ServiceConnection>,
}

impl Default for AzureDevOpsJob {
    fn default() -> Self {
        Self {
            organization: "siding-dev".to_owned(),
            organization_id: "60000000-0000-4000-8000-000000000006".to_owned(),
            project: "inventory".to_owned(),
            project_id: "70000000-0000-4000-8000-000000000007".to_owned(),
            pipeline: "cd".to_owned(),
            service_connections: vec![ServiceConnection {
                id: "50000000-0000-4000-8000-000000000005".to_owned(),
                name: "azure-production".to_owned(),
            }],
        }
    }
}

/// A service connection of type Azure Resource Manager.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceConnection {
    /// Its GUID.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// Where the text does not fit, as the YAML library says it.
    pub fn from_yaml(text: &str) -> Result<Self, String> {
        let config: Self = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        if config.tenants.first().is_none_or(|tenant| tenant.applications.is_empty()) || config.sites.is_empty() {
            return Err("at least one tenant with one application and at least one site are needed".to_owned());
        }
        Ok(config)
    }
}

fn yes() -> bool {
    true
}

fn linux() -> Os {
    Os::Linux
}

fn exchange_audience() -> String {
    "api://AzureADTokenExchange".to_owned()
}
