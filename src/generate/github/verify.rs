//! Reads a rendered workflow back and compares it with the plan. What differs is a mistake in the templates.

use std::borrow::Cow;
use std::collections::HashSet;

use super::view::{self, Pair};
use super::{Lowering, toolkit};
use crate::generate::config::System;
use crate::generate::plan::{Grant, Job, Op, Stage, Step};
use crate::generate::render::{Node, Reader, parts, simple};
use crate::generate::scripts;
use crate::report::Failure;

/// The line of a workflow behind which its jobs are, and nothing else.
const JOBS: &str = "\njobs:\n";
/// The column of the ids of jobs.
const ID: usize = 2;

/// Fails with the first place where the workflow is not what was planned.
///
/// It is read in parts, because the tree of a large one would be many times as large as its text: what stands before the
/// jobs, and job by job. Each part must be YAML by itself, and no line of a job may be further out than its id: so the
/// parts say alone what they say together.
pub(super) fn verify(text: &str, lowering: Lowering<'_>) -> Result<(), Failure> {
    let place = format!(".github/workflows/{}.yml", lowering.pipeline.id);
    Check { lowering, reader: Reader::default() }
        .workflow(text)
        .map_err(|problem| Failure::bug(format!("`{place}` is not what was planned")).because(problem))
}

/// A workflow and what it must be. Every error is a sentence that names the place.
struct Check<'a> {
    lowering: Lowering<'a>,
    reader: Reader,
}

impl Check<'_> {
    fn workflow(&mut self, text: &str) -> Result<(), String> {
        let at = text.find(JOBS).ok_or("there are no jobs")?;
        let (head, jobs) = text.split_at(at + JOBS.len());
        let head = self.reader.read(head)?;
        if !head.root().get("jobs").is_some_and(Node::is_null) {
            return Err("there is something at `jobs` before the first".to_owned());
        }
        let rights = head.root().at("permissions").pairs().map(|pairs| pairs.len());
        same("top-level permissions", &rights, &Some(0))?;
        let planned: Vec<(&Stage, &Job)> = self.lowering.pipeline.jobs().collect();
        let parts = parts(jobs, ID)?;
        let ids = parts.iter().map(|part| part.lines().next().unwrap_or_default());
        let ids: Vec<&str> = ids.map(|line| line.trim().trim_end_matches(':')).collect();
        same("jobs", &ids, &planned.iter().map(|(_, job)| job.id.as_str()).collect())?;
        let mut seen = HashSet::new();
        if let Some(id) = ids.iter().find(|id| !seen.insert(**id)) {
            return Err(format!("there is a duplicate of the job `{id}`"));
        }
        for ((stage, job), part) in planned.into_iter().zip(&parts) {
            self.part(stage, job, part).map_err(|problem| format!("job `{}`: {problem}", job.id))?;
        }
        Ok(())
    }

    /// A job with its id.
    fn part(&mut self, stage: &Stage, job: &Job, text: &str) -> Result<(), String> {
        // The id is read by itself: without it one job is built like the next.
        let (id, inner) = text.split_once('\n').unwrap_or((text, ""));
        let id = self.reader.read(id)?;
        let keys: Vec<(&str, bool)> =
            id.root().pairs().into_iter().flatten().filter_map(|(key, held)| Some((key?, held.is_null()))).collect();
        same("its id, and that nothing is beside it", &keys, &vec![(job.id.as_str(), true)])?;
        let read = self.reader.read(inner)?;
        let root = read.root();
        let view = self.lowering.job(stage, job).map_err(|error| error.to_string())?;
        compare(job, &view, root)?;
        let pins = read.lines.iter().copied().filter(|line| line.starts_with("uses: "));
        Steps { lowering: self.lowering, pins: pins.collect() }.check(job, &view, root.at("steps"))
    }
}

/// Compares what a job says but of its steps.
fn compare(job: &Job, view: &view::Job, read: Node<'_>) -> Result<(), String> {
    let needs: Vec<&str> = match read.at("needs").items() {
        Some(all) => all.filter_map(Node::as_str).collect(),
        None => read.at("needs").as_str().into_iter().collect(),
    };
    same("needs", &needs, &job.needs.iter().map(String::as_str).collect())?;
    same("if", &read.at("if").as_str(), &parsed(view.guard.as_deref()).as_deref())?;
    match &view.group {
        Some(group) => same("runs-on", &read.at("runs-on").at("group").as_str(), &Some(group.as_str()))?,
        None => same("runs-on", &read.at("runs-on").as_str(), &Some(view.runner.as_str()))?,
    }
    same("timeout-minutes", &read.at("timeout-minutes").as_u64(), &Some(job.minutes.into()))?;
    same("concurrency", &read.at("concurrency").at("group").as_str(), &view.lock.as_deref())?;
    if view.lock.is_some() && read.at("concurrency").at("cancel-in-progress").as_bool() != Some(false) {
        return Err("a newer run would cut it off".to_owned());
    }
    let gate = job.environment.as_ref().map(|gate| gate.name.as_str());
    same("environment", &read.at("environment").at("name").as_str(), &gate)?;
    same("its URL", &read.at("environment").at("url").as_str(), &view.url.as_deref())?;
    same("outputs", &pairs(read.at("outputs")), &view.outputs)?;
    if job.signs_in && gate.is_none() {
        return Err("it signs in without an environment".to_owned());
    }
    let asks = job.signs_in || job.grants.contains(&Grant::Attest);
    same("id-token", &read.at("permissions").at("id-token").as_str(), &asks.then_some("write"))?;
    session(job)
}

