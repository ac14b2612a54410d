//! The scripts of rendered pipelines, run by bash in a folder of their own, with fakes in place of the tools they call.

mod approval;
mod bicep;
mod build;
mod checks;
mod cluster;
mod going_back;
mod images;
mod insights;
mod kubernetes;
mod log;
mod migration;
mod namespaces;
mod package;
mod pull_request;
mod record;
mod repository;
mod settings;
mod shape;
mod static_web_app;
mod strategies;
mod terraform;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use siding::generate::config::System;
use tempfile::TempDir;

/// The CI system that a script believes it runs on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Host {
    GitHub,
    Azure,
}

impl Host {
    /// The system whose form of a script runs here.
    pub(crate) fn system(self) -> System {
        match self {
            Self::GitHub => System::GithubActions,
            Self::Azure => System::AzurePipelines,
        }
    }
}

pub(crate) const HOSTS: [Host; 2] = [Host::GitHub, Host::Azure];

/// A folder with `work` (where the script runs), `bin` (fakes, first in PATH) and `temp` (the agent's temporary folder).
pub(crate) struct Sandbox {
    folder: TempDir,
    host: Host,
    environment: BTreeMap<String, String>,
}

/// What a script did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
    /// The fakes that were called, each with its name and its arguments.
    pub(crate) calls: Vec<Vec<String>>,
}

/// What every fake does first: it writes down how many words it was called with, and the words.
const RECORD: &str = r#"#!/bin/bash
printf '%s\0' "$(($# + 1))" "${0##*/}" "$@" >>"$HERE/../calls"
"#;

impl Sandbox {
    pub(crate) fn new(host: Host) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["work", "bin", "temp", "home"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, host, environment: BTreeMap::new() }.file("../calls", "")
    }

    /// Puts a program of this name before the real one. The body is bash; `$HERE` is the folder the script runs in.
    pub(crate) fn fake(self, name: &str, body: &str) -> Self {
        let path = self.folder.path().join("bin").join(name);
        std::fs::write(&path, format!("{RECORD}{body}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Writes a file, by its path from the folder the script runs in.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.here().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// The folder the script runs in.
    pub(crate) fn here(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A file as the script left it.
    pub(crate) fn read(&self, path: &str) -> String {
        read(&self.here().join(path))
    }

    /// Runs a script that is embedded.
    pub(crate) fn run(&self, name: &str) -> Ran {
        let text = siding::generate::scripts::text(name, self.host.system());
        self.bash(text.unwrap_or_else(|| panic!("there is no script `{name}`")))
    }

    /// Runs this text.
    pub(crate) fn bash(&self, text: &str) -> Ran {
        let script = self.folder.path().join("script.sh");
        std::fs::write(&script, text).unwrap();
        for kept in ["calls", "output", "summary"] {
            std::fs::write(self.folder.path().join(kept), "").unwrap();
        }
        let path = format!("{}:{}", self.folder.path().join("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(&script).current_dir(self.here()).stdin(Stdio::null()).env_clear().env("PATH", path);
        command.envs(self.of_the_host()).env("HERE", self.here()).env("HOME", self.folder.path().join("home"));
        let done = command.envs(&self.environment).output().unwrap();
        let stdout = String::from_utf8(done.stdout).unwrap();
        Ran {
            code: done.status.code().unwrap(),
            outputs: self.outputs(&stdout),
            summary: self.summary(&stdout),
            calls: calls(&read(&self.folder.path().join("calls"))),
            stderr: String::from_utf8(done.stderr).unwrap(),
            stdout,
        }
    }

    fn of_the_host(&self) -> Vec<(&'static str, String)> {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let mut variables = vec![("LANG", "C.UTF-8".to_owned()), ("CI", "true".to_owned())];
        match self.host {
            Host::GitHub => variables.extend([
                ("GITHUB_ACTIONS", "true".to_owned()),
                ("GITHUB_OUTPUT", at("output")),
                ("GITHUB_STEP_SUMMARY", at("summary")),
                ("RUNNER_TEMP", at("temp")),
            ]),
            Host::Azure => variables.extend([("TF_BUILD", "True".to_owned()), ("AGENT_TEMPDIRECTORY", at("temp"))]),
        }
        variables
    }

    fn outputs(&self, stdout: &str) -> BTreeMap<String, String> {
        let written = read(&self.folder.path().join("output"));
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        match self.host {
            Host::GitHub => written.lines().filter_map(|line| line.split_once('=')).map(pair).collect(),
            Host::Azure => {
                let lines = stdout.lines().filter_map(|line| line.strip_prefix("##vso[task.setvariable variable="));
                lines.filter_map(|line| line.split_once(";isOutput=true]")).map(pair).collect()
            }
        }
    }

    fn summary(&self, stdout: &str) -> String {
        match self.host {
            Host::GitHub => read(&self.folder.path().join("summary")),
            Host::Azure => {
                let uploaded = stdout.lines().filter_map(|line| line.strip_prefix("##vso[task.uploadsummary]"));
                let mut pages: Vec<_> = uploaded.collect();
                pages.dedup();
                pages.iter().map(|page| read(Path::new(page))).collect()
            }
        }
    }
}

impl Ran {
    /// The run, when it ended well.
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// The run, when it ended with an error in the words of the host that holds this text.
    pub(crate) fn fails(self, text: &str) -> Self {
        assert_ne!(self.code, 0, "{self:#?}");
        let errors = ["::error::", "##vso[task.logissue type=error]"];
        let told = self.stdout.lines().filter(|line| errors.iter().any(|error| line.starts_with(error)));
        assert!(told.clone().any(|line| line.contains(text)), "no error holds `{text}`: {self:#?}");
        self
    }

    /// What one of the fakes was called with, one line for each call, its words joined by blanks.
    pub(crate) fn calls_of(&self, name: &str) -> Vec<String> {
        self.calls.iter().filter(|call| call[0] == name).map(|call| call[1..].join(" ")).collect()
    }

    /// The run, when this secret is in no argument of a fake and in no output but the command that masks it.
    pub(crate) fn hides(self, secret: &str) -> Self {
        assert!(!self.calls.iter().flatten().any(|word| word.contains(secret)), "{self:#?}");
        let masks = ["::add-mask::", "##vso[task.setsecret]"];
        let lines = self.stdout.lines().chain(self.stderr.lines()).chain(self.summary.lines());
        let shown = lines.filter(|line| !masks.iter().any(|mask| line.starts_with(mask)));
        shown.for_each(|line| assert!(!line.contains(secret), "{self:#?}"));
        self
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", path.display()))
}

fn calls(record: &str) -> Vec<Vec<String>> {
    let mut words = record.split('\0').map(str::to_owned);
    let mut calls = Vec::new();
    while let Some(count) = words.next().and_then(|count| count.parse().ok()) {
        calls.push(words.by_ref().take(count).collect());
    }
    calls
}
