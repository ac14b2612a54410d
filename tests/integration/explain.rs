//! `siding explain` of a config: what the pipelines do, who reaches production, what is left to us.

use crate::context::Context;

fn example(name: &str) -> String {
    format!("{}/examples/{name}/siding.yml", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn who_can_reach_production_is_told_with_branches_gates_and_resources() {
    let context = Context::github();
    let ran = context.run("siding", &["explain", &example("003-app-service-standard")]);
    ran.exits(0);
    for line in [
        "Who can reach production",
        "  branches: main",
        "  through: `staging`, and its tests if it has any",
        "  jobs: cd/production-backend, cd/rollback-backend",
        "  all others: read the repository, and nothing else",
        "  branches.flow: trunk   (How branches are used: `gitflow` also builds `release/*` and `hotfix/*`)",
    ] {
        assert!(ran.stdout.lines().any(|printed| printed == line), "{line}\n{ran}");
    }
    assert!(ran.stdout.contains("its resources: infra/apply-production, behind `infra-production`"), "{ran}");
    assert!(ran.stdout.contains("read by `backend-expand-only`, `backend-migrate`"), "{ran}");
}

#[test]
fn the_explanation_as_data_has_every_job_and_every_default() {
    let context = Context::github();
    let data = context.run("siding", &["explain", &example("002-fastapi-bicep-oidc"), "--json"]).exits(0).json();
    let cd = data["pipelines"].as_array().unwrap().iter().find(|pipeline| pipeline["id"] == "cd").unwrap();
    let jobs: Vec<_> =
        cd["stages"].as_array().unwrap().iter().flat_map(|stage| stage["jobs"].as_array().unwrap()).collect();
    let release = jobs.iter().find(|job| job["id"] == "production-api").unwrap();
    assert_eq!(release["environment"], "production");
    let steps = release["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["does"] == "tool zip-deploy"), "{release:#}");
    let defaults = data["defaults"].as_array().unwrap();
    assert!(defaults.iter().any(|one| one["path"] == "repository" && one["value"] == "github"), "{defaults:#?}");
    assert!(!defaults.iter().any(|one| one["path"] == "infra.destroy"), "it is given");
}

#[test]
fn a_config_that_is_not_there_is_told_with_what_to_do() {
    Context::github()
        .run("siding", &["explain", "nowhere/siding.yml"])
        .exits(2)
        .says(["does not exist", "siding init"]);
}
