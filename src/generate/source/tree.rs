//! The tree of a document: scalars with their text, lists, and maps in the order of the file.

use super::text::Span;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where: for a list or a map in block style, from its first item to where the parser saw its end.
    pub span: Span,
    /// What.
    pub content: Content,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One text.
    Scalar(Scalar),
    /// Items.
    List(Vec<Node>),
    /// Keys with their values, each key once.
    Map(Vec<(Key, Node)>),
}

/// A text as it stands in the file; what it means is the schema's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text, without quotes and with escapes resolved. `3.10` stays `3.10`.
    pub text: String,
    /// Whether it is without quotes and no block of text, so that it can be something else than text.
    pub plain: bool,
}

impl Scalar {
    /// Whether it says that there is nothing: empty, `~` or `null` (yaml.org/spec/1.2.2 §10.3.2, 2026-08).
    pub fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl Node {
    /// The value of a key; nothing when it is no map or has no such key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Content::Map(entries) = &self.content else { return None };
        entries.iter().find(|(name, _)| name.text == key).map(|(_, value)| value)
    }
}

/// Where a problem with a value is shown: at the value of a scalar, at the key of everything that holds more or nothing.
pub(super) fn anchor(key: Option<&Key>, node: &Node) -> Span {
    match (&node.content, key) {
        (Content::Scalar(_), _) if node.span.end > node.span.start => node.span,
        (_, Some(key)) => key.span,
        (_, None) => node.span,
    }
}
