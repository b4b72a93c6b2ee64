//! A batch: the records that one sync makes durable together. On disk it is a frame with a checksum, the place it
//! belongs to, and the hash of everything before it. `FORMAT.md` has the bytes.

use std::ops::Range;

use crate::hash::Hash;
use crate::record::{CodecError, EncodedRecord, RawRecord, Record, encode_leaf};

/// Sixteen random bytes that tell this batch from any other that wanted the same place.
pub type BatchId = [u8; 16];

pub(crate) const FRAME_MAGIC: [u8; 4] = *b"MPB1";
pub(crate) const FRAME_HEADER_LEN: usize = 88;
pub(crate) const FRAME_ALIGNMENT: usize = 8;
/// Two lengths before each record.
const RECORD_HEADER_LEN: usize = 8;
const CHAIN_PREFIX: u8 = 2;
/// No journal comes so far. A frame that claims to be beyond is none, and sequences below can be doubled and
/// multiplied by the length of a place without a thought.
const SEQUENCE_END_MAX: u64 = 1 << 56;

/// A batch on its way to the journal.
#[derive(Clone, Debug)]
pub struct Batch {
    id: BatchId,
    writer: u64,
    first_sequence: u64,
    previous: Hash,
    frame: Vec<u8>,
    record_count: u32,
    leaf_hashes: Vec<Hash>,
    chain_input: Vec<u8>,
}

/// Memory that a batch was in and the next one may be in. Large blocks go back to the system when they are freed, and are
/// zeroed page by page when they are given again.
#[derive(Debug, Default)]
pub(crate) struct BatchRoom {
    frame: Vec<u8>,
    leaf_hashes: Vec<Hash>,
    chain_input: Vec<u8>,
}

/// Why bytes are no batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// There is nothing but zeros, as in the part of a segment that has not been written.
    #[error("nothing was written here")]
    Nothing,
    /// The frame is incomplete or its checksum is wrong.
    #[error("the batch is torn or its checksum is wrong")]
    Checksum,
    /// The frame is whole and belongs elsewhere.
    #[error("the batch belongs to another place: {0}")]
    Misplaced(String),
    /// The batch does not follow what was read before it.
    #[error("the batch's link to what precedes it is wrong")]
    Unlinked,
    /// A record inside is none.
    #[error("record {sequence}: {error}")]
    Record {
        /// Its sequence.
        sequence: u64,
        /// What is wrong with it.
        error: CodecError,
    },
}

impl Batch {
    /// An empty batch that will begin with `first_sequence`, after everything that `previous` stands for.
    pub fn new(id: BatchId, writer: u64, first_sequence: u64, previous: Hash) -> Self {
        Self::new_in(BatchRoom::default(), id, writer, first_sequence, previous)
    }

    /// The same, in memory that an earlier batch was in.
    pub(crate) fn new_in(
        room: BatchRoom,
        id: BatchId,
        writer: u64,
        first_sequence: u64,
        previous: Hash,
    ) -> Self {
        let BatchRoom { mut frame, mut leaf_hashes, mut chain_input } = room;
        frame.clear();
        frame.resize(FRAME_HEADER_LEN, 0);
        leaf_hashes.clear();
        chain_input.clear();
        Self { id, writer, first_sequence, previous, frame, record_count: 0, leaf_hashes, chain_input }
    }

    /// The memory that the batch was in.
    pub(crate) fn into_room(self) -> BatchRoom {
        BatchRoom { frame: self.frame, leaf_hashes: self.leaf_hashes, chain_input: self.chain_input }
    }

    /// Adds a record whose event is already bytes. On refusal the batch is as before.
    pub fn push<E>(&mut self, record: &Record<E>, event: &[u8]) -> Result<(), CodecError> {
        assert_eq!(record.sequence, self.next_sequence(), "records of a batch follow each other");
        let start = self.frame.len();
        self.frame.extend_from_slice(&[0; RECORD_HEADER_LEN]);
        let leaf_start = self.frame.len();
        if let Err(error) = encode_leaf(record, event, &mut self.frame) {
            self.frame.truncate(start);
            return Err(error);
        }
        let leaf_len = self.frame.len() - leaf_start;
        let leaf_hash = Hash::of_leaf(&self.frame[leaf_start..]);
        let ciphertext = record.draft.sealed.as_ref().map_or(&[][..], |sealed| &sealed.ciphertext);
        self.frame.extend_from_slice(ciphertext);
        let lens = &mut self.frame[start..leaf_start];
        lens[..4].copy_from_slice(&len_bytes(leaf_len));
        lens[4..].copy_from_slice(&len_bytes(ciphertext.len()));
        self.chain_input.extend_from_slice(&leaf_hash.0);
        self.chain_input.extend_from_slice(&hash_of_sealed(ciphertext).0);
        self.leaf_hashes.push(leaf_hash);
        self.record_count += 1;
        Ok(())
    }

