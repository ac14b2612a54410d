//! What went wrong, for a person: a [`Failure`] with a code, what, why, and the command that fixes it.

mod codes;
mod failure;
mod render;

pub use codes::{ALL, Code, Exit, code};
pub use failure::{Done, Failure, Fix};
pub use render::{docs_url, plain};
