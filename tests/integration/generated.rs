//! Lists that must agree: codes and their documentation, declarations and the tables of the pages, faults, commands, links.
//! `BLESS=1 cargo test generated` writes the tables anew.

use std::collections::BTreeSet;
use std::path::Path;

use siding::emulator::{Config, Emulator, Options, faults};
use siding::report;
use siding::spec::{Input, Need, ToolSpec};

use crate::tidy::{files, read, root};

/// A table between `<!-- name -->` and `<!-- /name -->`, and the text around it.
fn block<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = text.find(&open)? + open.len();
    let end = start + text[start..].find(&close)?;
    Some((&text[..start], &text[start..end], &text[end..]))
}

/// Fails when a page's table is not the one that follows from the code, or writes it when that is asked for.
pub(crate) fn agree(page: &str, name: &str, expected: &str) {
    let text = read(page);
    let Some((before, table, after)) = block(&text, name) else {
        panic!("{page}: there is no `<!-- {name} -->` … `<!-- /{name} -->`");
    };
    if std::env::var_os("BLESS").is_some() && table != expected {
        // Other tests read the pages meanwhile, so none may ever be half there.
        let draft = root().join(format!("{page}.{name}.draft"));
        std::fs::write(&draft, [before, expected, after].concat()).unwrap();
        std::fs::rename(&draft, root().join(page)).unwrap();
        return;
    }
    let (mut have, mut want) = (table.lines(), expected.lines());
    loop {
        let (have, want) = (have.next(), want.next());
        assert_eq!(have, want, "{page}: the table `{name}` is stale: run `BLESS=1 cargo test generated`");
        if have.is_none() {
            return;
        }
    }
}

pub(crate) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: String = rows
        .into_iter()
        .map(|row| line(&row.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>()))
        .collect();
    format!("{}|{}\n{rows}", line(&head), "---|".repeat(head.len()))
}

pub(crate) fn code(text: &str) -> String {
    format!("`{text}`")
}

fn inputs(spec: &ToolSpec) -> String {
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
    table(&["input", "default", "from the environment", "what"], spec.inputs().map(row))
}

pub(crate) fn outputs(spec: &ToolSpec) -> String {
    table(&["output", "what"], spec.outputs.iter().map(|output| vec![code(output.name), output.help.to_owned()]))
}

#[test]
fn the_pages_of_the_tools_have_the_inputs_and_outputs_that_are_declared() {
    for spec in siding::tools::ALL.iter().map(|tool| tool.spec).chain([&siding::release::SPEC]) {
        let page = format!("docs/tools/{}.md", spec.name);
        agree(&page, "inputs", &inputs(spec));
        agree(&page, "outputs", &outputs(spec));
    }
}

/// The keys of `siding.yml`, one table for each part, from the schema that checks it.
fn keys() -> String {
    let schema = siding::generate::schema::schema();
    let parts = schema["$defs"].as_object().unwrap().iter().filter(|(_, part)| part["properties"].is_object());
    let all = std::iter::once(("siding.yml", &schema)).chain(parts.map(|(name, part)| (name.as_str(), part)));
    let section = |(name, part): (&str, &serde_json::Value)| {
        let heading = if name == "siding.yml" { "At the top" } else { name };
        let required: Vec<&str> =
            part["required"].as_array().into_iter().flatten().filter_map(|key| key.as_str()).collect();
        let rows = part["properties"].as_object().unwrap().iter().map(|(key, inner)| {
            let default = match inner.get("default") {
                Some(serde_json::Value::Null) | None if required.contains(&key.as_str()) => "required".to_owned(),
                Some(serde_json::Value::Null) | None => "-".to_owned(),
                Some(value) if value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty) => {
                    "-".to_owned()
                }
                Some(value) if value.is_object() => "-".to_owned(),
                Some(value) => code(&value.to_string()),
            };
            vec![code(key), kind(inner, &schema), default, about(inner)]
        });
        format!("### {heading}\n\n{}\n\n{}\n", about(part), table(&["key", "holds", "default", "what"], rows))
    };
    all.map(section).collect::<String>().trim_end().to_owned() + "\n"
}

