//! The rendering for Azure Pipelines: a plan that has everything, and small ones for what is easily got wrong.
//!
//! What is rendered is kept in Cargo's folder for such files, where `.ci/run` shows it to Microsoft's schema.

mod everything;
mod examples;

use siding::generate::azure_pipelines::{left_out, pipeline};
use siding::generate::config::{Config, Repository, RunnerKind};
use siding::generate::plan::{
    Condition, Gate, Guard, Job, Op, Overlap, Parameter, Pipeline, Plan, Reader, Stage, State, Step, Triggers, Value,
};

/// A config with one app and one environment; the plans here say the rest.
pub(crate) fn config(more: &str) -> Config {
    let text = "name: shop\nlanguage: { python: '3.12' }\napps: { api: { app-service: shop-api } }\n\
                environments: { production: { deploy: direct } }\n";
    serde_yaml::from_str(&format!("{text}{more}")).unwrap()
}

/// A stage with these jobs.
pub(crate) fn stage(id: &str, jobs: Vec<Job>) -> Stage {
    Stage { id: id.to_owned(), title: format!("The stage {id}"), only: Vec::new(), jobs }
}

/// A job with a step `do` that runs the team's commands.
pub(crate) fn job(id: &str, needs: &[&str]) -> Job {
    let mut job = Job::new(id, format!("The job {id}"), 15);
    job.needs = needs.iter().map(|need| (*need).to_owned()).collect();
    job.steps.push(Step::script("do", "Do it", "commands").text("COMMANDS", "true"));
    job
}

/// The same, behind the gate of an environment.
pub(crate) fn gated(id: &str, needs: &[&str]) -> Job {
    let mut job = job(id, needs);
    job.environment = Some(Gate { name: "production".to_owned(), url: None });
    job.signs_in = true;
    job
}

/// A pipeline with these stages that only a person starts.
pub(crate) fn by_hand(stages: Vec<Stage>) -> Pipeline {
    Pipeline {
        id: "cd",
        title: "Deliver".to_owned(),
        triggers: Triggers { by_hand: true, ..Triggers::default() },
        parameters: Vec::new(),
        overlap: Overlap::Wait,
        stages,
    }
}

/// Its rendering, or what is wrong with it.
pub(crate) fn render(planned: &Pipeline, config: &Config) -> Result<String, String> {
    let plan = Plan { name: config.name.clone(), pipelines: vec![planned.clone()] };
    pipeline(&plan, planned, config).map(|file| file.body).map_err(|failure| failure.what)
}

/// Its rendering as data.
fn read(planned: &Pipeline, config: &Config) -> serde_yaml::Value {
    serde_yaml::from_str(&render(planned, config).unwrap()).unwrap()
}

/// Keeps a rendering for the judges.
pub(crate) fn keep(name: &str, body: &str) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("azure-pipelines");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.yml")), body).unwrap();
}

