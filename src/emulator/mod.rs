//! An Azure on loopback, built from the contracts and never from our own client.

pub mod clock;
pub mod faults;
pub mod kudu;
pub mod runtime;
pub mod sites;
