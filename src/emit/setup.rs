//! The declaration of the action `setup`, which no program carries out: the launcher itself does.

use crate::spec::{Input, Kind, Output, ToolSpec};

/// The declaration.
pub(super) static SPEC: ToolSpec = ToolSpec {
    name: "setup",
    about: "Puts the siding command line, or single tools, on the PATH of the following steps",
    inputs: &[&[Input::with_default(
        "tools",
        Kind::Lines,
        "siding",
        "Which programs: siding, siding-release, oidc-login, kv-sync, zip-deploy, smoke-test, slot-swap; several with blanks between",
    )]],
    positional: None,
    outputs: &[
        Output { name: "version", help: "The release that was put there" },
        Output { name: "path", help: "The folder that is on the PATH now" },
    ],
    permissions: &[],
    errors: &[],
};
