//! Plans that are made by hand: what the planner makes of a config is not the question here.

use siding::generate::config::{Config, RunnerKind};
use siding::generate::plan::{
    Condition, Gate, Grant, Guard, Job, Op, Overlap, Parameter, Pipeline, Plan, Reader, Service, Stage, State, Step,
    ToolCall, Triggers, Value,
};
use siding::tools::{kv_sync, oidc_login, slot_swap, smoke_test, zip_deploy};

/// A config with our tools pinned.
pub(crate) fn config() -> Config {
    serde_json::from_value(serde_json::json!({
        "name": "icarus",
        "toolkit": {"version": "0.1.0", "commit": "0123456789012345678901234567890123456789"},
        "language": {"python": "3.12"},
        "apps": {"web": {"app-service": "icarus-web"}, "page": {"static-web-app": "icarus", "path": "page", "language": {"node": "24"}}},
        "environments": {"production": {"deploy": "swap/staging"}},
    }))
    .unwrap()
}

/// A plan of these pipelines.
pub(crate) fn plan(pipelines: Vec<Pipeline>) -> Plan {
    Plan { name: "icarus".to_owned(), pipelines }
}

/// A pipeline of one stage.
pub(crate) fn small(jobs: Vec<Job>) -> Pipeline {
    Pipeline {
        id: "ci",
        title: "Check icarus".to_owned(),
        triggers: Triggers { push: vec!["main".to_owned()], ..Triggers::default() },
        parameters: Vec::new(),
        overlap: Overlap::Replace,
        stages: vec![stage("checks", Vec::new(), jobs)],
    }
}

pub(crate) fn stage(id: &str, only: Vec<Condition>, jobs: Vec<Job>) -> Stage {
    Stage { id: id.to_owned(), title: id.to_owned(), only, jobs }
}

pub(crate) fn job(id: &str, needs: &[&str], steps: Vec<Step>) -> Job {
    let mut job = Job::new(id, format!("Do {id}"), 15);
    job.needs = needs.iter().map(|need| (*need).to_owned()).collect();
    job.steps = steps;
    job
}

fn language(id: &str, name: &str, version: &str) -> Step {
    let language = serde_json::from_value(serde_json::json!({name: version})).unwrap();
    Step::new(id, format!("Set up {name}"), Op::Language(language))
}

fn tool(id: &str, spec: &'static siding::spec::ToolSpec, inputs: Vec<(&'static str, Value)>) -> Step {
    Step::new(id, format!("Run {}", spec.name), Op::Tool(ToolCall { spec, inputs }))
}

pub(crate) fn commands(id: &str, lines: &str) -> Step {
    Step::script(id, format!("Do {id}"), "commands").text("COMMANDS", lines)
}

pub(crate) fn checkout() -> Step {
    Step::new("checkout", "Check out", Op::Checkout { history: false })
}

