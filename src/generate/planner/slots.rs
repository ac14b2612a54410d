//! Which environments fill or swap the same slots of the same sites: their jobs wait for one another.

use std::collections::BTreeSet;

use super::System;
use crate::generate::config::{Deploy, Environment};

/// The slots whose content a release or a roll-back of the environment changes.
fn changed(environment: &Environment) -> BTreeSet<&str> {
    match &environment.deploy {
        Deploy::Slot(slot) => BTreeSet::from([slot.as_str()]),
        deploy => deploy.slot().into_iter().chain(["production"]).collect(),
    }
}

/// The environment by whose name the lock goes: the last of those that share slots with this one, near or far. A slot that
/// staging fills while production swaps it would put a build in front of users that nobody proved there.
pub(super) fn owner<'a>(system: System<'a>, environment: &'a Environment) -> Option<&'a str> {
    let same = system.config.environments.iter().filter(|(_, other)| other.suffix == environment.suffix);
    let same: Vec<(&str, BTreeSet<&str>)> = same.map(|(name, other)| (name.as_str(), changed(other))).collect();
    let mut shared = changed(environment);
    loop {
        let before = shared.len();
        for (_, slots) in &same {
            if !slots.is_disjoint(&shared) {
                shared.extend(slots);
            }
        }
        if shared.len() == before {
            return same.iter().rev().find(|(_, slots)| !slots.is_disjoint(&shared)).map(|(name, _)| *name);
        }
    }
}
