//! Reads renderings back, part by part. What was read once is not read again: neither a script, nor an outline, which is a
//! part without its values, since one job is built like the next. What a reader of YAML makes of a value that begins on the
//! line of its key depends on its text and its column alone.

use std::collections::HashMap;

use serde_yaml::Value as Yaml;

use super::node::{Held, Node, STAND_IN, number};
use super::simple::{block, simple};

/// How many values, and how many outlines are remembered. Some are of one app, and of no use to the next.
const VALUES: usize = 1_000;
const OUTLINES: usize = 100;

/// A reader that remembers values and outlines.
#[derive(Debug, Default)]
pub struct Reader {
    /// The values that were met, by their first lines.
    known: HashMap<String, Vec<Known>>,
    /// What they hold.
    values: Vec<Yaml>,
    /// What the outlines that were met hold.
    outlines: HashMap<String, Yaml>,
}

/// A value that was read.
#[derive(Debug)]
struct Known {
    /// The column of the key or the dash that it belongs to.
    column: usize,
    /// As it is written, with the lines that follow.
    text: String,
    /// Where in the values of the reader it is.
    place: usize,
}

/// What was read.
#[derive(Debug)]
pub struct Part<'a> {
    /// The lines on which its values begin, from the key on, with their comments. None is a line of a block.
    pub lines: Vec<&'a str>,
    tree: Tree<'a>,
    values: Vec<Held<'a>>,
}

/// A text as a tree, with or without its values.
#[derive(Debug)]
enum Tree<'a> {
    Outline(&'a Yaml),
    Whole(Yaml),
}

/// A part without its values.
#[derive(Debug, Default)]
struct Outline<'t> {
    /// Keys, dashes and comments, with a short text in the place of each value.
    text: String,
    /// Whether there is anything else, such as a mapping in braces, in which a comma would end a value.
    has_more: bool,
    values: Vec<Value<'t>>,
    lines: Vec<&'t str>,
}

/// A value of a part.
#[derive(Clone, Copy, Debug)]
enum Value<'t> {
    Simple(&'t str),
    /// Where in the values of the reader it is.
    Read(usize),
}

impl Part<'_> {
    /// The same as a reader makes of the whole text.
    pub fn root(&self) -> Node<'_> {
        match &self.tree {
            Tree::Outline(yaml) => Node::new(yaml, &self.values),
            Tree::Whole(yaml) => Node::new(yaml, &[]),
        }
    }
}

impl Reader {
    /// Reads a document, or a part of one that is a document by itself.
    ///
    /// # Errors
    /// Why it is no YAML.
    pub fn read<'a>(&'a mut self, text: &'a str) -> Result<Part<'a>, String> {
        if self.values.len() > VALUES {
            (self.known, self.values) = Default::default();
        }
        if self.outlines.len() > OUTLINES {
            self.outlines.clear();
        }
        let Outline { text: outline, has_more, values, lines } = self.outline(text);
        if has_more || values.is_empty() || !self.knows(&outline, values.len()) {
            // Something is written in another way than ours, or it is no YAML, which is best told of the text itself.
            let whole = serde_yaml::from_str(text).map_err(|error| format!("it cannot be read: {error}"))?;
            return Ok(Part { lines, tree: Tree::Whole(whole), values: Vec::new() });
        }
        let held = |value| match value {
            Value::Simple(text) => Held::Text(text),
            Value::Read(place) => Held::Read(&self.values[place]),
        };
        Ok(Part {
            lines,
            tree: Tree::Outline(&self.outlines[&outline]),
            values: values.into_iter().map(held).collect(),
        })
    }

