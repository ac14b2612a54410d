//! Everything that is wrong with one package, so that a person hears it all at once.

use std::path::Path;

use crate::report::{Code, Failure, code};

/// How many problems are spelled out; the rest is counted.
const SHOWN: usize = 20;

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
}

/// One thing that is wrong, and what to do about it.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) code: &'static Code,
    pub(super) text: String,
    pub(super) fix: &'static str,
}

impl Problem {
    /// Something that must not be deployed.
    pub(super) fn danger(text: impl Into<String>, fix: &'static str) -> Self {
        Self { code: &code::PACKAGE_UNSAFE, text: text.into(), fix }
    }

    /// A package that is not there, is empty, or is something else.
    pub(super) fn missing(text: impl Into<String>, fix: &'static str) -> Self {
        Self { code: &code::PACKAGE_MISSING, text: text.into(), fix }
    }

    /// A file or folder that cannot be read or written; `verb` is such as `read`.
    pub(super) fn file(verb: &str, path: &Path, error: &std::io::Error) -> Self {
        let text = format!("cannot {verb} `{}`: {error}", path.display());
        Self { code: &code::FILE, text, fix: "make the file accessible to the user that runs this, then try again" }
    }
}

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        self.list.push(problem);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Fails when there is a problem.
    pub(super) fn check(self, source: &Path) -> Result<(), Failure> {
        if self.is_empty() { Ok(()) } else { Err(self.into_failure(source)) }
    }

    /// One failure for all. A danger decides the code, then what was found first.
    pub(super) fn into_failure(self, source: &Path) -> Failure {
        let danger = self.list.iter().any(|problem| problem.code == &code::PACKAGE_UNSAFE);
        let first = self.list.first().map_or(&code::BUG, |problem| problem.code);
        let code = if danger { &code::PACKAGE_UNSAFE } else { first };
        let count = match self.list.len() {
            1 => String::new(),
            more => format!(": {more} problems"),
        };
        let mut failure = Failure::new(code, format!("`{}` cannot be deployed{count}", source.display()));
        let mut fixes: Vec<&str> = Vec::new();
        for problem in self.list.iter().take(SHOWN) {
            failure = failure.because(&problem.text);
            if !fixes.contains(&problem.fix) {
                fixes.push(problem.fix);
            }
        }
        if self.list.len() > SHOWN {
            failure = failure.because(format!("and {} more", self.list.len() - SHOWN));
        }
        fixes.into_iter().fold(failure, Failure::fix)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self { list: vec![problem] }
    }
}
