//! A plan that has everything: every operation, every kind of value, every guard.

use siding::generate::config::{Language, RunnerKind};
use siding::generate::plan::{
    Condition, Gate, Guard, Job, Op, Overlap, Parameter, Pipeline, Reader, Service, Stage, State, Step, ToolCall,
    Triggers, Value,
};
use siding::spec::ToolSpec;
use siding::tools::{kv_sync, oidc_login, slot_swap, smoke_test, zip_deploy};

use super::{by_hand, config, gated, job, keep, render, stage};

fn checkout(history: bool) -> Step {
    Step::new("checkout", "Check out", Op::Checkout { history })
}

fn tool(id: &str, spec: &'static ToolSpec, inputs: Vec<(&'static str, Value)>) -> Step {
    Step::new(id, format!("Run {}", spec.name), Op::Tool(ToolCall { spec, inputs }))
}

fn language(text: &str) -> Language {
    serde_yaml::from_str(text).unwrap()
}

/// What is told when the pipeline runs.
fn told() -> Value {
    let parts =
        [Value::text("run "), Value::RunId, Value::text(": "), Value::Commit, Value::text(" on "), Value::Branch];
    Value::Joined(parts.into())
}

fn check() -> Job {
    let mut check = job("check", &[]);
    check.steps.insert(0, checkout(true));
    for (id, text) in [
        ("python", "python: '3.10'"),
        ("node", "node: '24'"),
        ("dotnet", "dotnet: '10.0'"),
        ("java", "java: '21'"),
        ("go", "go: '1.26'"),
    ] {
        check.steps.push(Step::new(id, format!("Set up {id}"), Op::Language(language(text))));
    }
    check.services = vec![
        Service {
            name: "postgres".to_owned(),
            image: format!("postgres:16@sha256:{}", "0".repeat(64)),
            port: 5432,
            env: vec![("POSTGRES_PASSWORD", "postgres"), ("POSTGRES_DB", "on")],
            ready: "pg_isready",
        },
        Service {
            name: "redis".to_owned(),
            image: format!("redis:7@sha256:{}", "0".repeat(64)),
            port: 6379,
            env: Vec::new(),
            ready: "redis-cli ping",
        },
    ];
    let commands = Step::script("unit", "Test: it's \"so\" #1", "commands").env("BASE", Value::Base);
    check.steps.push(commands.text("COMMANDS", "pytest -m 'not slow'\necho done").text("VERSION", "3.10"));
    let reports = |name: &str, junit: Option<&str>, coverage: Option<&str>| Op::Reports {
        name: name.to_owned(),
        folder: if junit.is_some() { "app/reports" } else { "reports" }.to_owned(),
        junit: junit.map(str::to_owned),
        coverage: coverage.map(str::to_owned),
    };
    let both = reports("unit-reports", Some("app/reports/unit.xml"), Some("app/reports/coverage.xml"));
    check.steps.push(Step::new("reports", "Publish the reports", both));
    check
        .steps
        .push(Step::new("others", "Publish others", reports("others", None, None)).when(Guard::when(State::Always)));
    let findings = Op::Findings { file: "reports/secrets.sarif".to_owned(), category: "secrets".to_owned() };
    check.steps.push(Step::new("findings", "Publish the findings", findings));
    check
}

fn analyse() -> Job {
    let mut analyse = Job::new("analyse", "Analyse", 30);
    analyse.steps.push(checkout(false));
    for (index, language) in ["java-kotlin", "javascript-typescript", "python"].into_iter().enumerate() {
        analyse.steps.push(Step::new(format!("start-{index}"), "Start", Op::CodeStart { language }));
        analyse.steps.push(Step::new(format!("end-{index}"), "Analyse", Op::CodeEnd { language }));
    }
    analyse
}

fn build() -> Job {
    let mut build = job("build-api", &[]);
    build.steps.push(Step::new("attest", "Attest", Op::Attest { file: "dist/api.zip".to_owned(), sbom: None }));
    let upload =
        Op::Upload { name: "package-api".to_owned(), path: "dist".to_owned(), days: 30, reader: Reader::ByName };
    build.steps.push(Step::new("upload", "Keep the package", upload));
    build
}

fn deliver() -> Job {
    let mut deliver = gated("production-api", &["build-api"]);
    deliver.environment = Some(Gate { name: "production".to_owned(), url: Some(Value::here("swap", "url")) });
    deliver.runner = RunnerKind::Private;
    let site = || vec![("app-name", Value::text("shop-api")), ("slot-name", Value::text("staging"))];
    let download = Op::Download { name: "package-api".to_owned(), to: "dist".to_owned() };
    let mut deploy = vec![("package", Value::text("dist/api.zip")), ("clean", Value::text("true"))];
    deploy.extend(site());
    let checks = Value::Joined(vec![Value::text("/health\n/build json:/commit="), Value::Commit]);
    let mut swap = site();
    swap.extend([("checks", checks.clone()), ("failures", Value::text("3"))]);
    let mut undo = site();
    undo.extend([("action", Value::text("rollback")), ("swapped-at", Value::here("swap", "swap-timestamp"))]);
    let secrets = vec![("vault", Value::text("kv-shop")), ("secrets", Value::text("DATABASE_URL=database-url"))];
    let undone = Guard::when(State::Failed).and(Condition::Given(Value::here("swap", "swap-timestamp")));
    let single = Step::azure("single", "Look at the instances", "single-instance").text("APP", "shop-api");
    deliver.steps = vec![
        Step::new("azure-session", "Sign in", Op::AzureSession),
        Step::new("download", "Get the package", download),
        tool("login", &oidc_login::SPEC, Vec::new()),
        tool("secret", &kv_sync::SPEC, secrets),
        tool("deploy", &zip_deploy::SPEC, deploy),
        tool("prove", &smoke_test::SPEC, vec![("app-name", Value::text("shop-api")), ("checks", checks)]),
        tool("swap", &slot_swap::SPEC, swap),
        single.text("GROUP", "rg").env("URL", Value::here("deploy", "webapp-url")),
        tool("undo", &slot_swap::SPEC, undo).when(undone),
        Step::script("told", "Tell it", "commands")
            .env("COMMANDS", told())
            .env("SHA256", Value::of("build-api", "do", "sha256"))
            .env("ACTOR", Value::Actor)
            .env("RUN_URL", Value::RunUrl)
            .env("TOKEN", Value::Token)
            .env("STATUS", Value::JobStatus)
            .env("CLIENT", Value::Variable("AZURE_CLIENT_ID"))
            .env("WEBHOOK", Value::Secret("team-webhook".to_owned()))
            .when(Guard::when(State::Finished).and(Condition::Is(told(), "it's".to_owned()))),
    ];
    deliver
}

