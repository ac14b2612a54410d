//! Who may import whom: the table of DESIGN §2.

use super::source::{Source, Violation, closing, tree};
use super::{count, keep};

/// A top-level module and what it may import besides itself. `*` is anything but `run`.
const TABLE: &[(&str, &[&str])] = &[
    ("report", &[]),
    ("spec", &["report"]),
    ("world", &["report"]),
    ("ci", &["report", "spec", "world"]),
    ("azure", &["report", "world"]),
    ("github", &["report", "world"]),
    ("devops", &["report", "world"]),
    ("package", &["report", "world"]),
    ("tools", &["azure", "ci", "devops", "github", "package", "report", "spec", "world"]),
    ("release", &["azure", "ci", "devops", "github", "package", "report", "spec", "tools", "world"]),
    ("emit", &["release", "report", "spec", "tools"]),
    ("generate", &["report", "spec", "tools"]),
    ("lint", &["report", "spec", "tools"]),
    // Never `azure`: a wrong belief must not agree with itself. They meet only over loopback TLS.
    ("emulator", &["report"]),
    ("commands", &["*"]),
    ("run", &["*"]),
    ("bin", &["release", "run", "tools"]),
    ("lib", &[]),
];

/// What every tool may import from `tools`: the room they share. A tool of that name would be a folder.
const SHARED_BY_TOOLS: &[&str] = &["checks", "sign_in"];

/// A module of ours that is named in the code: the parts of its path, and where.
struct Import {
    path: Vec<String>,
    offset: usize,
}

fn violations(source: &Source) -> Vec<Violation> {
    let from = source.module();
    let Some((_, allowed)) = TABLE.iter().find(|(module, _)| *module == from) else {
        return vec![source.violation(0, format!("`{from}` is not in the import table: add it to DESIGN §2 and to `TABLE` in tests/integration/tidy/imports.rs"))];
    };
    let mut found = Vec::new();
    for import in imports(source) {
        let to = import.path[0].as_str();
        let known = TABLE.iter().any(|(module, _)| *module == to);
        let anything = allowed.contains(&"*") && !(to == "run" && from != "run");
        let only_run = to == "commands" && from != "run";
        if known && to != from && (only_run || !anything && !allowed.contains(&to)) {
            found.push(source.violation(
                import.offset,
                format!("`{from}` may not import `{to}`: move what both need to a module that both may import"),
            ));
        }
        if let Some(other) = other_tool(source, &import.path) {
            found.push(source.violation(import.offset, format!("a tool may not import the tool `{other}`: move what both need to `azure`, or to a file beside the tools")));
        }
    }
    found.dedup();
    found
}

/// The tool that a file of `tools` names although it is another one.
fn other_tool<'a>(source: &Source, path: &'a [String]) -> Option<&'a str> {
    let inside = source.path.strip_prefix("src/tools/").filter(|inside| *inside != "mod.rs")?;
    let [module, named, ..] = path else { return None };
    let own = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    let is_module = named.starts_with(|first: char| first.is_ascii_lowercase());
    (module == "tools" && is_module && named != own && !SHARED_BY_TOOLS.contains(&named.as_str()) && is_tool(named))
        .then_some(named)
}

/// Functions of `tools/mod.rs` begin in lower case too; a tool is a folder or listed in `ALL`.
fn is_tool(name: &str) -> bool {
    siding::tools::ALL.iter().any(|tool| tool.spec.name.replace('-', "_") == name)
}

/// Every path into the crate: `crate::a::b`, `crate::{a::b, c}`, `siding::a`, and `super::` followed to where it leads.
fn imports(source: &Source) -> Vec<Import> {
    let mut found = Vec::new();
    for root in ["crate", "siding"] {
        for offset in source.words(root) {
            if let Some(rest) = source.code[offset + root.len()..].strip_prefix("::") {
                expand(&[], rest, offset, &mut found);
            }
        }
    }
    for offset in source.words("super") {
        let continues = source.code[..offset].ends_with("super::");
        if continues || source.is_test(source.line(offset)) {
            continue;
        }
        let (mut rest, mut here) = (&source.code[offset..], place(&source.path));
        while let Some(after) = rest.strip_prefix("super::") {
            here.pop();
            rest = after;
        }
        expand(&here, rest, offset, &mut found);
    }
    found.retain(|import| !import.path.is_empty());
    found
}

