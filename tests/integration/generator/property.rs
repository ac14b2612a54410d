//! What holds for every valid config: both renderings say what the plan says, and nothing else moves when an app comes.

use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::TestCaseError;
use siding::generate::Project;
use siding::generate::azure_pipelines::left_out;
use siding::generate::plan::{self, Pipeline};
use siding::generate::render::File;

use super::arbitrary::{Config, config, with_another_app};
use super::defects::facts::{deploys, expands, proves, takes_back};
use super::parsed::{Job, Parsed};

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_renderings_say_what_the_plan_says(config in config(), place in any::<usize>()) {
        let (project, files) = rendered(&config)?;
        for file in &files {
            let Some(parsed) = Parsed::of_path(&file.path, &file.body) else { continue };
            prop_assert_eq!(&parsed.broken, &None, "{}", file.path);
            traps(&file.path, &file.body)?;
            let planned = project.plan.pipelines.iter().find(|pipeline| pipeline.id == parsed.name);
            same(&project, planned.unwrap(), &parsed)?;
            for (step, script) in parsed.scripts() {
                prop_assert_eq!(expands(script), None, "{} of {}", step.id, file.path);
            }
            for job in &parsed.jobs {
                safe(&config, job)?;
            }
        }
        prop_assert!(rendered(&config)?.1 == files, "two renderings differ");
        let (more, _) = rendered(&with_another_app(&config, place))?;
        unmoved(&project, &more)?;
    }
}

fn rendered(config: &Config) -> Result<(Project, Vec<File>), TestCaseError> {
    let text = serde_json::to_string_pretty(config).unwrap();
    let project = Project::read("siding.yml", text.as_bytes());
    let project =
        project.map_err(|failure| TestCaseError::fail(format!("{}: {:#?}\n{text}", failure.what, failure.causes)))?;
    let files = project.files();
    let files =
        files.map_err(|failure| TestCaseError::fail(format!("{}: {:#?}\n{text}", failure.what, failure.causes)))?;
    Ok((project, files))
}

/// The ids, needs and gates of a rendering are those of the plan.
fn same(project: &Project, planned: &Pipeline, parsed: &Parsed) -> Result<(), TestCaseError> {
    let spelled = |id: &str| if parsed.is_github() { id.to_owned() } else { id.replace('-', "_") };
    let there = |job: &&plan::Job| parsed.jobs.iter().any(|other| other.id == spelled(&job.id));
    let all: Vec<(&plan::Stage, &plan::Job)> =
        planned.stages.iter().flat_map(|stage| stage.jobs.iter().map(move |job| (stage, job))).collect();
    for (_, job) in all.iter().filter(|(_, job)| !there(job)) {
        let excused = job.steps.iter().any(|step| left_out(&step.op, project.config.repository).is_some());
        prop_assert!(!parsed.is_github() && excused, "{} is not in {}", job.id, parsed.name);
    }
    let kept: Vec<_> = all.into_iter().filter(|(_, job)| there(job)).collect();
    let ids: Vec<String> = kept.iter().map(|(_, job)| spelled(&job.id)).collect();
    prop_assert_eq!(parsed.jobs.iter().map(|job| job.id.clone()).collect::<Vec<_>>(), ids);
    for ((stage, job), read) in kept.iter().zip(&parsed.jobs) {
        let gate = job.environment.as_ref().map(|gate| gate.name.as_str()).unwrap_or_default();
        let prefix = if parsed.is_github() || gate.is_empty() { "" } else { "n-shop-" };
        prop_assert_eq!(&read.environment, &format!("{prefix}{gate}"));
        prop_assert_eq!(read.minutes, u64::from(job.minutes));
        for need in &job.needs {
            let Some((home, _)) = kept.iter().find(|(_, other)| other.id == *need) else { continue };
            let met = if parsed.is_github() || home.id == stage.id {
                read.needs.contains(&spelled(need))
            } else {
                read.stage_waits.contains(&spelled(&home.id))
            };
            prop_assert!(met, "{} does not wait for {need}", job.id);
        }
        prop_assert!(read.needs.iter().all(|need| job.needs.iter().any(|planned| spelled(planned) == *need)));
        let steps: Vec<String> = job
            .steps
            .iter()
            .filter(
                |step| if parsed.is_github() { true } else { left_out(&step.op, project.config.repository).is_none() },
            )
            .map(|step| spelled(&step.id))
            .collect();
        let read_steps: Vec<&String> = read.steps.iter().map(|step| &step.id).filter(|id| steps.contains(id)).collect();
        prop_assert_eq!(read_steps, steps.iter().collect::<Vec<_>>(), "steps of {}", job.id);
    }
    Ok(())
}

