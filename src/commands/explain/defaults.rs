//! What the team left to us, and what that means: read from the schema, where every default stands once.

use serde_json::{Map, Value};

/// A default that counts.
pub(super) struct Default {
    /// Such as `branches.release`.
    pub(super) path: String,
    /// As YAML has it.
    pub(super) value: String,
    /// What it is for.
    pub(super) about: String,
}

/// Every default that counts in a config: the keys that it does not have, in the order of the schema.
pub(super) fn defaults(given: &Value, schema: &Value) -> Vec<Default> {
    let mut found = Vec::new();
    walk(&Place { path: String::new(), schema }, Some(given), schema, &mut found);
    found
}

struct Place<'a> {
    path: String,
    schema: &'a Value,
}

fn walk(place: &Place<'_>, given: Option<&Value>, root: &Value, found: &mut Vec<Default>) {
    let schema = resolve(place.schema, root);
    let empty = Map::new();
    let here = given.and_then(Value::as_object).unwrap_or(&empty);
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if place.path.is_empty() { key.clone() } else { format!("{}.{key}", place.path) };
        match (here.get(key), default(inner, root)) {
            (Some(value), _) => walk(&Place { path, schema: inner }, Some(value), root, found),
            (None, Some(value)) if !is_nothing(value) => {
                let about = inner["description"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
                found.push(Default { path, value: shown(value), about: about.to_owned() });
            }
            (None, _) => {}
        }
    }
    if schema["additionalProperties"].is_object() {
        for (key, value) in here {
            let path = format!("{}.{key}", place.path);
            walk(&Place { path, schema: &schema["additionalProperties"] }, Some(value), root, found);
        }
    }
}

/// A schema behind its reference, and behind what makes it optional.
fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        return &root["$defs"][name];
    }
    let choices = schema["anyOf"].as_array().into_iter().flatten();
    choices.map(|choice| resolve(choice, root)).find(|choice| choice["properties"].is_object()).unwrap_or(schema)
}

fn default<'a>(schema: &'a Value, root: &'a Value) -> Option<&'a Value> {
    schema.get("default").or_else(|| resolve(schema, root).get("default"))
}

/// Whether the default is that there is none.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => format!("[{}]", all.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Object(all) => {
            let pairs: Vec<String> = all
                .iter()
                .filter(|(_, value)| !is_nothing(value))
                .map(|(key, value)| format!("{key}: {}", shown(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}
