//! A runner of composite actions, after actions/runner: `contracts/ci-hosts.md` §1.2 and §1.4. It knows the few expressions
//! that our actions use, and refuses every other one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_yaml::Value;

use crate::context::{Context, binary};
use crate::ran::Ran;
use crate::stream::entries;
use crate::tidy::root;

/// A job with the actions of a checkout.
pub(super) struct Job<'c> {
    context: &'c Context,
    /// Where the repository of the actions lies.
    pub(super) repository: PathBuf,
    /// Of the job itself, then what steps put into `GITHUB_ENV`. An empty value takes one away.
    pub(super) variables: BTreeMap<String, String>,
    paths: Vec<PathBuf>,
    /// `RUNNER_TEMP`, one for the whole job.
    temp: tempfile::TempDir,
}

/// An action that was used.
#[derive(Debug)]
pub(super) struct Used {
    pub(super) ran: Ran,
    pub(super) outputs: BTreeMap<String, String>,
}

/// What expressions can see inside of an action.
#[derive(Default)]
struct Scope {
    inputs: BTreeMap<String, String>,
    steps: BTreeMap<String, BTreeMap<String, String>>,
}

impl<'c> Job<'c> {
    /// With the actions of this repository and the programs that cargo has built.
    pub(super) fn new(context: &'c Context) -> Self {
        let programs = Path::new(binary("siding")).parent().unwrap().display().to_string();
        let variables = BTreeMap::from([("SIDING_BIN".to_owned(), programs)]);
        Self { context, repository: root(), variables, paths: Vec::new(), temp: tempfile::tempdir().unwrap() }
    }

    /// A step with `uses:`.
    pub(super) fn uses(&mut self, folder: &str, with: &[(&str, &str)]) -> Used {
        let place = self.repository.join(folder);
        let action: Value = serde_yaml::from_str(&fs::read_to_string(place.join("action.yml")).unwrap()).unwrap();
        let mut scope = Scope { inputs: given(&action, with), ..Scope::default() };
        assert_eq!(action["runs"]["using"], "composite");
        let mut last = None;
        for step in action["runs"]["steps"].as_sequence().unwrap() {
            if scope.expand(text(&step["if"])) != "true" {
                continue;
            }
            let (ran, outputs) = self.step(step, &place, &scope);
            scope.steps.insert(text(&step["id"]).to_owned(), outputs);
            last = Some(ran);
        }
        let declared = action["outputs"].as_mapping().unwrap();
        let outputs =
            declared.iter().map(|(name, output)| (text(name).to_owned(), scope.expand(text(&output["value"]))));
        // What was not set and what is empty are the same to the runner.
        let outputs = outputs.filter(|(_, value)| !value.is_empty()).collect();
        Used { ran: last.expect("no step was for this system"), outputs }
    }

    /// A step with `run:`, by bash; its standard output.
    pub(super) fn run(&mut self, script: &str) -> String {
        let mut step: Value = serde_yaml::from_str("{shell: 'bash -e {0}'}").unwrap();
        step["run"] = script.into();
        let (ran, _) = self.step(&step, Path::new("."), &Scope::default());
        assert_eq!(ran.code, Some(0), "{ran}");
        ran.stdout
    }

