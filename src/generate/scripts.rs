//! The scripts that rendered pipelines run: constant text, the same on both CI systems.

use super::render::templates;

/// Where the scripts are among the embedded templates.
const FOLDER: &str = "scripts/";
/// A line that begins like this names the text of `scripts/lib` that stands in its place.
const INCLUDE: &str = "#include ";

/// The names of all scripts, in alphabetical order: what `text` knows.
pub fn names() -> Vec<&'static str> {
    let paths = templates().templates().map(|(path, _)| path);
    let mut names: Vec<_> = paths
        .filter_map(|path| path.strip_prefix(FOLDER)?.strip_suffix(".sh"))
        .filter(|name| !name.contains('/'))
        .collect();
    names.sort_unstable();
    names
}

/// A script as a pipeline embeds it, with the shared text it includes; `None` when there is no script of this name, or
/// none of the shared text it asks for.
pub fn text(name: &str) -> Option<String> {
    source(name)?.lines().try_fold(String::new(), |before, line| {
        let here = match line.strip_prefix(INCLUDE) {
            Some(shared) => source(&format!("lib/{shared}"))?,
            None => line.to_owned(),
        };
        Some(before + here.trim_end_matches('\n') + "\n")
    })
}

fn source(name: &str) -> Option<String> {
    let template = templates().get_template(&format!("{FOLDER}{name}.sh")).ok()?;
    Some(template.source().to_owned())
}
