//! Walking a journal from any place on, beside its writer or when there is none: for everything that follows from the
//! records, such as views and notices.

use std::sync::Arc;

use crate::journal::JournalError;
use crate::journal::batch::{BatchError, StoredBatch};
use crate::journal::recovery::{self, Damage, Start, segment_of, segments_from};
use crate::journal::segment::{FOLDER, SEGMENT_HEADER_LEN, Segment};
use crate::ledger::Published;
use crate::storage::Storage;

/// A place in the journal that moves forward, batch by batch. Only what is durable is shown: the file may hold a batch
/// that a power cut would take back. Cheap to clone; takes no lock that the writer waits for longer than a copy.
#[derive(Clone, Debug)]
pub struct Trail {
    storage: Arc<dyn Storage>,
    journal: [u8; 16],
    end: End,
    next_sequence: u64,
    /// The open segment, and where in it the next frame stands; nothing until the first batch is asked for.
    place: Option<(Segment, u64)>,
}

#[derive(Clone, Debug)]
enum End {
    /// What the sequencer has published.
    Live(Arc<Published>),
    /// So many records, and nobody writes.
    Closed(u64),
}

impl Trail {
    pub(crate) fn live(storage: Arc<dyn Storage>, journal: [u8; 16], published: Arc<Published>) -> Self {
        Self { storage, journal, end: End::Live(published), next_sequence: 0, place: None }
    }

    /// The trail of a journal that nobody writes, from its first record.
    pub fn of_closed(storage: Arc<dyn Storage>) -> Result<Self, JournalError> {
        // The name of no segment sorts after this sequence: only the last is read to its end.
        let segments = segments_from(&*storage, u64::MAX)?;
        let (journal, record_count) = match segments.first() {
            None => ([0; 16], 0),
            Some(last) => {
                let start = Start { sequence: last.header.first_sequence, chain: last.header.previous };
                let end = recovery::read(&segments, start, &[], &mut |_, _| true)?;
                (last.header.journal, end.next_sequence)
            }
        };
        Ok(Self { storage, journal, end: End::Closed(record_count), next_sequence: 0, place: None })
    }

    /// Names the journal among all journals.
    pub fn journal_id(&self) -> [u8; 16] {
        self.journal
    }

    /// How many records are durable: the sequence of the next one.
    pub fn record_count(&self) -> u64 {
        match &self.end {
            End::Live(published) => published.head().size,
            End::Closed(record_count) => *record_count,
        }
    }

    /// Sequence of the first record that has not been shown.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Moves to the batch that contains this record, so that it is shown next.
    pub fn go_to(&mut self, sequence: u64) {
        self.next_sequence = sequence;
        self.place = None;
    }

    /// The next batch; nothing while there is no further durable one. Checksums and the order of sequences are checked;
    /// links and leaves are the business of those who open the books or verify them.
    pub fn next_batch(&mut self) -> Result<Option<StoredBatch>, JournalError> {
        while self.next_sequence < self.record_count() {
            let (segment, offset) = match self.place.take() {
                Some(place) => place,
                None => (self.segment_from(None)?, SEGMENT_HEADER_LEN as u64),
            };
            match recovery::read_frame(&segment, offset)? {
                Ok(batch) => {
                    let is_sought = batch.next_sequence() > self.next_sequence;
                    if is_sought && batch.first_sequence() > self.next_sequence {
                        return Err(self.missing(&segment, offset, "a later batch stands here"));
                    }
                    self.place = Some((segment, offset + batch.byte_count()));
                    if is_sought {
                        self.next_sequence = batch.next_sequence();
                        return Ok(Some(batch));
                    }
                }
                // Durable records follow, and not in this segment.
                Err(BatchError::Nothing) => {
                    self.place = Some((self.segment_from(Some(&segment))?, SEGMENT_HEADER_LEN as u64));
                }
                Err(error) => return Err(self.missing(&segment, offset, &error.to_string())),
            }
        }
        Ok(None)
    }

    /// The segment that contains the next record, which has to be another one than `ended`.
    fn segment_from(&self, ended: Option<&Segment>) -> Result<Segment, JournalError> {
        let found = segment_of(&*self.storage, self.next_sequence)?;
        match (found, ended) {
            (None, _) => Err(Damage {
                file: FOLDER.to_owned(),
                offset: 0,
                what: "there is no segment with the next record".to_owned(),
                affected: format!("every record from {} on", self.next_sequence),
            }
            .into()),
            (Some(found), Some(ended)) if found.name == ended.name => {
                Err(self.missing(ended, ended.header.byte_count, "the segment ends too early"))
            }
            (Some(found), _) => Ok(found),
        }
    }

    fn missing(&self, segment: &Segment, offset: u64, what: &str) -> JournalError {
        Damage {
            file: segment.name.clone(),
            offset,
            what: what.to_owned(),
            affected: format!("every record from {} on", self.next_sequence),
        }
        .into()
    }
}
