//! The sub-commands of `siding`. This is the one room beside `run` where the tools and the emulator meet.

#[cfg(feature = "generator")]
mod check;
#[cfg(feature = "manuals")]
mod completions;
#[cfg(feature = "emulator")]
mod emulator;
mod explain;
#[cfg(feature = "generator")]
mod init;
#[cfg(feature = "manuals")]
mod manual;
#[cfg(feature = "manuals")]
mod program;
#[cfg(feature = "emulator")]
mod rehearse;
#[cfg(feature = "generator")]
mod render;
#[cfg(feature = "generator")]
mod rendered;
#[cfg(feature = "generator")]
mod sarif;
#[cfg(feature = "generator")]
mod schema;

use crate::report::{Failure, code};
use crate::spec::nearest;
use crate::tools::{ALL, Tool};

/// The commands that are not tools.
static OWN: &[&Tool] = &[
    &crate::release::TOOL,
    #[cfg(feature = "emulator")]
    &rehearse::TOOL,
    #[cfg(feature = "emulator")]
    &emulator::TOOL,
    #[cfg(feature = "generator")]
    &init::TOOL,
    #[cfg(feature = "generator")]
    &render::TOOL,
    #[cfg(feature = "generator")]
    &check::TOOL,
    #[cfg(feature = "generator")]
    &schema::TOOL,
    &explain::TOOL,
    #[cfg(feature = "manuals")]
    &completions::TOOL,
    #[cfg(feature = "manuals")]
    &manual::TOOL,
];

/// What `siding` is, in one line.
const ABOUT: &str = "Deploys to Azure App Service from CI, and rehearses it without Azure";

/// The command of that name.
pub(crate) fn find(name: &str) -> Option<&'static Tool> {
    OWN.iter().chain(ALL).copied().find(|tool| tool.spec.name == name)
}

/// What `siding --help` prints.
pub(crate) fn overview() -> String {
    let list = |tools: &[&Tool]| {
        tools.iter().map(|tool| format!("  {:<12} {}", tool.spec.name, tool.spec.about)).collect::<Vec<_>>().join("\n")
    };
    format!(
        "siding {}: {ABOUT}\n\nCommands:\n{}\n\nTools, each also a program of its own:\n{}\n\n`siding COMMAND --help` tells the inputs; `--json` prints the result as data.",
        env!("CARGO_PKG_VERSION"),
        list(OWN),
        list(ALL)
    )
}

/// The failure for a command that does not exist.
pub(crate) fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = OWN.iter().chain(ALL).map(|tool| tool.spec.name).collect();
    let failure = Failure::new(&code::BAD_INPUT, format!("`siding` has no command `{name}`"));
    match nearest(name, names.iter().copied()) {
        Some(near) => failure.because(format!("did you mean `{near}`?")).run(format!("siding {near} --help")),
        None => failure.because(format!("there are {}", names.join(", "))).run("siding --help"),
    }
}
