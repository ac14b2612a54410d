//! From the config to the plan: every decision about what a pipeline does is made here.

mod app_service;
mod build;
mod changes;
mod ci;
mod delivery;
mod ephemeral;
mod groups;
mod housekeeping;
mod images;
mod infra;
mod kubernetes;
mod manifests;
mod options;
mod release;
mod scans;
mod signing;
mod slots;
mod static_web;
mod steps;
mod tag;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests read the examples")]
mod tests;
mod way_back;

pub use ci::{service_name, service_names};
pub use groups::{Group, groups};

use crate::generate::catalog::Catalog;
use crate::generate::config::{Config, Environment, Flow};
use crate::generate::plan::{Condition, Pipeline, Plan};

/// A config and the facts that planning needs.
#[derive(Clone, Copy, Debug)]
pub struct System<'a> {
    /// What the team wrote, without contradictions (`semantics`).
    pub config: &'a Config,
    /// Pins of actions, tools and images.
    pub catalog: &'a Catalog,
}

/// The plan of a config.
pub fn plan(config: &Config, catalog: &Catalog) -> Plan {
    let system = System { config, catalog };
    let delivery = (!config.environments.is_empty()).then(|| delivery::pipeline(system));
    let pipelines = [ci::pipeline(system), delivery, infra::pipeline(system), housekeeping::pipeline(system)];
    let mut pipelines: Vec<Pipeline> = pipelines.into_iter().flatten().collect();
    for job in pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.stages).flat_map(|stage| &mut stage.jobs) {
        options::apply(config, job);
        steps::prepare(&mut job.steps);
    }
    Plan { name: config.name.clone(), pipelines }
}

impl<'a> System<'a> {
    /// The branches that reach an environment: its own, or those of the environment before it.
    pub fn branches(self, environment: &str) -> Vec<&'a str> {
        let mut branches = vec![self.config.branches.release.as_str()];
        for (name, settings) in &self.config.environments {
            if let Some(from) = &settings.from {
                branches = from.iter().collect();
            }
            if name == environment {
                break;
            }
        }
        branches
    }

    /// The environment that a release passes right before this one, on the same branches.
    pub fn before(self, environment: &str) -> Option<(&'a str, &'a Environment)> {
        let place = self.config.environments.get_index_of(environment)?;
        let branches = self.branches(environment);
        let earlier = self.config.environments.iter().take(place).rev();
        earlier
            .map(|(name, settings)| (name.as_str(), settings))
            .find(|(name, _)| branches.iter().all(|branch| self.branches(name).contains(branch)))
    }

    /// The last environment: production. Only of a system with apps, which `semantics` lets go nowhere.
    pub fn production(self) -> (&'a str, &'a Environment) {
        let (name, settings) = self.config.environments.last().expect("apps have an environment");
        (name, settings)
    }

    /// Every branch that a release starts from.
    pub fn released(self) -> Vec<&'a str> {
        let mut all: Vec<&str> = Vec::new();
        for name in self.config.environments.keys() {
            for branch in self.branches(name) {
                if !all.contains(&branch) {
                    all.push(branch);
                }
            }
        }
        all
    }

    /// The branches that changes are merged into.
    pub fn protected(self) -> Vec<String> {
        let branches = &self.config.branches;
        let flow: &[&str] = if branches.flow == Flow::Gitflow { &["release/*", "hotfix/*"] } else { &[] };
        let named = [Some(branches.release.as_str()), branches.integrate.as_deref()];
        named.into_iter().flatten().chain(flow.iter().copied()).map(str::to_owned).collect()
    }

    /// The condition that a run is for this environment. A person may start a run for any branch, and a release takes
    /// none that its branches' reviews have not seen.
    pub fn only(self, environment: &str) -> Condition {
        Condition::Branch(self.branches(environment).into_iter().map(str::to_owned).collect())
    }
}
