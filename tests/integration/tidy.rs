//! The rules of DESIGN and STYLE that a compiler does not know, kept by reading the tree as text. Each rule is a function
//! from a file to what it finds there, tried on a bad sample beside it, so that none can rot.

mod absences;
mod imports;
mod presence;
mod sizes;
mod source;

use std::path::{Path, PathBuf};

use source::{Source, Violation};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository as text.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", path.display()))
}

pub(crate) use source::files;

/// Runs a rule over these files and fails with every violation, each with its file, its line and what to do.
fn keep(files: &[Source], rule: impl Fn(&Source) -> Vec<Violation>) {
    assert!(!files.is_empty(), "there are no files to look at");
    let mut found = Vec::new();
    for source in files {
        found.extend(
            rule(source).into_iter().map(|violation| format!("{}:{}: {}", source.path, violation.line, violation.what)),
        );
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// How often a rule finds something in a sample.
fn count(rule: impl Fn(&Source) -> Vec<Violation>, path: &str, text: &str) -> usize {
    rule(&Source::new(path, text)).len()
}
