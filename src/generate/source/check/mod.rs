//! Walks a document by a schema: builds the value, and collects everything that does not hold.

mod keywords;
mod map;
mod scalar;
mod schema;
mod union;
mod want;

use std::collections::HashMap;

use serde_json::Value;

use super::problem::{MOST_PROBLEMS, Problem};
use super::tree::{Content, Key, Node, anchor};
use super::words::{counted, quoted};
use super::{Rule, Span};
use schema::Schema;

pub use keywords::unknown_keywords;

/// The value by the schema, or every problem in the order of the document.
pub(super) fn check(root: &Node, schema: &Value, rule: &Rule<'_>) -> Result<Value, Vec<Problem>> {
    let checker = Checker { definitions: schema, rule };
    let mut problems = Vec::new();
    let at = At { node: root, key: None, path: String::new() };
    let value = checker.node(&at, &checker.schema(schema), &mut problems);
    if problems.is_empty() {
        return Ok(value);
    }
    problems.sort_by_key(|problem| problem.span);
    Err(problems)
}

/// What a walk needs everywhere.
#[derive(Clone, Copy)]
struct Checker<'a> {
    /// The whole schema, for `$ref`.
    definitions: &'a Value,
    rule: &'a Rule<'a>,
}

/// Where a walk is.
struct At<'n> {
    node: &'n Node,
    /// The key of the node, if a map holds it.
    key: Option<&'n Key>,
    path: String,
}

impl At<'_> {
    fn span(&self) -> Span {
        anchor(self.key, self.node)
    }

    /// The path as the subject of a sentence.
    fn name(&self) -> String {
        if self.path.is_empty() { "the file".to_owned() } else { quoted(&self.path) }
    }

    fn problem(&self, message: String, help: Option<String>) -> Problem {
        Problem { help, ..Problem::new(&self.path, self.span(), message) }
    }
}

impl<'a> Checker<'a> {
    fn schema(&self, value: &'a Value) -> Schema<'a> {
        Schema::new(self.definitions, value)
    }

    /// Checks a node by a schema that may be a choice between several.
    fn node(&self, at: &At<'_>, schema: &Schema<'a>, problems: &mut Vec<Problem>) -> Value {
        if problems.len() >= MOST_PROBLEMS {
            return Value::Null;
        }
        let choices = schema.choices();
        match &at.node.content {
            Content::Scalar(scalar) => self.scalar(at, scalar, &choices, problems),
            _ => match self.choose(at, &choices, problems) {
                Some(schema) => self.collection(at, schema, problems),
                None => Value::Null,
            },
        }
    }

    /// Checks a list or map by a schema that takes its kind.
    fn collection(&self, at: &At<'_>, schema: &Schema<'a>, problems: &mut Vec<Problem>) -> Value {
        match &at.node.content {
            Content::Scalar(scalar) => self.scalar(at, scalar, std::slice::from_ref(schema), problems),
            Content::List(items) => self.list(at, items, schema, problems),
            Content::Map(entries) => self.map(at, entries, schema, problems),
        }
    }

    fn list(&self, at: &At<'_>, items: &[Node], schema: &Schema<'a>, problems: &mut Vec<Problem>) -> Value {
        let wanted = schema.get("items").map(|items| self.schema(items)).unwrap_or_default();
        let (mut values, mut seen) = (Vec::with_capacity(items.len()), HashMap::new());
        for (index, node) in items.iter().enumerate() {
            let inner = At { node, key: None, path: format!("{}[{index}]", at.path) };
            let value = self.node(&inner, &wanted, problems);
            if schema.is("uniqueItems")
                && !value.is_null()
                && let Some(first) = seen.insert(value.to_string(), node.span)
            {
                let problem = inner.problem(format!("{} is in the list twice", inner.name()), None);
                problems.push(problem.also(first, "before this").help("keep one of them"));
            }
            values.push(value);
        }
        let (least, most) = (schema.count("minItems").unwrap_or(0), schema.count("maxItems").unwrap_or(usize::MAX));
        let amount = if items.len() < least {
            Some(format!("at least {}", counted(least, "item")))
        } else {
            (items.len() > most).then(|| format!("at most {}", counted(most, "item")))
        };
        if let Some(amount) = amount {
            let message = format!("{} must hold {amount}, and it has {}", at.name(), items.len());
            problems.push(at.problem(message, schema.cure()));
        }
        Value::Array(values)
    }
}
