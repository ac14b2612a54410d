//! The walk through the steps of a job, one after the other, as its guards let them run.

use std::path::Path;
use std::time::Duration;

use super::azure::Azure;
use super::build::{Builds, base};
use super::fault::StepFault;
use super::jobs::text;
use super::report::{Ending, Purpose, Stepped, Walked};
use super::script::{self, Commands, Treatment};
use super::values::{Outputs, Place, Standing};
use crate::ci::Host as _;
use crate::commands::rehearse::onlooker::Onlooker;
use crate::generate::plan::{Job, Op, Pipeline, State, Step, ToolCall, Value};
use crate::report::Failure;
use crate::spec::{ToolSpec, read};
use crate::tools::{ALL, Stage, slot_swap};
use crate::world::{Secret, World};

/// Everything that is the same for all jobs of a rehearsal, and what they have told.
pub(super) struct Walk<'a> {
    /// Where it is shown.
    pub(super) host: &'a Onlooker<'a>,
    /// The private Azure.
    pub(super) azure: &'a Azure,
    /// The pipeline.
    pub(super) pipeline: &'a Pipeline,
    /// The artifacts.
    pub(super) builds: Builds,
    /// The folder of all folders.
    pub(super) folder: &'a Path,
    /// Whether the team's own commands run.
    pub(super) commands: Commands,
    /// What goes wrong at which step.
    pub(super) faults: Vec<StepFault>,
    /// What was told.
    pub(super) outputs: Outputs,
    /// What no log may show.
    pub(super) secrets: Vec<Secret>,
}

/// The result of a step that was let run: what it told, or why it cannot run here.
type Told = Result<Result<Vec<(String, String)>, String>, Failure>;

impl Walk<'_> {
    /// Walks a job to its end. A step that fails is part of the result.
    ///
    /// # Errors
    /// When the job cannot even begin.
    pub(super) async fn job(&mut self, job: &Job) -> Result<Walked, Failure> {
        let world = self.azure.world(job)?;
        let work = self.folder.join("work").join(&job.id);
        self.host.line(&format!("job `{}`: {}", job.id, job.title));
        let (mut steps, mut standing) = (Vec::with_capacity(job.steps.len()), Standing::Good);
        for (number, step) in job.steps.iter().enumerate() {
            let place = self.place(job, &world, standing);
            let ending = if place.lets_pass(&step.guard) {
                self.host.line(&format!("[{}/{}] {}", number + 1, job.steps.len(), step.title));
                self.run(job, step, (&world, &work), standing).await
            } else {
                Ending::Skipped
            };
            match &ending {
                Ending::Failed(failure) => {
                    standing = Standing::Failed;
                    self.host.line(&format!("step `{}` failed: {} ({})", step.id, failure.what, failure.code.id));
                }
                Ending::NotRehearsed(why) => {
                    self.host.line(&format!("not rehearsed: {}: {why}", step.title));
                }
                Ending::Passed(_) | Ending::Skipped => {}
            }
            let (id, title) = (step.id.clone(), step.title.clone());
            steps.push(Stepped { id, title, purpose: purpose(step), ending });
        }
        self.host.status(None);
        let walked = Walked::new(job, steps);
        self.host.line(&format!("job `{}`: {}", job.id, walked.sentence()));
        Ok(walked)
    }

    fn place<'p>(&'p self, job: &'p Job, world: &'p World, standing: Standing) -> Place<'p> {
        Place { pipeline: self.pipeline, job: &job.id, env: &world.env, outputs: &self.outputs, standing }
    }

    /// Runs a step, with what goes wrong at it, and keeps what it tells.
    async fn run(&mut self, job: &Job, step: &Step, (world, work): (&World, &Path), standing: Standing) -> Ending {
        let faults: Vec<StepFault> = self.faults.iter().filter(|fault| fault.step == step.id).cloned().collect();
        let switched = faults.iter().try_for_each(|fault| fault.on(&self.azure.emulator));
        let told = match switched {
            Ok(()) => self.operate(job, step, (world, work), standing).await,
            Err(failure) => Err(failure),
        };
        for fault in &faults {
            fault.off(&self.azure.emulator);
        }
        // What a step has told stays told when it fails.
        for (name, value) in self.host.take_outputs() {
            self.outputs.insert((job.id.clone(), step.id.clone(), name), value);
        }
        let told = match told {
            Ok(Ok(told)) => told,
            Ok(Err(why)) => return Ending::NotRehearsed(why),
            Err(failure) => return Ending::Failed(Box::new(failure)),
        };
        for (name, value) in &told {
            self.outputs.insert((job.id.clone(), step.id.clone(), name.clone()), value.clone());
        }
        for (name, secret) in self.host.take_secrets() {
            self.outputs.insert((job.id.clone(), step.id.clone(), name), secret.reveal().to_owned());
            self.secrets.push(secret);
        }
        Ending::Passed(told)
    }

    async fn operate(&mut self, job: &Job, step: &Step, (world, work): (&World, &Path), standing: Standing) -> Told {
        let nothing = || Ok(Ok(Vec::new()));
        let left = |why: &str| Ok(Err(why.to_owned()));
        match &step.op {
            Op::Tool(call) if self.lacking(job, step).is_some() => left(&format!(
                "it asks at the address that `{}` tells, which is not rehearsed",
                self.lacking(job, step).unwrap_or(call.spec.name)
            )),
            Op::Tool(call) => {
                let place = self.place(job, world, standing);
                let inputs = call.inputs.iter().map(|(name, value)| (*name, place.text(value))).collect();
                tool(call.spec, Call { step: &step.id, inputs, work }, Stage { world, host: self.host }).await.map(Ok)
            }
            Op::Script(_) => self.script(job, step, (world, work), standing).await,
            Op::Download { name, to } => self.builds.download(name, &work.join(to)).and_then(|()| nothing()),
            Op::Upload { path, .. } if !world.files.exists(&work.join(path)) => {
                left("there is nothing to keep: the step that writes it did not run")
            }
            Op::Upload { name, path, .. } => {
                self.builds.keep(name, base(path), &work.join(path)).and_then(|()| nothing())
            }
            Op::Language(_) => left("what is installed on this machine is used"),
            Op::AzureSession | Op::Kubelogin => left("no script of a rehearsal asks the Azure CLI"),
            Op::Checkout { .. }
            | Op::DownloadFrom { .. }
            | Op::Reports { .. }
            | Op::Findings { .. }
            | Op::Attest { .. }
            | Op::CodeStart { .. }
            | Op::CodeEnd { .. } => left("it needs the CI system"),
        }
    }

    /// The script of this job whose output the step's inputs need, and which has told nothing.
    fn lacking<'j>(&self, job: &'j Job, step: &Step) -> Option<&'j str> {
        step.op.values().into_iter().flat_map(Value::parts).find_map(|value| {
            let Value::Output { job: None, step: from, name } = value else { return None };
            let told = self.outputs.contains_key(&(job.id.clone(), from.clone(), name.clone()));
            let script = job.steps.iter().find(|step| step.id == *from && matches!(step.op, Op::Script(_)))?;
            (!told).then_some(script.id.as_str())
        })
    }

    async fn script(&self, job: &Job, step: &Step, (world, work): (&World, &Path), standing: Standing) -> Told {
        let Op::Script(script) = &step.op else { return Ok(Err("it is no script".to_owned())) };
        let place = self.place(job, world, standing);
        let env: Vec<(String, String)> =
            step.env.iter().map(|(name, value)| (name.clone(), place.text(value))).collect();
        match script::treatment(script, self.commands, &world.env) {
            Treatment::Left(why) => Ok(Err(why)),
            Treatment::PreviousPackage => {
                let value = |name: &str| env.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
                self.builds.download_previous(value("ARTIFACT"), &work.join(value("DIRECTORY")))?;
                self.host.line("the release before is the one that the rehearsal put there itself");
                Ok(Ok(vec![("found".to_owned(), "true".to_owned())]))
            }
            Treatment::Runs => {
                let scratch = self.folder.join("runner").join(&job.id);
                world.files.make_folder(&scratch)?;
                world.files.make_folder(work)?;
                let limit = Duration::from_secs(60 * u64::from(job.minutes));
                let run = script::Run { script, env, work, scratch: &scratch, limit, secrets: &self.secrets };
                run.finish(Stage { world, host: self.host }, self.host).await.map(Ok)
            }
        }
    }
}

