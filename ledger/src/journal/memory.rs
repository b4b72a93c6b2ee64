//! A journal in memory that several writers may share, and that says Conflict and Unknown as a database on another
//! machine does. For tests.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::journal::{AppendError, Appended, Batch, Journal, JournalError, StoredBatch};

/// What an append does instead of committing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfortune {
    /// Nothing is written and the writer is not told so.
    UnknownAndLost,
    /// It is written and the writer is not told so.
    UnknownAndWritten,
    /// Another writer's batch gets there first.
    Overtaken,
    /// There is no room.
    NoRoom,
}

/// The journal that all its clones write to.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    batches: Vec<StoredBatch>,
    misfortunes: Vec<Misfortune>,
    overtaking: Vec<Batch>,
}

impl MemoryJournal {
    /// Lets the next appends fare like this, the last of the list first.
    pub fn expect(&self, misfortunes: impl IntoIterator<Item = Misfortune>) {
        self.shared().misfortunes.extend(misfortunes);
    }

    /// The batch that another writer gets in first when an append is [`Misfortune::Overtaken`].
    pub fn overtake_with(&self, batch: Batch) {
        self.shared().overtaking.push(batch);
    }

    /// Everything that was written.
    pub fn batches(&self) -> Vec<StoredBatch> {
        self.shared().batches.clone()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("no test panics while it holds the journal")
    }
}

impl Shared {
    fn next_sequence(&self) -> u64 {
        self.batches.last().map_or(0, StoredBatch::next_sequence)
    }

    fn write(&mut self, batch: &Batch) {
        assert_eq!(batch.first_sequence(), self.next_sequence(), "the sequence has no gaps");
        let mut frame = Vec::new();
        batch.write_frame(0, &mut frame);
        self.batches.push(StoredBatch::from_frame(frame).expect("a batch can be read back"));
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, expected_sequence: u64, batch: &Batch) -> Result<Appended, AppendError> {
        let mut shared = self.shared();
        if expected_sequence != shared.next_sequence() {
            return Ok(Appended::Conflict);
        }
        match shared.misfortunes.pop() {
            None => {
                shared.write(batch);
                Ok(Appended::Committed { rolled: false })
            }
            Some(Misfortune::UnknownAndLost) => Ok(Appended::Unknown),
            Some(Misfortune::UnknownAndWritten) => {
                shared.write(batch);
                Ok(Appended::Unknown)
            }
            Some(Misfortune::Overtaken) => {
                if let Some(other) = shared.overtaking.pop() {
                    shared.write(&other);
                    Ok(Appended::Conflict)
                } else {
                    shared.write(batch);
                    Ok(Appended::Committed { rolled: false })
                }
            }
            Some(Misfortune::NoRoom) => Err(AppendError::NoRoom(std::io::ErrorKind::StorageFull.into())),
        }
    }

    fn read_from(
        &self,
        sequence: u64,
        visit: &mut dyn FnMut(&StoredBatch) -> bool,
    ) -> Result<(), JournalError> {
        for batch in self.shared().batches.iter().filter(|batch| batch.next_sequence() > sequence) {
            if !visit(batch) {
                break;
            }
        }
        Ok(())
    }
}
