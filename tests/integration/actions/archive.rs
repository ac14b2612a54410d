//! Archives as a release has them, and as nobody should make them.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// What an archive holds.
pub(super) enum Member<'a> {
    File(&'a str, &'a [u8]),
    Link(&'a str, &'a str),
}

/// A `.tar.gz` of these members, their names taken as they are.
pub(super) fn archive(members: &[Member<'_>]) -> Vec<u8> {
    // Stored: the programs that tests put in are large, and nobody sends them far.
    let mut writer = GzEncoder::new(Vec::new(), Compression::none());
    for member in members {
        let (name, kind, target, content): (_, _, _, &[u8]) = match member {
            Member::File(name, content) => (name, b'0', "", content),
            Member::Link(name, target) => (name, b'2', *target, &[]),
        };
        writer.write_all(&header(name, kind, target, content.len())).unwrap();
        writer.write_all(content).unwrap();
        writer.write_all(&vec![0; content.len().next_multiple_of(512) - content.len()]).unwrap();
    }
    writer.write_all(&[0; 1024]).unwrap();
    writer.finish().unwrap()
}

/// The header of POSIX.1-1988 (`ustar`).
fn header(name: &str, kind: u8, target: &str, size: usize) -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000755\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(157, target.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// A sha256 in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
