//! Plans of deliveries to AKS: which jobs there are, in which order, as whom, and what each gets.

use super::read;
use crate::generate::catalog::Catalog;
use crate::generate::config::Config;
use crate::generate::plan::{Condition, Guard, Job, Op, Pipeline, Plan, State, Step, Value};
use crate::generate::{planner, policy, semantics};

const SMALL: &str = "
name: shop
registry: shopregistry
apps:
  api: { aks: shop-api, health: [/health, /ready] }
  mails: { aks: shop-mails, role: worker }
environments:
  production: { deploy: DEPLOY, group: rg, cluster: aks, namespace: shop, manifests: k8s/prod, url: 'https://shop.io/' }
";

fn plan(config: &Config) -> Plan {
    planner::plan(config, &Catalog::new(config))
}

fn small(deploy: &str) -> Plan {
    plan(&config(deploy))
}

fn config(deploy: &str) -> Config {
    serde_yaml::from_str(&SMALL.replace("DEPLOY", deploy)).unwrap()
}

fn pipeline<'a>(plan: &'a Plan, id: &str) -> &'a Pipeline {
    plan.pipelines.iter().find(|pipeline| pipeline.id == id).unwrap()
}

fn job<'a>(plan: &'a Plan, id: &str) -> &'a Job {
    plan.jobs().find(|(_, _, job)| job.id == id).unwrap_or_else(|| panic!("no job {id}")).2
}

fn step<'a>(job: &'a Job, id: &str) -> &'a Step {
    job.steps.iter().find(|step| step.id == id).unwrap_or_else(|| panic!("no step {id} in {}", job.id))
}

fn ids(job: &Job) -> Vec<&str> {
    job.steps.iter().map(|step| step.id.as_str()).collect()
}

fn variable<'a>(step: &'a Step, name: &str) -> &'a Value {
    step.env.iter().find(|(each, _)| each == name).map(|(_, value)| value).unwrap()
}

fn text<'a>(step: &'a Step, name: &str) -> &'a str {
    match variable(step, name) {
        Value::Text(text) => text,
        other => panic!("{name} is {other:?}"),
    }
}

fn input<'a>(step: &'a Step, name: &str) -> &'a Value {
    let Op::Tool(call) = &step.op else { panic!("{} is no tool", step.id) };
    call.inputs.iter().find(|(each, _)| *each == name).map(|(_, value)| value).unwrap()
}

/// A line for each job: its id, its gate, and what it needs.
fn edges(pipeline: &Pipeline) -> Vec<String> {
    let jobs = pipeline.stages.iter().flat_map(|stage| &stage.jobs);
    let line = |job: &Job| {
        let gate = job.environment.as_ref().map_or("-", |gate| gate.name.as_str());
        format!("{} ({gate}): {}", job.id, job.needs.join(" ")).trim_end().to_owned()
    };
    jobs.map(line).collect()
}

#[test]
fn a_temporary_staging_is_tested_and_production_gets_what_was_tested() {
    let plan = plan(&read("001-aks-two-stage"));
    let built = "build-manifests push-product push-order push-customer push-frontend";
    assert_eq!(
        edges(pipeline(&plan, "cd")),
        [
            "build-manifests (-):".to_owned(),
            "build-product (-):".to_owned(),
            "push-product (registry): build-product".to_owned(),
            "build-order (-):".to_owned(),
            "push-order (registry): build-order".to_owned(),
            "build-customer (-):".to_owned(),
            "push-customer (registry): build-customer".to_owned(),
            "build-frontend (-):".to_owned(),
            "push-frontend (registry): build-frontend".to_owned(),
            format!("staging-up (staging): {built}"),
            "staging-acceptance (staging): staging-up".to_owned(),
            "staging-down (staging): staging-up staging-acceptance".to_owned(),
            format!("staging-tested (registry): {built} staging-up staging-acceptance"),
            "production-find (registry): build-manifests".to_owned(),
            "production-cluster (production): build-manifests production-find".to_owned(),
            "production-kept (registry): build-manifests production-find production-cluster".to_owned(),
            "rollback-cluster (production):".to_owned(),
        ]
    );
    assert_eq!(
        edges(pipeline(&plan, "housekeeping")),
        ["reap-staging (staging):", "scan-running (housekeeping):", "purge (housekeeping):"]
    );
}