fn rollback() -> Job {
    let mut back = gated("rollback-api", &[]);
    let run = Value::Parameter("run");
    let earlier = Op::DownloadFrom { name: "package-api".to_owned(), to: ".".to_owned(), run: run.clone() };
    back.steps.insert(0, Step::new("download", "Get the earlier package", earlier));
    back.steps[1].guard = Guard::default().and(Condition::Is(run, "it's".to_owned()));
    back
}

fn parameters() -> Vec<Parameter> {
    vec![
        Parameter { id: "operation", title: "What", choices: vec!["deploy", "rollback"], default: "deploy" },
        Parameter { id: "run", title: "Which run: its number", choices: Vec::new(), default: "" },
    ]
}

/// Both pipelines: the checks, and the delivery.
fn everything() -> [Pipeline; 2] {
    let only = |mut stage: Stage, all: &[Condition]| {
        stage.only = all.to_vec();
        stage
    };
    let deploy = || Condition::Operation(vec!["deploy"]);
    let branches = Condition::Branch(vec!["main".to_owned(), "release/*".to_owned()]);
    let mut verdict = Job::new("ci-ok", "All passed", 5);
    verdict.needs = vec!["check".to_owned(), "analyse".to_owned()];
    verdict.guard = Guard::when(State::Always).and(Condition::NotPullRequest);
    let results = Step::script("verdict", "Look at the results", "all-passed")
        .env("RESULTS", Value::Results(vec![("check".to_owned(), "check -".to_owned())]));
    let ran = Guard::when(State::Always).and(Condition::Ran("check".to_owned()));
    verdict.steps = vec![results.when(ran.and(Condition::PassedOrSkipped("analyse".to_owned())))];
    let mut ci = by_hand(vec![stage("ci", vec![check(), analyse(), verdict])]);
    ci.id = "ci";
    ci.overlap = Overlap::Replace;
    ci.triggers = Triggers {
        push: vec!["main".to_owned(), "release/*".to_owned()],
        pull_request: vec!["main".to_owned()],
        paths: vec!["src/**".to_owned()],
        ignore: vec!["**/*.md".to_owned(), "docs".to_owned()],
        schedules: vec!["0 4 * * 1"],
        by_hand: true,
    };
    let mut watch = job("watch", &["production-api"]);
    watch.guard = Guard::when(State::Finished).and(Condition::Ran("production-api".to_owned()));
    let mut cd = by_hand(vec![
        only(stage("build", vec![build()]), &[deploy()]),
        only(stage("production", vec![deliver()]), &[deploy(), branches]),
        only(stage("watch", vec![watch]), &[deploy()]),
        only(stage("rollback", vec![rollback()]), &[Condition::Operation(vec!["rollback"])]),
    ]);
    cd.parameters = parameters();
    [ci, cd]
}

#[test]
fn a_plan_that_has_everything_is_rendered_for_both_hosts_of_repositories() {
    for repository in ["github", "azure-repos"] {
        let config = config(&format!("repository: {repository}\nrunners: {{ private: vnet-linux }}\n"));
        for planned in everything() {
            let body = render(&planned, &config).unwrap();
            assert!(body.is_ascii() && !body.contains('\t') && body.ends_with('\n'));
            let trailing: Vec<&str> = body.lines().filter(|line| line.ends_with(' ')).collect();
            assert!(trailing.is_empty(), "{trailing:?}");
            keep(&format!("everything-{repository}-{}", planned.id), &body);
        }
    }
}

#[test]
fn tools_and_scripts_get_what_they_are_meant_to_get() {
    let [_, cd] = everything();
    let text = render(&cd, &config("runners: { private: vnet-linux }\n")).unwrap();
    for expected in [
        "  - deployment: production_api\n",
        "      environment: shop-production\n",
        "task: ZipDeploy@0\n",
        "clean: true\n",
        "failures: '3'\n",
        "swappedAt: $(swap.swapTimestamp)\n",
        "azureSubscription: az-shop-production\n",
        "condition: and(or(failed(), canceled()), ne(variables['swap.swapTimestamp'], ''))\n",
        "SHA256: $(needs.build_api.do.sha256)\n",
        "WEBHOOK: $(team-webhook)\n",
        "artifact: package-api\n",
        "targetPath: $(System.DefaultWorkingDirectory)/dist\n",
        "pipelineId: ${{ trim(parameters.run) }}\n",
        "clean: all\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert_eq!(text.matches("- download: none\n").count(), 2);
    assert!(!text.contains("Attest") && !text.contains("Sign in"));
}
