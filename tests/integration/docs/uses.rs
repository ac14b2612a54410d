//! What a block of YAML uses: our actions and tasks with inputs that they have, and others pinned by their commit.

use std::collections::BTreeSet;

use serde_yaml::Value as Yaml;
use siding::spec::{Kind, Need, ToolSpec, camel_case, pascal_case};

/// What the launcher of every action reads.
const LAUNCHER: [&str; 2] = ["binary-path", "download-base"];
/// The inputs of `actions/setup`, which declares no tool.
const SETUP: [&str; 1] = ["tools"];
/// What a service connection stands for in a task.
const IDENTITY: [&str; 6] =
    ["tenant-id", "client-id", "subscription-id", "audience", "service-connection-id", "client-secret"];

/// Looks at every step of a workflow or a pipeline, wherever it stands.
pub(super) fn check(value: &Yaml, text: &str) -> Result<(), String> {
    match value {
        Yaml::Sequence(items) => items.iter().try_for_each(|item| check(item, text)),
        Yaml::Mapping(pairs) => {
            if let Some(name) = value.get("uses").and_then(Yaml::as_str) {
                action(name, value.get("with"), text)?;
            }
            if let Some(name) = value.get("task").and_then(Yaml::as_str) {
                task(name, value.get("inputs"))?;
            }
            pairs.values().try_for_each(|item| check(item, text))
        }
        _ => Ok(()),
    }
}

/// What a tool is called by: its folder below `actions`, or nothing for the root.
fn specs() -> impl Iterator<Item = (&'static str, &'static ToolSpec)> {
    let tools = siding::tools::ALL.iter().map(|tool| (tool.spec.name, tool.spec));
    tools.chain([("", &siding::release::SPEC)])
}

fn action(name: &str, with: Option<&Yaml>, text: &str) -> Result<(), String> {
    let (path, pin) = name.split_once('@').ok_or_else(|| format!("`{name}` names no commit"))?;
    let is_commit = pin.len() == 40 && pin.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_commit || !text.contains(&format!("{name} # v")) {
        return Err(format!(
            "`{name}` must be pinned by its commit, with its release as a comment: `@COMMIT # v1.2.3`"
        ));
    }
    let ours = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
    let Some(rest) = path.strip_prefix(ours) else { return Ok(()) };
    let tool = rest.strip_prefix("/actions/").unwrap_or(rest);
    if tool == "setup" {
        return compare(name, with, &SETUP.map(str::to_owned).into(), &[]);
    }
    let (_, spec) = specs().find(|(known, _)| *known == tool).ok_or_else(|| format!("there is no action `{path}`"))?;
    let known = spec.inputs().map(|input| input.name).filter(|input| *input != "service-connection-id");
    let required: Vec<String> = required(spec).map(str::to_owned).collect();
    compare(name, with, &known.chain(LAUNCHER).map(str::to_owned).collect(), &required)
}

fn task(name: &str, with: Option<&Yaml>) -> Result<(), String> {
    let (tool, major) = name.split_once('@').ok_or_else(|| format!("`{name}` names no major version"))?;
    let own = |key: &str| if key.is_empty() { "SidingRelease".to_owned() } else { pascal_case(key) };
    let Some((_, spec)) = specs().find(|(key, _)| own(key) == tool) else { return Ok(()) };
    if major != env!("CARGO_PKG_VERSION_MAJOR") {
        return Err(format!("`{name}`: our tasks have the major version {}", env!("CARGO_PKG_VERSION_MAJOR")));
    }
    let inputs = spec.inputs().filter(|input| input.kind != Kind::Secret && !IDENTITY.contains(&input.name));
    let mut known: BTreeSet<String> = inputs.map(|input| camel_case(input.name)).collect();
    known.insert("azureSubscription".to_owned());
    // What can be given a URL signs in only where it has to look one up.
    let connection = spec.input("url").is_none().then(|| "azureSubscription".to_owned());
    let required: Vec<String> = required(spec).map(camel_case).chain(connection).collect();
    compare(name, with, &known, &required)
}

fn required(spec: &ToolSpec) -> impl Iterator<Item = &'static str> {
    spec.inputs().filter(|input| input.need == Need::Required).map(|input| input.name)
}

fn compare(name: &str, with: Option<&Yaml>, known: &BTreeSet<String>, required: &[String]) -> Result<(), String> {
    let given = with.and_then(Yaml::as_mapping).into_iter().flat_map(|pairs| pairs.keys());
    let given: BTreeSet<String> = given.filter_map(|key| key.as_str().map(str::to_owned)).collect();
    let unknown: Vec<_> = given.difference(known).collect();
    let missing: Vec<_> = required.iter().filter(|input| !given.contains(*input)).collect();
    let is_right = unknown.is_empty() && missing.is_empty();
    if is_right { Ok(()) } else { Err(format!("`{name}` does not know {unknown:?} and needs {missing:?}")) }
}

#[test]
fn what_does_not_exist_is_found() {
    let pin = format!("{} # v0.1.0", "0123456789".repeat(4));
    let ours = "siding-dev/siding";
    let trouble = |text: &str| check(&serde_yaml::from_str(text).unwrap(), text).err();
    for good in [
        format!("- uses: {ours}@{pin}\n  with: {{ app-name: a, package: b, download-base: c }}\n"),
        format!(
            "jobs:\n  a:\n    steps:\n      - uses: {ours}/actions/kv-sync@{pin}\n        with: {{ vault: a, secrets: b }}\n"
        ),
        format!("- uses: {ours}/actions/setup@{pin}\n"),
        format!("- uses: actions/checkout@{pin}\n"),
        "- task: SlotSwap@0\n  inputs: { azureSubscription: a, appName: b, slotName: c }\n".to_owned(),
        "- task: SmokeTest@0\n  inputs: { url: https://example.com }\n".to_owned(),
        "- task: SomebodyElses@7\n  inputs: { anything: a }\n".to_owned(),
    ] {
        assert_eq!(trouble(&good), None, "{good}");
    }
    for bad in [
        format!("- uses: {ours}@v0\n  with: {{ app-name: a, package: b }}\n"),
        format!("- uses: {ours}@{pin}\n  with: {{ app-name: a, packages: b }}\n"),
        format!("- uses: {ours}/actions/kv-sync@{pin}\n  with: {{ vault: a }}\n"),
        format!("- uses: {ours}/actions/nothing@{pin}\n"),
        format!("- uses: {ours}/actions/setup@{pin}\n  with: {{ version: a }}\n"),
        "- uses: actions/checkout@main\n".to_owned(),
        "- task: SlotSwap@1\n  inputs: { azureSubscription: a, appName: b, slotName: c }\n".to_owned(),
        "- task: SlotSwap@0\n  inputs: { azureSubscription: a, appName: b, slot: c }\n".to_owned(),
        "jobs:\n  - steps:\n      - task: ZipDeploy@0\n        inputs: { appName: b, package: c }\n".to_owned(),
    ] {
        assert!(trouble(&bad).is_some(), "{bad}");
    }
}
