//! A Rust file as the rules look at it: its code without comments and strings, its strings alone, and which lines are tests.

use std::path::{Path, PathBuf};

/// One file under `src/`, `tests/` or `benches/`.
pub(super) struct Source {
    /// From the root of the repository, with `/`.
    pub(super) path: String,
    /// As it is.
    pub(super) text: String,
    /// The same bytes with comments, strings and characters blanked; lines and offsets stay.
    pub(super) code: String,
    /// The same bytes with everything else than the insides of strings blanked.
    pub(super) strings: String,
    /// For each line, whether it belongs to an item under `#[cfg(test)]`, or the file does.
    tests: Vec<bool>,
}

/// What a rule has found, with the number of its line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) line: usize,
    pub(super) what: String,
}

impl Source {
    /// A file from its text.
    pub(super) fn new(path: &str, text: &str) -> Self {
        let (code, strings) = split(text);
        let mut tests = vec![false; text.lines().count() + 1];
        let whole = path.contains("/tests/") || path.ends_with("/tests.rs") || path.starts_with("tests/");
        if whole {
            tests.fill(true);
        }
        for (start, _) in code.match_indices("#[cfg(test)]") {
            let end = item_end(&code, start);
            tests[line_of(text, start) - 1..line_of(text, end)].fill(true);
        }
        Self { path: path.to_owned(), text: text.to_owned(), code, strings, tests }
    }

    /// The top-level module, such as `azure`, `run` or `bin`.
    pub(super) fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// The number of the line that holds this byte.
    pub(super) fn line(&self, offset: usize) -> usize {
        line_of(&self.text, offset)
    }

    /// Whether that line is compiled for tests only.
    pub(super) fn is_test(&self, line: usize) -> bool {
        self.tests.get(line - 1).copied().unwrap_or_default()
    }

    /// A violation at this byte.
    pub(super) fn violation(&self, offset: usize, what: impl Into<String>) -> Violation {
        Violation { line: self.line(offset), what: what.into() }
    }

    /// The offsets where a word of the code is exactly this.
    pub(super) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.words_beginning(word).filter(move |start| !is_part(self.code[start + word.len()..].chars().next()))
    }

    /// The offsets where a word of the code begins so.
    pub(super) fn words_beginning<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let found = self.code.match_indices(word).map(|(start, _)| start);
        found.filter(|&start| !is_part(self.code[..start].chars().next_back()))
    }
}

fn is_part(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
}

/// Every Rust file of ours, or of one folder.
pub(super) fn tree(folder: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    for path in files(Path::new(folder), &["rs"]) {
        let text = super::read(&path);
        sources.push(Source::new(&path.display().to_string().replace('\\', "/"), &text));
    }
    sources
}

/// The files with one of these extensions under a folder, in the order of their names; empty when it does not exist.
pub(crate) fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(super::root().join(folder)) else { return found };
    for entry in entries.map(Result::unwrap) {
        let path = folder.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&path, extensions));
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Where the bracket that opens at or after `start` is closed; the end of the text when it never is.
pub(super) fn closing(code: &str, start: usize, open: char, close: char) -> usize {
    let mut depth = 0_usize;
    for (offset, letter) in code[start..].char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close && depth > 0 {
            depth -= 1;
            if depth == 0 {
                return start + offset;
            }
        }
    }
    code.len().saturating_sub(1)
}

/// The end of the item whose attributes begin at `start`: its closing brace, or a semicolon before any brace.
fn item_end(code: &str, start: usize) -> usize {
    match code[start..].find(['{', ';']) {
        Some(offset) if code.as_bytes()[start + offset] == b'{' => closing(code, start + offset, '{', '}'),
        Some(offset) => start + offset,
        None => code.len().saturating_sub(1),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Code without strings and comments, and strings without anything else. Both keep every byte's place.
fn split(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let (mut code, mut strings) = (bytes.to_vec(), blank(bytes));
    let mut at = 0;
    while at < bytes.len() {
        let (end, is_string) = token(bytes, at);
        if end > at {
            if is_string {
                strings[at..end].copy_from_slice(&bytes[at..end]);
            }
            let blanked = blank(&bytes[at..end]);
            code[at..end].copy_from_slice(&blanked);
        }
        at = end.max(at + 1);
    }
    let text = |bytes| String::from_utf8(bytes).expect("whole characters are blanked");
    (text(code), text(strings))
}

fn blank(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }).collect()
}

/// The end of the comment, string or character that begins here, and whether it is a string; the same place for code.
fn token(bytes: &[u8], at: usize) -> (usize, bool) {
    let rest = &bytes[at..];
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if rest.starts_with(b"//") {
        return (find(bytes, at, b"\n"), false);
    }
    if rest.starts_with(b"/*") {
        return (find(bytes, at + 2, b"*/") + 2, false);
    }
    if rest[0] == b'r' && (at == 0 || !is_word(bytes[at - 1]) || bytes[at - 1] == b'b') {
        let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
        if rest.get(1 + hashes) == Some(&b'"') {
            let end = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
            return (find(bytes, at + hashes + 2, &end) + end.len(), true);
        }
    }
    match rest {
        [b'"', ..] => (quoted(bytes, at, b'"'), true),
        [b'\'', b'\\', ..] => (quoted(bytes, at, b'\''), false),
        [b'\'', first, ..] => {
            let width = std::str::from_utf8(&rest[1..rest.len().min(5)])
                .map_or_else(|error| error.valid_up_to(), str::len)
                .min(if first.is_ascii() { 1 } else { 4 });
            let end = (1..=width.max(1)).find(|width| rest.get(1 + width) == Some(&b'\''));
            (end.map_or(at, |width| at + width + 2), false)
        }
        _ => (at, false),
    }
}

fn quoted(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != quote {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> usize {
    bytes[from..]
        .windows(wanted.len())
        .position(|window| window == wanted)
        .map_or(bytes.len() - wanted.len().min(2), |place| from + place)
}

#[test]
fn comments_strings_and_tests_are_told_apart() {
    let text = "fn a<'x>(b: &'x str) { // \"no\"\n  let c = \"sleep // \\\" x\"; let d = '\"'; let e = '\\''; let f = 'é';\n}\n/* {{ */ r#\"a\"b\"#\n#[cfg(test)]\nmod tests {\n  fn t() {}\n}\nfn z() {}\n";
    let source = Source::new("src/azure/x.rs", text);
    assert_eq!(source.code.len(), text.len());
    assert!(!source.code.contains("sleep") && !source.code.contains("no") && !source.code.contains("{{"));
    assert!(
        source.code.contains("fn a<'x>(b: &'x str)")
            && source.code.contains("let e =")
            && source.code.contains("fn z()")
    );
    assert!(
        source.strings.contains("sleep // \\\" x")
            && source.strings.contains("a\"b")
            && !source.strings.contains("let")
    );
    assert_eq!(
        (1..=9).map(|line| source.is_test(line)).collect::<Vec<_>>(),
        [false, false, false, false, true, true, true, true, false]
    );
    assert_eq!(source.module(), "azure");
}
