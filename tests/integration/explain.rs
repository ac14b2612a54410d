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
    assert!(ran.stdout.contains("`staging` fills the slot `staging` that `production` swaps"), "{ran}");
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

/// Runs every command of the section, with an `az` that keeps the bodies it is sent, and returns these.
fn bodies(context: &Context, commands: &[String]) -> Vec<serde_json::Value> {
    let az = "az() { case \"$*\" in *IMS*) echo who ;; *environments*) echo 7 ;; *) cat body.json >>bodies ;; esac; }";
    let script = format!("cd {} && {az}\nPROJECT=shop\n{}\n", context.work().display(), commands.join("\n"));
    let done = std::process::Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let bodies = std::fs::read_to_string(context.work().join("bodies")).unwrap();
    serde_json::Deserializer::from_str(&bodies).into_iter::<serde_json::Value>().map(Result::unwrap).collect()
}

#[test]
fn the_gates_of_azure_pipelines_are_made_by_commands_that_can_be_pasted() {
    let context = Context::github();
    let config = "name: shop\nlanguage: { go: '1.26' }\nnotify: channel\n\
        apps: { web: { app-service: shop-web, include: [app], health: / } }\n\
        environments: { production: { deploy: direct, group: rg, approve: { by: [ops, \"it's me\"], minimum: 2, \
        hours: { from: '09:00', to: '17:00' } } } }\n";
    context.file("siding.yml", config);
    let ran = context.run("siding", &["explain", "siding.yml", "--json"]);
    let data = ran.exits(0).json();
    let gate = &data["gates"][0];
    assert_eq!(gate["environment"], "production");
    let commands: Vec<String> = serde_json::from_value(gate["commands"].clone()).unwrap();
    assert!(commands.iter().any(|line| line.contains(r"filterValue='it'\''s me'")), "{commands:#?}");
    let bodies = bodies(&context, &commands);
    let names: Vec<&str> = bodies.iter().map(|body| body["type"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Approval", "Task Check", "Task Check", "ExclusiveLock"]);
    assert!(bodies.iter().all(|body| body["resource"] == serde_json::json!({"type": "environment", "id": "7"})));
    assert_eq!(bodies[0]["settings"]["approvers"], serde_json::json!([{"id": "who"}, {"id": "who"}]));
    assert_eq!(bodies[0]["settings"]["minRequiredApprovers"], 2);
    assert_eq!(bodies[1]["settings"]["inputs"]["startTime"], "09:00");
    assert_eq!(bodies[2]["settings"]["inputs"]["allowedBranches"], "refs/heads/main");
    let set: Vec<String> = serde_json::from_value(data["secrets"][0]["set"].clone()).unwrap();
    assert!(set.iter().any(|line| line.contains("variable-group create --name shop-production ")), "{set:#?}");
}

#[test]
fn a_config_that_is_not_there_is_told_with_what_to_do() {
    Context::github()
        .run("siding", &["explain", "nowhere/siding.yml"])
        .exits(2)
        .says(["does not exist", "siding init"]);
}
