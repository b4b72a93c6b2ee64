//! The journal in files of this machine. One writer; each append is one write and one sync; the next segment is
//! zeroed and made durable in the background before it is needed.

mod trail;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::hash::Hash;
use crate::journal::batch::{Batch, HashedBatch, StoredBatch};
use crate::journal::head::{Head, HeadFile};
use crate::journal::places::Places;
use crate::journal::recovery::{self, Damage, KnownHead, Start, cut_torn_tail, io_error, segments_from};
use crate::journal::segment::{FOLDER, SEGMENT_HEADER_LEN, SPARE, Segment, SegmentHeader, segment_name};
use crate::journal::{AppendError, Appended, Journal, JournalError};
use crate::storage::Storage;

pub use trail::Trail;

/// Default length of a segment in bytes.
pub const SEGMENT_LEN_DEFAULT: u64 = 64 << 20;
/// The shortest segment that is allowed, in bytes: room for the largest batch.
pub const SEGMENT_LEN_MIN: u64 = 2 << 20;
/// The largest batch in bytes.
pub const BATCH_LEN_MAX: usize = 1 << 20;

/// Where a journal is opened from: what a snapshot already covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFrom {
    /// The first sequence to read.
    pub sequence: u64,
    /// What stands for everything before it.
    pub chain: Hash,
}

/// The journal in files.
#[derive(Debug)]
pub struct FileJournal {
    storage: Arc<dyn Storage>,
    id: [u8; 16],
    segment_len: u64,
    segment: Option<Segment>,
    offset: u64,
    next_sequence: u64,
    chain: Hash,
    /// The batch that is being written, as its file has it. Kept for its memory.
    frame: Vec<u8>,
    head: HeadFile,
    places: Places,
    stopped: Option<String>,
    spare: SpareMaker,
}

impl FileJournal {
    /// Opens the journal and reads it from `from` on: every batch is checked and shown to `visit`. An unfinished batch
    /// at the very end, which nobody was told about, is cut. Anything else that is wrong is an error, and then
    /// nothing has been changed. `new_id` names the journal if there is none yet.
    pub fn open(
        storage: Arc<dyn Storage>,
        segment_len: u64,
        from: OpenFrom,
        known_heads: &[KnownHead],
        new_id: [u8; 16],
        visit: &mut dyn FnMut(&StoredBatch, HashedBatch),
    ) -> Result<Self, JournalError> {
        let segments = segments_from(&*storage, from.sequence)?;
        let (head, written_head) =
            HeadFile::open(&*storage).map_err(|source| io_error("journal/head", source))?;
        let places = Places::open(&*storage).map_err(|source| io_error("journal/places", source))?;
        let mut known_heads = known_heads.to_vec();
        known_heads.extend(
            written_head
                .map(|head| KnownHead { who: "the head file".to_owned(), next_sequence: head.next_sequence }),
        );
        let start = Start { sequence: from.sequence, chain: from.chain };
        if segments.is_empty() && from.sequence > 0 {
            return Err(Damage {
                file: FOLDER.to_owned(),
                offset: 0,
                what: format!(
                    "the newest snapshot begins with record {}, but there is no journal",
                    from.sequence
                ),
                affected: "every record".to_owned(),
            }
            .into());
        }
        let end = recovery::read(&segments, start, &known_heads, &mut |batch, hashed| {
            places.note(batch.first_sequence(), batch.next_sequence(), batch.offset());
            visit(batch, hashed);
            true
        })?;
        if let Some(segment) = end.segment.as_ref().filter(|_| end.torn_byte_count > 0) {
            tracing::warn!(
                file = segment.name,
                offset = end.offset,
                byte_count = end.torn_byte_count,
                next_sequence = end.next_sequence,
                "An unfinished batch at the end of the journal is cut: nobody was told about it."
            );
            cut_torn_tail(&segment.file, end.offset, end.torn_byte_count)
                .map_err(|source| io_error(&segment.name, source))?;
        }
        if let Some((file, batch)) = &end.last {
            recovery::write_again(file, batch).map_err(|source| io_error("the last batch", source))?;
        }
        let segment_len = segment_len.max(SEGMENT_LEN_MIN);
        let spare = SpareMaker::start(Arc::clone(&storage), segment_len);
        let id = end.segment.as_ref().map_or(new_id, |segment| segment.header.journal);
        Ok(Self {
            storage,
            id,
            segment_len,
            offset: end.offset,
            next_sequence: end.next_sequence,
            chain: end.chain,
            segment: end.segment,
            frame: Vec::new(),
            head,
            places,
            stopped: None,
            spare,
        })
    }

