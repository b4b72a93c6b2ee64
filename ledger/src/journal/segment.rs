//! A segment: one file of the journal, as long as it will ever be from the start, its first page a header that ties
//! it to the segment before. `FORMAT.md` has the bytes.

use std::sync::Arc;

use crate::hash::Hash;
use crate::storage::StorageFile;

pub(crate) const SEGMENT_MAGIC: [u8; 8] = *b"MALIPOSG";
pub(crate) const SEGMENT_VERSION: u32 = 1;
pub(crate) const SEGMENT_HEADER_LEN: usize = 4096;
pub(crate) const FOLDER: &str = "journal";
/// The next segment, already zeroed and durable, before it has a number.
pub(crate) const SPARE: &str = "journal/spare";

/// What the first page of a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) journal: [u8; 16],
    pub(crate) number: u64,
    pub(crate) first_sequence: u64,
    pub(crate) previous: Hash,
    pub(crate) byte_count: u64,
}

impl SegmentHeader {
    pub(crate) fn to_bytes(self) -> [u8; SEGMENT_HEADER_LEN] {
        let mut bytes = [0; SEGMENT_HEADER_LEN];
        bytes[..8].copy_from_slice(&SEGMENT_MAGIC);
        bytes[12..16].copy_from_slice(&SEGMENT_VERSION.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.journal);
        bytes[32..40].copy_from_slice(&self.number.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.first_sequence.to_le_bytes());
        bytes[48..80].copy_from_slice(&self.previous.0);
        bytes[80..88].copy_from_slice(&self.byte_count.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes[12..]);
        bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a header; says in words what is wrong with it.
    pub(crate) fn from_bytes(bytes: &[u8; SEGMENT_HEADER_LEN]) -> Result<Self, String> {
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let half = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        if bytes[..8] != SEGMENT_MAGIC {
            return Err("it does not begin as a segment does".to_owned());
        }
        if crc32c::crc32c(&bytes[12..]) != half(8) {
            return Err("the checksum of its header is wrong".to_owned());
        }
        if half(12) != SEGMENT_VERSION {
            return Err(format!("it has format version {}, this program reads {SEGMENT_VERSION}", half(12)));
        }
        Ok(Self {
            journal: bytes[16..32].try_into().expect("sixteen bytes"),
            number: word(32),
            first_sequence: word(40),
            previous: Hash(bytes[48..80].try_into().expect("thirty-two bytes")),
            byte_count: word(80),
        })
    }
}

/// An open segment.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) header: SegmentHeader,
    pub(crate) file: Arc<dyn StorageFile>,
}

/// The name of the segment that begins with this sequence: names sort as sequences do.
pub(crate) fn segment_name(first_sequence: u64) -> String {
    format!("{FOLDER}/{first_sequence:020}.seg")
}
