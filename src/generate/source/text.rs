//! The text of a document, and places in it.

/// A part of a text: byte offsets, the end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

/// A line and a column as people count them: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A text with its name and the beginnings of its lines.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) content: String,
    starts: Vec<usize>,
}

impl Text {
    /// A line ends with LF, CRLF or CR, as YAML 1.2 has it (yaml.org/spec/1.2.2 §5.4, 2026-08).
    pub(super) fn new(name: &str, content: &str) -> Self {
        let bytes = content.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(offset, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(offset + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|(offset, _)| offset + 1)).collect();
        Self { name: name.to_owned(), content: content.to_owned(), starts }
    }

    /// The index of the line that holds an offset, from 0.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// A line without its end, by its index; empty behind the last one.
    pub(super) fn line(&self, index: usize) -> &str {
        let range = self.range(index);
        &self.content[range.start..range.end]
    }

    /// Where a line without its end is.
    pub(super) fn range(&self, index: usize) -> Span {
        let start = self.starts.get(index).copied().unwrap_or(self.content.len());
        let end = self.starts.get(index + 1).copied().unwrap_or(self.content.len());
        Span { start, end: start + self.content[start..end].trim_end_matches(['\r', '\n']).len() }
    }

    /// How many lines there are, an empty last one included.
    pub(super) fn lines(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn place(&self, offset: usize) -> Place {
        let line = self.line_of(offset);
        let start = self.starts[line];
        Place { line: line + 1, column: self.content[start..offset.min(self.content.len())].chars().count() + 1 }
    }
}
