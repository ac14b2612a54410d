//! Rules that every plan keeps, checked once for both systems. Each has the name under which `explain` tells it.

mod delivery;
mod identity;
mod shape;

use std::collections::{HashMap, HashSet};

use super::config::Config;
use super::plan::{Job, Pipeline, Plan, Stage};
use crate::report::{Failure, code};

/// A rule and what breaks it.
pub struct Rule {
    /// In kebab case.
    pub name: &'static str,
    /// What it asks for, as a sentence.
    pub about: &'static str,
    /// The places that break it.
    check: fn(&Facts<'_>) -> Vec<String>,
}

/// What a rule looks at.
struct Facts<'a> {
    config: &'a Config,
    plan: &'a Plan,
    /// The jobs by their pipelines and ids.
    jobs: HashMap<(&'a str, &'a str), &'a Job>,
}

impl<'a> Facts<'a> {
    fn of(config: &'a Config, plan: &'a Plan) -> Self {
        let jobs = plan.jobs().map(|(pipeline, _, job)| ((pipeline.id, job.id.as_str()), job)).collect();
        Self { config, plan, jobs }
    }

    fn job(&self, pipeline: &Pipeline, id: &str) -> Option<&'a Job> {
        self.jobs.get(&(pipeline.id, id)).copied()
    }
}

/// All rules.
pub static RULES: &[Rule] = &[
    Rule { name: "unique-ids", about: "stages, jobs and steps have ids of their own", check: shape::unique_ids },
    Rule { name: "needs-exist", about: "a job needs only jobs that come before it", check: shape::needs_exist },
    Rule {
        name: "outputs-exist",
        about: "an output is read only from a step before, of a job that is needed",
        check: shape::outputs_exist,
    },
    Rule {
        name: "artifacts-exist",
        about: "what is downloaded was uploaded by a job that is needed",
        check: shape::artifacts_exist,
    },
    Rule {
        name: "inputs-exist",
        about: "our tools get only inputs that they declare, and all that they need",
        check: shape::inputs_exist,
    },
    Rule { name: "no-expressions", about: "no text holds what a CI system would expand", check: shape::no_expressions },
    Rule { name: "limits", about: "every job has a limit", check: shape::limits },
    Rule {
        name: "identity-behind-a-gate",
        about: "a job that signs in to Azure has an environment",
        check: identity::gated,
    },
    Rule {
        name: "identity-apart",
        about: "a job with an identity runs no build and no tests; a migration there does not see it",
        check: identity::apart,
    },
    Rule {
        name: "no-checkout-in-deliveries",
        about: "a delivery gets what was built, not the repository",
        check: delivery::no_checkout,
    },
    Rule { name: "health", about: "every delivery is proven", check: delivery::health },
    Rule { name: "way-back", about: "every delivery has a way back", check: delivery::way_back },
    Rule {
        name: "predecessor",
        about: "production is reached only through the environment before it",
        check: delivery::predecessor,
    },
    Rule {
        name: "one-at-a-time",
        about: "what changes an environment or a slot waits for what changes it already, on whatever branch",
        check: delivery::locks,
    },
    Rule { name: "secrets", about: "a secret reaches one kind of step only", check: delivery::secrets },
    Rule {
        name: "gates",
        about: "an environment that asks for approval is a gate of its deliveries",
        check: delivery::gates,
    },
];

/// Checks a plan; all breaches are told at once.
pub fn check(config: &Config, plan: &Plan) -> Result<(), Failure> {
    let facts = Facts::of(config, plan);
    let breaches =
        RULES.iter().flat_map(|rule| (rule.check)(&facts).into_iter().map(|place| format!("{}: {place}", rule.name)));
    let breaches: Vec<String> = breaches.collect();
    if breaches.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(
        &code::POLICY,
        format!("the plan of `{}` breaks {}", config.name, crate::tools::counted(breaches.len(), "rule")),
    );
    let failure = breaches.into_iter().fold(failure, Failure::because);
    Err(failure.fix("change the names or settings that these places come from; a plan that no rule of the config forbids should not get here, so please report it"))
}

/// A place in a plan, for people.
fn place(pipeline: &Pipeline, job: &Job) -> String {
    format!("`{}`, job `{}`", pipeline.id, job.id)
}

/// The jobs that deliver to one of the config's environments.
fn deliveries<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = (&'a Pipeline, &'a Stage, &'a Job)> {
    let named =
        |job: &Job| job.environment.as_ref().is_some_and(|gate| facts.config.environments.contains_key(&gate.name));
    facts.plan.jobs().filter(move |(pipeline, _, job)| pipeline.id == "cd" && named(job))
}

/// The texts that occur more than once.
fn repeated<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    texts.filter(|text| !seen.insert(text.to_ascii_lowercase().replace('-', "_"))).collect()
}
