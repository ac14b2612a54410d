//! The list of everything that is wrong with the inputs of one run.

use crate::report::{Failure, code};

/// Problems found so far.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

#[derive(Debug)]
enum Problem {
    Told(String),
    /// One that has a code or a remedy of its own, which it keeps when it is the only one.
    Failed(Failure),
}

impl Problems {
    /// Adds one, with the input's name in backticks at its start.
    pub fn add(&mut self, problem: impl Into<String>) {
        self.0.push(Problem::Told(problem.into()));
    }

    /// Adds one that is a failure of its own, with the exit code of bad input.
    pub fn add_failure(&mut self, failure: Failure) {
        debug_assert!(failure.code.exit == code::BAD_INPUT.exit, "{} is no bad input", failure.code.id);
        self.0.push(Problem::Failed(failure));
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
        let what = match self.0.as_slice() {
            [] => return Ok(()),
            [Problem::Failed(only)] => return Err(only.clone()),
            [_] => format!("`{command}` cannot start: one input is not usable"),
            several => format!("`{command}` cannot start: {} inputs are not usable", several.len()),
        };
        let failure = self.0.into_iter().fold(Failure::new(&code::BAD_INPUT, what), |failure, problem| match problem {
            Problem::Told(problem) => failure.because(problem),
            Problem::Failed(other) => failure.and(other),
        });
        Err(failure.run(format!("{command} --help")))
    }
}
