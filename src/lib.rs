//! The crate behind the binaries; nobody outside uses it. ARCHITECTURE.md is the map.
#![doc(hidden)]

pub mod azure;
pub mod ci;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod package;
pub mod report;
pub mod spec;
pub mod tools;
pub mod world;