#[test]
fn gitflow_promotes_release_branches_up_to_production_and_checks_that_they_come_back() {
    let plan = plan(&read("004-inventory-gitflow"));
    let built = "build-manifests push-api";
    let expected = [
        "build-manifests (-):".to_owned(),
        "build-api (-):".to_owned(),
        "push-api (registry): build-api".to_owned(),
        format!("dev-cluster (dev): {built}"),
        format!("qa-cluster (qa): {built}"),
        "qa-cluster-tests (-): qa-cluster".to_owned(),
        format!("staging-cluster (staging): {built} qa-cluster qa-cluster-tests"),
        "staging-cluster-tests (-): staging-cluster".to_owned(),
        format!("staging-tested (registry): {built} staging-cluster staging-cluster-tests"),
        "production-find (registry): build-manifests".to_owned(),
        "production-cluster (production): build-manifests production-find".to_owned(),
        "production-kept (registry): build-manifests production-find production-cluster".to_owned(),
        "tag (-): build-manifests production-find production-cluster production-kept".to_owned(),
        "rollback-cluster (production):".to_owned(),
    ];
    assert_eq!(edges(pipeline(&plan, "cd")), expected);
    let back = step(job(&plan, "merged-back"), "gitflow");
    assert_eq!((text(back, "TRUNK"), text(back, "DEVELOP")), ("main", "develop"));
    let canary = job(&plan, "production-cluster");
    assert_eq!(canary.minutes, 30 + 3 * 5 + 30);
    assert_eq!(ids(canary)[0], "change-ticket");
    let deploy = step(canary, "deploy");
    assert!(matches!(&deploy.op, Op::Script(script) if script.name == "k8s-canary" && script.azure));
    assert_eq!((text(deploy, "STEPS"), text(deploy, "PAUSE")), ("10 25 50", "300"));
    assert_eq!(text(deploy, "MANIFESTS"), "manifests/k8s/overlays/production");
    assert_eq!(text(step(job(&plan, "build-manifests"), "package"), "INCLUDE"), "k8s");
}

#[test]
fn branches_that_only_promote_build_no_images() {
    let plan = plan(&read("004-inventory-gitflow"));
    let images = pipeline(&plan, "cd").stages.iter().find(|stage| stage.id == "images").unwrap();
    let branches = ["develop", "release/*", "hotfix/*"].map(str::to_owned).to_vec();
    assert_eq!(images.only, [Condition::Operation(vec!["deploy"]), Condition::Branch(branches)]);
}

#[test]
fn a_run_that_a_person_starts_for_another_branch_releases_nothing() {
    let plan = small("rolling");
    for stage in pipeline(&plan, "cd").stages.iter().filter(|stage| !["build", "rollback"].contains(&stage.id.as_str()))
    {
        let main = Condition::Branch(vec!["main".to_owned()]);
        assert_eq!(stage.only, [Condition::Operation(vec!["deploy"]), main], "{}", stage.id);
    }
}

#[test]
fn an_image_is_pushed_by_another_job_than_built_it_and_never_as_latest() {
    let plan = plan(&read("001-aks-two-stage"));
    let (build, push) = (job(&plan, "build-order"), job(&plan, "push-order"));
    let order = ["checkout", "describe", "build", "trivy", "scan", "findings", "sbom", "keep-list", "save", "upload"];
    assert_eq!(ids(build), order);
    assert_eq!(ids(push), ["download", "verify", "load", "azure-session", "push", "sbom-verify", "attest"]);
    let Value::Joined(parts) = variable(step(push, "push"), "IMAGE") else { panic!("one text") };
    assert_eq!(*parts, [Value::text("shopregistry.azurecr.io/order-service:"), Value::Commit]);
    assert_eq!(*variable(step(push, "verify"), "EXPECTED"), Value::of("build-order", "save", "sha256"));
    assert_eq!(text(step(push, "verify"), "FILE"), text(step(build, "save"), "FILE"));
    assert_eq!(text(step(build, "build"), "DOCKERFILE"), "services/order/Dockerfile");
    let told = Condition::Given(Value::here("scan", "findings"));
    assert_eq!(step(build, "findings").guard, Guard::when(State::Finished).and(told));
}

