//! One leaf against a signed tree head: what a receipt's proof comes down to.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::hash::Hash;
use crate::note::NoteError;
use crate::record::{CodecError, EncodedRecord, RawRecord};
use crate::signature::VerifyingKey;
use crate::tree::{ProofError, verify_inclusion};

/// What was proved: this record stands in the tree that this checkpoint signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The tree head.
    pub checkpoint: Checkpoint,
    /// The record, without its sealed part.
    pub record: RawRecord,
}

/// Why nothing is proved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InclusionError {
    /// No key was given.
    #[error("there is no key to verify the checkpoint with")]
    NoKey,
    /// The checkpoint is not one that a given key signed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The leaf is not a record.
    #[error("the leaf is not a record: {0}")]
    Leaf(#[from] CodecError),
    /// The leaf is a record with another number than the proof speaks of.
    #[error("the leaf is record {found}, the proof is of record {asked}")]
    OtherRecord {
        /// The leaf's.
        found: u64,
        /// The proof's.
        asked: u64,
    },
    /// The proof leads elsewhere.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// Checks that `leaf` is record `sequence` of the log whose tree head `note` signs, by one of `keys`. Needs nothing
/// else: no network, no data directory.
pub fn inclusion(
    leaf: &[u8],
    sequence: u64,
    proof: &[Hash],
    note: &str,
    keys: &[VerifyingKey],
) -> Result<Proved, InclusionError> {
    let checkpoint = signed_by_one_of(note, keys)?;
    let record = EncodedRecord::decode(leaf, &[])?;
    if record.sequence != sequence {
        return Err(InclusionError::OtherRecord { found: record.sequence, asked: sequence });
    }
    verify_inclusion(&Hash::of_leaf(leaf), sequence, checkpoint.size, proof, &checkpoint.root)?;
    Ok(Proved { checkpoint, record })
}

/// The checkpoint of a note that one of the keys signed; otherwise what speaks against it, a wrong signature before a
/// missing one.
pub(crate) fn signed_by_one_of(note: &str, keys: &[VerifyingKey]) -> Result<Checkpoint, InclusionError> {
    let mut refused = InclusionError::NoKey;
    for key in keys {
        match Checkpoint::open(note, key) {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(error)
                if !matches!(
                    refused,
                    InclusionError::Checkpoint(CheckpointError::Note(NoteError::BadSignature(_)))
                ) =>
            {
                refused = error.into();
            }
            Err(_) => {}
        }
    }
    Err(refused)
}
