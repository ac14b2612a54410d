//! From text to tree: takes the parser's events one by one and refuses what hides meaning.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marked};

use super::complaint;
use super::problem::{MOST_PROBLEMS, Problem};
use super::text::{Span, Text};
use super::tree::{Content, Key, Node, Scalar};
use super::words::{counted, quoted};

/// How deep lists and maps may lie in each other.
pub(super) const DEEPEST: usize = 32;

/// Longer keys are text that lost its quotes.
pub(super) const LONGEST_KEY: usize = 256;

const NO_TAGS: &str = "take it out: what a value is follows from its key";
const NO_ANCHORS: &str = "write the value out where it is needed";

pub(super) fn parse(text: &Text) -> Result<Node, Vec<Problem>> {
    let mut builder = Builder::new(text);
    let mut parser = Parser::new_from_str(&text.content);
    while let Some(event) = parser.next_event() {
        let step = match event {
            Ok((event, marked)) => builder.take(event, marked),
            Err(error) => Err(builder.broken(error.marker().index(), error.info())),
        };
        if let Err(problem) = step {
            // What comes behind it cannot be read.
            builder.problems.push(problem);
            return Err(builder.problems);
        }
        if builder.problems.len() >= MOST_PROBLEMS {
            return Err(builder.problems);
        }
    }
    builder.finish()
}

/// A list or map that is not closed yet.
enum Open {
    List { start: Span, items: Vec<Node> },
    Map { start: Span, entries: Vec<(Key, Node)>, key: Option<Key>, seen: HashMap<String, Span> },
}

