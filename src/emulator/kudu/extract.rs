//! Extraction of a pushed zip, with the habits of each operating system's Kudu (zip-deploy §2).
#![expect(clippy::disallowed_methods, reason = "the emulator stands outside `world`, it plays another machine")]

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use zip::ZipArchive;

use super::time::from_zip;
use crate::emulator::sites::Os;

/// Where the times of the extracted files come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileTimes {
    /// The zip entries.
    FromZip,
    /// Now (`SCM_ZIPDEPLOY_DONOT_PRESERVE_FILETIME=1`).
    Now(SystemTime),
}

/// Extracts `package` into the new folder `into`. Modes and links are not restored; a name that leads out is refused.
/// The error is a line for the log. Blocks.
pub(super) fn extract(package: &Path, into: &Path, os: Os, times: FileTimes) -> Result<(), String> {
    std::fs::create_dir_all(into).map_err(|error| error.to_string())?;
    let file = File::open(package).map_err(|error| error.to_string())?;
    let mut archive = ZipArchive::new(BufReader::new(file))
        .map_err(|_| "End of Central Directory record could not be found.".to_owned())?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| error.to_string())?;
        let name = entry.name().map_err(|error| error.to_string())?.into_owned();
        let is_folder = name.ends_with('/') || (os == Os::Windows && name.ends_with('\\'));
        let path = into.join(safe_path(&name, os)?);
        if is_folder {
            std::fs::create_dir_all(&path).map_err(|error| told(&name, &error))?;
            continue;
        }
        let time = match times {
            FileTimes::FromZip => entry.last_modified().and_then(from_zip),
            FileTimes::Now(now) => Some(now),
        };
        write(&mut entry, &path, time).map_err(|error| told(&name, &error))?;
    }
    Ok(())
}

/// A link's entry holds its target as text, and that is what is written: a text file.
fn write(entry: &mut impl Read, path: &Path, time: Option<SystemTime>) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut file = File::create(path)?;
    std::io::copy(entry, &mut file)?;
    if let Some(time) = time {
        file.set_modified(time)?;
    }
    drop(file);
    open_to_all(path)
}

/// `chmod 777`, as Kudu does on Linux with everything.
#[cfg(unix)]
fn open_to_all(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777))
}

#[cfg(not(unix))]
fn open_to_all(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

/// The entry's path below the folder. On Linux a backslash is an ordinary letter.
fn safe_path(name: &str, os: Os) -> Result<PathBuf, String> {
    let name = if os == Os::Windows { name.replace('\\', "/") } else { name.to_owned() };
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() || parts.contains(&"..") || name.contains('\0') {
        return Err(format!("Extracting Zip entry '{name}' would have resulted in a file outside the destination."));
    }
    Ok(parts.into_iter().collect())
}

fn told(name: &str, error: &std::io::Error) -> String {
    format!("Cannot extract '{name}': {error}")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::write::SimpleFileOptions;

    use super::*;

    fn zipped(folder: &Path) -> PathBuf {
        let path = folder.join("package.zip");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        let plain = SimpleFileOptions::default();
        zip.start_file("bin\\tool", plain.unix_permissions(0o600)).unwrap();
        zip.write_all(b"tool").unwrap();
        zip.add_directory("empty/", plain).unwrap();
        zip.add_symlink("link", "../../etc/passwd", plain).unwrap();
        zip.finish().unwrap();
        path
    }

    #[test]
    fn linux_keeps_backslashes_and_turns_links_into_text() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("linux");
        extract(&zipped(folder.path()), &into, Os::Linux, FileTimes::FromZip).unwrap();
        assert_eq!(std::fs::read_to_string(into.join("bin\\tool")).unwrap(), "tool");
        let link = std::fs::symlink_metadata(into.join("link")).unwrap();
        assert!(link.is_file() && into.join("empty").is_dir());
        assert_eq!(std::fs::read_to_string(into.join("link")).unwrap(), "../../etc/passwd");
    }

    #[test]
    fn windows_reads_backslashes_as_folders() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("windows");
        extract(&zipped(folder.path()), &into, Os::Windows, FileTimes::FromZip).unwrap();
        assert_eq!(std::fs::read_to_string(into.join("bin/tool")).unwrap(), "tool");
        for name in ["../x", "a/../../x", "..\\x", "/"] {
            assert!(safe_path(name, Os::Windows).is_err(), "{name}");
        }
    }
}
