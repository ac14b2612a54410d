//! The command line: which flags there are, and what is wrong with the others.

use clap::ArgMatches;

use super::kind;
use super::{Input, Kind, Problems, ToolSpec, command, nearest};

/// Every value that the command line gives to an input.
pub(super) fn values<'m>(matches: &'m ArgMatches, input: &Input) -> Vec<&'m str> {
    matches.get_many::<String>(input.name).into_iter().flatten().map(String::as_str).collect()
}

/// Flags that do not exist are named all at once, and the rest is read without them. What is wrong with the form of the
/// rest, clap says; nothing is known then.
pub(super) fn read(spec: &'static ToolSpec, argv: &[String], problems: &mut Problems) -> Option<ArgMatches> {
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
            } else if !inline && let Some(word) = tokens.next_if(|word| kind::flag(word).is_some()) {
                // Taken as a word of its own, it would be a folder, and the flag would be true.
                let meant = word.to_lowercase();
                problems.add(format!("`--{name} {word}` does not say what it seems to: write `--{name}={meant}`"));
            }
        } else {
            problems.add(unknown_flag(spec, name, &known));
            let meant = nearest(name, known.iter().copied()).and_then(|name| spec.input(name));
            let is_flag = meant.is_some_and(|input| input.kind == Kind::Flag);
            if !inline {
                tokens.next_if(|value| if is_flag { kind::flag(value).is_some() } else { !value.starts_with("--") });
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
    let word = matches.try_get_one::<String>("positional").ok().flatten();
    let filled = spec.positional.and_then(|name| spec.input(name)).filter(|input| !values(&matches, input).is_empty());
    if let (Some(word), Some(input)) = (word, filled) {
        problems.add(format!("`{0}` is given twice: by `--{0}` and by the word `{word}`", input.name));
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
