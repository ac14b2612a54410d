//! Static Web Apps.

use super::System;
use super::steps::{package_file, package_of, tool};
use crate::generate::config::{App, Deploy, Environment};
use crate::generate::plan::{Step, Value};
use crate::tools::smoke_test;

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

/// The same with the last good package, under ids of its own.
pub(super) fn put_back(
    system: System<'_>,
    environment: &Environment,
    (name, app): (&str, &App),
    target: &str,
) -> Vec<Step> {
    let package = package_of(name, app);
    let mut steps = deploy(system, environment, (name, app), target);
    for (step, id) in steps.iter_mut().zip(["return-unpack", "return"]) {
        step.id = format!("{name}-{id}");
        step.title = format!("{}, as it was before", step.title);
        for (variable, value) in &mut step.env {
            match variable.as_str() {
                "FILE" => *value = Value::Text(format!("previous/{package}/{package}.zip")),
                "DIRECTORY" | "FOLDER" => *value = Value::Text(format!("unpacked/previous/{name}")),
                _ => {}
            }
        }
    }
    steps
}

/// The proof that a site answers where its upload said.
pub(super) fn prove_deployed(name: &str, app: &App) -> Step {
    prove((&format!("{name}-prove"), name), app, Value::here(format!("{name}-deploy"), "url"))
}

/// The proof that an uploaded site answers, at its health paths or else at its first page.
pub(super) fn prove((id, name): (&str, &str), app: &App, url: Value) -> Step {
    let paths = app.health_paths().join("\n");
    let checks = if paths.is_empty() { "/".to_owned() } else { paths };
    let inputs = vec![("url", url), ("checks", Value::Text(checks)), ("timeout", Value::text("5m"))];
    tool(id, format!("Prove that {name} answers"), &smoke_test::SPEC, inputs)
}
