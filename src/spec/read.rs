//! From argv and the environment to checked values. Precedence: flag, `INPUT_*`, the environment's own variables, default.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;

use super::argv::{self, values};
use super::kind;
use super::surface::Surface;
use super::{Input, Kind, Need, Problems, ToolSpec, parse_duration};
use crate::report::Failure;

/// The checked inputs of one run.
pub struct Inputs {
    values: BTreeMap<&'static str, Value>,
    spec: &'static ToolSpec,
    surface: Surface,
}

impl Inputs {
    /// Whether a task of Azure Pipelines gave them: its user writes neither flags nor variables.
    pub fn is_task(&self) -> bool {
        self.surface == Surface::Task
    }

    /// The text, or an empty one when the input was not given.
    pub fn text(&self, name: &str) -> &str {
        self.given(name).unwrap_or_default()
    }

    /// The text, if it was given.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.text.as_str())
    }

    /// Whether somebody meant it: a flag or `INPUT_*`, not a variable that happens to be there or a default.
    pub fn is_explicit(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| value.explicit)
    }

    /// A flag; `false` when it was not given.
    pub fn flag(&self, name: &str) -> bool {
        kind::flag(self.declared(name)).unwrap_or(false)
    }

    /// A time; zero when it was not given.
    pub fn duration(&self, name: &str) -> Duration {
        parse_duration(self.declared(name)).unwrap_or_default()
    }

    /// A whole number; zero when it was not given.
    pub fn count(&self, name: &str) -> u64 {
        self.declared(name).parse().unwrap_or_default()
    }

    /// The text of an input that this command has: for one that it lacks, "false" and zero would be silent lies.
    fn declared(&self, name: &str) -> &str {
        debug_assert!(self.spec.input(name).is_some(), "`{}` does not declare `{name}`", self.spec.name);
        self.text(name)
    }

    /// The lines that are not empty.
    pub fn lines(&self, name: &str) -> Vec<&str> {
        self.text(name).lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }

    /// A path, if it was given.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.given(name).map(PathBuf::from)
    }
}

/// Reads and checks every input. `invocation` is what was typed to start the command; `check` adds what only the command
/// itself can know.
///
/// # Errors
/// `SID0001` with every problem, each with the input's name, its value and the allowed form.
pub fn read<'e>(
    spec: &'static ToolSpec,
    invocation: &str,
    argv: &[String],
    variables: impl IntoIterator<Item = (&'e str, &'e str)>,
    check: impl FnOnce(&Inputs, &mut Problems),
) -> Result<Inputs, Failure> {
    let variables: Vec<(&str, &str)> = variables.into_iter().collect();
    let surface = Surface::of(&variables);
    let mut problems = Problems::of(surface, spec);
    let Some(matches) = argv::read(spec, argv, &mut problems) else {
        // What was given cannot be told, so nothing can be said of what is missing.
        problems.finish(spec.name)?;
        return Err(Failure::bug("the command line was refused without a reason"));
    };
    let variables: BTreeMap<&str, &str> = variables.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
    let given = normalised(&variables, spec, &mut problems);
    let sources = Sources { spec, matches, given, variables };
    let mut values = BTreeMap::new();
    for input in spec.inputs() {
        if let Some(value) = sources.resolve(input) {
            judge(input, &value, &mut problems);
            values.insert(input.name, value);
        } else if input.need == Need::Required {
            problems.add(missing(input));
        }
    }
    let inputs = Inputs { values, spec, surface };
    check(&inputs, &mut problems);
    problems.finish(invocation)?;
    Ok(inputs)
}

struct Value {
    text: String,
    origin: String,
    explicit: bool,
}

/// Where values come from, best first.
struct Sources<'e> {
    spec: &'static ToolSpec,
    matches: ArgMatches,
    /// `INPUT_*` by folded name, with the name as it was spelt.
    given: BTreeMap<String, (String, &'e str)>,
    variables: BTreeMap<&'e str, &'e str>,
}

