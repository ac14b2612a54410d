//! The plans of the example systems, as the planner makes them.

use siding::generate::catalog::Catalog;
use siding::generate::config::{Config, Repository};
use siding::generate::{azure_pipelines, planner};

use super::keep;
use crate::tidy::{read, root};

/// The example systems: a folder each with a `siding.yml`.
fn systems() -> Vec<(String, Config)> {
    let folders = std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = folders.map(|name| name.into_string().unwrap());
    let written = names.filter(|name| root().join(format!("examples/{name}/siding.yml")).exists());
    written
        .map(|name| (name.clone(), serde_yaml::from_str(&read(format!("examples/{name}/siding.yml"))).unwrap()))
        .collect()
}

#[test]
fn the_example_systems_are_rendered_as_they_are_planned() {
    let systems = systems();
    assert!(systems.len() > 2, "the examples are found");
    for (name, mut config) in systems {
        for repository in [Repository::Github, Repository::AzureRepos] {
            config.repository = repository;
            let plan = planner::plan(&config, &Catalog::new(&config));
            for pipeline in &plan.pipelines {
                match azure_pipelines::pipeline(&plan, pipeline, &config) {
                    Ok(file) => keep(&format!("{name}-{repository:?}-{}", pipeline.id), &file.body),
                    Err(failure) => panic!("{name}: {}", failure.what),
                }
            }
        }
    }
}
