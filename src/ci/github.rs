//! GitHub Actions: workflow commands on the log, file commands for everything that has a value.
//!
//! Source: `contracts/ci-hosts.md` §1, read in actions/runner on 2026-08-17.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::masks;
use super::names::has_shape;
use super::summary::Hidden;
use super::untrusted::inline;
use super::{Host, Level, Sink, Spot};
use crate::report::{Failure, code};
use crate::world::{Env, Files, Secret, random_name};

/// The runner drops a summary that is longer, all of it.
const LONGEST_SUMMARY: usize = 1024 * 1024;
/// Shorter lines are not masked: they would hide half of every log.
const SHORTEST_MASK: usize = 4;

pub(super) struct GitHub {
    talk: Sink,
    files: Files,
    hidden: Hidden,
    group_is_open: AtomicBool,
    output: Option<PathBuf>,
    environment: Option<PathBuf>,
    summary: Option<PathBuf>,
}

impl GitHub {
    pub(super) fn new(env: &Env, talk: Sink) -> Self {
        let path = |name: &str| env.get(name).map(PathBuf::from);
        Self {
            talk,
            files: Files::new(env),
            hidden: Hidden::default(),
            group_is_open: AtomicBool::new(false),
            output: path("GITHUB_OUTPUT"),
            environment: path("GITHUB_ENV"),
            summary: path("GITHUB_STEP_SUMMARY"),
        }
    }

    fn file_command(&self, file: Option<&Path>, variable: &str, entry: (&str, &str)) -> Result<(), Failure> {
        let file = file.ok_or_else(|| {
            Failure::new(
                &code::FILE,
                format!("`{variable}` is not set, so `{}` cannot be handed to the next step", entry.0),
            )
            .fix("run this in a step of a GitHub Actions job, or unset `GITHUB_ACTIONS`")
        })?;
        self.files.append(file, &key_value(entry.0, entry.1)?)
    }
}

impl Host for GitHub {
    fn name(&self) -> &'static str {
        "GitHub Actions"
    }

    fn troubles(&self) -> Vec<Failure> {
        let files = [
            ("GITHUB_OUTPUT", &self.output),
            ("GITHUB_ENV", &self.environment),
            ("GITHUB_STEP_SUMMARY", &self.summary),
        ];
        let named = files.into_iter().filter_map(|(variable, file)| Some((variable, file.as_deref()?)));
        let unwritable =
            named.filter_map(|(variable, file)| Some((variable, file, self.files.append(file, "").err()?)));
        unwritable
            .map(|(variable, file, cause)| {
                let what = format!("`{variable}` names `{}`, which cannot be written", file.display());
                Failure::new(&code::BAD_INPUT, what)
                    .caused_by(cause)
                    .fix("run this in a step of a job, or unset `GITHUB_ACTIONS`")
            })
            .collect()
    }

    fn line(&self, text: &str) {
        (self.talk)(&guarded(text));
    }

    fn open_group(&self, title: &str) {
        self.close_group();
        self.group_is_open.store(true, Ordering::Relaxed);
        (self.talk)(&format!("::group::{}", data(&inline(title))));
    }

    fn close_group(&self) {
        if self.group_is_open.swap(false, Ordering::Relaxed) {
            (self.talk)("::endgroup::");
        }
    }

    fn annotate(&self, level: Level, title: &str, message: &str) {
        let title = property(&inline(title));
        (self.talk)(&format!("::{} title={title}::{}", command(level), data(&several_lines(message))));
    }

    fn annotate_at(&self, level: Level, spot: Spot<'_>, title: &str, message: &str) {
        let (file, title) = (property(&inline(spot.file)), property(&inline(title)));
        let place = format!("file={file},line={},title={title}", spot.line);
        (self.talk)(&format!("::{} {place}::{}", command(level), data(&several_lines(message))));
    }

    fn mask(&self, secret: &Secret) {
        self.hidden.keep(secret, SHORTEST_MASK);
        for text in masks::texts(secret, SHORTEST_MASK) {
            (self.talk)(&format!("::add-mask::{}", data(text)));
        }
    }

    fn can_hide(&self, secret: &Secret) -> bool {
        !masks::texts(secret, SHORTEST_MASK).is_empty()
    }

    fn set_output(&self, name: &str, value: &str) -> Result<(), Failure> {
        self.file_command(self.output.as_deref(), "GITHUB_OUTPUT", (name, value))
    }

    fn export(&self, name: &str, value: &str) -> Result<(), Failure> {
        self.file_command(self.environment.as_deref(), "GITHUB_ENV", (name, value))
    }

    fn check_secret(&self, name: &str, secret: &Secret) -> Result<(), Failure> {
        key_value(name, secret.reveal()).map(drop)
    }

    fn export_secret(&self, name: &str, secret: &Secret) -> Result<(), Failure> {
        self.mask(secret);
        self.file_command(self.environment.as_deref(), "GITHUB_ENV", (name, secret.reveal()))
    }

    fn set_secret_output(&self, name: &str, secret: &Secret) -> Result<(), Failure> {
        self.mask(secret);
        self.file_command(self.output.as_deref(), "GITHUB_OUTPUT", (name, secret.reveal()))
    }

    fn summary(&self, markdown: &str) -> Result<(), Failure> {
        let Some(file) = &self.summary else { return Ok(()) };
        let markdown = self.hidden.redact(markdown);
        if markdown.len() > LONGEST_SUMMARY {
            return Err(Failure::bug("the job summary is longer than GitHub takes"));
        }
        self.files.append(file, &markdown)
    }
}

