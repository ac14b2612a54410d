//! Our tasks for Azure Pipelines: their manifests, and the shim that runs their programs as the agent starts it.

#[cfg(unix)]
mod agent;
#[cfg(unix)]
mod end_to_end;
mod manifests;
mod package;
#[cfg(unix)]
mod shim;