    /// Names this journal among all journals.
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    fn write(&mut self, batch: &Batch) -> Result<bool, AppendError> {
        let needed = batch.byte_count().next_multiple_of(8) as u64;
        assert!(
            needed <= BATCH_LEN_MAX as u64 + u64::from(u16::MAX) * 2,
            "batches are bounded by the sequencer"
        );
        let has_room = |segment: &Segment| self.offset + needed <= segment.header.byte_count;
        let rolled = !self.segment.as_ref().is_some_and(has_room);
        if rolled {
            self.roll()?;
        }
        let segment = self.segment.as_ref().expect("there is a segment after rolling");
        batch.write_frame(self.offset, &mut self.frame);
        let written = segment.file.write_all_at(&self.frame, self.offset).and_then(|()| segment.file.sync());
        if let Err(error) = written {
            return Err(self.stop(format!("{}: {error}", self.segment_name())));
        }
        self.places.note(batch.first_sequence(), batch.next_sequence(), self.offset);
        self.offset += self.frame.len() as u64;
        self.next_sequence = batch.next_sequence();
        self.chain = batch.chain();
        let head = Head { journal: self.id, next_sequence: self.next_sequence, chain: self.chain };
        if let Err(error) = self.head.write(&head) {
            // The batch is durable, but its callers will not hear so from us: a restart will find it.
            return Err(self.stop(format!("the head file: {error}")));
        }
        Ok(rolled)
    }

    /// Turns the spare file into the next segment.
    fn roll(&mut self) -> Result<(), AppendError> {
        self.spare.ready().map_err(AppendError::NoRoom)?;
        let header = SegmentHeader {
            journal: self.id,
            number: self.segment.as_ref().map_or(0, |segment| segment.header.number + 1),
            first_sequence: self.next_sequence,
            previous: self.chain,
            byte_count: self.segment_len,
        };
        match self.begin_segment(header) {
            Ok(segment) => {
                self.segment = Some(segment);
                self.offset = SEGMENT_HEADER_LEN as u64;
                self.spare.make_another();
                Ok(())
            }
            Err(error) => Err(self.stop(format!("beginning a segment: {error}"))),
        }
    }

    fn begin_segment(&self, header: SegmentHeader) -> io::Result<Segment> {
        let name = segment_name(header.first_sequence);
        let file = self.storage.open(SPARE)?.ok_or_else(|| io::Error::other("the spare segment has gone"))?;
        file.write_all_at(&header.to_bytes(), 0)?;
        file.sync()?;
        self.storage.publish(SPARE, &name)?;
        Ok(Segment { name, header, file })
    }

    fn segment_name(&self) -> &str {
        self.segment.as_ref().map_or("the journal", |segment| &segment.name)
    }

    fn stop(&mut self, reason: String) -> AppendError {
        self.stopped = Some(reason.clone());
        AppendError::Stopped(reason)
    }
}

impl Journal for FileJournal {
    fn append(&mut self, expected_sequence: u64, batch: &Batch) -> Result<Appended, AppendError> {
        if let Some(reason) = &self.stopped {
            return Err(AppendError::Stopped(reason.clone()));
        }
        if expected_sequence != self.next_sequence {
            return Ok(Appended::Conflict);
        }
        assert_eq!(batch.first_sequence(), expected_sequence, "a batch begins where it is appended");
        self.write(batch).map(|rolled| Appended::Committed { rolled })
    }

    fn read_from(
        &self,
        sequence: u64,
        visit: &mut dyn FnMut(&StoredBatch) -> bool,
    ) -> Result<(), JournalError> {
        read_files(&*self.storage, sequence, visit)
    }
}

/// Reads a journal from its files without writing it: beside its writer, or when there is none. Shows the batches
/// from the one that contains `sequence` on, until `visit` says stop; ends before a batch that is being written.
/// Checksums, places and the links from batch to batch are checked.
pub fn read_files(
    storage: &dyn Storage,
    sequence: u64,
    visit: &mut dyn FnMut(&StoredBatch) -> bool,
) -> Result<(), JournalError> {
    let segments = segments_from(storage, sequence)?;
    let Some(first) = segments.first() else { return Ok(()) };
    let start = Start { sequence: first.header.first_sequence, chain: first.header.previous };
    recovery::read(&segments, start, &[], &mut |batch, _| batch.next_sequence() <= sequence || visit(batch))
        .map(|_| ())
}

/// Reads single records of a journal in files, beside its writer.
#[derive(Clone, Debug)]
pub struct RecordReader {
    storage: Arc<dyn Storage>,
    places: Places,
}