struct Builder<'t> {
    text: &'t Text,
    /// The byte of each character, and the end: the parser counts characters. Empty for ASCII, where both are equal.
    bytes: Vec<usize>,
    open: Vec<Open>,
    root: Option<Node>,
    /// Lines that texts of several lines go on in, whose white space is their own.
    inside: Vec<Span>,
    problems: Vec<Problem>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t Text) -> Self {
        let content = &text.content;
        let bytes = if content.is_ascii() {
            Vec::new()
        } else {
            content.char_indices().map(|(offset, _)| offset).chain([content.len()]).collect()
        };
        Self { text, bytes, open: Vec::new(), root: None, inside: Vec::new(), problems: Vec::new() }
    }

    fn byte(&self, index: usize) -> usize {
        let end = self.text.content.len();
        if self.bytes.is_empty() { index.min(end) } else { self.bytes.get(index).copied().unwrap_or(end) }
    }

    fn span(&self, marked: Marked) -> Span {
        let (start, end) = (self.byte(marked.start.index()), self.byte(marked.end.index()));
        Span { start, end: end.max(start) }
    }

    /// Takes an event; an error ends the reading.
    fn take(&mut self, event: Event<'_>, marked: Marked) -> Result<(), Problem> {
        let span = self.span(marked);
        match event {
            Event::Alias(_) => {
                self.refuse(span, "references to anchors are not allowed", NO_ANCHORS);
                self.scalar(Scalar { text: String::new(), plain: true }, span)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let span = self.without_properties(span, anchor, tag.is_some());
                self.note_lines(span, style);
                self.scalar(Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }, span)?;
            }
            Event::SequenceStart(anchor, tag) => {
                let start = self.without_properties(span, anchor, tag.is_some());
                self.enter(start, Open::List { start, items: Vec::new() })?;
            }
            Event::MappingStart(anchor, tag) => {
                let start = self.without_properties(span, anchor, tag.is_some());
                self.enter(start, Open::Map { start, entries: Vec::new(), key: None, seen: HashMap::new() })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(span.end)?,
            Event::DocumentStart(_) if self.root.is_some() => {
                let problem = Problem::new("", span, "a second document begins here");
                return Err(problem.help("keep one document in the file, and take the `---` between them out"));
            }
            Event::DocumentStart(_) | Event::DocumentEnd | Event::StreamStart | Event::StreamEnd | Event::Nothing => {}
        }
        Ok(())
    }

    fn refuse(&mut self, span: Span, message: &str, help: &str) {
        self.problems.push(Problem::new("", span, message).help(help));
    }

    /// Refuses an anchor or a tag, which the parser counts to the value that it belongs to.
    fn without_properties(&mut self, span: Span, anchor: usize, tagged: bool) -> Span {
        if anchor != 0 {
            self.refuse(self.word(span, '&'), "anchors are not allowed", NO_ANCHORS);
        }
        if tagged {
            self.refuse(self.word(span, '!'), "tags are not allowed", NO_TAGS);
        }
        span
    }

    /// The word that begins with `sign` in the value, or before it on its line.
    fn word(&self, span: Span, sign: char) -> Span {
        let line = self.text.range(self.text.line_of(span.start));
        let content = &self.text.content;
        let inside = content[span.start..span.end].find(sign).map(|found| span.start + found);
        let before = || content[line.start..span.start].rfind(sign).map(|found| line.start + found);
        let Some(start) = inside.or_else(before) else { return span };
        let length = content[start..].find(|letter: char| letter.is_whitespace()).unwrap_or(content.len() - start);
        Span { start, end: start + length }
    }

    fn note_lines(&mut self, span: Span, style: ScalarStyle) {
        let (first, last) = (self.text.line_of(span.start), self.text.line_of(span.end));
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                self.inside.push(Span { start: self.text.range(first).start, end: span.end });
            }
            _ if first != last => self.inside.push(Span { start: span.start, end: span.end }),
            _ => {}
        }
    }

    fn scalar(&mut self, scalar: Scalar, span: Span) -> Result<(), Problem> {
        if let Some(Open::Map { key: key @ None, seen, .. }) = self.open.last_mut() {
            if scalar.plain && scalar.text == "<<" {
                let problem = Problem::new("", span, "merge keys are not allowed");
                self.problems.push(problem.help("write the keys out where they are needed"));
            } else if scalar.plain && scalar.text.is_empty() {
                let problem = Problem::new("", span, "a key is missing in front of `:`");
                self.problems.push(problem.help("write the key, or put the text in quotes"));
            } else if scalar.text.len() > LONGEST_KEY {
                let problem = Problem::new("", span, format!("this key is longer than {LONGEST_KEY} bytes"));
                return Err(problem.help("put text that begins with `?` or holds `: ` in quotes"));
            } else if let Some(first) = seen.get(&scalar.text) {
                let problem = Problem::new("", span, format!("the key {} is there twice", quoted(&scalar.text)));
                self.problems.push(problem.also(*first, "first here").help("keep one of them"));
            } else {
                seen.insert(scalar.text.clone(), span);
            }
            *key = Some(Key { text: scalar.text, span });
            return Ok(());
        }
        self.attach(Node { span, content: Content::Scalar(scalar) })
    }

    fn enter(&mut self, start: Span, open: Open) -> Result<(), Problem> {
        if matches!(self.open.last(), Some(Open::Map { key: None, .. })) {
            let problem = Problem::new("", start, "a key must be one word or text, not a list or a map");
            return Err(problem.help("put text that begins with `[`, `{` or `?` in quotes"));
        }
        if self.open.len() == DEEPEST {
            let problem = Problem::new("", start, format!("this lies more than {DEEPEST} levels deep"));
            return Err(problem.help("nothing that can be written here is that deep"));
        }
        self.open.push(open);
        Ok(())
    }

    fn leave(&mut self, end: usize) -> Result<(), Problem> {
        let close = |start: Span| Span { start: start.start, end: end.max(start.end) };
        let node = match self.open.pop() {
            Some(Open::List { start, items }) => Node { span: close(start), content: Content::List(items) },
            Some(Open::Map { start, entries, .. }) => Node { span: close(start), content: Content::Map(entries) },
            None => return Err(Problem::new("", Span::at(end), "this closes nothing")),
        };
        self.attach(node)
    }

    fn attach(&mut self, node: Node) -> Result<(), Problem> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => return Err(Problem::new("", node.span, "a value without a key")),
            },
        }
        Ok(())
    }

    /// The text is no YAML at a character.
    fn broken(&self, index: usize, message: &str) -> Problem {
        let content = &self.text.content;
        let offset = self.byte(index);
        // Of a tab behind a text that may go on, the parser tells at the end of that text, a line above.
        let last = self.text.line_of(offset) + usize::from(message.contains("found a tab"));
        if let Some(problem) = self.tabs(last) {
            return problem;
        }
        // Behind the last line there is nothing to show.
        let at_end = content[offset..].trim().is_empty();
        let offset = if at_end { content.trim_end().len().min(offset) } else { offset };
        let length =
            content[offset..].chars().next().filter(|letter| !letter.is_whitespace()).map_or(0, char::len_utf8);
        let (what, cure) = complaint::explain(message);
        let problem = Problem::new("", Span { start: offset, end: offset + length }, what);
        Problem { help: cure, ..problem }
    }

    /// The tabs that indent lines up to this one, as one problem at the first.
    fn tabs(&self, last: usize) -> Option<Problem> {
        let mut inside = self.inside.iter().peekable();
        let mut found = Vec::new();
        for index in 0..=last.min(self.text.lines() - 1) {
            let (line, start) = (self.text.line(index), self.text.range(index).start);
            while inside.next_if(|span| span.end <= start).is_some() {}
            let white = line.len() - line.trim_start_matches([' ', '\t']).len();
            let says = line[white..].chars().next().is_some_and(|first| first != '#');
            if let Some(tab) = line[..white].find('\t').filter(|_| says)
                && inside.peek().is_none_or(|span| span.start > start)
            {
                found.push(Span { start: start + tab, end: start + tab + 1 });
            }
        }
        let (first, others) = found.split_first()?;
        let more = if others.is_empty() {
            String::new()
        } else {
            format!(", and so are {} more", counted(others.len(), "line"))
        };
        let problem = Problem::new("", *first, format!("this line is indented with a tab{more}"));
        Some(problem.help("YAML is indented with spaces: let the editor replace the tabs"))
    }

    fn finish(mut self) -> Result<Node, Vec<Problem>> {
        self.problems.extend(self.tabs(usize::MAX));
        let empty = self.root.as_ref().is_none_or(
            |root| matches!(&root.content, Content::Scalar(scalar) if scalar.plain && scalar.text.is_empty()),
        );
        if empty && self.problems.is_empty() {
            let problem = Problem::new("", Span::at(0), "the file holds nothing but white space and comments");
            self.problems.push(problem.help("check that the file was saved, and that it is the right one"));
        }
        match self.root {
            Some(root) if self.problems.is_empty() => Ok(root),
            _ => Err(self.problems),
        }
    }
}
