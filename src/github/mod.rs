//! GitHub's REST API, as far as the records of releases need it: `octocrab` over our own HTTP client.

mod deployments;
mod refusal;
mod wire;

pub use deployments::{Deployments, NewDeployment, State, Status};
