//! A run: keys and values sorted by key in one immutable file, in blocks with a checksum each, with the first key of
//! every block and a filter over all keys held in memory. A look-up that the filter lets through reads one block.
//! `FORMAT.md` has the bytes.

use std::fmt;
use std::io;
use std::sync::Arc;

use xorf::{BinaryFuse8, Descriptor, DmaSerializable, Filter};

use crate::record::ShortKey;
use crate::storage::{Storage, StorageFile};

const MAGIC: [u8; 8] = *b"MALIPORN";
const VERSION: u32 = 1;
const BLOCK_LEN: usize = 4096;
const FOOTER_LEN: usize = 64;
const KEY_LEN: usize = 16;
/// Bytes written at once while a run is made.
const WRITE_LEN: usize = 1 << 20;

/// The name of a run: what it is of and which records it covers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RunName {
    /// The table.
    pub table: String,
    /// The first record that it covers.
    pub first_sequence: u64,
    /// The record after the last one that it covers.
    pub end_sequence: u64,
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "runs/{}-{:020}-{:020}.run", self.table, self.first_sequence, self.end_sequence)
    }
}

impl RunName {
    /// What the footer says of the name, so that a run under another's name is found out: of a key that several runs
    /// have, the newest run holds, and which is the newest is a matter of names.
    fn footer_bytes(&self) -> [u8; 20] {
        let mut bytes = [0; 20];
        bytes[..8].copy_from_slice(&self.first_sequence.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.end_sequence.to_le_bytes());
        bytes[16..].copy_from_slice(&crc32c::crc32c(self.table.as_bytes()).to_le_bytes());
        bytes
    }
}

/// An open run.
pub struct Run {
    name: RunName,
    file: Arc<dyn StorageFile>,
    key_count: u64,
    blocks: Vec<BlockStart>,
    data_end: u64,
    filter: BinaryFuse8,
}

#[derive(Clone, Copy)]
struct BlockStart {
    first_key: ShortKey,
    offset: u64,
}

/// A run could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {what}")]
pub struct RunError {
    name: String,
    what: String,
    /// What was written is not there any more.
    is_damage: bool,
}

impl RunError {
    /// The file that is damaged, if that is what is wrong: missing, other bytes than were written, or a block that cannot be
    /// read twice. That a file cannot be opened or written says nothing of it.
    pub(crate) fn damaged_file(&self) -> Option<&str> {
        self.is_damage.then_some(&self.name)
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("name", &self.name).field("key_count", &self.key_count).finish()
    }
}