    /// True while no record has been added.
    pub fn is_empty(&self) -> bool {
        self.record_count == 0
    }

    /// The id.
    pub fn id(&self) -> BatchId {
        self.id
    }

    /// Sequence of the first record.
    pub fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    /// Sequence that the record after the last one will have.
    pub fn next_sequence(&self) -> u64 {
        self.first_sequence + u64::from(self.record_count)
    }

    /// Bytes that the frame has so far, without its padding.
    pub fn byte_count(&self) -> usize {
        self.frame.len()
    }

    /// Hashes of the leaves, in order.
    pub fn leaf_hashes(&self) -> &[Hash] {
        &self.leaf_hashes
    }

    /// What stands for everything up to the end of this batch.
    pub fn chain(&self) -> Hash {
        chain(&self.previous, self.first_sequence, self.record_count, &self.chain_input)
    }

    /// Writes the frame into `frame`, over what was there, as it stands at `offset` of its file.
    pub(crate) fn write_frame(&self, offset: u64, frame: &mut Vec<u8>) {
        frame.clear();
        frame.extend_from_slice(&self.frame);
        frame.resize(frame.len().next_multiple_of(FRAME_ALIGNMENT), 0);
        let len = frame.len();
        frame[..4].copy_from_slice(&FRAME_MAGIC);
        frame[8..12].copy_from_slice(&len_bytes(len));
        frame[12..16].copy_from_slice(&self.record_count.to_le_bytes());
        frame[16..24].copy_from_slice(&self.first_sequence.to_le_bytes());
        frame[24..32].copy_from_slice(&offset.to_le_bytes());
        frame[32..48].copy_from_slice(&self.id);
        frame[48..56].copy_from_slice(&self.writer.to_le_bytes());
        frame[56..88].copy_from_slice(&self.previous.0);
        let checksum = crc32c::crc32c(&frame[8..]);
        frame[4..8].copy_from_slice(&checksum.to_le_bytes());
    }
}

fn len_bytes(len: usize) -> [u8; 4] {
    u32::try_from(len).expect("batches are bounded far below four gigabytes").to_le_bytes()
}

fn hash_of_sealed(ciphertext: &[u8]) -> Hash {
    if ciphertext.is_empty() { Hash::ZERO } else { Hash::of(ciphertext) }
}

fn chain(previous: &Hash, first_sequence: u64, record_count: u32, hashes: &[u8]) -> Hash {
    Hash::of_parts(&[
        &[CHAIN_PREFIX],
        &previous.0,
        &first_sequence.to_le_bytes(),
        &record_count.to_le_bytes(),
        hashes,
    ])
}

/// A batch as the journal gives it back: its checksum is right, its records have not been looked at.
#[derive(Clone, Debug)]
pub struct StoredBatch {
    frame: Vec<u8>,
    records: Vec<RecordRange>,
}

#[derive(Clone, Debug)]
struct RecordRange {
    leaf: Range<usize>,
    sealed: Range<usize>,
}

/// A batch whose link to what precedes it has been checked, with the hashes that this took.
#[derive(Clone, Debug)]
pub struct HashedBatch {
    /// Hashes of the leaves, in order.
    pub leaf_hashes: Vec<Hash>,
    /// What stands for everything up to the end of this batch.
    pub chain: Hash,
}

impl StoredBatch {
    /// Reads the length of the frame whose header this is, without judging anything else.
    pub(crate) fn frame_len(header: &[u8; FRAME_HEADER_LEN]) -> Result<usize, BatchError> {
        if header.iter().all(|byte| *byte == 0) {
            return Err(BatchError::Nothing);
        }
        let len = u32::from_le_bytes(header[8..12].try_into().expect("four bytes")) as usize;
        let is_plausible = header[..4] == FRAME_MAGIC
            && len >= FRAME_HEADER_LEN + RECORD_HEADER_LEN
            && len.is_multiple_of(FRAME_ALIGNMENT);
        if is_plausible { Ok(len) } else { Err(BatchError::Checksum) }
    }

    /// Reads a frame, checksum first.
    pub(crate) fn from_frame(frame: Vec<u8>) -> Result<Self, BatchError> {
        let header = frame.first_chunk().ok_or(BatchError::Checksum)?;
        if Self::frame_len(header)? != frame.len() {
            return Err(BatchError::Checksum);
        }
        let checksum = u32::from_le_bytes(frame[4..8].try_into().expect("four bytes"));
        if crc32c::crc32c(&frame[8..]) != checksum {
            return Err(BatchError::Checksum);
        }
        let record_count = u32::from_le_bytes(frame[12..16].try_into().expect("four bytes"));
        let mut records = Vec::new();
        let mut offset = FRAME_HEADER_LEN;
        for _ in 0..record_count {
            let lens = frame.get(offset..offset + RECORD_HEADER_LEN).ok_or(BatchError::Checksum)?;
            let len_at =
                |at: usize| u32::from_le_bytes(lens[at..at + 4].try_into().expect("four bytes")) as usize;
            let leaf = offset + RECORD_HEADER_LEN..offset + RECORD_HEADER_LEN + len_at(0);
            let sealed = leaf.end..leaf.end + len_at(4);
            if sealed.end > frame.len() {
                return Err(BatchError::Checksum);
            }
            offset = sealed.end;
            records.push(RecordRange { leaf, sealed });
        }
        let batch = Self { frame, records };
        if batch.first_sequence() > SEQUENCE_END_MAX {
            let found = batch.first_sequence();
            return Err(BatchError::Misplaced(format!(
                "it begins with record {found}, and no journal comes so far"
            )));
        }
        Ok(batch)
    }