/// A pipeline of checks that uses every operation that needs no environment.
pub(crate) fn checks() -> Pipeline {
    let mut tests = job("tests", &[], vec![checkout(), language("python", "python", "3.12")]);
    tests.steps.push(language("node", "node", "24"));
    tests.steps.push(language("dotnet", "dotnet", "10.0"));
    tests.steps.push(language("java", "java", "21"));
    tests.steps.push(language("go", "go", "1.26"));
    tests.steps.push(commands("unit", "pytest -m \"not integration\"\nruff check ."));
    let reports = Op::Reports {
        name: "reports".to_owned(),
        folder: "reports".to_owned(),
        junit: Some("reports/unit.xml".to_owned()),
        coverage: None,
    };
    tests.steps.push(Step::new("reports", "Publish the reports", reports));
    tests.services.push(Service {
        name: "postgres".to_owned(),
        image: format!("postgres:16@sha256:{}", "a3b7f434".repeat(8)),
        port: 5432,
        env: vec![("POSTGRES_PASSWORD", "throw-away"), ("POSTGRES_DB", "test")],
        ready: "pg_isready --username postgres",
    });
    let history = Step::new("checkout", "Check out with history", Op::Checkout { history: true });
    let mut scans =
        job("scans", &[], vec![history, Step::new("watch", "Watch the build", Op::CodeStart { language: "python" })]);
    scans.grants = vec![Grant::Findings];
    scans.steps.push(Step::new("analyse", "Analyse", Op::CodeEnd { language: "python" }));
    let findings = Op::Findings { file: "reports/trivy.sarif".to_owned(), category: "trivy".to_owned() };
    let published = Guard::when(State::Finished).and(Condition::NotPullRequest);
    scans.steps.push(Step::new("findings", "Publish findings", findings).when(published));
    let differences = commands("differences", "true").env("BASE", Value::Base).env("BRANCH", Value::Branch);
    scans.steps.push(differences);
    let mut summary = job(
        "summary",
        &["tests", "scans"],
        vec![
            commands("results", "true").env("RESULTS", Value::Results(vec![("tests".to_owned(), "tests".to_owned())])),
        ],
    );
    summary.guard = Guard::when(State::Always);
    let mut pipeline = small(vec![tests, scans, summary]);
    pipeline.triggers = Triggers {
        push: vec!["main".to_owned(), "release/*".to_owned()],
        pull_request: vec!["main".to_owned()],
        paths: Vec::new(),
        ignore: vec!["docs/**".to_owned(), "**/*.md".to_owned()],
        schedules: vec!["17 4 * * 1"],
        by_hand: true,
    };
    pipeline
}

/// A delivery that uses every operation that the checks do not.
pub(crate) fn delivery() -> Pipeline {
    let deploys = || vec![Condition::Operation(vec!["deploy", "contract"])];
    let branches = Condition::Branch(vec!["main".to_owned(), "hotfix/*".to_owned()]);
    let stages = vec![
        stage("build", deploys(), vec![build()]),
        stage("staging", deploys(), vec![staging()]),
        stage("production", vec![Condition::Operation(vec!["deploy"]), branches], vec![production()]),
        stage("rollback", vec![Condition::Operation(vec!["rollback"])], vec![rollback()]),
        stage("after", deploys(), vec![after()]),
    ];
    let choices = vec!["deploy", "rollback", "contract"];
    Pipeline {
        id: "cd",
        title: "Deliver icarus".to_owned(),
        triggers: Triggers { push: vec!["main".to_owned()], by_hand: true, ..Triggers::default() },
        parameters: vec![
            Parameter { id: "operation", title: "What to do", choices, default: "deploy" },
            Parameter { id: "run", title: "rollback: the number of the run", choices: Vec::new(), default: "" },
            Parameter { id: "swapped-at", title: "rollback: when it was swapped", choices: Vec::new(), default: "" },
        ],
        overlap: Overlap::Wait,
        stages,
    }
}

fn build() -> Job {
    let mut build = job("build-web", &[], vec![checkout(), commands("package", "make package")]);
    build.grants = vec![Grant::Attest];
    let attest = Op::Attest { file: "dist/web.zip".to_owned(), sbom: Some("dist/web.sbom.json".to_owned()) };
    build.steps.push(Step::new("attest", "Attest where it came from", attest));
    let upload =
        Op::Upload { name: "package-web".to_owned(), path: "dist".to_owned(), days: 30, reader: Reader::ByName };
    build.steps.push(Step::new("upload", "Keep the package", upload));
    build
}

fn download() -> Step {
    let op = Op::Download { name: "package-web".to_owned(), to: "dist".to_owned() };
    Step::new("download", "Get the package", op)
}

