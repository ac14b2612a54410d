//! The environment and the command line of an app process: the platform's variables, then the slot's settings.
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use crate::emulator::sites::{Launch, PRODUCTION};

/// The whole environment of a process of `app/slot`; nothing of the emulator's own leaks but `PATH`.
pub(super) fn variables(app: &str, slot: &str, home: &Path, launch: &Launch) -> BTreeMap<OsString, OsString> {
    let slot = if slot.eq_ignore_ascii_case(PRODUCTION) { "Production" } else { slot };
    let mut variables: BTreeMap<OsString, OsString> = [
        ("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())),
        ("HOME", home.into()),
        ("LANG", "C.UTF-8".into()),
        // Bytecode of an earlier content with the same file times must never run: none is written, none is read.
        ("PYTHONDONTWRITEBYTECODE", "1".into()),
        ("PYTHONPYCACHEPREFIX", home.join("pycache").into()),
        ("PYTHONUNBUFFERED", "1".into()),
        ("WEBSITE_SITE_NAME", app.into()),
        ("WEBSITE_SLOT_NAME", slot.into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.into(), value))
    .collect();
    let settings = launch.settings.iter().filter(|(name, value)| is_name(name) && !value.contains('\0'));
    variables.extend(settings.map(|(name, value)| (name.into(), value.into())));
    variables
}

/// The shell command of a start command: a script in `wwwroot` is run by the shell, a simple command replaces it, so
/// that signals reach the app itself.
pub(super) fn shell_command(command: &str, wwwroot: &Path) -> String {
    let command = command.trim();
    let is_script = !command.contains(char::is_whitespace) && wwwroot.join(command).is_file();
    if is_script {
        return format!("exec sh '{}'", command.replace('\'', "'\\''"));
    }
    let first = command.split_whitespace().next().unwrap_or_default();
    let is_simple = !command.contains([';', '&', '|', '\n', '(', '{']) && !first.contains('=') && first != "exec";
    if is_simple { format!("exec {command}") } else { command.to_owned() }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && name != "PORT"
}
