//! Who calls ARM, and what a caller without rights is told.

use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::error::ArmError;
use crate::emulator::cloud::Cloud;
use crate::emulator::config::Role;
use crate::emulator::directory::{Caller, TokenFault};
use crate::emulator::endpoints::Endpoints;
use crate::emulator::message::Incoming;
use crate::emulator::moment::Moment;

/// How long ARM asks a throttled client to wait.
const THROTTLED_FOR: Duration = Duration::from_secs(10);

/// The caller, or the 401 that fits.
pub(super) fn authenticate(cloud: &Cloud, incoming: &Incoming) -> Result<Caller, ArmError> {
    let Some(token) = incoming.bearer() else {
        let message = "Authentication failed. The 'Authorization' header is missing.";
        return Err(unauthorized(cloud, "AuthenticationFailed", message.to_owned()));
    };
    cloud.directory.check(token, Endpoints::is_arm).map_err(|fault| match fault {
        TokenFault::Invalid => {
            unauthorized(cloud, "InvalidAuthenticationToken", "The access token is invalid.".to_owned())
        }
        TokenFault::Expired(ended) => {
            let (ended, now) = (Moment::of_epoch(ended).american(), Moment::of(cloud.clock.now()).american());
            let message = format!("The access token expiry UTC time '{ended}' is earlier than current UTC time '{now}'.");
            unauthorized(cloud, "ExpiredAuthenticationToken", message)
        }
        TokenFault::Audience(audience) => {
            let allowed = format!(
                "https://management.core.windows.net/,https://management.core.windows.net,\
                 https://management.azure.com/,https://management.azure.com,{base}/,{base}",
                base = cloud.endpoints.base()
            );
            let message = format!(
                "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match \
                 with one of the allowed audiences '{allowed}'."
            );
            unauthorized(cloud, "InvalidAuthenticationTokenAudience", message)
        }
        TokenFault::ForeignTenant(issuer) => {
            let home = cloud.directory.issuer(&cloud.directory.home().id);
            let message = format!(
                "The access token is from the wrong issuer '{issuer}'. It must match the tenant '{home}' associated with \
                 this subscription. Please use the authority (URL) '{home}' to get the token."
            );
            unauthorized(cloud, "InvalidAuthenticationTokenTenant", message)
        }
    })
}

fn unauthorized(cloud: &Cloud, code: &str, message: String) -> ArmError {
    let authority = format!("{}/{}", cloud.endpoints.base(), cloud.directory.home().id);
    let challenge =
        format!("Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", error_description=\"{message}\"");
    ArmError::new(StatusCode::UNAUTHORIZED, code, message).header("www-authenticate", challenge)
}

/// Lets readers read, contributors do everything, and website contributors everything with apps and nothing with metrics
/// (<https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/web-and-mobile>, 2026-06); `action` and `scope` go into the refusal.
pub(super) fn require(caller: &Caller, action: &str, scope: &str) -> Result<(), ArmError> {
    let allowed = match caller.role {
        Role::Contributor => true,
        Role::WebsiteContributor => {
            ["Microsoft.Web/", "Microsoft.Resources/"].iter().any(|own| action.starts_with(own))
        }
        Role::Reader => action.ends_with("/read"),
        Role::None => false,
    };
    if allowed {
        return Ok(());
    }
    let Caller { client_id, object_id, .. } = caller;
    let message = format!(
        "The client '{client_id}' with object id '{object_id}' does not have authorization to perform action '{action}' \
         over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    );
    Err(ArmError::new(StatusCode::FORBIDDEN, "AuthorizationFailed", message).header("x-ms-failure-cause", "gateway"))
}

/// 429.
pub(super) fn throttled(cloud: &Cloud, incoming: &Incoming) -> ArmError {
    let kind = if incoming.method == Method::GET { "Read" } else { "Write" };
    let message = format!(
        "The request is being throttled as the limit has been reached for operation type - {kind}_ObservationWindow_\
         00:05:00. For more information, see - https://aka.ms/srpthrottlinglimits"
    );
    let wait = whole_seconds(cloud.clock.scaled(THROTTLED_FOR));
    ArmError::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message).header("retry-after", wait.to_string())
}

/// A scaled wait as a `Retry-After`: whole seconds rounded up, but 0 when it is less than one.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    match wait.as_secs() {
        0 => 0,
        whole => whole + u64::from(wait.subsec_nanos() > 0),
    }
}
