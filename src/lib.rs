//! The crate behind the binaries; nobody outside uses it. ARCHITECTURE.md is the map.
#![doc(hidden)]

pub mod report;
