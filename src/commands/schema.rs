//! `siding schema`: the JSON schema of `siding.yml`.

use serde_json::json;

use super::rendered::put;
use crate::generate::schema;
use crate::report::{Failure, code};
use crate::spec::{Input, Inputs, Kind, Problems, ToolSpec};
use crate::tools::{Outcome, Reach, Stage, Tool};

static SPEC: ToolSpec = ToolSpec {
    name: "schema",
    about: "Prints the JSON schema of siding.yml, for editors",
    inputs: &[&[Input::optional("write", Kind::Path, "The file that it is written to, in place of standard output")]],
    positional: None,
    outputs: &[],
    permissions: &[],
    errors: &[&code::FILE],
};

pub(super) static TOOL: Tool = Tool {
    spec: &SPEC,
    reach: Reach::Itself,
    check: |_: &Inputs, _: &mut Problems| {},
    run: |inputs, stage| Box::pin(async move { run(inputs, stage) }),
};

fn run(inputs: &Inputs, stage: Stage<'_>) -> Result<Outcome, Failure> {
    let schema = schema::schema();
    let Some(path) = inputs.path("write") else {
        let text = format!("{schema:#}").lines().map(str::to_owned).collect();
        return Ok(Outcome { text, data: schema, ..Outcome::default() });
    };
    put(&path, &format!("{schema:#}\n"))?;
    stage.host.line(&format!("wrote {}", path.display()));
    Ok(Outcome { data: json!({"path": path.display().to_string(), "id": schema::id()}), ..Outcome::default() })
}
