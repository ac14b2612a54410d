//! What others read of our declarations: the manifests of the CI systems.

mod extension;
mod task;

pub use extension::extension;
pub use task::{TASKS, Task, task};
