//! What to register as a mask for a secret: enough to hide it, not so little that the log is shredded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::world::Secret;

/// The texts to mask on a host that hides only lines of at least `shortest` characters, longest first so that one that
/// begins with another is hidden whole. Empty when nothing can be masked safely.
///
/// Whole single-line values; every line of a multi-line one; the three parts of a JWT. A line of punctuation alone, such
/// as `}`, would hide every brace of every later log (`contracts/ci-hosts.md` §1.3) and is left out, unless it is the whole
/// secret.
pub(super) fn texts(secret: &Secret, shortest: usize) -> Vec<&str> {
    let value = secret.reveal().trim();
    let is_line = !value.contains(['\r', '\n']);
    let lines = value.split(['\r', '\n']).map(str::trim);
    let mut texts: Vec<&str> = lines.filter(|line| is_long(line, shortest) && (is_line || is_telling(line))).collect();
    if value.starts_with("eyJ") {
        texts.extend(value.split('.').filter(|part| is_long(part, shortest) && is_telling(part)));
    }
    texts.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
    texts.dedup();
    texts
}

/// The value in base64, for a host that does not know the encodings of what it hides. `None` when the value is not hidden.
pub(super) fn encoded(secret: &Secret, shortest: usize) -> Option<Secret> {
    let hidden = !texts(secret, shortest).is_empty();
    hidden.then(|| Secret::new(STANDARD.encode(secret.reveal())))
}

fn is_long(text: &str, shortest: usize) -> bool {
    text.chars().count() >= shortest
}

fn is_telling(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::{Secret, encoded, texts};

    #[test]
    fn lines_that_would_shred_the_log_are_left_out() {
        let secret = Secret::new("{\n  \"password\": \"abc\"\n}\n-----\nkey");
        assert_eq!(texts(&secret, 4), ["\"password\": \"abc\""]);
    }

    #[test]
    fn a_whole_value_of_punctuation_is_hidden_and_a_list_of_braces_is_not() {
        assert_eq!(texts(&Secret::new("!%&/()=?\n"), 6), ["!%&/()=?"]);
        assert_eq!(texts(&Secret::new("-.-"), 4), [""; 0]);
        for value in ["{\n}\n", "------\n======\n", "-.-"] {
            assert!(encoded(&Secret::new(value), 4).is_none(), "{value:?}");
        }
        assert_eq!(encoded(&Secret::new("password"), 4).unwrap().reveal(), "cGFzc3dvcmQ=");
    }

    #[test]
    fn the_parts_of_a_token_are_masked_too() {
        let secret = Secret::new("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl");
        assert_eq!(
            texts(&secret, 4),
            ["eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "c2lnbmF0dXJl", "eyJhbGciOi", "eyJzdWIiOi"]
        );
    }
}