/// What is deployed where users are is proven, and taken back when that fails.
fn safe(config: &Config, job: &Job) -> Result<(), TestCaseError> {
    if !job.steps.iter().any(deploys) {
        return Ok(());
    }
    prop_assert!(!job.environment.is_empty(), "{} deploys without a gate", job.id);
    let workers =
        |(name, app): (&String, &serde_json::Value)| (app.get("role").is_some()).then(|| name.replace('-', "_"));
    let workers: Vec<String> = config["apps"].as_object().unwrap().iter().filter_map(workers).collect();
    let answers = job.steps.iter().filter(|step| deploys(step)).any(|step| {
        let id = step.id.replace('-', "_");
        !workers.iter().any(|worker| id == format!("{worker}_deploy") || id == format!("{worker}_return"))
    });
    prop_assert!(!answers || job.steps.iter().any(proves), "{} proves nothing", job.id);
    let gate = job.environment.trim_start_matches("n-shop-");
    let way = config["environments"][gate]["deploy"].as_str().unwrap_or_default();
    let by_hand = job.id.starts_with("rollback") || job.id.starts_with("contract");
    let unused = way.starts_with("slot/") || way == "ephemeral";
    prop_assert!(by_hand || unused || job.steps.iter().any(takes_back), "{} takes nothing back", job.id);
    Ok(())
}

/// Every job and step of the first is in the second, in the same order.
fn unmoved(before: &Project, after: &Project) -> Result<(), TestCaseError> {
    for pipeline in &before.plan.pipelines {
        let now = after.plan.pipelines.iter().find(|other| other.id == pipeline.id);
        let Some(now) = now else { return Err(TestCaseError::fail(format!("{} is gone", pipeline.id))) };
        for job in pipeline.stages.iter().flat_map(|stage| &stage.jobs) {
            let Some((_, other)) = now.job(&job.id) else {
                return Err(TestCaseError::fail(format!("{} of {} is gone", job.id, pipeline.id)));
            };
            let mut rest = other.steps.iter();
            for step in &job.steps {
                prop_assert!(rest.any(|candidate| candidate.id == step.id), "{} of {} moved", step.id, job.id);
            }
        }
    }
    Ok(())
}

/// Keys whose values are numbers and truths, for every reader.
const TYPED: &[&str] = &[
    "addSpnToEnvironment",
    "always",
    "autoCancel",
    "batch",
    "cancel-in-progress",
    "enableAutomaticCodeQLInstall",
    "failIfCoverageEmpty",
    "failOnStandardError",
    "failTaskOnMissingResultsFile",
    "fetch-depth",
    "fetchDepth",
    "isSkippable",
    "keepAzSessionActive",
    "persist-credentials",
    "persistCredentials",
    "retention-days",
    "timeout-minutes",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
    "visibleAzLogin",
];

/// No plain scalar of the text is anything but text to a reader of YAML 1.1, where it is not meant to be.
fn traps(path: &str, text: &str) -> Result<(), TestCaseError> {
    let found: Vec<&str> = plain_traps(text).collect();
    prop_assert!(found.is_empty(), "{path}: {found:?}");
    Ok(())
}

/// The lines with such a scalar, outside of literal blocks.
fn plain_traps(text: &str) -> impl Iterator<Item = &str> {
    let mut block: Option<usize> = None;
    text.lines().filter(move |line| {
        let indent = line.len() - line.trim_start().len();
        if block.is_some_and(|column| line.trim().is_empty() || indent > column) {
            return false;
        }
        block = None;
        let body = line.trim_start_matches([' ', '-']);
        if body.starts_with('#') || body.is_empty() {
            return false;
        }
        let (key, value) = body.split_once(": ").unwrap_or(("", body));
        let value = value.split(" #").next().unwrap_or(value).trim();
        if value.starts_with('|') || value.starts_with('>') {
            block = Some(line.len() - body.len());
        }
        !body.ends_with(':') && !TYPED.contains(&key) && is_trap(value)
    })
}

/// What YAML 1.1 takes for something else than text (yaml.org/type, 2026-08).
fn is_trap(plain: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ".nan", ".inf"];
    let number = |text: &str| {
        let digits = text.trim_start_matches(['+', '-']);
        digits.starts_with(|first: char| first.is_ascii_digit())
            && digits.chars().all(|letter| letter.is_ascii_hexdigit() || "_.:xoTZ+- ".contains(letter))
    };
    words.contains(&plain.to_ascii_lowercase().as_str()) || number(plain)
}

#[test]
fn a_trap_is_found() {
    let text = "a: yes\nb: 'yes'\nc: 3.10\nd:\n  - on\n  - run: |\n      e: no\n      f: 1\n    g: ~\nbatch: true\n";
    assert_eq!(plain_traps(text).collect::<Vec<_>>(), ["a: yes", "c: 3.10", "  - on", "    g: ~"]);
}
