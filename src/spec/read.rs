//! From argv and the environment to checked values. Precedence: flag, `INPUT_*`, the environment's own variables, default.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;

use super::kind;
use super::{Input, Kind, Need, Problems, ToolSpec, command, nearest, parse_duration};
use crate::report::Failure;

/// The checked inputs of one run.
pub struct Inputs {
    values: BTreeMap<&'static str, Value>,
    spec: &'static ToolSpec,
}

impl Inputs {
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
    let mut problems = Problems::default();
    let Some(matches) = flags(spec, argv, &mut problems) else {
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
    let inputs = Inputs { values, spec };
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
    if let Some(name) = unexpanded(&value.text) {
        problems.add(format!(
            "`{}` is the literal text `{}`: the pipeline has no variable `{name}` here (from {}); define it, or link its variable group",
            input.name, value.text, value.origin
        ));
    } else if let Some(form) = kind::trouble(input.kind, &value.text) {
        problems.add(format!("`{}` is `{}` (from {}); it must be {form}", input.name, value.text, value.origin));
    }
}

/// The name in a `$(name)` that Azure Pipelines left as it was because no such variable exists.
fn unexpanded(text: &str) -> Option<&str> {
    let name = text.strip_prefix("$(")?.strip_suffix(')')?;
    let plain = |character: char| character.is_ascii_alphanumeric() || "._- ".contains(character);
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
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

/// Every value that the command line gives to an input.
fn values<'m>(matches: &'m ArgMatches, input: &Input) -> Vec<&'m str> {
    matches.get_many::<String>(input.name).into_iter().flatten().map(String::as_str).collect()
}

/// Flags that do not exist are named all at once, and the rest is read without them. What is wrong with the form of the
/// rest, clap says; nothing is known then.
fn flags(spec: &'static ToolSpec, argv: &[String], problems: &mut Problems) -> Option<ArgMatches> {
    let known: Vec<&str> = spec.inputs().filter(|input| input.kind != Kind::Secret).map(|input| input.name).collect();
    let mut rest = Vec::new();
    let mut tokens = argv.iter().peekable();
    while let Some(token) = tokens.next() {
        if token == "--" {
            rest.push(token);
            rest.extend(tokens.by_ref());
            break;
        }
        let Some(flag) = token.strip_prefix("--") else {
            rest.push(token);
            continue;
        };
        let (name, inline) = flag.split_once('=').map_or((flag, false), |(name, _)| (name, true));
        if let Some(input) = spec.input(name).filter(|input| input.kind != Kind::Secret) {
            rest.push(token);
            if !inline && input.kind != Kind::Flag {
                rest.extend(tokens.next());
            }
        } else {
            problems.add(unknown_flag(spec, name, &known));
            let meant = nearest(name, known.iter().copied()).and_then(|name| spec.input(name));
            if !inline && meant.is_none_or(|input| input.kind != Kind::Flag) {
                tokens.next_if(|value| !value.starts_with("--"));
            }
        }
    }
    let parsed = command(spec).no_binary_name(true).disable_version_flag(true).try_get_matches_from(rest);
    let matches = parsed.map_err(|error| problems.add(clap_problem(&error))).ok()?;
    for input in spec.inputs().filter(|input| !matches!(input.kind, Kind::Lines | Kind::Secret)) {
        let times = values(&matches, input).len();
        if times > 1 {
            problems.add(format!("`--{}` is given {times} times; give it once", input.name));
        }
    }
    Some(matches)
}