fn staging() -> Job {
    let mut staging = job("staging-web", &["build-web"], vec![download()]);
    staging.signs_in = true;
    staging.runner = RunnerKind::Private;
    staging.environment = Some(Gate { name: "staging".to_owned(), url: Some(Value::here("web-deploy", "webapp-url")) });
    let verify = commands("verify", "true").env("EXPECTED", Value::of("build-web", "package", "sha256"));
    staging.steps.push(verify);
    let secrets =
        vec![("vault", Value::text("icarus-kv")), ("secrets", Value::text("A=a")), ("to", Value::text("output"))];
    staging.steps.push(tool("web-secret", &kv_sync::SPEC, secrets));
    let migrate =
        commands("web-migrate", "alembic upgrade head").env("DATABASE_URL", Value::here("web-secret", "secret"));
    staging.steps.push(migrate);
    let inputs = vec![
        ("package", Value::text("dist/web.zip")),
        ("app-name", Value::text("icarus-web")),
        ("slot-name", Value::text("staging")),
    ];
    staging.steps.push(tool("web-deploy", &zip_deploy::SPEC, inputs));
    let version = Value::Joined(vec![Value::text("/health\n/version json:/commit="), Value::Commit]);
    staging.steps.push(tool(
        "web-prove",
        &smoke_test::SPEC,
        vec![("app-name", Value::text("icarus-web")), ("checks", version)],
    ));
    staging
}

fn production() -> Job {
    let mut production = job("production-web", &["staging-web", "build-web"], Vec::new());
    production.signs_in = true;
    production.environment =
        Some(Gate { name: "production".to_owned(), url: Some(Value::text("https://chat.icarus.com")) });
    production.steps.push(tool("sign-in", &oidc_login::SPEC, Vec::new()));
    production.steps.push(Step::new("azure-session", "Sign the Azure CLI in", Op::AzureSession));
    production.steps.push(Step::azure("cli", "Ask the Azure CLI", "commands").text("COMMANDS", "az account show"));
    production.steps.push(tool(
        "web-swap",
        &slot_swap::SPEC,
        vec![("app-name", Value::text("icarus-web")), ("slot-name", Value::text("staging"))],
    ));
    let swapped = Value::here("web-swap", "swap-timestamp");
    let undo = vec![
        ("app-name", Value::text("icarus-web")),
        ("slot-name", Value::text("staging")),
        ("action", Value::text("rollback")),
        ("swapped-at", swapped.clone()),
    ];
    let undo = tool("web-undo", &slot_swap::SPEC, undo);
    production.steps.push(undo.when(Guard::when(State::Failed).and(Condition::Given(swapped))));
    let told = commands("notify", "true").env("WEBHOOK", Value::Secret("release-webhook".to_owned()));
    let told = told.env("URL", Value::RunUrl).env("ACTOR", Value::Actor).env("RUN", Value::RunId);
    production.steps.push(told.when(Guard::when(State::Finished)));
    production
}

fn rollback() -> Job {
    let op = Op::DownloadFrom { name: "package-web".to_owned(), to: "dist".to_owned(), run: Value::Parameter("run") };
    let mut rollback = job("rollback-web", &[], vec![Step::new("download", "Get the earlier package", op)]);
    rollback.grants = vec![Grant::ReadRuns];
    rollback.signs_in = true;
    rollback.environment = Some(Gate { name: "production".to_owned(), url: None });
    let ask = commands("ask", "true").env("GH_TOKEN", Value::Token).env("OPERATION", Value::Parameter("operation"));
    rollback
        .steps
        .push(ask.when(Guard::default().and(Condition::Is(Value::Parameter("operation"), "rollback".to_owned()))));
    let undo = vec![
        ("app-name", Value::text("icarus-web")),
        ("slot-name", Value::text("staging")),
        ("swapped-at", Value::Parameter("swapped-at")),
    ];
    rollback.steps.push(tool("web-undo", &slot_swap::SPEC, undo));
    rollback
}

/// Runs although production may have been skipped, and is itself before nothing.
fn after() -> Job {
    let mut after = job("tell", &["staging-web", "production-web"], vec![commands("tell", "true")]);
    after.guard = Guard::default()
        .and(Condition::PassedOrSkipped("production-web".to_owned()))
        .and(Condition::Ran("staging-web".to_owned()));
    after
}