impl Run {
    /// Opens a run: reads its filter and the first key of every block, not the blocks.
    pub(crate) fn open(storage: &dyn Storage, name: RunName) -> Result<Self, RunError> {
        let fail = |what: String| RunError { name: name.to_string(), what, is_damage: true };
        let io = |error: io::Error| unreadable(&name, &error);
        let file = storage
            .open(&name.to_string())
            .map_err(io)?
            .ok_or_else(|| fail("the file is missing".to_owned()))?;
        let len = file.byte_count().map_err(io)?;
        let footer_offset =
            len.checked_sub(FOOTER_LEN as u64).ok_or_else(|| fail("the file is too short".to_owned()))?;
        let mut footer = [0; FOOTER_LEN];
        file.read_exact_at(&mut footer, footer_offset).map_err(io)?;
        let word = |at: usize| u64::from_le_bytes(footer[at..at + 8].try_into().expect("eight bytes"));
        let half = |at: usize| u32::from_le_bytes(footer[at..at + 4].try_into().expect("four bytes"));
        if footer[..8] != MAGIC || half(8) != VERSION || half(60) != crc32c::crc32c(&footer[..60]) {
            return Err(fail("the footer is not that of a run".to_owned()));
        }
        if footer[40..60] != name.footer_bytes() {
            return Err(fail("it is the run of another name".to_owned()));
        }
        let (key_count, data_end, filter_offset) = (word(16), word(24), word(32));
        let index_len =
            footer_offset.checked_sub(data_end).ok_or_else(|| fail("the index is missing".to_owned()))?;
        let mut index = vec![0; usize::try_from(index_len).map_err(|error| fail(error.to_string()))?];
        file.read_exact_at(&mut index, data_end).map_err(io)?;
        if crc32c::crc32c(&index) != half(12) {
            return Err(fail("the checksum of its index is wrong".to_owned()));
        }
        let filter_start = filter_offset.checked_sub(data_end).and_then(|at| usize::try_from(at).ok());
        let (starts, filter) = filter_start
            .and_then(|at| index.split_at_checked(at))
            .ok_or_else(|| fail("the filter is missing".to_owned()))?;
        let blocks: Vec<_> = starts.chunks_exact(KEY_LEN + 8).map(BlockStart::read).collect();
        let ends = blocks.iter().skip(1).map(|block| block.offset).chain([data_end]);
        let has_room =
            |(block, end): (&BlockStart, u64)| block.offset.checked_add(4).is_some_and(|least| least <= end);
        if !blocks.iter().zip(ends).all(has_room) {
            return Err(fail("its blocks do not follow each other".to_owned()));
        }
        let (descriptor, fingerprints) = filter
            .split_at_checked(BinaryFuse8::DESCRIPTOR_LEN)
            .ok_or_else(|| fail("the filter is missing".to_owned()))?;
        let word = |at: usize| u32::from_le_bytes(descriptor[at..at + 4].try_into().expect("four bytes"));
        let descriptor = Descriptor {
            seed: u64::from_le_bytes(descriptor[..8].try_into().expect("eight bytes")),
            segment_length: word(8),
            segment_length_mask: word(12),
            segment_count_length: word(16),
        };
        let filter = BinaryFuse8 { descriptor, fingerprints: fingerprints.into() };
        Ok(Self { name, file, key_count, blocks, data_end, filter })
    }

    /// What the run is of and covers.
    pub fn name(&self) -> &RunName {
        &self.name
    }

    /// How many keys it has.
    pub fn key_count(&self) -> u64 {
        self.key_count
    }

    /// The value under `key`, if the run has one.
    pub(crate) fn get(&self, key: &ShortKey) -> Result<Option<Vec<u8>>, RunError> {
        if !self.filter.contains(&filter_key(key)) {
            return Ok(None);
        }
        let Some(block) = self.blocks.partition_point(|block| block.first_key <= *key).checked_sub(1) else {
            return Ok(None);
        };
        let bytes = self.read_block(block)?;
        Ok(Entries { bytes: &bytes }.find(|(found, _)| found == key).map(|(_, value)| value.to_vec()))
    }

    pub(crate) fn value_error(&self, key: &ShortKey) -> RunError {
        self.damage(format!("the value under {key:?} has no meaning"))
    }

    fn read_block(&self, block: usize) -> Result<Vec<u8>, RunError> {
        let start = self.blocks[block].offset;
        let end = self.blocks.get(block + 1).map_or(self.data_end, |next| next.offset);
        let len = usize::try_from(end - start).map_err(|error| self.damage(error.to_string()))?;
        let mut bytes = vec![0; len];
        // What cannot be read twice is as lost as what reads wrong, and can be made again from the journal.
        let read = self.file.read_exact_at(&mut bytes, start);
        read.or_else(|_| self.file.read_exact_at(&mut bytes, start))
            .map_err(|error| self.damage(format!("the block at byte {start} cannot be read: {error}")))?;
        let checksum = bytes.split_off(len - 4);
        if crc32c::crc32c(&bytes).to_le_bytes() != checksum[..] {
            return Err(self.damage(format!("the checksum of the block at byte {start} is wrong")));
        }
        Ok(bytes)
    }

    fn damage(&self, what: String) -> RunError {
        RunError { name: self.name.to_string(), what, is_damage: true }
    }
}

/// What the disk said, which is no word about the bytes.
fn unreadable(name: &RunName, error: &dyn fmt::Display) -> RunError {
    RunError { name: name.to_string(), what: error.to_string(), is_damage: false }
}

