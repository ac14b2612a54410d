//! What a release will do, as a value: read from the inputs, printed by `--dry-run`, executed by `run`.

use std::path::PathBuf;

use serde_json::json;

use crate::azure::site::Slot;
use crate::ci::Host;
use crate::report::Failure;
use crate::spec::{Inputs, Problems};
use crate::tools::checks::{self, Check};
use crate::tools::sign_in::{self, SignIn};
use crate::tools::{Outcome, Stage, counted, kv_sync, slot_swap, smoke_test, zip_deploy};
use crate::world::{Files, Secret, human};

/// GitHub takes no longer name of an environment.
const LONGEST_ENVIRONMENT: usize = 255;

/// The whole release.
pub struct Plan {
    /// Who signs in.
    pub sign_in: SignIn,
    /// Secrets for the following steps.
    pub secrets: Option<Secrets>,
    /// What is deployed, and where.
    pub deploy: zip_deploy::Parameters,
    /// What must hold on the slot.
    pub prove: smoke_test::Plan,
    /// The slot that is swapped into.
    pub target: Slot,
    /// How it is swapped and watched.
    pub swap: slot_swap::Parameters,
    /// The version that is released.
    pub version: Option<String>,
    /// The commit that is released.
    pub commit: Option<String>,
    /// Where the app tells its version.
    pub version_path: Option<String>,
    /// Where events are appended.
    pub journal: Option<PathBuf>,
    /// The environment that records name.
    pub environment: String,
    /// The file for the record.
    pub record: Option<PathBuf>,
    /// The token to write a deployment on GitHub with.
    pub github_token: Option<Secret>,
}

/// Which secrets, and where from.
pub struct Secrets {
    /// What `kv-sync` takes.
    pub parameters: kv_sync::Parameters,
    /// The vault, for the plan.
    pub vault: String,
}

impl Plan {
    /// Checks across inputs.
    pub fn check(inputs: &Inputs, problems: &mut Problems) {
        sign_in::check(inputs, problems);
        checks::check_lines(inputs, problems);
        zip_deploy::check_package(inputs, problems);
        slot_swap::check_pair(inputs, problems);
        match (inputs.given("vault"), inputs.given("secrets")) {
            (Some(_), None) => {
                problems.add("`vault` is given, but `secrets` does not say which secrets to take".to_owned());
            }
            (None, Some(_)) => problems.add("`secrets` is given, but `vault` does not say where they are".to_owned()),
            _ => {}
        }
        kv_sync::check_secrets(inputs, problems);
        Self::check_journal(inputs, problems);
        check_records(inputs, problems);
        if inputs.given("version-path").is_some() && inputs.given("release-version").is_none() {
            problems.add("`version-path` needs a `release-version` to expect there".to_owned());
        }
    }

    /// Checks that the journal can be written, which is found out by opening it.
    pub fn check_journal(inputs: &Inputs, problems: &mut Problems) {
        check_file("journal", inputs, problems);
    }

    /// From checked inputs.
    ///
    /// # Errors
    /// A bug, when the inputs were not looked at.
    pub fn read(inputs: &Inputs) -> Result<Self, Failure> {
        let given = |name: &str| inputs.given(name).map(str::to_owned);
        let secrets = match given("vault") {
            Some(vault) => Some(Secrets { parameters: kv_sync::Parameters::read(inputs)?, vault }),
            None => None,
        };
        let version_path = given("version-path");
        let mut checks = checks::read(inputs)?;
        if let (Some(path), Some(version)) = (&version_path, inputs.given("release-version")) {
            checks.push(Check::path(path).json("/version", version));
        }
        let swap = slot_swap::Parameters {
            checks: checks.clone(),
            watch: slot_swap::Watch::read(inputs),
            timeout: inputs.duration("swap-timeout"),
            undo: None,
            preview: false,
            ramp: None,
            max_p95: None,
            max_error_rate: None,
        };
        let timeout = inputs.duration("deploy-timeout");
        let deploy = zip_deploy::Parameters { timeout, ..zip_deploy::Parameters::of_package(inputs) };
        Ok(Self {
            sign_in: SignIn::read(inputs),
            secrets,
            deploy,
            prove: smoke_test::Plan {
                checks,
                timeout: inputs.duration("prove"),
                successes: inputs.count("successes"),
                interval: inputs.duration("interval"),
                watch: None,
            },
            target: Slot::new(inputs.text("target-slot")),
            swap,
            version: given("release-version"),
            commit: given("commit"),
            version_path,
            journal: inputs.path("journal"),
            environment: given("environment").unwrap_or_else(|| inputs.text("target-slot").to_owned()),
            record: inputs.path("record"),
            github_token: inputs.given("github-token").map(Secret::new),
        })
    }

