//! The environment's variables as a value, so that a rehearsal and a test can have their own.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the rest of the code goes through")]

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// A snapshot of environment variables. An empty value counts as absent, as both CI systems treat it.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, String>);

/// Values may be secrets: only the names are ever shown.
impl fmt::Debug for Env {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Env {
    /// The variables of this process; those that are not UTF-8 are left out.
    pub fn of_process() -> Self {
        let utf8 =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self(utf8.collect())
    }

    /// The value, unless it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Where a shell would find a program of this name.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        std::env::split_paths(self.search_path()?).map(|folder| folder.join(&file)).find(|path| path.is_file())
    }

    /// `PATH`, which Windows spells `Path` and compares without case.
    fn search_path(&self) -> Option<&str> {
        let same = |name: &str| name == "PATH" || cfg!(windows) && name.eq_ignore_ascii_case("PATH");
        self.iter().find(|(name, value)| same(name) && !value.is_empty()).map(|(_, value)| value)
    }

    /// Whether the variable is set to `true` or `1`, in any case.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    /// All variables, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same variables with others added or replaced.
    #[must_use]
    pub fn with<N: Into<String>, V: Into<String>>(mut self, others: impl IntoIterator<Item = (N, V)>) -> Self {
        self.0.extend(others.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// The same variables without those whose name begins so.
    #[must_use]
    pub fn without(mut self, prefixes: &[&str]) -> Self {
        self.0.retain(|name, _| !prefixes.iter().any(|prefix| name.starts_with(prefix)));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Env;

    #[test]
    fn a_program_is_found_on_the_search_path() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(format!("tool{}", std::env::consts::EXE_SUFFIX));
        std::fs::create_dir(folder.path().join(format!("folder{}", std::env::consts::EXE_SUFFIX))).unwrap();
        std::fs::write(&program, "").unwrap();
        let path = std::env::join_paths([folder.path().join("gone"), folder.path().to_owned()]).unwrap();
        let env = Env::default().with([("PATH", path.to_str().unwrap())]);
        assert_eq!(env.program("tool"), Some(program));
        assert_eq!((env.program("folder"), env.program("other"), Env::default().program("tool")), (None, None, None));
        let other = Env::default().with([("Path", path.to_str().unwrap())]);
        assert_eq!(other.program("tool").is_some(), cfg!(windows));
    }
}
