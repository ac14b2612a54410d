//! The manifests of our tasks and of the extension that brings them. `BLESS=1 cargo test generated` writes them anew.

use std::collections::BTreeSet;

use serde_json::Value;
use siding::emit::{TASKS, extension, task as manifest};
use siding::spec::{Input, Kind, Need, camel_case};

use crate::generated::{agree as table_of, code, table};
use crate::tidy::{read, root};

/// A list in a manifest.
fn list<'m>(manifest: &'m Value, key: &str) -> &'m Vec<Value> {
    manifest[key].as_array().unwrap_or_else(|| panic!("no list `{key}` in {manifest:#}"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn names(manifest: &Value) -> Vec<&str> {
    list(manifest, "inputs").iter().map(|input| text(input, "name")).collect()
}

/// Fails when a file is not what follows from the code, or writes it when that is asked for.
fn agree(path: &str, expected: &Value) {
    let expected = serde_json::to_string_pretty(expected).unwrap() + "\n";
    let file = root().join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &expected).unwrap();
    }
    let have = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(have, expected, "{path} is stale: run `BLESS=1 cargo test generated`");
}

#[test]
fn generated_manifests_are_those_of_the_declarations() {
    for task in &TASKS {
        agree(&format!("actions/{}/task.json", task.program), &manifest(task));
    }
    agree("actions/vss-extension.json", &extension());
    for tool in siding::tools::ALL {
        assert!(TASKS.iter().any(|task| task.spec.name == tool.spec.name), "`{}` has no task", tool.spec.name);
    }
}

#[test]
fn generated_inputs_of_a_release_are_on_the_page() {
    let task = TASKS.iter().find(|task| task.program == "siding-release").unwrap();
    let row = |input: &Value| {
        let default = match (input["required"] == true, text(input, "defaultValue")) {
            (true, _) => "required".to_owned(),
            (false, "") => "-".to_owned(),
            (false, value) => code(value),
        };
        vec![code(text(input, "name")), default, text(input, "helpMarkDown").to_owned()]
    };
    let rows = list(&manifest(task), "inputs").iter().map(row).collect::<Vec<_>>();
    table_of("docs/azure-devops.md", "inputs", &table(&["input", "default", "what"], rows));
    let outputs = task.spec.outputs.iter().map(|output| vec![code(&camel_case(output.name)), output.help.to_owned()]);
    table_of("docs/azure-devops.md", "outputs", &table(&["output", "what"], outputs));
}

#[test]
fn every_id_is_a_guid_of_its_own() {
    let ids: BTreeSet<&str> = TASKS.iter().map(|task| task.id).collect();
    assert_eq!(ids.len(), TASKS.len());
    for id in ids {
        let parts: Vec<&str> = id.split('-').collect();
        assert!(parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]), "{id}");
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{id} is no random GUID");
    }
}

#[test]
fn a_task_has_the_inputs_of_its_command_without_secrets_and_without_the_identity() {
    for task in &TASKS {
        let manifest = manifest(task);
        let identity = ["tenant-id", "client-id", "subscription-id", "cloud", "audience", "service-connection-id"];
        let shown = |input: &&Input| input.kind != Kind::Secret && !identity.contains(&input.name);
        let expected = task.spec.inputs().filter(shown);
        let mut expected: Vec<String> = expected.map(|input| camel_case(input.name)).collect();
        expected.push("azureSubscription".to_owned());
        expected.sort();
        let mut have = names(&manifest);
        assert_eq!(have[0], "azureSubscription", "the lists of the others are filled through it");
        have.sort_unstable();
        assert_eq!(have, expected, "{}", task.program);
        let outputs: Vec<&str> = list(&manifest, "outputVariables").iter().map(|output| text(output, "name")).collect();
        assert_eq!(outputs, task.spec.outputs.iter().map(|output| camel_case(output.name)).collect::<Vec<_>>());
    }
}

