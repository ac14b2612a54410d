//! What happened, as JSON lines: one object an event, appended, without secrets.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::report::Failure;
use crate::world::World;

/// The journal of one run.
pub(super) struct Journal {
    run: String,
    file: Option<PathBuf>,
}

impl Journal {
    /// The journal of the run with this id; without a file it is silent.
    pub(super) fn new(run: &str, file: Option<PathBuf>) -> Self {
        Self { run: run.to_owned(), file }
    }

    /// The run's id.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// Appends an event. `facts` is an object; its fields stand beside time, run and name.
    pub(super) fn event(&self, world: &World, name: &str, facts: Value) -> Result<(), Failure> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut line = Map::new();
        line.insert("at".to_owned(), json!(world.clock.timestamp()));
        line.insert("run".to_owned(), json!(self.run));
        line.insert("event".to_owned(), json!(name));
        if let Value::Object(facts) = facts {
            line.extend(facts);
        }
        world.files.append(file, &format!("{}\n", Value::Object(line)))
    }
}
