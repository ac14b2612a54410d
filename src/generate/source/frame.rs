//! The lines of a document around a problem, with the place marked.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use super::problem::Problem;
use super::text::{Span, Text};

/// Characters of a line that are shown; of a longer one, those around the place.
const WIDTH: usize = 100;
/// How many characters of a longer line stand in front of the place.
const BEFORE: usize = 40;
/// The renderer shows a gap of this many lines between two places in full.
const GAP: usize = 2;
/// What the renderer may use; ours are never that wide.
const TERMINAL: usize = 240;

/// `name:line:column: message` and the lines below it, without colour.
pub(super) fn render(text: &Text, problem: &Problem) -> String {
    let place = text.place(problem.span.start);
    let mut spans = vec![(problem.span, None)];
    spans.extend(problem.also.iter().map(|(span, label)| (*span, Some(label.as_str()))));
    let lines: Vec<usize> = spans.iter().map(|(span, _)| text.line_of(span.start)).collect();
    let (first, last) = (lines.iter().min().copied().unwrap_or(0), lines.iter().max().copied().unwrap_or(0));

    let mut source = String::new();
    let mut annotations = Vec::new();
    for line in first..=last {
        // What lies between two places is folded away, so it need not be there.
        if lines.iter().any(|shown| shown.abs_diff(line) <= GAP) {
            let here = spans.iter().filter(|(span, _)| text.line_of(span.start) == line);
            let excerpt = Excerpt::new(text, line, here.clone().map(|(span, _)| span.start).min());
            for (span, label) in here {
                let range = source.len() + excerpt.offset(span.start)..source.len() + excerpt.offset(span.end);
                let kind = if label.is_none() { AnnotationKind::Primary } else { AnnotationKind::Context };
                annotations.push(kind.span(range).label(label.map(normalize_untrusted_str)));
            }
            source.push_str(&excerpt.shown);
        }
        source.push('\n');
    }
    let snippet = Snippet::source(source).line_start(first + 1).annotations(annotations);
    let mut group = Group::with_level(Level::ERROR).element(snippet);
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    let frame = Renderer::plain().term_width(TERMINAL).render(&[group]);
    format!("{}:{}:{}: {}\n{frame}", text.name, place.line, place.column, problem.message)
}

/// A line as it is shown, and where each of its bytes went.
struct Excerpt {
    shown: String,
    /// For each character shown: its offset in the text, and in `shown`.
    moved: Vec<(usize, usize)>,
}

impl Excerpt {
    /// The line, or of a long one the part around `focus`, an offset in the text.
    fn new(text: &Text, line: usize, focus: Option<usize>) -> Self {
        let range = text.range(line);
        let content = text.line(line);
        let before =
            focus.map_or(0, |focus| content[..focus.clamp(range.start, range.end) - range.start].chars().count());
        let skipped = if content.chars().nth(WIDTH).is_none() { 0 } else { before.saturating_sub(BEFORE) };
        let mut shown = if skipped > 0 { "...".to_owned() } else { String::new() };
        let mut moved = Vec::new();
        let mut rest = content.char_indices().skip(skipped);
        for (offset, character) in rest.by_ref().take(WIDTH) {
            moved.push((range.start + offset, shown.len()));
            if character.is_control() && character != '\t' {
                shown.extend(character.escape_unicode());
            } else {
                shown.push(character);
            }
        }
        let end = rest.next().map_or(range.end, |(offset, _)| range.start + offset);
        moved.push((end, shown.len()));
        if end < range.end {
            shown.push_str("...");
        }
        Self { shown, moved }
    }

    /// Where an offset of the text is in what is shown; the nearest place when it is not shown.
    fn offset(&self, offset: usize) -> usize {
        let index = self.moved.partition_point(|(original, _)| *original < offset).min(self.moved.len() - 1);
        self.moved[index].1
    }
}

impl Span {
    /// A place of no length.
    pub(super) fn at(offset: usize) -> Self {
        Self { start: offset, end: offset }
    }
}
