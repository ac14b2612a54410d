//! What is wanted and what is there, in words.

use super::schema::Schema;
use crate::generate::source::tree::{Content, Node};
use crate::generate::source::words::{either, listed, quoted};

/// What the schemas take, as the object of `must be`.
pub(super) fn wanted(choices: &[Schema<'_>]) -> String {
    let literals: Vec<&str> = literals(choices).collect();
    let open = || choices.iter().filter(|schema| schema.literals().is_none());
    let takes = |kind: &str| open().any(|schema| schema.takes(kind));
    let mut words = Vec::new();
    if !literals.is_empty() {
        words.push(listed(literals));
    }
    if takes("string") {
        words.push("text".to_owned());
    }
    if takes("number") {
        words.push("a number".to_owned());
    } else if takes("integer") {
        words.push("a whole number".to_owned());
    }
    if takes("boolean") {
        words.push("`true` or `false`".to_owned());
    }
    if takes("array") {
        words.push("a list".to_owned());
    }
    if takes("object") {
        words.push("a map of keys and values".to_owned());
    }
    either(&words)
}

/// The words that schemas name as their only values.
pub(super) fn literals<'a>(choices: &[Schema<'a>]) -> impl Iterator<Item = &'a str> {
    choices.iter().filter_map(Schema::literals).flatten().filter_map(serde_json::Value::as_str)
}

/// What is there.
pub(super) fn found(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) => quoted(&scalar.text),
        Content::List(_) => "a list".to_owned(),
        Content::Map(_) => "a map of keys and values".to_owned(),
    }
}
