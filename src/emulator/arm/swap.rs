//! Swaps: the request, the run in the background, and the ways in which it fails.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::actions::restart_in_turn;
use super::call::{Call, Place};
use super::error::{ArmError, not_found};
use super::groups::tier;
use super::operations::accepted;
use crate::emulator::cloud::Cloud;
use crate::emulator::encode::guid;
use crate::emulator::estate::{Part, Running, Site, SwapStatus, exchange};
use crate::emulator::moment::Moment;
use crate::emulator::runtime::{WarmUp, WarmUpFailure};
use crate::emulator::sites::{Os, PRODUCTION};

/// How long the platform takes to apply the target's settings to the source.
const APPLYING: Duration = Duration::from_secs(15);

/// How long it takes from the warm-up to the flip.
const ROUTING: Duration = Duration::from_secs(15);

/// How long it takes from the flip to the end of the operation.
const SETTLING: Duration = Duration::from_secs(5);

/// The two slots of a swap, by key.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// The app.
    pub(super) app: String,
    /// Whose content is warmed up and goes to the target.
    pub(super) source: String,
    /// Which slot stays on line throughout.
    pub(super) target: String,
}

impl Pair {
    /// The place of one of the two slots, as far as the runtime's turn needs it.
    pub(super) fn place(&self, slot: &str) -> Place {
        Place { app: self.app.clone(), slot: slot.to_owned(), id: String::new() }
    }
}

/// Reads `targetSlot` and finds the pair. Production is the target, whichever of the two the request is posted to.
pub(super) fn pair(call: &Call<'_>, place: &Place) -> Result<Pair, ArmError> {
    let body = call.incoming.json().unwrap_or_default();
    let named = body["targetSlot"].as_str().map(str::trim).unwrap_or_default().to_lowercase();
    if named.is_empty() || !matches!(body.get("preserveVnet"), Some(Value::Bool(_))) {
        let message = "The parameter slotSwapEntity has an invalid value: targetSlot and preserveVnet are required.";
        return Err(ArmError::bad_request(message));
    }
    let exists = call.with(place, |site, _| site.slots.contains_key(&named));
    if !exists {
        let group = &call.cloud.config.resource_group.name;
        return Err(not_found(&format!("Microsoft.Web/sites/{}/slots/{named}", place.app), group));
    }
    if named == place.slot {
        let message = format!("Cannot swap slot '{named}' with itself.");
        return Err(ArmError::bad_request(message));
    }
    let (source, target) =
        if place.slot == PRODUCTION { (named, place.slot.clone()) } else { (place.slot.clone(), named) };
    Ok(Pair { app: place.app.clone(), source, target })
}

/// What both kinds of swap demand: a plan with slots, started slots, and no other operation or preparation.
pub(super) fn check(site: &Site, pair: &Pair) -> Result<(), ArmError> {
    refuse_while_busy(site)?;
    let tier = tier(&site.plan.sku);
    if ["Free", "Shared", "Basic", "Dynamic"].contains(&tier) {
        let message = format!(
            "Cannot complete the operation because the site will exceed the number of slots allowed for the '{tier}' SKU."
        );
        return Err(ArmError::conflict(message));
    }
    if !(site.slots[&pair.source].running && site.slots[&pair.target].running) {
        let message = "Cannot swap site slots because one of the slots is in a stopped state.";
        return Err(ArmError::conflict(message));
    }
    for (slot, partner) in [(&pair.source, &pair.target), (&pair.target, &pair.source)] {
        let prepared = site.slots[slot].prepared.as_ref().filter(|prepared| prepared.partner != *partner);
        if let Some(other) = prepared.map(|prepared| &prepared.partner) {
            let message = format!(
                "Cannot apply configuration from slot '{partner}' because this slot has already been prepared for swap \
                 with slot '{other}'."
            );
            return Err(ArmError::conflict(message));
        }
    }
    Ok(())
}

/// 409 while a swap runs.
pub(super) fn refuse_while_busy(site: &Site) -> Result<(), ArmError> {
    let Some(running) = &site.operation else { return Ok(()) };
    let message = format!(
        "Cannot modify this site because another operation is in progress. Details: Id: {}, OperationName: SwapSiteSlots, \
         CreatedTime: {}, RequestId: {}, EntityType: 1, SiteName: {}, SlotName: {}",
        running.id,
        Moment::of(running.since).american(),
        running.id,
        site.name,
        running.slot
    );
    Err(ArmError::conflict(message))
}

