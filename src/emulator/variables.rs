//! The environment variables that point a shell, the SDKs and CI tools at the emulator.

use super::config::Config;
use super::issuers::{GITHUB_PATH, azure_devops_path};
use super::life::Started;

/// All of them, in the order in which a person would set them. URLs that a plain resolver must find use `localhost`.
pub(super) fn of(config: &Config, started: &Started) -> Vec<(String, String)> {
    let base = started.endpoints.base();
    let ca = started.ca_file.display().to_string();
    let tenant = config.tenants.first();
    let client = tenant.and_then(|tenant| tenant.applications.first());
    let (job, tokens) = (&config.ci.azure_devops, &started.job_tokens);
    let connection = job.service_connections.first().map(|connection| connection.id.clone()).unwrap_or_default();
    let site = config.sites.first();
    let slot = site.and_then(|site| site.slots.first());
    let vault = config.vaults.first();
    let secret = vault.and_then(|vault| vault.secrets.first());
    let name = |name: Option<&String>| name.cloned().unwrap_or_default();
    let variables = [
        ("AZURE_CLOUD", base.clone()),
        ("AZURE_AUTHORITY_HOST", base.clone()),
        ("SSL_CERT_FILE", ca.clone()),
        ("REQUESTS_CA_BUNDLE", ca.clone()),
        ("NODE_EXTRA_CA_CERTS", ca),
        ("AZURE_TENANT_ID", name(tenant.map(|tenant| &tenant.id))),
        ("AZURE_SUBSCRIPTION_ID", config.subscription.id.clone()),
        ("AZURE_CLIENT_ID", name(client.map(|client| &client.client_id))),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{base}{GITHUB_PATH}?api-version=2.0")),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", tokens.github.clone()),
        ("GITHUB_API_URL", started.endpoints.github_api()),
        ("GITHUB_REPOSITORY", config.ci.github.repository.clone()),
        ("GITHUB_REF", config.ci.github.reference.clone()),
        ("GITHUB_TOKEN", tokens.github_api.clone()),
        ("SYSTEM_OIDCREQUESTURI", format!("{base}{}", azure_devops_path(job))),
        ("SYSTEM_ACCESSTOKEN", tokens.azure_devops.clone()),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", connection.clone()),
        ("SERVICE_CONNECTION_ID", connection),
        ("BASE", base),
        ("VAULT", vault.map(|vault| started.endpoints.vault(&vault.name)).unwrap_or_default()),
        ("RG", config.resource_group.name.clone()),
        ("APP", name(site.map(|site| &site.name))),
        ("SLOT", name(slot.map(|slot| &slot.name))),
        ("SECRET", name(secret.map(|secret| &secret.name))),
    ];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
