//! The host of a rehearsal: it shows everything on the real one and hands nothing on, because nothing real was made.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::ci::{Host, Level};
use crate::report::Failure;
use crate::world::Secret;

/// Talk, status and annotations pass; outputs, variables and summaries stay here, outputs and secrets for whoever
/// rehearses later steps.
pub(super) struct Onlooker<'a> {
    real: &'a dyn Host,
    quiet: AtomicBool,
    shown: Mutex<Shown>,
    outputs: Mutex<Vec<(String, String)>>,
    secrets: Mutex<Vec<(String, Secret)>>,
}

/// The two halves of the line of status.
#[derive(Default)]
struct Shown {
    /// What the release is doing.
    status: Option<String>,
    /// What production serves.
    view: String,
}

impl<'a> Onlooker<'a> {
    pub(super) fn new(real: &'a dyn Host) -> Self {
        Self {
            real,
            quiet: AtomicBool::new(false),
            shown: Mutex::default(),
            outputs: Mutex::default(),
            secrets: Mutex::default(),
        }
    }

    /// While preparing, only the line of status speaks.
    pub(super) fn be_quiet(&self, quiet: bool) {
        self.quiet.store(quiet, Ordering::Relaxed);
    }

    /// What is shown beside every status, from now on.
    pub(super) fn set_view(&self, view: String) {
        self.show(|shown| shown.view = view);
    }

    /// The outputs that were told as things happened since the last time, in order.
    #[cfg(feature = "generator")]
    pub(super) fn take_outputs(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.outputs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The secrets that were handed on since the last time, by the names of their outputs.
    #[cfg(feature = "generator")]
    pub(super) fn take_secrets(&self) -> Vec<(String, Secret)> {
        std::mem::take(&mut self.secrets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn show(&self, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut shown);
        match &shown.status {
            Some(status) if !shown.view.is_empty() => self.real.status(Some(&format!("{} | {status}", shown.view))),
            status => self.real.status(status.as_deref()),
        }
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

    fn mask(&self, secret: &Secret) {
        self.real.mask(secret);
    }

    fn set_output(&self, name: &str, value: &str) -> Result<(), Failure> {
        let told = (name.to_owned(), value.to_owned());
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        Ok(())
    }

    fn set_secret_output(&self, name: &str, secret: &Secret) -> Result<(), Failure> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), secret.clone()));
        Ok(())
    }

    fn status(&self, text: Option<&str>) {
        self.show(|shown| shown.status = text.map(str::to_owned));
    }
}
