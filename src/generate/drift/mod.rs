//! What became of the rendered files on disk: for each a verdict, with the causes.
//!
//! Nothing is read or written here; whoever asks has looked at the disk.

mod difference;
mod pins;

use std::collections::BTreeSet;

pub use pins::{Move, adopted};

use super::Rendering;
use super::header::{self, Header, Parted, VERSION};
use crate::report::{Code, code};

/// The folders where rendered files are, and so where those may be that are rendered no more. Not what is below them.
pub const FOLDERS: &[&str] = &[".github/workflows", ".github", ".azuredevops"];

/// What is in the place of a file. Text that is no UTF-8 is not ours, so it need not be kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OnDisk {
    /// Nothing.
    Absent,
    /// A file.
    Text(String),
    /// Nothing that can be read or replaced, and why.
    Blocked(String),
}

/// What became of a file, from good to bad.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// It is what the config says.
    Current,
    /// Only pins of actions differ, and all of them are ahead of ours.
    PinsAhead,
    /// Nobody has touched it or its config, but another version of this program wrote it.
    ToolNewer,
    /// It is not there.
    Missing,
    /// It was rendered once, and is no more.
    Orphan,
    /// Nobody has touched it but a bot that moves pins, and its config says something else now.
    ConfigChanged,
    /// Somebody has edited it.
    Edited,
    /// Something else is in its place.
    NotOurs,
}

impl Verdict {
    /// Its word, for people and for data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::PinsAhead => "pins-ahead",
            Self::ToolNewer => "tool-newer",
            Self::Missing => "missing",
            Self::Orphan => "orphan",
            Self::ConfigChanged => "config-changed",
            Self::Edited => "edited",
            Self::NotOurs => "not-ours",
        }
    }

    /// The code of the failure that it is; `None` for what passes.
    pub fn code(self) -> Option<&'static Code> {
        match self {
            Self::Current | Self::PinsAhead | Self::ToolNewer => None,
            Self::Missing => Some(&code::RENDERED_MISSING),
            Self::Orphan => Some(&code::RENDERED_ORPHAN),
            Self::ConfigChanged => Some(&code::RENDERED_STALE),
            Self::Edited => Some(&code::RENDERED_EDITED),
            Self::NotOurs => Some(&code::NOT_RENDERED),
        }
    }
}

/// A file and what became of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judged {
    /// From the top of the repository, with `/`.
    pub path: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, each a clause.
    pub causes: Vec<String>,
    /// The line where it differs at first, counted from one.
    pub line: usize,
    /// How it differs from the rendering, in the unified form, cut after some lines.
    pub difference: Vec<String>,
    /// The pins that are ahead.
    pub moves: Vec<Move>,
    /// What is lost when it is replaced or removed.
    pub stake: Stake,
    /// What it should be; `None` when it should not be there.
    pub text: Option<String>,
}

/// What is lost when a file is replaced or removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stake {
    /// Nothing: it is to the byte what it should be, so there is nothing to do.
    Same,
    /// Nothing: it can be rendered again.
    Nothing,
    /// What somebody wrote.
    Work,
    /// It cannot be replaced at all.
    Blocked,
}

/// Judges every file of a rendering, and finds those on disk that are rendered no more. `source` is the config's name,
/// `others` are the paths of what is in [`FOLDERS`]; `look` tells what there is in a place, and is asked of one file after
/// the other: they may be large.
pub fn judge(rendering: Rendering, source: &str, others: &[String], look: impl Fn(&str) -> OnDisk) -> Vec<Judged> {
    let Rendering { files, config_sha256 } = rendering;
    let mut others: BTreeSet<&str> = others.iter().map(String::as_str).collect();
    let mut all = Vec::new();
    for file in files {
        others.remove(file.path.as_str());
        let text = header::text(source, &config_sha256, file.body);
        all.push(Wanted { source, config: &config_sha256, path: &file.path }.judge(text, &look(&file.path)));
    }
    all.extend(others.into_iter().filter_map(|path| orphan(path, &look(path), source)));
    all
}

fn orphan(path: &str, found: &OnDisk, source: &str) -> Option<Judged> {
    let OnDisk::Text(found) = found else { return None };
    let parted = header::part(found).filter(|parted| parted.header.source == source)?;
    let mut causes = vec![format!("`{source}` renders no such file any more")];
    let intact = parted.is_intact();
    if !intact {
        causes.push("it was edited after it was rendered".to_owned());
    }
    let stake = if intact { Stake::Nothing } else { Stake::Work };
    Some(Judged { causes, stake, text: None, ..Judged::new(path, Verdict::Orphan) })
}

impl Judged {
    /// The verdict with its causes, and the difference below it. `path` is how the reader knows the file.
    pub fn told(&self, path: &str) -> String {
        let head = format!("`{path}` is {}: {}", self.verdict.word(), self.causes.join("; "));
        std::iter::once(head.as_str()).chain(self.difference.iter().map(String::as_str)).collect::<Vec<_>>().join("\n")
    }

    fn new(path: &str, verdict: Verdict) -> Self {
        Self {
            path: path.to_owned(),
            verdict,
            causes: Vec::new(),
            line: 1,
            difference: Vec::new(),
            moves: Vec::new(),
            stake: Stake::Nothing,
            text: None,
        }
    }
}

