//! The record of a release: one object that says what was released where, and how it ended. `docs/records.md` has its fields.

use serde_json::{Value, json};

use super::run::Released;
use super::{Plan, SlotView};
use crate::ci::Job;
use crate::report::{Exit, Failure, code};

/// Raised when a field changes its meaning or goes; new ones may come at any time.
const SCHEMA: u32 = 1;

/// How a release ended, in one word for whoever counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The target serves the new build, which held.
    Succeeded,
    /// It failed; it was not swapped, or nothing is known to undo.
    Failed,
    /// It failed after the swap, and the target serves the old build again.
    SwappedBack,
    /// It failed after the swap, and the target may serve the new build.
    SwapBackFailed,
    /// It is not known to have ended.
    Unknown,
    /// Somebody ended it.
    Cancelled,
}

impl Ending {
    /// How a release with this failure ended.
    pub(super) fn of(failure: Option<&Failure>) -> Self {
        match failure.map(|failure| failure.code) {
            None => Self::Succeeded,
            Some(code) if code == &code::SWAPPED_BACK => Self::SwappedBack,
            Some(code) if code == &code::SWAP_BACK_FAILED => Self::SwapBackFailed,
            Some(code) if code.exit == Exit::TimedOut => Self::Unknown,
            Some(code) if code.exit == Exit::Cancelled => Self::Cancelled,
            Some(_) => Self::Failed,
        }
    }

    /// As records spell it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::SwappedBack => "swapped-back",
            Self::SwapBackFailed => "swap-back-failed",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a record says beside plan and result.
pub(super) struct Facts {
    /// The run's id, which the journal has as well.
    pub(super) id: String,
    /// When it began, ISO 8601 in UTC.
    pub(super) started: String,
    /// When it ended.
    pub(super) ended: String,
    /// How long it took.
    pub(super) milliseconds: u64,
    /// Where it ran, in one or two words.
    pub(super) system: &'static str,
    /// The run of the pipeline.
    pub(super) job: Job,
}

/// The record, without what only GitHub knows.
pub(super) fn record(plan: &Plan, released: &Released, facts: &Facts) -> Value {
    let failure = released.failure.as_ref();
    let target = |views: &[SlotView]| views.first().and_then(|view| view.version.clone());
    let mut job = facts.job.data();
    job["system"] = facts.system.into();
    json!({
        "schema": SCHEMA,
        "id": facts.id,
        "environment": plan.environment,
        "result": Ending::of(failure).word(),
        "failure": failure.map(|failure| json!({"code": failure.code.id, "what": failure.what})),
        "startedAt": facts.started,
        "endedAt": facts.ended,
        "milliseconds": facts.milliseconds,
        "phases": released.phases(),
        "app": plan.deploy.app,
        "slot": plan.deploy.slot.name(),
        "target": plan.target.name(),
        "url": released.before.first().map(|view| view.url.clone()),
        "version": plan.version,
        "commit": plan.commit,
        "packageSha256": released.output("package-sha256"),
        "deploymentId": released.output("deployment-id"),
        "swappedAt": released.swapped_at,
        "swappedBackAt": failure.and_then(|failure| fact(failure, "swapped back at")),
        "previousVersion": target(&released.before),
        "servedVersion": target(&released.after),
        "job": job,
        "github": null,
    })
}

fn fact<'f>(failure: &'f Failure, name: &str) -> Option<&'f str> {
    failure.facts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}
