//! One slot's SCM site while a request is answered: what it is, and everything that an answer may need.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;

use super::lock::LockFault;
use super::scm::Scm;
use crate::emulator::clock::Clock;
use crate::emulator::faults::Faults;
use crate::emulator::runtime::{Content, Runtime};
use crate::emulator::sites::{Sites, SlotView};

/// When the server wants a client to look again.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(30);

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

    /// The value of `Retry-After`: whole seconds, scaled, and never 0.
    pub(super) fn retry_after(&self) -> HeaderValue {
        HeaderValue::from(self.clock.scaled(RETRY_AFTER).as_secs().max(1))
    }
}