#[test]
fn a_temporary_namespace_goes_whatever_became_of_it() {
    let plan = plan(&read("001-aks-two-stage"));
    let down = job(&plan, "staging-down");
    assert_eq!(down.guard, Guard::when(State::Always).and(Condition::Ran("staging-up".to_owned())));
    let own = Value::Joined(vec![Value::text("stg-"), Value::RunId]);
    for (id, name) in [("staging-up", "deploy"), ("staging-acceptance", "acceptance"), ("staging-down", "namespace")] {
        assert_eq!(*variable(step(job(&plan, id), name), "NAMESPACE"), own, "{id}");
    }
    assert_eq!(text(step(job(&plan, "staging-up"), "namespace"), "TTL"), "7200");
    let asked = text(step(job(&plan, "staging-acceptance"), "acceptance"), "SERVICES");
    assert_eq!(asked, "product-service /health\norder-service /health\ncustomer-service /health\nfrontend /");
}

#[test]
fn the_commit_is_asked_for_only_where_the_image_is_of_that_commit() {
    let plan = plan(&read("004-inventory-gitflow"));
    let prove = |id: &str| input(step(job(&plan, id), "prove"), "checks").clone();
    assert!(prove("staging-cluster").parts().contains(&&Value::Commit));
    assert_eq!(prove("production-cluster"), Value::Joined(vec![Value::text("/health\n/health/ready")]));
}

#[test]
fn a_migration_has_its_own_package_and_comes_before_the_new_code() {
    let plan = plan(&read("004-inventory-gitflow"));
    let release = job(&plan, "staging-cluster");
    let at = |id: &str| ids(release).iter().position(|each| *each == id).unwrap();
    assert!(at("api-verify") < at("api-unpack") && at("api-unpack") < at("api-expand-only"));
    assert!(at("api-expand-only") < at("api-migrate") && at("api-migrate") < at("deploy"));
    let sha = Value::of("build-manifests", "api-package", "sha256");
    assert_eq!(*variable(step(release, "api-verify"), "EXPECTED"), sha);
    let packed = step(job(&plan, "build-manifests"), "api-package");
    assert_eq!(text(packed, "INCLUDE"), "app\nalembic\nalembic.ini\nrequirements.lock");
    // The connection string reaches what looks at the migration and what runs it, and nothing else.
    let reads = |step: &&Step| {
        let mut parts = step.env.iter().flat_map(|(_, value)| value.parts());
        parts.any(|part| matches!(part, Value::Output { step, .. } if step == "api-secret"))
    };
    let readers: Vec<&str> = release.steps.iter().filter(reads).map(|step| step.id.as_str()).collect();
    assert_eq!(readers, ["api-expand-only", "api-migrate"]);
}

#[test]
fn what_fails_after_the_deployment_is_taken_back_to_what_was_there_before() {
    for (deploy, told) in [("rolling", "PREVIOUS"), ("canary", "PREVIOUS"), ("blue-green", "COLOUR")] {
        let plan = small(deploy);
        let undo = step(job(&plan, "production-cluster"), "undo");
        let before = Value::here("deploy", "previous");
        assert_eq!(*variable(undo, told), before, "{deploy}");
        assert_eq!(*variable(undo, "REVISIONS"), Value::here("deploy", "revisions"), "{deploy}");
        let ids = ids(job(&plan, "production-cluster"));
        let place = |id: &str| ids.iter().position(|each| *each == id);
        assert!(place("undo") < place("undone") && place("undone") < place("record"), "{deploy}: {ids:?}");
        assert_eq!(step(job(&plan, "production-cluster"), "undone").guard, undo.guard, "{deploy}");
        assert_eq!(undo.guard, Guard::when(State::Failed).and(Condition::Given(before)), "{deploy}");
    }
}

