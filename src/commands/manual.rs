//! `siding manual`: the manual page of a program or of one of `siding`'s commands, made from the declaration of its inputs.

use clap_mangen::Man;
use serde_json::json;

use super::program::{PROGRAM, program};
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, Problems, ToolSpec, nearest};
use crate::tools::{Outcome, Reach, Tool};

const COMMAND: Input = Input::optional("command", Kind::Text, "A command of `siding`, such as `rehearse`");

static SPEC: ToolSpec = ToolSpec {
    name: "manual",
    about: "Prints a manual page, in the form that `man` reads",
    inputs: &[&[COMMAND, PROGRAM]],
    positional: Some("command"),
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
    let program = program(inputs)?;
    let command = match inputs.given(COMMAND.name) {
        None => program,
        Some(name) => named(&program, name)?,
    };
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut page = Vec::new();
    let rendered = Man::new(command).title(name.to_uppercase()).manual("Siding").render(&mut page);
    rendered.map_err(|trouble| Failure::bug(format!("the manual page of `{name}`: {trouble}")))?;
    let page = String::from_utf8_lossy(&page).into_owned();
    let data = json!({"name": name, "page": page});
    Ok(Outcome { text: page.lines().map(str::to_owned).collect(), data, ..Outcome::default() })
}

/// One of the program's commands, under the name that its page has: `siding-rehearse`.
fn named(program: &clap::Command, name: &str) -> Result<clap::Command, Failure> {
    let full = format!("{}-{name}", program.get_name());
    if let Some(command) = program.find_subcommand(name) {
        let typed = format!("{} {name}", program.get_name());
        return Ok(command.clone().name(full.clone()).display_name(full).bin_name(typed));
    }
    let failure = Failure::new(
        &code::BAD_INPUT,
        format!("`{}` has no command `{}`", program.get_name(), crate::ci::inline(name)),
    );
    let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => failure.because(format!("did you mean `{near}`?")).run(format!("siding manual {near}")),
        None if names.is_empty() => failure.because("its page is told without a command"),
        None => failure.because(format!("there are {}", names.join(", "))),
    })
}
