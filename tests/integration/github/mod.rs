//! Workflows of GitHub Actions: every operation and every right, as GitHub and its judges want them.

mod plans;

use serde_yaml::Value as Yaml;
use siding::generate::config::RunnerKind;
use siding::generate::github::{extras, workflow};
use siding::generate::plan::{Grant, Op, Pipeline, Reader, Step};

use self::plans::{checks, commands, config, delivery, job, plan, small};

fn rendered(pipeline: Pipeline) -> String {
    let plan = plan(vec![pipeline]);
    match workflow(&plan, &plan.pipelines[0], &config()) {
        Ok(file) => file.body,
        Err(failure) => panic!("{}: {:?}", failure.what, failure.causes),
    }
}

fn read(pipeline: Pipeline) -> Yaml {
    serde_yaml::from_str(&rendered(pipeline)).unwrap()
}

/// The step of a job, as text.
fn step<'y>(read: &'y Yaml, job: &str, id: &str) -> &'y Yaml {
    let steps = read["jobs"][job]["steps"].as_sequence().unwrap();
    steps.iter().find(|step| step["id"] == id).unwrap()
}

fn keys(mapping: &Yaml) -> Vec<&str> {
    mapping.as_mapping().unwrap().keys().map(|key| key.as_str().unwrap()).collect()
}

#[test]
fn the_head_says_what_starts_it_and_what_a_second_run_does() {
    let text = rendered(checks());
    let head = text.split("jobs:\n").next().unwrap();
    insta::assert_snapshot!(head, @r"
    name: Check icarus
    run-name: Check icarus - ${{ github.ref_name }} ${{ github.sha }}
    on:
      push:
        branches:
          - main
          - release/*
        paths-ignore:
          - docs/**
          - '**/*.md'
      pull_request:
        branches:
          - main
        paths-ignore:
          - docs/**
          - '**/*.md'
      schedule:
        - cron: '17 4 * * 1'
      workflow_dispatch:
    permissions: {}
    concurrency:
      group: ci-icarus-${{ github.event.pull_request.number || github.ref }}
      cancel-in-progress: true
    defaults:
      run:
        shell: bash
    ");
    let delivery = read(delivery());
    assert_eq!(delivery["concurrency"]["group"], "cd-icarus-${{ inputs.operation || 'deploy' }}-${{ github.ref }}");
    assert_eq!(delivery["concurrency"]["cancel-in-progress"], false);
    assert_eq!(keys(&delivery["on"]["workflow_dispatch"]["inputs"]), ["operation", "run", "swapped-at"]);
}

#[test]
fn a_job_may_do_what_its_steps_need_and_says_why() {
    let text = rendered(delivery());
    for (job, rights) in [
        (
            "build-web",
            "\n      contents: read\n      attestations: write # store attestations\n      id-token: write # signing identity of attestations\n",
        ),
        ("staging-web", "\n      id-token: write # Azure OIDC federation, subject environment:staging\n"),
        (
            "rollback-web",
            "\n      actions: read # look at earlier runs and their artifacts\n      id-token: write # Azure OIDC federation, subject environment:production\n",
        ),
        ("tell", " {}\n"),
    ] {
        let place = text.find(&format!("\n  {job}:\n")).unwrap();
        let rest = &text[place..];
        let rest = &rest[rest.find("    permissions:").unwrap()..];
        assert!(rest.starts_with(&format!("    permissions:{rights}    ")), "{job}: {}", &rest[..200]);
    }
    let scans = read(checks());
    assert_eq!(keys(&scans["jobs"]["scans"]["permissions"]), ["contents", "actions", "security-events"]);
}

#[test]
fn what_other_jobs_read_is_an_output_of_the_job() {
    let read = read(delivery());
    assert_eq!(read["jobs"]["build-web"]["outputs"]["package-sha256"], "${{ steps.package.outputs.sha256 }}");
    let verify = step(&read, "staging-web", "verify");
    assert_eq!(verify["env"]["EXPECTED"], "${{ needs.build-web.outputs.package-sha256 }}");
    assert!(read["jobs"]["staging-web"]["outputs"].is_null());
}

#[test]
fn our_tools_sign_in_with_the_variables_of_the_environment() {
    let read = read(delivery());
    let prove = step(&read, "staging-web", "web-prove");
    let uses = "siding-dev/siding/actions/smoke-test@0123456789012345678901234567890123456789";
    assert_eq!(prove["uses"], uses);
    assert_eq!(prove["with"]["checks"], "/health\n/version json:/commit=${{ github.sha }}");
    assert_eq!(prove["with"]["client-id"], "${{ vars.AZURE_CLIENT_ID }}");
    // A vault is in no subscription: kv-sync has no such input.
    let secret = step(&read, "staging-web", "web-secret");
    assert_eq!(keys(&secret["with"]), ["vault", "secrets", "to", "client-id", "tenant-id"]);
}

#[test]
fn provenance_and_bill_of_materials_are_attested_one_after_the_other() {
    let read = read(delivery());
    assert_eq!(keys(&step(&read, "build-web", "attest")["with"]), ["subject-path"]);
    assert_eq!(keys(&step(&read, "build-web", "attest-sbom")["with"]), ["subject-path", "sbom-path"]);
}

#[test]
fn reports_are_published_when_tests_failed_and_missed_when_they_did_not_write_any() {
    let read = read(checks());
    let reports = step(&read, "tests", "reports");
    assert_eq!(reports["if"], "${{ !cancelled() }}");
    assert_eq!(reports["with"]["if-no-files-found"], "error");
}

#[test]
fn each_attempt_keeps_its_own_of_what_later_runs_look_for() {
    let keep = |id: &str, reader: Reader| {
        Step::new(id, "Keep it", Op::Upload { name: id.to_owned(), path: "record.json".to_owned(), days: 90, reader })
    };
    let steps = vec![keep("record", Reader::LaterRuns), keep("package", Reader::ByName)];
    let read = read(small(vec![job("release", &[], steps)]));
    assert_eq!(step(&read, "release", "record")["with"]["name"], "record-${{ github.run_attempt }}");
    assert_eq!(step(&read, "release", "package")["with"]["name"], "package");
}

#[test]
fn a_service_is_waited_for() {
    let read = read(checks());
    let postgres = &read["jobs"]["tests"]["services"]["postgres"];
    assert_eq!(postgres["ports"][0], "5432:5432");
    assert!(postgres["options"].as_str().unwrap().starts_with("--health-cmd \"pg_isready --username postgres\" "));
}

#[test]
fn nothing_that_was_not_planned_is_written() {
    let tool = |name: &'static str| {
        Step::new("x", "X", Op::Script(siding::generate::plan::Scripted { name, azure: true, only: None }))
    };
    let mut unnamed = job("x", &[], vec![commands("x", "true")]);
    unnamed.signs_in = true;
    for (pipeline, problem) in [
        (small(vec![job("x", &[], vec![tool("nobody-wrote-this")])]), "there is no script for `nobody-wrote-this`"),
        (small(vec![job("x", &[], vec![tool("commands")])]), "calls the Azure CLI and no step before it signs that in"),
        (small(vec![unnamed]), "it signs in without an environment"),
        (
            small(vec![job("x", &[], vec![commands("x", "true"), commands("x", "true")]), job("x", &[], Vec::new())]),
            "duplicate",
        ),
    ] {
        let plan = plan(vec![pipeline]);
        let failure = workflow(&plan, &plan.pipelines[0], &config()).unwrap_err();
        assert!(failure.causes.concat().contains(problem), "{problem}: {:?}", failure.causes);
    }
}

