//! The generator: pipelines for both CI systems from one `siding.yml`.

pub mod scripts;
