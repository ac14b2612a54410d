//! From the plan to text: what both renderings share.

mod marks;
mod node;
mod read;
mod scalar;
mod simple;
mod templates;

pub use marks::Scripts;
pub use node::Node;
pub use read::{Reader, parts};
pub use scalar::scalar;
pub use simple::simple;
pub use templates::templates;

/// A rendered file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct File {
    /// From the top of the repository, with `/`.
    pub path: String,
    /// All of it but the header.
    pub body: String,
}
