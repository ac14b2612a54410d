//! Tests of reading and checking documents: what is said of each fault, and that nothing makes the reader fall over.

mod any;
mod checks;
mod frames;
mod reads;
mod typed;

use super::Document;
use crate::report::Failure;

fn read(text: &str) -> Document {
    Document::read("siding.yml", text.as_bytes())
        .unwrap_or_else(|failure| panic!("{:.200}: {:?}", text, failure.causes))
}

fn refused(bytes: &[u8]) -> Failure {
    Document::read("siding.yml", bytes).err().unwrap_or_else(|| panic!("{bytes:?} is read"))
}

/// The first lines of the causes: places and messages.
fn heads(failure: &Failure) -> Vec<&str> {
    failure.causes.iter().map(|cause| cause.lines().next().unwrap_or_default()).collect()
}

/// All causes, with their frames.
fn shown(failure: &Failure) -> String {
    failure.causes.join("\n")
}

/// A map of so many keys: `k0`, `k1` and on.
fn lines(count: usize) -> String {
    (0..count).map(|number| format!("k{number}: v")).collect::<Vec<_>>().join("\n")
}
