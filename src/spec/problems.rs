//! The list of everything that is wrong with the inputs of one run.

use crate::report::{Failure, code};

/// Problems found so far.
#[derive(Debug, Default)]
pub struct Problems(Vec<String>);

impl Problems {
    /// Adds one, with the input's name in backticks at its start.
    pub fn add(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    /// Adds several.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = String>) {
        problems.into_iter().for_each(|problem| self.add(problem));
    }

    /// Nothing when there are none, else one failure that names them all.
    ///
    /// # Errors
    /// `SID0001`.
    pub fn finish(self, command: &str) -> Result<(), Failure> {
        let what = match self.0.len() {
            0 => return Ok(()),
            1 => format!("`{command}` cannot start: one input is not usable"),
            several => format!("`{command}` cannot start: {several} inputs are not usable"),
        };
        let failure = self.0.into_iter().fold(Failure::new(&code::BAD_INPUT, what), Failure::because);
        Err(failure.run(format!("{command} --help")))
    }
}
