//! ARM's routes. Segments compare without case; ids are answered in canonical spelling.

use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::call::{Call, Place};
use super::error::{ArmError, not_allowed};
use super::{
    actions, configuration, deployment, differences, groups, metrics, operations, preview, publishing, references,
    settings, site, swap,
};

/// Where a site's name stands in a path, counted in segments; the slot's name stands two further.
const SITE_SEGMENT: usize = 7;

/// Answers a request whose caller is known and whose api-version is good.
pub(super) async fn route(call: &Call<'_>) -> Result<Response, ArmError> {
    let lower: Vec<String> = call.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    match lower.as_slice() {
        ["subscriptions"] => read(call, || Ok(groups::subscriptions(call))),
        ["subscriptions", subscription, rest @ ..] => {
            groups::check_subscription(call, subscription)?;
            in_subscription(call, rest).await
        }
        _ => Err(nothing(call)),
    }
}

async fn in_subscription(call: &Call<'_>, rest: &[&str]) -> Result<Response, ArmError> {
    match rest {
        [] => read(call, || Ok(groups::subscription(call))),
        ["resources"] => read(call, || Ok(groups::resources(call))),
        ["resourcegroups"] => read(call, || Ok(groups::resource_groups(call))),
        ["providers", "microsoft.web", "sites"] => read(call, || Ok(site::list(call))),
        ["resourcegroups", group, rest @ ..] => {
            groups::check_group(call, group)?;
            in_group(call, rest).await
        }
        _ => Err(nothing(call)),
    }
}

async fn in_group(call: &Call<'_>, rest: &[&str]) -> Result<Response, ArmError> {
    let name = |index: usize| call.segments.get(index).copied().unwrap_or_default();
    match rest {
        [] => read(call, || Ok(groups::resource_group(call))),
        ["resources"] => read(call, || Ok(groups::resources(call))),
        ["providers", "microsoft.web", "sites"] => read(call, || Ok(site::list(call))),
        ["providers", "microsoft.web", "serverfarms", plan] => read(call, || groups::plan(call, plan)),
        ["providers", "microsoft.keyvault", "vaults", vault] => read(call, || groups::vault(call, vault)),
        ["providers", "microsoft.web", "sites", _, "slots"] => {
            let place = call.place(name(SITE_SEGMENT), None)?;
            read(call, || Ok(site::slots(call, &place)))
        }
        ["providers", "microsoft.web", "sites", _, "slots", _, rest @ ..] => {
            let place = call.place(name(SITE_SEGMENT), Some(name(SITE_SEGMENT + 2)))?;
            in_slot(call, &place, rest).await
        }
        ["providers", "microsoft.web", "sites", _, rest @ ..] => {
            let place = call.place(name(SITE_SEGMENT), None)?;
            in_slot(call, &place, rest).await
        }
        _ => Err(nothing(call)),
    }
}

async fn in_slot(call: &Call<'_>, place: &Place, rest: &[&str]) -> Result<Response, ArmError> {
    call.require(place, "read")?;
    match (&call.incoming.method, rest) {
        (&Method::GET, []) => Ok(site::get(call, place)),
        (&Method::GET, ["instances"]) => Ok(site::instances(call, place)),
        (&Method::GET, ["instances", _, "deployments"]) => Err(site::no_deployments(call)),
        (&Method::GET, ["operationresults", id]) => operations::poll(call, place, id),
        (&Method::GET, ["deploymentstatus", id]) => deployment::status(call, place, id),
        (&Method::POST, ["publishxml"]) => publishing::profile(call, place),
        (&Method::POST, ["restart"]) => actions::restart(call, place).await,
        (&Method::POST, ["start"]) => actions::start(call, place),
        (&Method::POST, ["stop"]) => actions::stop(call, place).await,
        (&Method::POST, ["slotsswap"]) => swap::begin(call, place),
        (&Method::POST, ["slotsdiffs"]) => differences::list(call, place),
        (&Method::POST, ["applyslotconfig"]) => preview::apply(call, place),
        (&Method::POST, ["resetslotconfig"]) => preview::reset(call, place),
        (&Method::GET, ["providers", "microsoft.insights", "metrics"]) => metrics::list(call, place),
        (_, ["basicpublishingcredentialspolicies", kind]) => publishing::policy(call, place, kind),
        (_, ["config", rest @ ..]) => in_config(call, place, rest),
        (
            _,
            [] | [_] | ["operationresults" | "deploymentstatus", _] | ["providers", "microsoft.insights", "metrics"],
        ) => Err(not_allowed()),
        _ => Err(nothing(call)),
    }
}

fn in_config(call: &Call<'_>, place: &Place, rest: &[&str]) -> Result<Response, ArmError> {
    match (&call.incoming.method, rest) {
        (&Method::GET, ["web"]) => Ok(configuration::get(call, place)),
        (&Method::PATCH | &Method::PUT, ["web"]) => configuration::write(call, place),
        (&Method::POST, ["appsettings", "list"]) => settings::list(call, place),
        (&Method::PUT, ["appsettings"]) => settings::replace(call, place),
        (&Method::POST, ["connectionstrings", "list"]) => settings::list_connections(call, place),
        (&Method::PUT, ["connectionstrings"]) => settings::replace_connections(call, place),
        (&Method::POST, ["metadata", "list"]) => configuration::list_metadata(call, place),
        (&Method::PUT, ["metadata"]) => configuration::replace_metadata(call, place),
        (&Method::POST, ["publishingcredentials", "list"]) => publishing::credentials(call, place),
        (&Method::GET, ["slotconfignames"]) if place.is_production() => Ok(settings::sticky(call, place)),
        (&Method::PUT, ["slotconfignames"]) if place.is_production() => settings::replace_sticky(call, place),
        (&Method::GET, ["configreferences", "appsettings"]) => references::list(call, place, None),
        (&Method::GET, ["configreferences", "appsettings", name]) => references::list(call, place, Some(name)),
        (&Method::POST, ["configreferences", "appsettings", "refresh"]) => references::refresh(call, place),
        (_, ["web" | "appsettings" | "connectionstrings" | "metadata" | "publishingcredentials"]) => Err(not_allowed()),
        (_, ["slotconfignames"]) if place.is_production() => Err(not_allowed()),
        _ => Err(nothing(call)),
    }
}

fn read(call: &Call<'_>, act: impl FnOnce() -> Result<Response, ArmError>) -> Result<Response, ArmError> {
    if call.incoming.method == Method::GET { act() } else { Err(not_allowed()) }
}

/// 404 of a route that the emulator does not have.
fn nothing(call: &Call<'_>) -> ArmError {
    let message = format!("No HTTP resource was found that matches the request URI '{}'.", call.incoming.path);
    ArmError::new(StatusCode::NOT_FOUND, "NotFound", message)
}
