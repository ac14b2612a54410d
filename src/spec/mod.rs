//! What a command declares, and how raw strings become checked values: flags, `INPUT_*` in every spelling, the
//! environment's own variables, defaults. Every bad input is reported at once, before any network call.

mod argv;
mod case;
mod command;
mod input;
mod kind;
mod problems;
mod read;
mod surface;
#[cfg(test)]
mod tests;
mod tool;

pub use case::{camel_case, pascal_case};
pub use command::{command, documented, help};
pub use input::{Input, Kind, Need, Output};
pub use kind::parse_duration;
pub use problems::Problems;
pub use read::{Inputs, read};
pub use tool::ToolSpec;

/// The name in a list that a mistyped one most likely means.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let close = |name: &&str| {
        let distance = strsim::damerau_levenshtein(&typed, &name.to_lowercase());
        distance <= (name.len() / 3).max(1) || strsim::jaro_winkler(&typed, &name.to_lowercase()) >= 0.9
    };
    names.into_iter().filter(close).min_by_key(|name| strsim::damerau_levenshtein(&typed, &name.to_lowercase()))
}