impl BlockStart {
    fn read(bytes: &[u8]) -> Self {
        let (key, offset) = bytes.split_at(KEY_LEN);
        Self {
            first_key: ShortKey(key.try_into().expect("sixteen bytes")),
            offset: u64::from_le_bytes(offset.try_into().expect("eight bytes")),
        }
    }
}

/// The filter takes words: a key folds into one.
fn filter_key(key: &ShortKey) -> u64 {
    let (high, low) = key.0.split_at(8);
    let word = |half: &[u8]| u64::from_le_bytes(half.try_into().expect("eight bytes"));
    word(high) ^ word(low).rotate_left(32)
}

struct Entries<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = (ShortKey, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.bytes.split_at_checked(KEY_LEN + 4)?;
        let (key, len) = header.split_at(KEY_LEN);
        let len = u32::from_le_bytes(len.try_into().expect("four bytes")) as usize;
        let (value, rest) = rest.split_at_checked(len)?;
        self.bytes = rest;
        Some((ShortKey(key.try_into().expect("sixteen bytes")), value))
    }
}

/// Writes a run from entries in ascending order of their keys, each key once, and opens it.
pub(crate) fn write_run(
    storage: &dyn Storage,
    name: RunName,
    entries: impl Iterator<Item = Result<(ShortKey, Vec<u8>), RunError>>,
) -> Result<Run, RunError> {
    let io = |error: io::Error| unreadable(&name, &error);
    let unfinished = format!("{name}.unfinished");
    let file = storage.create(&unfinished).map_err(io)?;
    let mut writer =
        Writer { file: &*file, written: 0, pending: Vec::new(), block: Vec::new(), starts: Vec::new() };
    let mut filter_keys = Vec::new();
    let mut key_count = 0_u64;
    for entry in entries {
        let (key, value) = entry?;
        writer.entry(&key, &value).map_err(io)?;
        filter_keys.push(filter_key(&key));
        key_count += 1;
    }
    let data_end = writer.end_of_data().map_err(io)?;
    let starts = writer.starts;
    filter_keys.sort_unstable();
    filter_keys.dedup();
    let filter = BinaryFuse8::try_from(&filter_keys).map_err(|error| unreadable(&name, &error))?;
    let mut descriptor = vec![0; BinaryFuse8::DESCRIPTOR_LEN];
    filter.dma_copy_descriptor_to(&mut descriptor);
    let filter_offset = data_end + starts.len() as u64;
    let index = [&starts[..], &descriptor, filter.dma_fingerprints()].concat();
    let mut footer = [0; FOOTER_LEN];
    footer[..8].copy_from_slice(&MAGIC);
    footer[8..12].copy_from_slice(&VERSION.to_le_bytes());
    footer[12..16].copy_from_slice(&crc32c::crc32c(&index).to_le_bytes());
    footer[16..24].copy_from_slice(&key_count.to_le_bytes());
    footer[24..32].copy_from_slice(&data_end.to_le_bytes());
    footer[32..40].copy_from_slice(&filter_offset.to_le_bytes());
    footer[40..60].copy_from_slice(&name.footer_bytes());
    let checksum = crc32c::crc32c(&footer[..60]);
    footer[60..].copy_from_slice(&checksum.to_le_bytes());
    file.write_all_at(&[&index[..], &footer].concat(), data_end).map_err(io)?;
    file.sync().map_err(io)?;
    storage.publish(&unfinished, &name.to_string()).map_err(io)?;
    Run::open(storage, name)
}

struct Writer<'a> {
    file: &'a dyn StorageFile,
    written: u64,
    pending: Vec<u8>,
    block: Vec<u8>,
    starts: Vec<u8>,
}

