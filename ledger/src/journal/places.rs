//! Where in its segment the batch of each record begins: eight bytes a record, in one file. A hint for readers and
//! nothing more; a reader that finds it wrong or missing walks the segment.

use std::io;
use std::sync::Arc;

use crate::journal::KnownHead;
use crate::storage::{Storage, StorageFile};

pub(crate) const NAME: &str = "journal/places";
pub(crate) const PLACE_LEN: u64 = 8;

/// Bytes read at once while looking for the end.
const LOOK_LEN: u64 = 1 << 16;

/// How far the journal had come when a place was last noted. A place is noted once its batch is durable, so what is
/// noted was there; a file that a power cut has cut or filled with zeros only knows of less.
pub(crate) fn known_head(storage: &dyn Storage) -> io::Result<Option<KnownHead>> {
    let Some(file) = storage.open(NAME)? else { return Ok(None) };
    let mut end = file.byte_count()? / PLACE_LEN * PLACE_LEN;
    while end > 0 {
        let start = end.saturating_sub(LOOK_LEN);
        let mut bytes = vec![0; usize::try_from(end - start).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, start)?;
        let places = bytes.chunks_exact(PLACE_LEN as usize);
        if let Some(last) = places.clone().rposition(|place| place.iter().any(|byte| *byte != 0)) {
            let next_sequence = start / PLACE_LEN + last as u64 + 1;
            return Ok(Some(KnownHead { who: "the file of places".to_owned(), next_sequence }));
        }
        end = start;
    }
    Ok(None)
}

#[derive(Clone, Debug)]
pub(crate) struct Places {
    file: Arc<dyn StorageFile>,
}

impl Places {
    pub(crate) fn open(storage: &dyn Storage) -> io::Result<Self> {
        if let Some(file) = storage.open(NAME)? {
            return Ok(Self { file });
        }
        let unfinished = format!("{NAME}.unfinished");
        let file = storage.create(&unfinished)?;
        storage.publish(&unfinished, NAME)?;
        Ok(Self { file })
    }

    /// Notes that the batch of records `first_sequence..next_sequence` begins at `offset` of its segment. What cannot
    /// be noted costs a reader time and nobody anything else.
    pub(crate) fn note(&self, first_sequence: u64, next_sequence: u64, offset: u64) {
        let bytes: Vec<u8> = (first_sequence..next_sequence).flat_map(|_| offset.to_le_bytes()).collect();
        if let Err(error) = self.file.write_all_at(&bytes, first_sequence * PLACE_LEN) {
            tracing::debug!(%error, first_sequence, "The place of a record could not be noted.");
        }
    }

    /// Where the batch of this record begins, as far as is known.
    pub(crate) fn read(&self, sequence: u64) -> Option<u64> {
        let mut bytes = [0; PLACE_LEN as usize];
        self.file.read_exact_at(&mut bytes, sequence * PLACE_LEN).ok()?;
        Some(u64::from_le_bytes(bytes))
    }
}
