//! The tools. Each declares its `SPEC` and runs on a [`Stage`]; none knows another.

pub mod checks;
pub mod kv_sync;

pub mod oidc_login;
pub mod sign_in;
pub mod slot_swap;

pub mod smoke_test;
pub mod zip_deploy;

use std::future::Future;
use std::pin::Pin;

use crate::ci::Host;
use crate::report::Failure;
use crate::spec::{Inputs, Problems, ToolSpec};
use crate::world::World;

/// What a tool runs on.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// The outside world.
    pub world: &'a World,
    /// Where it runs.
    pub host: &'a dyn Host,
}

/// What a tool has done, for the host, for `--json` and for the summary page.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Step outputs, by the names in `SPEC`.
    pub outputs: Vec<(&'static str, String)>,
    /// Rows of the summary: what, and its value.
    pub rows: Vec<(&'static str, String)>,
    /// Text for standard output, where the command's purpose is to print it.
    pub text: Vec<String>,
    /// Files for standard output, by their paths: each behind a line with its path, and as `files` of the data.
    pub files: Vec<(String, String)>,
    /// The result as data.
    pub data: serde_json::Value,
}

/// A run on its way.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<Outcome, Failure>> + 'a>>;

/// `1 file`, `2 files`.
pub fn counted(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// What a command talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Servers, by the machine's trust and proxies.
    Network,
    /// Nothing, or an emulator that it starts itself: neither `SSL_CERT_FILE` nor a proxy concerns it.
    Itself,
}

/// A command: its declaration, what only it can check of its inputs, and what it does.
pub struct Tool {
    /// The declaration.
    pub spec: &'static ToolSpec,
    /// What it talks to.
    pub reach: Reach,
    /// Checks across inputs, before any network call.
    pub check: fn(&Inputs, &mut Problems),
    /// The work.
    pub run: for<'a> fn(&'a Inputs, Stage<'a>) -> Running<'a>,
}

/// Every tool, in the order of a release.
pub static ALL: &[&Tool] = &[&oidc_login::TOOL, &kv_sync::TOOL, &zip_deploy::TOOL, &smoke_test::TOOL, &slot_swap::TOOL];

/// A table for the summary page. Cells are escaped: they may hold text from outside.
pub fn summary_table(title: &str, rows: &[(&'static str, String)]) -> String {
    let cell = crate::ci::markdown;
    let mut lines = vec![format!("### {title}"), String::new(), "| what | value |".to_owned(), "|---|---|".to_owned()];
    lines.extend(rows.iter().map(|(name, value)| format!("| {} | {} |", cell(name), cell(value))));
    lines.push(String::new());
    lines.join("\n") + "\n"
}
