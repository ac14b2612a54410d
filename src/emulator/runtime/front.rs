//! The front end of a slot: finds who answers, and waits for the first worker when there is none yet.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;

use super::content::{Answerer, Seat};
use super::process::InFlight;
use super::proxy::{SendError, Whole};
use super::recycle::SHORTEST_START;
use super::{Content, Runtime, key, pages, static_files};

/// How long the front end waits for an answer, and for a first worker: service time, and at least, in real time.
const IDLE_LIMIT: Duration = Duration::from_secs(230);
/// How often a refused connection is tried again; an app's queue may be full for a moment.
const CONNECTS: u32 = 5;
/// Between two connection attempts.
const BETWEEN: Duration = Duration::from_millis(20);

impl Runtime {
    /// The front end of one slot: the whole answer to one request of a client.
    pub async fn serve(&self, app: &str, slot: &str, request: Request) -> Response {
        // The body first: the slot's content may change while it arrives.
        let Some(request) = Whole::read(request).await else { return pages::too_large() };
        let content = match self.slots().get(&key(app, slot)) {
            None => return pages::no_site(),
            Some(slot) if slot.is_stopped => return pages::site_disabled(),
            Some(slot) => Arc::clone(&slot.content),
        };
        if content.fails() {
            return pages::app_fails();
        }
        match self.seated(&content).await {
            Answerer::Placeholder => pages::hosting_start(),
            Answerer::Static if content.is_empty() => pages::hosting_start(),
            Answerer::Static => static_files::serve(content.wwwroot(), request.method(), request.path()).await,
            Answerer::Starting | Answerer::Down => pages::unavailable(),
            Answerer::Process(guard) => self.proxy(&content, request, guard).await,
        }
    }

    /// Who answers, once the first worker is there or its time is over.
    async fn seated(&self, content: &Content) -> Answerer {
        let mut seats = content.watch_seat();
        let seated = seats.wait_for(|seat| !matches!(seat, Seat::Starting));
        // An error is a content that was removed or a worker that took too long; both show as `Starting` still.
        let _ = tokio::time::timeout(self.at_least(IDLE_LIMIT, SHORTEST_START), seated).await;
        content.answerer()
    }

    async fn proxy(&self, content: &Content, request: Whole, mut guard: InFlight) -> Response {
        let limit = self.at_least(IDLE_LIMIT, SHORTEST_START);
        for _ in 0..CONNECTS {
            let failure = match self.transport.send(&request, guard.process().port(), limit).await {
                Ok(answer) => return answer,
                Err(failure) => failure,
            };
            if failure == SendError::Broken {
                break;
            }
            tokio::time::sleep(BETWEEN).await;
            // Nothing was sent: whoever has the seat now may answer.
            let Answerer::Process(next) = content.answerer() else { return pages::unavailable() };
            guard = next;
        }
        if guard.process().has_ended() { pages::unavailable() } else { pages::bad_gateway() }
    }
}