#[test]
fn going_back_by_hand_is_to_the_other_colour_or_to_the_revision_before() {
    let rolling = small("rolling");
    let undo = step(job(&rolling, "rollback-cluster"), "undo");
    assert_eq!(text(undo, "RECORD"), "earlier/deployment-record.json");
    let again = step(job(&rolling, "rollback-cluster"), "deploy");
    assert!(matches!(&again.op, Op::Script(script) if script.name == "k8s-roll"));
    assert_eq!(text(again, "RECORD"), "earlier/deployment-record.json");
    let kept = |answer: &str| Guard::default().and(Condition::Is(Value::here("earlier", "kept"), answer.to_owned()));
    assert_eq!([&again.guard, &undo.guard], [&kept("true"), &kept("false")]);
    let earlier = step(job(&rolling, "rollback-cluster"), "earlier");
    assert_eq!((text(earlier, "ARTIFACT"), text(earlier, "FILES")), ("package-manifests", "dist"));
    assert_eq!((text(earlier, "RELEASE"), text(earlier, "DIRECTORY")), ("production-cluster", "earlier"));
    assert_eq!(*variable(earlier, "RUN"), Value::Parameter("run"));
    assert!(earlier.env.iter().all(|(name, _)| name != "NEEDED"), "its images are needed");
    assert!(pipeline(&rolling, "cd").parameters.iter().all(|parameter| parameter.id != "colour"));
    let turned = small("blue-green");
    assert_eq!(text(step(job(&turned, "rollback-cluster"), "earlier"), "NEEDED"), "false");
    let undo = step(job(&turned, "rollback-cluster"), "undo");
    assert_eq!((text(undo, "APP"), variable(undo, "COLOUR")), ("shop-api", &Value::Parameter("colour")));
    assert!(pipeline(&turned, "cd").parameters.iter().any(|parameter| parameter.id == "colour"));
    let deploy = step(job(&turned, "production-cluster"), "deploy");
    assert_eq!(text(deploy, "PROBES"), "https://shop.io/health\nhttps://shop.io/ready");
}

#[test]
fn what_signs_in_to_deploy_never_has_the_repository() {
    for name in ["001-aks-two-stage", "004-inventory-gitflow"] {
        let plan = plan(&read(name));
        for stage in &pipeline(&plan, "cd").stages {
            let signed = stage.jobs.iter().filter(|job| job.signs_in && stage.id != "images");
            for job in signed {
                assert!(!ids(job).contains(&"checkout"), "{name}: {}", job.id);
            }
        }
    }
}

#[test]
fn every_way_to_deploy_to_a_cluster_keeps_every_rule() {
    for deploy in ["rolling", "canary", "blue-green"] {
        let config = config(deploy);
        assert_eq!(semantics::check(&config, &Catalog::new(&config)), [], "{deploy}");
        if let Err(failure) = policy::check(&config, &plan(&config)) {
            panic!("{deploy}: {}\n{}", failure.what, failure.causes.join("\n"));
        }
    }
}

#[test]
fn what_a_cluster_cannot_do_is_refused() {
    let refused = |deploy: &str, from: &str, to: &str| {
        let text = SMALL.replace("DEPLOY", deploy).replace(from, to);
        let config: Config = serde_yaml::from_str(&text).unwrap();
        let complaints = semantics::check(&config, &Catalog::new(&config)).into_iter();
        complaints.map(|complaint| format!("{}: {}", complaint.path, complaint.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        refused("blue-green", "role: worker", "health: /health"),
        ["environments.production.deploy: one Service is turned at once, and 2 apps answer requests"]
    );
    assert_eq!(
        refused("rolling", "url: 'https://shop.io/'", "smoke: [pytest]"),
        ["environments.production: its tests are not told where it answers, which Azure does not know of a cluster"]
    );
    assert_eq!(
        refused("ephemeral", "x", "x"),
        ["environments.production.deploy: production would be gone after its tests"]
    );
}