fn command(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    }
}

/// A line of talk: no command anywhere in it, whoever wrote it.
pub(super) fn guarded(text: &str) -> String {
    let text = inline(text);
    // GitHub trims Unicode white space before it looks for `::`, and its search skips marks that have no weight.
    let first = text.chars().find(|character| character.is_ascii() && *character != ' ');
    if first == Some(':') { format!("| {text}") } else { text }
}

pub(super) fn several_lines(message: &str) -> String {
    message.lines().map(inline).collect::<Vec<_>>().join("\n")
}

/// One entry of an env or output file: a heredoc whose delimiter nobody can guess.
fn key_value(name: &str, value: &str) -> Result<String, Failure> {
    if !has_shape(&name.replace('-', "_")) {
        return Err(Failure::bug(format!("`{name}` cannot be the name of an output or variable")));
    }
    without_nul(name, value)?;
    let delimiter = format!("siding_{}{}", random_name()?, random_name()?);
    if value.contains(&delimiter) {
        return Err(Failure::bug("a value holds a delimiter that was drawn at random a moment ago"));
    }
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

/// Refuses a value that no variable can hold: whatever reads it would end it early or drop the byte.
pub(super) fn without_nul(name: &str, value: &str) -> Result<(), Failure> {
    if value.contains('\0') {
        let what = format!("the value for `{name}` holds a NUL byte, which no variable can");
        return Err(Failure::new(&code::SECRET_UNUSABLE, what).fix("store the value base64-encoded"));
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, guarded, key_value, property};

    #[test]
    fn data_and_properties_are_escaped_percent_first() {
        assert_eq!(data("100%\r\n%0A"), "100%25%0D%0A%250A");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }

    #[test]
    fn a_line_never_begins_with_a_command() {
        assert_eq!(guarded("::error::x"), "| ::error::x");
        assert_eq!(guarded("\u{a0} ::error::x"), "| \u{a0} ::error::x");
        assert_eq!(guarded("\u{591}:\u{591}:error::x"), "| \u{591}:\u{591}:error::x");
        assert_eq!(guarded("a ##[error]x"), "a # #[error]x");
    }

    #[test]
    fn a_value_is_written_verbatim_between_delimiters() {
        let entry = key_value("A", "X=1\nLD_PRELOAD=/x\r\n").unwrap();
        let (head, rest) = entry.split_once('\n').unwrap();
        let delimiter = head.strip_prefix("A<<").unwrap();
        assert_eq!(rest, format!("X=1\nLD_PRELOAD=/x\r\n\n{delimiter}\n"));
        assert!(key_value("A=B", "x").is_err() && key_value("A", "\0").is_err());
    }
}
