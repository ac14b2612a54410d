//! Reading and writing files, with errors that name the path.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the rest of the code goes through")]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Env;
use crate::report::{Failure, code};

/// The file system, with the directory where this run may leave temporary files.
#[derive(Clone, Debug)]
pub struct Files {
    temporary: PathBuf,
}

impl Files {
    /// Temporary files go to `RUNNER_TEMP` (GitHub), `AGENT_TEMPDIRECTORY` (Azure Pipelines), else the system's place.
    pub fn new(env: &Env) -> Self {
        let named = ["RUNNER_TEMP", "AGENT_TEMPDIRECTORY"].iter().find_map(|name| env.get(name));
        Self { temporary: named.map_or_else(std::env::temp_dir, PathBuf::from) }
    }

    /// The whole file as text.
    pub fn read(&self, path: &Path) -> Result<String, Failure> {
        fs::read_to_string(path).map_err(|error| failure("cannot read", path, &error))
    }

    /// The whole file as it is.
    pub fn bytes(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        fs::read(path).map_err(|error| failure("cannot read", path, &error))
    }

    /// Whether something is there.
    pub fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    /// Whether it is a directory.
    pub fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }

    /// Makes a folder and those above it, where they are not there yet.
    pub fn make_folder(&self, path: &Path) -> Result<(), Failure> {
        fs::create_dir_all(path).map_err(|error| failure("cannot make", path, &error))
    }

    /// Copies a file, with the folders above its new place.
    pub fn copy(&self, from: &Path, to: &Path) -> Result<(), Failure> {
        fs::create_dir_all(to.parent().unwrap_or(to))
            .and_then(|()| fs::copy(from, to))
            .map(drop)
            .map_err(|error| failure("cannot write", to, &error))
    }

    /// Appends to a file that the CI host made, creating it if it is absent.
    pub fn append(&self, path: &Path, text: &str) -> Result<(), Failure> {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .map_err(|error| failure("cannot open", path, &error))?;
        file.write_all(text.as_bytes()).map_err(|error| failure("cannot write", path, &error))
    }

    /// Whether a file can be appended to. One that is not there yet is made for the moment, which alone proves that it can.
    pub fn can_append(path: &Path) -> Result<(), Failure> {
        let opened = if path.exists() {
            OpenOptions::new().append(true).open(path).map(drop)
        } else {
            OpenOptions::new().append(true).create_new(true).open(path).and_then(|_| fs::remove_file(path))
        };
        opened.map_err(|error| failure("cannot write", path, &error))
    }

    /// Replaces a file's content; a reader never sees half of it.
    pub fn write(&self, path: &Path, text: &str) -> Result<(), Failure> {
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}", random_name()?));
        let draft = PathBuf::from(draft);
        let written = private(&draft)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&draft, path));
        written.map_err(|error| {
            // The draft is worthless once the write has failed, and the first error is the one to report.
            drop(fs::remove_file(&draft));
            failure("cannot write", path, &error)
        })
    }

    /// A new directory of this run's own, mode 0700, removed with all it holds when the value is dropped.
    pub fn private_directory(&self, purpose: &str) -> Result<PrivateDirectory, Failure> {
        let path = self.temporary.join(format!("siding-{purpose}-{}", random_name()?));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(false).create(&path).map_err(|error| failure("cannot create", &path, &error))?;
        Ok(PrivateDirectory { path })
    }

    /// A new file of this run's own, mode 0600, that stays; its random name cannot be guessed.
    pub fn private_file(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.temporary.join(format!("siding-{}-{name}", random_name()?));
        private(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| failure("cannot write", &path, &error))?;
        Ok(path)
    }
}

/// A directory that goes when it is dropped.
#[derive(Debug)]
pub struct PrivateDirectory {
    path: PathBuf,
}

impl PrivateDirectory {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        // Nobody is left to tell; the CI host empties its temporary directory at the end of the job anyway.
        drop(fs::remove_dir_all(&self.path));
    }
}

fn private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Sixteen hexadecimal digits from the system's random source.
pub fn random_name() -> Result<String, Failure> {
    let mut bytes = [0_u8; 8];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .map_err(|_| Failure::bug("the system gave no random bytes"))?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}

fn failure(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(&code::FILE, format!("{what} `{}`", path.display()))
        .because(error.to_string())
        .fix("check that the path is right and that this user may use it")
}

#[cfg(test)]
mod tests {
    use super::Files;

    #[test]
    fn what_can_be_appended_to_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        std::fs::write(&old, "text").unwrap();
        assert!(Files::can_append(&old).is_ok() && Files::can_append(&new).is_ok());
        assert!(std::fs::read(&old).unwrap() == b"text" && !new.exists());
        assert!(Files::can_append(folder.path()).is_err() && Files::can_append(&new.join("x")).is_err());
    }
}
