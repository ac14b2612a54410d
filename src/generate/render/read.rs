//! Reads renderings back, part by part. A block of text that was read once is not read again: the scripts are most of a
//! pipeline and few, and what a reader of YAML makes of a block depends on its lines and its column alone.

use std::collections::HashMap;

use serde_yaml::Value as Yaml;

/// Begins what stands for a block while the rest is read. A text with this letter of its own is read as it is.
const STAND_IN: char = '\u{e000}';

/// A reader that remembers blocks.
#[derive(Debug, Default)]
pub struct Reader {
    /// What the blocks that were met hold.
    texts: Vec<String>,
    /// The blocks by their columns and lengths: their lines, from the sign behind the key, and the place of their text.
    known: HashMap<(usize, usize), Vec<(String, usize)>>,
}

/// What was read.
#[derive(Debug)]
pub struct Part {
    /// The same as a reader makes of the whole text.
    pub yaml: Yaml,
    /// The lines, without those of blocks.
    pub lines: String,
}

impl Reader {
    /// Reads a document, or a part of one that is a document by itself.
    ///
    /// # Errors
    /// Why it is no YAML.
    pub fn read(&mut self, text: &str) -> Result<Part, String> {
        let whole = || serde_yaml::from_str(text).map_err(|error| format!("it cannot be read: {error}"));
        if text.contains(STAND_IN) {
            return Ok(Part { yaml: whole()?, lines: text.to_owned() });
        }
        let (lines, taken) = self.without_blocks(text);
        if let Ok(mut yaml) = serde_yaml::from_str(&lines)
            && self.put_back(&mut yaml) == taken
        {
            return Ok(Part { yaml, lines });
        }
        // Something looked like a block and was none, or it is no YAML, which is best told of the text itself.
        Ok(Part { yaml: whole()?, lines })
    }

    /// The text with a short text in the place of each block, and how many these are.
    fn without_blocks(&mut self, text: &str) -> (String, usize) {
        let (mut lines, mut taken, mut at) = (String::new(), 0, 0);
        while at < text.len() {
            let line = line_at(text, at);
            let next = at + line.len();
            let found = opens_block(line).and_then(|(key, sign)| {
                let end = end_of_block(text, next, key);
                Some((sign, end, self.block(key, &text[at + sign..end])?))
            });
            if let Some((sign, end, place)) = found {
                lines.push_str(&line[..sign]);
                lines.push(STAND_IN);
                lines.push_str(&place.to_string());
                lines.push('\n');
                taken += 1;
                at = end;
            } else {
                lines.push_str(line);
                at = next;
            }
        }
        (lines, taken)
    }

    /// The place of the text that a block holds, which begins with its sign; nothing when it is no block.
    fn block(&mut self, column: usize, block: &str) -> Option<usize> {
        let alike = self.known.entry((column, block.len())).or_default();
        if let Some((_, place)) = alike.iter().find(|(known, _)| known == block) {
            return Some(*place);
        }
        let alone = format!("{:column$}key: {block}", "");
        let Ok(Yaml::Mapping(read)) = serde_yaml::from_str(&alone) else { return None };
        let text = read.get("key").and_then(Yaml::as_str).filter(|_| read.len() == 1)?;
        self.texts.push(text.to_owned());
        alike.push((block.to_owned(), self.texts.len() - 1));
        Some(self.texts.len() - 1)
    }

    /// Puts the texts of blocks into the places of what stands for them, and counts them.
    fn put_back(&self, yaml: &mut Yaml) -> usize {
        match yaml {
            Yaml::String(text) => {
                let place = text.strip_prefix(STAND_IN).and_then(|place| place.parse::<usize>().ok());
                let Some(whole) = place.and_then(|place| self.texts.get(place)) else { return 0 };
                whole.clone_into(text);
                1
            }
            Yaml::Sequence(items) => items.iter_mut().map(|item| self.put_back(item)).sum(),
            Yaml::Mapping(pairs) => pairs.iter_mut().map(|(_, value)| self.put_back(value)).sum(),
            _ => 0,
        }
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
    (!line[at..].trim_end().is_empty()).then_some(at)
}

/// The line from that byte on, with its end.
fn line_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    rest.find('\n').map_or(rest, |end| &rest[..=end])
}

/// The columns of the key and of the sign of a line such as `  - run: |`.
fn opens_block(line: &str) -> Option<(usize, usize)> {
    let line = line.trim_end_matches('\n');
    let before = line.strip_suffix('-').unwrap_or(line).strip_suffix(": |")?;
    let mut key = before.trim_start_matches(' ');
    while let Some(rest) = key.strip_prefix("- ") {
        key = rest;
    }
    let is_key = !key.is_empty() && key.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_-".contains(&letter));
    is_key.then(|| (before.len() - key.len(), before.len() + 2))
}

/// Where the lines end that lie further in than a key, or are blank.
fn end_of_block(text: &str, start: usize, key: usize) -> usize {
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
        ] {
            let whole: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
            for _ in 0..2 {
                assert_eq!(reader.read(text).unwrap().yaml, whole, "{text}");
            }
        }
        assert_eq!(Reader::default().read("- a: |\n    b\n  c: 1\n").unwrap().lines, "- a: \u{e000}0\n  c: 1\n");
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
        fn no_text_is_read_otherwise(text in "(( {0,3})((- )?[ab]: (\\||\\|-|>|'|\"|x|\\[)?|[ab]|'|\"|\\]|#)?\n){0,8}") {
            let whole = serde_yaml::from_str::<serde_yaml::Value>(&text).ok();
            let read = Reader::default().read(&text).ok().map(|part| part.yaml);
            proptest::prop_assert_eq!(read, whole, "{}", text);
        }
    }
}
