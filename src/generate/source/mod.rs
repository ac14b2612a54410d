//! Reads a YAML document that people wrote, and checks it by a JSON schema. It knows no key of any document.
//!
//! Nothing of it is guessed: a scalar keeps its text (`3.10`, `on`) until the schema says what it is, and what hides
//! meaning (anchors, aliases, merge keys, tags, two keys of one name) is refused with its place. Without aliases no small
//! file becomes a large one. Everything that is wrong is told at once, each with its line and the way to put it right.

mod bytes;
mod check;
mod complaint;
mod frame;
mod parse;
mod place;
mod problem;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod words;

use serde_json::Value;

use crate::report::Failure;
use text::Text;

pub use check::unknown_keywords;
pub use problem::Problem;
pub use text::{Place, Span};
pub use tree::{Content, Key, Node, Scalar};

/// What a rule says of a text: the schema's `format`, the text, and the complaint when the text breaks that rule.
///
/// A complaint that begins with `must` or `holds` is put behind the name of the key, any other stands by itself.
pub type Rule<'r> = dyn Fn(&str, &str) -> Option<String> + 'r;

/// A document with the places of everything in it.
#[derive(Debug)]
pub struct Document {
    text: Text,
    root: Node,
}

impl Document {
    /// Reads the bytes of the file `name`, which is only used in messages.
    ///
    /// Up to 1 MiB of UTF-8, with or without a byte order mark, one document, 32 levels deep. Line ends may be LF, CRLF
    /// or CR.
    ///
    /// # Errors
    /// `SID0701` with every anchor, alias, merge key, tag and repeated key, or with the first place that is no YAML.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Failure> {
        let text = bytes::decode(name, bytes)?;
        match parse::parse(&text) {
            Ok(root) => Ok(Self { text, root }),
            Err(problems) => Err(problem::failure(&text, problems)),
        }
    }

    /// The value that the document holds by the schema, each scalar as the schema wants it. What is absent stays absent:
    /// defaults belong to whoever takes the value.
    ///
    /// The schema is draft 2020-12 as schemars 1 writes it; [`unknown_keywords`] names what this does not understand.
    /// Its `format` on a string names a rule of `rule`; `x-cure` is a sentence that helps where nothing better is known.
    ///
    /// # Errors
    /// Everything that does not hold, in the order of the document, up to 10,000 problems.
    pub fn check(&self, schema: &Value, rule: &Rule<'_>) -> Result<Value, Vec<Problem>> {
        check::check(&self.root, schema, rule)
    }

    /// A problem at a path such as `environments.production.deploy` or `apps.web.health[1]`; where nothing is there, at
    /// the nearest part of the path that is. `message` begins in lower case and names the thing in backticks.
    ///
    /// A key may hold dots: the longest key that fits is taken. The place is the value of a key with a scalar, and the
    /// key of everything that holds more.
    pub fn problem(&self, path: &str, message: impl Into<String>, help: Option<String>) -> Problem {
        Problem { path: path.to_owned(), span: self.span(path), message: message.into(), help, also: Vec::new() }
    }

    /// The place of a path, by the rules of [`Document::problem`]; for [`Problem::also`].
    pub fn span(&self, path: &str) -> Span {
        place::find(&self.root, path).0
    }

    /// What stands at a path; nothing when the document does not say it.
    pub fn find(&self, path: &str) -> Option<&Node> {
        place::find(&self.root, path).1
    }

    /// The whole tree.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The line and column of a span's beginning.
    pub fn place(&self, span: Span) -> Place {
        self.text.place(span.start)
    }

    /// One failure that shows every problem with its place and its lines, sorted by place; 20 at most are shown.
    pub fn failure(&self, problems: Vec<Problem>) -> Failure {
        problem::failure(&self.text, problems)
    }
}
