//! A folder whose files are read and replaced by their paths in it, never outside it, and each whole or not at all.
#![expect(clippy::disallowed_methods, reason = "this is a part of the seam that the rest of the code goes through")]

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::report::{Failure, code};

/// What is added to a file's name while it is written. Neither CI system reads files of such a name, and what an
/// interrupted run left is replaced by the next one.
const DRAFT: &str = ".siding-draft";

/// A folder, such as a repository.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Without links.
    root: PathBuf,
}

/// What there is at a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A file, as text; what is not UTF-8 in it is replaced.
    Text(String),
    /// What is neither read nor replaced, and why.
    Blocked(String),
}

/// What is to become of a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change<'a> {
    /// A file with this text, in folders that are made if they are not there.
    Put(&'a str, &'a str),
    /// Nothing is there any more.
    Remove(&'a str),
}

/// The nearest file of this name, in the current folder or above it, but not above the top of a repository.
pub fn nearest_above(name: &str) -> Option<PathBuf> {
    let mut folder = std::env::current_dir().ok()?;
    let mut path = PathBuf::new();
    loop {
        if folder.join(name).is_file() {
            return Some(path.join(name));
        }
        if folder.join(".git").exists() || !folder.pop() {
            return None;
        }
        path.push("..");
    }
}

impl Tree {
    /// The folder at this path; an empty one is the current folder.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let root =
            fs::canonicalize(path).map_err(|error| failure("cannot open", &path.display().to_string(), &error))?;
        Ok(Self { root })
    }

    /// What there is at a path. Links are followed while they stay in the folder.
    pub fn find(&self, path: &str) -> Found {
        let place = match self.place(path) {
            Ok(place) => place,
            Err(why) => return Found::Blocked(why),
        };
        match fs::read(&place) {
            // A text is kept as it is, not copied: it may be large.
            Ok(bytes) => Found::Text(
                String::from_utf8(bytes).unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned()),
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => Found::Nothing,
            Err(_) if place.is_dir() => Found::Blocked("a folder is in its place".to_owned()),
            Err(error) => Found::Blocked(format!("it cannot be read: {error}")),
        }
    }

    /// The folder's own name.
    pub fn name(&self) -> String {
        self.root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The paths of the files in a folder, not below it, that end so; an empty path is this folder. Links are left out.
    pub fn files(&self, folder: &str, endings: &[&str]) -> Vec<String> {
        let place = if folder.is_empty() { Some(self.root.clone()) } else { self.place(folder).ok() };
        let entries = place.and_then(|place| fs::read_dir(place).ok());
        let entries = entries.into_iter().flatten().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let names = files.filter_map(|entry| entry.file_name().into_string().ok());
        let mut paths: Vec<String> = names
            .filter(|name| endings.iter().any(|ending| name.ends_with(ending)))
            .map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") })
            .collect();
        paths.sort();
        paths
    }

    /// Makes all changes. Every text is written beside its place first; only when that went well for all of them, each
    /// is moved into its place, which replaces a file in one step and keeps its permissions.
    ///
    /// # Errors
    /// `SID0005`. It says whether some changes were made before.
    pub fn change(&self, changes: &[Change<'_>]) -> Result<(), Failure> {
        let mut drafts = Drafts::default();
        for change in changes {
            let Change::Put(path, text) = change else { continue };
            let place = self.place(path).map_err(|why| not_written(path).because(why))?;
            drafts
                .write(&place, text)
                .map_err(|error| not_written(path).because(error.to_string()).because("nothing was changed"))?;
        }
        let mut done = 0;
        let result = drafts.commit(&mut done).and_then(|()| {
            let removed = changes.iter().filter_map(|change| match change {
                Change::Remove(path) => Some(*path),
                Change::Put(..) => None,
            });
            removed.into_iter().try_for_each(|path| {
                let place = self.place(path).map_err(|why| (PathBuf::from(path), std::io::Error::other(why)))?;
                fs::remove_file(&place).map_err(|error| (place, error))?;
                done += 1;
                Ok(())
            })
        });
        result.map_err(|(place, error): (PathBuf, std::io::Error)| {
            let shown = place.strip_prefix(&self.root).unwrap_or(&place).display().to_string();
            let rest = format!("{done} of {} changes were made, each file is whole", changes.len());
            failure("cannot replace or remove", &shown, &error).because(rest).fix("run the same command again")
        })
    }

    /// The real place of a path, whether or not anything is there; the error says why it has none.
    fn place(&self, path: &str) -> Result<PathBuf, String> {
        let mut place = self.root.clone();
        let parts: Vec<&str> = path.split('/').collect();
        for (at, part) in parts.iter().enumerate() {
            if ["", ".", ".."].contains(part) {
                return Err(format!("`{path}` is not a path in the repository"));
            }
            let shown = parts[..=at].join("/");
            let next = place.join(part);
            match fs::symlink_metadata(&next) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Ok(parts[at..].iter().fold(place, |place, part| place.join(part)));
                }
                Err(error) => return Err(format!("`{shown}` cannot be looked at: {error}")),
                Ok(found) if found.is_symlink() => {
                    place =
                        fs::canonicalize(&next).map_err(|_| format!("`{shown}` is a link that leads to nothing"))?;
                    if !place.starts_with(&self.root) {
                        return Err(format!("`{shown}` is a link that leads out of the repository"));
                    }
                }
                Ok(_) => place = next,
            }
            if at + 1 < parts.len() && !place.is_dir() {
                return Err(format!("`{shown}` is a file where a folder must be"));
            }
        }
        Ok(place)
    }
}

