//! A value that is never formatted, never compared in the open, and wiped when dropped.

use zeroize::Zeroizing;

/// A secret. It has no `Debug` and no `Display`; [`Secret::reveal`] is the one way to its text.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the one line that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}
