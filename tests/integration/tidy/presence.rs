//! What must be there: for each tool its binary, page and test; for each test file its module; and names that say something.

use std::path::Path;

use super::source::{Source, Violation, files, tree};
use super::{count, keep, read, root};

/// Names that say nothing about what a file holds.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "manager", "misc", "util", "utils"];

fn names(source: &Source) -> Vec<Violation> {
    let parts = source.path.trim_end_matches(".rs").split(['/', '_']);
    let empty = parts.filter(|part| EMPTY_NAMES.contains(part));
    empty
        .map(|part| Violation {
            line: 1,
            what: format!("`{part}` says nothing: name the noun or the verb that the file is about"),
        })
        .collect()
}

/// The modules that a `main.rs` declares.
fn modules(text: &str) -> Vec<String> {
    let code = Source::new("tests/integration/main.rs", text).code;
    let declared = code.split(';').filter_map(|item| item.trim().rsplit_once("mod "));
    declared.map(|(_, name)| name.trim().to_owned()).collect()
}

/// What a tool lacks, given what exists.
fn missing(tool: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let module = tool.replace('-', "_");
    let wanted = [
        format!("src/bin/{tool}.rs"),
        format!("src/tools/{module}/mod.rs"),
        format!("docs/tools/{tool}.md"),
        format!("tests/integration/{module}.rs"),
    ];
    wanted.into_iter().filter(|path| !exists(path)).collect()
}

/// The crates that `deny.toml` bans.
fn banned(deny: &str) -> Vec<&str> {
    deny.lines().filter_map(|line| line.trim().strip_prefix("{ crate = \"")?.split('"').next()).collect()
}

/// The banned crates that a `Cargo.toml` names or a `Cargo.lock` holds.
fn banned_crates<'a>(banned: &[&'a str], manifest: &str, lock: &str) -> Vec<&'a str> {
    let declared =
        |name: &str| manifest.lines().any(|line| line.split(['=', '.']).next().is_some_and(|key| key.trim() == name));
    let renamed = |name: &str| manifest.contains(&format!("package = \"{name}\""));
    let locked = |name: &str| lock.lines().any(|line| line == format!("name = \"{name}\""));
    banned.iter().copied().filter(|name| declared(name) || renamed(name) || locked(name)).collect()
}

#[test]
fn every_tool_has_its_binary_its_page_and_its_test() {
    for tool in siding::tools::ALL {
        let missing = missing(tool.spec.name, |path| root().join(path).is_file());
        assert!(
            missing.is_empty(),
            "the tool `{}` lacks {}: CONTRIBUTING.md says how to add a tool",
            tool.spec.name,
            missing.join(", ")
        );
    }
    assert_eq!(
        missing("kv-sync", |path| path.starts_with("src/")),
        ["docs/tools/kv-sync.md", "tests/integration/kv_sync.rs"]
    );
}

#[test]
fn every_binary_belongs_to_a_tool() {
    for path in files(Path::new("src/bin"), &["rs"]) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let known = ["siding", "siding-release"].contains(&name.as_str())
            || siding::tools::ALL.iter().any(|tool| tool.spec.name == name);
        assert!(known, "{}: no tool of `siding::tools::ALL` is called `{name}`", path.display());
    }
}

#[test]
fn every_test_file_is_a_module_of_the_one_test_binary() {
    let declared = modules(&read("tests/integration/main.rs"));
    for entry in files(Path::new("tests/integration"), &["rs"]).iter().filter(|path| path.components().count() == 3) {
        let name = entry.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            name == "main" || declared.contains(&name),
            "{}: add `mod {name};` to tests/integration/main.rs, it does not run",
            entry.display()
        );
    }
    assert_eq!(modules("//! x\n// mod no;\nmod a;\n#[cfg(unix)]\npub mod b;\n"), ["a", "b"]);
}

#[test]
fn no_file_has_an_empty_name() {
    for folder in ["src", "tests"] {
        keep(&tree(folder), names);
    }
    assert_eq!(count(names, "src/azure/url_utils.rs", ""), 1);
    assert_eq!(count(names, "src/common/mod.rs", ""), 1);
}

#[test]
fn no_banned_crate_is_in_the_tree() {
    let deny = read("deny.toml");
    let banned = banned(&deny);
    assert!(banned.contains(&"aws-lc-rs") && banned.contains(&"rsa"), "deny.toml is not read any more: {banned:?}");
    let found = banned_crates(&banned, &read("Cargo.toml"), &read("Cargo.lock"));
    assert!(found.is_empty(), "{found:?} are banned: deny.toml says why");
    assert_eq!(
        banned_crates(
            &["rsa", "openssl", "libyml"],
            "rsa = \"1\"\nx = { package = \"libyml\" }\n",
            "name = \"openssl-probe\"\n"
        ),
        ["rsa", "libyml"]
    );
}
