//! What others read of our declarations: the manifests of the CI systems.

mod task;

pub use task::task;
