//! The plans of the example systems keep every rule.

mod app_service;
mod infra;
mod kubernetes;
mod scripts;

use crate::generate::catalog::Catalog;
use crate::generate::config::Config;
use crate::generate::{planner, policy, semantics};

const EXAMPLES: [&str; 5] = [
    "000-flask-blue-green",
    "001-aks-two-stage",
    "002-fastapi-bicep-oidc",
    "003-app-service-standard",
    "004-inventory-gitflow",
];

fn read(name: &str) -> Config {
    let path = format!("{}/examples/{name}/siding.yml", env!("CARGO_MANIFEST_DIR"));
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_example_systems_keep_every_rule() {
    for name in EXAMPLES {
        let config = read(name);
        let catalog = Catalog::new(&config);
        assert_eq!(semantics::check(&config, &catalog), [], "{name}");
        let plan = planner::plan(&config, &catalog);
        if let Err(failure) = policy::check(&config, &plan) {
            panic!("{name}: {}\n{}", failure.what, failure.causes.join("\n"));
        }
    }
}
