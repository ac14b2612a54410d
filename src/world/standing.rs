//! What would be left behind if the run stopped at this moment, for the message of a cancelled run.

use std::sync::{Mutex, PoisonError};

use crate::report::{Failure, code};

/// A note that a tool keeps current around every step that Azure goes on with when we stop.
#[derive(Debug, Default)]
pub struct Standing(Mutex<Option<Note>>);

/// What is left, and how to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What Azure is still doing, or what stands half done.
    pub left: String,
    /// The command that finishes or undoes it; `None` when the text says what to do.
    pub resume: Option<String>,
}

impl Note {
    /// The failure, with what is left and how to go on.
    pub fn told(self, failure: Failure) -> Failure {
        self.resume.into_iter().fold(failure.because(self.left), Failure::run)
    }
}

impl Standing {
    /// From here on, this would be left, and this command goes on with it.
    pub fn leaves(&self, left: impl Into<String>, resume: impl Into<String>) {
        self.set(Some(Note { left: left.into(), resume: Some(resume.into()) }));
    }

    /// From here on, this would be left; no command is of help.
    pub fn tells(&self, left: impl Into<String>) {
        self.set(Some(Note { left: left.into(), resume: None }));
    }

    /// Nothing would be left.
    pub fn leaves_nothing(&self) {
        self.set(None);
    }

    fn set(&self, note: Option<Note>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = note;
    }

    /// What would be left now.
    pub fn note(&self) -> Option<Note> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The failure of a run that a signal ends now.
    pub fn cancelled_by(&self, signal: &str) -> Failure {
        let failure = Failure::new(&code::CANCELLED, format!("cancelled by {signal}"));
        match self.note() {
            Some(note) => note.told(failure),
            None => failure.because("nothing was left behind").fix("run the same command again"),
        }
    }
}