/// The module that a file is, from the root of the crate.
fn place(path: &str) -> Vec<String> {
    let inside = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    inside.trim_end_matches("/mod").split('/').map(str::to_owned).collect()
}

fn expand(prefix: &[String], rest: &str, offset: usize, found: &mut Vec<Import>) {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    if rest.starts_with('{') {
        let group = &rest[1..closing(rest, 0, '{', '}')];
        let mut depth = 0_i32;
        let parts = group.split(|letter| {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            letter == ',' && depth == 0
        });
        parts.for_each(|part| expand(prefix, part.trim(), offset, found));
        return;
    }
    let word: String = rest.chars().take_while(|letter| is_word(*letter)).collect();
    if word.is_empty() || word == "self" {
        return found.push(Import { path: prefix.to_vec(), offset });
    }
    let path = [prefix, std::slice::from_ref(&word)].concat();
    match rest[word.len()..].strip_prefix("::") {
        Some(after) => expand(&path, after, offset, found),
        None => found.push(Import { path, offset }),
    }
}

#[test]
fn modules_import_only_what_the_table_allows() {
    keep(&tree("src"), violations);
}

#[test]
fn a_forbidden_import_is_seen_in_every_spelling() {
    let bad = [
        ("src/report/x.rs", "use crate::world::Env;"),
        ("src/azure/x.rs", "use crate::{\n    report::Failure,\n    ci::{self, Host},\n};"),
        ("src/azure/x.rs", "fn f() { super::super::ci::data(\"\") }"),
        ("src/azure/a/b.rs", "use super::super::super::tools::Stage;"),
        ("src/emulator/arm/mod.rs", "fn f(c: &crate::azure::cloud::Cloud) {}"),
        ("src/emulator/kudu/tests.rs", "use crate::world::Env;"),
        ("src/tools/kv_sync/map.rs", "use super::super::zip_deploy::TOOL;"),
        ("src/tools/kv_sync/mod.rs", "use super::{Stage, slot_swap::Pair};"),
        ("src/tools/checks.rs", "use super::smoke_test;"),
        ("src/tools/zip_deploy/mod.rs", "use crate::tools::oidc_login;"),
        ("src/release/x.rs", "use crate::commands::find;"),
        ("src/commands/x.rs", "use crate::run::run;"),
        ("src/release/x.rs", "use crate::emulator::Config;"),
        ("src/bin/x.rs", "use siding::azure::arm;"),
        ("src/stuff/x.rs", ""),
    ];
    for (path, text) in bad {
        assert_eq!(count(violations, path, text), 1, "{path}: {text}");
    }
}

#[test]
fn allowed_imports_pass() {
    let good = [
        (
            "src/tools/kv_sync/mod.rs",
            "use super::{Outcome, Stage, sign_in::{self, Session}};\nuse crate::tools::kv_sync::map;",
        ),
        ("src/tools/mod.rs", "pub static ALL: &[&Tool] = &[&oidc_login::TOOL];"),
        ("src/commands/mod.rs", "use crate::emulator::Config; use crate::azure::arm; use crate::tools::zip_deploy;"),
        ("src/azure/site.rs", "use super::arm::Arm; // crate::ci\nuse crate::world::http;"),
        ("src/run.rs", "use crate::commands;"),
        ("src/bin/x.rs", "fn main() { siding::run::run(&siding::tools::zip_deploy::TOOL) }"),
    ];
    for (path, text) in good {
        assert_eq!(count(violations, path, text), 0, "{path}: {text}");
    }
}
