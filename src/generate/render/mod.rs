//! From the plan to text: what both renderings share.

mod marks;
mod read;
mod scalar;
mod templates;

pub use marks::Scripts;
pub use read::{Part, Reader, parts};
pub use scalar::scalar;
pub use templates::templates;

/// A rendered file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct File {
    /// From the top of the repository, with `/`.
    pub path: String,
    /// All of it but the header.
    pub body: String,
}
