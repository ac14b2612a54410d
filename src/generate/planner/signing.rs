//! Signatures of images, by a certificate in a Key Vault: on Azure Pipelines nothing else tells where an image came from.

use super::images::registry;
use super::steps::fetch;
use super::{System, groups};
use crate::generate::plan::{Step, Value};

/// The steps that sign what the step `push` of the same job pushed, where the config names a certificate.
pub(super) fn steps(system: System<'_>) -> Vec<Step> {
    let Some(sign) = system.config.sign.as_ref().filter(|_| !groups::images(system.config).is_empty()) else {
        return Vec::new();
    };
    let plugin = system.catalog.tool("notation-azure-kv");
    let step = Step::azure("sign", "Sign the image", "image-sign")
        .env("REFERENCE", Value::here("push", "reference"))
        .text("REGISTRY", registry(system))
        .text("VAULT", &sign.vault)
        .text("CERTIFICATE", &sign.certificate)
        .text("SELF_SIGNED", sign.self_signed.to_string())
        .text("PLUGIN_URL", plugin.url)
        .text("PLUGIN_SHA256", plugin.sha256);
    vec![fetch(system, "notation"), step]
}
