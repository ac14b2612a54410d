//! Lists that must agree: declarations, `action.yml`, the tables of the READMEs, and every `uses:` of ours anywhere.
//! `BLESS=1 cargo test generated` writes them anew.

use std::collections::BTreeSet;
use std::path::Path;

use serde_yaml::Value;
use siding::emit::{ACTIONS, Action};
use siding::spec::{Input, Kind, Need};

use crate::generated::{agree, code, fences, outputs, table};
use crate::tidy::{files, read, root};

/// What the Marketplace shows of a description.
const LONGEST_DESCRIPTION: usize = 125;

fn manifest(action: &Action) -> Value {
    serde_yaml::from_str(&action.render()).unwrap()
}

#[test]
fn every_action_is_what_its_declaration_says() {
    for action in ACTIONS {
        let (path, expected) = (root().join(action.file()), action.render());
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &expected).unwrap();
        }
        let have = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(have, expected, "{} is stale: run `BLESS=1 cargo test generated`", action.file());
    }
    let known: BTreeSet<String> = ACTIONS.iter().map(Action::file).collect();
    let stray = files(Path::new("actions"), &["yml", "yaml"]).into_iter().map(|path| path.display().to_string());
    assert_eq!(stray.filter(|path| !known.contains(path)).collect::<Vec<_>>(), Vec::<String>::new());
    let missing =
        siding::tools::ALL.iter().filter(|tool| !known.contains(&format!("actions/{}/action.yml", tool.spec.name)));
    assert_eq!(missing.count(), 0, "every tool has its action");
}

#[test]
fn every_input_reaches_the_program_as_a_variable_and_never_as_text_of_a_script() {
    for action in ACTIONS {
        let manifest = manifest(action);
        let inputs: Vec<&str> =
            manifest["inputs"].as_mapping().unwrap().keys().map(|name| name.as_str().unwrap()).collect();
        let steps = manifest["runs"]["steps"].as_sequence().unwrap();
        assert_eq!(steps.len(), 2);
        // The same process from the shell to the program: a signal of the runner reaches it.
        assert!(steps[0]["run"].as_str().unwrap().starts_with("exec /bin/sh \"$GITHUB_ACTION_PATH/"));
        for step in steps {
            let script = step["run"].as_str().unwrap();
            let call = script.trim_end_matches("; exit $LASTEXITCODE");
            assert!(!script.contains("${{") && call.ends_with(action.program), "{script}");
            assert!(step["shell"].is_string() && step["if"].is_string());
            let variables = step["env"].as_mapping().unwrap();
            let of_input = |name: &&str| format!("INPUT_{}", name.replace('-', "_").to_uppercase());
            let expected: Vec<(String, String)> =
                inputs.iter().map(|name| (of_input(name), format!("${{{{ inputs.{name} }}}}"))).collect();
            let have = variables
                .iter()
                .map(|(name, value)| (name.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned()));
            assert_eq!(have.collect::<Vec<_>>(), expected, "{}", action.file());
        }
        for (name, output) in manifest["outputs"].as_mapping().unwrap() {
            let name = name.as_str().unwrap();
            let expected = format!("${{{{ steps.unix.outputs.{name} || steps.windows.outputs.{name} }}}}");
            assert_eq!(output["value"], expected.as_str());
        }
        assert!(manifest["description"].as_str().unwrap().chars().count() <= LONGEST_DESCRIPTION, "{}", action.file());
    }
}

#[test]
fn secrets_are_inputs_and_what_belongs_to_azure_pipelines_is_none() {
    for action in ACTIONS {
        let names: Vec<&str> = action.inputs().map(|input| input.name).collect();
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "{}: an input has the name of one of the launcher's", action.file());
        assert!(!names.contains(&"service-connection-id"));
        let secrets = action.spec.inputs().filter(|input| input.kind == Kind::Secret);
        assert!(secrets.into_iter().all(|secret| names.contains(&secret.name)));
        // A default that is set would win over the environment's own variables.
        assert!(!action.render().contains("\n    default:"));
    }
}

fn inputs(action: &Action) -> String {
    let row = |input: &Input| {
        let default = match input.need {
            Need::Required => "required".to_owned(),
            Need::Optional => "-".to_owned(),
            Need::Default(value) => code(value),
        };
        let variables: Vec<String> = input.variables.iter().map(|name| code(name)).collect();
        let variables = if variables.is_empty() { "-".to_owned() } else { variables.join(", ") };
        vec![code(input.name), default, variables, input.help.to_owned()]
    };
    table(&["input", "default", "or from the variable", "what"], action.inputs().map(row))
}

