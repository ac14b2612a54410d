//! The JSON schema of `siding.yml`, for editors and for whoever checks a config elsewhere.

use serde_json::{Map, Value};

use super::config::Config;

/// The schema, draft 2020-12, with the address under which editors find it.
pub fn schema() -> Value {
    let derived = schemars::schema_for!(Config).to_value();
    let mut schema = Map::new();
    for (key, value) in derived.as_object().into_iter().flatten() {
        schema.insert(key.clone(), value.clone());
        if key == "$schema" {
            schema.insert("$id".to_owned(), id().into());
        }
    }
    Value::Object(schema)
}

/// Where the schema of this version is: a file of our repository, in its release.
pub fn id() -> String {
    let repository = env!("CARGO_PKG_REPOSITORY").replace("https://github.com/", "https://raw.githubusercontent.com/");
    format!("{repository}/v{}/siding.schema.json", env!("CARGO_PKG_VERSION"))
}
