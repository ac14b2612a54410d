//! Where the inputs of a run are written, so that messages name them as their writer did.

use super::{ToolSpec, camel_case};

/// Who wrote the inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Surface {
    /// A person or a script: flags and variables.
    #[default]
    CommandLine,
    /// A step of GitHub Actions: keys under `with`.
    Action,
    /// A task of Azure Pipelines: keys under `inputs`, in camel case.
    Task,
}

impl Surface {
    /// From the variables of the run. Both hosts hand over all inputs that are declared as `INPUT_*`, given or not; a step
    /// that runs a script gets none.
    pub(super) fn of(variables: &[(&str, &str)]) -> Self {
        let is_true =
            |wanted| variables.iter().any(|(name, value)| *name == wanted && value.eq_ignore_ascii_case("true"));
        if !variables.iter().any(|(name, _)| name.starts_with("INPUT_")) {
            Self::CommandLine
        } else if is_true("TF_BUILD") {
            Self::Task
        } else if is_true("GITHUB_ACTIONS") {
            Self::Action
        } else {
            Self::CommandLine
        }
    }

    /// A sentence for the writer: `--app-name` becomes `app-name` in an action, and `appName` in a task.
    pub(super) fn words(self, spec: &ToolSpec, sentence: &str) -> String {
        let word = |(place, part): (usize, &str)| {
            let name = part.strip_prefix("--").unwrap_or(part);
            match self {
                Self::Action if place % 2 == 1 && spec.input(name).is_some() => name.to_owned(),
                Self::Task if place % 2 == 1 && spec.input(name).is_some() => camel_case(name),
                _ => part.to_owned(),
            }
        };
        sentence.split('`').enumerate().map(word).collect::<Vec<_>>().join("`")
    }

    /// Where its writer corrects an input.
    pub(super) fn place(self) -> Option<&'static str> {
        match self {
            Self::CommandLine => None,
            Self::Action => Some("correct the inputs under `with:` of the step in the workflow"),
            Self::Task => Some("correct the `inputs` of the task in the pipeline"),
        }
    }
}
