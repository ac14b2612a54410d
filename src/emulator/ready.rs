//! The world that is there without a configuration file, and what a rehearsal changes in it.

use std::collections::BTreeMap;

use super::config::{
    Application, Ci, ClientSecret, Config, FederatedCredential, Plan, ResourceGroup, Role, Secret, Site, Slot,
    Subscription, Tenant, Vault, VaultRole,
};
use super::sites::Os;

/// The audience that Entra wants in a federated token.
const EXCHANGE_AUDIENCE: &str = "api://AzureADTokenExchange";

impl Config {
    /// One tenant, one subscription, resource group `rg1`, app `app1` on a Standard Linux plan with slot `staging`, and
    /// vault `kv1`.
    pub fn ready() -> Self {
        Self {
            tenants: vec![Tenant {
                id: "10000000-0000-4000-8000-000000000001".to_owned(),
                domain: "siding.onmicrosoft.localhost".to_owned(),
                applications: vec![application()],
            }],
            subscription: Subscription {
                id: "20000000-0000-4000-8000-000000000002".to_owned(),
                name: "Siding emulator".to_owned(),
            },
            resource_group: ResourceGroup { name: "rg1".to_owned(), location: "West Europe".to_owned() },
            sites: vec![site()],
            vaults: vec![vault()],
            ci: Ci::default(),
        }
    }

    /// Renames the first app.
    #[must_use]
    pub fn with_app(mut self, name: &str) -> Self {
        name.clone_into(&mut self.site().name);
        self
    }

    /// Renames the first app's first slot.
    #[must_use]
    pub fn with_slot(mut self, name: &str) -> Self {
        if let Some(slot) = self.site().slots.first_mut() {
            name.clone_into(&mut slot.name);
        }
        self
    }

    /// Sets how the first app is started, in every slot; `None` serves static files.
    #[must_use]
    pub fn with_start_command(mut self, command: Option<&str>) -> Self {
        let site = self.site();
        site.start_command = command.map(str::to_owned);
        for slot in &mut site.slots {
            slot.start_command = None;
        }
        self
    }

    /// Adds app settings to every slot of the first app.
    #[must_use]
    pub fn with_settings(mut self, settings: &BTreeMap<String, String>) -> Self {
        let site = self.site();
        for target in std::iter::once(&mut site.settings).chain(site.slots.iter_mut().map(|slot| &mut slot.settings)) {
            target.extend(settings.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        self
    }

    /// Adds a secret to the first vault, or changes its value.
    #[must_use]
    pub fn with_secret(mut self, name: &str, value: &str) -> Self {
        if let Some(vault) = self.vaults.first_mut() {
            vault.secrets.retain(|secret| !secret.name.eq_ignore_ascii_case(name));
            vault.secrets.push(secret(name, value));
        }
        self
    }

    fn site(&mut self) -> &mut Site {
        self.sites.first_mut().expect("a configuration has at least one site")
    }
}

fn application() -> Application {
    let trust = |issuer: &str, subject: &str| FederatedCredential {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        audience: EXCHANGE_AUDIENCE.to_owned(),
    };
    Application {
        name: "inventory-api-deploy".to_owned(),
        client_id: "30000000-0000-4000-8000-000000000003".to_owned(),
        object_id: "40000000-0000-4000-8000-000000000004".to_owned(),
        federated_credentials: vec![
            trust("github", "repo:siding-dev/inventory-api:environment:production"),
            trust("azure-devops", "sc://siding-dev/inventory/azure-production"),
        ],
        secrets: vec![
            ClientSecret { value: "a-client-secret-of-the-emulator".to_owned(), expired: false },
            ClientSecret { value: "an-expired-secret-of-the-emulator".to_owned(), expired: true },
        ],
        role: Role::Contributor,
        vault_role: VaultRole::SecretsOfficer,
    }
}

fn site() -> Site {
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Site {
        name: "app1".to_owned(),
        plan: Plan { name: "plan1".to_owned(), sku: "S1".to_owned(), os: Os::Linux },
        start_command: None,
        stack: "PYTHON|3.12".to_owned(),
        settings: BTreeMap::from([setting("ENVIRONMENT_NAME", "production")]),
        sticky_settings: vec!["ENVIRONMENT_NAME".to_owned()],
        basic_publishing: true,
        slots: vec![Slot {
            name: "staging".to_owned(),
            settings: BTreeMap::from([setting("ENVIRONMENT_NAME", "staging")]),
            start_command: None,
        }],
    }
}

fn vault() -> Vault {
    let disabled = Secret { enabled: false, ..secret("old-password", "tr0ub4dor-and-3") };
    let expired = Secret { expires: Some(1_735_689_600), ..secret("expired-key", "k-2024-11-ended") };
    let multi = secret("tls-key", "-----BEGIN KEY-----\nc2lkaW5nLWVtdWxhdG9y\n-----END KEY-----\n");
    let secrets = vec![
        secret("db-password", "correct-horse-battery-staple"),
        secret("api-key", "emulated-api-key-7f3a91c2"),
        disabled,
        expired,
        multi,
    ];
    Vault { name: "kv1".to_owned(), secrets }
}

fn secret(name: &str, value: &str) -> Secret {
    Secret {
        name: name.to_owned(),
        value: value.to_owned(),
        enabled: true,
        expires: None,
        content_type: None,
        tags: BTreeMap::new(),
    }
}
