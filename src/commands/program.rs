//! One of our programs as clap knows it, for its manual page and its completions.

use clap::Command;

use super::{ABOUT, OWN};
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, documented, nearest};
use crate::tools::ALL;

/// Which program a manual page or a completion is for.
pub(super) const PROGRAM: Input =
    Input::with_default("program", Kind::Text, "siding", "The program: `siding`, or a tool such as `zip-deploy`");

/// The program that is asked for.
///
/// # Errors
/// There is none of that name.
pub(super) fn program(inputs: &Inputs) -> Result<Command, Failure> {
    let name = inputs.text(PROGRAM.name);
    if name == "siding" {
        return Ok(siding());
    }
    ALL.iter().find(|tool| tool.spec.name == name).map(|tool| documented(tool.spec)).ok_or_else(|| unknown(name))
}

fn siding() -> Command {
    let program = Command::new("siding").about(ABOUT).version(env!("CARGO_PKG_VERSION")).disable_help_subcommand(true);
    program.subcommands(OWN.iter().chain(ALL).map(|tool| documented(tool.spec)))
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = std::iter::once("siding").chain(ALL.iter().map(|tool| tool.spec.name)).collect();
    let failure = Failure::new(&code::BAD_INPUT, format!("there is no program `{}`", crate::ci::inline(name)));
    match nearest(name, names.iter().copied()) {
        Some(near) => failure.because(format!("did you mean `{near}`?")),
        None => failure.because(format!("there are {}", names.join(", "))),
    }
}
