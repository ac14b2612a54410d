//! The deployment lock of one content, and the fault that pretends somebody else holds it.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use crate::emulator::clock::Clock;
use crate::emulator::faults::{Faults, duration};
use crate::emulator::locked::locked;
use crate::emulator::moment::Moment;

/// The operation that holds the lock while a body arrives.
pub(super) const PREPARING: &str = "Preparing zip package";
/// The operation that holds it while files are deployed.
pub(super) const DEPLOYING: &str = "Performing continuous deployment";

const FAULT: &str = "kudu.lock";

/// What somebody does, and since when.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    name: &'static str,
    since: SystemTime,
}

impl Operation {
    /// The 409 text (zip-deploy 1.4 a) for somebody who wants to start `wanted`.
    pub(super) fn conflict(&self, wanted: &str) -> String {
        format!(
            "The '{wanted}' operation conflicts with the pending '{}' operation started at {}. Please retry operation \
             later.",
            self.name,
            Moment::of(self.since).round_trip()
        )
    }
}

/// The lock of one content.
#[derive(Clone, Default)]
pub(super) struct DeploymentLock(Arc<Mutex<Option<Operation>>>);

impl DeploymentLock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(&self, name: &'static str, since: SystemTime) -> Result<Held, Operation> {
        let mut operation = locked(&self.0);
        if let Some(operation) = operation.as_ref() {
            return Err(operation.clone());
        }
        *operation = Some(Operation { name, since });
        Ok(Held(self.clone()))
    }

    /// Whether somebody has it.
    pub(super) fn is_held(&self) -> bool {
        locked(&self.0).is_some()
    }
}

/// The lock, held until this is dropped.
pub(super) struct Held(DeploymentLock);

impl Held {
    /// Goes on to the next operation without letting anybody in.
    pub(super) fn becomes(&self, name: &'static str) {
        if let Some(operation) = locked(&self.0.0).as_mut() {
            operation.name = name;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        *locked(&self.0.0) = None;
    }
}

/// The fault `kudu.lock`: a duration of service time, counted from the first request that it blocks.
#[derive(Default)]
pub(super) struct LockFault(Mutex<Option<(Instant, SystemTime)>>);

impl LockFault {
    /// The operation that is in the way, if the fault strikes.
    pub(super) fn strikes(&self, faults: &Faults, clock: Clock) -> Option<Operation> {
        let mut first = locked(&self.0);
        if !faults.is_on(FAULT) {
            *first = None;
            return None;
        }
        let (began, since) = *first.get_or_insert_with(|| (Instant::now(), clock.now()));
        let limit = faults.setting(FAULT).and_then(|setting| duration(&setting)).unwrap_or_default();
        let strikes = began.elapsed() < clock.scaled(limit);
        if !strikes {
            *first = None;
            faults.switch_off(FAULT);
        }
        strikes.then_some(Operation { name: DEPLOYING, since })
    }
}
