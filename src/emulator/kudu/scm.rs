//! What Kudu remembers of one content. It is kept under the content's id, so that it moves with a swap.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::DeploymentStatus;
use super::history::History;
use super::lock::DeploymentLock;
use crate::emulator::locked::locked;
use crate::emulator::sites::{Os, PRODUCTION, SlotView};

/// The state of one content's SCM site.
#[derive(Default)]
pub(super) struct Scm {
    /// One deployment at a time.
    pub(super) lock: DeploymentLock,
    history: Mutex<History>,
    settings: Mutex<BTreeMap<String, String>>,
    tracked: Mutex<Option<Tracked>>,
}

/// How far the newest push has come, for ARM's `deploymentStatus`.
#[derive(Clone, Debug)]
struct Tracked {
    id: String,
    stage: Stage,
}

/// The stages of a push as ARM tells them (zip-deploy 1.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// ARM does not know it yet.
    Received,
    /// `BuildInProgress`.
    Building,
    /// `BuildFailed`.
    BuildFailed,
    /// `BuildSuccessful`; the end when no restart was asked for.
    Built,
    /// `RuntimeStarting`, with this many instances.
    Starting(u32),
    /// `RuntimeSuccessful`.
    Running,
    /// `RuntimeFailed`.
    DidNotStart,
}

impl Scm {
    /// The deployments.
    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        locked(&self.history)
    }

    /// The settings that were posted to `/api/settings`; they win over the site's.
    pub(super) fn settings(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        locked(&self.settings)
    }

    /// Follows a new push; ARM forgets the one before.
    pub(super) fn track(&self, id: &str) {
        *self.tracked() = Some(Tracked { id: id.to_owned(), stage: Stage::Received });
    }

    /// Notes how far a push has come, unless a newer one is followed.
    pub(super) fn reaches(&self, id: &str, stage: Stage) {
        if let Some(tracked) = self.tracked().as_mut().filter(|tracked| tracked.id == id) {
            tracked.stage = stage;
        }
    }

    /// What ARM says of a push: Linux only, and slots never get past the build.
    pub(super) fn deployment_status(&self, view: &SlotView, id: &str) -> Option<DeploymentStatus> {
        let tracked = self.tracked().clone().filter(|tracked| tracked.id.eq_ignore_ascii_case(id))?;
        if view.os == Os::Windows {
            return None;
        }
        let is_production = view.slot.eq_ignore_ascii_case(PRODUCTION);
        let stage = match tracked.stage {
            Stage::Starting(_) | Stage::Running | Stage::DidNotStart if !is_production => Stage::Built,
            stage => stage,
        };
        let (status, is_final, counts) = match stage {
            Stage::Received => return None,
            Stage::Building => ("BuildInProgress", false, (0, 0, 0)),
            Stage::BuildFailed => ("BuildFailed", true, (0, 0, 0)),
            Stage::Built => ("BuildSuccessful", false, (0, 0, 0)),
            Stage::Starting(instances) => ("RuntimeStarting", false, (instances, 0, 0)),
            Stage::Running => ("RuntimeSuccessful", true, (0, 1, 0)),
            Stage::DidNotStart => ("RuntimeFailed", true, (0, 0, 1)),
        };
        let error = (stage == Stage::DidNotStart).then(|| {
            // The spelling is the service's.
            format!(
                "Deployment for site '{}' with DeploymentId '{id}' failed because the worker proccess failed to start \
                 within the allotted time.",
                view.app
            )
        });
        let (in_progress, successful, failed) = counts;
        Some(DeploymentStatus { status, is_final, in_progress, successful, failed, error })
    }

    fn tracked(&self) -> MutexGuard<'_, Option<Tracked>> {
        locked(&self.tracked)
    }
}
