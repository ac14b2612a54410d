//! What a run of a program left: its exit code, its output as the host understands it, and what it asked of Azure.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use siding::emulator::LoggedRequest;

use crate::context::Kind;
use crate::stream::{Command, command, entries};

/// Shorter texts are too common to be looked for.
const SHORTEST_SECRET: usize = 6;

/// Where a run may have left something.
pub(crate) struct Places<'a> {
    pub(crate) kind: Kind,
    pub(crate) secrets: &'a [String],
    pub(crate) step: &'a Path,
    pub(crate) work: PathBuf,
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The commands on the log, in order.
    pub(crate) commands: Vec<Command>,
    /// Step outputs by their names on the host.
    pub(crate) outputs: BTreeMap<String, String>,
    /// Variables for the following steps.
    pub(crate) variables: BTreeMap<String, String>,
    /// What the host hides from now on.
    pub(crate) masks: Vec<String>,
    pub(crate) summary: String,
    /// What the emulator was asked meanwhile.
    pub(crate) requests: Vec<LoggedRequest>,
}

impl Ran {
    /// Reads everything, and checks that no secret is where it does not belong and that no folder was left.
    pub(crate) fn read(
        code: Option<i32>,
        (stdout, stderr): (String, String),
        places: &Places<'_>,
        arguments: &[&str],
    ) -> Self {
        let found = stdout.lines().chain(stderr.lines()).filter_map(|line| command(places.kind, line));
        let commands: Vec<Command> = found.collect();
        let masks = commands
            .iter()
            .filter(|command| ["add-mask", "task.setsecret"].contains(&command.name.as_str()))
            .map(|command| command.data.clone())
            .collect();
        let step = |name: &str| fs::read_to_string(places.step.join(name)).unwrap();
        let (mut outputs, mut variables, mut summary) =
            (entries(&step("output")), entries(&step("env")), step("summary"));
        for command in &commands {
            let is_output = command.properties.contains_key("isoutput");
            match command.name.as_str() {
                "task.setvariable" => {
                    let target = if is_output { &mut outputs } else { &mut variables };
                    target.insert(command.properties["variable"].clone(), command.data.clone());
                }
                "task.uploadsummary" => summary.push_str(&fs::read_to_string(&command.data).unwrap()),
                _ => {}
            }
        }
        let ran = Self { code, stdout, stderr, commands, outputs, variables, masks, summary, requests: Vec::new() };
        ran.keeps_secrets(places, arguments);
        ran.leaves_no_folder(&places.step.join("temp"));
        ran
    }

    pub(crate) fn in_the_log(self, requests: Vec<LoggedRequest>) -> Self {
        Self { requests, ..self }
    }

    /// Fails unless it ended with this code.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails unless standard error holds all of these.
    #[track_caller]
    pub(crate) fn says<const N: usize>(&self, texts: [&str; N]) -> &Self {
        for text in texts {
            assert!(self.stderr.contains(text), "it does not say `{text}`\n{self}");
        }
        self
    }

    /// Fails when standard error holds this.
    #[track_caller]
    pub(crate) fn never_says(&self, text: &str) -> &Self {
        assert!(!self.stderr.contains(text), "it says `{text}`\n{self}");
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// How often the emulator was asked so: the verb, and a part of the path.
    pub(crate) fn asked(&self, method: &str, part: &str) -> usize {
        let same = |request: &&LoggedRequest| request.method == method && request.path.contains(part);
        self.requests.iter().filter(same).count()
    }

    /// Fails when something was asked that changes Azure. Sign-ins and reads by `POST …/list` do not.
    #[track_caller]
    pub(crate) fn changed_nothing(&self) -> &Self {
        let reads = |request: &LoggedRequest| {
            let path = request.path.split('?').next().unwrap_or_default();
            let is_read = ["GET", "HEAD"].contains(&request.method.as_str());
            is_read || path.ends_with("/list") || path.ends_with("/token") || path.ends_with("oidctoken")
        };
        let writes: Vec<_> = self.requests.iter().filter(|request| !reads(request)).collect();
        assert!(writes.is_empty(), "{writes:#?}\n{self}");
        self
    }

    fn keeps_secrets(&self, places: &Places<'_>, arguments: &[&str]) {
        let secrets = places.secrets.iter().chain(&self.masks).filter(|secret| secret.len() >= SHORTEST_SECRET);
        let secrets: Vec<&str> = secrets.map(String::as_str).collect();
        for (place, text) in [("standard output", &self.stdout), ("standard error", &self.stderr)] {
            for line in text.lines().filter(|line| !hides(places.kind, line)) {
                assert_free_of(&secrets, place, line);
            }
        }
        for argument in arguments {
            assert_free_of(&secrets, "an argument", argument);
        }
        for folder in [places.step, &places.work] {
            for file in files(folder).into_iter().filter(|file| !is_private(places.step, file)) {
                let mut content = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
                // `kv-sync --to output` is asked to put it there: the host gives it to the steps that name it.
                if let Some(asked_for) = self.outputs.get("secret").filter(|_| file == places.step.join("output")) {
                    content = content.replacen(asked_for, "", 1);
                }
                assert_free_of(&secrets, &file.display().to_string(), &content);
            }
        }
    }

    fn leaves_no_folder(&self, temp: &Path) {
        let left: Vec<_> = fs::read_dir(temp).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.iter().all(|path| path.is_file()), "it left {left:?}\n{self}");
    }
}

/// What the host itself keeps from others, and the streams, which are looked at line by line.
fn is_private(step: &Path, file: &Path) -> bool {
    ["env", "stdout", "stderr"].iter().any(|name| step.join(name) == file)
}

/// Whether the line is one in which a secret is handed to the host to be hidden.
fn hides(kind: Kind, line: &str) -> bool {
    command(kind, line).is_some_and(|command| match command.name.as_str() {
        "add-mask" | "task.setsecret" => true,
        "task.setvariable" => command.properties.get("issecret").is_some_and(|value| value == "true"),
        _ => false,
    })
}

#[track_caller]
fn assert_free_of(secrets: &[&str], place: &str, text: &str) {
    if let Some(secret) = secrets.iter().find(|secret| text.contains(**secret)) {
        panic!("the secret `{secret}` is in {place}: {text}");
    }
    // Every token here is a JWT, and every JWT begins so.
    for (at, _) in text.match_indices("eyJ") {
        let length =
            text[at..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)).count();
        assert!(length < 40, "a token is in {place}: {text}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, mut found): (Vec<_>, Vec<_>) =
        entries.filter(|path| !path.is_symlink()).partition(|path| path.is_dir());
    found.extend(folders.iter().flat_map(|folder| files(folder)));
    found
}

impl std::fmt::Display for Ran {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            formatter,
            "exit {:?}\n--- stdout\n{}--- stderr\n{}--- requests",
            self.code, self.stdout, self.stderr
        )?;
        self.requests.iter().try_for_each(|request| {
            writeln!(formatter, "{} {} {}{}", request.status, request.method, request.host, request.path)
        })
    }
}
