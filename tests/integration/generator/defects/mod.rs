//! x
pub(crate) mod facts;
