//! A step of the plan as GitHub's steps.

use minijinja::{Error, ErrorKind};

use super::Lowering;
use super::view::{self, Pair};
use crate::generate::catalog;
use crate::generate::config::{Language, System};
use crate::generate::plan::{Guard, Job, Op, Reader, State, Step, ToolCall, Value};
use crate::generate::scripts;

/// The column of the keys of a step, in its own template.
const STEP: usize = 2;

/// The inputs by which our tools know whom to sign in as, and the environment's variables that hold them.
pub(super) const IDENTITY: [(&str, &str); 3] =
    [("client-id", "AZURE_CLIENT_ID"), ("tenant-id", "AZURE_TENANT_ID"), ("subscription-id", "AZURE_SUBSCRIPTION_ID")];

impl Lowering<'_> {
    /// The step for its template; nothing when it does not exist on GitHub.
    pub(super) fn step(self, job: &Job, step: &Step) -> Result<Option<view::Step>, Error> {
        if !step.op.on(System::GithubActions) {
            return Ok(None);
        }
        let env = step.env.iter().map(|(name, value)| (name.clone(), self.expressions().text(value)));
        Ok(Some(view::Step {
            template: step.op.template(),
            id: step.id.clone(),
            title: step.title.clone(),
            guard: self.expressions().step(&guard(step), STEP),
            env: env.collect(),
            op: self.op(job, &step.op)?,
        }))
    }

    fn op(self, job: &Job, op: &Op) -> Result<view::Op, Error> {
        Ok(match op {
            Op::Checkout { history } => view::Op::Checkout { depth: u8::from(!history) },
            Op::Language(language) => {
                view::Op::Language { action: format!("actions/setup-{}", language.name()), with: setup(language) }
            }
            Op::Script(script) => {
                scripts::text(script.name, System::GithubActions).ok_or_else(|| missing("script", script.name))?;
                view::Op::Script { script: script.name }
            }
            Op::Tool(call) => self.tool(job, call)?,
            Op::AzureSession => view::Op::Plain,
            Op::Kubelogin => view::Op::Kubelogin { version: catalog::KUBELOGIN },
            Op::Upload { name, path, days, reader } => {
                let name = match reader {
                    Reader::ByName => name.clone(),
                    Reader::LaterRuns => format!("{name}-${{{{ github.run_attempt }}}}"),
                };
                view::Op::Artifact { name, path: path.clone(), days: Some(*days), run: None }
            }
            Op::Download { name, to } => {
                view::Op::Artifact { name: name.clone(), path: to.clone(), days: None, run: None }
            }
            Op::DownloadFrom { name, to, run } => {
                let run = Some(self.expressions().text(run));
                view::Op::Artifact { name: name.clone(), path: to.clone(), days: None, run }
            }
            Op::Reports { name, folder, junit, coverage } => {
                let demanded = junit.is_some() || coverage.is_some();
                let missing = if demanded { "error" } else { "warn" };
                view::Op::Reports { name: name.clone(), path: folder.clone(), missing }
            }
            Op::Findings { file, category } => view::Op::Findings { file: file.clone(), category: category.clone() },
            Op::Attest { file, sbom } => view::Op::Attest { file: file.clone(), sbom: sbom.clone() },
            Op::CodeStart { language } | Op::CodeEnd { language } => {
                view::Op::Code { language, mode: build_mode(language) }
            }
        })
    }

    fn tool(self, job: &Job, call: &ToolCall) -> Result<view::Op, Error> {
        let toolkit = self.toolkit.ok_or_else(|| missing("release", "our own tools"))?;
        let text = |value: &Value| self.expressions().text(value);
        let mut with: Vec<Pair> = call.inputs.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
        if job.signs_in {
            let declared = IDENTITY.into_iter().filter(|(input, _)| call.spec.input(input).is_some());
            with.extend(declared.map(|(input, variable)| (input.to_owned(), text(&Value::Variable(variable)))));
        }
        Ok(view::Op::Tool { uses: toolkit.uses(call.spec.name), with })
    }
}

/// Reports are published whatever became of the tests: that is when somebody reads them.
fn guard(step: &Step) -> Guard {
    let mut guard = step.guard.clone();
    if matches!(step.op, Op::Reports { .. }) && guard.state == State::Succeeded {
        guard.state = State::Finished;
    }
    guard
}

/// The inputs of the action that sets a language up. Nothing is cached: what is shipped is built from what was locked.
fn setup(language: &Language) -> Vec<Pair> {
    let name = language.name();
    let mut with = vec![(format!("{name}-version"), language.version().to_owned())];
    let more = match name {
        "node" => Some(("package-manager-cache", "false")),
        "java" => Some(("distribution", "temurin")),
        "go" => Some(("cache", "false")),
        _ => None,
    };
    with.extend(more.map(|(input, value)| (input.to_owned(), value.to_owned())));
    with
}

/// Whether `CodeQL` watches the team's own build, or reads the sources as they are.
/// <https://docs.github.com/en/code-security/concepts/code-scanning/codeql/codeql-for-compiled-languages> (2026-08)
fn build_mode(language: &str) -> &'static str {
    if ["go", "swift", "c-cpp"].contains(&language) { "autobuild" } else { "none" }
}

pub(super) fn missing(what: &str, name: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("there is no {what} for `{name}`"))
}
