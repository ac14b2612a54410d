//! The delivery pipeline: build once, then environment after environment, and the way back.

use super::{System, app_service, build, groups, images, kubernetes, tag, way_back};
use crate::generate::config::{Environment, Migrate};
use crate::generate::plan::{Condition, Gate, Overlap, Parameter, Pipeline, Stage, Triggers, Value};

/// The pipeline `cd`.
pub(super) fn pipeline(system: System<'_>) -> Pipeline {
    let config = system.config;
    let operations = operations(system);
    let builds: Vec<&'static str> = operations.iter().copied().filter(|name| *name != "rollback").collect();
    let mut stages = vec![build::stage(system, &builds), images::stage(system)];
    stages.extend(
        config.environments.iter().flat_map(|(name, environment)| environment_stages(system, name, environment)),
    );
    let tag = stages.last().and_then(|delivered| tag::stage(system, delivered));
    stages.extend(tag);
    let (mut rollback, mut contract) = (way_back::rollback(system), way_back::contract(system));
    rollback.jobs.extend(kubernetes::rollback(system));
    contract.jobs.extend(kubernetes::contract(system));
    let mut parameters = parameters(system, operations);
    parameters.retain(|parameter| parameter.id != "run" || !rollback.jobs.is_empty());
    stages.extend([rollback, contract]);
    stages.retain(|stage| !stage.jobs.is_empty());
    Pipeline {
        id: "cd",
        title: format!("Deliver {}", config.name),
        triggers: Triggers {
            push: system.released().into_iter().map(str::to_owned).collect(),
            ignore: config.branches.ignore.clone(),
            by_hand: true,
            ..Triggers::default()
        },
        parameters,
        overlap: Overlap::Wait,
        stages,
    }
}

fn environment_stages(system: System<'_>, name: &str, environment: &Environment) -> Vec<Stage> {
    let only = vec![Condition::Operation(vec!["deploy"]), system.only(name)];
    let groups = groups(system.config);
    let jobs = groups.iter().flat_map(|group| app_service::jobs(system, name, environment, group));
    let jobs = jobs.chain(kubernetes::jobs(system, name, environment)).collect();
    vec![Stage { id: name.to_owned(), title: format!("Deliver to {name}"), only, jobs }]
}

/// What a person may start by hand.
fn operations(system: System<'_>) -> Vec<&'static str> {
    let contracts = system.config.apps.values().filter_map(|app| app.migrate.as_ref()).any(contracts);
    ["deploy", "rollback"].into_iter().chain(contracts.then_some("contract")).collect()
}

fn contracts(migrate: &Migrate) -> bool {
    migrate.contract.is_some()
}

fn parameters(system: System<'_>, operations: Vec<&'static str>) -> Vec<Parameter> {
    let (_, production) = system.production();
    let mut parameters =
        vec![Parameter { id: "operation", title: "What to do", choices: operations, default: "deploy" }];
    if production.deploy.swaps() {
        parameters.push(Parameter {
            id: "swapped-at",
            title: "rollback: when the swap was made that is undone (swap-timestamp of its run); without it the earlier release is deployed again",
            choices: Vec::new(),
            default: "",
        });
    }
    parameters.push(Parameter {
        id: "run",
        title: "rollback: the run whose release goes live again: the number in its address (the release before, when empty)",
        choices: Vec::new(),
        default: "",
    });
    if kubernetes::goes_back_to_a_colour(system) {
        parameters.push(Parameter {
            id: "colour",
            title: "rollback: the colour that goes live again, blue or green (previous of the run that replaced it)",
            choices: Vec::new(),
            default: "",
        });
    }
    if system.config.environments.values().any(|environment| environment.change_ticket.is_some()) {
        parameters.push(Parameter {
            id: "ticket",
            title: "The change ticket, when the commit does not name it",
            choices: Vec::new(),
            default: "",
        });
    }
    parameters
}

/// The gate of an environment.
pub(super) fn gate(name: &str, environment: &Environment, url: Option<Value>) -> Gate {
    Gate { name: name.to_owned(), url: environment.url.clone().map(Value::Text).or(url) }
}
