//! The file that a package is written to: new, private, hashed while it grows, and gone when it is not finished.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use super::problems::Problem;
use crate::report::code;

/// The largest package that App Service takes: 2048 MB (contracts, zip-deploy §2).
pub(super) const LARGEST: u64 = 2048 << 20;
pub(super) const LARGEST_FIX: &str =
    "leave out what the app does not need with `exclude` patterns, or keep large data in a storage account";

/// A package that is being written.
pub(super) struct Sink {
    file: BufWriter<File>,
    path: PathBuf,
    digest: Context,
    bytes: u64,
    finished: bool,
}

impl Sink {
    /// Makes the file; it must not exist yet.
    pub(super) fn create(path: &Path) -> Result<Self, Problem> {
        let file = BufWriter::with_capacity(256 << 10, create_private(path)?);
        Ok(Self { file, path: path.to_path_buf(), digest: Context::new(&SHA256), bytes: 0, finished: false })
    }

    /// How many bytes have been written.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.bytes += bytes.len() as u64;
        if self.bytes > LARGEST {
            return Err(Problem::danger("the package is larger than 2048 MB, which App Service refuses", LARGEST_FIX));
        }
        self.digest.update(bytes);
        self.file.write_all(bytes).map_err(|error| Problem::file("write", &self.path, &error))
    }

    /// Ends the file and returns its sha256 in lower-case hex.
    pub(super) fn finish(mut self) -> Result<String, Problem> {
        self.file.flush().map_err(|error| Problem::file("write", &self.path, &error))?;
        self.finished = true;
        Ok(hex(self.digest.clone()))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if !self.finished {
            // The failure that led here is the one to report.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A finished digest in lower-case hex.
pub(super) fn hex(digest: Context) -> String {
    digest.finish().as_ref().iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

/// Makes a new file that only this user can read.
pub(super) fn create_private(path: &Path) -> Result<File, Problem> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Problem {
            code: &code::FILE,
            text: format!("`{}` exists already", path.display()),
            fix: "delete the file or name another one: a package never overwrites anything",
        },
        _ => Problem::file("create", path, &error),
    })
}
