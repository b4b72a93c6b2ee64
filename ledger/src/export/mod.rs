//! The static export: the whole log as files that anybody can copy, keep and check, with nothing personal in them.
//!
//! Its layout is that of C2SP tlog-tiles, so that tools which know transparency logs read it: `checkpoint`,
//! `tile/<level>/<index>`, `tile/entries/<index>`. Beside these lie `keys.txt`, `manifest.json`, `records.ndjson` for
//! reading, and `SHA256SUMS` over these three. `FORMAT.md` has the bytes; [`crate::verify::export_directory`] checks
//! an export, and so does `tests/check_books.py`, which shares no code with this.

mod folder;
pub(crate) mod layout;
mod manifest;
pub(crate) mod rendering;
pub(crate) mod tiles;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub(crate) use manifest::Manifest;

use crate::checkpoint::Checkpoint;
use crate::export::folder::{Folder, end_stream};
use crate::export::layout::{TILE_WIDTH, TileName};
use crate::export::tiles::Tiles;
use crate::hash::Hash;
use crate::journal::file::read_files;
use crate::journal::segment::FOLDER;
use crate::journal::{BatchError, Damage, JournalError, StoredBatch, head, recovery};
use crate::record::{EncodedRecord, LedgerTime};
use crate::signature::VerifyingKey;
use crate::storage::Storage;
use crate::tree::Frontier;

/// What to export, how to sign it and where to put it.
pub struct ExportRequest<'a> {
    /// The data directory. It is only read: a writer may be at work beside.
    pub storage: &'a dyn Storage,
    /// How many records; nothing for all that had been acknowledged when the export began.
    pub size: Option<u64>,
    /// The name of the log, the first line of the checkpoint.
    pub origin: &'a str,
    /// Keys that verify what `sign` returns, for `keys.txt`.
    pub keys: &'a [VerifyingKey],
    /// Turns the tree head that was computed from the records into a signed note: signs it ([`Checkpoint::sign`]), or
    /// hands over a note of just this tree head that was signed before. An error's text is passed on.
    pub sign: &'a dyn Fn(&Checkpoint) -> Result<String, String>,
    /// The folder to make. It must not exist, or be empty.
    pub folder: &'a Path,
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// The tree head that was signed.
    pub checkpoint: Checkpoint,
    /// Time of the last record, if there is one.
    pub time: Option<LedgerTime>,
    /// Names the journal among all journals.
    pub journal: [u8; 16],
}

/// Nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The export's own files.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The folder of the export.
        path: PathBuf,
        /// The error underneath.
        source: io::Error,
    },
    /// The data directory cannot be read or is damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record cannot be read.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// There is no journal.
    #[error("there is no journal in the data directory")]
    NoJournal,
    /// Nothing says how far the journal was acknowledged. What may vanish with the next power cut must not be signed.
    #[error(
        "the head file of the journal cannot be read, so that nobody knows how many records were acknowledged; \
         say how many to export"
    )]
    UnknownHead,
    /// More records were asked for than were acknowledged.
    #[error("{asked} records were asked for, but the journal has {size} that were acknowledged")]
    TooFew {
        /// How many were asked for.
        asked: u64,
        /// How many there are.
        size: u64,
    },
    /// The signer gave no note.
    #[error("the checkpoint was not signed: {0}")]
    NotSigned(String),
    /// The note is not of the tree head that was computed, or by none of the keys.
    #[error("the signed checkpoint does not fit the records: {0}")]
    OtherCheckpoint(String),
}

/// Exports a journal. Memory is bounded by a bundle of 256 records and one tile a level.
pub fn export(request: &ExportRequest<'_>) -> Result<ExportReport, ExportError> {
    let segment = recovery::segment_of(request.storage, 0)?.ok_or(ExportError::NoJournal);
    let head = head::read(request.storage).map_err(|source| recovery::io_error(head::NAME, source))?;
    let acknowledged = head.map(|head| head.next_sequence);
    let size = match (request.size, acknowledged) {
        (Some(asked), Some(size)) if asked > size => return Err(ExportError::TooFew { asked, size }),
        (Some(asked), _) => asked,
        (None, Some(size)) => size,
        (None, None) => return segment.and(Err(ExportError::UnknownHead)),
    };
    let journal = segment?.header.journal;
    let io = |source| ExportError::Io { path: request.folder.to_owned(), source };
    let folder = Folder::begin(request.folder).map_err(io)?;
    let mut writer = Writer::begin(&folder, size).map_err(io)?;
    let mut failure = None;
    if size > 0 {
        read_files(request.storage, 0, &mut |batch| match writer.batch(batch) {
            Ok(()) => writer.frontier.leaf_count() < size,
            Err(error) => {
                failure = Some(error);
                false
            }
        })?;
    }
    match failure {
        Some(WriteError::Batch(error)) => return Err(error.into()),
        Some(WriteError::Io(error)) => return Err(io(error)),
        None => {}
    }
    let written = writer.frontier.leaf_count();
    if written < size {
        return Err(match acknowledged {
            Some(acknowledged) => lost_tail(acknowledged, written).into(),
            None => ExportError::TooFew { asked: size, size: written },
        });
    }
    let checkpoint = Checkpoint { origin: request.origin.to_owned(), size, root: writer.frontier.root() };
    let note = (request.sign)(&checkpoint).map_err(ExportError::NotSigned)?;
    check_note(&note, &checkpoint, request.keys)?;
    let manifest = Manifest::of(&checkpoint, writer.time, journal);
    let time = writer.time;
    writer.end(&manifest, request.keys, &note).map_err(io)?;
    folder.finish().map_err(io)?;
    Ok(ExportReport { checkpoint, time, journal })
}

