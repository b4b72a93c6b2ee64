//! The journal: batches of records in their order, durable before anybody is told. Two implementations of one
//! contract: [`mod@file`] on this machine's disk, and one in memory for tests, which says Conflict and Unknown on request
//! as a shared database would.

mod batch;
pub mod file;
pub(crate) mod head;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
pub(crate) mod places;
pub(crate) mod recovery;
pub(crate) mod segment;

use std::io;

pub(crate) use batch::BatchRoom;
pub use batch::{Batch, BatchError, BatchId, HashedBatch, StoredBatch};
pub use recovery::{Damage, KnownHead};

/// What became of an append. Anything else than these three is an [`AppendError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Durable. `rolled` is true if the batch is the first of a new segment, so that everything before it is sealed.
    Committed {
        /// Whether the batch begins a segment.
        rolled: bool,
    },
    /// Somebody else has written the sequence number that the batch begins with. Nothing of it was written.
    Conflict,
    /// It cannot be told whether the batch was written: read it back and compare its id.
    Unknown,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// There is no room for a new segment. Nothing was written; trying again later is right.
    #[error("the journal has no room for a new segment: {0}")]
    NoRoom(io::Error),
    /// A write or a sync failed, now or earlier. What is on the disk is known only to a new start: stop.
    #[error("the journal stopped for good: {0}")]
    Stopped(String),
}

/// A journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk, the database or the network.
    #[error("{what}: {source}")]
    Io {
        /// What was being read.
        what: String,
        /// The error underneath.
        source: io::Error,
    },
    /// The bytes are there and are wrong.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

/// The contract of a journal. One writer holds it; batches follow each other without gaps in the sequence.
pub trait Journal: Send + 'static {
    /// Appends a batch if the journal ends right before it, and makes it durable.
    fn append(&mut self, expected_sequence: u64, batch: &Batch) -> Result<Appended, AppendError>;

    /// Shows every batch from the one that contains `sequence` on, oldest first, until `visit` says stop (false).
    fn read_from(
        &self,
        sequence: u64,
        visit: &mut dyn FnMut(&StoredBatch) -> bool,
    ) -> Result<(), JournalError>;
}
