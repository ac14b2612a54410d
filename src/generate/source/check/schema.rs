//! One schema as the check sees it: its own keywords and those of what it refers to, as one.

use serde_json::{Map, Value};

/// More references in a row than this are a circle.
const MOST_REFERENCES: usize = 32;

/// A schema with everything that it refers to. The empty one takes anything.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema<'a> {
    /// Its own keywords first, then those of `$ref` and `allOf`.
    parts: Vec<&'a Map<String, Value>>,
    /// The sentence that helps, from the schema that this is a choice of.
    outer_cure: Option<&'a str>,
    definitions: Option<&'a Value>,
}

impl<'a> Schema<'a> {
    pub(super) fn new(definitions: &'a Value, value: &'a Value) -> Self {
        let mut schema = Self { definitions: Some(definitions), ..Self::default() };
        schema.add(value, MOST_REFERENCES);
        schema
    }

    fn add(&mut self, value: &'a Value, references: usize) {
        let (Some(keywords), Some(definitions)) = (value.as_object(), self.definitions) else { return };
        self.parts.push(keywords);
        let Some(left) = references.checked_sub(1) else { return };
        let reference = keywords.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
        if let Some(target) = reference.and_then(|path| definitions.pointer(path)) {
            self.add(target, left);
        }
        for part in keywords.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.add(part, left);
        }
    }

    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.parts.iter().find_map(|part| part.get(keyword))
    }

    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword).and_then(Value::as_str)
    }

    pub(super) fn is(&self, keyword: &str) -> bool {
        self.get(keyword) == Some(&Value::Bool(true))
    }

    pub(super) fn count(&self, keyword: &str) -> Option<usize> {
        self.get(keyword).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok())
    }

    /// The sentence that helps where nothing better is known.
    pub(super) fn cure(&self) -> Option<String> {
        self.text("x-cure").or(self.outer_cure).map(str::to_owned)
    }

    /// The keys that a map may have, with their schemas, in the order of the schema.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a, '_> {
        self.parts.iter().filter_map(|part| part.get("properties")?.as_object()).flatten()
    }

    /// The keys that a map must have; one with a default need not be there.
    pub(super) fn required(&self) -> Vec<&'a str> {
        let named = self.parts.iter().filter_map(|part| part.get("required")?.as_array()).flatten();
        let has_default =
            |name: &str| self.properties().any(|(key, schema)| key == name && schema.get("default").is_some());
        named.filter_map(Value::as_str).filter(|name| !has_default(name)).collect()
    }

    /// The schemas that this one is a choice of, however deep they are; itself when it is none.
    pub(super) fn choices(&self) -> Vec<Self> {
        let mut found = Vec::new();
        self.collect(&mut found, MOST_REFERENCES);
        found
    }

    fn collect(&self, found: &mut Vec<Self>, left: usize) {
        let choice = self.get("oneOf").or_else(|| self.get("anyOf")).and_then(Value::as_array);
        let (Some(choice), Some(definitions), Some(left)) = (choice, self.definitions, left.checked_sub(1)) else {
            return found.push(self.clone());
        };
        for value in choice {
            let mut schema = Self::new(definitions, value);
            schema.outer_cure = self.text("x-cure").or(self.outer_cure);
            schema.collect(found, left);
        }
    }

    /// The only values that it takes, if it names them.
    pub(super) fn literals(&self) -> Option<Vec<&'a Value>> {
        match self.get("const") {
            Some(value) => Some(vec![value]),
            None => self.get("enum").and_then(Value::as_array).map(|values| values.iter().collect()),
        }
    }

    /// Whether it takes a kind of JSON value, such as `object`. What names no type is known by its other keywords.
    pub(super) fn takes(&self, kind: &str) -> bool {
        match self.get("type") {
            Some(Value::String(only)) => only == kind,
            Some(Value::Array(several)) => several.iter().any(|one| one == kind),
            _ => {
                let has = |keyword: &str| self.get(keyword).is_some();
                let (map, list) = (has("properties") || has("additionalProperties"), has("items"));
                match kind {
                    "object" => map || !list && self.literals().is_none(),
                    "array" => list || !map && self.literals().is_none(),
                    _ => !map && !list,
                }
            }
        }
    }

    /// Whether it takes text, numbers, or `true` and `false`.
    pub(super) fn takes_scalars(&self) -> bool {
        ["string", "integer", "number", "boolean"].iter().any(|kind| self.takes(kind))
    }
}
