//! One input or output of a command, declared once.

use std::time::Duration;

/// An input: `--name` on the command line, `name` in `action.yml`, its camel-case form in `task.json`.
#[derive(Debug)]
pub struct Input {
    /// In kebab case.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// Whether it must be given.
    pub need: Need,
    /// The environment's own variables that fill it when it is not given, first one wins.
    pub variables: &'static [&'static str],
    /// One sentence for `--help` and the tables.
    pub help: &'static str,
}

/// What happens when an input is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It is an error.
    Required,
    /// Nothing.
    Optional,
    /// This value is taken.
    Default(&'static str),
}

/// What an input may hold. The check is in `kind.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text of one line.
    Text,
    /// A command line of one line, in which a shell's `$(name)` is meant.
    Command,
    /// Several texts: the flag repeated, or one a line.
    Lines,
    /// `true` or `false`; as a flag it needs no value.
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A GUID such as a client id.
    Guid,
    /// The name of an App Service app.
    AppName,
    /// The name of a slot; `production` is one.
    SlotName,
    /// The name of a resource group.
    ResourceGroup,
    /// The name of a Key Vault, or the https URL of one.
    Vault,
    /// An https URL, or http on loopback.
    Url,
    /// A cloud's name or the https URL of an ARM endpoint.
    Cloud,
    /// A path that begins with `/`.
    UrlPath,
    /// A file or folder on this machine.
    Path,
    /// A time such as `90s`, `10m`, `500ms`, no shorter than this; a bare number is seconds.
    Duration(Duration),
    /// A whole number within these bounds, both included.
    Count(u64, u64),
    /// A secret: never a flag, only `INPUT_*` or a variable.
    Secret,
}

impl Kind {
    /// A time that may be none.
    pub const ANY_TIME: Self = Self::Duration(Duration::ZERO);
    /// The limit of a wait, or the pause between two looks: without any, nothing would be waited for, or a server
    /// would be asked without a break.
    pub const WAIT: Self = Self::Duration(Duration::from_millis(100));
}

/// An output: a step output on the hosts, a field of `--json`.
#[derive(Debug)]
pub struct Output {
    /// In kebab case.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
}

impl Input {
    /// A required input.
    pub const fn required(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, kind, need: Need::Required, variables: &[], help }
    }

    /// An optional input.
    pub const fn optional(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, kind, need: Need::Optional, variables: &[], help }
    }

    /// An input with a default.
    pub const fn with_default(name: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Self {
        Self { name, kind, need: Need::Default(default), variables: &[], help }
    }

    /// The variable that carries it on a CI host, in the spelling that a shell can set.
    pub fn variable(&self) -> String {
        format!("INPUT_{}", self.name.replace('-', "_").to_uppercase())
    }

    /// The same input, filled from these variables when it is not given.
    #[must_use]
    pub const fn or_from(self, variables: &'static [&'static str]) -> Self {
        Self { variables, ..self }
    }
}
