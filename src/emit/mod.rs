//! What others read of our declarations: the manifests of the CI systems.

mod action;
mod setup;
mod task;

pub use action::{ACTIONS, Action};
pub use task::task;
