//! A rendering that does not say what the plan says is found, whatever a template got wrong.

use crate::generate::azure_pipelines::lower;
use crate::generate::azure_pipelines::project::Here;
use crate::generate::config::{Config, Repository};
use crate::generate::plan::{
    Condition, Gate, Guard, Job, Overlap, Parameter, Pipeline, Stage, State, Step, Triggers, Value,
};
use crate::report::Failure;

fn job(id: &str, needs: &[&str]) -> Job {
    let mut job = Job::new(id, "A job", 15);
    job.needs = needs.iter().map(|need| (*need).to_owned()).collect();
    job.steps.push(Step::script("do", "Do it", "commands").text("COMMANDS", "true"));
    job
}

fn planned() -> Pipeline {
    let mut deliver = job("deliver", &["build"]);
    deliver.environment = Some(Gate { name: "production".to_owned(), url: None });
    deliver.steps[0].env.push(("SHA256".to_owned(), Value::of("build", "do", "sha256")));
    deliver.steps.push(Step::script("undo", "Undo it", "commands").when(Guard::when(State::Failed)));
    let only = vec![Condition::Operation(vec!["deploy"]), Condition::Branch(vec!["main".to_owned()])];
    let stage = |id: &str, only, jobs| Stage { id: id.to_owned(), title: "A stage".to_owned(), only, jobs };
    Pipeline {
        id: "cd",
        title: "Deliver".to_owned(),
        triggers: Triggers::default(),
        parameters: vec![Parameter { id: "operation", title: "What", choices: vec!["deploy"], default: "deploy" }],
        overlap: Overlap::Wait,
        stages: vec![
            stage("build", vec![Condition::Operation(vec!["deploy", "again"])], vec![job("build", &[])]),
            stage("deliver", only, vec![deliver, job("after", &["deliver"])]),
        ],
    }
}

fn rendered() -> String {
    let config: Config = serde_yaml::from_str(
        "name: shop\napps: { api: { app-service: shop-api } }\nenvironments: { production: { deploy: direct } }\n",
    )
    .unwrap();
    lower::pipeline(&Here::of(&planned(), config.repository), &config).unwrap()
}

fn verify(body: &str) -> Result<(), Failure> {
    super::verify(body, &Here::of(&planned(), Repository::Github), "shop")
}

#[test]
fn what_was_rendered_is_what_was_planned() {
    assert!(verify(&rendered()).is_ok(), "{}", rendered());
}

#[test]
fn whatever_is_lost_or_wrong_is_found() {
    for (right, wrong, what) in [
        ("- deployment: deliver", "- job: deliver", "has no steps"),
        ("environment: shop-production", "environment: shop-staging", "its environment is"),
        ("isSkippable: false", "isSkippable: true", "could leave it out"),
        ("    dependsOn:\n    - build\n", "    dependsOn: []\n", "does not depend on `build`"),
        ("      dependsOn:\n      - deliver\n", "      dependsOn: []\n", "what it depends on"),
        ("eq(variables['Build.SourceBranch'], 'refs/heads/main')", "true", "its branches"),
        (
            "in(parameters.operation, 'deploy', 'again')",
            "eq(parameters.operation, 'again')",
            "for each of its operations",
        ),
        ("condition: or(failed(), canceled())", "timeoutInMinutes: 5", "its condition is gone"),
        ("name: undo", "name: undone", "its steps are"),
        ("name: undo", "name: do", "its steps are"),
        ("timeoutInMinutes: 15", "timeoutInMinutes: 150", "its limit"),
        ("set -euo pipefail", "set -eu", "its script"),
        ("COMMANDS: 'true'", "COMMAND: 'true'", "the variable `COMMANDS` is gone"),
        ("$(needs.build.do.sha256)", "$(needs.build.do.sha)", "which nothing before it has set"),
        ("$(needs.build.do.sha256)", "$(undo.sha256)", "which nothing before it has set"),
        (
            "stageDependencies.build.build.outputs['do",
            "stageDependencies.build.built.outputs['do",
            "which is not there",
        ),
        ("stageDependencies.build.build.outputs['do", "stageDependencies.build.build.outputs['done", "no such step"),
        ("stageDependencies.build.build.outputs", "dependencies.build.outputs", "which it does not depend on"),
        ("- download: none", "- task: ManualValidation@1", "runs on the server only"),
        ("  - stage: build", "  - stage: built", "the stages are"),
        ("  - stage: build", "  - stage: deliver", "the stages are"),
        ("    - job: build", "    - job: built", "it is called"),
        ("    - job: after", "    - job: deliver", "it is called"),
        ("    - job: after", "    # - job: after", "an item is no item of its list"),
        ("    - job: after", "  isSkippable: true\n    - job: after", "a stage has no jobs"),
        ("    - job: after", "---\n    - job: after", "a stage has no jobs"),
        ("    jobs:\n    - deployment", "    jobs:\n      - deployment", "too far in"),
        ("- ${{ if eq(", "- ${{ unless eq(", "is no condition"),
        ("jobs:", "tasks:", "a stage has no jobs"),
        ("    jobs:", "    isSkippable: false\n    jobs:", "it cannot be read"),
        ("\nstages:\n", "\nstages: []\n", "it has no stages"),
    ] {
        let body = rendered();
        let tampered = body.replacen(right, wrong, 1);
        assert_ne!(tampered, body, "`{right}` is not in it");
        let told = verify(&tampered).expect_err(wrong).what;
        assert!(told.contains(what), "{right} -> {wrong}: {told}");
    }
}
