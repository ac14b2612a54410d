//! The SCM site of each slot.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::clock::Clock;
use super::faults::Faults;
use super::runtime::Runtime;
use super::sites::Sites;

/// The SCM sites of all slots.
pub struct Kudu {
    runtime: Arc<Runtime>,
    sites: Arc<dyn Sites>,
    clock: Clock,
    faults: Faults,
}

/// What ARM's `deploymentStatus` says of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentStatus {
    /// `BuildInProgress` … `RuntimeFailed`.
    pub status: &'static str,
    /// Whether the status never changes again (200 instead of 202).
    pub is_final: bool,
    /// Instances that are starting.
    pub in_progress: u32,
    /// Instances that run.
    pub successful: u32,
    /// Instances that did not start.
    pub failed: u32,
    /// The text of error `04915`, on `RuntimeFailed`.
    pub error: Option<String>,
}

impl Kudu {
    /// The SCM sites of `sites`, deploying into `runtime`.
    pub fn new(runtime: Arc<Runtime>, sites: Arc<dyn Sites>, clock: Clock, faults: Faults) -> Arc<Self> {
        Arc::new(Self { runtime, sites, clock, faults })
    }

    /// The whole SCM site of one slot, authorisation included.
    pub async fn handle(&self, _app: &str, _slot: &str, _request: Request) -> Response {
        let _ = (&self.runtime, &self.sites, self.clock, &self.faults);
        StatusCode::NOT_FOUND.into_response()
    }

    /// For ARM's `deploymentStatus`. `None` when the id is unknown, replaced, or not there yet.
    pub fn deployment_status(&self, _app: &str, _slot: &str, _id: &str) -> Option<DeploymentStatus> {
        None
    }
}