    /// The id.
    pub fn id(&self) -> BatchId {
        self.frame[32..48].try_into().expect("sixteen bytes")
    }

    /// Which process wrote it.
    pub fn writer(&self) -> u64 {
        u64::from_le_bytes(self.frame[48..56].try_into().expect("eight bytes"))
    }

    /// Sequence of the first record.
    pub fn first_sequence(&self) -> u64 {
        u64::from_le_bytes(self.frame[16..24].try_into().expect("eight bytes"))
    }

    /// Sequence that follows the last record.
    pub fn next_sequence(&self) -> u64 {
        self.first_sequence() + self.records.len() as u64
    }

    /// Where in its file the frame says it stands.
    pub(crate) fn offset(&self) -> u64 {
        u64::from_le_bytes(self.frame[24..32].try_into().expect("eight bytes"))
    }

    /// What the frame says stands for everything before it.
    pub fn previous(&self) -> Hash {
        Hash(self.frame[56..88].try_into().expect("thirty-two bytes"))
    }

    /// The bytes on disk.
    pub(crate) fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// Length of the frame in bytes.
    pub(crate) fn byte_count(&self) -> u64 {
        self.frame.len() as u64
    }

    /// What follows the last record, up to the alignment of frames.
    pub(crate) fn padding(&self) -> &[u8] {
        let end = self.records.last().map_or(FRAME_HEADER_LEN, |range| range.sealed.end);
        &self.frame[end..]
    }

    /// The records as bytes: leaf and ciphertext.
    pub fn encoded_records(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.records.iter().map(|range| (&self.frame[range.leaf.clone()], &self.frame[range.sealed.clone()]))
    }

    /// The records.
    pub fn records(&self) -> impl Iterator<Item = Result<RawRecord, BatchError>> {
        (self.first_sequence()..).zip(self.encoded_records()).map(|(sequence, (leaf, sealed))| {
            let error = |error| BatchError::Record { sequence, error };
            let record = EncodedRecord::decode(leaf, sealed).map_err(error)?;
            if record.sequence == sequence {
                Ok(record)
            } else {
                Err(BatchError::Misplaced(format!(
                    "record {} stands where {sequence} belongs",
                    record.sequence
                )))
            }
        })
    }

    /// Hashes the batch, having checked that it follows `previous` and begins with `first_sequence`.
    pub fn follow(&self, first_sequence: u64, previous: &Hash) -> Result<HashedBatch, BatchError> {
        if self.first_sequence() != first_sequence {
            let found = self.first_sequence();
            return Err(BatchError::Misplaced(format!(
                "it begins with record {found}, not {first_sequence}"
            )));
        }
        if self.previous() != *previous {
            return Err(BatchError::Unlinked);
        }
        let mut leaf_hashes = Vec::with_capacity(self.records.len());
        let mut chain_input = Vec::with_capacity(self.records.len() * 64);
        for (leaf, sealed) in self.encoded_records() {
            let leaf_hash = Hash::of_leaf(leaf);
            chain_input.extend_from_slice(&leaf_hash.0);
            chain_input.extend_from_slice(&hash_of_sealed(sealed).0);
            leaf_hashes.push(leaf_hash);
        }
        let record_count = u32::try_from(self.records.len()).expect("read from four bytes");
        let chain = chain(previous, first_sequence, record_count, &chain_input);
        Ok(HashedBatch { leaf_hashes, chain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Draft, LedgerTime};

    #[test]
    fn a_frame_beyond_every_journal_is_refused() {
        let frame_at = |sequence| {
            let mut batch = Batch::new([1; 16], 2, sequence, Hash::ZERO);
            let draft = Draft::of((), "tester", "cause");
            batch.push(&Record { sequence, writer: 2, time: LedgerTime::default(), draft }, b"").unwrap();
            let mut frame = Vec::new();
            batch.write_frame(0, &mut frame);
            StoredBatch::from_frame(frame)
        };
        assert_eq!(frame_at(SEQUENCE_END_MAX).unwrap().next_sequence(), SEQUENCE_END_MAX + 1);
        assert!(matches!(frame_at(SEQUENCE_END_MAX + 1), Err(BatchError::Misplaced(_))));
    }
}
