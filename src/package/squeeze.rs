//! One entry's content becomes the bytes that are kept: deflated when that is smaller, stored when it is not.
//!
//! A file up to [`WHOLE`] is deflated in one go by libdeflate, which is the fastest but needs the whole file and its
//! result in memory. A larger one passes through zlib-rs in small pieces into a spool file beside the package: its size
//! has to be known before its header is written, and the memory of the whole tool has to stay below 64 MB. Storing large
//! files instead would triple the upload of native libraries.
#![expect(clippy::disallowed_methods, reason = "the package reads its own source; every error names the path")]

use std::fs::File;
use std::io::{Read, Seek as _, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use libdeflater::{CompressionLvl, Compressor};

use super::plan::{Entry, Kind, Plan};
use super::problems::Problem;
use super::sink;
use super::zip::Method;

/// The largest file, in bytes, that is held in memory.
pub(super) const WHOLE: u64 = 4 << 20;
/// Pieces in which larger files are read.
const PIECE: usize = 256 << 10;
/// After this many bytes a large file that does not shrink is stored.
const TRIAL: u64 = 8 << 20;
/// The level at which libdeflate is both faster and smaller than `zip -6` (contracts, stack §5).
const LEVEL: i32 = 6;
/// Formats that are compressed already.
const PACKED: [&str; 28] = [
    "7z", "aac", "avif", "br", "bz2", "docx", "gif", "gz", "heic", "jar", "jpeg", "jpg", "m4a", "mp3", "mp4", "nupkg",
    "ogg", "png", "tgz", "war", "webm", "webp", "whl", "woff", "woff2", "xlsx", "xz", "zip",
];
const CHANGED_FIX: &str = "let the build finish, and nothing write to the folder, before it is packaged";

/// What becomes of one entry.
pub(super) struct Squeezed {
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) body: Body,
}

/// Where the bytes to keep are.
pub(super) enum Body {
    Memory(Vec<u8>),
    Spool(Spool),
    /// In the source itself: a large file that is stored.
    Source,
}

/// A worker's tools and buffers, used again for every entry.
pub(super) struct Squeezer<'a> {
    plan: &'a Plan,
    destination: &'a Path,
    deflate: Compressor,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl<'a> Squeezer<'a> {
    /// Spool files are made beside `destination`.
    pub(super) fn new(plan: &'a Plan, destination: &'a Path) -> Self {
        let level = CompressionLvl::new(LEVEL).expect("6 is between 0 and 12");
        Self { plan, destination, deflate: Compressor::new(level), input: Vec::new(), output: Vec::new() }
    }

    /// Reads and squeezes the entry at `index` of the package.
    pub(super) fn squeeze(&mut self, index: usize, entry: &Entry) -> Result<Squeezed, Problem> {
        match entry.kind {
            Kind::Directory => Ok(self.in_memory(entry, &[])),
            Kind::Generated(at) => {
                let plan = self.plan;
                Ok(self.in_memory(entry, &plan.generated[at as usize]))
            }
            Kind::File | Kind::Executable if entry.bytes <= WHOLE => self.whole(entry),
            Kind::File | Kind::Executable => self.in_pieces(index, entry),
        }
    }

    fn whole(&mut self, entry: &Entry) -> Result<Squeezed, Problem> {
        let path = self.plan.source.join(&*entry.name);
        let mut input = std::mem::take(&mut self.input);
        input.clear();
        let read = File::open(&path).and_then(|file| file.take(entry.bytes + 1).read_to_end(&mut input));
        let squeezed = match read {
            Ok(read) if read as u64 == entry.bytes => Ok(self.in_memory(entry, &input)),
            Ok(_) => Err(changed(entry)),
            Err(error) => Err(Problem::file("read", &path, &error)),
        };
        self.input = input;
        squeezed
    }

    fn in_memory(&mut self, entry: &Entry, content: &[u8]) -> Squeezed {
        let crc = crc32fast::hash(content);
        // One byte of room less than the content has: then libdeflate itself says that it does not get smaller.
        let room = content.len().saturating_sub(1);
        if self.output.len() < room {
            self.output.resize(room, 0);
        }
        let deflated = match content {
            [] => None,
            _ if is_packed(&entry.name) => None,
            _ => self.deflate.deflate_compress(content, &mut self.output[..room]).ok(),
        };
        let (method, kept) = match deflated {
            Some(length) => (Method::Deflated, self.output[..length].to_vec()),
            None => (Method::Stored, content.to_vec()),
        };
        Squeezed { method, crc, packed: kept.len() as u64, body: Body::Memory(kept) }
    }

    fn spooled(&self, index: usize) -> Result<DeflateEncoder<Spool>, Problem> {
        let spool = Spool::create(self.destination, index)?;
        Ok(DeflateEncoder::new(spool, Compression::new(LEVEL.unsigned_abs())))
    }

    fn in_pieces(&mut self, index: usize, entry: &Entry) -> Result<Squeezed, Problem> {
        let path = self.plan.source.join(&*entry.name);
        let mut deflated = if is_packed(&entry.name) { None } else { Some(self.spooled(index)?) };
        let (mut crc, mut read) = (crc32fast::Hasher::new(), 0);
        pieces(&path, &mut self.input, |piece| {
            crc.update(piece);
            read += piece.len() as u64;
            if let Some(encoder) = &mut deflated {
                encoder.write_all(piece).map_err(|error| encoder.get_ref().failed(&error))?;
            }
            let stays_large = |encoder: &DeflateEncoder<Spool>| encoder.total_out() > read / 100 * 98;
            if read > TRIAL && deflated.as_ref().is_some_and(stays_large) {
                deflated = None;
            }
            Ok(())
        })?;
        if read != entry.bytes {
            return Err(changed(entry));
        }
        let crc = crc.finalize();
        if let Some(encoder) = deflated {
            let spool = Spool::rewound(encoder)?;
            if spool.bytes < read {
                return Ok(Squeezed { method: Method::Deflated, crc, packed: spool.bytes, body: Body::Spool(spool) });
            }
        }
        Ok(Squeezed { method: Method::Stored, crc, packed: read, body: Body::Source })
    }
}

