//! Every URL and host name that the emulator hands out; all of them carry the port.

use super::sites::PRODUCTION;

/// Where the services are.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    port: u16,
}

impl Endpoints {
    /// The services behind this port.
    pub(crate) fn new(port: u16) -> Self {
        Self { port }
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Entra's authority and ARM, without a slash at the end.
    pub(crate) fn base(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// GitHub's issuer of job tokens.
    pub(crate) fn github_issuer(&self) -> String {
        format!("https://token.actions.localhost:{}", self.port)
    }

    /// GitHub's REST API, without a slash at the end.
    pub(crate) fn github_api(&self) -> String {
        format!("https://api.github.localhost:{}", self.port)
    }

    /// Azure DevOps' issuer for an organisation.
    pub(crate) fn azure_devops_issuer(&self, organization_id: &str) -> String {
        format!("https://devops.localhost:{}/{organization_id}", self.port)
    }

    /// What a vault's host ends in.
    pub(crate) fn vault_suffix(&self) -> String {
        format!(".vault.localhost:{}", self.port)
    }

    /// The resource of all vaults, as the challenge names it.
    pub(crate) fn vault_resource(&self) -> String {
        format!("https://vault.localhost:{}", self.port)
    }

    /// One vault.
    pub(crate) fn vault(&self, name: &str) -> String {
        format!("https://{name}{}", self.vault_suffix())
    }

    /// The host of a slot's front end, with the port.
    pub(crate) fn front(&self, app: &str, slot: &str) -> String {
        format!("{}.azurewebsites.localhost:{}", label(app, slot), self.port)
    }

    /// The host of a slot's SCM site, with the port.
    pub(crate) fn scm(&self, app: &str, slot: &str) -> String {
        format!("{}.scm.azurewebsites.localhost:{}", label(app, slot), self.port)
    }

    /// The audiences of tokens for ARM.
    pub(crate) fn is_arm(&self, audience: &str) -> bool {
        const AZURE: [&str; 2] = ["https://management.azure.com", "https://management.core.windows.net"];
        let audience = audience.trim_end_matches('/');
        audience == self.base() || AZURE.contains(&audience)
    }

    /// The audiences of tokens for Key Vault.
    pub(crate) fn is_vault(&self, audience: &str) -> bool {
        let audience = audience.trim_end_matches('/');
        audience == self.vault_resource() || ["https://vault.localhost", "https://vault.azure.net"].contains(&audience)
    }

    /// The audiences of tokens for App Service's SCM sites.
    pub(crate) fn is_app_service(&self, audience: &str) -> bool {
        self.is_arm(audience) || audience.trim_end_matches('/') == "https://appservice.azure.com"
    }
}

/// The longest label that DNS allows, without the four letters that mark a cut.
const LONGEST_CUT: usize = 63 - 4;

/// The first label of a slot's hosts: the app's name cut to 40, the slot's to 19, and four letters when anything was cut
/// (<https://learn.microsoft.com/azure/app-service/deploy-staging-slots>, 2026-06).
pub(crate) fn label(app: &str, slot: &str) -> String {
    let (app, slot) = (app.to_lowercase(), slot.to_lowercase());
    if slot == PRODUCTION {
        return app;
    }
    let (short_app, short_slot): (String, String) = (app.chars().take(40).collect(), slot.chars().take(19).collect());
    if short_app == app && short_slot == slot {
        return format!("{app}-{slot}");
    }
    let mark = ring::digest::digest(&ring::digest::SHA256, format!("{app}/{slot}").as_bytes());
    let cut: String = format!("{short_app}-{short_slot}").chars().take(LONGEST_CUT).collect();
    format!("{cut}{}", super::encode::hex(&mark.as_ref()[..2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_cut_where_azure_cuts_it_and_never_longer_than_dns_allows() {
        assert_eq!(label("App1", "production"), "app1");
        assert_eq!(label("app1", "Staging"), "app1-staging");
        let cut = label("a-very-long-site-name-that-goes-past-forty-characters", "staging-with-a-long-name");
        assert!(cut.starts_with("a-very-long-site-name-that-goes-past-for-staging-with-a-lon"), "{cut}");
        assert_eq!(cut.len(), 63);
        assert_ne!(cut, label("a-very-long-site-name-that-goes-past-forty-characters", "staging-with-a-long-word"));
    }
}
