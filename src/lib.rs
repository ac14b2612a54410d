//! The crate behind the binaries; nobody outside uses it. ARCHITECTURE.md is the map.
#![doc(hidden)]

pub mod azure;
pub mod ci;
mod commands;
pub mod emit;
#[cfg(feature = "emulator")]
pub mod emulator;
#[cfg(feature = "generator")]
pub mod generate;
#[cfg(feature = "records")]
pub mod github;
pub mod package;
pub mod release;
pub mod report;
pub mod run;
pub mod spec;
pub mod tools;
pub mod world;
