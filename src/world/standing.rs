//! What would be left behind if the run stopped at this moment, for the message of a cancelled run.

use std::sync::{Mutex, PoisonError};

/// A note that a tool keeps current around every step that Azure goes on with when we stop.
#[derive(Debug, Default)]
pub struct Standing(Mutex<Option<Note>>);

/// What is left, and how to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What Azure is still doing, or what stands half done.
    pub left: String,
    /// The command that finishes or undoes it.
    pub resume: String,
}

impl Standing {
    /// From here on, this would be left.
    pub fn leaves(&self, left: impl Into<String>, resume: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Note { left: left.into(), resume: resume.into() });
    }

    /// Nothing would be left.
    pub fn leaves_nothing(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What would be left now.
    pub fn note(&self) -> Option<Note> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
