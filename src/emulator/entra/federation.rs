//! Workload identity federation: an assertion of a CI host against the application's federated credentials.

use super::errors::Refusal;
use crate::emulator::cloud::Cloud;
use crate::emulator::config::{Application, FederatedCredential};
use crate::emulator::encode::epoch;
use crate::emulator::keys::{Signer, Token};
use crate::emulator::moment::Moment;

/// How far clocks may differ, in seconds.
const SKEW: u64 = 300;

/// The advice that ends every mismatch.
const ADVICE: &str = "Check your federated identity credential Subject, Audience and Issuer against the presented \
                      assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

/// Checks signature, times, issuer, subject and audience, in Entra's order.
pub(super) fn check_assertion(cloud: &Cloud, assertion: &str, application: &Application) -> Result<(), Refusal> {
    let Some(token) = cloud.keys.read(assertion) else {
        return Err(Refusal::new(50_027, "JWT token is invalid or malformed."));
    };
    if application.federated_credentials.is_empty() {
        let (id, name) = (&application.client_id, &application.name);
        let message = format!("The client '{id}'({name}) has no configured federated identity credentials.");
        return Err(Refusal::new(70_025, message));
    }
    let issuer = token.claim("iss").to_owned();
    let of_issuer: Vec<&FederatedCredential> =
        application.federated_credentials.iter().filter(|credential| issuer_of(cloud, credential) == issuer).collect();
    if of_issuer.is_empty() {
        let message =
            format!("No matching federated identity record found for presented assertion issuer '{issuer}'. {ADVICE}");
        return Err(Refusal::new(700_211, message));
    }
    check_signature(cloud, &token, &issuer)?;
    check_times(cloud, &token)?;
    match_subject(cloud, &token, &of_issuer)
}

/// The issuer that a credential names, in full.
fn issuer_of(cloud: &Cloud, credential: &FederatedCredential) -> String {
    match credential.issuer.as_str() {
        "github" => cloud.endpoints.github_issuer(),
        "azure-devops" => cloud.endpoints.azure_devops_issuer(&cloud.config.ci.azure_devops.organization_id),
        url => url.to_owned(),
    }
}

fn check_signature(cloud: &Cloud, token: &Token, issuer: &str) -> Result<(), Refusal> {
    let signer = if issuer == cloud.endpoints.github_issuer() { Signer::GitHub } else { Signer::AzureDevOps };
    if token.signed_by(signer) {
        return Ok(());
    }
    let reason =
        if token.names(signer) { "The key was found, but the signature is wrong." } else { "The key was not found." };
    let key = token.header["kid"].as_str().unwrap_or_default();
    let message =
        format!("Client assertion contains an invalid signature. [Reason - {reason}, Key id used by client: '{key}']");
    Err(Refusal::new(700_027, message))
}

fn check_times(cloud: &Cloud, token: &Token) -> Result<(), Refusal> {
    let now = cloud.clock.now();
    let (from, to) = (token.number("nbf"), token.number("exp"));
    // Entra gives clocks that run ahead some minutes, but an assertion that has ended is refused at once.
    if from <= epoch(now) + SKEW && epoch(now) < to {
        return Ok(());
    }
    let message = format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of \
         assertion {}. Review the documentation at \
         https://learn.microsoft.com/entra/identity-platform/certificate-credentials.",
        Moment::of(now).seconds(),
        Moment::of_epoch(from).seconds(),
        Moment::of_epoch(to).seconds()
    );
    Err(Refusal::new(700_024, message))
}

fn match_subject(cloud: &Cloud, token: &Token, credentials: &[&FederatedCredential]) -> Result<(), Refusal> {
    let subject = token.claim("sub");
    let mismatch = format!("No matching federated identity record found for presented assertion subject '{subject}'.");
    if cloud.faults.strikes("entra.subject-mismatch") {
        return Err(Refusal::new(700_213, format!("{mismatch} {ADVICE}")));
    }
    let exact: Vec<_> = credentials.iter().filter(|credential| credential.subject == subject).collect();
    if exact.is_empty() {
        let alike = credentials.iter().any(|credential| credential.subject.to_lowercase() == subject.to_lowercase());
        return Err(if alike {
            let hint = "The subject matches with case-insensitive comparison, but not with case-sensitive comparison.";
            Refusal::new(7_002_138, format!("{mismatch} {hint} {ADVICE}"))
        } else {
            Refusal::new(700_213, format!("{mismatch} {ADVICE}"))
        });
    }
    let audience = token.claim("aud");
    if exact.iter().any(|credential| credential.audience == audience) {
        return Ok(());
    }
    let message =
        format!("No matching federated identity record found for presented assertion audience '{audience}'. {ADVICE}");
    Err(Refusal::new(700_212, message))
}
