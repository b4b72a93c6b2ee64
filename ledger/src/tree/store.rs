//! The file of stored hashes: every node of the tree that will not change any more, 32 bytes each, in the order in
//! which they became known. It follows from the journal and is rebuilt from it when it is not as it should be, so
//! it is never synced on the way of a payment.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::hash::Hash;
use crate::storage::{Storage, StorageFile};
use crate::tree::{Frontier, consistency_proof, inclusion_proof, stored_count, stored_index};

pub(crate) const NAME: &str = "tree/hashes";
pub(crate) const HASH_LEN: u64 = 32;

/// The stored hashes. Cheap to clone; any number of readers beside the one writer.
#[derive(Clone, Debug)]
pub struct HashStore {
    file: Arc<dyn StorageFile>,
    backlog: Arc<Mutex<Backlog>>,
}

/// Hashes that the disk had no room for. It stays small by itself: without room there are no new journal segments.
#[derive(Debug, Default)]
struct Backlog {
    first_index: u64,
    hashes: Vec<Hash>,
}

/// The file of stored hashes could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{NAME} at hash {index}: {source}")]
pub struct HashStoreError {
    index: u64,
    source: io::Error,
}

impl HashStore {
    /// Opens the file, or makes an empty one.
    pub fn open(storage: &dyn Storage) -> io::Result<Self> {
        if let Some(file) = storage.open(NAME)? {
            return Ok(Self { file, backlog: Arc::default() });
        }
        let unfinished = format!("{NAME}.unfinished");
        let file = storage.create(&unfinished)?;
        storage.publish(&unfinished, NAME)?;
        Ok(Self { file, backlog: Arc::default() })
    }

    /// True if the file holds every hash of this frontier's tree that the frontier itself needs. Whoever finds false
    /// walks the journal and writes them again.
    pub fn agrees_with(&self, frontier: &Frontier) -> bool {
        let mut start = 0;
        let mut peaks = frontier.peaks().iter();
        for level in (0..u64::BITS).rev().filter(|level| frontier.leaf_count() >> level & 1 == 1) {
            let peak = peaks.next();
            if self.read(stored_index(level, start >> level)).ok().as_ref() != peak {
                return false;
            }
            start += 1 << level;
        }
        true
    }

    /// Writes hashes that became known, the first of them by leaf number `leaf_count` (from 0). What cannot be written
    /// is kept in memory and tried again with the next hashes: a payment never fails for the sake of this file.
    pub fn write(&self, leaf_count: u64, hashes: &[Hash]) {
        let mut backlog = self.backlog.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = backlog.hashes.is_empty();
        if was_empty {
            backlog.first_index = stored_count(leaf_count);
        }
        backlog.hashes.extend_from_slice(hashes);
        let bytes: Vec<u8> = backlog.hashes.iter().flat_map(|hash| hash.0).collect();
        match self.file.write_all_at(&bytes, backlog.first_index * HASH_LEN) {
            Ok(()) => backlog.hashes.clear(),
            Err(error) if was_empty => {
                tracing::warn!(%error, "The hashes of the tree cannot be written and are kept in memory.");
            }
            Err(_) => {}
        }
    }

    /// Reads one stored hash.
    pub fn read(&self, index: u64) -> Result<Hash, HashStoreError> {
        let mut hash = [0; 32];
        let Err(source) = self.file.read_exact_at(&mut hash, index * HASH_LEN) else { return Ok(Hash(hash)) };
        let backlog = self.backlog.lock().unwrap_or_else(PoisonError::into_inner);
        let position =
            index.checked_sub(backlog.first_index).and_then(|position| usize::try_from(position).ok());
        let kept = position.and_then(|position| backlog.hashes.get(position));
        kept.copied().ok_or(HashStoreError { index, source })
    }

    /// The hash of leaf `index`.
    pub fn leaf(&self, index: u64) -> Result<Hash, HashStoreError> {
        self.read(stored_index(0, index))
    }

    /// The proof that leaf `index` is in the tree of `size` leaves.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, HashStoreError> {
        inclusion_proof(index, size, |index| self.read(index))
    }

    /// The proof that the tree of `old_size` leaves is the beginning of the tree of `size` leaves.
    pub fn consistency_proof(&self, old_size: u64, size: u64) -> Result<Vec<Hash>, HashStoreError> {
        consistency_proof(old_size, size, |index| self.read(index))
    }
}
