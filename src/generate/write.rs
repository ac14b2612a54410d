//! What `render` does to each file, planned before anything is written: every reason not to is known first.

use super::drift::{Judged, Stake, Verdict, adopted};
use crate::report::{Code, Failure, code};

/// What may be replaced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Overwrite {
    /// Only what can be rendered again.
    Rendered,
    /// What others wrote, too.
    Anything,
}

/// What is done to a file.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Action {
    /// It is what it should be.
    Leave,
    /// Its pins are ahead of ours and stay.
    Keep,
    /// It is written for the first time.
    Create,
    /// It is written anew.
    Replace,
    /// It goes.
    Remove,
    /// Nothing is, to no file at all.
    Refuse,
}

impl Action {
    /// Its word, for people and for data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Keep => "keep",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Remove => "remove",
            Self::Refuse => "refuse",
        }
    }
}

/// What is done to a file.
pub fn action(judged: &Judged, overwrite: Overwrite) -> Action {
    let anything = overwrite == Overwrite::Anything;
    match (judged.stake, judged.verdict) {
        (Stake::Same, _) => Action::Leave,
        (Stake::Blocked, _) => Action::Refuse,
        (Stake::Work, _) if !anything => Action::Refuse,
        (_, Verdict::PinsAhead) if !anything => Action::Keep,
        (_, Verdict::Missing) => Action::Create,
        (_, Verdict::Orphan) => Action::Remove,
        _ => Action::Replace,
    }
}

/// Why nothing is written, if there is a file that is refused.
///
/// # Errors
/// The worst of `SID0005` for what cannot be replaced at all, `SID0715` and `SID0714` for what others wrote.
pub fn refusal(judged: &[Judged], overwrite: Overwrite) -> Result<(), Failure> {
    let refused: Vec<&Judged> = judged.iter().filter(|judged| action(judged, overwrite) == Action::Refuse).collect();
    let Some(code) = refused.iter().map(|judged| code_of(judged)).max_by_key(|(rank, _)| *rank) else { return Ok(()) };
    let names = refused.iter().map(|judged| format!("`{}`", judged.path)).collect::<Vec<_>>().join(", ");
    let what = format!("nothing was written, because {names} would be lost or cannot be replaced");
    let mut failure = Failure::new(code.1, what);
    for judged in &refused {
        failure = failure.because(judged.told(&judged.path));
    }
    let of = |verdict: Verdict| refused.iter().any(|judged| judged.stake == Stake::Work && judged.verdict == verdict);
    if refused.iter().any(|judged| judged.stake == Stake::Blocked) {
        failure = failure.fix("move away what is in the way; `--force` does not replace it");
    }
    if of(Verdict::NotOurs) {
        failure =
            failure.fix("move the file that siding did not write, or replace it for good: `siding render --force`");
    }
    for line in adopted(refused.iter().flat_map(|judged| &judged.moves)) {
        failure = failure.fix(format!("to keep the pins of a bot, put into the config: `{line}`"));
    }
    if of(Verdict::Edited) || of(Verdict::Orphan) {
        failure = failure.fix("put your edits into `siding.yml`; `siding render --force` loses them");
    }
    Err(failure)
}

fn code_of(judged: &Judged) -> (u8, &'static Code) {
    match (judged.stake, judged.verdict) {
        (Stake::Blocked, _) => (2, &code::FILE),
        (_, Verdict::NotOurs) => (1, &code::NOT_RENDERED),
        _ => (0, &code::RENDERED_EDITED),
    }
}
