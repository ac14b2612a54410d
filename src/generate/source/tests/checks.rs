//! What a check says of each fault, and the values that it builds.

use serde_json::{Value, json};

use super::{lines, read, refused, shown};

fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {
            "name": {"type": "string", "format": "name", "description": "What it is called.\nMore."},
            "text": {"type": "string", "minLength": 2, "maxLength": 4},
            "count": {"type": "integer", "format": "uint8", "minimum": 0, "maximum": 255},
            "big": {"type": "integer", "format": "uint32", "minimum": 0},
            "share": {"type": "number", "exclusiveMinimum": 0.0},
            "flag": {"type": "boolean"},
            "maybe": {"type": ["string", "null"]},
            "either": {"type": ["string", "number"]},
            "words": {"type": "array", "items": {"type": "string", "format": "name"}, "minItems": 1, "maxItems": 3, "uniqueItems": true},
            "one": {"$ref": "#/$defs/One"},
            "two": {"anyOf": [{"$ref": "#/$defs/One"}, {"type": "null"}]},
            "kind": {"enum": ["fast", "slow", null]},
            "version": {"const": 1},
            "many": {"anyOf": [{"type": "string", "format": "name"}, {"type": "array", "items": {"type": "string"}}]},
            "tagged": {"oneOf": [
                {"type": "object", "properties": {"type": {"type": "string", "const": "file"}, "path": {"type": "string"}},
                 "required": ["type", "path"], "additionalProperties": false},
                {"type": "object", "properties": {"type": {"type": "string", "const": "web"}, "url": {"type": "string"}},
                 "required": ["type", "url"], "additionalProperties": false}]},
            "outer": {"oneOf": [
                {"type": "string", "const": "none", "description": "Nothing"},
                {"type": "object", "properties": {"slot": {"type": "string"}}, "required": ["slot"], "additionalProperties": false},
                {"type": "object", "properties": {"swap": {"type": "integer"}}, "required": ["swap"], "additionalProperties": false}]},
            "parts": {"type": "object", "minProperties": 1, "propertyNames": {"format": "name"},
                      "additionalProperties": {"$ref": "#/$defs/Part"}, "x-cure": "name a part"},
            "limited": {"type": "object", "properties": {"defaulted": {"type": "string", "default": "x"}},
                        "required": ["defaulted"]},
        },
        "$defs": {
            "One": {"oneOf": [{"const": "direct", "type": "string"}, {"const": "canary", "type": "string"}]},
            "Part": {"type": "object", "properties": {"health": {"type": "string"}, "part": {"$ref": "#/$defs/Part"}},
                     "additionalProperties": false, "required": ["health"]},
        },
    })
}

fn rule(format: &str, text: &str) -> Option<String> {
    let bad = format == "name" && (text == "on" || text.contains(' '));
    bad.then(|| if text == "on" { "`on` means something else".to_owned() } else { "must be one word".to_owned() })
}

fn value(text: &str) -> Value {
    let document = read(text);
    document.check(&schema(), &rule).unwrap_or_else(|problems| panic!("{}", shown(&document.failure(problems))))
}

/// `line:column message (help)` of each problem, sorted.
fn problems(text: &str) -> Vec<String> {
    let document = read(text);
    let problems = document.check(&schema(), &rule).err().unwrap_or_else(|| panic!("{text:?} holds"));
    let told = problems.iter().map(|problem| {
        let place = document.place(problem.span);
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{} {}{help}", place.line, place.column, problem.message)
    });
    told.collect()
}

