//! What must not be there: command text, unmediated input and output, secrets that can be printed, unfinished work.

use super::source::{Source, Violation, closing, tree};
use super::{count, keep};

/// What a CI host looks for.
const COMMAND_TEXT: &[&str] = &[
    "##vso",
    "##[",
    "::add-mask",
    "::debug::",
    "::endgroup",
    "::error",
    "::group::",
    "::notice",
    "::save-state",
    "::set-output",
    "::stop-commands",
    "::warning",
];

fn command_text(source: &Source) -> Vec<Violation> {
    // A hostile server must be able to send commands; the fault plays one.
    if source.module() == "ci" || source.path == "src/emulator/kudu/hostile.rs" {
        return Vec::new();
    }
    let found = COMMAND_TEXT.iter().flat_map(|text| source.strings.match_indices(text));
    let found = found.filter(|(offset, _)| !source.is_test(source.line(*offset)));
    found
        .map(|(offset, text)| {
            source.violation(
                offset,
                format!("`{text}` is the wire format of a CI host, which only src/ci may know: call `ci::Host`"),
            )
        })
        .collect()
}

/// What only some rooms may touch, which rooms, and what to use elsewhere.
const SEAMS: &[(&[&str], &[&str], &str)] = &[
    (
        &["std::env", "env::var", "env::args", "env::current_dir", "env::temp_dir"],
        &["world", "emulator", "run"],
        "take what is needed from `world::Env`",
    ),
    (
        &["std::fs", "tokio::fs", "fs::File", "fs::read", "fs::write", "OpenOptions"],
        &["world", "emulator", "run", "package"],
        "use `world::Files`, which names the path in errors",
    ),
    (
        &["std::net", "tokio::net", "TcpListener", "TcpStream", "UdpSocket"],
        &["world", "emulator", "run"],
        "use `world::Http`",
    ),
    (&["SystemTime::now", "Instant::now"], &["world", "emulator", "run"], "take the time from `world::Clock`"),
    (&["thread::sleep", "time::sleep", "time::interval"], &["world", "emulator", "run"], "wait with `world::Clock`"),
    (
        &["println!", "print!", "eprintln!", "eprint!", "io::stdout", "io::stderr"],
        &["ci", "run"],
        "talk through `ci::Host`, print data with `ci::data`",
    ),
];

/// `use std::{env, fs}` hides the paths that the other rule looks for.
const GROUPED: &[&str] = &["env", "fs", "net"];

fn seams(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for (names, rooms, instead) in SEAMS.iter().filter(|(_, rooms, _)| !rooms.contains(&source.module())) {
        let mut lines = Vec::new();
        for name in *names {
            let (path, mark) = name.strip_suffix('!').map_or((*name, ""), |path| (path, "!"));
            let at = source.words_beginning(path).filter(|offset| source.code[offset + path.len()..].starts_with(mark));
            let at = at.filter(|offset| !source.is_test(source.line(*offset)));
            for offset in at {
                if !lines.contains(&source.line(offset)) {
                    lines.push(source.line(offset));
                    found.push(source.violation(offset, format!("`{name}` belongs to {rooms:?}: {instead}")));
                }
            }
        }
    }
    if !["world", "emulator", "run", "package"].contains(&source.module()) {
        for (offset, _) in source.code.match_indices("std::{") {
            let group = &source.code[offset..closing(&source.code, offset, '{', '}')];
            let names = group.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let hidden = names.filter(|name| GROUPED.contains(name));
            found.extend(hidden.map(|name| {
                source
                    .violation(offset, format!("`std::{name}` is hidden in a group: take what is needed from `world`"))
            }));
        }
    }
    found
}

/// A struct or enum that holds a `Secret` must not be printable, or the secret is.
fn printable_secrets(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for keyword in ["struct", "enum"] {
        for offset in source.words(keyword) {
            let Some((name, body)) = definition(&source.code[offset + keyword.len()..]) else { continue };
            if !holds_secret(body) && name != "Secret" {
                continue;
            }
            let attributes = attributes(&source.code, offset);
            if attributes.contains("derive") && has_word(attributes, "Debug") {
                found.push(source.violation(
                    offset,
                    format!(
                        "`{name}` holds a secret and derives `Debug`: write an `impl fmt::Debug` that leaves it out"
                    ),
                ));
            }
            for shown in ["Display", "ToString", "Serialize"] {
                if source.code.contains(&format!("{shown} for {name}"))
                    || attributes.contains("derive") && has_word(attributes, shown)
                {
                    found.push(
                        source.violation(offset, format!("`{name}` holds a secret and has `{shown}`: take it away")),
                    );
                }
            }
        }
    }
    found
}

/// The name and the fields of a definition, from behind its keyword.
fn definition(rest: &str) -> Option<(&str, &str)> {
    let name = rest
        .trim_start()
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .next()
        .filter(|name| !name.is_empty())?;
    let start = rest.find(['{', '(', ';'])?;
    match rest.as_bytes()[start] {
        b'{' => Some((name, &rest[start..closing(rest, start, '{', '}')])),
        b'(' => Some((name, &rest[start..closing(rest, start, '(', ')')])),
        _ => Some((name, "")),
    }
}