#[test]
fn the_pages_of_the_actions_have_their_inputs_and_outputs() {
    for action in ACTIONS.iter().filter(|action| !action.folder.is_empty()) {
        let page = format!("{}/README.md", action.folder);
        agree(&page, "inputs", &inputs(action));
        agree(&page, "outputs", &outputs(action.spec));
    }
    let release = ACTIONS.iter().find(|action| action.folder.is_empty()).unwrap();
    agree("docs/actions.md", "inputs", &inputs(release));
    agree("docs/actions.md", "outputs", &outputs(release.spec));
}

#[test]
fn setup_names_every_program_and_nothing_else() {
    let programs = files(Path::new("src/bin"), &["rs"])
        .into_iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned());
    let programs: BTreeSet<String> = programs.collect();
    let setup = ACTIONS.iter().find(|action| action.program == "setup").unwrap();
    let help = setup.spec.input("tools").unwrap().help;
    let listed = help.trim_start_matches("Which programs: ").split(';').next().unwrap().split(", ").map(str::to_owned);
    assert_eq!(listed.collect::<BTreeSet<_>>(), programs);
}

#[test]
fn one_constant_says_where_the_repository_is() {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let lock = read("actions/launch/release.lock");
    assert!(lock.contains(&format!("\nbase {repository}/releases/download\n")), "{lock}");
    for file in ["launch.sh", "launch.ps1"] {
        let text = read(format!("actions/launch/{file}"));
        assert!(text.contains(&format!("{repository}/blob/main/docs/errors.md#sid0801")), "{file}");
    }
}

/// A step with one of our actions: the action's name, and the keys of its `with`.
type Use = (String, Vec<String>);

/// Every step of ours in a document, wherever it stands.
fn uses(value: &Value, found: &mut Vec<Use>) {
    match value {
        Value::Mapping(map) => {
            if let Some(name) = value["uses"].as_str().and_then(|text| text.split('@').next()) {
                let with = value["with"].as_mapping().into_iter().flatten();
                found.push((name.to_owned(), with.map(|(key, _)| key.as_str().unwrap().to_owned()).collect()));
            }
            map.values().for_each(|inner| uses(inner, found));
        }
        Value::Sequence(list) => list.iter().for_each(|inner| uses(inner, found)),
        _ => {}
    }
}

/// What is wrong with a step, if it is one of ours.
fn trouble((name, with): &Use) -> Option<String> {
    let ours = ACTIONS[0].uses();
    let is_ours = *name == ours || name.starts_with(&format!("{ours}/"));
    let Some(action) = ACTIONS.iter().find(|action| action.uses() == *name) else {
        return is_ours.then(|| format!("there is no action `{name}`"));
    };
    let declared: Vec<&Input> = action.inputs().collect();
    let unknown = with.iter().find(|key| !declared.iter().any(|input| input.name == key.as_str()));
    let missing =
        declared.iter().find(|input| input.need == Need::Required && !with.iter().any(|key| key == input.name));
    unknown
        .map(|key| format!("`{name}` has no input `{key}`"))
        .or(missing.map(|input| format!("`{name}` needs `{}`", input.name)))
}

#[test]
fn every_use_of_our_actions_gives_inputs_that_they_have() {
    let mut seen = 0;
    let workflows =
        ["examples", ".github", "tests/golden"].iter().flat_map(|folder| files(Path::new(folder), &["yml", "yaml"]));
    let mut documents: Vec<(String, String)> =
        workflows.map(|path| (path.display().to_string(), read(&path))).collect();
    let pages =
        ["docs", "actions"].iter().flat_map(|folder| files(Path::new(folder), &["md"])).chain(["README.md".into()]);
    for page in pages {
        let text = read(&page);
        documents.extend(fences(&text, "yaml").into_iter().map(|fence| (page.display().to_string(), fence.to_owned())));
    }
    for (path, text) in documents {
        let Ok(document) = serde_yaml::from_str::<Value>(&text) else { continue };
        let mut found = Vec::new();
        uses(&document, &mut found);
        for step in &found {
            seen += usize::from(step.0.starts_with(&ACTIONS[0].uses()));
            assert_eq!(trouble(step), None, "{path}");
        }
    }
    assert!(seen > 40, "the examples use our actions, and the pages show them");
    let step = |name: &str, with: &[&str]| {
        (format!("{}{name}", ACTIONS[0].uses()), with.iter().map(|key| (*key).to_owned()).collect())
    };
    assert!(
        trouble(&step("/actions/zip-deplo", &[])).is_some() && trouble(&step("/actions/smoke-test", &["ur"])).is_some()
    );
    assert!(
        trouble(&step("/actions/zip-deploy", &["package"])).is_some()
            && trouble(&("a/b".to_owned(), Vec::new())).is_none()
    );
}
