//! A deployment's log: lines, and the lines below a line. Types and shapes as in zip-deploy 1.6 and A7.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::emulator::encode::guid;
use crate::emulator::moment::Moment;

/// What a line is; the number is the wire's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// 0.
    Message = 0,
    /// 2: a non-zero exit or an exception.
    Error = 2,
}

/// A line and its time.
#[derive(Clone, Debug)]
struct Line {
    time: SystemTime,
    message: String,
    kind: Kind,
}

struct Entry {
    id: String,
    line: Line,
    children: Vec<Line>,
}

/// The log of one deployment.
#[derive(Default)]
pub(super) struct Log(Vec<Entry>);

impl Log {
    /// Adds a line at the top level.
    pub(super) fn add(&mut self, time: SystemTime, kind: Kind, message: impl Into<String>) {
        let line = Line { time, message: message.into(), kind };
        self.0.push(Entry { id: guid(), line, children: Vec::new() });
    }

    /// Adds a line below the newest one.
    pub(super) fn add_below(&mut self, time: SystemTime, kind: Kind, message: impl Into<String>) {
        if let Some(parent) = self.0.last_mut() {
            parent.children.push(Line { time, message: message.into(), kind });
        }
    }

    /// The top level; `base` is the log's own URL.
    pub(super) fn json(&self, base: &str) -> Value {
        self.0.iter().map(|entry| entry.json(base)).collect()
    }

    /// The lines below one line; `None` when there is no such line.
    pub(super) fn children(&self, id: &str) -> Option<Value> {
        let entry = self.0.iter().find(|entry| entry.id == id)?;
        Some(entry.children.iter().map(|line| line_json(line, "", line.kind, &Value::Null)).collect())
    }
}

impl Entry {
    fn json(&self, base: &str) -> Value {
        let kind = self.children.iter().map(|child| child.kind).fold(self.line.kind, Kind::max);
        let details = if self.children.is_empty() { Value::Null } else { json!(format!("{base}/{}", self.id)) };
        line_json(&self.line, &self.id, kind, &details)
    }
}

fn line_json(line: &Line, id: &str, kind: Kind, details: &Value) -> Value {
    json!({
        "log_time": Moment::of(line.time).round_trip(),
        "id": id,
        "message": line.message,
        "type": kind as u8,
        "details_url": details,
    })
}