#[test]
fn scalars_become_what_the_schema_wants() {
    for (line, key, expected) in [
        ("name: 3.10", "name", json!("3.10")),
        ("text: yes", "text", json!("yes")),
        ("text: \"12\"", "text", json!("12")),
        ("count: 12", "count", json!(12)),
        ("share: 0.5", "share", json!(0.5)),
        ("share: 3", "share", json!(3)),
        ("flag: true", "flag", json!(true)),
        ("flag: false", "flag", json!(false)),
        ("maybe: ~", "maybe", Value::Null),
        ("maybe:", "maybe", Value::Null),
        ("maybe: null", "maybe", Value::Null),
        ("maybe: \"null\"", "maybe", json!("null")),
        ("either: 3.10", "either", json!("3.10")),
        ("either: 3.5", "either", json!(3.5)),
        ("words: [a, b]", "words", json!(["a", "b"])),
        ("one: canary", "one", json!("canary")),
        ("two:", "two", Value::Null),
        ("two: direct", "two", json!("direct")),
        ("kind: ~", "kind", Value::Null),
        ("version: 1", "version", json!(1)),
        ("many: a", "many", json!("a")),
        ("many: [a]", "many", json!(["a"])),
        ("tagged: {type: web, url: x}", "tagged", json!({"type": "web", "url": "x"})),
        ("outer: none", "outer", json!("none")),
        ("outer: {swap: 2}", "outer", json!({"swap": 2})),
        ("parts: {a: {health: /, part: {health: x}}}", "parts", json!({"a": {"health": "/", "part": {"health": "x"}}})),
        ("limited: {any: [1]}", "limited", json!({"any": [1]})),
    ] {
        let text = if key == "name" { line.to_owned() } else { format!("name: x\n{line}\n") };
        assert_eq!(value(&text)[key], expected, "{line}");
    }
}

/// The second line of a file, and what is told of it.
const FAULTS: &[(&str, &str)] = &[
    ("txet: a", "2:1 the file has no key `txet` (did you mean `text`?)"),
    ("Name: a", "2:1 the file has no key `Name` (take it out: `name` is there already)"),
    ("text: a", "2:7 `text` must have at least 2 characters, and it has 1"),
    ("text: ünüün", "2:7 `text` must have at most 4 characters, and it has 5"),
    ("text: [a]", "2:1 `text` must be text, and it is a list (write `a` without the list)"),
    ("text: {a: b}", "2:1 `text` must be text, and it is a map of keys and values"),
    ("text:", "2:1 `text` is empty, and it must be text (give it a value, or take the key out)"),
    ("text: null", "2:7 `text` is `null`, which is no value (write \"null\" if you mean the word)"),
    ("text: ~", "2:7 `text` is `~`, which is no value (write \"~\" if you mean the word)"),
    ("count: 256", "2:8 `count` must be from 0 to 255, and it is 256"),
    ("count: -1", "2:8 `count` must be from 0 to 255, and it is -1"),
    ("big: 4294967296", "2:6 `big` must be from 0 to 4294967295, and it is 4294967296"),
    ("count: five", "2:8 `count` must be a whole number, and it is `five`"),
    ("count: 1.0", "2:8 `count` must be a whole number, and it is `1.0`"),
    ("count: 1_0", "2:8 `count` must be a whole number, and it is `1_0`"),
    ("count: 0x1F", "2:8 `count` must be a whole number, and it is `0x1F`"),
    ("count: \"5\"", "2:8 `count` must be a whole number, and it is `5` (write 5 without quotes)"),
    (
        "count: 012",
        "2:8 `count` must be a whole number, and it is `012` (write `12`: some readers take a leading 0 for octal)",
    ),
    ("count: 99999999999999999999999", "2:8 `count` must be a smaller number than `99999999999999999999999`"),
    ("share: .inf", "2:8 `share` must be a number, and it is `.inf`"),
    ("share: 0", "2:8 `share` must be more than 0.0, and it is 0"),
    ("flag: yes", "2:7 `flag` must be `true` or `false`, and it is `yes` (write `true`)"),
    ("flag: On", "2:7 `flag` must be `true` or `false`, and it is `On` (write `true`)"),
    ("flag: off", "2:7 `flag` must be `true` or `false`, and it is `off` (write `false`)"),
    ("flag: \"true\"", "2:7 `flag` must be `true` or `false`, and it is `true` (write true without quotes)"),
    ("flag: maybe", "2:7 `flag` must be `true` or `false`, and it is `maybe`"),
    ("words: a", "2:8 `words` must be a list, and it is `a` (put `- ` in front of `a`, on a line of its own)"),
    ("words: []", "2:1 `words` must hold at least 1 item, and it has 0"),
    ("words: [a, b, c, d]", "2:1 `words` must hold at most 3 items, and it has 4"),
    ("words: [a, b, a]", "2:15 `words[2]` is in the list twice (keep one of them)"),
    ("words: [a b]", "2:9 `words[0]` must be one word"),
    ("words: [on]", "2:9 `words[0]`: `on` means something else"),
    ("one: drect", "2:6 `one` must be `direct` or `canary`, and it is `drect` (did you mean `direct`?)"),
    ("two: zzz", "2:6 `two` must be `direct` or `canary`, and it is `zzz`"),
    ("one: [direct]", "2:1 `one` must be `direct` or `canary`, and it is a list (write `direct` without the list)"),
    ("kind: fats", "2:7 `kind` must be `fast` or `slow`, and it is `fats` (did you mean `fast`?)"),
    ("version: 2", "2:10 `version` must be `1`, and it is `2`"),
    ("many: a b", "2:7 `many` must be one word"),
    ("many: {a: b}", "2:1 `many` must be text or a list, and it is a map of keys and values"),
    (
        "tagged: {type: wbe, url: x}",
        "2:16 `tagged.type` must be `file` or `web`, and it is `wbe` (did you mean `web`?)",
    ),
    ("tagged: {url: x}", "2:1 `tagged.type` is missing; it must be `file` or `web`"),
    ("tagged: {type: web, urll: x}", "2:21 `tagged` has no key `urll` (did you mean `url`?)"),
    ("outer: nome", "2:8 `outer` must be `none` or a map of keys and values, and it is `nome` (did you mean `none`?)"),
    ("outer: {swapp: 1}", "2:9 `outer` has no key `swapp` (did you mean `swap`?)"),
    ("outer: {swap: x}", "2:15 `outer.swap` must be a whole number, and it is `x`"),
    ("outer: {}", "2:1 `outer` is empty; it must have the key `slot` or `swap`"),
    ("parts: {}", "2:1 `parts` must hold at least 1 key, and it has 0 (name a part)"),
    ("parts: {on: {health: x}}", "2:9 the key `on` in `parts`: `on` means something else"),
    ("parts: {a b: {health: x}}", "2:9 the key `a b` in `parts` must be one word"),
    ("parts: {a: {helth: x}}", "2:13 `parts.a` has no key `helth` (did you mean `health`?)"),
    ("parts: {a: {}}", "2:9 `parts.a` has no `health`, which it must have"),
    (
        "parts: {a: }",
        "2:9 `parts.a` is empty, and it must be a map of keys and values (give it a value, or take the key out)",
    ),
    (
        "parts: {a: {health: x, part: {health: x, zzz: y}}}",
        "2:42 `parts.a.part` has no key `zzz` (it takes `health` or `part`)",
    ),
];

