//! From the plan of a pipeline to its text: what its templates are filled with, and in which order.

use std::collections::HashSet;

use super::condition;
use super::expression::{Scope, identifier};
use super::project::Here;
use super::steps::Steps;
use super::view::{self, Pair};
use crate::generate::config::{Config, Repository, RunnerKind, System};
use crate::generate::plan::{Condition, Job, Op, Overlap, Parameter, Pipeline, Service, Stage, Triggers, Value};
use crate::generate::render::{Scripts, templates};
use crate::report::Failure;
use crate::spec::camel_case;

/// The text of a pipeline.
pub(super) fn pipeline(here: &Here<'_>, config: &Config) -> Result<String, Failure> {
    let fetched = here.planned().flat_map(|job| fetched(here, job)).collect();
    let lower = Lower { here, config, fetched: &fetched };
    let mut rendering = text("pipeline", lower.head()?)? + "\n";
    let mut scripts = Scripts::of(System::AzurePipelines);
    let mut put = |text: &str, indent: usize| {
        let missing = |name| Failure::bug(format!("{}: there is no script `{name}`", here.pipeline.id));
        scripts.put(text, indent, &mut rendering).map_err(missing)
    };
    let mut group = None;
    for stage in &here.stages {
        let when = compiled(here.pipeline, stage)?;
        if let Some(when) = when.as_deref().filter(|_| when != group) {
            put(&text("group", view::Group { when })?, 0)?;
        }
        let indent = if when.is_some() { 2 } else { 0 };
        group = when;
        let outline = here.stage(stage);
        put(&lower.stage(&outline)?, indent)?;
        let shared = condition::Shared::of(here, &outline);
        for job in here.jobs(stage) {
            put(&lower.job(&outline, &here.whole(job), &shared)?, indent + 2)?;
        }
    }
    Ok(rendering)
}

fn filters(branches: &[String], triggers: &Triggers) -> Option<view::Filters> {
    (!branches.is_empty()).then(|| view::Filters {
        branches: branches.to_vec(),
        include: triggers.paths.clone(),
        exclude: triggers.ignore.clone(),
    })
}

/// A text without a default would have to be given, and an empty one counts as none: a blank stands for it, which
/// is taken off where the parameter is read.
fn parameter(parameter: &Parameter) -> view::Parameter {
    let default = if parameter.default.is_empty() { " " } else { parameter.default };
    view::Parameter {
        name: camel_case(parameter.id),
        title: parameter.title.to_owned(),
        choices: parameter.choices.clone(),
        default: default.to_owned(),
    }
}

/// The operations for which a stage exists; nothing when it always does.
fn compiled(pipeline: &Pipeline, stage: &Stage) -> Result<Option<String>, Failure> {
    let operations: Vec<String> = stage
        .only
        .iter()
        .filter_map(|condition| match condition {
            Condition::Operation(names) => Some(condition::operation(names)),
            _ => None,
        })
        .collect();
    if !operations.is_empty() && pipeline.parameters.iter().all(|parameter| parameter.id != "operation") {
        return Err(Failure::bug(format!(
            "{}: the stage `{}` is for an operation, and there is none",
            pipeline.id, stage.id
        )));
    }
    Ok(match operations.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        several => Some(format!("and({})", several.join(", "))),
    })
}

/// The artifacts that a job gets by their names: by a step of their own, or by a script that is told the name.
fn fetched<'a>(here: &Here<'a>, job: &'a Job) -> impl Iterator<Item = &'a str> {
    here.steps(job).filter_map(|step| match &step.op {
        Op::Download { name, .. } | Op::DownloadFrom { name, .. } => Some(name.as_str()),
        _ => step.env.iter().find_map(|(variable, value)| match value {
            Value::Text(name) if variable == "ARTIFACT" => Some(name.as_str()),
            _ => None,
        }),
    })
}

/// The name of a container: of its image without the digest, so that different versions are different.
fn container(service: &Service) -> String {
    let image = service.image.split('@').next().unwrap_or(&service.image);
    image.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

fn containers(here: &Here<'_>) -> Result<Vec<view::Container>, Failure> {
    let mut known: Vec<(&Service, view::Container)> = Vec::new();
    for service in here.planned().flat_map(|job| &job.services) {
        let name = container(service);
        if let Some((other, _)) = known.iter().find(|(_, container)| container.name == name) {
            if (&other.image, other.port, &other.env) != (&service.image, service.port, &service.env) {
                return Err(Failure::bug(format!("{}: there are two kinds of the service `{name}`", here.pipeline.id)));
            }
            continue;
        }
        let pair = |(name, value): &(&str, &str)| Pair { name: (*name).to_owned(), value: (*value).to_owned() };
        let view = view::Container {
            name,
            image: service.image.clone(),
            port: format!("{0}:{0}", service.port),
            env: service.env.iter().map(pair).collect(),
        };
        known.push((service, view));
    }
    Ok(known.into_iter().map(|(_, container)| container).collect())
}

struct Lower<'a> {
    here: &'a Here<'a>,
    config: &'a Config,
    fetched: &'a HashSet<&'a str>,
}