/// Texts that wait beside their places, and the folders that were made for them. What is not committed goes.
#[derive(Debug, Default)]
struct Drafts {
    waiting: Vec<(PathBuf, PathBuf)>,
    folders: Vec<PathBuf>,
}

impl Drafts {
    fn write(&mut self, place: &Path, text: &str) -> std::io::Result<()> {
        if let Some(folder) = place.parent() {
            self.make(folder)?;
        }
        let mut draft = place.as_os_str().to_owned();
        draft.push(DRAFT);
        let draft = PathBuf::from(draft);
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // A link that somebody puts there meanwhile is not followed either.
        let mut file = OpenOptions::new().write(true).create_new(true).open(&draft)?;
        self.waiting.push((draft, place.to_owned()));
        file.write_all(text.as_bytes())?;
        match fs::metadata(place) {
            Ok(old) => file.set_permissions(old.permissions()),
            Err(_) => Ok(()),
        }
    }

    /// Makes a folder and those above it, and remembers which were made.
    fn make(&mut self, folder: &Path) -> std::io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.make(above)?;
        }
        fs::create_dir(folder)?;
        self.folders.push(folder.to_owned());
        Ok(())
    }

    /// Moves every draft into its place; the error names the place.
    fn commit(mut self, done: &mut usize) -> Result<(), (PathBuf, std::io::Error)> {
        while !self.waiting.is_empty() {
            let (draft, place) = &self.waiting[0];
            fs::rename(draft, place).map_err(|error| (place.clone(), error))?;
            self.waiting.remove(0);
            *done += 1;
        }
        Ok(())
    }
}

impl Drop for Drafts {
    fn drop(&mut self) {
        // What cannot be taken away again is not worth a second failure; a folder that is not empty stays.
        for (draft, _) in &self.waiting {
            drop(fs::remove_file(draft));
        }
        for folder in self.folders.iter().rev() {
            drop(fs::remove_dir(folder));
        }
    }
}

fn not_written(path: &str) -> Failure {
    Failure::new(&code::FILE, format!("cannot write `{path}`")).fix("check that this user may write there")
}

fn failure(what: &str, path: &str, error: &std::io::Error) -> Failure {
    Failure::new(&code::FILE, format!("{what} `{path}`"))
        .because(error.to_string())
        .fix("check that the path is right and that this user may use it")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Change, Found, Tree};

    #[test]
    fn nothing_changes_when_one_file_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let tree = Tree::open(folder.path()).unwrap();
        fs::write(folder.path().join("a"), "old").unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let changes =
            [Change::Put("a", "new"), Change::Put("made/b", "new"), Change::Put("file/c", "new"), Change::Remove("a")];
        let failure = tree.change(&changes).unwrap_err();
        assert_eq!(failure.what, "cannot write `file/c`");
        assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

        tree.change(&changes[..2]).unwrap();
        assert_eq!(tree.find("made/b"), Found::Text("new".to_owned()));
        tree.change(&[Change::Remove("made/b")]).unwrap();
        assert_eq!(tree.find("made/b"), Found::Nothing);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_only_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (root, tree) = (folder.path(), Tree::open(folder.path()).unwrap());
        fs::create_dir(root.join("real")).unwrap();
        fs::write(root.join("real/a"), "old").unwrap();
        fs::set_permissions(root.join("real/a"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real", root.join("inside")).unwrap();
        symlink("real/a", root.join("linked")).unwrap();
        symlink(outside.path(), root.join("outside")).unwrap();
        symlink("nothing", root.join("dangling")).unwrap();

        tree.change(&[Change::Put("inside/a", "1"), Change::Put("inside/b", "2")]).unwrap();
        tree.change(&[Change::Put("linked", "3")]).unwrap();
        assert_eq!(fs::read_to_string(root.join("real/a")).unwrap(), "3");
        assert_eq!(fs::metadata(root.join("real/a")).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(root.join("linked").is_symlink() && root.join("real/b").is_file());

        for path in ["outside/a", "dangling", "../a", "/a", "real/a/b", "real"] {
            assert!(matches!(tree.find(path), Found::Blocked(_)), "{path}");
            assert!(tree.change(&[Change::Put(path, "x")]).is_err(), "{path}");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        assert_eq!(tree.files("inside", &["a"]), ["inside/a"]);
    }
}
