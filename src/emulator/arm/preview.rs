//! Swap with preview: the target's settings are applied to the source, and both slots are frozen until the end.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;

use super::actions::restart_in_turn;
use super::call::{Call, Place};
use super::error::ArmError;
use super::swap::{Pair, check, is_prepared_source, pair, refuse_while_busy};
use crate::emulator::cloud::Cloud;
use crate::emulator::estate::{Part, Prepared};
use crate::emulator::message::empty;

/// How long the platform takes to apply the target's settings.
const APPLYING: Duration = Duration::from_secs(10);

/// `POST …/applySlotConfig`: answers at once, and goes on by itself; there is nothing to poll but `targetSwapSlot`.
pub(super) fn apply(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "applySlotConfig/action")?;
    let pair = pair(call, place)?;
    call.with(place, |site, _| {
        check(site, &pair)?;
        for (slot, partner, part) in
            [(&pair.source, &pair.target, Part::Source), (&pair.target, &pair.source, Part::Target)]
        {
            let slot = site.slots.get_mut(slot).expect("the pair was checked");
            slot.prepared = Some(Prepared { partner: partner.clone(), part });
        }
        Ok(())
    })?;
    let cloud = Arc::clone(call.cloud);
    tokio::spawn(async move {
        let turn = cloud.operations.turn(&pair.app);
        let _turn = turn.lock().await;
        cloud.clock.sleep(APPLYING).await;
        restart_in_turn(&cloud, &pair.place(&pair.source)).await;
        announce(&cloud, &pair);
    });
    Ok(empty(StatusCode::OK))
}

/// Makes the preparation visible, unless it was cancelled or completed meanwhile.
fn announce(cloud: &Cloud, pair: &Pair) {
    cloud.estate.with(&pair.app, &pair.source, |site, source| {
        if !is_prepared_source(site, source) {
            return;
        }
        let names = [&pair.source, &pair.target].map(|key| site.slots[key].name.clone());
        for (key, name) in [(&pair.source, &names[1]), (&pair.target, &names[0])] {
            if let Some(slot) = site.slots.get_mut(key) {
                slot.swap_partner = Some(name.clone());
            }
        }
    });
}

/// `POST …/resetSlotConfig`, on either slot of the pair. Without a preparation it does nothing.
pub(super) fn reset(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "resetSlotConfig/action")?;
    let source = call.with(place, |site, key| {
        refuse_while_busy(site)?;
        let Some(prepared) = site.slots[key].prepared.clone() else { return Ok(None) };
        for key in [key, prepared.partner.as_str()] {
            if let Some(slot) = site.slots.get_mut(key) {
                slot.prepared = None;
                slot.swap_partner = None;
            }
        }
        Ok(Some(if prepared.part == Part::Source { key.to_owned() } else { prepared.partner }))
    })?;
    if let Some(source) = source {
        super::actions::restart_behind(call.cloud, &Place { slot: source, ..place.clone() });
    }
    Ok(empty(StatusCode::OK))
}
