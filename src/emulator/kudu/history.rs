//! The deployments of one content, oldest first, and the rules about which one counts.

use super::deployment::{Deployment, Status};

/// How many successful entries are kept (zip-deploy 1.5).
const KEPT: usize = 10;

/// The entries of one content.
#[derive(Default)]
pub(super) struct History(Vec<Deployment>);

impl History {
    /// Adds an entry and forgets what is too old.
    pub(super) fn add(&mut self, deployment: Deployment) {
        self.0.push(deployment);
        self.purge();
    }

    /// The entry with this id.
    pub(super) fn find(&self, id: &str) -> Option<&Deployment> {
        self.0.iter().find(|entry| entry.id.eq_ignore_ascii_case(id))
    }

    /// The entry with this id, to be changed.
    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Deployment> {
        self.0.iter_mut().find(|entry| entry.id.eq_ignore_ascii_case(id))
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, id: &str) -> Option<Deployment> {
        let position = self.0.iter().position(|entry| entry.id.eq_ignore_ascii_case(id))?;
        Some(self.0.remove(position))
    }

    /// What `latest` means: the pending entry if there is one, otherwise the one that ended last.
    pub(super) fn latest(&self) -> Option<&Deployment> {
        let pending = self.0.iter().rev().find(|entry| !entry.status.is_final());
        pending.or_else(|| self.0.iter().max_by_key(|entry| entry.end))
    }

    /// Newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Deployment> {
        self.0.iter().rev()
    }

    /// The entry whose files are there.
    pub(super) fn active(&self) -> Option<&Deployment> {
        self.0.iter().find(|entry| entry.active)
    }

    /// Makes one entry the active one, and no other.
    pub(super) fn activate(&mut self, id: &str) {
        for entry in &mut self.0 {
            entry.active = entry.id.eq_ignore_ascii_case(id);
        }
    }

    fn purge(&mut self) {
        let successes = self.0.iter().filter(|entry| entry.status == Status::Success).count();
        let mut too_many = successes.saturating_sub(KEPT);
        let newest_failure = self.0.iter().rposition(|entry| entry.status == Status::Failed);
        let mut position = 0;
        self.0.retain(|entry| {
            let is_newest_failure = newest_failure == Some(position);
            position += 1;
            match entry.status {
                Status::Failed => is_newest_failure,
                Status::Success if too_many > 0 && !entry.active => {
                    too_many -= 1;
                    false
                }
                _ => true,
            }
        });
    }
}
