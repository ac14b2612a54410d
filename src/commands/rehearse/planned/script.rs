//! The constant scripts of a plan: which run on this machine, why others do not, and how they run.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::ci::{Host as _, inline};
use crate::commands::rehearse::onlooker::Onlooker;
use crate::generate::config::System;
use crate::generate::plan::Scripted;
use crate::generate::scripts;
use crate::report::{Failure, code};
use crate::tools::Stage;
use crate::world::{Env, Secret};

/// The file that a script writes its outputs to.
const OUTPUT: &str = "GITHUB_OUTPUT";
/// The file of the job's summary, which nobody reads here.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// Shorter lines of a secret hide nothing and shred the log.
const SHORTEST_HIDDEN: usize = 4;

/// What becomes of a script.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Treatment {
    /// It runs here.
    Runs,
    /// It fetches the package of an earlier run, which the rehearsal has made itself.
    PreviousPackage,
    /// It does not run here, and why.
    Left(String),
}

/// Whether the team's own commands run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Commands {
    /// They do.
    Run,
    /// They do not.
    Leave,
}

/// Decides by the script's name and what this machine has.
pub(super) fn treatment(script: &Scripted, commands: Commands, env: &Env) -> Treatment {
    let left = |why: &str| Treatment::Left(why.to_owned());
    let programs: &[&str] = match script.name {
        "moment" => &["bash"],
        "verify-artifact" => &["bash", "sha256sum"],
        "unpack" => &["bash", "unzip"],
        "record" => &["bash", "jq"],
        "expand-only" | "migrate" if commands == Commands::Run => &["bash"],
        "expand-only" | "migrate" => return left("it runs the team's own command; `--with-commands` runs it here"),
        "previous-package" => return Treatment::PreviousPackage,
        "static-web-app" => return left("Static Web Apps are not emulated"),
        "notify" => return left("nobody is told of a rehearsal"),
        "change-ticket" => return left("a rehearsal has no change ticket"),
        name if name.starts_with("install-") => return left("what is installed on this machine is used"),
        _ if script.azure => return left("it asks the Azure CLI, which a rehearsal does not sign in"),
        _ => return left("it needs the CI system"),
    };
    match programs.iter().find(|program| env.program(program).is_none()) {
        Some(missing) => Treatment::Left(format!("there is no `{missing}` on this machine")),
        None => Treatment::Runs,
    }
}

/// A script on its way.
pub(super) struct Run<'a> {
    /// The script.
    pub(super) script: &'a Scripted,
    /// The step's variables.
    pub(super) env: Vec<(String, String)>,
    /// The job's folder.
    pub(super) work: &'a Path,
    /// Where files of the CI system are.
    pub(super) scratch: &'a Path,
    /// The limit of the job.
    pub(super) limit: Duration,
    /// What its output must not show.
    pub(super) secrets: &'a [Secret],
}

impl Run<'_> {
    /// Runs the text that the pipelines embed, and returns its outputs.
    ///
    /// # Errors
    /// `SID0601` when it ends with another code than 0, or not within the limit.
    pub(super) async fn finish(self, stage: Stage<'_>, host: &Onlooker<'_>) -> Result<Vec<(String, String)>, Failure> {
        let name = self.script.name;
        let text = scripts::text(name, System::GithubActions)
            .ok_or_else(|| Failure::bug(format!("the plan names the script `{name}`, and there is none")))?;
        let (output, summary) = (self.scratch.join("output"), self.scratch.join("summary"));
        for file in [&output, &summary] {
            stage.world.files.write(file, "")?;
        }
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-c", text]).current_dir(self.work).env_clear();
        command.envs(stage.world.env.iter()).env("RUNNER_TEMP", self.scratch).env("CI", "true");
        command.env(OUTPUT, &output).env(SUMMARY, &summary).envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).kill_on_drop(true);
        let ended = tokio::time::timeout(self.limit, command.output()).await;
        let ended = ended.map_err(|_| failed(name, "it did not end within the limit of its job"))?;
        let ended = ended.map_err(|error| failed(name, &format!("`bash` could not be started: {error}")))?;
        for stream in [&ended.stdout, &ended.stderr] {
            self.show(host, &String::from_utf8_lossy(stream));
        }
        if !ended.status.success() {
            return Err(failed(name, &format!("it ended with {}; what it said is above", ended.status)));
        }
        Ok(outputs(&stage.world.files.read(&output)?))
    }

    fn show(&self, host: &Onlooker<'_>, text: &str) {
        let lines = self.secrets.iter().flat_map(|secret| secret.reveal().lines());
        let hidden = lines.map(str::trim).filter(|line| line.chars().count() >= SHORTEST_HIDDEN);
        let text = hidden.fold(text.to_owned(), |text, line| text.replace(line, "***"));
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            host.line(&format!("| {}", inline(line)));
        }
    }
}

/// Lines of `name=value`, as our scripts write them.
fn outputs(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn failed(name: &str, why: &str) -> Failure {
    Failure::new(&code::CHECK_FAILED, format!("the script `{name}` failed")).because(why)
}

#[cfg(test)]
mod tests {
    use super::{Commands, Env, Scripted, Treatment, treatment};

    #[test]
    fn what_needs_a_cloud_or_a_team_is_left_and_says_why() {
        let left =
            |name, azure, commands| match treatment(&Scripted { name, azure, only: None }, commands, &Env::default()) {
                Treatment::Left(why) => why,
                other => format!("{other:?}"),
            };
        assert!(left("single-instance", true, Commands::Run).contains("Azure CLI"));
        assert!(left("migrate", false, Commands::Leave).contains("--with-commands"));
        assert!(left("migrate", false, Commands::Run).contains("no `bash`"));
        assert!(left("install-python", false, Commands::Run).contains("on this machine"));
        assert_eq!(left("previous-package", false, Commands::Leave), "PreviousPackage");
    }
}
