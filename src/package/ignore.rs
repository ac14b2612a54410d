//! Which files stay out: `.git`, the folder's ignore file, and the patterns of the command line.
//!
//! `.gitignore` is not honoured: it lists what is built, and what is built is what gets deployed.
#![expect(clippy::disallowed_methods, reason = "the package reads its own source; every error names the path")]

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::problems::{Problem, Problems};
use crate::report::code;

/// The ignore files at the root of a folder: azd's for web apps, and that of the Functions tools. They are instructions
/// for the packaging and stay out themselves.
pub(super) const FILES: [&str; 2] = [".webappignore", ".funcignore"];

/// The rules of one package; a later one wins over an earlier one.
pub(super) struct Rules {
    patterns: Gitignore,
}

impl Rules {
    /// The rules of a folder: its ignore files, then `exclude`.
    pub(super) fn of_folder(root: &Path, exclude: &[String], problems: &mut Problems) -> Self {
        let mut builder = GitignoreBuilder::new("");
        for name in FILES {
            let path = root.join(name);
            match fs::read(&path) {
                Ok(bytes) => add_file(&mut builder, name, &bytes, problems),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => problems.push(Problem::file("read", &path, &error)),
            }
        }
        add_patterns(&mut builder, exclude, problems);
        Self::build(&builder, problems)
    }

    /// The rules of a zip that is used as it is.
    pub(super) fn of_zip(exclude: &[String], problems: &mut Problems) -> Self {
        let mut builder = GitignoreBuilder::new("");
        add_patterns(&mut builder, exclude, problems);
        Self::build(&builder, problems)
    }

    /// Whether the rules leave this name out. A folder's name ends with `/`; its parents have been asked before.
    pub(super) fn leave_out(&self, name: &str) -> bool {
        let bare = name.trim_end_matches('/');
        let last = bare.rsplit('/').next().unwrap_or(bare);
        last == ".git" || FILES.contains(&bare) || self.patterns.matched(bare, name.ends_with('/')).is_ignore()
    }

    /// Whether a pattern matches this name or a folder above it.
    pub(super) fn match_anywhere(&self, name: &str) -> bool {
        let bare = name.trim_end_matches('/');
        self.patterns.matched_path_or_any_parents(bare, name.ends_with('/')).is_ignore()
    }

    fn build(builder: &GitignoreBuilder, problems: &mut Problems) -> Self {
        let patterns = builder.build().unwrap_or_else(|error| {
            problems.push(bad_pattern(&error.to_string()));
            Gitignore::empty()
        });
        Self { patterns }
    }
}

fn add_patterns(builder: &mut GitignoreBuilder, patterns: &[String], problems: &mut Problems) {
    // Git reads an unclosed `[` as a pattern that matches nothing; here it is a mistake that somebody wants to hear of.
    builder.allow_unclosed_class(false);
    for pattern in patterns {
        if let Err(error) = builder.add_line(None, pattern) {
            problems.push(bad_pattern(&format!("`{pattern}`: {error}")));
        }
    }
}

fn add_file(builder: &mut GitignoreBuilder, name: &str, bytes: &[u8], problems: &mut Problems) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        problems.push(bad_pattern(&format!("`{name}` is not UTF-8 text")));
        return;
    };
    for (index, line) in text.lines().enumerate() {
        if let Err(error) = builder.add_line(None, line) {
            problems.push(bad_pattern(&format!("line {} of `{name}`: {error}", index + 1)));
        }
    }
}

fn bad_pattern(what: &str) -> Problem {
    Problem {
        code: &code::BAD_INPUT,
        text: format!("an ignore pattern cannot be read: {what}"),
        fix: "correct the pattern; the syntax is that of .gitignore",
    }
}
