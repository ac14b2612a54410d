//! The place where a tool runs: GitHub Actions, Azure Pipelines, or a terminal. Only this folder knows their wire formats.

mod azure_pipelines;
mod connection;
mod github;
mod masks;
mod names;
mod terminal;
mod untrusted;

use crate::report::{Failure, plain};
use crate::world::{Env, Secret};

pub use connection::with_service_connection;
pub use names::{NameTrouble, check_exported_name, variable_name};
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

/// What a CI host can do for a tool. Every text given to it is neutralised before it is written.
pub trait Host: Send + Sync {
    /// The host's name, for the summary and the journal.
    fn name(&self) -> &'static str;
    /// One line of talk.
    fn line(&self, text: &str);
    /// Folds the following lines under a title, until [`Host::close_group`]. Groups do not nest.
    fn open_group(&self, title: &str);
    /// Ends the group.
    fn close_group(&self);
    /// A message that stands out, beside the log where the host can do that.
    fn annotate(&self, level: Level, title: &str, message: &str);
    /// Makes the host replace the value wherever it shows up in the log. Call it before anything else sees the value.
    fn mask(&self, secret: &Secret);
    /// A step output. `name` is in kebab case.
    fn set_output(&self, name: &str, value: &str) -> Result<(), Failure>;
    /// A variable for the following steps; never a secret.
    fn export(&self, name: &str, value: &str) -> Result<(), Failure>;
    /// Whether [`Host::export_secret`] would take this value; nothing is written.
    fn takes_secret(&self, _name: &str, _secret: &Secret) -> Result<(), Failure> {
        Ok(())
    }
    /// A secret for the following steps, masked.
    fn export_secret(&self, name: &str, secret: &Secret) -> Result<(), Failure>;
    /// Adds Markdown to the job's summary page.
    fn summary(&self, markdown: &str) -> Result<(), Failure>;
    /// A line that shows what is going on and is replaced by the next one; nothing on a CI host.
    fn status(&self, text: Option<&str>);
}

/// The host that the variables speak of. An explicit terminal is for rehearsals, which must not write the real host's files.
pub fn detect(env: &Env) -> Box<dyn Host> {
    if env.is_true("GITHUB_ACTIONS") {
        Box::new(github::GitHub::new(env))
    } else if env.is_true("TF_BUILD") {
        Box::new(azure_pipelines::AzurePipelines::new(env))
    } else {
        Box::new(terminal::Terminal::new(env))
    }
}

/// Writes one line of data to standard output. A closed pipe is nobody's fault.
pub fn data(line: &str) {
    terminal::say(line);
}

/// Text that is not ours, such as a server's log: every line neutralised and marked.
pub fn untrusted(host: &dyn Host, text: &str) {
    for line in neutralise(text) {
        host.line(&line);
    }
}

/// A failure: its lines in the log, and one annotation.
pub fn report(host: &dyn Host, failure: &Failure) {
    host.status(None);
    let lines = plain(failure);
    for line in &lines {
        host.line(line);
    }
    let mut message = failure.what.clone();
    for fix in lines.iter().filter(|line| line.starts_with("  run:") || line.starts_with("  fix:")) {
        message.push('\n');
        message.push_str(fix.trim_start());
    }
    host.annotate(Level::Error, &format!("{} {}", failure.code.id, failure.code.title), &message);
}
