//! What the schema cannot say: contradictions between parts of a `siding.yml`. All are found at once.

mod apps;
mod environments;
mod names;

use super::catalog::Catalog;
use super::config::Config;

/// Something that cannot be meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Complaint {
    /// The place in the config, such as `environments.production.deploy`.
    pub path: String,
    /// What is wrong there.
    pub message: String,
    /// What would be right.
    pub cure: String,
}

/// Collects complaints.
#[derive(Debug, Default)]
pub(super) struct Complaints(Vec<Complaint>);

impl Complaints {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>, cure: impl Into<String>) {
        self.0.push(Complaint { path: path.into(), message: message.into(), cure: cure.into() });
    }
}

/// Every contradiction in a config whose words are right.
pub fn check(config: &Config, catalog: &Catalog) -> Vec<Complaint> {
    let mut complaints = Complaints::default();
    names::check(config, catalog, &mut complaints);
    apps::check(config, &mut complaints);
    environments::check(config, &mut complaints);
    complaints.0
}
