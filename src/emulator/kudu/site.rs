//! One slot's SCM site while a request is answered: what it is, and everything that an answer may need.

use std::sync::Arc;

use super::lock::LockFault;
use super::scm::Scm;
use crate::emulator::clock::Clock;
use crate::emulator::faults::Faults;
use crate::emulator::runtime::{Content, Runtime};
use crate::emulator::sites::{Sites, SlotView};

/// A slot as it was when the request came. Background work keeps it, so that it stays with its content.
#[derive(Clone)]
pub(super) struct Site {
    /// The running apps.
    pub(super) runtime: Arc<Runtime>,
    /// What ARM says of all slots now.
    pub(super) sites: Arc<dyn Sites>,
    /// The sense of time.
    pub(super) clock: Clock,
    /// What goes wrong at the moment.
    pub(super) faults: Faults,
    /// The fault that holds the lock of every site.
    pub(super) lock_fault: Arc<LockFault>,
    /// What ARM said of the slot when the request came.
    pub(super) view: SlotView,
    /// The content that was in the slot.
    pub(super) content: Arc<Content>,
    /// What is remembered of that content.
    pub(super) scm: Arc<Scm>,
}

impl Site {
    /// A setting as the SCM site sees it: its own first, then the app's.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        let own = self.scm.settings().get(name).cloned();
        own.or_else(|| self.view.launch.settings.get(name).cloned())
    }
}
