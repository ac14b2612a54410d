//! The plans of the example systems keep every rule.

mod app_service;
mod identity;
mod infra;
mod kubernetes;
mod scripts;

use crate::generate::catalog::Catalog;
use crate::generate::config::Config;
use crate::generate::plan::{Op, Value};
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

#[test]
fn a_static_web_app_is_uploaded_by_a_pinned_client() {
    let config = read("003-app-service-standard");
    let plan = planner::plan(&config, &Catalog::new(&config));
    let uploads: Vec<_> = plan
        .pipelines
        .iter()
        .flat_map(|pipeline| &pipeline.stages)
        .flat_map(|stage| &stage.jobs)
        .flat_map(|job| &job.steps)
        .filter(|step| matches!(&step.op, Op::Script(script) if script.name == "static-web-app"))
        .collect();
    assert_eq!(uploads.len(), 6, "three environments, two of which put back what failed, and the way back by hand");
    for step in uploads {
        let image = step.env.iter().find(|(name, _)| name == "CLIENT_IMAGE").map(|(_, value)| value);
        assert!(matches!(image, Some(Value::Text(text)) if text.contains("@sha256:")), "{}: {image:?}", step.id);
    }
}

#[test]
fn each_set_of_resources_has_its_own_gate_and_waits_for_all_before() {
    let config = read("003-app-service-standard");
    let plan = planner::plan(&config, &Catalog::new(&config));
    let infra = plan.pipelines.iter().find(|pipeline| pipeline.id == "infra").unwrap();
    let applies = infra.stages.iter().filter(|stage| stage.id.starts_with("apply-"));
    let needs: Vec<_> = applies
        .map(|stage| {
            assert_eq!(stage.jobs.len(), 1, "one approval, for what one plan changes");
            stage.jobs[0].needs.join(" ")
        })
        .collect();
    let expected = [
        "plan-dev",
        "plan-staging plan-dev apply-dev",
        "plan-production plan-dev apply-dev plan-staging apply-staging",
    ];
    assert_eq!(needs, expected, "staging is skipped when dev failed, which must not let production go on");
}

#[test]
fn the_results_of_smoke_tests_are_published() {
    let config = read("003-app-service-standard");
    let plan = planner::plan(&config, &Catalog::new(&config));
    let (_, tests) = plan.pipelines.iter().find_map(|pipeline| pipeline.job("staging-backend-tests")).unwrap();
    let junit = tests.steps.iter().find_map(|step| match &step.op {
        Op::Reports { junit, .. } => junit.as_deref(),
        _ => None,
    });
    assert_eq!(junit, Some("reports/smoke-*.xml"), "each command has a file of its own");
}

#[test]
fn what_fails_before_an_app_is_touched_puts_no_package_back() {
    let config = read("003-app-service-standard");
    let plan = planner::plan(&config, &Catalog::new(&config));
    for (job, touching) in [("dev-backend", "backend-deploy"), ("production-backend", "worker-deploy")] {
        let (_, job) = plan.pipelines.iter().find_map(|pipeline| pipeline.job(job)).unwrap();
        let place = |id: &str| job.steps.iter().position(|step| step.id == id).unwrap();
        assert!(place("backend-migrate") < place("backend-previous"), "{}", job.id);
        assert_eq!(place("backend-previous") + 2, place(touching), "{}", job.id);
    }
}
