//! The newest signed checkpoint, kept in the data directory: whoever restores an older journal under it is stopped at the
//! next start, because what was signed and handed out must not be taken back.

use std::fs;
use std::io;
use std::path::Path;

use ledger::journal::KnownHead;
use ledger::{Checkpoint, VerifyingKey};

const CHECKPOINT_FILE: &str = "checkpoint";

/// How far the journal had come by the kept checkpoint. One that cannot be read or is not by our key is reported and
/// passed over: it is a witness, and the head file is another.
pub(super) fn known_head(root: &Path, key: &VerifyingKey) -> Option<KnownHead> {
    let note = match fs::read_to_string(root.join(CHECKPOINT_FILE)) {
        Ok(note) => note,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(%error, "The kept checkpoint cannot be read.");
            return None;
        }
    };
    match Checkpoint::open(&note, key) {
        Ok(checkpoint) => {
            Some(KnownHead { who: "the signed checkpoint".to_owned(), next_sequence: checkpoint.size })
        }
        Err(error) => {
            tracing::warn!(%error, "The kept checkpoint is not one of ours.");
            None
        }
    }
}

/// Keeps a checkpoint in place of an older one, whole or not at all. Not synced: a power cut may leave the older one.
pub(super) fn keep(root: &Path, note: &str) -> io::Result<()> {
    let unfinished = root.join("checkpoint.unfinished");
    fs::write(&unfinished, note)?;
    fs::rename(unfinished, root.join(CHECKPOINT_FILE))
}
