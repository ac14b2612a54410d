//! A map by its schema: unknown and missing keys, the names of keys, and the values.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::schema::Schema;
use super::{At, Checker};
use crate::generate::source::Span;
use crate::generate::source::place::join;
use crate::generate::source::problem::{MOST_PROBLEMS, Problem};
use crate::generate::source::tree::{Key, Node, anchor};
use crate::generate::source::words::{counted, listed, nearest, quoted};

impl<'a> Checker<'a> {
    pub(super) fn map(
        &self,
        at: &At<'_>,
        entries: &[(Key, Node)],
        schema: &Schema<'a>,
        problems: &mut Vec<Problem>,
    ) -> Value {
        let mut values = Map::new();
        let present: HashMap<&str, Span> =
            entries.iter().map(|(key, node)| (key.text.as_str(), anchor(Some(key), node))).collect();
        // What a mistyped key most likely means is not missing as well.
        let mut meant = Vec::new();
        for (key, node) in entries {
            if problems.len() >= MOST_PROBLEMS {
                return Value::Null;
            }
            let inner = At { node, key: Some(key), path: join(&at.path, &key.text) };
            let named = schema.properties().find(|(name, _)| **name == key.text).map(|(_, value)| self.schema(value));
            let wanted = if named.is_some() {
                named
            } else if let Some(other) = others(schema) {
                problems.extend(self.key(at, key, schema));
                Some(self.schema(other))
            } else {
                None
            };
            if let Some(wanted) = wanted {
                values.insert(key.text.clone(), self.node(&inner, &wanted, problems));
            } else {
                let (problem, near) = unknown(at, key, &present, schema);
                meant.extend(near);
                problems.push(problem);
            }
        }
        for name in schema.required() {
            if !present.contains_key(name) && !meant.contains(&name) {
                let about = schema.properties().find(|(key, _)| *key == name).map(|(_, value)| self.schema(value));
                let help = about.as_ref().and_then(|about| about.cure().or_else(|| first_sentence(about)));
                let message = format!("{} has no {}, which it must have", at.name(), quoted(name));
                problems.push(at.problem(message, help.map(|help| format!("{}: {help}", quoted(name)))));
            }
        }
        let least = schema.count("minProperties").unwrap_or(0);
        if entries.len() < least {
            let message =
                format!("{} must hold at least {}, and it has {}", at.name(), counted(least, "key"), entries.len());
            problems.push(at.problem(message, schema.cure()));
        }
        Value::Object(values)
    }

    /// What is wrong with the name of a key that people choose.
    fn key(&self, at: &At<'_>, key: &Key, schema: &Schema<'a>) -> Option<Problem> {
        let names = self.schema(schema.get("propertyNames")?);
        let complaint = match names.literals() {
            Some(literals) => {
                let words: Vec<&str> = literals.into_iter().filter_map(Value::as_str).collect();
                (!words.contains(&key.text.as_str())).then(|| format!("must be {}", listed(words)))
            }
            None => (self.rule)(names.text("format")?, &key.text),
        }?;
        let name = format!("the key {} in {}", quoted(&key.text), at.name());
        let problem = Problem::new(&join(&at.path, &key.text), key.span, super::scalar::told(&name, &complaint));
        Some(Problem { help: names.cure(), ..problem })
    }
}

/// The schema of the keys that have none of their own; nothing when there must be no such keys.
fn others<'a>(schema: &Schema<'a>) -> Option<&'a Value> {
    let pattern = schema.get("patternProperties").and_then(Value::as_object).and_then(|all| all.values().next());
    let other = pattern.or_else(|| schema.get("additionalProperties")).unwrap_or(&Value::Bool(true));
    (*other != Value::Bool(false)).then_some(other)
}

/// The problem of a key that does not exist, and the key that was meant.
fn unknown<'a>(
    at: &At<'_>,
    key: &Key,
    present: &HashMap<&str, Span>,
    schema: &Schema<'a>,
) -> (Problem, Option<&'a str>) {
    let names = || schema.properties().map(|(name, _)| name.as_str());
    let near = nearest(&key.text, names().filter(|name| !present.contains_key(name)));
    let message = format!("{} has no key {}", at.name(), quoted(&key.text));
    let problem = Problem::new(&join(&at.path, &key.text), key.span, message);
    let problem = if let Some(near) = near {
        problem.help(format!("did you mean `{near}`?"))
    } else if let Some(twin) = nearest(&key.text, names()) {
        problem.help(format!("take it out: `{twin}` is there already")).also(present[twin], "here")
    } else if names().next().is_none() {
        problem.help("take it out: there can be no keys here")
    } else {
        problem.help(format!("it takes {}", listed(names())))
    };
    (problem, near)
}

/// What a schema's description says first.
fn first_sentence(schema: &Schema<'_>) -> Option<String> {
    let text = schema.text("description").or_else(|| schema.text("title"))?;
    text.lines().next().map(|line| line.trim_end_matches('.').to_owned()).filter(|line| !line.is_empty())
}
