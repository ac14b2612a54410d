//! A job on a CI host, or a shell, with an Azure of its own: what every test runs in.
//!
//! The environment of a run is empty but for what such a host sets, so that nothing of this machine can matter.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use siding::emulator::{Config, Emulator, Options};
use tempfile::TempDir;

use crate::ran::{Places, Ran};
use crate::started::Started;

/// No run of a tool may take longer.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// Where the tool believes to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    GitHub,
    AzurePipelines,
    Shell,
}

/// What a context is made of.
pub(crate) struct Setup {
    pub(crate) config: Config,
    /// How much faster than Azure the services work.
    pub(crate) speed: f64,
}

impl Default for Setup {
    fn default() -> Self {
        Self { config: Config::ready(), speed: 200.0 }
    }
}

/// The job. The emulator and every file go when it is dropped.
pub(crate) struct Context {
    pub(crate) emulator: Emulator,
    pub(crate) kind: Kind,
    secrets: Vec<String>,
    steps: AtomicUsize,
    folder: TempDir,
}

impl Context {
    /// A step of GitHub Actions in the ready world.
    pub(crate) fn github() -> Self {
        Self::new(Kind::GitHub, Setup::default())
    }

    /// A step of Azure Pipelines in the ready world.
    pub(crate) fn azure_pipelines() -> Self {
        Self::new(Kind::AzurePipelines, Setup::default())
    }

    /// A shell with a client secret in the ready world.
    pub(crate) fn shell() -> Self {
        Self::new(Kind::Shell, Setup::default())
    }