fn unknown_flag(spec: &ToolSpec, name: &str, known: &[&str]) -> String {
    if let Some(secret) = spec.input(name) {
        let variable = secret.variable();
        return format!("`--{name}` does not exist: a secret never goes on the command line; set `{variable}`");
    }
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("`--{name}` does not exist; did you mean `--{near}`?"),
        None => format!(
            "`--{name}` does not exist; there are {}",
            known.iter().map(|name| format!("`--{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn clap_problem(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Input, Kind, ToolSpec, read};

    static SPEC: ToolSpec = ToolSpec {
        name: "tool",
        about: "",
        inputs: &[&[
            Input::required("app-name", Kind::AppName, "the app"),
            Input::required("client-id", Kind::Guid, "the client").or_from(&["AZURE_CLIENT_ID"]),
            Input::with_default("clean", Kind::Flag, "true", "cleans"),
            Input::optional("checks", Kind::Lines, "checks"),
            Input::optional("client-secret", Kind::Secret, "the secret"),
        ]],
        positional: Some("app-name"),
        outputs: &[],
        permissions: &[],
        errors: &[],
    };

    fn problems(argv: &[&str], env: &[(&str, &str)]) -> Vec<String> {
        let argv: Vec<String> = argv.iter().map(ToString::to_string).collect();
        read(&SPEC, "tool", &argv, env.iter().copied(), |_, _| {})
            .err()
            .map(|failure| failure.causes)
            .unwrap_or_default()
    }

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    #[test]
    fn all_spellings_of_an_input_are_one() {
        for name in ["INPUT_APP-NAME", "INPUT_APP_NAME", "INPUT_APPNAME"] {
            assert!(problems(&[], &[(name, "app1"), ("AZURE_CLIENT_ID", ID)]).is_empty(), "{name}");
        }
        let conflict = problems(&[], &[("INPUT_APP-NAME", "a1"), ("INPUT_APPNAME", "a2"), ("AZURE_CLIENT_ID", ID)]);
        assert!(conflict[0].contains("given twice"), "{conflict:?}");
    }

    #[test]
    fn a_flag_beats_an_input_beats_a_variable() {
        let argv = ["--client-id".to_owned(), ID.to_owned(), "--app-name=flag".to_owned()];
        let env = [("INPUT_APPNAME", "input"), ("AZURE_CLIENT_ID", "nonsense"), ("INPUT_CLIENTID", "nonsense")];
        let inputs = read(&SPEC, "tool", &argv, env, |_, _| {}).ok().unwrap();
        assert_eq!((inputs.text("app-name"), inputs.text("client-id")), ("flag", ID));
        assert!(inputs.flag("clean"));
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let found = problems(
            &["--app-nmae", "x", "--client-secret", "s"],
            &[("AZURE_CLIENT_ID", "$(clientId)"), ("INPUT_CLEAN", "yes")],
        );
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(found[0].contains("did you mean `--app-name`"), "{found:?}");
        assert!(found[1].contains("never goes on the command line"), "{found:?}");
        assert!(found.iter().any(|problem| problem.contains("no variable `clientId`")), "{found:?}");
    }

    #[test]
    fn an_unknown_flag_does_not_hide_what_was_given() {
        let found =
            problems(&["--app-name", "-a-", "--nonsense", "x", "--claen", "--client-id", ID, "--client-id=1"], &[]);
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(found[1].contains("did you mean `--clean`"), "{found:?}");
        assert!(found[2].contains("`--client-id` is given 2 times"), "{found:?}");
        assert!(found[3].contains("`app-name` is `-a-`") && found[4].contains("`client-id` is `1`"), "{found:?}");
    }

    #[test]
    fn a_command_line_that_cannot_be_read_is_the_only_problem() {
        for argv in [&["a", "b"][..], &["--app-name"], &["-x"]] {
            assert_eq!(problems(argv, &[]).len(), 1, "{argv:?}");
        }
    }

    #[test]
    fn repeated_flags_become_lines_and_empty_means_absent() {
        let argv: Vec<String> =
            ["app1", "--checks", "/a 200", "--checks", "/b 200", "--clean=false"].map(str::to_owned).into();
        let inputs =
            read(&SPEC, "tool", &argv, [("AZURE_CLIENT_ID", ID), ("INPUT_CLEAN", " ")], |_, _| {}).ok().unwrap();
        assert_eq!(inputs.lines("checks"), ["/a 200", "/b 200"]);
        assert!(!inputs.flag("clean"));
    }
}