fn about(part: &serde_json::Value) -> String {
    part["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a key holds: its words, its part, or the kind of value.
fn kind(inner: &serde_json::Value, schema: &serde_json::Value) -> String {
    if let Some(name) = inner["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        let part = &schema["$defs"][name];
        let words = part["oneOf"].as_array().or(part["enum"].as_array());
        return match words {
            Some(words) => {
                let word = |word: &serde_json::Value| word["const"].as_str().or(word.as_str()).map(code);
                words.iter().filter_map(word).collect::<Vec<_>>().join(", ")
            }
            None if part["anyOf"].is_array() => "one or several".to_owned(),
            None if part["properties"].is_object() => {
                format!("[{name}](#{})", anchor(name))
            }
            None => part["format"].as_str().unwrap_or("text").to_owned(),
        };
    }
    if let Some(choice) = inner["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        return kind(choice, schema);
    }
    match (&inner["type"], inner["format"].as_str()) {
        (serde_json::Value::String(kind), _) if kind == "array" => {
            format!("list: {}", self::kind(&inner["items"], schema))
        }
        (serde_json::Value::String(kind), _) if kind == "object" => {
            format!("by name: {}", self::kind(&inner["additionalProperties"], schema))
        }
        (_, Some(format)) => format.to_owned(),
        (serde_json::Value::String(kind), _) => {
            if kind == "string" {
                "text".to_owned()
            } else {
                kind.clone()
            }
        }
        _ => "text".to_owned(),
    }
}

#[test]
fn the_page_of_the_config_has_every_key() {
    agree("docs/siding-yml.md", "keys", &keys());
}

#[test]
fn the_pages_of_the_tools_link_every_error_that_is_declared() {
    for spec in siding::tools::ALL.iter().map(|tool| tool.spec).chain([&siding::release::SPEC]) {
        let page = format!("docs/tools/{}.md", spec.name);
        let text = read(&page);
        for code in spec.errors {
            let link = format!("[{}](../errors.md#{})", code.id, code.id.to_lowercase());
            assert!(text.contains(&link), "{page}: `{link}` is missing: {}", code.title);
        }
    }
}

#[test]
fn every_code_has_its_section_in_the_order_of_the_table() {
    let text = read("docs/errors.md");
    let sections: Vec<(&str, Vec<&str>)> = text
        .split("\n## ")
        .skip(1)
        .map(|section| {
            let (id, body) = section.split_once('\n').unwrap_or((section, ""));
            (id, body.lines().filter(|line| !line.is_empty()).take(2).collect())
        })
        .collect();
    let ids: Vec<&str> = sections.iter().map(|(id, _)| *id).collect();
    let expected: Vec<&str> = report::ALL.iter().map(|code| code.id).collect();
    assert_eq!(
        ids, expected,
        "docs/errors.md must have one `## CODE` for each row of src/report/codes.rs, in the same order"
    );
    for (code, (id, body)) in report::ALL.iter().zip(&sections) {
        let exit = code.exit as u8;
        assert_eq!(body.first(), Some(&format!("**{}**", code.title).as_str()), "docs/errors.md, {id}: the title");
        let starts = body.get(1).is_some_and(|line| line.starts_with(&format!("Exit code {exit}.")));
        assert!(starts, "docs/errors.md, {id}: the text must begin with `Exit code {exit}.`");
    }
}

#[test]
fn every_link_to_a_code_leads_to_one() {
    let known: BTreeSet<&str> = report::ALL.iter().map(|code| code.id).collect();
    for page in pages() {
        let text = read(&page);
        for (start, _) in text.match_indices("SID0") {
            let id = text.get(start..start + 7).unwrap_or_default();
            assert!(known.contains(id), "{}: there is no code `{id}`", page.display());
        }
    }
}

#[test]
fn the_page_of_the_emulator_has_every_fault() {
    let rows = faults::ALL.iter().map(|fault| {
        let setting = if fault.setting.is_empty() { "-" } else { fault.setting };
        vec![code(fault.name), setting.to_owned(), fault.about.to_owned()]
    });
    agree("docs/emulator.md", "faults", &table(&["fault", "setting", "what goes wrong"], rows));
}

#[test]
fn the_page_of_the_emulator_has_a_configuration_that_is_read() {
    let page = read("docs/emulator.md");
    let examples: Vec<&str> = fences(&page, "yaml");
    assert!(!examples.is_empty(), "docs/emulator.md has no example");
    for example in examples {
        if let Err(trouble) = Config::from_yaml(example) {
            panic!("docs/emulator.md: {trouble}\n{example}");
        }
    }
    assert!(Config::from_yaml("tenants: []\nsitess: []\n").is_err());
}

#[test]
fn the_page_of_the_emulator_names_every_variable_that_it_prints() {
    let home = tempfile::tempdir().unwrap();
    let options =
        Options { port: 0, speed: 1000.0, faults: Vec::new(), config: Config::ready(), home: home.path().to_owned() };
    let Ok(emulator) = Emulator::start(options) else { panic!("the emulator does not start") };
    let page = read("docs/emulator.md");
    for (name, _) in emulator.variables() {
        assert!(page.contains(&code(&name)), "docs/emulator.md does not name `{name}`");
    }
}

/// The commands of a page: every `cargo run -- …` of its `sh` fences, without comments.
fn commands(page: &str) -> Vec<Vec<&str>> {
    let lines = fences(page, "sh").into_iter().flat_map(str::lines);
    let lines = lines.filter_map(|line| line.trim().strip_prefix("cargo run -- "));
    lines.map(|line| line.split(" #").next().unwrap_or_default().split_whitespace().collect()).collect()
}

/// What is wrong with a command, judged by the `--help` of the real program.
pub(crate) fn trouble(words: &[&str]) -> Option<String> {
    let (name, rest) = words.split_first()?;
    let mut program = assert_cmd::Command::new(env!("CARGO_BIN_EXE_siding"));
    let output = program.args([name, "--help"]).output().unwrap();
    if !output.status.success() {
        return Some(format!("`siding` has no command `{name}`"));
    }
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    let known = |flag: &str| flag == "--json" || help.split([' ', '\n', '[', ',', '=']).any(|word| word == flag);
    let flags = rest.iter().filter(|word| word.starts_with("--")).map(|word| word.split('=').next().unwrap_or(word));
    let unknown: Vec<&str> = flags.filter(|flag| !known(flag)).collect();
    if let Some(fault) = rest.iter().skip_while(|word| **word != "--fault").nth(1) {
        let name = fault.split('=').next().unwrap_or_default();
        if !faults::ALL.iter().any(|kind| kind.name == name) {
            return Some(format!("there is no fault `{name}`"));
        }
    }
    (!unknown.is_empty()).then(|| format!("`siding {name}` does not know {}", unknown.join(", ")))
}

#[test]
fn the_commands_of_the_pages_exist() {
    let mut seen = 0;
    for page in pages() {
        let text = read(&page);
        for words in commands(&text) {
            seen += 1;
            assert_eq!(trouble(&words), None, "{}: `cargo run -- {}`", page.display(), words.join(" "));
        }
    }
    assert!(seen >= 4, "the README shows how to rehearse");
    assert!(
        trouble(&["rehearse", "x", "--fault", "app.fails"]).is_some() && trouble(&["rehearse", "--no-such"]).is_some()
    );
    assert!(trouble(&["rehears"]).is_some());
}

/// The insides of the fences of this language.
pub(crate) fn fences<'t>(page: &'t str, language: &str) -> Vec<&'t str> {
    let open = format!("```{language}\n");
    let starts = page.match_indices(&open).filter(|(start, _)| *start == 0 || page[..*start].ends_with('\n'));
    starts.filter_map(|(start, _)| page[start + open.len()..].split("\n```").next()).collect()
}

