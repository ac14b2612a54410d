//! The crate behind the binaries; nobody outside uses it. ARCHITECTURE.md is the map.
#![doc(hidden)]

#[cfg(feature = "emulator")]
pub mod emulator;
pub mod package;
pub mod report;