impl Lower<'_> {
    fn head(&self) -> Result<view::Pipeline, Failure> {
        let Pipeline { triggers, overlap, parameters, .. } = self.here.pipeline;
        // Azure Repos has no `pr:`; a branch policy builds its pull requests.
        let is_github = self.config.repository == Repository::Github;
        let pull_requests = if is_github { triggers.pull_request.as_slice() } else { &[] };
        Ok(view::Pipeline {
            trigger: filters(&triggers.push, triggers),
            pr: filters(pull_requests, triggers),
            auto_cancel: *overlap == Overlap::Replace,
            schedules: triggers.schedules.clone(),
            release: self.config.branches.release.clone(),
            lock: if *overlap == Overlap::Wait { "sequential" } else { "runLatest" },
            parameters: parameters.iter().map(parameter).collect(),
            containers: containers(self.here)?,
        })
    }

    fn stage(&self, stage: &Stage) -> Result<String, Failure> {
        let needed = condition::needed_stages(self.here, stage);
        let view = view::Stage {
            id: identifier(&stage.id),
            title: stage.title.clone(),
            depends_on: needed.into_iter().map(|before| identifier(&before.id)).collect(),
            condition: condition::of_stage(self.here, stage)?,
            gated: stage.jobs.iter().any(|job| job.environment.is_some()),
        };
        text("stage", view)
    }

    fn job(&self, stage: &Stage, job: &Job, shared: &condition::Shared<'_>) -> Result<String, Failure> {
        let scope = Scope::new(self.here, stage, job);
        let environment = job.environment.as_ref().map(|gate| format!("{}-{}", self.config.name, gate.name));
        let connection = environment.as_ref().filter(|_| job.signs_in).map(|name| format!("az-{name}"));
        if job.signs_in && connection.is_none() {
            return Err(scope.bug("it signs in, which needs an environment"));
        }
        let private_pool = match job.runner {
            RunnerKind::Default => None,
            RunnerKind::Private => {
                let pool = self.config.runners.private.clone();
                Some(pool.ok_or_else(|| scope.bug("it runs on the private pool, which has no name"))?)
            }
        };
        let mut lower = Steps { config: self.config, scope, connection, fetched: self.fetched };
        let condition = condition::of_job(&mut lower.scope, shared)?;
        let mut steps = Vec::new();
        for step in &job.steps {
            let (common, op) = lower.lower(step)?;
            steps.push(text(&format!("ops/{}", step.op.template()), view::Filled { step: common, op })?);
        }
        let is_secret = |value: &Value| matches!(value, Value::Secret(_));
        let has_secrets = job.values().flat_map(Value::parts).any(is_secret);
        if has_secrets && environment.is_none() {
            return Err(lower.scope.bug("it has a secret, which needs an environment"));
        }
        let within = |need: &&String| self.here.is_in(need, stage);
        let services = job.services.iter();
        let view = view::Job {
            id: identifier(&job.id),
            title: job.title.clone(),
            depends_on: job.needs.iter().filter(within).map(|id| identifier(id)).collect(),
            condition,
            minutes: job.minutes,
            image: self.config.runners.default.name(),
            private_pool,
            group: environment.clone().filter(|_| has_secrets),
            environment,
            variables: lower.scope.variables.into_iter().map(|(name, value)| Pair { name, value }).collect(),
            services: services.map(|one| Pair { name: one.name.clone(), value: container(one) }).collect(),
            checks_out: job.steps.iter().any(|step| matches!(step.op, Op::Checkout { .. })),
            steps,
        };
        text("job", view)
    }
}

/// A template of `templates/azure-pipelines`, filled; without the line break at its end.
pub(super) fn text(name: &str, view: impl serde::Serialize) -> Result<String, Failure> {
    let trouble =
        |error: minijinja::Error| Failure::bug(format!("the template `{name}` for Azure Pipelines: {error:#}"));
    let template = templates().get_template(&format!("azure-pipelines/{name}.yml.j2")).map_err(trouble)?;
    let text = template.render(minijinja::value::Serde(view)).map_err(trouble)?;
    Ok(text.trim_end_matches('\n').to_owned())
}
