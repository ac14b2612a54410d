//! `siding init`: a first `siding.yml` for the repository that is here.

use serde_json::json;

use super::rendered::NAME;
use crate::generate::config::check as rule;
use crate::generate::schema;
use crate::report::{Failure, code};
use crate::spec::{Inputs, Problems, ToolSpec};
use crate::tools::{Outcome, Reach, Stage, Tool};
use crate::world::{Change, Found, Tree};

static SPEC: ToolSpec = ToolSpec {
    name: "init",
    about: "Writes a first siding.yml for the repository in this folder",
    inputs: &[],
    positional: None,
    outputs: &[],
    permissions: &[],
    errors: &[&code::FILE],
};

pub(super) static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Itself,
    check: |_: &Inputs, _: &mut Problems| {},
    run: |_, stage| Box::pin(async move { run(stage) }),
};

/// A language, the files that speak of it, its version unless a file says it, and its lock files.
struct Language {
    key: &'static str,
    signs: &'static [&'static str],
    version: &'static str,
    version_file: Option<&'static str>,
    locks: &'static [&'static str],
}

const LANGUAGES: &[Language] = &[
    Language {
        key: "dotnet",
        signs: &[".csproj", ".fsproj", ".sln", ".slnx", "global.json"],
        version: "10.0",
        version_file: None,
        locks: &["packages.lock.json"],
    },
    Language {
        key: "python",
        signs: &["pyproject.toml", "requirements.txt", "setup.py", "app.py", "main.py"],
        version: "3.13",
        version_file: Some(".python-version"),
        locks: &["requirements.txt"],
    },
    Language {
        key: "node",
        signs: &["package.json"],
        version: "24",
        version_file: Some(".nvmrc"),
        locks: &["package-lock.json"],
    },
];

fn run(stage: Stage<'_>) -> Result<Outcome, Failure> {
    let tree = Tree::open(std::path::Path::new(""))?;
    if tree.find(NAME) != Found::Nothing {
        let what = format!("`{NAME}` is already there, and `init` replaces nothing");
        return Err(Failure::new(&code::BAD_INPUT, what).fix("edit it, or move it away first"));
    }
    let text = text(&tree);
    tree.change(&[Change::Put(NAME, &text)])?;
    stage.host.line(&format!(
        "wrote {NAME}: put in the names of your app, resource group and slot, then run `siding render`"
    ));
    Ok(Outcome { data: json!({"path": NAME, "text": text}), ..Outcome::default() })
}

/// A config that is valid as it is, with what could be found out filled in.
fn text(tree: &Tree) -> String {
    let name = name(&tree.name());
    let language = LANGUAGES.iter().find(|language| !tree.files("", language.signs).is_empty());
    let language = language.map(|language| line(tree, language)).unwrap_or_default();
    let address = schema::id();
    format!(
        "# yaml-language-server: $schema={address}
name: {name}
{language}apps:
  web:
    app-service: {name} # without the suffix of an environment
    include: [.] # what is shipped, as files and folders of the repository
    health: /health # must answer 2xx before it is live
environments: # in the order of promotion
  production:
    deploy: swap/staging # or `direct`, where the plan has no slots
    group: rg-{name}
"
    )
}

fn line(tree: &Tree, language: &Language) -> String {
    let told = language.version_file.map(|file| tree.find(file));
    let told = match &told {
        Some(Found::Text(text)) => Some(text.trim().trim_start_matches('v')),
        _ => None,
    };
    let version = told.filter(|version| rule("language-version", version).is_none()).unwrap_or(language.version);
    let locks: Vec<&str> =
        language.locks.iter().copied().filter(|lock| matches!(tree.find(lock), Found::Text(_))).collect();
    let locks = match locks.as_slice() {
        // Python is installed from lock files alone: `siding render` says how one is made.
        [] if language.key == "python" => ", locks: [requirements.lock]".to_owned(),
        [] => String::new(),
        some => format!(", locks: [{}]", some.join(", ")),
    };
    format!("language: {{ {}: \"{version}\"{locks} }}\n", language.key)
}

/// The folder's name as a name of the config.
fn name(folder: &str) -> String {
    let letters = folder.to_lowercase();
    let words = letters.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    let fits = rule("name", &name).is_none() && rule("app-service", &name).is_none();
    if fits { name } else { "web-app".to_owned() }
}
