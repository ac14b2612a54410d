//! The keywords of a schema that the check understands. One that it does not would be a rule that nobody keeps.

use serde_json::Value;

/// Keywords that hold.
const CHECKED: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "oneOf",
    "patternProperties",
    "properties",
    "propertyNames",
    "required",
    "type",
    "uniqueItems",
    "x-cure",
];
/// Keywords that only tell.
const TOLD: &[&str] =
    &["$comment", "$defs", "$id", "$schema", "deprecated", "description", "examples", "readOnly", "title", "writeOnly"];
/// Keywords whose value is a schema, a list of schemas, or a map of them by name.
const ONE: &[&str] = &["additionalProperties", "items", "propertyNames"];
const SEVERAL: &[&str] = &["allOf", "anyOf", "oneOf"];
const NAMED: &[&str] = &["$defs", "patternProperties", "properties"];

/// The places of keywords in a schema that [`super::super::Document::check`] does not keep, such as `/properties/a/pattern`.
/// Other keywords that begin with `x-` are somebody else's.
pub fn unknown_keywords(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit(schema, "", &mut found);
    found
}

fn visit(schema: &Value, place: &str, found: &mut Vec<String>) {
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        let here = format!("{place}/{keyword}");
        let known = CHECKED.contains(&keyword.as_str()) || TOLD.contains(&keyword.as_str());
        if !known && !keyword.starts_with("x-") {
            found.push(here);
        } else if ONE.contains(&keyword.as_str()) {
            visit(value, &here, found);
        } else if SEVERAL.contains(&keyword.as_str()) {
            let inner = value.as_array().into_iter().flatten().enumerate();
            inner.for_each(|(index, schema)| visit(schema, &format!("{here}/{index}"), found));
        } else if NAMED.contains(&keyword.as_str()) {
            let inner = value.as_object().into_iter().flatten();
            inner.for_each(|(name, schema)| visit(schema, &format!("{here}/{name}"), found));
        }
    }
}
