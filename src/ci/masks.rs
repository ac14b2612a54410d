//! What to register as a mask for a secret: enough to hide it, not so little that the log is shredded.

use crate::world::Secret;

/// The texts to mask on a host that hides only lines of at least `shortest` characters, longest first so that one that
/// begins with another is hidden whole. Empty when nothing can be masked safely.
///
/// Whole single-line values; every line of a multi-line one; the three parts of a JWT. A line of punctuation alone, such
/// as `}`, would hide every brace of every later log (`contracts/ci-hosts.md` §1.3) and is left out.
pub(super) fn texts(secret: &Secret, shortest: usize) -> Vec<&str> {
    let value = secret.reveal();
    let mut texts: Vec<&str> =
        value.split(['\r', '\n']).map(str::trim).filter(|line| is_telling(line, shortest)).collect();
    if value.starts_with("eyJ") {
        texts.extend(value.trim().split('.').filter(|part| is_telling(part, shortest)));
    }
    texts.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
    texts.dedup();
    texts
}

fn is_telling(line: &str, shortest: usize) -> bool {
    line.chars().count() >= shortest && line.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::{Secret, texts};

    #[test]
    fn lines_that_would_shred_the_log_are_left_out() {
        let secret = Secret::new("{\n  \"password\": \"abc\"\n}\n-----\nkey");
        assert_eq!(texts(&secret, 4), ["\"password\": \"abc\""]);
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