    /// A step of GitHub Actions in a changed world.
    pub(crate) fn github_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut setup = Setup::default();
        change(&mut setup.config);
        Self::new(Kind::GitHub, setup)
    }

    pub(crate) fn new(kind: Kind, setup: Setup) -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["emulator", "work", "steps"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let secrets = secrets_of(&setup.config);
        let home = folder.path().join("emulator");
        let options = Options { port: 0, speed: setup.speed, faults: Vec::new(), config: setup.config, home };
        let emulator = Emulator::start(options).map_err(|failure| failure.what).unwrap();
        let tokens = ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN", "GITHUB_TOKEN"]
            .map(|name| variable(&emulator, name));
        let secrets = secrets.into_iter().chain(tokens).collect();
        Self { emulator, kind, secrets, steps: AtomicUsize::new(0), folder }
    }

    /// The folder in which the job's files are.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A file of the job with this content.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// One of the variables with which the emulator points clients at itself.
    pub(crate) fn variable(&self, name: &str) -> String {
        variable(&self.emulator, name)
    }

    pub(crate) fn fault(&self, text: &str) {
        self.emulator.faults().switch_on(text).unwrap();
    }

    /// Runs a program to its end, and checks what must hold for every run.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Ran {
        self.run_with(program, arguments, &[])
    }

    /// The same with variables that are added, or taken away by an empty value.
    pub(crate) fn run_with(&self, program: &str, arguments: &[&str], extra: &[(&str, &str)]) -> Ran {
        let step = self.step();
        let before = self.emulator.requests().len();
        let mut command = assert_cmd::Command::new(binary(program));
        command.args(arguments).current_dir(self.work()).env_clear().timeout(LIMIT);
        let output = command.envs(self.environment(&step, extra)).output().unwrap();
        let requests = self.emulator.requests().split_off(before);
        let texts = (text(output.stdout), text(output.stderr));
        Ran::read(output.status.code(), texts, &self.places(&step), arguments).in_the_log(requests)
    }

    /// Runs something else in the job, such as a launcher. The command has variables of its own, and may have empty ones.
    pub(crate) fn run_command(&self, mut command: std::process::Command, extra: &[(String, String)]) -> Ran {
        let (step, arguments) = (self.step(), words(&command));
        let before = self.emulator.requests().len();
        command.current_dir(self.work()).envs(self.environment(&step, &borrowed(extra)));
        let output = assert_cmd::Command::from_std(command).timeout(LIMIT).output().unwrap();
        let requests = self.emulator.requests().split_off(before);
        let texts = (text(output.stdout), text(output.stderr));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Ran::read(output.status.code(), texts, &self.places(&step), &arguments).in_the_log(requests)
    }

    /// Starts something else in the job and lets it run.
    pub(crate) fn start_command(&self, mut command: std::process::Command, extra: &[(String, String)]) -> Started<'_> {
        let (step, arguments) = (self.step(), words(&command));
        let stream = |name: &str| Stdio::from(File::create(step.join(name)).unwrap());
        command.current_dir(self.work()).envs(self.environment(&step, &borrowed(extra)));
        let child = command.stdin(Stdio::null()).stdout(stream("stdout")).stderr(stream("stderr")).spawn().unwrap();
        Started::new(self, child, step, arguments)
    }

    /// Starts a program and lets it run.
    pub(crate) fn start(&self, program: &str, arguments: &[&str]) -> Started<'_> {
        self.start_with(program, arguments, &[])
    }

    /// The same with variables that are added.
    pub(crate) fn start_with(&self, program: &str, arguments: &[&str], extra: &[(&str, &str)]) -> Started<'_> {
        let step = self.step();
        let stream = |name: &str| Stdio::from(File::create(step.join(name)).unwrap());
        let mut command = std::process::Command::new(binary(program));
        command.args(arguments).current_dir(self.work()).env_clear().envs(self.environment(&step, extra));
        let child = command.stdin(Stdio::null()).stdout(stream("stdout")).stderr(stream("stderr")).spawn().unwrap();
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Started::new(self, child, step, arguments)
    }

    pub(crate) fn places<'a>(&'a self, step: &'a Path) -> Places<'a> {
        Places { kind: self.kind, secrets: &self.secrets, step, work: self.work() }
    }

    /// A folder for what one step writes, as the runner makes it.
    pub(crate) fn step(&self) -> PathBuf {
        let number = self.steps.fetch_add(1, Ordering::Relaxed);
        let step = self.folder.path().join(format!("steps/{number}"));
        fs::create_dir_all(step.join("temp")).unwrap();
        for name in ["output", "env", "summary"] {
            fs::write(step.join(name), "").unwrap();
        }
        step
    }

    pub(crate) fn environment(&self, step: &Path, extra: &[(&str, &str)]) -> BTreeMap<OsString, OsString> {
        let mut variables = BTreeMap::new();
        let mut set = |name: &str, value: OsString| variables.insert(OsString::from(name), value);
        set("PATH", std::env::var_os("PATH").unwrap_or_default());
        set("HOME", self.work().into());
        set("TMPDIR", step.join("temp").into());
        for name in ["AZURE_CLOUD", "SSL_CERT_FILE", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID", "AZURE_CLIENT_ID"] {
            set(name, self.variable(name).into());
        }
        let own: &[&str] = match self.kind {
            Kind::GitHub => {
                for (name, value) in [("GITHUB_ACTIONS", "true"), ("CI", "true"), ("GITHUB_SHA", "c0ffee")] {
                    set(name, value.into());
                }
                set("RUNNER_TEMP", step.join("temp").into());
                for (name, file) in
                    [("GITHUB_OUTPUT", "output"), ("GITHUB_ENV", "env"), ("GITHUB_STEP_SUMMARY", "summary")]
                {
                    set(name, step.join(file).into());
                }
                &["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
            }
            Kind::AzurePipelines => {
                set("TF_BUILD", "True".into());
                set("SYSTEM_TASKINSTANCENAME", "step1".into());
                set("AGENT_TEMPDIRECTORY", step.join("temp").into());
                &["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]
            }
            Kind::Shell => {
                set("AZURE_CLIENT_SECRET", "a-client-secret-of-the-emulator".into());
                &[]
            }
        };
        for name in own {
            set(name, self.variable(name).into());
        }
        for (name, value) in extra {
            set(name, value.into());
        }
        variables.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

fn words(command: &std::process::Command) -> Vec<String> {
    command.get_args().map(|word| word.to_string_lossy().into_owned()).collect()
}

fn borrowed(variables: &[(String, String)]) -> Vec<(&str, &str)> {
    variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Where cargo has built a program of this package.
pub(crate) fn binary(program: &str) -> &'static str {
    match program {
        "siding" => env!("CARGO_BIN_EXE_siding"),
        "siding-release" => env!("CARGO_BIN_EXE_siding-release"),
        "oidc-login" => env!("CARGO_BIN_EXE_oidc-login"),
        "zip-deploy" => env!("CARGO_BIN_EXE_zip-deploy"),
        "slot-swap" => env!("CARGO_BIN_EXE_slot-swap"),
        "kv-sync" => env!("CARGO_BIN_EXE_kv-sync"),
        "smoke-test" => env!("CARGO_BIN_EXE_smoke-test"),
        other => panic!("this package has no program `{other}`"),
    }
}

fn variable(emulator: &Emulator, name: &str) -> String {
    let found = emulator.variables().into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("the emulator has no variable `{name}`")).1
}

fn secrets_of(config: &Config) -> Vec<String> {
    let clients = config.tenants.iter().flat_map(|tenant| &tenant.applications).flat_map(|client| &client.secrets);
    let values = config.vaults.iter().flat_map(|vault| &vault.secrets).map(|secret| secret.value.as_str());
    let values = values.chain(clients.map(|secret| secret.value.as_str()));
    // A frame line such as `-----END KEY-----` is no secret.
    let lines = values.flat_map(str::lines).filter(|line| line.len() >= 6 && !line.starts_with("-----"));
    lines.map(str::to_owned).collect()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("tools write UTF-8")
}
