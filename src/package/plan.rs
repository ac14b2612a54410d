//! What would go into a package: names and sizes, before a byte is read.

use std::path::PathBuf;

/// The most entries that a package may hold. It bounds our memory, and a site could not unpack more in a working day.
pub(super) const MOST_ENTRIES: usize = 300_000;

/// What goes in besides the folder's own files, and what stays out.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Patterns of files to leave out, in the syntax of `.gitignore`. They come after the folder's ignore file, so that
    /// they win over it.
    pub exclude: Vec<String>,
    /// Generated files by archive name, such as a build-info document. They are added, or replace the folder's own.
    pub extra: Vec<(String, Vec<u8>)>,
}

/// What would be deployed. It is made by [`super::plan`] and turned into a file by [`super::write`].
#[derive(Debug)]
pub struct Plan {
    /// The folder or zip, as it was given.
    pub source: PathBuf,
    /// Everything that goes in, sorted by the bytes of the names.
    pub entries: Vec<Entry>,
    /// What a person should look at although it can be deployed.
    pub warnings: Vec<String>,
    /// How many files and folders the ignore rules left out; a folder that is left out counts once.
    pub left_out: usize,
    pub(super) form: Form,
    pub(super) generated: Vec<Vec<u8>>,
}

/// Where a plan's bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A folder that becomes a zip.
    Folder,
    /// A zip that is used as it is.
    Zip,
}

/// One line of a plan.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name in the archive: always `/`, and at the end of a folder's name as well.
    pub name: Box<str>,
    /// The size of the content in bytes.
    pub bytes: u64,
    pub(super) kind: Kind,
}

/// What stands behind an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file of the source.
    File,
    /// A file of the source that may be run.
    Executable,
    /// A folder with nothing in it.
    Directory,
    /// The content at this place of [`Plan::generated`].
    Generated(u32),
}

impl Plan {
    /// How many files go in; folders do not count.
    pub fn files(&self) -> usize {
        self.entries.iter().filter(|entry| !entry.is_directory()).count()
    }

    /// The size of all content in bytes, before compression.
    pub fn content_bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.bytes).sum()
    }
}

impl Entry {
    /// Whether this is a folder that is kept although nothing is in it.
    pub fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }

    /// The Unix mode with the file type. It matters where a package is mounted instead of unpacked.
    pub(super) fn mode(&self) -> u32 {
        match self.kind {
            Kind::Directory => 0o040_755,
            Kind::Executable => 0o100_755,
            Kind::File | Kind::Generated(_) => 0o100_644,
        }
    }
}
