//! Steps of the plan as steps of Azure Pipelines.

use std::collections::HashSet;

use super::condition;
use super::expression::{Scope, identifier};
use super::view::{Input, Op as View, Pair, Part, Step as Common};
use crate::generate::catalog;
use crate::generate::config::{Config, Language, System};
use crate::generate::plan::{Guard, Op, Reader, Scripted, State, Step, ToolCall, Value};
use crate::generate::scripts;
use crate::report::Failure;
use crate::spec::{Kind, camel_case, pascal_case};

/// Steps work here; relative paths of tasks would begin elsewhere.
const HERE: &str = "$(System.DefaultWorkingDirectory)";

/// The beginnings of the names of scripts that run code of the team or of packages and hand nothing on by commands to the
/// agent: what that code prints cannot set variables, or upload files, either.
const RESTRICTED: [&str; 3] = ["commands", "install-", "migrate"];
/// Scripts that watch for as long as the team likes. The assertion that `AzureCLI@2` signs in with ends after ten minutes,
/// and no new token is got with it then (AADSTS700024); the task can renew it
/// (learn.microsoft.com/azure/devops/pipelines/tasks/reference/azure-cli-v2, 2026-08).
const LONG: [&str; 3] = ["k8s-blue-green", "k8s-canary", "k8s-watch"];

/// What is the same for all steps of a job.
pub(super) struct Steps<'a, 'p> {
    pub(super) config: &'a Config,
    pub(super) scope: Scope<'p>,
    /// The service connection that the job signs in with.
    pub(super) connection: Option<String>,
    /// The artifacts that some job of the pipeline gets by their names.
    pub(super) fetched: &'a HashSet<&'a str>,
}

impl Steps<'_, '_> {
    /// What every step has, and what its template is filled with.
    pub(super) fn lower(&mut self, step: &Step) -> Result<(Common, View), Failure> {
        let always = matches!(step.op, Op::Reports { .. } | Op::Findings { .. });
        // Reports are published also when the tests failed: that is when they are needed.
        let guard = match step.guard.state {
            State::Succeeded if always => Guard { state: State::Finished, all: step.guard.all.clone() },
            _ => step.guard.clone(),
        };
        let mut env = Vec::new();
        for (name, value) in step.env.iter().filter(|(_, value)| !is_identity(value)) {
            env.push(Pair { name: name.clone(), value: self.scope.text(value)? });
        }
        if is_terraform(&step.op) && step.env.iter().all(|(name, _)| name != "SYSTEM_ACCESSTOKEN") {
            // Terraform asks for its own assertions, again and again while it works.
            env.push(Pair { name: "SYSTEM_ACCESSTOKEN".to_owned(), value: "$(System.AccessToken)".to_owned() });
        }
        let common = Common {
            name: identifier(&step.id),
            title: step.title.clone(),
            condition: condition::of_step(&mut self.scope, &guard)?,
            env,
        };
        let view = self.op(step, &common)?;
        Ok((common, view))
    }

    fn op(&mut self, step: &Step, common: &Common) -> Result<View, Failure> {
        Ok(match &step.op {
            Op::Checkout { history } => View::Checkout { depth: u8::from(!history) },
            Op::Language(language) => language_task(language),
            Op::Script(script) => self.script(step, script)?,
            Op::Tool(call) => self.tool(step, call)?,
            Op::Upload { name, path, reader: Reader::LaterRuns, .. } => {
                View::Upload { path: path.clone(), artifact: of_attempt(name) }
            }
            Op::Upload { name, path, .. } => View::Upload { path: path.clone(), artifact: self.artifact(name) },
            Op::Download { name, to } => View::Download { artifact: name.clone(), to: inside(to), run: None },
            Op::DownloadFrom { name, to, run } => {
                View::Download { artifact: name.clone(), to: inside(to), run: Some(self.scope.text(run)?) }
            }
            Op::Reports { name, folder, junit, coverage } => {
                View::Reports { parts: self.reports(common, (name, folder), [junit.as_deref(), coverage.as_deref()]) }
            }
            Op::Findings { file, category } => {
                View::Upload { path: file.clone(), artifact: self.artifact(&format!("CodeAnalysisLogs-{category}")) }
            }
            Op::CodeStart { language } => {
                View::Task { task: "AdvancedSecurity-Codeql-Init@1".to_owned(), inputs: code_inputs(language) }
            }
            Op::CodeEnd { .. } => {
                View::Task { task: "AdvancedSecurity-Codeql-Analyze@1".to_owned(), inputs: Vec::new() }
            }
            Op::Kubelogin => View::Task {
                task: "KubeloginInstaller@0".to_owned(),
                inputs: vec![Input::text("kubeloginVersion", catalog::KUBELOGIN)],
            },
            Op::AzureSession | Op::Attest { .. } => {
                return Err(self.scope.bug(&format!("the step `{}` does not exist on Azure Pipelines", step.id)));
            }
        })
    }

    fn script(&self, step: &Step, script: &Scripted) -> Result<View, Failure> {
        scripts::text(script.name, System::AzurePipelines).ok_or_else(|| {
            self.scope.bug(&format!("the step `{}` runs `{}`, which does not exist", step.id, script.name))
        })?;
        let connection = if script.azure { Some(self.connection(step)?) } else { None };
        let restricted = RESTRICTED.iter().any(|start| script.name.starts_with(start));
        Ok(View::Script { script: script.name, connection, restricted, long: LONG.contains(&script.name) })
    }