    /// The text with a short text in the place of each value.
    fn outline<'t>(&mut self, text: &'t str) -> Outline<'t> {
        let (mut outline, mut at) = (Outline::default(), 0);
        while at < text.len() {
            let line = line_at(text, at);
            let found = opens_value(line).and_then(|opening| {
                let (value, end) = self.value(opening, text, at + opening.value)?;
                Some((opening, value, end))
            });
            if let Some((opening, value, end)) = found {
                outline.text.push_str(&line[..opening.value]);
                outline.text.push(STAND_IN);
                outline.text.push_str(&outline.values.len().to_string());
                outline.text.push('\n');
                outline.values.push(value);
                outline.lines.push(line[opening.key..].trim_end_matches('\n'));
                at = end;
            } else {
                outline.text.push_str(line);
                outline.has_more |= !is_bare(line);
                at += line.len();
            }
        }
        outline
    }

    /// The value that begins at that byte, and its end; nothing when it is no value.
    fn value<'t>(&mut self, opening: Opening, text: &'t str, start: usize) -> Option<(Value<'t>, usize)> {
        let column = opening.column;
        let (rest, first) = (&text[start..], line_at(text, start));
        let next = start + first.len();
        if let Some(simple) = simple(first.trim_end_matches('\n')).filter(|_| ends(text, next, column)) {
            return Some((Value::Simple(simple), next));
        }
        let is_it = |known: &&Known| {
            known.column == column && rest.starts_with(&known.text) && ends(text, start + known.text.len(), column)
        };
        if let Some(known) = self.known.get(first).and_then(|alike| alike.iter().find(is_it)) {
            return Some((Value::Read(known.place), start + known.text.len()));
        }
        let end = end_of_value(text, next, column);
        let value = &text[start..end];
        let yaml = block(value, column).map(Yaml::String).or_else(|| alone(opening, value))?;
        let place = self.values.len();
        self.values.push(yaml);
        self.known.entry(first.to_owned()).or_default().push(Known { column, text: value.to_owned(), place });
        Some((Value::Read(place), end))
    }

    /// Whether it is an outline of so many values, each in its own place.
    fn knows(&mut self, outline: &str, values: usize) -> bool {
        if self.outlines.contains_key(outline) {
            return true;
        }
        let Ok(yaml) = serde_yaml::from_str(outline) else { return false };
        let mut numbers = Vec::new();
        stand_ins(&yaml, &mut numbers);
        let is_whole = numbers.into_iter().eq(0..values);
        if is_whole {
            self.outlines.insert(outline.to_owned(), yaml);
        }
        is_whole
    }
}

/// What a reader makes of a value by itself; nothing when it is more or less than one.
fn alone(Opening { column, holder, .. }: Opening, value: &str) -> Option<Yaml> {
    match (serde_yaml::from_str(&format!("{:column$}{holder}{value}", "")).ok()?, holder) {
        (Yaml::Mapping(mut alone), Opening::KEY) if alone.len() == 1 => alone.remove("key"),
        (Yaml::Sequence(mut alone), Opening::ITEM) if alone.len() == 1 => Some(alone.remove(0)),
        _ => None,
    }
}

/// The numbers of what stands for values, in their order.
fn stand_ins(yaml: &Yaml, numbers: &mut Vec<usize>) {
    match yaml {
        Yaml::Sequence(items) => items.iter().for_each(|item| stand_ins(item, numbers)),
        Yaml::Mapping(pairs) => pairs.values().for_each(|value| stand_ins(value, numbers)),
        other => numbers.extend(number(other)),
    }
}

/// Cuts a text into parts that begin at this column, each with the lines further in that follow.
///
/// # Errors
/// A line that is further out, or in no part.
pub fn parts(text: &str, outer: usize) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut at) = (Vec::new(), None, 0);
    while at < text.len() {
        let line = line_at(text, at);
        if start.is_some()
            && line.as_bytes().get(..=outer).is_some_and(|head| head.iter().all(|letter| *letter == b' '))
        {
            // Most lines are further in, or blank.
            at += line.len();
            continue;
        }
        match (column(line), start) {
            (Some(column), _) if column < outer => return Err(format!("`{}` stands too far out", line.trim_end())),
            (Some(column), begun) if column == outer => {
                parts.extend(begun.map(|begun: usize| &text[begun..at]));
                start = Some(at);
            }
            (Some(_), None) => return Err(format!("`{}` stands too far in", line.trim_end())),
            _ => {}
        }
        at += line.len();
    }
    parts.extend(start.map(|start| &text[start..]));
    Ok(parts)
}

/// The column of a line's first letter; nothing for a blank line.
fn column(line: &str) -> Option<usize> {
    let at = line.bytes().position(|letter| letter != b' ')?;
    (line.as_bytes()[at].is_ascii_graphic() || !line[at..].trim_end().is_empty()).then_some(at)
}

/// The line from that byte on, with its end.
fn line_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    rest.find('\n').map_or(rest, |end| &rest[..=end])
}

/// A line on which a value begins, such as `  - run: |` or `  - main`.
#[derive(Clone, Copy, Debug)]
struct Opening {
    /// The column of the key, or of the dash of an item; what lies further in belongs to the value.
    column: usize,
    /// Where in the line the key is, or the value of an item.
    key: usize,
    /// Where in the line the value is.
    value: usize,
    /// What stands before the value when it is read alone.
    holder: &'static str,
}

impl Opening {
    const KEY: &str = "key: ";
    const ITEM: &str = "- ";
}

fn opens_value(line: &str) -> Option<Opening> {
    let (dash, key) = indent(line);
    let rest = line[key..].trim_end_matches('\n');
    if let Some((name, value)) = rest.split_once(": ")
        && is_name(name)
    {
        let place = key + name.len() + 2;
        return (!value.is_empty()).then_some(Opening { column: key, key, value: place, holder: Opening::KEY });
    }
    let is_item = !rest.is_empty() && !rest.ends_with(':');
    dash.filter(|_| is_item).map(|column| Opening { column, key, value: key, holder: Opening::ITEM })
}

