//! Static Web Apps.

use super::System;
use super::steps::{package_file, package_of};
use crate::generate::config::{App, Deploy, Environment};
use crate::generate::plan::Step;

/// The image of the upload client; its digest is in the facts.
const CLIENT: &str = "mcr.microsoft.com/appsvc/staticappsclient:stable";

/// Unpacks and uploads a built site: to a preview where the environment is a slot, to production otherwise.
pub(super) fn deploy(
    system: System<'_>,
    environment: &Environment,
    (name, app): (&str, &App),
    target: &str,
) -> Vec<Step> {
    let folder = format!("unpacked/{name}");
    let preview = match &environment.deploy {
        Deploy::Slot(slot) => slot.as_str(),
        _ => "",
    };
    vec![
        Step::script(format!("{name}-unpack"), format!("Unpack {name}"), "unpack")
            .text("FILE", package_file(package_of(name, app)))
            .text("DIRECTORY", &folder),
        Step::azure(format!("{name}-deploy"), format!("Deploy {name}"), "static-web-app")
            .text("APP", target)
            .text("GROUP", environment.group.as_deref().unwrap_or_default())
            .text("PREVIEW", preview)
            .text("CLIENT_IMAGE", system.catalog.image(CLIENT).unwrap_or_default())
            .text("FOLDER", &folder),
    ]
}