/// Every page of ours.
pub(crate) fn pages() -> Vec<std::path::PathBuf> {
    let mut pages: Vec<_> = ["docs", "actions", "examples", ".github"]
        .iter()
        .flat_map(|folder| files(Path::new(folder), &["md"]))
        .collect();
    let top = std::fs::read_dir(root()).unwrap().map(|entry| std::path::PathBuf::from(entry.unwrap().file_name()));
    pages.extend(top.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    pages
}

/// The targets of a page's links, outside of fences and code.
pub(crate) fn links(page: &str) -> Vec<&str> {
    let prose = page.split("\n```").step_by(2).flat_map(|part| part.split('`').step_by(2));
    let mut found: Vec<&str> =
        prose.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split(')').next()).collect();
    // A link whose text is in backticks has its target behind them.
    found.sort_unstable();
    found.dedup();
    found
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase().replace(' ', "-");
    kept.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')).collect()
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    for page in pages() {
        let text = read(&page);
        for link in links(&text).into_iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, wanted) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap_or(Path::new("")).join(file) };
            assert!(root().join(&target).exists(), "{}: `{link}` leads to nothing", page.display());
            if !wanted.is_empty() {
                let headings = read(&target);
                let found = headings
                    .lines()
                    .filter_map(|line| line.strip_prefix('#'))
                    .any(|line| anchor(line.trim_start_matches('#')) == wanted);
                assert!(found, "{}: `{link}` has no such heading", page.display());
            }
        }
    }
    assert_eq!(links("a [b](c.md#d) `[no](e)`\n```sh\n[no](f)\n```\n[`g`](h)"), ["c.md#d", "h"]);
    assert_eq!(anchor(" What it does, `now`"), "what-it-does-now");
}

#[test]
fn a_table_is_found_and_rendered() {
    assert_eq!(block("a\n<!-- x -->\nb\n<!-- /x -->\n", "x"), Some(("a\n<!-- x -->\n", "b\n", "<!-- /x -->\n")));
    assert_eq!(block("a", "x"), None);
    assert_eq!(table(&["a", "b"], [vec!["1|2".to_owned(), "3".to_owned()]]), "| a | b |\n|---|---|\n| 1\\|2 | 3 |\n");
}
