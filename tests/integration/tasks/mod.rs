//! Our tasks for Azure Pipelines: their manifests.

mod manifests;
