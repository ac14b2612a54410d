//! A tool's declaration as the part of its `task.json` that judges of pipelines read: name, version and inputs.
//!
//! Source of the form: `tasks.schema.json` in microsoft/azure-pipelines-task-lib (2026-08).

use serde_json::{Value, json};

use crate::spec::{Input, Kind, Need, ToolSpec, camel_case, pascal_case};
use crate::tools::sign_in;

/// The name of a task, its version and its inputs. Secrets are no inputs: they would stand in the pipeline's file;
/// the identity comes with the service connection.
pub fn task(spec: &ToolSpec) -> Value {
    let title: Vec<String> = spec.name.split('-').map(pascal_case).collect();
    let connection = signs_in(spec).then(connection);
    let inputs = spec.inputs().filter(|input| input.kind != Kind::Secret && !is_identity(input)).map(input);
    json!({
        "name": pascal_case(spec.name),
        "friendlyName": title.join(" "),
        "description": spec.about,
        "version": {
            "Major": number(env!("CARGO_PKG_VERSION_MAJOR")),
            "Minor": number(env!("CARGO_PKG_VERSION_MINOR")),
            "Patch": number(env!("CARGO_PKG_VERSION_PATCH")),
        },
        "inputs": connection.into_iter().chain(inputs).collect::<Vec<_>>(),
    })
}

/// Whether a tool signs in to Azure, so that its task has a service connection.
fn signs_in(spec: &ToolSpec) -> bool {
    spec.input(sign_in::CLIENT.name).is_some()
}

fn is_identity(input: &Input) -> bool {
    let identity = [
        &sign_in::TENANT,
        &sign_in::CLIENT,
        &sign_in::SUBSCRIPTION,
        &sign_in::AUDIENCE,
        &sign_in::CONNECTION,
        &sign_in::CLIENT_SECRET,
    ];
    identity.iter().any(|known| known.name == input.name)
}

fn connection() -> Value {
    json!({
        "name": "azureSubscription",
        "type": "connectedService:AzureRM",
        "label": "Service connection",
        "required": true,
        "helpMarkDown": "The service connection that signs in to Azure; one with workload identity federation needs no secret",
    })
}

fn input(input: &Input) -> Value {
    let kind = match input.kind {
        Kind::Flag => "boolean",
        Kind::Choice(_) => "pickList",
        Kind::Lines => "multiLine",
        _ => "string",
    };
    let mut value = json!({
        "name": camel_case(input.name),
        "type": kind,
        "label": input.name.replace('-', " "),
        "required": input.need == Need::Required,
        "helpMarkDown": input.help,
    });
    if let Need::Default(default) = input.need {
        value["defaultValue"] = default.into();
    }
    if let Kind::Choice(choices) = input.kind {
        value["options"] = choices.iter().map(|choice| ((*choice).to_owned(), Value::from(*choice))).collect();
    }
    value
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}
