//! The only test binary: one module for each tool, and the tests that keep the code base as it is meant to be.
#![expect(clippy::unwrap_used, reason = "a test that meets what it did not expect may end at once")]
#![expect(clippy::disallowed_methods, reason = "tests prepare files and environments, and stand outside `world`")]

mod actions;
mod app;
mod azure_pipelines;
mod bad_input;
#[cfg(feature = "generator")]
mod check;
mod colleague;
mod context;
mod docs;
mod emulator;
mod explain;
mod generated;
#[cfg(feature = "generator")]
mod generator;
#[cfg(feature = "generator")]
mod github;
mod hosts;
mod impostor;
mod interrupt;
mod kv_sync;
mod liar;
#[cfg(feature = "manuals")]
mod manuals;
mod metrics;
mod oidc_login;
mod pitfalls;
mod ran;
#[cfg(feature = "records")]
mod records;
mod rehearse;
#[cfg(feature = "generator")]
mod rehearse_plan;
mod release;
#[cfg(feature = "generator")]
mod render;
#[cfg(feature = "generator")]
mod repository;
mod scm_site;
#[cfg(feature = "generator")]
mod scripts;
mod slot_swap;
mod slot_swap_cut_off;
mod slot_swap_errors;
mod slot_swap_preview;
mod slot_swap_ramp;
mod smoke_test;
mod started;
mod stream;
mod tasks;
mod tidy;
mod zip_deploy;
