//! Our actions as GitHub's runner carries them out, and the launcher that finds, checks and starts their programs.

mod archive;
mod broken;
mod checkout;
mod fetched;
mod found;
mod generated;
mod hostile;
mod jobs;
mod lock;
mod proxy;
mod runner;
mod setup;
mod shape;
