//! A terminal, or a plain pipe: no commands, an optional line of status that is replaced in place.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::github::guarded;
use super::untrusted::inline;
use super::{Host, Level, Sink};
use crate::world::Env;

/// Writes one line of talk to standard error. A closed pipe is nobody's fault.
pub(super) fn talk(line: &str) {
    let mut stream = anstream::AutoStream::auto(std::io::stderr());
    drop(writeln!(stream, "{line}"));
}

/// Writes one line of data to standard output.
pub(super) fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

pub(super) struct Terminal {
    talk: Sink,
    status: Option<Mutex<ProgressBar>>,
}

impl Terminal {
    pub(super) fn new(env: &Env, talk: Sink) -> Self {
        let live = std::io::stderr().is_terminal() && env.get("TERM") != Some("dumb") && env.get("CI").is_none();
        Self { talk, status: live.then(|| Mutex::new(spinner())) }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    let style =
        ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    bar.set_style(style);
    bar
}

impl Host for Terminal {
    fn name(&self) -> &'static str {
        "terminal"
    }

    fn line(&self, text: &str) {
        let text = guarded(text);
        match &self.status {
            Some(bar) => bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner).suspend(|| (self.talk)(&text)),
            None => (self.talk)(&text),
        }
    }

    fn open_group(&self, title: &str) {
        self.line(title);
    }

    fn close_group(&self) {}

    /// A failure's lines were printed already; only what is not part of one is worth a line of its own.
    fn annotate(&self, level: Level, title: &str, message: &str) {
        match level {
            Level::Error => {}
            Level::Warning => self.line(&format!("warning: {title}: {message}")),
            Level::Notice => self.line(&format!("note: {title}: {message}")),
        }
    }

    fn status(&self, text: Option<&str>) {
        let Some(bar) = &self.status else { return };
        let mut bar = bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(text) = text {
            if bar.is_hidden() {
                *bar = spinner();
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
            bar.set_message(inline(text));
            bar.tick();
        } else {
            bar.finish_and_clear();
            *bar = spinner();
        }
    }
}