#[test]
fn the_release_of_our_tools_must_be_known() {
    let mut config = config();
    config.toolkit = None;
    let plan = plan(vec![delivery(), checks()]);
    let failure = workflow(&plan, &plan.pipelines[0], &config).unwrap_err();
    assert_eq!(failure.code.id, "SID0001");
    assert!(workflow(&plan, &plan.pipelines[1], &config).is_ok());
}

#[test]
fn dependabot_waits_and_private_jobs_name_their_group() {
    let mut config = config();
    config.runners.private = Some("vnet-linux".to_owned());
    let mut private = job("x", &[], vec![commands("x", "true")]);
    private.runner = RunnerKind::Private;
    private.grants = vec![Grant::ReadRuns];
    let plan = plan(vec![small(vec![private])]);
    let files = extras(&config).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, [".github/dependabot.yml"]);
    let dependabot: Yaml = serde_yaml::from_str(&files[0].body).unwrap();
    let updates = dependabot["updates"].as_sequence().unwrap();
    let ecosystems: Vec<&str> = updates.iter().map(|update| update["package-ecosystem"].as_str().unwrap()).collect();
    assert_eq!(ecosystems, ["github-actions", "pip", "npm"]);
    assert!(updates.iter().all(|update| update["cooldown"]["default-days"] == 7));
    let workflow = workflow(&plan, &plan.pipelines[0], &config).unwrap().body;
    assert!(workflow.contains("      group: vnet-linux\n"), "{workflow}");
}