/// The problem of a file that is not what it was a moment ago.
pub(super) fn changed(entry: &Entry) -> Problem {
    Problem::danger(format!("`{}` changed while it was packaged", entry.name), CHANGED_FIX)
}

/// Passes a file through `buffer` piece by piece.
pub(super) fn pieces(
    path: &Path,
    buffer: &mut Vec<u8>,
    mut each: impl FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let failed = |error: &std::io::Error| Problem::file("read", path, error);
    let mut file = File::open(path).map_err(|error| failed(&error))?;
    buffer.resize(PIECE, 0);
    loop {
        match file.read(buffer).map_err(|error| failed(&error))? {
            0 => return Ok(()),
            length => each(&buffer[..length])?,
        }
    }
}

fn is_packed(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    extension.len() < 6 && PACKED.contains(&&*extension.to_ascii_lowercase())
}

/// A temporary file with one entry's deflated bytes; it is gone when this is dropped.
pub(super) struct Spool {
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl Spool {
    fn create(destination: &Path, index: usize) -> Result<Self, Problem> {
        let mut name = destination.as_os_str().to_owned();
        name.push(format!(".part-{index}"));
        let path = PathBuf::from(name);
        let file = sink::create_private(&path)?;
        Ok(Self { file, path, bytes: 0 })
    }

    fn rewound(encoder: DeflateEncoder<Self>) -> Result<Self, Problem> {
        let path = encoder.get_ref().path.clone();
        let finish = |encoder: DeflateEncoder<Self>| {
            let mut spool = encoder.finish()?;
            spool.file.rewind()?;
            Ok(spool)
        };
        finish(encoder).map_err(|error: std::io::Error| Problem::file("write", &path, &error))
    }

    /// Passes the bytes through `buffer` piece by piece.
    pub(super) fn pieces(
        &mut self,
        buffer: &mut Vec<u8>,
        mut each: impl FnMut(&[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        buffer.resize(PIECE, 0);
        loop {
            match self.file.read(buffer).map_err(|error| Problem::file("read", &self.path, &error))? {
                0 => return Ok(()),
                length => each(&buffer[..length])?,
            }
        }
    }

    fn failed(&self, error: &std::io::Error) -> Problem {
        Problem::file("write", &self.path, error)
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // Nothing can be done here when it fails, and the package is not affected.
        let _ = std::fs::remove_file(&self.path);
    }
}