impl RecordReader {
    /// A reader of the journal in this storage.
    pub fn open(storage: Arc<dyn Storage>) -> io::Result<Self> {
        let places = Places::open(&*storage)?;
        Ok(Self { storage, places })
    }

    /// The batch that contains this record, if the journal has come so far.
    pub fn batch_of(&self, sequence: u64) -> Result<Option<StoredBatch>, JournalError> {
        let contains =
            |batch: &StoredBatch| (batch.first_sequence()..batch.next_sequence()).contains(&sequence);
        if let Some(offset) = self.places.read(sequence)
            && let Some(segment) = recovery::segment_of(&*self.storage, sequence)?
            && let Ok(batch) = recovery::read_frame(&segment, offset)?
            && contains(&batch)
        {
            return Ok(Some(batch));
        }
        let mut found = None;
        read_files(&*self.storage, sequence, &mut |batch| {
            found = contains(batch).then(|| batch.clone());
            false
        })?;
        Ok(found)
    }
}

/// First sequences of the segments, oldest first. All but the last are sealed.
pub(crate) fn segment_starts(storage: &dyn Storage) -> Result<Vec<u64>, JournalError> {
    Ok(segments_from(storage, 0)?.iter().map(|segment| segment.header.first_sequence).collect())
}

/// Makes the next segment while the current one is written: zero-filled, because the first write to blocks that were
/// only reserved costs a second one for the file system's own books.
#[derive(Debug)]
struct SpareMaker {
    requests: Option<SyncSender<()>>,
    outcomes: Receiver<io::Result<()>>,
    is_asked: bool,
    thread: Option<JoinHandle<()>>,
}

impl SpareMaker {
    fn start(storage: Arc<dyn Storage>, segment_len: u64) -> Self {
        let (requests, asked) = sync_channel(1);
        let (report, outcomes) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("spare-segment".to_owned())
            .spawn(move || {
                while asked.recv().is_ok() {
                    if report.send(make_spare(&*storage, segment_len)).is_err() {
                        break;
                    }
                }
            })
            .expect("a thread can be started while the program starts");
        let mut maker = Self { requests: Some(requests), outcomes, is_asked: false, thread: Some(thread) };
        maker.make_another();
        maker
    }

    fn make_another(&mut self) {
        let requests = self.requests.as_ref().expect("the maker runs until it is dropped");
        self.is_asked = requests.try_send(()).is_ok();
    }

    /// Waits for the spare segment. That there was no room when it was asked for ahead of need says nothing of now: it is
    /// tried again before anybody is turned away.
    fn ready(&mut self) -> io::Result<()> {
        let was_asked_ahead = self.is_asked;
        if !was_asked_ahead {
            self.make_another();
        }
        match self.outcome() {
            Err(_) if was_asked_ahead => {
                self.make_another();
                self.outcome()
            }
            outcome => outcome,
        }
    }

    fn outcome(&mut self) -> io::Result<()> {
        self.is_asked = false;
        self.outcomes.recv().map_err(|_| io::Error::other("the thread that makes segments has gone"))?
    }
}

impl Drop for SpareMaker {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // It may be reporting: take what it says, so that it sees the end of requests.
            while self.outcomes.recv().is_ok() {}
            let _ = thread.join();
        }
    }
}

fn make_spare(storage: &dyn Storage, segment_len: u64) -> io::Result<()> {
    const UNFINISHED: &str = "journal/spare.unfinished";
    if let Some(spare) = storage.open(SPARE)?
        && spare.byte_count()? == segment_len
        && is_all_zero(&*spare)?
    {
        return Ok(());
    }
    let file = storage.create(UNFINISHED)?;
    let zeros = vec![0; 1 << 20];
    let mut offset = 0;
    while offset < segment_len {
        let len = usize::try_from(segment_len - offset).unwrap_or(usize::MAX).min(zeros.len());
        if let Err(error) = file.write_all_at(&zeros[..len], offset) {
            // Give back what there was: others may need the room more.
            storage.remove(UNFINISHED)?;
            return Err(error);
        }
        offset += len as u64;
    }
    file.sync()?;
    storage.publish(UNFINISHED, SPARE)
}

/// A spare whose header was written before a crash is not used again.
fn is_all_zero(file: &dyn crate::storage::StorageFile) -> io::Result<bool> {
    let mut header = vec![0; SEGMENT_HEADER_LEN];
    file.read_exact_at(&mut header, 0)?;
    Ok(header.iter().all(|byte| *byte == 0))
}
