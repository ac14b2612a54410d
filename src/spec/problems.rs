//! The list of everything that is wrong with the inputs of one run.

use super::ToolSpec;
use super::surface::Surface;
use crate::report::{Failure, code};

/// Problems found so far.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<Problem>,
    /// Where the inputs were written, and the declaration of the command that reads them.
    writer: Option<(Surface, &'static ToolSpec)>,
}

#[derive(Debug)]
enum Problem {
    Told(String),
    /// One that has a code or a remedy of its own, which it keeps when it is the only one.
    Failed(Failure),
}

impl Problems {
    /// Of a command whose inputs were written there.
    pub(super) fn of(surface: Surface, spec: &'static ToolSpec) -> Self {
        Self { found: Vec::new(), writer: Some((surface, spec)) }
    }

    /// Adds one, with the input's name in backticks at its start.
    pub fn add(&mut self, problem: impl Into<String>) {
        self.found.push(Problem::Told(problem.into()));
    }

    /// Adds one that is a failure of its own, with the exit code of bad input.
    pub fn add_failure(&mut self, failure: Failure) {
        debug_assert!(failure.code.exit == code::BAD_INPUT.exit, "{} is no bad input", failure.code.id);
        self.found.push(Problem::Failed(failure));
    }

    /// Adds several.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = String>) {
        problems.into_iter().for_each(|problem| self.add(problem));
    }

    /// Nothing when there are none, else one failure that names them all.
    ///
    /// # Errors
    /// `SID0001`, or the one failure that was added.
    pub fn finish(self, command: &str) -> Result<(), Failure> {
        let what = match self.found.as_slice() {
            [] => return Ok(()),
            [Problem::Failed(only)] => return Err(only.clone()),
            [_] => format!("`{command}` cannot start: one input is not usable"),
            several => format!("`{command}` cannot start: {} inputs are not usable", several.len()),
        };
        let failure = Failure::new(&code::BAD_INPUT, what);
        let failure = self.found.into_iter().fold(failure, |failure, problem| match (problem, self.writer) {
            (Problem::Told(problem), Some((surface, spec))) => failure.because(surface.words(spec, &problem)),
            (Problem::Told(problem), None) => failure.because(problem),
            (Problem::Failed(other), _) => failure.and(other),
        });
        Err(match self.writer.and_then(|(surface, _)| surface.place()) {
            Some(place) => failure.fix(place),
            None => failure.run(format!("{command} --help")),
        })
    }
}