/// The steps of a job.
struct Steps<'a> {
    lowering: Lowering<'a>,
    /// The lines `uses: …`, with their comments.
    pins: HashSet<&'a str>,
}

impl Steps<'_> {
    fn check(&self, job: &Job, view: &view::Job, read: Node<'_>) -> Result<(), String> {
        let planned = job.steps.iter().filter(|step| step.op.on(System::GithubActions)).zip(&view.steps);
        let expected: Vec<(String, (&Step, &view::Step))> = planned.flat_map(written).collect();
        let steps = read.items().ok_or("there are no steps")?;
        let ids: Vec<&str> = steps.clone().map(|step| step.at("id").as_str().unwrap_or_default()).collect();
        same("steps", &ids, &expected.iter().map(|(id, _)| id.as_str()).collect())?;
        for ((id, (plan, view)), read) in expected.into_iter().zip(steps) {
            self.step(plan, view, read).map_err(|problem| format!("step `{id}`: {problem}"))?;
        }
        Ok(())
    }

    fn step(&self, plan: &Step, view: &view::Step, read: Node<'_>) -> Result<(), String> {
        same("if", &read.at("if").as_str(), &parsed(view.guard.as_deref()).as_deref())?;
        same("env", &pairs(read.at("env")), &view.env)?;
        match &view.op {
            view::Op::Script { script } => {
                same("run", &read.at("run").as_str(), &scripts::text(script, System::GithubActions))?;
            }
            view::Op::Tool { with, .. } | view::Op::Language { with, .. } => {
                same("with", &pairs(read.at("with")), with)?;
            }
            _ => {}
        }
        match (read.at("run").as_str(), read.at("uses").as_str()) {
            (Some(run), None) if run.contains("${{") => Err("an expression is in its script".to_owned()),
            (Some(_), None) => Ok(()),
            (None, Some(uses)) => self.uses(plan, uses, read.at("with")),
            _ => Err("it has not exactly one of `run` and `uses`".to_owned()),
        }
    }

    /// The action is pinned as the catalog says, with its version beside it, and knows all of its inputs.
    fn uses(&self, plan: &Step, uses: &str, with: Node<'_>) -> Result<(), String> {
        let name = uses.split('@').next().unwrap_or(uses);
        let mut given = with.pairs().into_iter().flatten().filter_map(|(input, _)| input);
        let (pinned, unknown) = if let Op::Tool(call) = &plan.op {
            same("action", &name, &toolkit::action(call.spec.name).as_str())?;
            let pinned = self.lowering.toolkit.map(|toolkit| toolkit.uses(call.spec.name));
            (pinned, given.find(|input| call.spec.input(input).is_none()))
        } else {
            let known = self.lowering.catalog.action(name).map_or(&[][..], |action| &action.inputs);
            (self.lowering.catalog.uses(name), given.find(|input| !known.iter().any(|each| each == input)))
        };
        if let Some(input) = unknown {
            return Err(format!("`{name}` has no input `{input}`"));
        }
        let pinned = pinned.ok_or_else(|| format!("`{name}` is not in the catalog"))?;
        // The comment is for people and for Dependabot; no reader of YAML keeps it.
        let line = format!("uses: {pinned}");
        if pinned.split(" # ").next() == Some(uses) && self.pins.contains(line.as_str()) {
            return Ok(());
        }
        Err(format!("`{uses}` is not pinned as `{pinned}`"))
    }
}

/// The YAML steps of a step, by their ids: see the template `attest`, which may write two.
fn written<'a>(step: (&'a Step, &'a view::Step)) -> Vec<(String, (&'a Step, &'a view::Step))> {
    let (Step { id, op, .. }, _) = step;
    let mut ids = vec![(id.clone(), step)];
    if let Op::Attest { sbom: Some(_), .. } = op {
        ids.push((format!("{id}-sbom"), step));
    }
    ids
}

/// A script that calls the Azure CLI comes after the step that opens a session for it: nothing else does on GitHub.
fn session(job: &Job) -> Result<(), String> {
    for step in &job.steps {
        match &step.op {
            Op::AzureSession => return Ok(()),
            Op::Script(script) if script.azure => {
                return Err(format!("step `{}` calls the Azure CLI and no step before it signs that in", step.id));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A condition as a reader of YAML sees it; nothing where it is no text.
fn parsed(guard: Option<&str>) -> Option<Cow<'_, str>> {
    match guard.map(simple)? {
        Some(text) => Some(Cow::Borrowed(text)),
        None => serde_yaml::from_str(guard?).ok().map(Cow::Owned),
    }
}

/// A mapping of texts. What a reader takes for something else than a text is missing here, and so differs.
fn pairs(mapping: Node<'_>) -> Vec<Pair> {
    let pairs = mapping.pairs().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name?.to_owned(), value.as_str()?.to_owned()))).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, read: &T, planned: &T) -> Result<(), String> {
    if read == planned { Ok(()) } else { Err(format!("{what}: {read:?} was written, {planned:?} was planned")) }
}

