//! The file of stored hashes: every node of the tree that will not change any more, 32 bytes each, in the order in
//! which they became known. It follows from the journal and is rebuilt from it when it is not as it should be, so
//! it is never synced on the way of a payment.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::hash::Hash;
use crate::tree::{Frontier, consistency_proof, inclusion_proof, stored_count, stored_index};

const HASH_LEN: u64 = 32;

/// The stored hashes. Cheap to clone; any number of readers beside the one writer.
#[derive(Clone, Debug)]
pub struct HashStore {
    file: Arc<File>,
    path: Arc<PathBuf>,
}

/// The file of stored hashes could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{} at hash {index}", path.display())]
pub struct HashStoreError {
    path: PathBuf,
    index: u64,
    source: io::Error,
}

impl HashStore {
    /// Opens the file, or makes an empty one.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        Ok(Self { file: Arc::new(file), path: Arc::new(path.to_path_buf()) })
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

    /// Writes hashes that became known, the first of them by leaf number `leaf_count` (from 0).
    pub fn write(&self, leaf_count: u64, hashes: &[Hash]) -> Result<(), HashStoreError> {
        let index = stored_count(leaf_count);
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        self.file.write_all_at(&bytes, index * HASH_LEN).map_err(|source| self.error(index, source))
    }

    /// Reads one stored hash.
    pub fn read(&self, index: u64) -> Result<Hash, HashStoreError> {
        let mut hash = [0; 32];
        self.file.read_exact_at(&mut hash, index * HASH_LEN).map_err(|source| self.error(index, source))?;
        Ok(Hash(hash))
    }

    /// The proof that leaf `index` is in the tree of `size` leaves.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, HashStoreError> {
        inclusion_proof(index, size, |index| self.read(index))
    }

    /// The proof that the tree of `old_size` leaves is the beginning of the tree of `size` leaves.
    pub fn consistency_proof(&self, old_size: u64, size: u64) -> Result<Vec<Hash>, HashStoreError> {
        consistency_proof(old_size, size, |index| self.read(index))
    }

    fn error(&self, index: u64, source: io::Error) -> HashStoreError {
        HashStoreError { path: self.path.to_path_buf(), index, source }
    }
}
