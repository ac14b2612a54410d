//! The scripts that rendered pipelines run: constant text, composed once for each CI system.
//!
//! A line `#include NAME` of a script stands for the text of `scripts/lib/NAME.sh`, or of `NAME.github.sh` and
//! `NAME.azure.sh` where the two systems want to be talked to in their own ways. Of that text only the functions come
//! along that the script calls: a pipeline is read by people.

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, OnceLock};

use super::config::System;
use super::render::templates;

/// Where the scripts are among the embedded templates.
const FOLDER: &str = "scripts/";
/// A line that begins like this names the text of `scripts/lib` that stands in its place.
const INCLUDE: &str = "#include ";
/// Ends the head of a script.
const HEAD: &str = "set -euo pipefail";

/// The names of all scripts, in alphabetical order: what `text` knows.
pub fn names() -> Vec<&'static str> {
    let paths = templates().templates().map(|(path, _)| path);
    let mut names: Vec<_> = paths
        .filter_map(|path| path.strip_prefix(FOLDER)?.strip_suffix(".sh"))
        .filter(|name| !name.contains('/'))
        .collect();
    names.sort_unstable();
    names
}

/// A script as a pipeline embeds it: its purpose, and no comment that is for its authors. `None` when there is no
/// script of this name, or none of the shared text it asks for.
pub fn text(name: &str, system: System) -> Option<&'static str> {
    static GITHUB: LazyLock<Texts> = LazyLock::new(uncomposed);
    static AZURE: LazyLock<Texts> = LazyLock::new(uncomposed);
    let texts = match system {
        System::GithubActions => &GITHUB,
        System::AzurePipelines => &AZURE,
    };
    texts.get(name)?.get_or_init(|| compose(name, system)).as_deref()
}

/// Each script with its text, once it was asked for.
type Texts = BTreeMap<&'static str, OnceLock<Option<String>>>;

fn uncomposed() -> Texts {
    names().into_iter().map(|name| (name, OnceLock::new())).collect()
}

fn compose(name: &str, system: System) -> Option<String> {
    let own = source(name)?;
    let mut parts = Vec::new();
    let (head, body) = own.split_once(HEAD)?;
    parts.extend(head.lines().next().map(|purpose| Part::Lines(purpose.to_owned())));
    parts.push(Part::Lines(HEAD.to_owned()));
    for line in body.lines().skip(1) {
        match line.strip_prefix(INCLUDE) {
            Some(shared) => parts.extend(parse(&shared_text(shared, system)?)),
            None => parts.push(Part::Lines(line.to_owned())),
        }
    }
    Some(called(parts).into_iter().map(|part| part.into_text() + "\n").collect())
}

/// A function of shared text, or lines that are always there.
enum Part {
    Function { name: String, text: String },
    Lines(String),
}

impl Part {
    fn text(&self) -> &str {
        match self {
            Self::Function { text, .. } | Self::Lines(text) => text,
        }
    }

    fn into_text(self) -> String {
        match self {
            Self::Function { text, .. } | Self::Lines(text) => text,
        }
    }
}

/// Shared text as its functions and the lines between them, without comments on the outermost level.
fn parse(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((name, rest)) = line.split_once("() {") else {
            if !line.starts_with('#') {
                parts.push(Part::Lines(line.to_owned()));
            }
            continue;
        };
        let mut whole = vec![line];
        if !rest.trim_end().ends_with('}') {
            whole.extend(lines.by_ref().take_while(|line| *line != "}"));
            whole.push("}");
        }
        parts.push(Part::Function { name: name.to_owned(), text: whole.join("\n") });
    }
    parts
}

/// The parts without the functions that nothing calls.
fn called(parts: Vec<Part>) -> Vec<Part> {
    let function = |(place, part): (usize, &Part)| match part {
        Part::Function { name, .. } => Some((name.clone(), place)),
        Part::Lines(_) => None,
    };
    let functions: HashMap<String, usize> = parts.iter().enumerate().filter_map(function).collect();
    // The functions that each part names, found once: all scripts are composed in every run.
    let calls = |part: &Part| words(part.text()).filter_map(|word| functions.get(word).copied()).collect();
    let calls: Vec<Vec<usize>> = parts.iter().map(calls).collect();
    let mut kept = vec![true; parts.len()];
    loop {
        let is_called =
            |function| (0..parts.len()).any(|at| at != function && kept[at] && calls[at].contains(&function));
        let uncalled: Vec<usize> =
            functions.values().copied().filter(|function| kept[*function] && !is_called(*function)).collect();
        if uncalled.is_empty() {
            return parts.into_iter().zip(kept).filter_map(|(part, kept)| kept.then_some(part)).collect();
        }
        for function in uncalled {
            kept[function] = false;
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}

fn shared_text(name: &str, system: System) -> Option<String> {
    let own = match system {
        System::GithubActions => "github",
        System::AzurePipelines => "azure",
    };
    source(&format!("lib/{name}.{own}")).or_else(|| source(&format!("lib/{name}")))
}

fn source(name: &str) -> Option<String> {
    let template = templates().get_template(&format!("{FOLDER}{name}.sh")).ok()?;
    Some(template.source().to_owned())
}
