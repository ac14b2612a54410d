//! Long-running operations: where a client polls, and what it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use axum::http::StatusCode;
use axum::response::Response;

use super::authorize::whole_seconds;
use super::call::{Call, Place};
use super::error::ArmError;
use super::site;
use crate::emulator::cloud::Cloud;
use crate::emulator::encode::{base64_url, random, random_hex};
use crate::emulator::locked::locked;
use crate::emulator::message::{empty, json as json_answer, with};

/// How long clients are asked to wait between polls.
const POLL_AFTER: Duration = Duration::from_secs(15);

/// Every so many polls are answered without `Retry-After` (slots-and-vault §6, item 9: sometimes absent).
const SILENT_POLL: u32 = 3;

/// How an operation stands.
#[derive(Clone)]
enum State {
    /// With how often it was polled.
    Runs(u32),
    Done,
    Failed(ArmError),
}

/// Every operation of this run, and whose turn it is to change an app's processes.
#[derive(Default)]
pub(crate) struct Operations {
    states: Mutex<BTreeMap<String, State>>,
    turns: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Operations {
    /// Notes an operation that has begun.
    pub(super) fn begin(&self, id: &str) {
        locked(&self.states).insert(id.to_owned(), State::Runs(0));
    }

    /// Notes how an operation ended.
    pub(super) fn end(&self, id: &str, outcome: Result<(), ArmError>) {
        let state = outcome.map_or_else(State::Failed, |()| State::Done);
        locked(&self.states).insert(id.to_owned(), state);
    }

    /// How the operation stands; counts the polls of one that runs.
    fn polled(&self, id: &str) -> Option<State> {
        let mut states = locked(&self.states);
        let state = states.get_mut(id)?;
        if let State::Runs(polls) = state {
            *polls = polls.wrapping_add(1);
        }
        Some(state.clone())
    }

    /// The lock that keeps restarts and swaps of one app apart.
    pub(super) fn turn(&self, app: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = locked(&self.turns);
        Arc::clone(turns.entry(app.to_lowercase()).or_default())
    }
}

/// `GET …/operationresults/{id}`: 202 with a new Location, the slot, or the operation's error.
pub(super) fn poll(call: &Call<'_>, place: &Place, id: &str) -> Result<Response, ArmError> {
    match call.cloud.operations.polled(id) {
        None => {
            let message = format!("The operation '{id}' is not found.");
            Err(ArmError::flat(StatusCode::NOT_FOUND, "NotFound", "01025", message))
        }
        Some(State::Runs(polls)) if polls.is_multiple_of(SILENT_POLL) => Ok(moved_on(call, place, id)),
        Some(State::Runs(_)) => Ok(accepted(call, place, id)),
        Some(State::Done) => Ok(json_answer(StatusCode::OK, &site::resource(call.cloud, place))),
        Some(State::Failed(error)) => Err(error),
    }
}

/// 202 without a body: where to ask next, and when.
pub(super) fn accepted(call: &Call<'_>, place: &Place, id: &str) -> Response {
    let wait = whole_seconds(call.cloud.clock.scaled(POLL_AFTER));
    with(moved_on(call, place, id), "retry-after", &wait.to_string())
}

/// 202 without a body, that says only where to ask next.
fn moved_on(call: &Call<'_>, place: &Place, id: &str) -> Response {
    let version = call.incoming.query("api-version").unwrap_or_default();
    let path = format!("{}/operationresults/{id}", place.id);
    let location = signed(call.cloud, &path, version);
    with(empty(StatusCode::ACCEPTED), "location", &location)
}

/// A URL with a signature and the certificate that made it in its query: about 3.5 kB, and never twice the same.
pub(super) fn signed(cloud: &Cloud, path: &str, version: &str) -> String {
    let since = cloud.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Ticks of 100 ns since year 1, as .NET counts them.
    let ticks = since.as_nanos() / 100 + 621_355_968_000_000_000;
    let (certificate, signature) = (base64_url(&random::<2_200>()), base64_url(&random::<256>()));
    let base = cloud.endpoints.base();
    let hash = random_hex::<16>();
    format!("{base}{path}?api-version={version}&t={ticks}&c={certificate}&s={signature}&h={hash}")
}
