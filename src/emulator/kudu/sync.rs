//! Files from an extracted package into the live folder: one by one, each by a rename, so that nothing is half-written.

use std::collections::BTreeSet;
use std::io::Result;
use std::path::{Path, PathBuf};

use super::log::Kind;
use super::plan::Rule;
use crate::emulator::sites::Os;

/// One run of the copying command.
pub(super) struct FileSync<'a> {
    /// The extracted package; its files are moved away. On the same file system as `target`.
    pub(super) source: &'a Path,
    /// The live folder.
    pub(super) target: &'a Path,
    /// What happens to other files.
    pub(super) rule: Rule,
    /// What the last deployment listed.
    pub(super) last_manifest: &'a BTreeSet<String>,
    /// A file that is left out, by the fault `kudu.false-success`.
    pub(super) spoiled: Option<&'a str>,
    /// Whose messages are used.
    pub(super) os: Os,
}

/// What was done: lines for the log, and the names of the package's files.
#[derive(Default)]
pub(super) struct Synced {
    pub(super) lines: Vec<(Kind, String)>,
    pub(super) manifest: BTreeSet<String>,
}

impl FileSync<'_> {
    /// Copies and deletes. On an error, `done` tells how far it came. Blocks.
    pub(super) fn run(&self, done: &mut Synced) -> Result<()> {
        done.manifest = files(self.source)?;
        for name in &done.manifest {
            let (from, to) = (self.source.join(name), self.target.join(name));
            if self.spoiled == Some(name.as_str()) {
                done.lines.push((Kind::Error, self.locked(name)));
            } else if self.rule != Rule::Manifest || is_newer(&from, &to) {
                replace(self.target, &from, &to)?;
                done.lines.push((Kind::Message, format!("Copying file: '{}'", self.shown(name))));
            }
        }
        let ghosts: Vec<String> = match self.rule {
            Rule::Overlay => Vec::new(),
            Rule::Clean => files(self.target)?.difference(&done.manifest).cloned().collect(),
            Rule::Manifest => self.last_manifest.difference(&done.manifest).cloned().collect(),
        };
        for name in ghosts {
            let ghost = self.target.join(&name);
            if std::fs::remove_file(&ghost).is_ok() {
                done.lines.push((Kind::Message, format!("Deleting file: '{}'", self.shown(&name))));
                remove_empty_parents(self.target, &ghost);
            }
        }
        Ok(())
    }

    fn shown(&self, name: &str) -> String {
        if self.os == Os::Windows { name.replace('/', "\\") } else { name.to_owned() }
    }

    fn locked(&self, name: &str) -> String {
        let shown = self.shown(name);
        match self.os {
            Os::Windows => format!(
                "Error: The process cannot access the file 'C:\\home\\site\\wwwroot\\{shown}' because it is being used \
                 by another process."
            ),
            Os::Linux => format!("Error: [Errno 26] cannot copy file '{shown}': Text file busy"),
        }
    }
}

/// The last file by name that the app does not need to start: not named in its command, and no program text if there
/// is anything else.
pub(super) fn spoilable(source: &Path, command: Option<&str>) -> Option<String> {
    const PROGRAMS: [&str; 8] = [".py", ".js", ".mjs", ".cjs", ".sh", ".dll", ".jar", ".exe"];
    let names: Vec<String> = files(source).ok()?.into_iter().collect();
    let is_idle = |name: &&String| !command.is_some_and(|command| command.contains(name.as_str()));
    let is_data = |name: &&String| !PROGRAMS.iter().any(|end| name.ends_with(end));
    let rest: Vec<&String> = names.iter().filter(is_idle).collect();
    let chosen = rest.iter().rev().copied().find(is_data).or_else(|| rest.last().copied()).or_else(|| names.last());
    chosen.cloned()
}

/// The files below a folder, as relative paths with `/`, in order. A folder that is not there has none.
pub(super) fn files(folder: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(relative) = folders.pop() {
        let entries = match std::fs::read_dir(folder.join(&relative)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = relative.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.to_string_lossy().into_owned());
            }
        }
    }
    Ok(found)
}

/// KuduSync's rule is about another time, not about a later one.
fn is_newer(from: &Path, to: &Path) -> bool {
    let time = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    time(to).is_none() || time(from) != time(to)
}

/// Puts a file in its place, whatever was there.
fn replace(target: &Path, from: &Path, to: &Path) -> Result<()> {
    // A file of the old content may stand where the new one has a folder.
    let between: Vec<&Path> = to.ancestors().skip(1).take_while(|folder| *folder != target).collect();
    if let Some(blocking) = between.into_iter().rev().find(|folder| folder.is_file()) {
        std::fs::remove_file(blocking)?;
    }
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)?;
    }
    if to.is_dir() {
        std::fs::remove_dir_all(to)?;
    }
    std::fs::rename(from, to)
}

fn remove_empty_parents(target: &Path, ghost: &Path) {
    for folder in ghost.ancestors().skip(1).take_while(|folder| *folder != target) {
        // Fails, and so ends, at the first folder that still holds something.
        if std::fs::remove_dir(folder).is_err() {
            return;
        }
    }
}
