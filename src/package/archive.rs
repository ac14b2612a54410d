//! Reads the central directory of a zip that was made elsewhere; it never unpacks anything but the target of a link.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use libdeflater::Decompressor;

use super::plan::MOST_ENTRIES;

const END: u32 = 0x0605_4b50;
const END_LENGTH: usize = 22;
const END64_LOCATOR: u32 = 0x0706_4b50;
const END64: u32 = 0x0606_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
/// The end record, its longest comment, and the zip64 locator before it.
const TAIL: u64 = 22 + 65_535 + 20;
/// A link's target is a path; no system allows longer ones.
const LONGEST_TARGET: u64 = 4_096;

/// One entry as the central directory lists it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: Vec<u8>,
    pub(super) encrypted: bool,
    pub(super) method: u16,
    /// The Unix mode with the file type; 0 when the zip was not made on Unix.
    pub(super) mode: u32,
    pub(super) size: u64,
    packed: u64,
    offset: u64,
}

/// Why a zip cannot be read.
#[derive(Debug)]
pub(super) enum Broken {
    /// No end record: not a zip, or not all of one.
    NoEnd,
    /// What the records say does not fit together.
    Damaged(&'static str),
    /// More entries than a package may hold.
    TooMany,
    /// The file itself cannot be read.
    Io(std::io::Error),
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Damaged("it ends in the middle of a record"),
            _ => Self::Io(error),
        }
    }
}

struct Directory {
    count: u64,
    length: u64,
    start: u64,
}

/// Lists the entries in the order of the central directory.
pub(super) fn list(file: &mut File) -> Result<Vec<Listed>, Broken> {
    let directory = find(file)?;
    if directory.count > MOST_ENTRIES as u64 {
        return Err(Broken::TooMany);
    }
    file.seek(SeekFrom::Start(directory.start))?;
    let mut records = BufReader::with_capacity(64 << 10, file.take(directory.length));
    let mut entries = Vec::new();
    for _ in 0..directory.count {
        let entry = central(&mut records)?;
        if entry.offset >= directory.start {
            return Err(Broken::Damaged("an entry lies behind the list of entries"));
        }
        entries.push(entry);
    }
    match records.read(&mut [0])? {
        0 => Ok(entries),
        _ => Err(Broken::Damaged("the list of entries is longer than it says")),
    }
}

/// The target of an entry that is a symbolic link.
pub(super) fn link_target(file: &mut File, entry: &Listed) -> Result<String, Broken> {
    if entry.size > LONGEST_TARGET || entry.packed > LONGEST_TARGET {
        return Err(Broken::Damaged("the target of a link is longer than a path can be"));
    }
    file.seek(SeekFrom::Start(entry.offset))?;
    let mut header = [0; 30];
    file.read_exact(&mut header)?;
    if u32_at(&header, 0) != LOCAL {
        return Err(Broken::Damaged("an entry does not begin where the list says"));
    }
    file.seek(SeekFrom::Current(i64::from(u16_at(&header, 26)) + i64::from(u16_at(&header, 28))))?;
    let mut packed = Vec::new();
    file.take(entry.packed).read_to_end(&mut packed)?;
    let mut target = packed;
    if entry.method == 8 {
        let mut plain = vec![0; usize::try_from(entry.size).expect("at most 4096")];
        let length = Decompressor::new()
            .deflate_decompress(&target, &mut plain)
            .map_err(|_| Broken::Damaged("the target of a link cannot be unpacked"))?;
        plain.truncate(length);
        target = plain;
    }
    Ok(String::from_utf8_lossy(&target).into_owned())
}

/// Finds the end record, and behind it the zip64 one when the fields are too small.
fn find(file: &mut File) -> Result<Directory, Broken> {
    let size = file.seek(SeekFrom::End(0))?;
    let tail_start = size.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(tail_start))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let is_end =
        |at: &usize| u32_at(&tail, *at) == END && at + END_LENGTH + usize::from(u16_at(&tail, at + 20)) == tail.len();
    let at = (0..(tail.len() + 1).saturating_sub(END_LENGTH)).rev().find(is_end).ok_or(Broken::NoEnd)?;
    let end = &tail[at..];
    let mut directory = Directory {
        count: u64::from(u16_at(end, 10)),
        length: u64::from(u32_at(end, 12)),
        start: u64::from(u32_at(end, 16)),
    };
    let full = directory.count == 0xFFFF || directory.length == 0xFFFF_FFFF || directory.start == 0xFFFF_FFFF;
    let mut limit = tail_start + at as u64;
    if full && at >= 20 && u32_at(&tail, at - 20) == END64_LOCATOR {
        limit = u64_at(&tail, at - 20 + 8);
        directory = find64(file, limit)?;
    }
    let ends = directory.start.checked_add(directory.length);
    if ends.is_none_or(|ends| ends > limit) {
        return Err(Broken::Damaged("the list of entries is not where the end record says"));
    }
    Ok(directory)
}

fn find64(file: &mut File, at: u64) -> Result<Directory, Broken> {
    file.seek(SeekFrom::Start(at))?;
    let mut end = [0; 56];
    file.read_exact(&mut end)?;
    if u32_at(&end, 0) != END64 {
        return Err(Broken::Damaged("the zip64 end record is not where its locator says"));
    }
    Ok(Directory { count: u64_at(&end, 32), length: u64_at(&end, 40), start: u64_at(&end, 48) })
}

fn central(records: &mut impl Read) -> Result<Listed, Broken> {
    const UNIX: u16 = 3;
    const MACOS: u16 = 19;
    let mut header = [0; 46];
    records.read_exact(&mut header)?;
    if u32_at(&header, 0) != CENTRAL {
        return Err(Broken::Damaged("the list of entries is damaged"));
    }
    let name = bytes(records, u16_at(&header, 28))?;
    let extra = bytes(records, u16_at(&header, 30))?;
    bytes(records, u16_at(&header, 32))?; // the comment
    let mode = match u16_at(&header, 4) >> 8 {
        UNIX | MACOS => u32_at(&header, 38) >> 16,
        _ => 0,
    };
    let mut fields = [u32_at(&header, 24), u32_at(&header, 20), u32_at(&header, 42)].map(u64::from);
    widen(&mut fields, &extra);
    let [size, packed, offset] = fields;
    let encrypted = u16_at(&header, 8) & 1 == 1;
    Ok(Listed { name, encrypted, method: u16_at(&header, 10), mode, size, packed, offset })
}

/// Replaces the fields that are too small by those of the zip64 extra field, which holds only these, in this order.
fn widen(fields: &mut [u64; 3], mut extra: &[u8]) {
    while extra.len() >= 4 {
        let length = usize::from(u16_at(extra, 2)).min(extra.len() - 4);
        let (mut body, rest) = extra[4..].split_at(length);
        if u16_at(extra, 0) == 1 {
            for field in fields.iter_mut().filter(|field| **field == 0xFFFF_FFFF) {
                if body.len() >= 8 {
                    *field = u64_at(body, 0);
                    body = &body[8..];
                }
            }
        }
        extra = rest;
    }
}

fn bytes(from: &mut impl Read, length: u16) -> Result<Vec<u8>, Broken> {
    let mut bytes = vec![0; usize::from(length)];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
