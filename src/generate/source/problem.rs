//! One problem of a document, and all of them as one failure.

use super::frame;
use super::text::{Span, Text};
use super::words::{counted, quoted};
use crate::report::{Failure, code};

/// More frames than this are not read.
const MOST_SHOWN: usize = 20;
/// More problems than this are not collected.
pub(super) const MOST_PROBLEMS: usize = 10_000;

/// Something that is wrong, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path of what is wrong, such as `environments.production.deploy`; empty for the document itself.
    pub path: String,
    /// Where.
    pub span: Span,
    /// What is wrong, with the name of the thing.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Other places that have to do with it, each with a few words.
    pub also: Vec<(Span, String)>,
}

impl Problem {
    pub(super) fn new(path: &str, span: Span, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), span, message: message.into(), help: None, also: Vec::new() }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Shows another place, with a few words such as `first here`.
    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }
}

/// All problems as one failure, each with its place and its lines.
pub(super) fn failure(text: &Text, mut problems: Vec<Problem>) -> Failure {
    problems.sort_by_key(|problem| problem.span);
    problems.dedup();
    let count = match problems.len() {
        1 => "a problem".to_owned(),
        many if many >= MOST_PROBLEMS => format!("at least {MOST_PROBLEMS} problems"),
        many => counted(many, "problem"),
    };
    let failure = Failure::new(&code::CONFIGURATION, format!("{} has {count}", quoted(&text.name)));
    let shown = problems.iter().take(MOST_SHOWN);
    let failure = shown.fold(failure, |failure, problem| failure.because(frame::render(text, problem)));
    match problems.len().saturating_sub(MOST_SHOWN) {
        0 => failure,
        more => failure.because(format!("and {more} more")),
    }
}
