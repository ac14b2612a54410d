//! The zip format: the records around the bytes, and nothing about where the bytes come from.
//!
//! Times are not the clock's. KuduSync copies a file only when its time differs from the deployed one, so a constant
//! time would leave changed files behind, and the real time would make equal trees into unequal packages. Each entry's
//! time is therefore derived from its content (contracts, zip-deploy §2).

use super::plan::Entry;

/// Entries from which the 16-bit count of the end record no longer holds (APPNOTE 4.4.21).
const COUNT_LIMIT: usize = 0xFFFF;
/// Sizes from which a 32-bit field no longer holds (APPNOTE 4.4.8).
const SIZE_LIMIT: u64 = 0xFFFF_FFFF;
/// Names are UTF-8 (APPNOTE appendix D).
const FLAG_UTF8: u16 = 1 << 11;
/// Made by Unix: the upper half of the external attributes is a mode.
const MADE_BY_UNIX: u16 = 3 << 8;
/// Versions needed to extract: 2.0 and 4.5 (APPNOTE 4.4.3).
const VERSION_DEFLATE: u16 = 20;
const VERSION_ZIP64: u16 = 45;
/// Two-second steps in the window from 2000-01-01 to 2019-12-31: 7,305 days.
const STEPS: u64 = 7_305 * STEPS_PER_DAY;
const STEPS_PER_DAY: u64 = 43_200;

/// How an entry's bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// As they are.
    Stored = 0,
    /// Deflated.
    Deflated = 8,
}

/// What the records of one written entry need.
///
/// `packed` and `offset` fit 32 bits, because a package above 2,048 MB is refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) size: u64,
    pub(super) packed: u32,
    pub(super) offset: u32,
}

/// The record in front of an entry's bytes.
pub(super) fn local_header(entry: &Entry, record: &Record) -> Vec<u8> {
    let extra = zip64_extra(record);
    let mut out = Vec::with_capacity(30 + entry.name.len() + extra.len());
    put32(&mut out, 0x0403_4b50);
    put16(&mut out, version(record));
    common(&mut out, entry, record, &extra);
    out.extend_from_slice(entry.name.as_bytes());
    out.extend_from_slice(&extra);
    out
}

/// The entry's record in the central directory.
pub(super) fn central_header(entry: &Entry, record: &Record) -> Vec<u8> {
    let extra = zip64_extra(record);
    let mut out = Vec::with_capacity(46 + entry.name.len() + extra.len());
    put32(&mut out, 0x0201_4b50);
    put16(&mut out, MADE_BY_UNIX + version(record));
    put16(&mut out, version(record));
    common(&mut out, entry, record, &extra);
    put16(&mut out, 0); // comment
    put16(&mut out, 0); // disk
    put16(&mut out, 0); // internal attributes
    let directory = u32::from(entry.is_directory());
    put32(&mut out, entry.mode() << 16 | directory << 4);
    put32(&mut out, record.offset);
    out.extend_from_slice(entry.name.as_bytes());
    out.extend_from_slice(&extra);
    out
}

/// The records at the very end: how many entries, and where the central directory begins.
pub(super) fn end(count: usize, start: u64, length: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(98);
    if count >= COUNT_LIMIT {
        put32(&mut out, 0x0606_4b50);
        put64(&mut out, 44);
        put16(&mut out, MADE_BY_UNIX + VERSION_ZIP64);
        put16(&mut out, VERSION_ZIP64);
        put32(&mut out, 0);
        put32(&mut out, 0);
        put64(&mut out, count as u64);
        put64(&mut out, count as u64);
        put64(&mut out, length);
        put64(&mut out, start);
        put32(&mut out, 0x0706_4b50);
        put32(&mut out, 0);
        put64(&mut out, start + length);
        put32(&mut out, 1);
    }
    let short = u16::try_from(count).unwrap_or(u16::MAX);
    put32(&mut out, 0x0605_4b50);
    put16(&mut out, 0);
    put16(&mut out, 0);
    put16(&mut out, short);
    put16(&mut out, short);
    put32(&mut out, clamp(length));
    put32(&mut out, clamp(start));
    put16(&mut out, 0);
    out
}

/// The DOS date (upper half) and time (lower half) that stand for this content.
pub(super) fn content_time(crc: u32, size: u64) -> u32 {
    let step = mix(u64::from(crc) << 32 ^ size) % STEPS;
    let (mut day, second) = (step / STEPS_PER_DAY, step % STEPS_PER_DAY * 2);
    let mut year = 2000;
    while day >= days_of_year(year) {
        day -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while day >= days_of_month(year, month) {
        day -= days_of_month(year, month);
        month += 1;
    }
    let date = (year - 1980) << 9 | month << 5 | (day + 1);
    let time = (second / 3600) << 11 | (second / 60 % 60) << 5 | (second % 60 / 2);
    u32::try_from(date << 16 | time).expect("both halves are below 2^16")
}

/// Spreads neighbouring values over the whole range (the finaliser of `SplitMix64`).
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn days_of_year(year: u64) -> u64 {
    if year.is_multiple_of(4) { 366 } else { 365 } // right for the whole window, 2000 to 2019
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 => days_of_year(year) - 337,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The fields that both headers share, from the flags to the length of the extra field.
fn common(out: &mut Vec<u8>, entry: &Entry, record: &Record, extra: &[u8]) {
    let long = !extra.is_empty();
    let time = content_time(record.crc, record.size);
    put16(out, FLAG_UTF8);
    put16(out, record.method as u16);
    put32(out, time);
    put32(out, record.crc);
    put32(out, if long { u32::MAX } else { record.packed });
    put32(out, if long { u32::MAX } else { clamp(record.size) });
    put16(out, u16::try_from(entry.name.len()).expect("names are checked to fit"));
    put16(out, u16::try_from(extra.len()).expect("at most 20 bytes"));
}

/// The zip64 field, needed when the content is 4 GiB or more. A local header must carry both sizes (APPNOTE 4.5.3), and
/// the central one may.
fn zip64_extra(record: &Record) -> Vec<u8> {
    let mut out = Vec::new();
    if record.size >= SIZE_LIMIT {
        put16(&mut out, 1);
        put16(&mut out, 16);
        put64(&mut out, record.size);
        put64(&mut out, u64::from(record.packed));
    }
    out
}

fn version(record: &Record) -> u16 {
    if record.size >= SIZE_LIMIT { VERSION_ZIP64 } else { VERSION_DEFLATE }
}

fn clamp(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}
