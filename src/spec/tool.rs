//! The declaration of a command, from which its help, its flags and its reading of the environment come.

use super::{Input, Output};
use crate::report::Code;

/// Everything that is known about a command without running it.
#[derive(Debug)]
pub struct ToolSpec {
    /// The binary's name, or the sub-command of `siding`.
    pub name: &'static str,
    /// One line.
    pub about: &'static str,
    /// The inputs in groups, because commands share some; the order is that of the help.
    pub inputs: &'static [&'static [Input]],
    /// The input that may be given without its flag.
    pub positional: Option<&'static str>,
    /// The outputs.
    pub outputs: &'static [Output],
    /// Rights that the identity needs, as role names or actions.
    pub permissions: &'static [&'static str],
    /// The failures of its own that it can end with.
    pub errors: &'static [&'static Code],
}

impl ToolSpec {
    /// All inputs, in the order of the help.
    pub fn inputs(&self) -> impl Iterator<Item = &'static Input> {
        self.inputs.iter().copied().flatten()
    }

    /// The input of that name.
    pub fn input(&self, name: &str) -> Option<&'static Input> {
        self.inputs().find(|input| input.name == name)
    }
}
