//! Tests of the packages: what is written, what is refused, and what another implementation makes of it.
#![expect(clippy::disallowed_methods, reason = "the tests make and read the files that they package")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Options, Package, plan, write};
use crate::report::{Failure, plain};

mod folder;
mod given;
mod large;
mod links;
mod properties;

/// A folder to package, and a place beside it for what comes out.
struct Tree {
    place: TempDir,
}

impl Tree {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let tree = Self { place: TempDir::new().unwrap() };
        std::fs::create_dir(tree.root()).unwrap();
        for (name, content) in files {
            tree.add(name, content);
        }
        tree
    }

    fn root(&self) -> PathBuf {
        self.place.path().join("app")
    }

    fn out(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn add(&self, name: &str, content: &[u8]) {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn package(&self) -> Package {
        self.package_with(&Options::default(), "out.zip").unwrap()
    }

    fn package_with(&self, options: &Options, name: &str) -> Result<Package, Failure> {
        write(&plan(&self.root(), options)?, &self.out(name))
    }

    fn refusal(&self) -> Failure {
        plan(&self.root(), &Options::default()).unwrap_err()
    }
}

/// One entry as Python's `zipfile` reads it; the checksum has been verified.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    sha256: String,
    size: u64,
    mode: u32,
    method: u32,
    time: String,
}

/// Reads a zip with an implementation that is not ours.
fn python(zip: &Path) -> BTreeMap<String, Seen> {
    const SCRIPT: &str = "
import hashlib, json, sys, zipfile
entries = {}
with zipfile.ZipFile(sys.argv[1]) as archive:
    for info in archive.infolist():
        assert info.filename not in entries, info.filename
        digest = hashlib.sha256()
        with archive.open(info) as content:
            while piece := content.read(1 << 20):
                digest.update(piece)
        time = '%04d-%02d-%02d %02d:%02d:%02d' % info.date_time
        entries[info.filename] = [digest.hexdigest(), info.file_size, info.external_attr >> 16, info.compress_type, time]
    names = archive.namelist()
assert names == sorted(names, key=lambda name: name.encode('utf-8', 'surrogateescape')), 'not sorted'
json.dump(entries, sys.stdout)
";
    let output = Command::new("python3").args(["-c", SCRIPT]).arg(zip).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let entries: BTreeMap<String, (String, u64, u32, u32, String)> = serde_json::from_slice(&output.stdout).unwrap();
    let seen = |(sha256, size, mode, method, time)| Seen { sha256, size, mode, method, time };
    entries.into_iter().map(|(name, entry)| (name, seen(entry))).collect()
}

fn sha256(content: &[u8]) -> String {
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    digest.update(content);
    super::sink::hex(digest)
}

fn text(failure: &Failure) -> String {
    plain(failure).join("\n")
}

fn names(zip: &Path) -> Vec<String> {
    python(zip).into_keys().collect()
}