#[test]
fn the_form_names_only_what_there_is() {
    for task in &TASKS {
        let manifest = manifest(task);
        let inputs = names(&manifest);
        let groups: Vec<&str> = list(&manifest, "groups").iter().map(|group| text(group, "name")).collect();
        let rules = list(&manifest, "inputs").iter().chain(list(&manifest, "groups"));
        for rule in rules.map(|value| text(value, "visibleRule")).filter(|rule| !rule.is_empty()) {
            let (name, _) = rule.split_once(" = ").unwrap_or_else(|| panic!("{rule}"));
            assert!(inputs.contains(&name), "{}: {rule}", task.program);
        }
        for group in list(&manifest, "inputs").iter().filter_map(|input| input["groupName"].as_str()) {
            assert!(groups.contains(&group), "{}: {group}", task.program);
        }
        let mut variables = variables(text(&manifest, "instanceNameFormat"));
        for binding in list(&manifest, "dataSourceBindings") {
            variables.push(text(binding, "target").to_owned());
            variables.extend(self::variables(&binding.to_string()));
        }
        let unknown: Vec<_> = variables.iter().filter(|name| !inputs.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", task.program);
    }
}

/// The names in every `$(name)`.
fn variables(text: &str) -> Vec<String> {
    text.split("$(").skip(1).filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}

#[test]
fn a_list_from_azure_can_also_be_typed_into() {
    for task in &TASKS {
        let manifest = manifest(task);
        let bound: Vec<&str> = list(&manifest, "dataSourceBindings").iter().map(|one| text(one, "target")).collect();
        for input in list(&manifest, "inputs").iter().filter(|input| input["type"] == "pickList") {
            let (name, open) = (text(input, "name"), input["properties"]["EditableOptions"] == "True");
            assert_eq!(open, bound.contains(&name), "{}: {name}", task.program);
            assert_ne!(
                open,
                input["options"].is_object(),
                "{}: {name} has a list of its own or one from Azure",
                task.program
            );
        }
    }
}

#[test]
fn what_the_agent_sends_of_itself_never_hides_the_environment() {
    for task in &TASKS {
        let manifest = manifest(task);
        for input in task.spec.inputs().filter(|input| names(&manifest).contains(&camel_case(input.name).as_str())) {
            let name = camel_case(input.name);
            let sent = list(&manifest, "inputs").iter().find(|one| text(one, "name") == name).unwrap();
            let sent = text(sent, "defaultValue");
            assert!(sent.is_empty() || matches!(input.need, Need::Default(own) if own == sent), "{name}");
            assert!(sent.is_empty() || input.variables.is_empty(), "{name}");
        }
    }
}

#[test]
fn a_manifest_keeps_the_limits_of_the_packager_and_the_server() {
    for task in &TASKS {
        let manifest = manifest(task);
        let title = text(&manifest, "friendlyName");
        assert!((1..=40).contains(&title.chars().count()), "{title}");
        let plain = |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric());
        assert!(names(&manifest).into_iter().chain([text(&manifest, "name")]).all(plain), "{}", task.program);
        for name in ["Node24", "Node20_1"] {
            assert_eq!(manifest["execution"][name]["target"], "shim.cjs");
        }
        let page = text(&manifest, "helpUrl").split_once("/blob/main/").unwrap().1;
        assert!(!read(page).is_empty(), "{page}");
    }
    let extension = extension();
    assert!(text(&extension, "description").chars().count() <= 200);
    assert_eq!(text(&extension, "publisher"), "siding-dev");
    assert!(!read("actions/overview.md").is_empty());
}

#[test]
fn icons_have_the_sizes_that_are_asked_for() {
    let size = |path: &str| {
        let bytes = std::fs::read(root().join(path)).unwrap();
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{path}");
        [16, 20].map(|at| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()))
    };
    for task in &TASKS {
        assert_eq!(size(&format!("actions/{}/icon.png", task.program)), [32, 32]);
    }
    assert_eq!(size("actions/icon.png"), [128, 128]);
}
