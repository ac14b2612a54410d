//! Builds and identities are apart, and the policy would tell if they were not.

use super::{EXAMPLES, read};
use crate::generate::catalog::Catalog;
use crate::generate::config::Config;
use crate::generate::plan::{Gate, Grant, Job, Op, Plan, Step, Value};
use crate::generate::{planner, policy};

fn plan(config: &Config) -> Plan {
    planner::plan(config, &Catalog::new(config))
}

fn job<'a>(plan: &'a Plan, id: &str) -> &'a Job {
    plan.jobs().find(|(_, _, job)| job.id == id).unwrap_or_else(|| panic!("no job {id}")).2
}

/// What the policy says of the example's plan after one of its jobs was changed.
fn breaches(example: &str, id: &str, change: impl Fn(&mut Job)) -> Vec<String> {
    let config = read(example);
    let mut plan = plan(&config);
    let mut jobs =
        plan.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.stages).flat_map(|stage| &mut stage.jobs);
    change(jobs.find(|job| job.id == id).unwrap());
    let failure = policy::check(&config, &plan).expect_err(id);
    failure.causes.into_iter().filter(|cause| cause.starts_with("identity-apart")).collect()
}

#[test]
fn a_build_beside_an_identity_breaks_a_rule() {
    let attests = |job: &mut Job| job.grants.push(Grant::Attest);
    let told = breaches("003-app-service-standard", "build-frontend", attests);
    let expected = ["install", "build", "package"].map(|step| {
        format!("identity-apart: `cd`, job `build-frontend`: step `{step}` runs code of others beside an identity")
    });
    assert_eq!(told, expected);
    let pushes = |job: &mut Job| {
        job.environment = Some(Gate { name: "registry".to_owned(), url: None });
        job.signs_in = true;
    };
    assert_eq!(breaches("001-aks-two-stage", "build-order", pushes).len(), 1);
    // A migration is no excuse for what is not shielded.
    let tests = |job: &mut Job| job.steps.push(Step::script("tests", "Test", "commands").text("COMMANDS", "pytest"));
    assert_eq!(breaches("003-app-service-standard", "production-backend", tests).len(), 1);
}

#[test]
fn what_builds_may_read_the_commit_and_publish_findings_and_no_more() {
    for example in EXAMPLES {
        let plan = plan(&read(example));
        let builds = plan.jobs().filter(|(pipeline, _, job)| pipeline.id == "cd" && job.id.starts_with("build-"));
        for (_, _, job) in builds {
            assert!(!job.signs_in && job.environment.is_none(), "{example}: {}", job.id);
            assert!(job.grants.iter().all(|grant| *grant == Grant::Findings), "{example}: {}", job.id);
        }
    }
}

#[test]
fn a_package_is_attested_and_deployed_as_it_was_built() {
    let plan = plan(&read("003-app-service-standard"));
    let attest = job(&plan, "attest-backend");
    let ids: Vec<&str> = attest.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["backend-download", "backend-verify", "sbom-verify", "attest"]);
    for (place, step) in [(1, "package"), (2, "sbom")] {
        let hash = Value::of("build-backend", step, "sha256");
        assert!(attest.steps[place].env.contains(&("EXPECTED".to_owned(), hash)), "{:?}", attest.steps[place]);
    }
    for release in ["dev-backend", "staging-backend", "production-backend"] {
        assert!(job(&plan, release).needs.contains(&"attest-backend".to_owned()), "{release}");
    }
}

#[test]
fn without_attestations_there_is_no_job_for_them() {
    let mut config = read("003-app-service-standard");
    config.attest = false;
    let all = plan(&config);
    assert!(all.jobs().all(|(_, _, job)| !job.id.starts_with("attest-")));
    let mut config = read("001-aks-two-stage");
    config.attest = false;
    let all = plan(&config);
    let push = job(&all, "push-order");
    assert!(push.grants.is_empty() && push.steps.iter().all(|step| !matches!(step.op, Op::Attest { .. })));
}
