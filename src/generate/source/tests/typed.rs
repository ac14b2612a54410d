//! The check against schemas as schemars really writes them: what it lets pass, serde takes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::read;
use crate::generate::source::unknown_keywords;

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Typed {
    /// What it is called
    #[schemars(length(min = 1))]
    name: String,
    retries: Option<u8>,
    #[serde(default)]
    share: f64,
    #[serde(default = "ten")]
    ten: u32,
    kind: Option<Kind>,
    plain: Option<Plain>,
    #[serde(default)]
    targets: BTreeMap<String, Target>,
    commands: Option<OneOrMany>,
    #[schemars(inner(range(min = 1, max = 99)))]
    #[serde(default)]
    steps: Vec<u8>,
}

fn ten() -> u32 {
    10
}

/// Documented, so written as a choice of constants.
#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// The fast one
    VeryFast,
    /// The other
    Slow,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
enum Plain {
    A,
    B,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
enum Target {
    /// A file
    File { path: String },
    /// A site
    Site { url: String, port: Option<u16> },
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn schema() -> serde_json::Value {
    schemars::schema_for!(Typed).to_value()
}

#[test]
fn what_the_check_lets_pass_can_be_taken() {
    let text = "name: 3.10\nretries: 5\nshare: 1\nkind: very-fast\nplain: B\ntargets:\n  a: {type: file, path: ~/x}\n  b: {type: site, url: u, port: 80}\ncommands: [yes, no]\nsteps: [1, 99]\n";
    let value = read(text).check(&schema(), &|_, _| None).unwrap();
    let typed: Typed = serde_json::from_value(value).unwrap();
    assert_eq!((typed.name.as_str(), typed.retries, typed.ten), ("3.10", Some(5), 10));
    assert_eq!((typed.kind, typed.plain), (Some(Kind::VeryFast), Some(Plain::B)));
    assert_eq!(typed.targets["b"], Target::Site { url: "u".to_owned(), port: Some(80) });
    assert_eq!(typed.commands, Some(OneOrMany::Many(vec!["yes".to_owned(), "no".to_owned()])));
    let value = read("name: x\nretries:\nkind: ~\ncommands:\n").check(&schema(), &|_, _| None).unwrap();
    assert!(serde_json::from_value::<Typed>(value).is_ok());
}

#[test]
fn what_cannot_be_taken_is_a_problem() {
    for (line, told) in [
        ("retries: 256", "`retries` must be from 0 to 255, and it is 256"),
        ("ten: -1", "`ten` must be from 0 to 4294967295, and it is -1"),
        ("kind: veryfast", "`kind` must be `very-fast` or `slow`, and it is `veryfast`"),
        ("plain: b", "`plain` must be `A` or `B`, and it is `b`"),
        ("plain: [A]", "`plain` must be `A` or `B`, and it is a list"),
        ("targets: {a: {type: site, url: u, prot: 1}}", "`targets.a` has no key `prot`"),
        (
            "targets: {a: {type: site, url: u, port: 65536}}",
            "`targets.a.port` must be from 0 to 65535, and it is 65536",
        ),
        ("targets: {a: {type: fil}}", "`targets.a.type` must be `file` or `site`, and it is `fil`"),
        ("commands: {a: b}", "`commands` must be text or a list, and it is a map of keys and values"),
        ("steps: [0]", "`steps[0]` must be from 1 to 99, and it is 0"),
        ("steps:", "`steps` is empty, and it must be a list"),
        ("retires: 1", "the file has no key `retires`"),
    ] {
        let problems = read(&format!("name: x\n{line}\n")).check(&schema(), &|_, _| None).unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(), [told], "{line}");
    }
}

#[test]
fn keywords_that_are_not_checked_are_named() {
    assert_eq!(unknown_keywords(&schema()), Vec::<String>::new());
    assert_eq!(
        unknown_keywords(&schemars::schema_for!(crate::generate::config::Config).to_value()),
        Vec::<String>::new()
    );
    let schema = serde_json::json!({
        "properties": {"a": {"pattern": "x", "x-cure": "y"}},
        "$defs": {"B": {"oneOf": [{"not": {}}]}}, "if": {},
    });
    let mut unknown = unknown_keywords(&schema);
    unknown.sort();
    assert_eq!(unknown, ["/$defs/B/oneOf/0/not", "/if", "/properties/a/pattern"]);
}