/// Whether a line is blank, a comment, or a key without a value on its line.
fn is_bare(line: &str) -> bool {
    let (_, key) = indent(line);
    let rest = line[key..].trim_end_matches('\n');
    rest.is_empty() || rest.starts_with('#') || rest.strip_suffix(':').is_some_and(is_name)
}

/// The column of a line's last dash before its text, and that of the text.
fn indent(line: &str) -> (Option<usize>, usize) {
    let mut at = line.len() - line.trim_start_matches(' ').len();
    let mut dash = None;
    while line[at..].starts_with("- ") {
        dash = Some(at);
        at += 2;
    }
    (dash, at)
}

/// Whether it is a name that needs no quotes, and that no reader takes for anything but a text where it is a key.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_-".contains(&letter))
}

/// Whether a value ends before the line at that byte, which is not blank and no further in than its key.
fn ends(text: &str, at: usize, key: usize) -> bool {
    at == text.len() || column(line_at(text, at)).is_some_and(|column| column <= key)
}

/// Where the lines end that lie further in than a key, or are blank.
fn end_of_value(text: &str, start: usize, key: usize) -> usize {
    let mut at = start;
    while at < text.len() {
        let line = line_at(text, at);
        if column(line).is_some_and(|column| column <= key) {
            break;
        }
        at += line.len();
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{Reader, parts};

    #[test]
    fn what_is_read_is_what_a_reader_makes_of_the_whole() {
        let mut reader = Reader::default();
        for text in [
            "a: 1\nb:\n  - run: |\n      set -e\n\n      x: |\n    env: {A: 'b'}\n  - run: |\n      set -e\n\n      x: |\n",
            "a: |-\n  x\n\n\nb: |\n\n  y\n  # z\n # w\n",
            "- - a: |\n      x\n    b: |-\n      x\n",
            "a: \"\n  b: |\n  c\"\nd: 'e\n  f: |\n  g'\n",
            "a: >-\n  b: |\n    c\nd: |2\n    e\n  f: |\n    g\n",
            "a: \u{e000}0\nb: |\n  c\n",
            "a: |\nb: |\n  \n  c\n",
            "a: !x |\n  b\nc: | # d\n  e\n",
            "a: x\nb: [c, d]\ne: {f: 1, g: ~}\n",
            "a:\n  {\n    b: c, d\n  }\n",
            "a: b\n  c\nd:\n- e\n- f: 1\n  g: on\n-   h\n",
            "a: # b\n- c\n",
            "a: &b c\nd: *b\n",
            "- a\n-\n  b: 0x1f\n",
        ] {
            let whole: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
            for _ in 0..2 {
                assert_eq!(reader.read(text).unwrap().root().whole(), whole, "{text}");
            }
        }
        let text = "- a: |\n    b\n  c: 1 # d\n  e:\n  - f\n";
        assert_eq!(Reader::default().read(text).unwrap().lines, ["a: |", "c: 1 # d", "f"]);
        for text in
            ["a: |\n    b\n  c\n", "a: |\n  b\na: 1\n", "a: |\n  b\n c\n", "a: [\n  b: |\n    c\n", "a: |\n\tb\n"]
        {
            assert!(serde_yaml::from_str::<serde_yaml::Value>(text).is_err(), "{text}");
            assert!(reader.read(text).unwrap_err().starts_with("it cannot be read"), "{text}");
        }
    }

    #[test]
    fn parts_begin_at_their_column_and_no_line_is_lost() {
        assert_eq!(parts("  a:\n\n    b\n  c\n \n", 2).unwrap(), ["  a:\n\n    b\n", "  c\n \n"]);
        assert_eq!(parts("", 2).unwrap(), [""; 0]);
        assert_eq!(parts("  a\n b\n", 2), Err("` b` stands too far out".to_owned()));
        assert_eq!(parts("   a\n  b\n", 2), Err("`   a` stands too far in".to_owned()));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_read_otherwise(
            text in "(( {0,3})((- )?[ab]:( (\\||\\|-|>|'|\"|x|'x'|\\[|\\{|x,|x\\}|x #|#|&x|\\*x|!x))?|- x|-|[ab]|'|\"|\\]|\\}|#|---)?\n){0,8}",
        ) {
            let whole = serde_yaml::from_str::<serde_yaml::Value>(&text).ok();
            let mut reader = Reader::default();
            for _ in 0..2 {
                let read = reader.read(&text).ok().map(|part| part.root().whole());
                proptest::prop_assert_eq!(&read, &whole, "{}", text);
            }
        }
    }
}
