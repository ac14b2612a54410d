//! The directories with their applications, and the check of the access tokens that Entra's part has issued.

use std::sync::Arc;

use super::clock::Clock;
use super::config::{Application, Role, Tenant, VaultRole};
use super::encode::epoch;
use super::endpoints::Endpoints;
use super::keys::{Signer, TokenKeys};

/// Who is there, and who calls.
pub(crate) struct Directory {
    tenants: Vec<Tenant>,
    endpoints: Endpoints,
    keys: Arc<TokenKeys>,
    clock: Clock,
}

/// An application that proved who it is.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Its client id.
    pub(crate) client_id: String,
    /// Its object id.
    pub(crate) object_id: String,
    /// The issuer of its token.
    pub(crate) issuer: String,
    /// Its role in the subscription.
    pub(crate) role: Role,
    /// Its role in the vaults.
    pub(crate) vault_role: VaultRole,
}

/// Why an access token opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// It cannot be read, or Entra did not sign it.
    Invalid,
    /// It ended then, in seconds since 1970.
    Expired(u64),
    /// It is of another tenant; its issuer.
    ForeignTenant(String),
    /// It is for another resource; its audience.
    Audience(String),
}

impl Directory {
    /// The configured directories.
    pub(crate) fn new(tenants: Vec<Tenant>, endpoints: Endpoints, keys: Arc<TokenKeys>, clock: Clock) -> Self {
        Self { tenants, endpoints, keys, clock }
    }

    /// The URLs that the issuers are part of.
    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The tenant with this GUID or domain.
    pub(crate) fn tenant(&self, name: &str) -> Option<&Tenant> {
        let same = |tenant: &&Tenant| tenant.id.eq_ignore_ascii_case(name) || tenant.domain.eq_ignore_ascii_case(name);
        self.tenants.iter().find(same)
    }

    /// The tenant that the subscription trusts.
    pub(crate) fn home(&self) -> &Tenant {
        self.tenants.first().expect("a configuration has at least one tenant")
    }

    /// The issuer in a tenant's access tokens.
    pub(crate) fn issuer(&self, tenant: &str) -> String {
        format!("{}/{tenant}/", self.endpoints.base())
    }

    /// Checks an access token. `meant` says which audiences open the door.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(crate) fn check(&self, token: &str, meant: fn(&Endpoints, &str) -> bool) -> Result<Caller, TokenFault> {
        let token = self.keys.read(token).filter(|token| token.signed_by(Signer::Entra)).ok_or(TokenFault::Invalid)?;
        let issuer = token.claim("iss").to_owned();
        let ends = token.number("exp");
        if ends <= epoch(self.clock.now()) {
            return Err(TokenFault::Expired(ends));
        }
        if !meant(&self.endpoints, token.claim("aud")) {
            return Err(TokenFault::Audience(token.claim("aud").to_owned()));
        }
        let home = self.home();
        if issuer != self.issuer(&home.id) {
            return Err(TokenFault::ForeignTenant(issuer));
        }
        let known = |application: &&Application| application.client_id.eq_ignore_ascii_case(token.claim("appid"));
        let application = home.applications.iter().find(known).ok_or(TokenFault::Invalid)?;
        Ok(Caller {
            client_id: application.client_id.clone(),
            object_id: application.object_id.clone(),
            issuer,
            role: application.role,
            vault_role: application.vault_role,
        })
    }
}
