//! The outline of a rendered pipeline for people who review it: what runs, when, as whom, with which values. Scripts are
//! told by their names, pins and hashes not at all: they have tests of their own, and change often.

use std::fmt::Write as _;

use serde_yaml::Value as Yaml;
use siding::generate::config::System;
use siding::generate::scripts;

use super::parsed::{Job, Parsed, Step, items, list, pairs_of, scalar};

/// Values that do not fit into a line of this many characters go on in the next.
const WIDTH: usize = 120;

/// Inputs that every session of the Azure CLI and every tool has in common, and the pins of downloads.
const LEFT_OUT: [&str; 10] = [
    "scriptType",
    "scriptLocation",
    "visibleAzLogin",
    "addSpnToEnvironment",
    "failOnStandardError",
    "client-id",
    "tenant-id",
    "subscription-id",
    "URL",
    "SHA256",
];

/// All of a file.
pub(crate) fn outline(file: &Parsed) -> String {
    let mut out = format!("{} of {}\n", file.name, if file.is_github() { "GitHub Actions" } else { "Azure Pipelines" });
    head(&mut out, file);
    let mut stage = None;
    for job in &file.jobs {
        if !job.stage.is_empty() && stage != Some(&job.stage) {
            stage = Some(&job.stage);
            write_stage(&mut out, job);
        }
        write_job(&mut out, job, file.system);
    }
    out
}

fn head(out: &mut String, file: &Parsed) {
    let yaml = &file.yaml;
    if file.is_github() {
        for (event, filters) in pairs_of(&yaml["on"]) {
            let told = match event.as_str() {
                Some("workflow_dispatch") => pairs_of(&filters["inputs"])
                    .map(|(name, input)| format!("{}{}", scalar(name), choices(&input["options"])))
                    .collect(),
                Some("schedule") => items(filters).map(|one| scalar(&one["cron"])).collect(),
                _ => filter(filters, "branches", ("paths", "paths-ignore")),
            };
            line(out, &format!("  on {}: ", scalar(event)), &told.join(", "));
        }
        let cancels = yaml["concurrency"]["cancel-in-progress"].as_bool() == Some(true);
        let word = if cancels { "replaces the older run of" } else { "waits for" };
        line(out, &format!("  {word} "), &scalar(&yaml["concurrency"]["group"]));
        return;
    }
    for event in ["trigger", "pr"] {
        let told = match &yaml[event] {
            Yaml::String(text) => text.clone(),
            filters => {
                let mut told = list(&filters["branches"]["include"]);
                told.extend(list(&filters["paths"]["include"]).iter().map(|path| format!("only {path}")));
                told.extend(list(&filters["paths"]["exclude"]).iter().map(|path| format!("not {path}")));
                told.join(", ")
            }
        };
        line(out, &format!("  on {event}: "), &told);
    }
    for schedule in items(&yaml["schedules"]) {
        line(out, "  on schedule: ", &scalar(&schedule["cron"]));
    }
    let told: Vec<String> = items(&yaml["parameters"])
        .map(|parameter| format!("{}{}", scalar(&parameter["name"]), choices(&parameter["values"])))
        .collect();
    line(out, "  parameters: ", &told.join(", "));
    line(out, "  lock: ", &scalar(&yaml["lockBehavior"]));
    for container in items(&yaml["resources"]["containers"]) {
        let image = scalar(&container["image"]);
        line(out, "  container ", &format!("{} = {}", scalar(&container["container"]), shown(&image)));
    }
}

fn filter(filters: &Yaml, branches: &str, (only, not): (&str, &str)) -> Vec<String> {
    let mut told = list(&filters[branches]);
    told.extend(list(&filters[only]).iter().map(|path| format!("only {path}")));
    told.extend(list(&filters[not]).iter().map(|path| format!("not {path}")));
    told
}

fn choices(all: &Yaml) -> String {
    let all = list(all);
    if all.is_empty() { String::new() } else { format!(" ({})", all.join(" | ")) }
}

fn write_stage(out: &mut String, job: &Job) {
    let waits = if job.stage_waits.is_empty() { "nothing".to_owned() } else { job.stage_waits.join(", ") };
    let skippable = if job.skippable { "" } else { ", cannot be skipped" };
    let _ = writeln!(out, "\nstage {} after {waits}{skippable}", job.stage);
    line(out, "  exists if: ", &job.compiled);
    line(out, "  if: ", &job.stage_condition);
    line(out, "  lock: ", &job.lock);
}

fn write_job(out: &mut String, job: &Job, system: System) {
    let _ = writeln!(out, "\njob {}: {}", job.id, job.title);
    line(out, "  after: ", &job.needs.join(", "));
    line(out, "  if: ", &job.condition);
    line(out, "  gate: ", &job.environment);
    line(out, "  url: ", &job.url);
    let rights: Vec<String> = job.rights.iter().map(|(name, value)| format!("{name} {value}")).collect();
    line(out, "  may: ", &rights.join(", "));
    line(out, "  on: ", &format!("{}, {} min", job.runner, job.minutes));
    line(out, "  beside: ", &job.services.join(", "));
    let word = if system == System::GithubActions { "  tells: " } else { "  reads: " };
    let names: Vec<&str> = job.variables.iter().map(|(name, _)| name.as_str()).collect();
    line(out, word, &names.join(", "));
    let fetches_nothing = |step: &&Step| step.value("download") == "none";
    for step in job.steps.iter().filter(|step| !fetches_nothing(step)) {
        write_step(out, step, system);
    }
}

fn write_step(out: &mut String, step: &Step, system: System) {
    let id = if step.id.is_empty() { "-" } else { &step.id };
    let _ = write!(out, "  - {id}: {}", kind(step, system));
    let before = if step.condition.is_empty() { "" } else { "  if " };
    let _ = writeln!(out, "{before}{}", step.condition);
    let is_shown = |(name, value): &&(String, String)| {
        // `URL` is also where a smoke test goes.
        !LEFT_OUT.contains(&name.as_str()) || name == "URL" && !value.contains("/releases/")
    };
    let values =
        step.with.iter().chain(&step.env).filter(is_shown).map(|(name, value)| format!("{name} = {}", shown(value)));
    // As many as fit into each line.
    let mut together = String::new();
    for value in values {
        if !together.is_empty() && together.len() + value.len() + 8 > WIDTH {
            line(out, "      ", &together);
            together.clear();
        }
        together.push_str(if together.is_empty() { "" } else { ", " });
        together.push_str(&value);
    }
    line(out, "      ", &together);
}

/// The name of the script or task.
fn kind(step: &Step, system: System) -> String {
    let Some(script) = &step.script else { return step.kind.clone() };
    let name = scripts::names().into_iter().find(|name| scripts::text(name, system) == Some(script.as_str()));
    let name = name.map_or_else(|| "a script of nobody".to_owned(), |name| format!("{name}.sh"));
    if step.kind == "script" { name } else { format!("{name} in {}", step.kind) }
}

/// A value in one line, without hashes.
fn shown(value: &str) -> String {
    let is_hash = |word: &str| word.len() >= 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lines: Vec<String> = value
        .lines()
        .map(|line| {
            let parts = line.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric());
            parts
                .map(|part| {
                    let word = part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
                    if is_hash(word) { part.replace(word, "…") } else { part.to_owned() }
                })
                .collect()
        })
        .collect();
    lines.join(" / ")
}

/// A line, unless it says nothing.
fn line(out: &mut String, before: &str, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(out, "{before}{}", text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}