/// A rendered file as it should be on disk.
struct Wanted<'a> {
    source: &'a str,
    config: &'a str,
    path: &'a str,
}

impl Wanted<'_> {
    fn judge(&self, text: String, found: &OnDisk) -> Judged {
        let judged = match found {
            OnDisk::Absent => {
                let causes = vec![format!("`{}` renders it, and it is not there", self.source)];
                Judged { causes, ..Judged::new(self.path, Verdict::Missing) }
            }
            OnDisk::Blocked(why) => {
                let judged = Judged::new(self.path, Verdict::NotOurs);
                Judged { causes: vec![why.clone()], stake: Stake::Blocked, ..judged }
            }
            OnDisk::Text(found) if *found == text => {
                Judged { stake: Stake::Same, ..Judged::new(self.path, Verdict::Current) }
            }
            OnDisk::Text(found) => self.compare(&header::lines(found), &text),
        };
        Judged { text: Some(text), ..judged }
    }

    /// A file that is not to the byte what it should be.
    fn compare(&self, found: &str, text: &str) -> Judged {
        let body = header::part(text).map(|wanted| wanted.body).unwrap_or_default();
        let Some(parted) = header::part(found) else {
            return self.foreign("it has no header of siding: somebody else wrote it".to_owned());
        };
        if parted.header.source != self.source {
            return self.foreign(format!("it was rendered from another config, `{}`", parted.header.source));
        }
        if parted.body == body && parted.above.is_empty() {
            // The header alone differs, which changes nothing that runs.
            return Judged::new(self.path, Verdict::Current);
        }
        if parted.above.is_empty()
            && !parted.is_intact()
            && let Some(moves) = pins::moves(&parted.body, &body)
        {
            return Judged { causes: told(&moves), moves, ..Judged::new(self.path, Verdict::PinsAhead) };
        }
        let judged = if parted.is_intact() {
            self.stale(&parted.header)
        } else {
            self.stale_but_for_pins(&parted, &body).unwrap_or_else(|| self.edited(&parted))
        };
        let head = found.len() - parted.body.len();
        let whole = parted.above.is_empty() && parted.header.hashes.is_some();
        // The hashes of a whole header differ whenever anything does, which tells nobody anything.
        let old = if whole { format!("{}{}", &text[..text.len() - body.len()], parted.body) } else { found.to_owned() };
        let line = found[..head].lines().count() + difference::first_line(&parted.body, &body);
        let line = if whole { line } else { difference::first_line(found, text) };
        Judged { line, difference: difference::unified(&old, text), ..judged }
    }

    /// A file in which nobody but a bot has touched anything, and that with its pins only.
    fn stale_but_for_pins(&self, parted: &Parted, body: &str) -> Option<Judged> {
        let (before, moves) = pins::put_back(&parted.body, body);
        if !parted.above.is_empty() || !parted.was(&before) {
            return None;
        }
        let stale = self.stale(&parted.header);
        let causes = stale.causes.iter().cloned().chain(told(&moves)).collect();
        Some(Judged { causes, moves, stake: Stake::Work, ..stale })
    }

    fn foreign(&self, cause: String) -> Judged {
        Judged { causes: vec![cause], stake: Stake::Work, ..Judged::new(self.path, Verdict::NotOurs) }
    }

    /// A file that nobody has touched.
    fn stale(&self, header: &Header) -> Judged {
        let config_changed = self.config_changed(header);
        let other_version = header.version != VERSION;
        let mut causes = Vec::new();
        if config_changed {
            causes.push(format!("`{}` has changed since it was rendered", self.source));
        }
        if other_version {
            causes.push(format!("siding {} wrote it, this is siding {VERSION}", header.version));
        }
        if causes.is_empty() {
            causes
                .push(format!("another build of siding {VERSION} wrote it, which renders the same config differently"));
        }
        let verdict = if other_version && !config_changed { Verdict::ToolNewer } else { Verdict::ConfigChanged };
        Judged { causes, ..Judged::new(self.path, verdict) }
    }

    fn edited(&self, parted: &Parted) -> Judged {
        let mut causes = Vec::new();
        if !parted.above.is_empty() {
            causes.push("there are lines above its header".to_owned());
        }
        match &parted.header.hashes {
            None => causes.push("the second line of its header is damaged".to_owned()),
            Some(_) => causes.push(format!("its text is not the one that siding {} wrote", parted.header.version)),
        }
        if self.config_changed(&parted.header) {
            causes.push(format!("`{}` has changed as well", self.source));
        }
        Judged { causes, stake: Stake::Work, ..Judged::new(self.path, Verdict::Edited) }
    }

    fn config_changed(&self, header: &Header) -> bool {
        header.hashes.as_ref().is_some_and(|hashes| !self.config.starts_with(&hashes.config))
    }
}

fn told(moves: &[Move]) -> Vec<String> {
    let told = |moved: &Move| format!("`{}` is at {}, siding renders {}", moved.action, moved.to, moved.from);
    moves.iter().map(told).collect()
}