    fn step(&mut self, step: &Value, place: &Path, scope: &Scope) -> (Ran, BTreeMap<String, String>) {
        let files = self.context.step();
        let script = files.join("script.sh");
        // The text of `run` would be expanded as well; ours has nothing to expand, which is the point.
        assert!(!text(&step["run"]).contains("${{"), "{step:?}");
        fs::write(&script, text(&step["run"])).unwrap();
        fs::write(files.join("path"), "").unwrap();
        let mut words = text(&step["shell"]).split(' ').map(|word| word.replace("{0}", &script.display().to_string()));
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(self.context.work()).stdin(Stdio::null()).env_clear();
        command.envs(self.context.environment(&files, &[])).env("GITHUB_PATH", files.join("path"));
        command.env("RUNNER_TEMP", self.temp.path());
        for (name, value) in &self.variables {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        for (name, value) in step["env"].as_mapping().into_iter().flatten() {
            command.env(text(name), scope.expand(text(value)));
        }
        let system = std::env::var_os("PATH").unwrap();
        let path = self.paths.iter().cloned().chain(std::env::split_paths(&system));
        command.env("PATH", std::env::join_paths(path).unwrap()).env("GITHUB_ACTION_PATH", place);
        let before = self.context.emulator.requests().len();
        let output = command.output().unwrap();
        let requests = self.context.emulator.requests().split_off(before);
        let streams = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        let ran = Ran::read(output.status.code(), streams, &self.context.places(&files), &[]).in_the_log(requests);
        let left =
            fs::read_dir(self.temp.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let left: Vec<String> = left.filter(|name| !name.starts_with("siding-bin.")).collect();
        assert!(left.is_empty(), "it left {left:?}\n{ran}");
        self.variables.extend(ran.variables.clone());
        let added = fs::read_to_string(files.join("path")).unwrap();
        added.lines().for_each(|line| self.paths.insert(0, line.into()));
        let outputs = entries(&fs::read_to_string(files.join("output")).unwrap());
        (ran, outputs)
    }
}

/// The inputs as the action sees them. The runner only warns of one that is not declared; a test must not use it.
fn given(action: &Value, with: &[(&str, &str)]) -> BTreeMap<String, String> {
    let declared = action["inputs"].as_mapping().unwrap();
    let defaults = declared
        .iter()
        .map(|(name, input)| (text(name).to_owned(), input["default"].as_str().unwrap_or_default().to_owned()));
    let mut inputs: BTreeMap<String, String> = defaults.collect();
    for (name, value) in with {
        assert!(inputs.insert((*name).to_owned(), (*value).to_owned()).is_some(), "the action has no input `{name}`");
    }
    inputs
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value:?} is no text"))
}

impl Scope {
    /// A text with its expressions replaced.
    fn expand(&self, text: &str) -> String {
        let mut parts = text.split("${{");
        let mut expanded = parts.next().unwrap().to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").expect("an expression ends");
            expanded += &self.expression(expression.trim());
            expanded += rest;
        }
        expanded
    }

    fn expression(&self, text: &str) -> String {
        if let Some((left, right)) = text.split_once(" || ") {
            let left = self.expression(left);
            return if left.is_empty() { self.expression(right) } else { left };
        }
        for (operator, wanted) in [(" == ", true), (" != ", false)] {
            if let Some((left, right)) = text.split_once(operator) {
                return ((self.expression(left) == self.expression(right)) == wanted).to_string();
            }
        }
        if let Some(literal) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return literal.to_owned();
        }
        match text.split('.').collect::<Vec<_>>()[..] {
            ["inputs", name] => {
                self.inputs.get(name).unwrap_or_else(|| panic!("the input `{name}` is not declared")).clone()
            }
            // A step that was left out has no outputs, which is no error.
            ["steps", id, "outputs", name] => {
                self.steps.get(id).and_then(|step| step.get(name)).cloned().unwrap_or_default()
            }
            ["runner", "os"] => "Linux".to_owned(),
            _ => panic!("`{text}` is no expression that this runner knows"),
        }
    }
}

#[test]
fn expressions_are_those_of_the_runner() {
    let scope = Scope {
        inputs: [("a-b".to_owned(), "x".to_owned())].into(),
        steps: [("s".to_owned(), [("o".to_owned(), "1".to_owned())].into())].into(),
    };
    let expected = [
        ("${{ inputs.a-b }}-${{ runner.os }}", "x-Linux"),
        ("${{ steps.none.outputs.o || steps.s.outputs.o }}", "1"),
        ("${{ runner.os != 'Windows' }}", "true"),
        ("${{ runner.os == 'Windows' }}", "false"),
    ];
    for (text, value) in expected {
        assert_eq!(scope.expand(text), value, "{text}");
    }
}
