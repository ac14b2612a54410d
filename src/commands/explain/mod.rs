//! `siding explain`: what a code means, or what the pipelines of a `siding.yml` do.

mod codes;
#[cfg(feature = "generator")]
mod defaults;
#[cfg(feature = "generator")]
mod reach;
#[cfg(feature = "generator")]
mod setup;
#[cfg(feature = "generator")]
mod system;

use serde_json::json;

use crate::report::Failure;
use crate::spec::{Input, Inputs, Kind, Problems, ToolSpec};
use crate::tools::{Outcome, Reach, Stage, Tool};

static SPEC: ToolSpec = ToolSpec {
    name: "explain",
    about: "Explains a code such as SID0104 or AADSTS700213, or what the pipelines of a siding.yml do",
    inputs: &[&[Input::optional(
        "code",
        Kind::Text,
        "A code, or a `siding.yml`; the nearest `siding.yml` here or above, by default",
    )]],
    positional: Some("code"),
    outputs: &[],
    permissions: &[],
    errors: &[],
};

pub(super) static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Itself,
    check: |_: &Inputs, _: &mut Problems| {},
    run: |inputs, stage| Box::pin(async move { run(inputs, stage) }),
};

fn run(inputs: &Inputs, stage: Stage<'_>) -> Result<Outcome, Failure> {
    let given = inputs.given("code");
    if let Some(code) = given.filter(|text| !is_config(text)) {
        let lines = codes::explain(code)?;
        let data = json!({"code": code, "lines": lines});
        return Ok(Outcome { text: lines, data, ..Outcome::default() });
    }
    config(given, stage)
}

#[cfg(feature = "generator")]
fn config(given: Option<&str>, stage: Stage<'_>) -> Result<Outcome, Failure> {
    let path = super::rendered::find(given.map(Into::into), stage)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let project = crate::generate::Project::read(&name, &stage.world.files.bytes(&path)?)?;
    let sections = system::explain(&project);
    let text = sections.iter().flat_map(system::Section::lines).collect();
    let data =
        serde_json::Value::Object(sections.into_iter().map(|section| (section.id.to_owned(), section.data)).collect());
    Ok(Outcome { text, data, ..Outcome::default() })
}

#[cfg(not(feature = "generator"))]
fn config(_: Option<&str>, _: Stage<'_>) -> Result<Outcome, Failure> {
    use crate::report::code;
    Err(Failure::new(&code::BAD_INPUT, "no code is given").fix("name one, such as `SID0104`"))
}

/// Whether it is a file and not a code: codes have neither dots nor slashes.
fn is_config(text: &str) -> bool {
    text.contains(['.', '/', '\\'])
}
