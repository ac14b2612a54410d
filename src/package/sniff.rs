//! Says in words what a file is that should have been a zip.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

const SIGNATURES: [(&[u8], &str); 13] = [
    (b"PK\x03\x04", "a zip that was cut off"),
    (b"PK\x05\x06", "a zip that was cut off"),
    (b"\x1f\x8b", "a gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"%PDF", "a PDF"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"version https://git-lfs", "a Git LFS pointer: check out with `lfs: true`"),
    (b"<?xml", "an XML document, perhaps an error of a storage service"),
];

/// What the beginning of the file looks like.
pub(super) fn what_is(file: &mut File) -> std::io::Result<&'static str> {
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(512).read_to_end(&mut head)?;
    Ok(name(&head))
}

fn name(head: &[u8]) -> &'static str {
    if head.is_empty() {
        return "an empty file";
    }
    if let Some((_, what)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return what;
    }
    if head.get(257..262) == Some(b"ustar") {
        return "a tar archive";
    }
    let text = String::from_utf8_lossy(head);
    let start = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        "an HTML page, perhaps a sign-in or error page"
    } else if start.starts_with(['{', '[']) {
        "a JSON document"
    } else if head.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        "a text file"
    } else {
        "some other binary file"
    }
}