/// What stands between an item's keyword and the item before it.
fn attributes(code: &str, keyword: usize) -> &str {
    let before = &code[..keyword];
    let start = before.rfind(['}', ';']).map_or(0, |place| place + 1);
    &before[start..]
}

/// Whether `Secret` is the type of a field; the name of a variant is none.
fn holds_secret(body: &str) -> bool {
    let depth = |before: &str| {
        before.chars().fold(0_i32, |depth, letter| match letter {
            '(' | '<' => depth + 1,
            ')' | '>' => depth - 1,
            _ => depth,
        })
    };
    body.match_indices("Secret").any(|(start, word)| {
        let (before, after) = (&body[..start], &body[start + word.len()..]);
        let whole = |letter: Option<char>| !letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let is_variant = depth(before) == 0 && before.trim_end().ends_with(['{', ',', ']']);
        whole(before.chars().next_back()) && whole(after.chars().next()) && !is_variant
    })
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|found| found == word)
}

/// Words of unfinished work, put together so that this file does not hold them.
fn unfinished(source: &Source) -> Vec<Violation> {
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["todo", "!"], ["unimplemented", "!"], ["dbg", "!"]]
        .map(|parts| parts.concat());
    let mut found = Vec::new();
    for word in &words {
        let at = source.text.match_indices(word.as_str());
        found.extend(at.map(|(offset, _)| source.violation(offset, format!("`{word}`: finish it, or open an issue"))));
    }
    for attribute in ["#[allow(", "#![allow("] {
        let at = source.code.match_indices(attribute);
        found.extend(at.map(|(offset, _)| {
            source.violation(offset, "use `#[expect(…, reason = \"…\")]`, which tells when it is no longer needed")
        }));
    }
    found
}

#[test]
fn only_ci_knows_the_text_of_commands() {
    keep(&tree("src"), command_text);
    assert_eq!(count(command_text, "src/azure/x.rs", "fn f() { say(\"::error::x\"); say(r\"##vso[a.b]\") }"), 2);
    let good = "// ::error\nuse std::error::Error;\n#[cfg(test)]\nmod tests { const A: &str = \"##[x]\"; }\n";
    assert_eq!(count(command_text, "src/azure/x.rs", good), 0);
}

#[test]
fn the_world_is_touched_only_through_its_seams() {
    keep(&tree("src"), seams);
    for bad in [
        "use std::fs;",
        "let x = std::env::var(y);",
        "fs::read_to_string(p)",
        "use std::{env, io};",
        "Instant::now()",
        "tokio::time::sleep(d).await",
        "let l = TcpListener::bind(a);",
        "println!();",
        "std::io::stdout()",
    ] {
        assert_eq!(count(seams, "src/tools/kv_sync/x.rs", bad), 1, "{bad}");
    }
    assert_eq!(count(seams, "src/package/x.rs", "use std::fs; use std::env;"), 1);
    for good in [
        "clock.sleep(wait).await",
        "env!(\"A\")",
        "// std::fs",
        "#[cfg(test)]\nmod tests { use std::fs; }",
        "let env = Env::default();",
    ] {
        assert_eq!(count(seams, "src/tools/kv_sync/x.rs", good), 0, "{good}");
    }
}

#[test]
fn what_holds_a_secret_cannot_be_printed() {
    keep(&tree("src"), printable_secrets);
    for bad in [
        "#[derive(Clone, Debug)]\npub struct A {\n  /// Its.\n  token: Secret,\n}",
        "#[derive(Debug)] enum A { B(Option<Secret>), C }",
        "#[derive(Debug)] struct A(Vec<Secret>);",
        "struct A { token: Secret }\nimpl fmt::Display for A { }",
    ] {
        assert_eq!(count(printable_secrets, "src/azure/x.rs", bad), 1, "{bad}");
    }
    for good in [
        "#[derive(Clone)] struct A { token: Secret }\nimpl fmt::Debug for A { }",
        "#[derive(Debug)] struct B { name: String }\nstruct A(Secret);",
        "#[derive(Debug)] struct A { kind: Kind }\nfn f(a: Secret) {}",
        "#[derive(Debug)] enum Kind { Count(u64, u64), Secret, Text }",
    ] {
        assert_eq!(count(printable_secrets, "src/azure/x.rs", good), 0, "{good}");
    }
}

#[test]
fn nothing_is_left_unfinished_or_silenced() {
    for folder in ["src", "tests"] {
        keep(&tree(folder), unfinished);
    }
    let bad = format!(
        "// {}: later\nfn f() {{ {}() }}\n#[allow(dead_code)]\nfn g() {{}}",
        ["TO", "DO"].concat(),
        ["todo", "!"].concat()
    );
    assert_eq!(count(unfinished, "src/azure/x.rs", &bad), 3);
}
