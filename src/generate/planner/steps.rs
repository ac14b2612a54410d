//! Steps that several pipelines share.

use super::System;
use crate::generate::config::{App, Language, Load};
use crate::generate::plan::{Guard, Op, Reader, Scripted, Step, ToolCall, Value};
use crate::spec::ToolSpec;

/// Check out the commit.
pub(super) fn checkout() -> Step {
    Step::new("checkout", "Check out", Op::Checkout { history: false })
}

/// Check out with the history.
pub(super) fn checkout_history() -> Step {
    Step::new("checkout", "Check out with history", Op::Checkout { history: true })
}

/// The language's tools, and its locked dependencies in `directory`.
pub(super) fn dependencies(system: System<'_>, language: Option<&Language>, directory: &str) -> Vec<Step> {
    let Some(language) = language else { return Vec::new() };
    let install = match language.name() {
        "python" => {
            let locks: Vec<&str> = language.locks.iter().map(AsRef::as_ref).collect();
            let uv =
                if locks.iter().any(|lock| lock.ends_with("uv.lock")) { system.catalog.uv() } else { String::new() };
            Step::script("install", "Install the locked dependencies", "install-python")
                .text("LOCKS", locks.join(" "))
                .text("UV_REQUIREMENT", uv)
        }
        "node" => Step::script("install", "Install the locked dependencies", "install-node"),
        "dotnet" => Step::script("install", "Restore the locked dependencies", "install-dotnet"),
        "java" => Step::script("install", "Fetch the dependencies", "install-java"),
        _ => Step::script("install", "Fetch the locked dependencies", "install-go"),
    };
    vec![
        Step::new("language", format!("Set up {}", language.title()), Op::Language(language.clone())),
        install.inside(directory),
    ]
}

/// The team's own commands.
pub(super) fn commands(
    id: impl Into<String>,
    title: impl Into<String>,
    lines: &[impl AsRef<str>],
    directory: &str,
) -> Step {
    let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    Step::script(id, title, "commands").text("COMMANDS", lines.join("\n")).inside(directory)
}

/// A tool that others did not write: downloaded by its version, checked by its hash.
pub(super) fn fetch(system: System<'_>, name: &'static str) -> Step {
    let tool = system.catalog.tool(name);
    Step::script(name, format!("Fetch {name} {}", tool.version), "fetch-tool")
        .text("NAME", name)
        .text("VERSION", tool.version)
        .text("URL", tool.url)
        .text("SHA256", tool.sha256)
        .text("MEMBER", tool.member)
}

/// One of our tools. The inputs are those of its declaration; an unknown one is a mistake of ours that `verify` finds.
pub(super) fn tool(
    id: impl Into<String>,
    title: impl Into<String>,
    spec: &'static ToolSpec,
    inputs: Vec<(&'static str, Value)>,
) -> Step {
    Step::new(id, title, Op::Tool(ToolCall { spec, inputs }))
}

/// The name of an app's package and its file.
pub(super) fn package_file(app: &str) -> String {
    format!("dist/{app}.zip")
}

/// The app whose package this one runs: itself, or the one that it is the same as.
pub(super) fn package_of<'a>(name: &'a str, app: &'a App) -> &'a str {
    app.same_as.as_deref().unwrap_or(name)
}

/// Minutes of a duration in the config, rounded up.
pub(super) fn minutes(text: &str) -> u16 {
    let seconds = crate::spec::parse_duration(text).map_or(0, |time| time.as_secs());
    u16::try_from(seconds.div_ceil(60)).unwrap_or(u16::MAX)
}

/// Seconds of a duration in the config.
pub(super) fn seconds(text: &str) -> u64 {
    crate::spec::parse_duration(text).map_or(0, |time| time.as_secs())
}

/// A load test and its verdict, in the job that tests a release. Where the last good run is compared with, its figures come
/// before and those of this run are kept after.
/// `branches` are those that reach this environment.
pub(super) fn load(load: &Load, url: Value, release: &str, branches: &[&str]) -> Vec<Step> {
    let command = format!(
        "locust -f {} --headless --users {} --spawn-rate {} --run-time {}s --csv reports/load --html reports/load.html",
        load.locust,
        load.users,
        load.users.div_ceil(10),
        seconds(&load.time),
    );
    let p95 = crate::spec::parse_duration(&load.p95).map_or(0, |time| time.as_millis());
    let failures = crate::generate::config::percent(&load.failures).unwrap_or_default();
    let verdict = Step::script("load-verdict", "Compare with the limits", "load-verdict")
        .text("STATS", "reports/load_stats.csv")
        .text("P95_MS", p95.to_string())
        .text("FAILURES_PERCENT", failures.to_string());
    let mut steps = vec![
        // Locust ends with 1 as soon as one request failed; how many are borne is decided by the limits below.
        commands("load", "Load it", &[command], ".").env("LOCUST_HOST", url).text("LOCUST_EXIT_CODE_ON_ERROR", "0"),
    ];
    let Some(more) = load.baseline.as_deref().and_then(crate::generate::config::percent) else {
        steps.push(verdict);
        return steps;
    };
    let artifact = format!("load-{release}");
    let previous = Step::script("load-previous", "Get the figures of the last good run", "load-previous");
    let previous = previous.env("TOKEN", Value::Token).text("WORKFLOW", "cd.yml").text("ARTIFACT", &artifact);
    steps.insert(0, previous.text("BRANCHES", branches.join("\n")).text("DIRECTORY", "load-previous"));
    let verdict = verdict.text("BASELINE", "load-previous/figures.json").text("BASELINE_PERCENT", more.to_string());
    steps.push(verdict.text("FIGURES", "load/figures.json"));
    let keep = Op::Upload { name: artifact, path: "load".to_owned(), days: 90, reader: Reader::LaterRuns };
    steps.push(Step::new("load-keep", "Keep the figures for later runs", keep));
    steps
}

/// What scripts need before them: a session of the Azure CLI before the first that calls `az`, kubelogin before the first
/// that talks to a cluster.
pub(super) fn prepare(steps: &mut Vec<Step>) {
    let first = |steps: &[Step], wanted: fn(&Scripted) -> bool| {
        steps.iter().position(|step| matches!(&step.op, Op::Script(script) if wanted(script)))
    };
    if let Some(place) = first(steps, |script| script.azure) {
        let session = Step::new("azure-session", "Sign the Azure CLI in", Op::AzureSession);
        // What runs after a failure only finds no session of a step that waits for success.
        let guard = Guard::when(steps[place].guard.state);
        steps.insert(place, session.when(guard));
    }
    if let Some(place) = first(steps, |script| script.name.starts_with("k8s-") || script.name == "scan-running") {
        steps.insert(place, Step::new("kubelogin", "Set up kubelogin", Op::Kubelogin));
    }
}