impl Writer<'_> {
    fn entry(&mut self, key: &ShortKey, value: &[u8]) -> io::Result<()> {
        if !self.block.is_empty() && self.block.len() + KEY_LEN + 4 + value.len() > BLOCK_LEN {
            self.end_block()?;
        }
        if self.block.is_empty() {
            self.starts.extend_from_slice(&key.0);
            let offset = self.written + self.pending.len() as u64;
            self.starts.extend_from_slice(&offset.to_le_bytes());
        }
        let len = u32::try_from(value.len()).map_err(io::Error::other)?;
        self.block.extend_from_slice(&key.0);
        self.block.extend_from_slice(&len.to_le_bytes());
        self.block.extend_from_slice(value);
        Ok(())
    }

    fn end_block(&mut self) -> io::Result<()> {
        let checksum = crc32c::crc32c(&self.block);
        self.pending.append(&mut self.block);
        self.pending.extend_from_slice(&checksum.to_le_bytes());
        if self.pending.len() >= WRITE_LEN { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all_at(&self.pending, self.written)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    fn end_of_data(&mut self) -> io::Result<u64> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        self.flush()?;
        Ok(self.written)
    }
}

/// Writes one run that stands for all of `runs` (oldest first): of a key that several have, the newest value.
pub(crate) fn merge_runs(storage: &dyn Storage, name: RunName, runs: &[Arc<Run>]) -> Result<Run, RunError> {
    write_run(storage, name, merged_entries(runs)?)
}

/// All keys of `runs` (oldest first) in ascending order; of a key that several have, the newest value.
pub(crate) fn merged_entries(
    runs: &[Arc<Run>],
) -> Result<impl Iterator<Item = Result<(ShortKey, Vec<u8>), RunError>>, RunError> {
    let mut cursors = runs.iter().map(|run| Cursor::new(run)).collect::<Result<Vec<_>, _>>()?;
    Ok(std::iter::from_fn(move || {
        let key = cursors.iter().filter_map(Cursor::key).min()?;
        let mut newest = None;
        for cursor in cursors.iter_mut().filter(|cursor| cursor.key() == Some(key)) {
            match cursor.take() {
                Ok(value) => newest = Some(value),
                Err(error) => return Some(Err(error)),
            }
        }
        newest.map(|value| Ok((key, value)))
    }))
}

/// Walks through a run, one block in memory at a time.
struct Cursor<'a> {
    run: &'a Run,
    next_block: usize,
    entries: std::vec::IntoIter<(ShortKey, Vec<u8>)>,
    current: Option<(ShortKey, Vec<u8>)>,
}

impl<'a> Cursor<'a> {
    fn new(run: &'a Run) -> Result<Self, RunError> {
        let mut cursor = Self { run, next_block: 0, entries: Vec::new().into_iter(), current: None };
        cursor.advance()?;
        Ok(cursor)
    }

    fn key(&self) -> Option<ShortKey> {
        self.current.as_ref().map(|(key, _)| *key)
    }

    fn take(&mut self) -> Result<Vec<u8>, RunError> {
        let (_, value) = self.current.take().expect("only a cursor that has a key is taken from");
        self.advance()?;
        Ok(value)
    }