/// A tool with its inputs as texts, and the folder that its paths lie in.
pub(super) struct Call<'a> {
    /// The step, for messages.
    pub(super) step: &'a str,
    /// The inputs.
    pub(super) inputs: Vec<(&'static str, String)>,
    /// The job's folder.
    pub(super) work: &'a Path,
}

/// Runs a tool as a step runs it: inputs as variables, read and checked by its own declaration.
pub(super) async fn tool(
    spec: &'static ToolSpec,
    call: Call<'_>,
    stage: Stage<'_>,
) -> Result<Vec<(String, String)>, Failure> {
    let tool = ALL.iter().find(|tool| tool.spec.name == spec.name);
    let tool =
        tool.ok_or_else(|| Failure::bug(format!("the plan names the tool `{}`, and there is none", spec.name)))?;
    let mut variables = Vec::with_capacity(call.inputs.len());
    for (name, value) in call.inputs {
        let input = spec.input(name);
        let input = input.ok_or_else(|| Failure::bug(format!("`{}` has no input `{name}`", spec.name)))?;
        let is_path = input.kind == crate::spec::Kind::Path && !value.is_empty();
        let value = if is_path { call.work.join(&value).to_string_lossy().into_owned() } else { value };
        variables.push((input.variable(), value));
    }
    let env = stage.world.env.clone().with(variables);
    let inputs = read(spec, call.step, &[], env.iter(), tool.check)?;
    let outcome = (tool.run)(&inputs, stage).await?;
    Ok(outcome.outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn purpose(step: &Step) -> Purpose {
    let rollback = |call: &ToolCall| call.spec.name == slot_swap::SPEC.name && text(call, "action") == Some("rollback");
    match (&step.op, step.guard.state) {
        (Op::Tool(call), State::Failed) if rollback(call) => Purpose::SwapBack,
        (_, State::Failed) => Purpose::Back,
        _ => Purpose::Forward,
    }
}

#[cfg(test)]
mod tests {
    use super::{Op, Purpose, State, Step, ToolCall, purpose, slot_swap};
    use crate::generate::plan::{Guard, Value};

    #[test]
    fn only_what_runs_after_a_failure_is_a_way_back() {
        let call = |action: &str| ToolCall { spec: &slot_swap::SPEC, inputs: vec![("action", Value::text(action))] };
        let step = |action: &str, state| Step::new("x", "X", Op::Tool(call(action))).when(Guard::when(state));
        assert_eq!(purpose(&step("swap", State::Succeeded)), Purpose::Forward);
        assert_eq!(purpose(&step("rollback", State::Failed)), Purpose::SwapBack);
        assert_eq!(purpose(&step("swap", State::Failed)), Purpose::Back);
    }
}