/// To a reader the end of the journal looks like a torn tail; the head file knows better.
fn lost_tail(acknowledged: u64, written: u64) -> JournalError {
    Damage {
        file: FOLDER.to_owned(),
        offset: 0,
        what: format!(
            "{acknowledged} records were acknowledged, but it can be read up to record {written} only"
        ),
        affected: format!("records {written} to {}", acknowledged - 1),
    }
    .into()
}

/// A note of another tree, or one that nobody can verify, would be found only by whoever receives the export.
fn check_note(note: &str, checkpoint: &Checkpoint, keys: &[VerifyingKey]) -> Result<(), ExportError> {
    let mut refused = "there is no key to verify it with".to_owned();
    for key in keys {
        match Checkpoint::open(note, key) {
            Ok(signed) if signed == *checkpoint => return Ok(()),
            Ok(signed) => refused = format!("it is of {} records with another root or origin", signed.size),
            Err(error) => refused = error.to_string(),
        }
    }
    Err(ExportError::OtherCheckpoint(refused))
}

enum WriteError {
    Batch(BatchError),
    Io(io::Error),
}

impl From<BatchError> for WriteError {
    fn from(error: BatchError) -> Self {
        Self::Batch(error)
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

struct Writer<'a> {
    folder: &'a Folder,
    size: u64,
    frontier: Frontier,
    tiles: Tiles,
    bundle: Vec<u8>,
    records: BufWriter<File>,
    records_sum: Sha256,
    time: Option<LedgerTime>,
}

impl<'a> Writer<'a> {
    fn begin(folder: &'a Folder, size: u64) -> io::Result<Self> {
        Ok(Self {
            folder,
            size,
            frontier: Frontier::default(),
            tiles: Tiles::default(),
            bundle: Vec::new(),
            records: folder.stream(layout::RECORDS)?,
            records_sum: Sha256::new(),
            time: None,
        })
    }

    fn batch(&mut self, batch: &StoredBatch) -> Result<(), WriteError> {
        for (sequence, (leaf, _)) in (batch.first_sequence()..self.size).zip(batch.encoded_records()) {
            self.record(sequence, leaf)?;
        }
        Ok(())
    }

    fn record(&mut self, sequence: u64, leaf: &[u8]) -> Result<(), WriteError> {
        let record =
            EncodedRecord::decode(leaf, &[]).map_err(|error| BatchError::Record { sequence, error })?;
        if record.sequence != sequence {
            let what = format!("record {} stands where {sequence} belongs", record.sequence);
            return Err(BatchError::Misplaced(what).into());
        }
        self.time = Some(record.time);
        let leaf_hash = Hash::of_leaf(leaf);
        let line = rendering::line(&record, &leaf_hash);
        self.records_sum.update(&line);
        self.records.write_all(&line)?;
        let len = u16::try_from(leaf.len()).map_err(io::Error::other)?;
        self.bundle.extend_from_slice(&len.to_be_bytes());
        self.bundle.extend_from_slice(leaf);
        self.frontier.append(leaf_hash, |_| {});
        let folder = self.folder;
        self.tiles.append(leaf_hash, &mut |name, bytes| folder.write(&name.path(), &bytes))?;
        if self.frontier.leaf_count().is_multiple_of(TILE_WIDTH) {
            self.end_bundle(TILE_WIDTH)?;
        }
        Ok(())
    }

    fn end_bundle(&mut self, width: u64) -> io::Result<()> {
        let index = (self.frontier.leaf_count() - 1) / TILE_WIDTH;
        self.folder.write(&TileName { level: None, index, width }.path(), &self.bundle)?;
        self.bundle.clear();
        Ok(())
    }

    fn end(mut self, manifest: &Manifest, keys: &[VerifyingKey], note: &str) -> io::Result<()> {
        if !self.bundle.is_empty() {
            self.end_bundle(self.frontier.leaf_count() % TILE_WIDTH)?;
        }
        for (name, bytes) in self.tiles.partial() {
            self.folder.write(&name.path(), &bytes)?;
        }
        end_stream(self.records)?;
        let keys: String = keys.iter().map(|key| format!("{key}\n")).collect();
        let manifest = manifest.to_json();
        let sums = [
            sum_line(&Hash::of(keys.as_bytes()), layout::KEYS),
            sum_line(&Hash::of(manifest.as_bytes()), layout::MANIFEST),
            sum_line(&Hash(self.records_sum.finalize().into()), layout::RECORDS),
        ];
        self.folder.write(layout::KEYS, keys.as_bytes())?;
        self.folder.write(layout::MANIFEST, manifest.as_bytes())?;
        self.folder.write(layout::SUMS, sums.concat().as_bytes())?;
        self.folder.write(layout::CHECKPOINT, note.as_bytes())
    }
}

/// A line as `sha256sum` writes it.
pub(crate) fn sum_line(hash: &Hash, name: &str) -> String {
    format!("{hash}  {name}\n")
}