#[test]
fn each_fault_is_told_at_its_place_with_its_cure() {
    for (line, expected) in FAULTS {
        assert_eq!(problems(&format!("name: x\n{line}\n")), [*expected], "{line}");
    }
    assert_eq!(problems("text: ab\n"), ["1:1 the file has no `name`, which it must have (`name`: What it is called)"]);
    assert_eq!(problems("- a\n"), ["1:1 the file must be a map of keys and values, and it is a list"]);
    assert_eq!(problems("name: on\n"), ["1:7 `name`: `on` means something else"]);
}

#[test]
fn everything_is_told_at_once_in_the_order_of_the_file() {
    let text = "count: x\nparts:\n  a:\n    helth: x\n  b: 5\nflag: on\nzzz: 1\n";
    let places: Vec<String> = problems(text).iter().map(|told| told[..3].to_owned()).collect();
    assert_eq!(places, ["1:1", "1:8", "4:5", "5:6", "6:7", "7:1"], "{:?}", problems(text));
}

#[test]
fn a_file_full_of_faults_is_told_in_a_bounded_way() {
    let text = lines(60_000);
    let document = read(&text);
    let problems = document.check(&schema(), &rule).unwrap_err();
    let failure = document.failure(problems);
    assert_eq!(failure.what, "`siding.yml` has at least 10000 problems");
    assert_eq!(failure.causes.len(), 21);
    let failure = refused(format!("name: x\n? {}\n: 1\n", "k".repeat(900_000)).as_bytes());
    assert!(shown(&failure).contains("this key is longer than 256 bytes") && shown(&failure).len() < 2_000);
}
