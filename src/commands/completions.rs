//! `siding completions`: what a shell needs to complete our commands, made from the declarations of their inputs.

use std::str::FromStr;

use clap_complete::Shell;
use serde_json::json;

use super::program::{PROGRAM, program};
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, Problems, ToolSpec};
use crate::tools::{Outcome, Reach, Tool};

const SHELL: Input = Input::required(
    "shell",
    Kind::Choice(&["bash", "elvish", "fish", "powershell", "zsh"]),
    "The shell that the completions are for",
);

static SPEC: ToolSpec = ToolSpec {
    name: "completions",
    about: "Prints the completions of a program for a shell",
    inputs: &[&[SHELL, PROGRAM]],
    positional: Some("shell"),
    outputs: &[],
    permissions: &[],
    errors: &[&code::BAD_INPUT],
};

pub(super) static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Itself,
    check: |_: &Inputs, _: &mut Problems| {},
    run: |inputs, _| Box::pin(async move { run(inputs) }),
};

fn run(inputs: &Inputs) -> Result<Outcome, Failure> {
    let name = inputs.text(SHELL.name);
    let shell = Shell::from_str(name).map_err(|trouble| Failure::bug(format!("the shell `{name}`: {trouble}")))?;
    let mut command = program(inputs)?;
    let mut script = Vec::new();
    let program = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, &program, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let data = json!({"program": program, "shell": name, "script": script});
    Ok(Outcome { text: script.lines().map(str::to_owned).collect(), data, ..Outcome::default() })
}
