//! The deployments of the repository, with all their statuses.

use std::sync::{Arc, Mutex, MutexGuard};

use serde::Serialize;
use serde_json::Value;

use crate::emulator::locked::locked;

/// The ids of other repositories' deployments come before; ids only grow.
const FIRST_ID: u64 = 2_400_000_001;

/// A deployment as it was created.
#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    pub(crate) id: u64,
    pub(crate) reference: String,
    pub(crate) task: String,
    pub(crate) payload: Value,
    pub(crate) environment: String,
    pub(crate) description: Option<String>,
    pub(crate) transient: bool,
    pub(crate) production: bool,
    pub(crate) created: String,
    pub(crate) statuses: Vec<Status>,
}

/// One status of a deployment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status {
    pub(crate) id: u64,
    pub(crate) state: String,
    pub(crate) description: String,
    pub(crate) environment_url: String,
    pub(crate) log_url: String,
    pub(crate) created: String,
}

impl Deployment {
    /// The newest status' state.
    pub(crate) fn state(&self) -> Option<&str> {
        self.statuses.last().map(|status| status.state.as_str())
    }
}

/// All of them, oldest first, and shared with the owner of the emulator.
#[derive(Clone, Default)]
pub(crate) struct Deployments(Arc<Mutex<Vec<Deployment>>>);

impl Deployments {
    /// Takes the lock.
    pub(crate) fn all(&self) -> MutexGuard<'_, Vec<Deployment>> {
        locked(&self.0)
    }

    /// The id of the next deployment or status: they share one row of numbers here.
    pub(crate) fn next_id(all: &[Deployment]) -> u64 {
        let used: usize = all.iter().map(|deployment| 1 + deployment.statuses.len()).sum();
        FIRST_ID + used as u64
    }

    /// What a person sees of them.
    pub(crate) fn views(&self) -> Vec<DeploymentView> {
        self.all().iter().map(DeploymentView::of).collect()
    }
}

/// A deployment as its environment's page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentView {
    /// Its number.
    pub id: u64,
    /// The environment.
    pub environment: String,
    /// The commit, branch or tag.
    pub reference: String,
    /// What its creator said of it.
    pub description: String,
    /// Its creator's data.
    pub payload: Value,
    /// How it went, oldest first.
    pub statuses: Vec<StatusView>,
}

/// One status of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusView {
    /// `in_progress`, `success`, …
    pub state: String,
    /// Why.
    pub description: String,
    /// Where the environment answers; may be empty.
    pub environment_url: String,
    /// Where the log is; may be empty.
    pub log_url: String,
}

impl DeploymentView {
    fn of(deployment: &Deployment) -> Self {
        let view = |status: &Status| StatusView {
            state: status.state.clone(),
            description: status.description.clone(),
            environment_url: status.environment_url.clone(),
            log_url: status.log_url.clone(),
        };
        Self {
            id: deployment.id,
            environment: deployment.environment.clone(),
            reference: deployment.reference.clone(),
            description: deployment.description.clone().unwrap_or_default(),
            payload: deployment.payload.clone(),
            statuses: deployment.statuses.iter().map(view).collect(),
        }
    }
}
