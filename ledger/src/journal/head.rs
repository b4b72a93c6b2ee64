//! The head file: how far the journal was acknowledged. It is written after every sync and is what tells a torn tail,
//! which nobody was told about, from a tail that somebody was told about and that has gone.
//!
//! Two slots are written in turn, so that a torn write leaves the other one. The file is synced once at creation and
//! then left to the kernel: it survives the death of the process always, and a power cut mostly.

use std::io;
use std::sync::Arc;

use crate::hash::Hash;
use crate::storage::{Storage, StorageFile, write_whole};

pub(crate) const NAME: &str = "journal/head";
const SLOT_MAGIC: [u8; 4] = *b"MPH1";
pub(crate) const SLOT_LEN: usize = 512;
pub(crate) const SLOT_USED_LEN: usize = 72;

/// The open head file.
#[derive(Debug)]
pub(crate) struct HeadFile {
    file: Arc<dyn StorageFile>,
    written_count: u64,
}

/// What the head file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) journal: [u8; 16],
    pub(crate) next_sequence: u64,
    pub(crate) chain: Hash,
}

impl HeadFile {
    /// Opens the head file and reads it; makes it where there is none. A file with no readable slot reads as none.
    pub(crate) fn open(storage: &dyn Storage) -> io::Result<(Self, Option<Head>)> {
        let file = match storage.open(NAME)? {
            Some(file) if file.byte_count()? == 2 * SLOT_LEN as u64 => file,
            _ => {
                write_whole(storage, NAME, &[0; 2 * SLOT_LEN])?;
                storage.open(NAME)?.ok_or_else(|| io::Error::other("the head file has gone"))?
            }
        };
        let latest =
            read_slots(&*file)?.into_iter().filter_map(|slot| slot.written).max_by_key(|(count, _)| *count);
        let written_count = latest.map_or(0, |(count, _)| count);
        Ok((Self { file, written_count }, latest.map(|(_, head)| head)))
    }

    /// Notes how far the journal is durable.
    pub(crate) fn write(&mut self, head: &Head) -> io::Result<()> {
        self.written_count += 1;
        let mut slot = [0; SLOT_USED_LEN];
        slot[..4].copy_from_slice(&SLOT_MAGIC);
        slot[8..16].copy_from_slice(&self.written_count.to_le_bytes());
        slot[16..32].copy_from_slice(&head.journal);
        slot[32..40].copy_from_slice(&head.next_sequence.to_le_bytes());
        slot[40..72].copy_from_slice(&head.chain.0);
        let checksum = crc32c::crc32c(&slot[8..]);
        slot[4..8].copy_from_slice(&checksum.to_le_bytes());
        self.file.write_all_at(&slot, (self.written_count % 2) * SLOT_LEN as u64)
    }
}

/// One of the two slots as it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct HeadSlot {
    pub(crate) bytes: [u8; SLOT_LEN],
    /// How often the file had been written by then, and what it says; nothing if the slot does not verify.
    pub(crate) written: Option<(u64, Head)>,
}

/// What stands in both slots.
pub(crate) fn read_slots(file: &dyn StorageFile) -> io::Result<[HeadSlot; 2]> {
    // One read for both: beside a writer they should be of one moment as far as possible.
    let mut bytes = [0; 2 * SLOT_LEN];
    file.read_exact_at(&mut bytes, 0)?;
    let slot = |from: usize| {
        let bytes: [u8; SLOT_LEN] = bytes[from..from + SLOT_LEN].try_into().expect("the file has two slots");
        HeadSlot { bytes, written: read_slot(&bytes) }
    };
    Ok([slot(0), slot(SLOT_LEN)])
}

/// What the head file says, read beside its writer or when there is none. No file reads as nothing, as does a file
/// with no readable slot.
pub(crate) fn read(storage: &dyn Storage) -> io::Result<Option<Head>> {
    let Some(file) = storage.open(NAME)? else { return Ok(None) };
    let slots = read_slots(&*file)?;
    Ok(slots
        .into_iter()
        .filter_map(|slot| slot.written)
        .max_by_key(|(count, _)| *count)
        .map(|(_, head)| head))
}

fn read_slot(bytes: &[u8; SLOT_LEN]) -> Option<(u64, Head)> {
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let checksum = u32::from_le_bytes(bytes[4..8].try_into().expect("four bytes"));
    if bytes[..4] != SLOT_MAGIC || crc32c::crc32c(&bytes[8..SLOT_USED_LEN]) != checksum {
        return None;
    }
    let head = Head {
        journal: bytes[16..32].try_into().expect("sixteen bytes"),
        next_sequence: word(32),
        chain: Hash(bytes[40..72].try_into().expect("thirty-two bytes")),
    };
    Some((word(8), head))
}
