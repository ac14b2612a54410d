//! The host of a rehearsal: it shows everything on the real one and hands nothing on, because nothing real was made.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::ci::{Host, Level};
use crate::report::Failure;
use crate::world::Secret;

/// Talk, status and annotations pass; outputs, variables and summaries stay here.
pub(super) struct Onlooker<'a> {
    real: &'a dyn Host,
    quiet: AtomicBool,
    /// What production serves, for the line of status.
    view: Mutex<String>,
}

impl<'a> Onlooker<'a> {
    pub(super) fn new(real: &'a dyn Host) -> Self {
        Self { real, quiet: AtomicBool::new(false), view: Mutex::new(String::new()) }
    }

    /// While preparing, only the line of status speaks.
    pub(super) fn be_quiet(&self, quiet: bool) {
        self.quiet.store(quiet, Ordering::Relaxed);
    }

    /// What is shown beside every status.
    pub(super) fn set_view(&self, view: String) {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
    }

    fn speaks(&self) -> bool {
        !self.quiet.load(Ordering::Relaxed)
    }
}

impl Host for Onlooker<'_> {
    fn name(&self) -> &'static str {
        "rehearsal"
    }

    fn line(&self, text: &str) {
        if self.speaks() {
            self.real.line(text);
        }
    }

    fn open_group(&self, title: &str) {
        if self.speaks() {
            self.real.open_group(title);
        }
    }

    fn close_group(&self) {
        if self.speaks() {
            self.real.close_group();
        }
    }

    fn annotate(&self, level: Level, title: &str, message: &str) {
        if self.speaks() {
            self.real.annotate(level, title, message);
        }
    }

    fn mask(&self, _secret: &Secret) {}

    fn set_output(&self, _name: &str, _value: &str) -> Result<(), Failure> {
        Ok(())
    }

    fn export(&self, _name: &str, _value: &str) -> Result<(), Failure> {
        Ok(())
    }

    fn export_secret(&self, _name: &str, _secret: &Secret) -> Result<(), Failure> {
        Ok(())
    }

    fn summary(&self, _markdown: &str) -> Result<(), Failure> {
        Ok(())
    }

    fn status(&self, text: Option<&str>) {
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        match text {
            Some(text) if !view.is_empty() => self.real.status(Some(&format!("{text} | {view}"))),
            text => self.real.status(text),
        }
    }
}