#[cfg(test)]
mod tests {
    use super::super::{Across, Lowering, workflow};
    use crate::generate::catalog::Catalog;
    use crate::generate::config::Config;
    use crate::generate::plan::{Grant, Job, Op, Overlap, Pipeline, Plan, Stage, State, Step, Triggers, Value};

    fn config() -> Config {
        let production = serde_json::json!({"deploy": "direct"});
        let web = serde_json::json!({"app-service": "icarus-web"});
        let config =
            serde_json::json!({"name": "icarus", "apps": {"web": web}, "environments": {"production": production}});
        serde_json::from_value(config).unwrap()
    }

    fn plan() -> Plan {
        let mut build = Job::new("build", "Build", 15);
        build.grants = vec![Grant::Attest];
        build.steps = vec![
            Step::new("checkout", "Check out", Op::Checkout { history: false }),
            Step::script("package", "Package", "commands").text("COMMANDS", "make").env("COMMIT", Value::Commit),
        ];
        let mut test = Job::new("test", "Test", 15);
        test.needs = vec!["build".to_owned()];
        test.guard.state = State::Always;
        test.lock = Some("production-web".to_owned());
        test.steps =
            vec![Step::script("try", "Try", "commands").env("SHA256", Value::of("build", "package", "sha256"))];
        let stage = Stage { id: "s".to_owned(), title: "S".to_owned(), only: Vec::new(), jobs: vec![build, test] };
        let pipeline = Pipeline {
            id: "ci",
            title: "Check".to_owned(),
            triggers: Triggers { by_hand: true, ..Triggers::default() },
            parameters: Vec::new(),
            overlap: Overlap::Replace,
            stages: vec![stage],
        };
        Plan { name: "icarus".to_owned(), pipelines: vec![pipeline] }
    }

    #[test]
    fn every_difference_is_found() {
        let (plan, config) = (plan(), config());
        let catalog = Catalog::new(&config);
        let pipeline = &plan.pipelines[0];
        let lowering = Lowering {
            plan: &plan,
            pipeline,
            config: &config,
            catalog: &catalog,
            toolkit: None,
            across: &Across::of(pipeline),
        };
        let text = workflow(&plan, pipeline, &config).unwrap().body;
        let checkout = catalog.uses("actions/checkout").unwrap();
        let (pin, tag) = checkout.split_once(" # ").unwrap();
        for (from, to) in [
            ("jobs:\n", "jobs:\n  more: {}\n"),
            ("jobs:\n", "jobs:\n  # more\n"),
            ("jobs:\n", "jobs:\n    more: {}\n"),
            ("jobs:\n", "jobs: {}\n"),
            ("jobs:\n", "job:\n"),
            ("  test:\n", "  build:\n"),
            ("  test:\n", "permissions: write-all\n  test:\n"),
            ("  test:\n", "---\n  test:\n"),
            ("    name: Test\n", "    name: Test\n    if: true\n"),
            ("\npermissions: {}\n", "\npermissions: {contents: write}\n"),
            ("    needs: build\n", ""),
            ("    if: always()\n", ""),
            ("    runs-on: ubuntu-24.04\n", "    runs-on: ubuntu-latest\n"),
            ("    timeout-minutes: 15\n", ""),
            ("    timeout-minutes: 15\n", "    timeout-minutes: 15\n    environment: {name: production}\n"),
            ("      group: icarus-production-web\n", "      group: icarus-production\n"),
            (
                "group: icarus-production-web\n      cancel-in-progress: false\n",
                "group: icarus-production-web\n      cancel-in-progress: true\n",
            ),
            ("      id-token: write # signing identity of attestations\n", ""),
            ("    permissions: {}\n", "    permissions: {id-token: write}\n"),
            ("outputs.sha256", "outputs.sha512"),
            ("        id: package\n", ""),
            ("        id: package\n", "        id: package\n        if: always()\n"),
            ("          COMMANDS: make\n", ""),
            ("          COMMANDS: make\n", "          COMMANDS: 12\n"),
            ("${{ github.sha }}\n        run:", "${{ github.actor }}\n        run:"),
            ("          set -euo pipefail\n", "          set -euo pipefail ${{ github.actor }}\n"),
            ("fetch-depth", "fetch-deep"),
            (&format!(" # {tag}"), " # v1"),
            (&format!(" # {tag}"), ""),
            (pin, "actions/checkout@v7"),
            (pin, "somebody/else@0123456789012345678901234567890123456789"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert!(super::verify(&changed, lowering).is_err(), "{from} as {to}");
        }
    }
}