#[test]
fn an_output_is_spelt_by_where_it_comes_from_and_where_it_is_read() {
    let output = |from: &str| Value::of(from, "do", "sha-256");
    let mut reader = gated("reader", &["deployed", "built", "beside"]);
    for (name, from) in [("A", "deployed"), ("B", "built"), ("C", "beside")] {
        reader.steps[0].env.push((name.to_owned(), output(from)));
    }
    let stages = vec![
        stage("build", vec![gated("deployed", &[]), job("built", &[])]),
        stage("deliver", vec![gated("beside", &[]), reader]),
    ];
    let text = render(&by_hand(stages), &config("")).unwrap();
    for expected in [
        "$[ stageDependencies.build.deployed.outputs['deployed.do.sha-256'] ]",
        "$[ stageDependencies.build.built.outputs['do.sha-256'] ]",
        "$[ dependencies.beside.outputs['beside.do.sha-256'] ]",
        "A: $(needs.deployed.do.sha-256)\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn each_attempt_keeps_its_own_of_what_later_runs_look_for() {
    let mut later = job("test", &[]);
    let keep =
        |name: &str, reader: Reader| Op::Upload { name: name.to_owned(), path: "load".to_owned(), days: 90, reader };
    for (name, reader) in [("load-test", Reader::LaterRuns), ("package", Reader::ByName)] {
        later.steps.push(Step::script(format!("get-{name}"), "Get it", "previous-package").text("ARTIFACT", name));
        later.steps.push(Step::new(name, "Keep it", keep(name, reader)));
    }
    let text = render(&by_hand(vec![stage("test", vec![later])]), &config("")).unwrap();
    assert!(text.contains("artifact: load-test-$(System.JobAttempt)\n"), "{text}");
    assert!(text.contains("artifact: package\n"), "{text}");
}

#[test]
fn conditions_keep_what_the_default_would_have_asked() {
    let on_main = Condition::Branch(vec!["main".to_owned(), "release/*".to_owned()]);
    let mut branches = stage("deliver", vec![gated("deliver", &["build"])]);
    branches.only = vec![on_main];
    let mut after = job("after", &["deliver", "build"]);
    after.guard = Guard::when(State::Finished).and(Condition::PassedOrSkipped("deliver".to_owned()));
    after.guard.all.push(Condition::PassedOrSkipped("build".to_owned()));
    let mut alarm = job("alarm", &["deliver"]);
    alarm.guard = Guard::when(State::Failed);
    let stages = vec![
        stage("build", vec![job("build", &[])]),
        branches,
        stage("after", vec![after, job("strict", &["build"])]),
        stage("alarm", vec![alarm]),
    ];
    let read = read(&by_hand(stages), &config(""));
    let stage = |index: usize| &read["stages"][index];
    assert_eq!(
        stage(1)["condition"],
        "and(succeeded(), or(eq(variables['Build.SourceBranch'], 'refs/heads/main'), \
         startsWith(variables['Build.SourceBranch'], 'refs/heads/release/')))"
    );
    assert_eq!(
        stage(2)["condition"],
        "and(not(canceled()), in(dependencies.build.result, 'Succeeded', 'SucceededWithIssues', 'Skipped'), \
         in(dependencies.deliver.result, 'Succeeded', 'SucceededWithIssues', 'Skipped'))"
    );
    assert_eq!(
        stage(2)["jobs"][0]["condition"],
        "and(not(canceled()), in(stageDependencies.deliver.deliver.result, 'Succeeded', 'SucceededWithIssues', \
         'Skipped', ''), in(stageDependencies.build.build.result, 'Succeeded', 'SucceededWithIssues', 'Skipped', ''))"
    );
    assert_eq!(
        stage(2)["jobs"][1]["condition"],
        "and(not(canceled()), in(stageDependencies.build.build.result, 'Succeeded', 'SucceededWithIssues'))"
    );
    assert_eq!(stage(3)["condition"], "failed()");
    assert_eq!(
        stage(3)["jobs"][0]["condition"],
        "or(failed(), eq(stageDependencies.deliver.deliver.result, 'Failed'))"
    );
    assert!(stage(0).get("condition").is_none() && stage(0)["dependsOn"].as_sequence().unwrap().is_empty());
}

#[test]
fn what_all_jobs_ask_is_asked_before_the_approval() {
    let changed = Condition::Is(Value::of("plan", "do", "changes"), "true".to_owned());
    let mut apply = gated("apply", &["plan"]);
    apply.guard = Guard::default().and(changed);
    let read = read(&by_hand(vec![stage("plan", vec![gated("plan", &[])]), stage("apply", vec![apply])]), &config(""));
    let condition = &read["stages"][1]["condition"];
    assert_eq!(*condition, "and(succeeded(), eq(dependencies.plan.outputs['plan.plan.do.changes'], 'true'))");
    assert!(read["stages"][1]["jobs"][0].get("condition").is_none());
    assert_eq!(read["stages"][1]["isSkippable"], false);
}

#[test]
fn a_stage_whose_jobs_ask_different_things_runs_when_one_of_them_gets_it() {
    let apply = |id: &str, plan: &str, needs: &[&str]| {
        let mut apply = gated(id, needs);
        apply.guard = Guard::default().and(Condition::Is(Value::of(plan, "do", "changes"), "true".to_owned()));
        apply
    };
    let mut second = apply("apply-b", "plan-b", &["plan-b", "apply-a"]);
    second.guard.all.push(Condition::PassedOrSkipped("apply-a".to_owned()));
    let stages = vec![
        stage("plan", vec![job("plan-a", &[]), job("plan-b", &[])]),
        stage("apply", vec![apply("apply-a", "plan-a", &["plan-a"]), second]),
        stage("after", vec![job("after", &["apply-b"])]),
    ];
    let read = read(&by_hand(stages), &config(""));
    assert_eq!(
        read["stages"][1]["condition"],
        "and(not(canceled()), in(dependencies.plan.result, 'Succeeded', 'SucceededWithIssues'), \
         or(eq(dependencies.plan.outputs['plan_a.do.changes'], 'true'), \
         eq(dependencies.plan.outputs['plan_b.do.changes'], 'true')))"
    );
    assert_eq!(
        read["stages"][1]["jobs"][1]["condition"],
        "and(not(canceled()), in(stageDependencies.plan.plan_b.result, 'Succeeded', 'SucceededWithIssues'), \
         eq(stageDependencies.plan.plan_b.outputs['do.changes'], 'true'), \
         in(dependencies.apply_a.result, 'Succeeded', 'SucceededWithIssues', 'Skipped', ''))"
    );
    assert_eq!(
        read["stages"][2]["condition"],
        "and(not(canceled()), in(dependencies.apply.result, 'Succeeded', 'SucceededWithIssues'))"
    );
}

#[test]
fn what_the_teams_code_prints_is_no_command_and_a_long_watch_keeps_its_session() {
    let mut deliver = gated("deliver", &[]);
    deliver.steps.push(Step::azure("watch", "Watch it", "k8s-canary"));
    deliver.steps.push(Step::azure("roll", "Roll it", "k8s-roll"));
    let read = read(&by_hand(vec![stage("deliver", vec![deliver])]), &config(""));
    let steps = &read["stages"][0]["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"];
    let step = |name: &str| steps.as_sequence().unwrap().iter().find(|step| step["name"] == name).unwrap();
    assert_eq!(
        step("do")["target"],
        serde_yaml::from_str::<serde_yaml::Value>("{ commands: restricted, settableVariables: none }").unwrap()
    );
    assert_eq!(step("watch")["inputs"]["keepAzSessionActive"], true);
    assert!(step("roll").get("target").is_none() && step("roll")["inputs"].get("keepAzSessionActive").is_none());
}

#[test]
fn what_a_person_typed_is_never_a_part_of_an_expression() {
    let mut planned = by_hand(vec![stage("back", vec![job("back", &[])])]);
    let parameter = |id, choices, default| Parameter { id, title: "Which", choices, default };
    planned.parameters =
        vec![parameter("operation", vec!["deploy", "rollback"], "deploy"), parameter("swapped-at", Vec::new(), "")];
    planned.stages[0].only = vec![Condition::Operation(vec!["rollback"])];
    let step = &mut planned.stages[0].jobs[0].steps[0];
    step.env.push(("AT".to_owned(), Value::Parameter("swapped-at")));
    step.guard = Guard::default().and(Condition::Given(Value::Parameter("swapped-at")));
    let read = read(&planned, &config(""));
    assert_eq!(read["parameters"][1]["name"], "swappedAt");
    assert_eq!(read["parameters"][1]["default"], " ");
    let step = &read["stages"][0]["${{ if eq(parameters.operation, 'rollback') }}"][0]["jobs"][0]["steps"][1];
    assert_eq!(step["env"]["AT"], "${{ trim(parameters.swappedAt) }}");
    assert_eq!(step["condition"], "and(succeeded(), ${{ ne(trim(parameters.swappedAt), '') }})");
}

#[test]
fn pull_requests_are_triggered_only_where_the_system_reads_that() {
    let mut planned = by_hand(vec![stage("ci", vec![job("ci", &[])])]);
    assert_eq!(read(&planned, &config(""))["trigger"], "none");
    planned.triggers.pull_request = vec!["main".to_owned()];
    assert_eq!(read(&planned, &config(""))["pr"]["branches"]["include"][0], "main");
    assert_eq!(read(&planned, &config("repository: azure-repos\n"))["pr"], "none");
}

#[test]
fn a_job_that_has_nothing_to_do_here_is_left_out() {
    let mut code = Job::new("code", "Analyse", 30);
    code.steps.push(Step::new("checkout", "Check out", Op::Checkout { history: false }));
    code.steps.push(Step::new("start", "Start", Op::CodeStart { language: "python" }));
    let planned = by_hand(vec![stage("ci", vec![job("lint", &[]), code, job("ok", &["lint", "code"])])]);
    let github = render(&planned, &config("")).unwrap();
    assert!(!github.contains("job: code") && github.contains("  - job: ok"), "{github}");
    let azure_repos = render(&planned, &config("repository: azure-repos\n")).unwrap();
    assert!(azure_repos.contains("AdvancedSecurity-Codeql-Init@1"), "{azure_repos}");
    assert!(left_out(&Op::Attest { file: "x".to_owned(), sbom: None }, Repository::Github).is_some());
}

#[test]
fn mistakes_of_a_plan_are_told_with_their_place() {
    let unneeded = {
        let mut reader = job("reader", &[]);
        reader.steps[0].env.push(("A".to_owned(), Value::of("built", "do", "x")));
        vec![stage("build", vec![job("built", &[])]), stage("deliver", vec![reader])]
    };
    let unset = {
        let mut early = job("early", &[]);
        early.steps[0].env.push(("A".to_owned(), Value::here("late", "x")));
        early.steps.push(Step::script("late", "Late", "commands"));
        vec![stage("build", vec![early])]
    };
    let expression = {
        let mut bad = job("bad", &[]);
        bad.steps[0].env.push(("A".to_owned(), Value::text("${{ variables.x }}")));
        vec![stage("build", vec![bad])]
    };
    let private = {
        let mut bad = job("bad", &[]);
        bad.runner = RunnerKind::Private;
        vec![stage("build", vec![bad])]
    };
    let anonymous = {
        let mut bad = gated("bad", &[]);
        bad.environment = None;
        vec![stage("build", vec![bad])]
    };
    let backwards = vec![stage("a", vec![job("one", &["two"])]), stage("b", vec![job("two", &[])])];
    for (stages, what) in [
        (unneeded, "which it does not need"),
        (unset, "reads `late.x`, which nothing before it has set"),
        (expression, "takes for an expression"),
        (private, "which has no name"),
        (anonymous, "which needs an environment"),
        (backwards, "which is not before it"),
    ] {
        let told = render(&by_hand(stages), &config("")).unwrap_err();
        assert!(told.contains(what) && told.contains("cd"), "{told}");
    }
}
