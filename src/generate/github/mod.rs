//! GitHub Actions: a pipeline of the plan as a workflow. Nothing is decided here that the plan could decide; what is
//! here is how GitHub spells it.

mod expression;
mod extras;
mod permissions;
mod steps;
mod toolkit;
mod verify;
mod view;

pub use extras::extras;

use std::collections::{BTreeMap, HashMap, HashSet};

use minijinja::context;
use minijinja::value::Serde;

use self::expression::{Expressions, output};
use self::toolkit::Toolkit;
use super::catalog::{self, Catalog};
use super::config::{Config, RunnerKind, System};
use super::plan::{Job, Overlap, Pipeline, Plan, Service, Stage, Triggers, Value};
use super::render::{File, Scripts, templates};
use crate::report::Failure;

/// The column of the keys of a job.
const JOB: usize = 4;

/// What a pipeline is rendered with.
#[derive(Clone, Copy, Debug)]
struct Lowering<'a> {
    plan: &'a Plan,
    pipeline: &'a Pipeline,
    config: &'a Config,
    catalog: &'a Catalog,
    toolkit: Option<&'a Toolkit>,
    across: &'a Across<'a>,
}

/// What of a job depends on others, found once for all of them.
#[derive(Debug)]
struct Across<'a> {
    /// What jobs read of others: by the job that tells it, the step and the name.
    read: HashMap<&'a str, Vec<(&'a str, &'a str)>>,
    /// The jobs that run although one before them, near or far, did not.
    bearing: HashSet<&'a str>,
}

/// The workflow of a pipeline, read back and compared with the plan.
///
/// `SID0001` when our own tools are used and nobody says of which release.
pub fn workflow(plan: &Plan, pipeline: &Pipeline, config: &Config) -> Result<File, Failure> {
    let catalog = Catalog::new(config);
    let toolkit = if toolkit::is_used(pipeline) { Some(Toolkit::of(config)?) } else { None };
    let across = Across::of(pipeline);
    let lowering = Lowering { plan, pipeline, config, catalog: &catalog, toolkit: toolkit.as_ref(), across: &across };
    let path = format!(".github/workflows/{}.yml", pipeline.id);
    let body = lowering
        .text()
        .map_err(|error| Failure::bug(format!("the template of `{path}` failed")).because(format!("{error:#}")))?;
    verify::verify(&body, lowering)?;
    Ok(File { path, body })
}

