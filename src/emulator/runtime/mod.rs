//! The machines behind the sites: each slot's content on disk, its app process, and the front end that leads to it.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::clock::Clock;
use super::faults::Faults;
use super::sites::Launch;

/// All slots' contents and processes.
pub struct Runtime {
    home: PathBuf,
    clock: Clock,
    faults: Faults,
}

/// What a slot's one instance is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instances {
    /// The app answers.
    Running,
    /// The first process of this content is not ready yet.
    Starting,
    /// The last start failed, or the process ended by itself.
    Failed {
        /// The end of what the process wrote.
        log_tail: String,
    },
    /// The slot is stopped or does not exist.
    None,
}

/// How a swap asks the source slot whether it is warm.
#[derive(Clone, Debug)]
pub struct WarmUp {
    /// The path to request, with its slash.
    pub path: String,
    /// The statuses that count; `None` accepts every one.
    pub statuses: Option<Vec<u16>>,
}

/// Why a source slot is not ready to be swapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarmUpFailure {
    /// Its process did not start.
    DidNotStart {
        /// The end of what the process wrote.
        log_tail: String,
    },
    /// Nothing answered the warm-up request.
    NoAnswer,
    /// The last answer's status is not among those that count.
    BadStatus(u16),
}

impl Runtime {
    /// A runtime that keeps everything below `home`.
    pub fn new(home: PathBuf, clock: Clock, faults: Faults) -> Arc<Self> {
        Arc::new(Self { home, clock, faults })
    }

    /// Adds a slot with empty content, which shows the platform's start page. Nothing happens when it is there.
    pub fn add_slot(&self, _app: &str, _slot: &str) {
        let _ = (&self.home, self.clock, &self.faults);
    }

    /// Removes a slot and ends its process.
    pub fn remove_slot(&self, _app: &str, _slot: &str) {}

    /// Replaces the slot's process by a new one, overlapped; returns when it is done.
    pub async fn restart(&self, _app: &str, _slot: &str, _launch: Launch) {}

    /// Ends the slot's process; its front end answers 403 until the next restart.
    pub async fn stop(&self, _app: &str, _slot: &str) {}

    /// Restarts the source with the target's settings and warms it up. The target is untouched.
    pub async fn prepare_swap(
        &self,
        _app: &str,
        _source: &str,
        _launch: Launch,
        _warm_up: WarmUp,
    ) -> Result<(), WarmUpFailure> {
        Err(WarmUpFailure::NoAnswer)
    }

    /// Exchanges contents, deployment histories and workers of two slots in one step.
    pub fn flip(&self, _app: &str, _source: &str, _target: &str) {}

    /// What the slot's instance is doing.
    pub fn instances(&self, _app: &str, _slot: &str) -> Instances {
        Instances::None
    }

    /// The front end of one slot.
    pub async fn serve(&self, _app: &str, _slot: &str, _request: Request) -> Response {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }

    /// Ends every process and waits for it.
    pub async fn shutdown(&self) {}
}