    /// The steps, one a line.
    pub fn steps(&self) -> Vec<String> {
        let deploy = &self.deploy;
        let checks = self.prove.checks.iter().map(|check| format!("`{check}`")).collect::<Vec<_>>().join(", ");
        let mut steps =
            vec![format!("package `{}`", deploy.source.display()), "sign in and see the subscription".to_owned()];
        if let Some(secrets) = &self.secrets {
            steps.push(format!(
                "take secrets from `{}` ({})",
                secrets.vault,
                secrets.parameters.variables().join(", ")
            ));
        }
        steps.push(format!("deploy to slot `{}` of `{}`", deploy.slot, deploy.app));
        steps.push(format!(
            "prove it there: {checks}, {} times in a row within {}",
            self.prove.successes,
            human(self.prove.timeout)
        ));
        steps.push(format!(
            "swap `{}` into `{}`, proven by slotSwapStatus, within {}",
            deploy.slot,
            self.target,
            human(self.swap.timeout)
        ));
        let watch = &self.swap.watch;
        steps.push(format!(
            "watch `{}` for {}, swap back after {} failures in a row",
            self.target,
            human(watch.time),
            watch.failures
        ));
        if self.github_token.is_some() {
            steps.push(format!("tell GitHub: a deployment in `{}`, from the package to the end", self.environment));
        }
        steps
    }

    /// Prints the steps, with the package that would be built, and changes nothing.
    pub fn preview(&self, stage: Stage<'_>) -> Result<Outcome, Failure> {
        let package = self.deploy.package_plan()?;
        let steps = self.steps();
        print(stage.host, &steps);
        stage.host.line(&format!(
            "the package would hold {}, {} bytes of content",
            counted(package.files(), "file"),
            package.content_bytes()
        ));
        let data = json!({"dryRun": true, "app": self.deploy.app, "slot": self.deploy.slot.name(), "target": self.target.name(),
            "version": self.version, "commit": self.commit, "steps": steps, "files": package.files()});
        Ok(Outcome { data, ..Outcome::default() })
    }
}

fn check_file(name: &str, inputs: &Inputs, problems: &mut Problems) {
    if let Some(path) = inputs.path(name)
        && let Err(failure) = Files::can_append(&path)
    {
        let why = failure.causes.join(", ");
        problems.add(format!("`{name}`: {}: {why}; name a file in a folder that exists", failure.what));
    }
}

fn check_records(inputs: &Inputs, problems: &mut Problems) {
    check_file("record", inputs, problems);
    if inputs.given("environment").is_some_and(|name| name.chars().count() > LONGEST_ENVIRONMENT) {
        problems.add(format!("`environment` must be at most {LONGEST_ENVIRONMENT} characters long"));
    }
    if cfg!(not(feature = "records")) && inputs.given("github-token").is_some() {
        problems.add("`github-token` is given, but this program was built without the feature `records`".to_owned());
    }
}

fn print(host: &dyn Host, steps: &[String]) {
    host.line("the plan:");
    for (number, step) in steps.iter().enumerate() {
        host.line(&format!("  {}. {step}", number + 1));
    }
}