impl Sources<'_> {
    fn resolve(&self, input: &'static Input) -> Option<Value> {
        if let Some(value) = self.flag(input) {
            return Some(value);
        }
        if let Some((name, text)) = self.given.get(&folded(input.name)) {
            return Some(Value { text: (*text).trim().to_owned(), origin: name.clone(), explicit: true });
        }
        let own = input.variables.iter().find_map(|name| self.variables.get(name).map(|text| (*name, *text)));
        if let Some((name, text)) = own {
            return Some(Value { text: text.trim().to_owned(), origin: name.to_owned(), explicit: false });
        }
        match input.need {
            Need::Default(text) => {
                Some(Value { text: text.to_owned(), origin: "the default".to_owned(), explicit: false })
            }
            Need::Required | Need::Optional => None,
        }
    }

    fn flag(&self, input: &'static Input) -> Option<Value> {
        if input.kind == Kind::Secret {
            return None;
        }
        let texts = values(&self.matches, input);
        if let Some(last) = texts.last() {
            let text = if input.kind == Kind::Lines { texts.join("\n") } else { (*last).to_owned() };
            return Some(Value { text, origin: format!("--{}", input.name), explicit: true });
        }
        let positional = self.matches.try_get_one::<String>("positional").ok().flatten();
        let text = positional.filter(|_| self.spec.positional == Some(input.name))?;
        Some(Value { text: text.clone(), origin: "the command line".to_owned(), explicit: true })
    }
}

/// Both hosts' spellings of `INPUT_*` become one; two that differ in value are a problem.
fn normalised<'e>(
    variables: &BTreeMap<&'e str, &'e str>,
    spec: &ToolSpec,
    problems: &mut Problems,
) -> BTreeMap<String, (String, &'e str)> {
    let mut found: BTreeMap<String, (String, &str)> = BTreeMap::new();
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix("INPUT_") else { continue };
        let key = folded(rest);
        if let Some((other, before)) = found.get(&key).filter(|(_, before)| before != value) {
            let input = spec.inputs().find(|input| folded(input.name) == key);
            if let Some(input) = input.filter(|_| !before.is_empty()) {
                problems.add(format!("`{}` is given twice, with two values: by `{other}` and by `{name}`", input.name));
            }
        }
        found.entry(key).or_insert_with(|| ((*name).to_owned(), value));
    }
    found
}

/// Upper case, without the characters that the hosts replace or drop.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|character| !matches!(character, '-' | '_' | '.' | ' '))
        .map(|character| character.to_ascii_uppercase())
        .collect()
}

fn judge(input: &Input, value: &Value, problems: &mut Problems) {
    let macros = unexpanded(input.kind, &value.text);
    if !macros.is_empty() {
        problems.extend(macros.into_iter().map(|name| {
            format!(
                "`{}` holds the literal text `$({name})`: the pipeline has no variable `{name}` here (from {}); define it, or link its variable group",
                input.name, value.origin
            )
        }));
    } else if input.kind == Kind::Lines && value.text.trim().is_empty() {
        // Taken as it is, it would be a list of nothing: no check at all passes any app.
        let (name, origin) = (input.name, &value.origin);
        problems.add(format!("`{name}` holds no line (from {origin}); give it at least one, or leave it out"));
    } else if let Some(form) = kind::trouble(input.kind, &value.text) {
        problems.add(format!(
            "`{}` is `{}` (from {}); it must be {form}",
            input.name,
            shown(&value.text),
            value.origin
        ));
    }
}

/// A value as it may be shown: a URL without what may be a password in it, its query and its user.
fn shown(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let authority = rest.find('/').unwrap_or(rest.len());
    let host = rest[..authority].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[host..])
}

/// The names in every `$(name)` that Azure Pipelines left as it was because no such variable exists. A secret may hold
/// such letters by chance, so of it only the whole counts.
fn unexpanded(kind: Kind, text: &str) -> Vec<&str> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._- ".contains(character);
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(plain);
    let mut names: Vec<&str> = match kind {
        Kind::Command => Vec::new(),
        Kind::Secret => text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')).into_iter().collect(),
        _ => text.split("$(").skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name).collect(),
    };
    names.retain(is_name);
    names.dedup();
    names
}

fn missing(input: &Input) -> String {
    let variables = input.variables.iter().map(|name| format!(", or set `{name}`")).collect::<Vec<_>>().concat();
    format!(
        "`{}` is required and was not given: {}; pass `--{}`{variables}",
        input.name,
        first_sentence(input.help),
        input.name
    )
}

fn first_sentence(help: &str) -> &str {
    help.split_once(". ").map_or(help, |(first, _)| first)
}