/// `POST …/slotsswap`.
pub(super) fn begin(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "slotsswap/action")?;
    let pair = pair(call, place)?;
    let id = guid();
    call.with(place, |site, _| {
        check(site, &pair)?;
        site.operation = Some(Running { id: id.clone(), since: call.cloud.estate.now(), slot: pair.source.clone() });
        Ok(())
    })?;
    call.cloud.operations.begin(&id);
    let answer = accepted(call, place, &id);
    let cloud = Arc::clone(call.cloud);
    tokio::spawn(async move {
        let turn = cloud.operations.turn(&pair.app);
        let _turn = turn.lock().await;
        let outcome = run(&cloud, &pair).await;
        cloud.estate.with(&pair.app, PRODUCTION, |site, _| site.operation = None);
        cloud.operations.end(&id, outcome);
    });
    Ok(answer)
}

async fn run(cloud: &Cloud, pair: &Pair) -> Result<(), ArmError> {
    cloud.clock.sleep(APPLYING).await;
    let launch = cloud.estate.launch_in(&pair.app, &pair.source, &pair.target);
    let warm_up = warm_up(&launch.settings);
    if let Err(fault) = cloud.runtime.prepare_swap(&pair.app, &pair.source, launch, warm_up).await {
        // Only the source was touched; it gets its own settings back.
        restart_in_turn(cloud, &pair.place(&pair.source)).await;
        return Err(failure(cloud, pair, &fault));
    }
    cloud.clock.sleep(ROUTING).await;
    flip(cloud, pair);
    // What was in production now runs with the source's own settings.
    restart_in_turn(cloud, &pair.place(&pair.source)).await;
    cloud.clock.sleep(SETTLING).await;
    Ok(())
}

/// The moment of the swap: settings, contents and workers change places, and both slots get the proof.
fn flip(cloud: &Cloud, pair: &Pair) {
    let now = cloud.estate.now();
    cloud.estate.with(&pair.app, &pair.source, |site, _| {
        exchange(site, &pair.source, &pair.target);
        let spelled = |site: &Site, key: &str| {
            if key == PRODUCTION { "Production".to_owned() } else { site.slots[key].name.clone() }
        };
        let status =
            SwapStatus { time: now, source: spelled(site, &pair.source), destination: spelled(site, &pair.target) };
        for key in [&pair.source, &pair.target] {
            if let Some(slot) = site.slots.get_mut(key) {
                slot.last_swap = Some(status.clone());
                slot.swap_partner = None;
                slot.prepared = None;
                slot.modified = now;
            }
        }
    });
    cloud.runtime.flip(&pair.app, &pair.source, &pair.target);
}

/// Which request warms the app up, by the settings that it will have in its new place.
fn warm_up(settings: &std::collections::BTreeMap<String, String>) -> WarmUp {
    let path = settings.get("WEBSITE_SWAP_WARMUP_PING_PATH").filter(|path| path.starts_with('/'));
    let statuses = settings.get("WEBSITE_SWAP_WARMUP_PING_STATUSES");
    let statuses =
        statuses.map(|list| list.split(',').filter_map(|status| status.trim().parse::<u16>().ok()).collect());
    WarmUp { path: path.map_or_else(|| "/".to_owned(), Clone::clone), statuses }
}

/// What the poll says of a failed warm-up; Linux and Windows speak of different things.
fn failure(cloud: &Cloud, pair: &Pair, fault: &WarmUpFailure) -> ArmError {
    let Pair { app, source, .. } = pair;
    let os = cloud.estate.with(app, source, |site, _| site.plan.os).unwrap_or(Os::Linux);
    match (fault, os) {
        (WarmUpFailure::BadStatus(_), _) => ArmError::bad_request(format!(
            "Cannot swap slots for site '{app}' because the application initialization in '{source}' slot either took too \
             long or failed. Please check AppInit module configuration or try using manual swap if this error persists."
        )),
        (_, Os::Linux) => {
            let message = format!(
                "Cannot swap site slots for site '{app}' because the '{source}' slot did not respond to http ping."
            );
            ArmError::flat(StatusCode::EXPECTATION_FAILED, "ExpectationFailed", "59210", message)
        }
        (_, Os::Windows) => ArmError::bad_request(format!(
            "Cannot swap slots for site '{app}' because the worker process for '{source}' slot could not be started."
        )),
    }
}

/// Whether a slot is the source of a prepared swap.
pub(super) fn is_prepared_source(site: &Site, slot: &str) -> bool {
    site.slots[slot].prepared.as_ref().is_some_and(|prepared| prepared.part == Part::Source)
}
