//! A repository with a `siding.yml` in a folder of its own, and `siding` run in it.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::context::{LIMIT, binary};

/// A config with both systems and two pipelines.
pub(crate) const CONFIG: &str = "name: shop
toolkit: {version: 0.1.0, commit: 0123456789abcdef0123456789abcdef01234567}
language: {python: \"3.12\", locks: [requirements.txt]}
ci: {lint: [ruff check .]}
apps:
  web: {app-service: shop-web, include: [app], health: /health}
environments:
  production: {deploy: direct, group: rg-shop}
";

/// One of the files that [`CONFIG`] renders, with pins in it.
pub(crate) const WORKFLOW: &str = ".github/workflows/cd.yml";

/// A repository.
pub(crate) struct Repository {
    folder: TempDir,
}

/// What a run of `siding` left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Repository {
    /// A folder with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// A folder with [`CONFIG`].
    pub(crate) fn new() -> Self {
        let repository = Self::empty();
        repository.write("siding.yml", CONFIG);
        repository
    }

    /// A folder with [`CONFIG`], rendered.
    pub(crate) fn rendered() -> Self {
        let repository = Self::new();
        repository.run(&["render"]).exits(0);
        repository
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Replaces text in a file; it must be there.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no `{from}`: {text}");
        self.write(path, &text.replace(from, to));
    }

    /// Every file, as paths in it and their texts.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                let path = entry.strip_prefix(self.folder.path()).unwrap().display().to_string();
                match fs::symlink_metadata(&entry).unwrap() {
                    kind if kind.is_dir() => folders.push(entry),
                    kind if kind.is_symlink() => found.push((path, "link".to_owned())),
                    _ => found.push((path, fs::read_to_string(entry).unwrap())),
                }
            }
        }
        found.sort();
        found
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_in("", arguments, &[])
    }

    /// In a folder of it, with these variables.
    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = assert_cmd::Command::new(binary("siding"));
        command.args(arguments).current_dir(self.path(folder)).env_clear().timeout(LIMIT);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.stderr.contains(text), "it does not say `{text}`:\n{}", self.stderr);
        }
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}
