//! What others read of our declarations: the manifests of the CI systems.

mod action;
mod extension;
mod setup;
mod task;

pub use action::{ACTIONS, Action};
pub use extension::extension;
pub use task::{TASKS, Task, task};
