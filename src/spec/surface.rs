//! Where the inputs of a run are written, so that messages name them as their writer did.

use super::{ToolSpec, camel_case};

/// Whether a task of Azure Pipelines gave the inputs. The agent hands a task all inputs that it declares as `INPUT_*`, given or
/// not; a script step gets none.
pub(super) fn is_task(variables: &[(&str, &str)]) -> bool {
    let on_an_agent = variables.iter().any(|(name, value)| *name == "TF_BUILD" && value.eq_ignore_ascii_case("true"));
    on_an_agent && variables.iter().any(|(name, _)| name.starts_with("INPUT_"))
}

/// A sentence for the writer of a task: `app-name` and `--app-name` become `appName`.
pub(super) fn in_a_task(spec: &ToolSpec, sentence: &str) -> String {
    let word = |(place, part): (usize, &str)| {
        let name = part.strip_prefix("--").unwrap_or(part);
        if place % 2 == 1 && spec.input(name).is_some() { camel_case(name) } else { part.to_owned() }
    };
    sentence.split('`').enumerate().map(word).collect::<Vec<_>>().join("`")
}
