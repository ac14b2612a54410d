//! A folder becomes a list of entries: links are followed inside the root, and nothing outside it is ever touched.

use std::ffi::OsStr;
use std::fs::{self, FileType, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::ignore::Rules;
use super::plan::{Entry, Kind, MOST_ENTRIES};
use super::problems::{Problem, Problems};

const LINK_FIX: &str = "replace each such link by the file that it means, or leave it out with an `exclude` pattern";
const SPECIAL_FIX: &str =
    "delete it, or leave it out with an `exclude` pattern: only files and folders can be deployed";
const NAME_FIX: &str = "rename it, or leave it out with an `exclude` pattern";

/// What a walk found, in no particular order.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) entries: Vec<Entry>,
    pub(super) left_out: usize,
}

/// Lists everything below `source` that the rules let in.
pub(super) fn walk(source: &Path, rules: &Rules, problems: &mut Problems) -> Found {
    let root = match fs::canonicalize(source) {
        Ok(root) => root,
        Err(error) => {
            problems.push(Problem::file("read", source, &error));
            return Found::default();
        }
    };
    let mut walk = Walk { rules, problems, found: Found::default(), open: vec![root.clone()], root };
    walk.folder("");
    if walk.found.entries.len() > MOST_ENTRIES {
        walk.problems.push(Problem::danger(
            format!("it holds more than {MOST_ENTRIES} files"),
            "bundle the app, prune development dependencies, or leave folders out with `exclude` patterns",
        ));
    }
    walk.found
}

struct Walk<'a> {
    rules: &'a Rules,
    problems: &'a mut Problems,
    found: Found,
    /// The root without links, for the question whether a link stays inside.
    root: PathBuf,
    /// The folders from the root to the one being read, without links; a link to one of them would never end.
    open: Vec<PathBuf>,
}

/// What a link leads to.
enum Target {
    File(Metadata),
    Folder(PathBuf),
}

impl Walk<'_> {
    /// Reads the innermost open folder, whose archive name (with its `/`) is `name`.
    fn folder(&mut self, name: &str) {
        let path = self.open.last().cloned().unwrap_or_else(|| self.root.clone());
        let children = match fs::read_dir(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(children) => children,
            Err(error) => return self.problems.push(Problem::file("read", &path, &error)),
        };
        let before = self.found.entries.len();
        for child in children {
            if self.found.entries.len() > MOST_ENTRIES {
                return;
            }
            match child.file_type() {
                Ok(kind) => self.child(name, &child.path(), &child.file_name(), kind),
                Err(error) => self.problems.push(Problem::file("read", &child.path(), &error)),
            }
        }
        if self.found.entries.len() == before && !name.is_empty() {
            self.found.entries.push(Entry { name: name.into(), bytes: 0, kind: Kind::Directory });
        }
    }

    fn child(&mut self, parent: &str, path: &Path, name: &OsStr, kind: FileType) {
        let Some(name) = name.to_str() else {
            let shown = format!("{parent}{}", name.to_string_lossy());
            return self.problems.push(Problem::danger(
                format!("the name of `{shown}` is not UTF-8: a site could not read it"),
                NAME_FIX,
            ));
        };
        if name == ".git" {
            self.found.left_out += 1;
            return;
        }
        if cfg!(unix) && name.contains('\\') {
            let text = format!("`{parent}{name}` holds a backslash, which unpacks as a folder on Windows");
            return self.problems.push(Problem::danger(text, NAME_FIX));
        }
        let name = format!("{parent}{name}");
        if kind.is_symlink() {
            self.link(name, path);
        } else if kind.is_dir() {
            self.enter(&name, path.to_path_buf());
        } else if self.rules.leave_out(&name) {
            self.found.left_out += 1;
        } else if kind.is_file() {
            match fs::symlink_metadata(path) {
                Ok(metadata) => self.file(name, &metadata),
                Err(error) => self.problems.push(Problem::file("read", path, &error)),
            }
        } else {
            let text = format!("`{name}` is neither a file nor a folder but {}", special(kind));
            self.problems.push(Problem::danger(text, SPECIAL_FIX));
        }
    }

    fn file(&mut self, name: String, metadata: &Metadata) {
        let kind = if executable(metadata) { Kind::Executable } else { Kind::File };
        self.found.entries.push(Entry { name: name.into(), bytes: metadata.len(), kind });
    }

    fn enter(&mut self, name: &str, real: PathBuf) {
        let name = format!("{name}/");
        if self.rules.leave_out(&name) {
            self.found.left_out += 1;
            return;
        }
        self.open.push(real);
        self.folder(&name);
        self.open.pop();
    }

    fn link(&mut self, name: String, path: &Path) {
        // A rule for the link itself must work even when the link is broken.
        if self.rules.leave_out(&name) || self.rules.leave_out(&format!("{name}/")) && path.is_dir() {
            self.found.left_out += 1;
            return;
        }
        match self.resolve(path) {
            Ok(Target::File(metadata)) => self.file(name, &metadata),
            Ok(Target::Folder(real)) => self.enter(&name, real),
            Err(why) => {
                let to = fs::read_link(path).map(|to| format!(" -> `{}`", to.display())).unwrap_or_default();
                self.problems.push(Problem::danger(format!("the link `{name}`{to} {why}"), LINK_FIX));
            }
        }
    }

    /// Follows a link to its end; the error says what is wrong with it.
    fn resolve(&self, path: &Path) -> Result<Target, String> {
        let real = fs::canonicalize(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => "leads nowhere".to_owned(),
            _ if loops(path) => "leads back to itself".to_owned(),
            _ => format!("cannot be followed: {error}"),
        })?;
        let Ok(inside) = real.strip_prefix(&self.root) else {
            return Err("leads out of the folder".to_owned());
        };
        if inside.components().any(|part| part.as_os_str() == ".git") {
            return Err("leads into `.git`, which is never deployed".to_owned());
        }
        if self.open.contains(&real) {
            return Err("leads back to a folder that it is in, without end".to_owned());
        }
        let metadata = fs::metadata(&real).map_err(|error| format!("cannot be followed: {error}"))?;
        if metadata.is_dir() {
            Ok(Target::Folder(real))
        } else if metadata.is_file() {
            Ok(Target::File(metadata))
        } else {
            Err(format!("leads to {}", special(metadata.file_type())))
        }
    }
}

/// Whether a chain of links comes back to a link that it has passed. The system reports it with an error whose kind is
/// not stable yet.
fn loops(path: &Path) -> bool {
    let mut passed = vec![path.to_path_buf()];
    let mut at = path.to_path_buf();
    while let Ok(next) = fs::read_link(&at) {
        at = at.parent().unwrap_or(Path::new("")).join(next);
        let folder = at.parent().and_then(|parent| fs::canonicalize(parent).ok());
        if let (Some(folder), Some(name)) = (folder, at.file_name()) {
            at = folder.join(name);
        }
        if passed.contains(&at) || passed.len() > 64 {
            return true;
        }
        passed.push(at.clone());
    }
    false
}

#[cfg(unix)]
fn executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Windows keeps no such mark.
#[cfg(not(unix))]
fn executable(_metadata: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_kind: FileType) -> &'static str {
    "something else"
}
