//! The summary page of a job: text that becomes Markdown without power over the page, and without what the host hides.

use std::sync::{Mutex, PoisonError};

use super::masks;
use super::untrusted::inline;
use crate::world::Secret;

/// So many characters of a long secret are enough to know it by: a page may hold it cut.
const TELLING: usize = 64;
const REDACTED: &str = "***";

/// One line of text as Markdown that shows it as it is: no link, image, HTML or emphasis, and no end of a table's cell.
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in inline(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '[' | ']' | '!' | '*' | '_' | '\\' | '`' | '|' | '#' | '~' | '$' => safe.extend(['\\', character]),
            _ => safe.push(character),
        }
    }
    safe
}

/// What a host hides. Azure Pipelines uploads a summary as it is, and GitHub hides only what is in it letter for letter.
#[derive(Default)]
pub(super) struct Hidden(Mutex<Vec<Secret>>);

impl Hidden {
    /// Keeps the texts that stand for the secret.
    pub(super) fn keep(&self, secret: &Secret, shortest: usize) {
        let encoded = masks::encoded(secret, shortest);
        let texts = masks::texts(secret, shortest).into_iter().chain(encoded.iter().map(Secret::reveal));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for text in texts {
            if known.iter().all(|other| other.reveal() != text) {
                known.push(Secret::new(text));
            }
        }
        // One that is a part of another must not leave the rest of it.
        known.sort_by_key(|text| std::cmp::Reverse(text.reveal().len()));
    }

    /// The page without them, as they are and as [`markdown`] writes them.
    pub(super) fn redact(&self, page: &str) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().fold(page.to_owned(), |page, secret| {
            let written = Secret::new(markdown(secret.reveal()));
            without(&without(&page, secret.reveal()), written.reveal())
        })
    }
}

/// The text without the secret, or as much of a long one as is there.
fn without(text: &str, secret: &str) -> String {
    let head = secret.char_indices().nth(TELLING).map_or(secret, |(end, _)| &secret[..end]);
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(head) {
        kept.push_str(&rest[..start]);
        kept.push_str(REDACTED);
        let found = &rest[start..];
        let same = found.chars().zip(secret.chars()).take_while(|(left, right)| left == right);
        rest = &found[same.map(|(character, _)| character.len_utf8()).sum()..];
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::{Hidden, Secret, markdown};

    #[test]
    fn a_text_has_no_power_over_the_page() {
        let table = [
            ("[a](https://evil.example)", r"\[a\](https://evil.example)"),
            ("![](x)", r"\!\[\](x)"),
            ("**b** _i_ ~~s~~ $m$", r"\*\*b\*\* \_i\_ \~\~s\~\~ \$m\$"),
            ("<img src=x>&lt;", "&lt;img src=x&gt;&amp;lt;"),
            (r"a\|b|c", r"a\\\|b\|c"),
            ("`x` # y", r"\`x\` \# y"),
            ("a\n| b |", r"a \| b \|"),
            ("app-1.azurewebsites.net", "app-1.azurewebsites.net"),
        ];
        for (given, expected) in table {
            assert_eq!(markdown(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_secret_is_taken_out_in_every_form_and_also_when_it_is_cut() {
        let hidden = Hidden::default();
        hidden.keep(&Secret::new("pass_word##1"), 4);
        let long = "k".repeat(50) + &"é".repeat(100);
        hidden.keep(&Secret::new(long.as_str()), 4);
        let page = format!("a pass_word##1 b {} c cGFzc193b3JkIyMx d", markdown("pass_word##1"));
        assert_eq!(hidden.redact(&page), "a *** b *** c *** d");
        assert_eq!(hidden.redact(&format!("{long}{} (cut)", &long[..90])), "****** (cut)");
    }
}
