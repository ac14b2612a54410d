//! Restart, start and stop.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::call::{Call, Place};
use super::error::ArmError;
use crate::emulator::cloud::Cloud;
use crate::emulator::message::empty;
use crate::emulator::sites::Sites as _;

/// `POST …/restart`; with `synchronous=true` it answers when the new process serves.
pub(super) async fn restart(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "restart/action")?;
    call.require_free(place)?;
    if call.incoming.query("synchronous").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        restart_now(call.cloud, place).await;
    } else {
        restart_behind(call.cloud, place);
    }
    Ok(empty(StatusCode::OK))
}

/// `POST …/start`.
pub(super) fn start(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "start/action")?;
    call.require_free(place)?;
    set_running(call, place, true);
    restart_behind(call.cloud, place);
    Ok(empty(StatusCode::OK))
}

/// `POST …/stop`.
pub(super) async fn stop(call: &Call<'_>, place: &Place) -> Result<Response, ArmError> {
    call.require(place, "stop/action")?;
    call.require_free(place)?;
    set_running(call, place, false);
    call.cloud.runtime.stop(&place.app, &place.slot).await;
    Ok(empty(StatusCode::OK))
}

fn set_running(call: &Call<'_>, place: &Place, running: bool) {
    call.with(place, |site, slot| {
        let slot = site.slots.get_mut(slot).expect("it was just found");
        slot.running = running;
    });
}

/// Restarts a slot's app while the request is already answered, as every change of its settings does.
pub(super) fn restart_behind(cloud: &Arc<Cloud>, place: &Place) {
    let (cloud, place) = (Arc::clone(cloud), place.clone());
    tokio::spawn(async move { restart_now(&cloud, &place).await });
}

/// Restarts a slot's app with what is configured now, unless the slot is stopped.
async fn restart_now(cloud: &Arc<Cloud>, place: &Place) {
    let turn = cloud.operations.turn(&place.app);
    let _turn = turn.lock().await;
    restart_in_turn(cloud, place).await;
}

/// The same, for a caller that already holds the app's turn.
pub(super) async fn restart_in_turn(cloud: &Cloud, place: &Place) {
    if let Some(view) = cloud.estate.view(&place.app, &place.slot).filter(|view| view.running) {
        cloud.runtime.restart(&place.app, &place.slot, view.launch).await;
    }
}
