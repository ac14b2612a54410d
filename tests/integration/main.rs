//! The only test binary: one module for each tool, and the tests that keep the code base as it is meant to be.

mod generated;
mod hosts;
mod tidy;