    fn tool(&mut self, step: &Step, call: &ToolCall) -> Result<View, Failure> {
        let mut inputs = Vec::new();
        if call.spec.input("client-id").is_some() {
            inputs.push(Input::text("azureSubscription", self.connection(step)?));
        }
        for (name, value) in &call.inputs {
            let text = self.scope.text(value)?;
            let is_flag = call.spec.input(name).is_some_and(|input| input.kind == Kind::Flag);
            inputs.push(match text.as_str() {
                "true" | "false" if is_flag => Input::flag(camel_case(name), text == "true"),
                _ => Input::text(camel_case(name), text),
            });
        }
        let version = self.config.toolkit.as_ref().map_or(env!("CARGO_PKG_VERSION"), |toolkit| &toolkit.version);
        let major = version.split('.').next().unwrap_or(version);
        Ok(View::Task { task: format!("{}@{major}", pascal_case(call.spec.name)), inputs })
    }

    fn connection(&self, step: &Step) -> Result<String, Failure> {
        let connection = self.connection.clone();
        connection.ok_or_else(|| self.scope.bug(&format!("the step `{}` signs in, and the job does not", step.id)))
    }

    /// The name of an artifact. One that nobody gets by its name carries the attempt: a job that is run again could
    /// not publish it a second time under the same name.
    fn artifact(&self, name: &str) -> String {
        if self.fetched.contains(name) {
            return name.to_owned();
        }
        of_attempt(name)
    }

    /// The tests, the coverage, and all files. The first of them carries the id.
    fn reports(
        &self,
        common: &Common,
        (name, folder): (&str, &str),
        [junit, coverage]: [Option<&str>; 2],
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut part = |task: Option<&'static str>, suffix: &str, inputs: Vec<Input>| {
            let first = parts.is_empty();
            let mut step = common.clone();
            if !first {
                step.name = format!("{}_{suffix}", step.name);
            }
            step.title = format!("{}: {suffix}", step.title);
            parts.push(Part { step, task, path: String::new(), artifact: String::new(), inputs });
        };
        if let Some(file) = junit {
            let inputs = vec![
                Input::text("testResultsFormat", "JUnit"),
                Input::text("testResultsFiles", file),
                Input::flag("failTaskOnMissingResultsFile", true),
                Input::text("testRunTitle", name),
            ];
            part(Some("PublishTestResults@2"), "tests", inputs);
        }
        if let Some(file) = coverage {
            let inputs = vec![Input::text("summaryFileLocation", file), Input::flag("failIfCoverageEmpty", true)];
            part(Some("PublishCodeCoverageResults@2"), "coverage", inputs);
        }
        part(None, "files", Vec::new());
        if let Some(files) = parts.last_mut() {
            folder.clone_into(&mut files.path);
            files.artifact = self.artifact(name);
        }
        parts
    }
}

fn of_attempt(name: &str) -> String {
    format!("{name}-$(System.JobAttempt)")
}

/// The identity comes with the service connection, under names of its own; these variables are GitHub's.
pub(super) fn is_identity(value: &Value) -> bool {
    matches!(value, Value::Variable("AZURE_CLIENT_ID" | "AZURE_TENANT_ID" | "AZURE_SUBSCRIPTION_ID"))
}

fn inside(path: &str) -> String {
    if path == "." { HERE.to_owned() } else { format!("{HERE}/{path}") }
}

fn is_terraform(op: &Op) -> bool {
    matches!(op, Op::Script(script) if script.azure && script.name.starts_with("terraform"))
}

/// The tasks that install languages; inputs as of their `task.json` in microsoft/azure-pipelines-tasks (2026-08).
fn language_task(language: &Language) -> View {
    let version = language.version();
    let (task, inputs) = match language.name() {
        "python" => ("UsePythonVersion@0", vec![Input::text("versionSpec", version)]),
        "node" => ("UseNode@1", vec![Input::text("version", version)]),
        "dotnet" => {
            let parts = version.split('.').count();
            let version = format!("{version}{}", ".x".repeat(3_usize.saturating_sub(parts).min(1)));
            ("UseDotNet@2", vec![Input::text("packageType", "sdk"), Input::text("version", version)])
        }
        "java" => {
            // What is installed on the image is known by its major version.
            let major = version.split('.').next().unwrap_or(version);
            let inputs =
                [("versionSpec", major), ("jdkArchitectureOption", "x64"), ("jdkSourceOption", "PreInstalled")];
            ("JavaToolInstaller@1", inputs.map(|(name, value)| Input::text(name, value)).into())
        }
        _ => ("GoTool@0", vec![Input::text("version", version)]),
    };
    View::Task { task: task.to_owned(), inputs }
}

/// The languages as GitHub Advanced Security for Azure DevOps names them. Compiled ones need no build that way.
fn code_inputs(language: &str) -> Vec<Input> {
    let (name, compiled) = match language {
        "javascript-typescript" => ("javascript", false),
        "java-kotlin" => ("java", true),
        "csharp" => ("csharp", true),
        other => (other, false),
    };
    let mut inputs = vec![Input::flag("enableAutomaticCodeQLInstall", true), Input::text("languages", name)];
    if compiled {
        inputs.push(Input::text("buildtype", "None"));
    }
    inputs
}
