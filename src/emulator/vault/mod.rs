//! Key Vault's data plane: the challenge, the rights, and the routes of secrets.

mod answers;
mod routes;
mod store;

use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::cloud::Cloud;
use super::config::VaultRole;
use super::directory::{Caller, TokenFault};
use super::endpoints::Endpoints;
use super::message::{Incoming, empty, with};
use answers::{Fault, forbidden_by_rbac};

pub(crate) use store::Vaults;

/// Answers a request to a vault's host.
pub(crate) fn answer(cloud: &Cloud, vault: &str, incoming: &Incoming) -> Response {
    if !cloud.vaults.exists(vault) {
        // In Azure the name of such a vault does not even resolve.
        return empty(StatusCode::NOT_FOUND);
    }
    let response = match authorized(cloud, vault, incoming) {
        Ok(_) => routes::route(cloud, vault, incoming).unwrap_or_else(Fault::answer),
        Err(response) => *response,
    };
    let response = with(response, "x-ms-keyvault-region", "westeurope");
    let response = with(response, "x-ms-keyvault-service-version", "1.9.2500.1");
    let response =
        with(response, "x-ms-keyvault-network-info", "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;");
    with(response, "x-ms-request-id", &super::encode::guid())
}

/// The caller, when the token is good and the role allows the request; boxed, because answers are large.
fn authorized(cloud: &Cloud, vault: &str, incoming: &Incoming) -> Result<Caller, Box<Response>> {
    let Some(token) = incoming.bearer() else {
        return Err(Box::new(challenge(cloud, "AKV10000: Request is missing a Bearer or PoP token.")));
    };
    let caller = cloud.directory.check(token, Endpoints::is_vault).map_err(|fault| {
        let message = match fault {
            TokenFault::Invalid => "AKV10046: Unable to resolve the key used for signature validation.".to_owned(),
            TokenFault::Expired(_) => "AKV10044: The token is expired.".to_owned(),
            TokenFault::ForeignTenant(issuer) => {
                let expected = cloud.directory.issuer(&cloud.directory.home().id);
                format!("AKV10032: Invalid issuer. Expected one of {expected}, found {issuer}.")
            }
            TokenFault::Audience(audience) => {
                let expected = cloud.endpoints.vault_resource();
                format!("AKV10022: Invalid audience. Expected {expected}, found: {audience}.")
            }
        };
        Box::new(challenge(cloud, &message))
    })?;
    let writes = incoming.method != Method::GET;
    let allowed = match caller.vault_role {
        VaultRole::SecretsOfficer => true,
        VaultRole::SecretsUser => !writes,
        VaultRole::None => false,
    };
    if allowed {
        return Ok(caller);
    }
    let fault = forbidden_by_rbac(cloud, vault, &caller, if writes { "setSecret" } else { "getSecret" });
    Err(Box::new(fault.answer()))
}

fn challenge(cloud: &Cloud, message: &str) -> Response {
    let (base, tenant) = (cloud.endpoints.base(), &cloud.directory.home().id);
    let resource = cloud.endpoints.vault_resource();
    let challenge = format!("Bearer authorization=\"{base}/{tenant}\", resource=\"{resource}\"");
    with(Fault::new(StatusCode::UNAUTHORIZED, "Unauthorized", message).answer(), "www-authenticate", &challenge)
}
