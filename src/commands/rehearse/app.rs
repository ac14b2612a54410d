//! What is known of the app before it runs: its name, its version, how it is started.

use std::path::{Path, PathBuf};

use crate::report::{Failure, code};
use crate::spec::Inputs;
use crate::tools::Stage;

/// Files that a Python app is started from, in this order.
const PYTHON_FILES: [&str; 3] = ["app.py", "main.py", "server.py"];
/// What Python is called: its installers for Windows bring no `python3`.
const PYTHONS: &[&str] = if cfg!(windows) { &["python3", "python"] } else { &["python3"] };

/// The app to rehearse.
pub(super) struct App {
    /// The folder.
    pub(super) folder: PathBuf,
    /// Its name in the emulator: the folder's.
    pub(super) name: String,
    /// The version to release.
    pub(super) version: String,
    /// How it is started; `None` serves the folder as static files.
    pub(super) start_command: Option<String>,
}

impl App {
    /// Looks at the folder.
    ///
    /// # Errors
    /// `SID0001` when the folder cannot be resolved.
    pub(super) fn of(inputs: &Inputs, stage: Stage<'_>) -> Result<Self, Failure> {
        let given = inputs.path("dir").unwrap_or_default();
        let folder = given.canonicalize().map_err(|error| {
            Failure::new(&code::BAD_INPUT, format!("`{}` cannot be used", given.display()))
                .because(error.to_string())
                .fix("name an existing folder")
        })?;
        let version_file = folder.join("VERSION");
        let version = match inputs.given("release-version") {
            Some(version) => version.to_owned(),
            None if stage.world.files.exists(&version_file) => stage.world.files.read(&version_file)?.trim().to_owned(),
            None => "1.0.0".to_owned(),
        };
        let start_command = inputs
            .given("start-command")
            .map_or_else(|| start_command(stage, &folder), |command| Some(command.to_owned()));
        Ok(Self { name: site_name(&folder), folder, version, start_command })
    }

    /// The version that is put into production first.
    pub(super) fn previous_version(&self) -> String {
        format!("{}-previous", self.version)
    }
}

/// Python is looked for where a shell would find it; without it, or without a shell, the folder is still a site, of static
/// files.
fn start_command(stage: Stage<'_>, folder: &Path) -> Option<String> {
    let file = PYTHON_FILES.into_iter().find(|file| stage.world.files.exists(&folder.join(file)))?;
    let is_there = |name: &str| stage.world.env.program(name).is_some();
    let python = PYTHONS.iter().find(|name| is_there(name));
    let missing = if cfg!(windows) && !is_there("sh") { "`sh`, which Git for Windows brings," } else { "`python3`" };
    if let Some(python) = python.filter(|_| cfg!(unix) || is_there("sh")) {
        return Some(format!("{python} {file}"));
    }
    stage.host.line(&format!(
        "there is no {missing} on this machine, so `{file}` cannot run: the folder is served as static files"
    ));
    None
}

/// The folder's name as App Service would take it.
fn site_name(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = name
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '-' })
        .take(40)
        .collect();
    let name = name.trim_matches('-');
    if name.len() < 2 { "rehearsed-app".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Path, site_name};

    #[test]
    fn a_folder_becomes_a_site_name() {
        assert_eq!(site_name(Path::new("/x/Inventory_API")), "inventory-api");
        assert_eq!(site_name(Path::new("/")), "rehearsed-app");
        assert_eq!(site_name(Path::new("/x/-a-")), "rehearsed-app");
    }
}
