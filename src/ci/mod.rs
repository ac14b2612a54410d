//! The place where a tool runs: GitHub Actions, Azure Pipelines, or a terminal. Only this folder knows their wire formats.

mod azure_pipelines;
mod connection;
mod fork;
mod github;
mod job;
mod masks;
mod names;
mod summary;
mod terminal;
mod untrusted;

use std::sync::Arc;

use crate::report::{Failure, plain};
use crate::world::{Env, Secret};

pub use connection::with_service_connection;
pub use fork::{Fork, fork};
pub use job::Job;
pub use names::{NameTrouble, check_exported_name, variable_name};
pub use summary::markdown;
pub use untrusted::{inline, neutralise};

/// How loud an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The step failed because of it.
    Error,
    /// Somebody should look at it.
    Warning,
    /// Worth knowing.
    Notice,
}

/// A line of a file in the repository.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    /// The path from the folder in which the step runs, with `/`.
    pub file: &'a str,
    /// Counted from one.
    pub line: usize,
}

/// What a CI host can do for a tool. Every text given to it is neutralised before it is written.
///
/// What hands something on to later steps does nothing by default: a terminal and a rehearsal have no later steps.
pub trait Host: Send + Sync {
    /// The host's name, for the summary and the journal.
    fn name(&self) -> &'static str;
    /// One line of talk.
    fn line(&self, text: &str);
    /// What keeps the host from taking what the tool will hand on: better known before anything is done.
    fn troubles(&self) -> Vec<Failure> {
        Vec::new()
    }
    /// Folds the following lines under a title, until [`Host::close_group`]. Groups do not nest: an open one ends.
    fn open_group(&self, title: &str);
    /// Ends the group, if one is open.
    fn close_group(&self);
    /// A message that stands out, beside the log where the host can do that.
    fn annotate(&self, level: Level, title: &str, message: &str);
    /// The same at a line of a file, where the host can show it there.
    fn annotate_at(&self, level: Level, spot: Spot<'_>, title: &str, message: &str) {
        self.annotate(level, title, &format!("{}:{}: {message}", spot.file, spot.line));
    }
    /// Makes the host replace the value wherever it shows up in the log. Call it before anything else sees the value.
    fn mask(&self, _secret: &Secret) {}
    /// Whether [`Host::mask`] hides anything of the value. A host that keeps no log has nothing to hide.
    fn can_hide(&self, _secret: &Secret) -> bool {
        true
    }
    /// A step output. `name` is in kebab case.
    fn set_output(&self, _name: &str, _value: &str) -> Result<(), Failure> {
        Ok(())
    }
    /// A variable for the following steps; never a secret.
    fn export(&self, _name: &str, _value: &str) -> Result<(), Failure> {
        Ok(())
    }
    /// Whether [`Host::export_secret`] would take this value, so that a set of secrets is handed on whole or not at all.
    fn check_secret(&self, _name: &str, _secret: &Secret) -> Result<(), Failure> {
        Ok(())
    }
    /// A secret for the following steps, masked.
    fn export_secret(&self, _name: &str, _secret: &Secret) -> Result<(), Failure> {
        Ok(())
    }
    /// A secret as a step output, masked: it reaches only the steps that name it.
    fn set_secret_output(&self, _name: &str, _secret: &Secret) -> Result<(), Failure> {
        Ok(())
    }
    /// Adds Markdown to the job's summary page, without what [`Host::mask`] was given. Text from outside goes through [`markdown`].
    fn summary(&self, _markdown: &str) -> Result<(), Failure> {
        Ok(())
    }
    /// Keeps a text with the run, where people and programs find it later by `kind` and `name`, which are words of letters,
    /// digits, `-` and `.`; without what [`Host::mask`] was given. Says whether the host has a place for it.
    fn attach(&self, _kind: &str, _name: &str, _text: &str) -> Result<bool, Failure> {
        Ok(false)
    }
    /// Gives the run a tag by which it can be searched for. Says which, if the host has tags.
    fn tag_run(&self, _tag: &str) -> Option<String> {
        None
    }
    /// A line that shows what is going on and is replaced by the next one; nothing on a CI host.
    fn status(&self, _text: Option<&str>) {}
}

/// Takes one line of talk, without its end.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// The host that the variables speak of. An explicit terminal is for rehearsals, which must not write the real host's files.
pub fn detect(env: &Env) -> Box<dyn Host> {
    detect_into(env, Arc::new(terminal::talk))
}

/// The same, with its talk going elsewhere than to standard error.
pub fn detect_into(env: &Env, sink: Sink) -> Box<dyn Host> {
    if env.is_true("GITHUB_ACTIONS") {
        Box::new(github::GitHub::new(env, sink))
    } else if env.is_true("TF_BUILD") {
        Box::new(azure_pipelines::AzurePipelines::new(env, sink))
    } else {
        Box::new(terminal::Terminal::new(env, sink))
    }
}

/// Writes one line of data to standard output. A closed pipe is nobody's fault.
pub fn data(line: &str) {
    terminal::say(line);
}

/// Writes a result to standard output as JSON, every `#` in it as `\u0023`: the hosts read commands from this stream as
/// well, and a text in the result may come from outside.
pub fn json(value: &serde_json::Value) {
    terminal::say(&format!("{value:#}").replace('#', "\\u0023"));
}

/// Text that is not ours, such as a server's log: every line neutralised and marked.
pub fn untrusted(host: &dyn Host, text: &str) {
    for line in neutralise(text) {
        host.line(&line);
    }
}

/// A failure: its lines in the log, and one annotation. A run that was cancelled may have left a group open, which would
/// fold them away.
pub fn report(host: &dyn Host, failure: &Failure) {
    host.status(None);
    host.close_group();
    let lines = plain(failure);
    for line in &lines {
        host.line(line);
    }
    // The first line is the title's, the last one the link, which the title's code already is.
    let message = std::iter::once(failure.what.as_str())
        .chain(lines.iter().skip(1).take(lines.len().saturating_sub(2)).map(|line| line.trim_start()))
        .collect::<Vec<_>>()
        .join("\n");
    host.annotate(Level::Error, &format!("{} {}", failure.code.id, failure.code.title), &message);
}
