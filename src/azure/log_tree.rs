//! The log of a deployment as a tree, and the verdict that is in it.
//!
//! The server's own status cannot be trusted alone: a clean OneDeploy can end with status 4 although a file was not
//! copied, and the evidence is only in an entry of type 2 (`contracts/zip-deploy.md` §1.7).

use serde::Deserialize;

/// An entry of the log, or of the list behind one.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// Its text, from outside.
    #[serde(default)]
    pub message: String,
    /// 0 message, 1 warning, 2 error.
    #[serde(default, rename = "type")]
    pub severity: u8,
    /// Where its children are.
    #[serde(default)]
    pub details_url: Option<String>,
    /// The children, once fetched.
    #[serde(skip)]
    pub children: Vec<Entry>,
}

/// The type of an entry that reports an error.
pub const ERROR: u8 = 2;

impl Entry {
    /// The innermost messages of type 2: what really failed.
    pub fn errors(entries: &[Self]) -> Vec<&str> {
        let mut errors = Vec::new();
        for entry in entries {
            let inner = Self::errors(&entry.children);
            if inner.is_empty() && entry.severity == ERROR {
                errors.push(entry.message.as_str());
            }
            errors.extend(inner);
        }
        errors
    }
}

/// The file that an error message is about, if it names one in quotes.
pub fn file_in(message: &str) -> Option<&str> {
    let mut quotes = message.match_indices(['\'', '"', '`']);
    while let Some((start, quote)) = quotes.next() {
        let rest = message.get(start + 1..)?;
        let Some(end) = rest.find(quote) else { continue };
        let candidate = &rest[..end];
        if candidate.contains(['.', '/', '\\']) && !candidate.contains(' ') {
            return Some(candidate);
        }
        // The closing quote is not the opening of the next text.
        quotes.next();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Entry, file_in};

    fn entry(message: &str, severity: u8, children: Vec<Entry>) -> Entry {
        Entry { message: message.to_owned(), severity, details_url: None, children }
    }

    #[test]
    fn the_innermost_errors_count() {
        let tree = vec![
            entry(
                "Running deployment command...",
                2,
                vec![entry("Copying file: 'a'", 0, vec![]), entry("cannot copy 'b.py'", 2, vec![])],
            ),
            entry("Build completed", 0, vec![]),
            entry("broken", 2, vec![entry("note", 0, vec![])]),
        ];
        assert_eq!(Entry::errors(&tree), ["cannot copy 'b.py'", "broken"]);
    }

    #[test]
    fn the_file_is_read_from_the_quotes() {
        assert_eq!(file_in("cannot access the file 'C:\\home\\app.dll' because"), Some("C:\\home\\app.dll"));
        assert_eq!(file_in("the 'Preparing zip package' operation on \"a/b.py\""), Some("a/b.py"));
        assert_eq!(file_in("nothing here"), None);
    }
}
