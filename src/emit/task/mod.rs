//! The `task.json` of a command: what the agent runs, and the form that the pipeline editor shows.
//!
//! Sources: `tasks.schema.json` in microsoft/azure-pipelines-task-lib, the manifests in microsoft/azure-pipelines-tasks, the
//! agent's reading of them (all 2026-08; `contracts/ci-hosts.md` §2.3 to §2.5).

mod form;
mod table;

use serde_json::{Value, json};

use crate::spec::camel_case;

pub use table::{TASKS, Task};

use form::Form;
use table::Sets;

/// The shim that picks and runs the program. One file serves every task; packaging puts it beside each manifest.
const SHIM: &str = "shim.cjs";
/// The first agent that has Node 20. Older ones do not know the handlers below.
const FIRST_AGENT: &str = "2.214.1";

/// The manifest of a task.
pub fn task(task: &Task) -> Value {
    let (form, spec) = (Form { task }, task.spec);
    let outputs: Vec<Value> = spec
        .outputs
        .iter()
        .map(|output| json!({"name": camel_case(output.name), "description": form.spelt(output.help)}))
        .collect();
    let page = format!("{}/blob/main/{}", env!("CARGO_PKG_REPOSITORY"), task.page);
    let mut manifest = json!({
        "$schema": "https://raw.githubusercontent.com/Microsoft/azure-pipelines-task-lib/master/tasks.schema.json",
        "id": task.id,
        "name": task.name(),
        "friendlyName": task.title,
        "description": spec.about,
        "helpUrl": page,
        "helpMarkDown": format!("[What it does, its inputs and its errors]({page})"),
        "category": task.category,
        "visibility": ["Build", "Release"],
        "runsOn": ["Agent", "DeploymentGroup"],
        "author": super::extension::publisher(),
        "version": version(),
        "minimumAgentVersion": FIRST_AGENT,
        "instanceNameFormat": task.step,
        "groups": form.groups(),
        "inputs": form.inputs(),
        "dataSourceBindings": form.drop_downs(),
        "outputVariables": outputs,
        "execution": {"Node24": {"target": SHIM}, "Node20_1": {"target": SHIM}},
    });
    if let Sets::Only(names) = task.sets {
        let outputs = spec.outputs.iter().map(|output| camel_case(output.name));
        let names: Vec<String> = outputs.chain(names.iter().map(ToString::to_string)).collect();
        // `restricted` would forbid the summary page.
        manifest["restrictions"] = json!({"commands": {"mode": "any"}, "settableVariables": {"allowed": names}});
    }
    manifest
}

/// Agents keep a task by id and version: the same version is never fetched again.
fn version() -> Value {
    let number = |text: &str| text.parse::<u64>().expect("cargo checks that the parts of a version are numbers");
    json!({
        "Major": number(env!("CARGO_PKG_VERSION_MAJOR")),
        "Minor": number(env!("CARGO_PKG_VERSION_MINOR")),
        "Patch": number(env!("CARGO_PKG_VERSION_PATCH")),
    })
}
