//! A folder's plan becomes a zip file: two threads squeeze, this one writes, in the order of the plan.

use std::path::Path;

use super::plan::{Entry, Kind, Plan};
use super::problems::{Problem, Problems};
use super::queue::Queue;
use super::sink::Sink;
use super::squeeze::{self, Body, Squeezed, Squeezer, WHOLE};
use super::zip::{self, Record};

/// Threads that squeeze. CI machines have two cores or more.
const THREADS: usize = 2;
/// Bytes of content that are in work at one time.
const BUDGET: u64 = 8 << 20;
/// What every entry costs besides its content, so that empty files are bounded as well.
const OVERHEAD: u64 = 4 << 10;
/// What a file costs that passes through in pieces: its buffers, not its content.
const IN_PIECES: u64 = 1 << 20;

/// What was written.
pub(super) struct Packed {
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

/// Writes `entries`, which are those of the plan that go in, to a new file.
pub(super) fn pack(plan: &Plan, entries: &[&Entry], destination: &Path) -> Result<Packed, Problems> {
    let sink = Sink::create(destination)?;
    let queue = Queue::new(entries.iter().map(|entry| cost(entry)).collect(), BUDGET);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut squeezer = Squeezer::new(plan, destination);
                while let Some(index) = queue.take() {
                    queue.put(index, squeezer.squeeze(index, entries[index]));
                }
            });
        }
        let mut writer = Writer { plan, sink, buffer: Vec::new() };
        let written = writer.entries(entries, &queue).and_then(|records| Ok(writer.directory(entries, &records)?));
        queue.close();
        let bytes = writer.sink.bytes();
        written.and_then(|()| Ok(Packed { sha256: writer.sink.finish()?, bytes }))
    })
}

fn cost(entry: &Entry) -> u32 {
    let content = match entry.kind {
        Kind::Directory | Kind::Generated(_) => 0,
        Kind::File | Kind::Executable if entry.bytes > WHOLE => IN_PIECES,
        Kind::File | Kind::Executable => entry.bytes,
    };
    u32::try_from(content + OVERHEAD).expect("at most 4 MB and the overhead")
}

struct Writer<'a> {
    plan: &'a Plan,
    sink: Sink,
    buffer: Vec<u8>,
}

impl Writer<'_> {
    /// Writes every entry. When one cannot be read, nothing more is written, but all of them are still read: a person
    /// should hear of every bad file at once.
    fn entries(
        &mut self,
        entries: &[&Entry],
        queue: &Queue<Result<Squeezed, Problem>>,
    ) -> Result<Vec<Record>, Problems> {
        let mut problems = Problems::default();
        let mut records = Vec::with_capacity(entries.len());
        for entry in entries {
            match queue.next() {
                Some(Ok(squeezed)) if problems.is_empty() => records.push(self.entry(entry, squeezed)?),
                Some(Ok(_)) => {}
                Some(Err(problem)) => problems.push(problem),
                None => break,
            }
        }
        if problems.is_empty() { Ok(records) } else { Err(problems) }
    }

    fn entry(&mut self, entry: &Entry, squeezed: Squeezed) -> Result<Record, Problem> {
        let too_large =
            |_| Problem::danger(format!("`{}` is too large for a package", entry.name), super::sink::LARGEST_FIX);
        let record = Record {
            method: squeezed.method,
            crc: squeezed.crc,
            size: entry.bytes,
            packed: u32::try_from(squeezed.packed).map_err(too_large)?,
            offset: u32::try_from(self.sink.bytes()).map_err(too_large)?,
        };
        self.sink.write(&zip::local_header(entry, &record))?;
        match squeezed.body {
            Body::Memory(bytes) => self.sink.write(&bytes)?,
            Body::Spool(mut spool) => spool.pieces(&mut self.buffer, |piece| self.sink.write(piece))?,
            Body::Source => self.copy(entry, squeezed.crc)?,
        }
        Ok(record)
    }

    /// Copies a large file that is stored, and makes sure that it is still the one whose checksum is in the header.
    fn copy(&mut self, entry: &Entry, crc: u32) -> Result<(), Problem> {
        let mut check = crc32fast::Hasher::new();
        let mut length = 0;
        squeeze::pieces(&self.plan.source.join(&*entry.name), &mut self.buffer, |piece| {
            check.update(piece);
            length += piece.len() as u64;
            self.sink.write(piece)
        })?;
        if check.finalize() == crc && length == entry.bytes { Ok(()) } else { Err(squeeze::changed(entry)) }
    }

    fn directory(&mut self, entries: &[&Entry], records: &[Record]) -> Result<(), Problem> {
        let start = self.sink.bytes();
        for (entry, record) in entries.iter().zip(records) {
            self.sink.write(&zip::central_header(entry, record))?;
        }
        self.sink.write(&zip::end(records.len(), start, self.sink.bytes() - start))
    }
}