impl<'a> Lowering<'a> {
    fn expressions(self) -> Expressions<'a> {
        Expressions { pipeline: self.pipeline, bearing: &self.across.bearing }
    }

    /// The whole file, job by job, so that no more than one is held besides its text.
    fn text(self) -> Result<String, minijinja::Error> {
        let workflow = minijinja::Value::from(Serde(self.workflow()));
        let mut body = templates().get_template("github/workflow.yml.j2")?.render(context! { workflow })?;
        let pins: BTreeMap<&str, String> =
            catalog::actions().filter_map(|name| Some((name, self.catalog.uses(name)?))).collect();
        let (pins, template) = (minijinja::Value::from(Serde(pins)), templates().get_template("github/job.yml.j2")?);
        let mut scripts = Scripts::of(System::GithubActions);
        for (stage, job) in self.pipeline.jobs() {
            let view = minijinja::Value::from(Serde(self.job(stage, job)?));
            let text = template.render(context! { job => view, pins => pins.clone() })?;
            scripts.put(&text, 0, &mut body).map_err(|name| steps::missing("script", &name))?;
        }
        Ok(body)
    }

    fn workflow(self) -> view::Workflow {
        let Pipeline { id, title, overlap, .. } = self.pipeline;
        let system = &self.plan.name;
        let (group, cancel) = match overlap {
            Overlap::Replace => {
                (format!("{id}-{system}-${{{{ github.event.pull_request.number || github.ref }}}}"), true)
            }
            // One run waits at most, and a newer one takes its place: so that no pull request takes that of a run that
            // changes something, each has a group of its own.
            Overlap::Wait if !self.pipeline.triggers.pull_request.is_empty() => {
                (format!("{id}-{system}-${{{{ github.event.pull_request.number || 'push' }}}}"), false)
            }
            // Neither does a release of one branch take that of another, nor wait for its approval; and a roll-back waits for
            // nobody's.
            Overlap::Wait if *id == "cd" => {
                let operation = self.expressions().text(&Value::Parameter("operation"));
                (format!("{id}-{system}-{operation}-${{{{ github.ref }}}}"), false)
            }
            Overlap::Wait => (format!("{id}-{system}"), false),
        };
        view::Workflow { title: title.clone(), run_name: self.run_name(), triggers: self.triggers(), group, cancel }
    }

    /// The name of one run: what, which operation, of which branch and commit.
    fn run_name(self) -> String {
        let operation = self.pipeline.parameters.iter().find(|parameter| parameter.id == "operation");
        let what = match operation {
            Some(parameter) => format!(" - {}", self.expressions().text(&Value::Parameter(parameter.id))),
            None => " -".to_owned(),
        };
        let (branch, commit) = (self.expressions().text(&Value::Branch), self.expressions().text(&Value::Commit));
        format!("{}{what} {branch} {commit}", self.pipeline.title)
    }

    fn triggers(self) -> view::Triggers {
        let Triggers { push, pull_request, paths, ignore, schedules, by_hand } = &self.pipeline.triggers;
        let events = [("push", push), ("pull_request", pull_request)];
        let changes = events.into_iter().filter(|(_, branches)| !branches.is_empty()).map(|(event, branches)| {
            // GitHub takes only one of the two lists; in the first one, `!` takes a path out again.
            let (paths, ignore) = if paths.is_empty() {
                (Vec::new(), ignore.clone())
            } else {
                (paths.iter().cloned().chain(ignore.iter().map(|path| format!("!{path}"))).collect(), Vec::new())
            };
            view::Changes { event, branches: branches.clone(), paths, ignore }
        });
        let inputs = self.pipeline.parameters.iter().map(|parameter| view::Input {
            id: parameter.id,
            title: parameter.title,
            choices: parameter.choices.clone(),
            default: parameter.default,
        });
        view::Triggers {
            changes: changes.collect(),
            schedules: schedules.clone(),
            by_hand: *by_hand,
            inputs: inputs.collect(),
        }
    }

    fn job(self, stage: &Stage, job: &Job) -> Result<view::Job, minijinja::Error> {
        let gate = job.environment.as_ref();
        Ok(view::Job {
            id: job.id.clone(),
            title: job.title.clone(),
            needs: job.needs.clone(),
            guard: self.expressions().job(stage, job, JOB),
            runner: self.config.runners.default.name().to_owned(),
            group: self.group(job.runner).map(str::to_owned),
            minutes: job.minutes,
            lock: job.lock.as_ref().map(|lock| format!("{}-{lock}", self.plan.name)),
            environment: gate.map(|gate| gate.name.clone()),
            url: gate.and_then(|gate| gate.url.as_ref()).map(|url| self.expressions().text(url)),
            permissions: permissions::of(job),
            outputs: self.outputs(job),
            services: job.services.iter().map(service).collect(),
            steps: job.steps.iter().filter_map(|step| self.step(job, step).transpose()).collect::<Result<_, _>>()?,
        })
    }

    /// The runner group of a job that must reach private endpoints. Without one in the config, `semantics` refuses it.
    fn group(self, kind: RunnerKind) -> Option<&'a str> {
        self.config.runners.private.as_deref().filter(|_| kind == RunnerKind::Private)
    }

    /// What other jobs read of this one, in the order of its steps.
    fn outputs(self, job: &Job) -> Vec<view::Pair> {
        let place = |step: &str| job.steps.iter().position(|each| each.id == step);
        let told = self.across.read.get(job.id.as_str()).into_iter().flatten();
        let mut read: Vec<(usize, &str, &str)> =
            told.filter_map(|(step, name)| Some((place(step)?, *step, *name))).collect();
        read.sort_unstable();
        read.dedup();
        read.into_iter()
            .map(|(_, step, name)| (output(step, name), self.expressions().text(&Value::here(step, name))))
            .collect()
    }
}

impl<'a> Across<'a> {
    fn of(pipeline: &'a Pipeline) -> Self {
        let mut read: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        for value in pipeline.jobs().flat_map(|(_, job)| job.values()).flat_map(Value::parts) {
            if let Value::Output { job: Some(job), step, name } = value {
                read.entry(job).or_default().push((step, name));
            }
        }
        Self { read, bearing: expression::bearing(pipeline) }
    }
}

fn service(service: &Service) -> view::Service {
    let Service { name, image, port, env, ready } = service;
    let health = format!("--health-cmd \"{ready}\" --health-interval 5s --health-timeout 5s --health-retries 20");
    view::Service {
        name: name.clone(),
        image: image.clone(),
        port: format!("{port}:{port}"),
        env: env.clone(),
        options: if ready.is_empty() { String::new() } else { health },
    }
}