    fn advance(&mut self) -> Result<(), RunError> {
        self.current = self.entries.next();
        if self.current.is_none() && self.next_block < self.run.blocks.len() {
            let bytes = self.run.read_block(self.next_block)?;
            let entries: Vec<_> =
                Entries { bytes: &bytes }.map(|(key, value)| (key, value.to_vec())).collect();
            self.next_block += 1;
            self.entries = entries.into_iter();
            self.current = self.entries.next();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::faulty::FaultyStorage;

    fn name(end_sequence: u64) -> RunName {
        RunName { table: "claims".to_owned(), first_sequence: 0, end_sequence }
    }

    fn key(number: u64) -> ShortKey {
        ShortKey::of(&number.to_string())
    }

    fn run_of(
        storage: &FaultyStorage,
        end_sequence: u64,
        numbers: impl Iterator<Item = u64>,
        value: &str,
    ) -> Arc<Run> {
        let mut entries: Vec<_> =
            numbers.map(|number| (key(number), format!("{value} {number}").into_bytes())).collect();
        entries.sort();
        let run = write_run(storage, name(end_sequence), entries.into_iter().map(Ok)).unwrap();
        Arc::new(run)
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let storage = FaultyStorage::default();
        let run = run_of(&storage, 5000, (0..10_000).step_by(2), "value");
        let reopened = Run::open(&storage, name(5000)).unwrap();
        for number in 0..10_000 {
            let expected = (number % 2 == 0).then(|| format!("value {number}").into_bytes());
            assert_eq!(run.get(&key(number)).unwrap(), expected);
            assert_eq!(reopened.get(&key(number)).unwrap(), expected);
        }
        assert_eq!(reopened.key_count(), 5000);
    }

    #[test]
    fn a_merged_run_has_the_newest_value_of_every_key() {
        let storage = FaultyStorage::default();
        let old = run_of(&storage, 1, 0..3000, "old");
        let new = run_of(&storage, 2, 2000..4000, "new");
        let merged = merge_runs(&storage, name(3), &[old, new]).unwrap();
        assert_eq!(merged.key_count(), 4000);
        for number in 0..4000 {
            let age = if number < 2000 { "old" } else { "new" };
            assert_eq!(merged.get(&key(number)).unwrap(), Some(format!("{age} {number}").into_bytes()));
        }
    }

    #[test]
    fn a_run_without_keys_holds_nothing() {
        let storage = FaultyStorage::default();
        let run = run_of(&storage, 1, 0..0, "none");
        assert_eq!(run.get(&key(1)).unwrap(), None);
    }

    #[test]
    fn a_run_under_another_name_is_refused() {
        let storage = FaultyStorage::default();
        drop(run_of(&storage, 300, 0..300, "value"));
        let bytes = storage.read(&name(300).to_string());
        let others = [
            name(301),
            RunName { first_sequence: 1, ..name(300) },
            RunName { table: "archive".to_owned(), ..name(300) },
        ];
        for other in others {
            storage.create(&other.to_string()).unwrap().write_all_at(&bytes, 0).unwrap();
            let refused = Run::open(&storage, other).unwrap_err();
            assert!(refused.to_string().contains("another name"), "{refused}");
        }
    }

    #[test]
    fn a_footer_that_lies_is_an_error_and_not_a_panic() {
        let storage = FaultyStorage::default();
        drop(run_of(&storage, 300, 0..300, "value"));
        let name = name(300).to_string();
        let honest = storage.read(&name);
        let footer = honest.len() - FOOTER_LEN;
        for (at, lie) in [(24, 0), (24, u64::MAX), (24, 5), (32, 0), (32, u64::MAX), (32, footer as u64)] {
            let mut bytes = honest.clone();
            bytes[footer + at..footer + at + 8].copy_from_slice(&u64::to_le_bytes(lie));
            let data_end = u64::from_le_bytes(bytes[footer + 24..footer + 32].try_into().unwrap());
            if let Some(index) = usize::try_from(data_end).ok().and_then(|end| honest.get(end..footer)) {
                bytes[footer + 12..footer + 16].copy_from_slice(&crc32c::crc32c(index).to_le_bytes());
            }
            let checksum = crc32c::crc32c(&bytes[footer..footer + 60]);
            bytes[footer + 60..].copy_from_slice(&checksum.to_le_bytes());
            storage.create(&name).unwrap().write_all_at(&bytes, 0).unwrap();
            assert!(Run::open(&storage, super::tests::name(300)).is_err(), "{lie} at {at}");
        }
    }

    #[test]
    fn a_flipped_byte_is_an_error_and_never_another_answer() {
        let storage = FaultyStorage::default();
        let numbers = 0..300;
        drop(run_of(&storage, 300, numbers.clone(), "value"));
        let len = storage.read(&name(300).to_string()).len();
        for offset in (0..len).step_by(97) {
            storage.flip_byte(&name(300).to_string(), offset);
            if let Ok(run) = Run::open(&storage, name(300)) {
                for number in numbers.clone() {
                    if let Ok(found) = run.get(&key(number)) {
                        assert_eq!(found, Some(format!("value {number}").into_bytes()), "byte {offset}");
                    }
                }
            }
            storage.flip_byte(&name(300).to_string(), offset);
        }
    }
}
