//! The handle that others use: open the books, submit commands, read what is published, prove it.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use crate::book::{ApplyError, Balance, Book, Claimed};
use crate::hash::Hash;
use crate::journal::file::{FileJournal, OpenFrom, RecordReader, Trail, read_files, segment_starts};
use crate::journal::places;
use crate::journal::{BatchId, BatchRoom, Damage, JournalError, KnownHead, StoredBatch};
use crate::machine::StateMachine;
use crate::money::Currency;
use crate::record::{LedgerTime, RawRecord, ShortKey};
use crate::sequencer::{self, Lane, Outcome, Sequencer, SubmitError, Submitter};
use crate::snapshot::{self, SnapshotError, Snapshotter};
use crate::storage::Storage;
use crate::table::{RunError, TableReader};
use crate::tree::{Frontier, HashStore};

/// Everything that opening a ledger needs from outside.
pub struct Options {
    /// Where the files are.
    pub storage: Arc<dyn Storage>,
    /// Length of a journal segment in bytes; see [`crate::journal::file::SEGMENT_LEN_DEFAULT`].
    pub segment_len: u64,
    /// How many commands may wait in each lane.
    pub lane_capacity: usize,
    /// The wall clock.
    pub clock: Box<dyn Fn() -> LedgerTime + Send>,
    /// Sixteen fresh random bytes each time.
    pub random: Box<dyn FnMut() -> BatchId + Send>,
    /// Others who remember how far the journal had come.
    pub known_heads: Vec<KnownHead>,
    /// Told once, with the reason, when the writer stops for good. The process should then end.
    pub on_stop: Box<dyn FnOnce(String) + Send>,
}

/// How far the books have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many records there are: the sequence of the next one, and the size of the tree.
    pub size: u64,
    /// The tree's root.
    pub root: Hash,
    /// Time of the last record.
    pub time: LedgerTime,
}

/// What the sequencer publishes of the ledger's own state.
#[derive(Debug)]
pub(crate) struct Published {
    head: RwLock<Head>,
}

impl Published {
    pub(crate) fn of<S: StateMachine>(book: &Book<S>) -> Self {
        Self { head: RwLock::new(head_of(book)) }
    }

    pub(crate) fn head(&self) -> Head {
        *self.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_head<S: StateMachine>(&self, book: &Book<S>) {
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = head_of(book);
    }
}

fn head_of<S: StateMachine>(book: &Book<S>) -> Head {
    Head { size: book.next_sequence(), root: book.frontier.root(), time: book.time }
}

/// The books could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The disk.
    #[error("{what}: {source}")]
    Io {
        /// What was being opened.
        what: &'static str,
        /// The error underneath.
        source: io::Error,
    },
    /// The journal cannot be read or is damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A snapshot could not be read for another reason than being unusable.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A record cannot be applied.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

/// The open books.
pub struct Ledger<S: StateMachine> {
    submitter: Submitter<S>,
    readers: Arc<S::Readers>,
    published: Arc<Published>,
    archive: TableReader<S::Archived>,
    claims: TableReader<Claimed>,
    hashes: HashStore,
    records: RecordReader,
    trail: Trail,
    unreadable: Arc<dyn Fn(&RunError) + Send + Sync>,
    sequencer: Option<JoinHandle<()>>,
    // Dropped after the sequencer has ended: it is told of segments to the last.
    _snapshotter: Snapshotter,
}

impl<S: StateMachine> Ledger<S> {
    /// Opens the books: newest snapshot, tail of the journal, then the sequencer's thread. `readers` are shown
    /// everything before this returns.
    pub fn open(mut options: Options, readers: Arc<S::Readers>) -> Result<Self, OpenError> {
        let storage = Arc::clone(&options.storage);
        if let Err(error) = snapshot::build_if_far_behind::<S>(&*storage) {
            tracing::warn!(%error, "Snapshots could not be built; the journal is read instead.");
        }
        let Replayed { book, journal, hashes, snapshot_sequence } = loop {
            match replay_tail::<S>(&storage, &mut options) {
                // Each turn puts one file aside.
                Err(OpenError::Apply(ApplyError::Table(error))) if snapshot::set_aside(&*storage, &error) => {
                }
                outcome => break outcome?,
            }
        };
        book.state.publish_all(book.next_sequence(), &readers);
        let records = RecordReader::open(Arc::clone(&storage))
            .map_err(|source| OpenError::Io { what: "places", source })?;
        let has_new_segments =
            segment_starts(&*storage)?.last().is_some_and(|start| *start > snapshot_sequence);
        Ok(Self::start(options, readers, book, journal, hashes, records, has_new_segments))
    }

    fn start(
        options: Options,
        readers: Arc<S::Readers>,
        book: Book<S>,
        journal: FileJournal,
        hashes: HashStore,
        records: RecordReader,
        has_new_segments: bool,
    ) -> Self {
        let published = Arc::new(Published::of(&book));
        let trail = Trail::live(Arc::clone(&options.storage), journal.id(), Arc::clone(&published));
        let archive = book.archive.reader();
        let claims = book.claims.reader();
        let mut random = options.random;
        let writer = u128::from_le_bytes(random()) as u64;
        // The snapshotter must exist before the sequencer, which tells it of segments, and needs the submitter, which
        // the sequencer's start returns: a slot in between ties them.
        let adopter: Arc<RwLock<Option<Submitter<S>>>> = Arc::default();
        let to_adopt = Arc::clone(&adopter);
        let storage = Arc::clone(&options.storage);
        let snapshotter = Snapshotter::start::<S>(options.storage, move |adoption| {
            if let Some(submitter) = &*to_adopt.read().unwrap_or_else(PoisonError::into_inner) {
                submitter.adopt(adoption);
            }
        });
        let rebuild = snapshotter.waker();
        let unreadable: Arc<dyn Fn(&RunError) + Send + Sync> = Arc::new(move |error| {
            if snapshot::set_aside(&*storage, error) {
                rebuild();
            }
        });
        let sequencer = Sequencer {
            book,
            journal,
            room: BatchRoom::default(),
            writer,
            hashes: hashes.clone(),
            clock: options.clock,
            batch_id: random,
            readers: Arc::clone(&readers),
            published: Arc::clone(&published),
            sealed: Box::new(snapshotter.waker()),
            unreadable: Arc::clone(&unreadable),
            on_stop: Some(options.on_stop),
        };
        let (submitter, thread) = sequencer::start(sequencer, options.lane_capacity);
        *adopter.write().unwrap_or_else(PoisonError::into_inner) = Some(submitter.clone());
        if has_new_segments {
            snapshotter.waker()();
        }
        Self {
            submitter,
            readers,
            published,
            archive,
            claims,
            hashes,
            records,
            trail,
            unreadable,
            sequencer: Some(thread),
            _snapshotter: snapshotter,
        }
    }

    /// Queues a command; see [`Submitter::submit`].
    pub fn submit(
        &self,
        lane: Lane,
        command: S::Command,
        reply: impl FnOnce(Outcome<S::Answer>) + Send + 'static,
    ) -> Result<(), SubmitError> {
        self.submitter.submit(lane, command, reply)
    }

    /// What the state machine publishes.
    pub fn readers(&self) -> &Arc<S::Readers> {
        &self.readers
    }

    /// How far the books have come.
    pub fn head(&self) -> Head {
        self.published.head()
    }

    /// Walks the durable records from the first one on. Does not keep the books open.
    pub fn trail(&self) -> Trail {
        self.trail.clone()
    }

    /// What the archive has under a key. May read a block from the disk.
    pub fn archived(&self, key: &ShortKey) -> Result<Option<S::Archived>, RunError> {
        self.archive.get(key).inspect_err(|error| (self.unreadable)(error))
    }

    /// Who holds a key. May read a block from the disk.
    pub fn claimed(&self, key: &ShortKey) -> Result<Option<Claimed>, RunError> {
        self.claims.get(key).inspect_err(|error| (self.unreadable)(error))
    }

    /// The hashes of the tree, for proofs.
    pub fn hashes(&self) -> &HashStore {
        &self.hashes
    }

    /// The leaf of a record, if the books have come so far.
    pub fn leaf(&self, sequence: u64) -> Result<Option<Vec<u8>>, JournalError> {
        let batch = self.batch_of(sequence)?;
        Ok(batch.and_then(|batch| {
            let index = usize::try_from(sequence - batch.first_sequence()).ok()?;
            batch.encoded_records().nth(index).map(|(leaf, _)| leaf.to_vec())
        }))
    }

    /// A record, if the books have come so far.
    pub fn record(&self, sequence: u64) -> Result<Option<RawRecord>, JournalError> {
        let batch = self.batch_of(sequence)?;
        Ok(batch.and_then(|batch| {
            let index = usize::try_from(sequence - batch.first_sequence()).ok()?;
            batch.records().nth(index)?.ok()
        }))
    }

    /// The batch of a record. That the books have come so far and no segment holds it is damage, and no "there is none".
    fn batch_of(&self, sequence: u64) -> Result<Option<StoredBatch>, JournalError> {
        let batch = self.records.batch_of(sequence)?;
        if batch.is_none() && sequence < self.head().size {
            let what = format!("no segment holds record {sequence}");
            let affected = format!("record {sequence} and those beside it");
            return Err(Damage { file: "journal".to_owned(), offset: 0, what, affected }.into());
        }
        Ok(batch)
    }

    /// Finishes what is queued and ends the sequencer. Dropping does the same.
    pub fn close(self) {}
}

impl<S: StateMachine> Drop for Ledger<S> {
    fn drop(&mut self) {
        self.submitter.close();
        if let Some(thread) = self.sequencer.take() {
            let _ = thread.join();
        }
    }
}

struct OpenedBook<S: StateMachine> {
    book: Book<S>,
    hashes: HashStore,
    known_head: Option<KnownHead>,
}

/// The book of the newest snapshot, and stored hashes that agree with it.
fn open_book<S: StateMachine>(storage: &dyn Storage) -> Result<OpenedBook<S>, OpenError> {
    let sequences = snapshot::sequences(storage);
    let sequences = sequences.map_err(|source| OpenError::Io { what: "snapshots", source })?;
    let known_head = sequences
        .last()
        .map(|sequence| KnownHead { who: "the newest snapshot".to_owned(), next_sequence: *sequence });
    let book = snapshot::latest::<S>(storage)?;
    let hashes = HashStore::open(storage).map_err(|source| OpenError::Io { what: "tree/hashes", source })?;
    if !hashes.agrees_with(&book.frontier) {
        tracing::warn!(
            "The stored hashes do not agree with the snapshot and are written again from the journal."
        );
        rebuild_hashes(storage, &hashes, book.next_sequence())?;
    }
    Ok(OpenedBook { book, hashes, known_head })
}

fn rebuild_hashes(storage: &dyn Storage, hashes: &HashStore, end: u64) -> Result<(), OpenError> {
    let mut frontier = Frontier::default();
    read_files(storage, 0, &mut |batch| {
        let leaf_count = frontier.leaf_count();
        let mut stored = Vec::new();
        for (leaf, _) in batch.encoded_records() {
            frontier.append(Hash::of_leaf(leaf), |hash| stored.push(hash));
        }
        hashes.write(leaf_count, &stored);
        frontier.leaf_count() < end
    })?;
    Ok(())
}

/// The book as the whole journal has made it, and what it was read from.
struct Replayed<S: StateMachine> {
    book: Book<S>,
    journal: FileJournal,
    hashes: HashStore,
    snapshot_sequence: u64,
}

/// The newest snapshot that can be used, and on it what the journal has had since.
fn replay_tail<S: StateMachine>(
    storage: &Arc<dyn Storage>,
    options: &mut Options,
) -> Result<Replayed<S>, OpenError> {
    let OpenedBook { mut book, hashes, known_head } = open_book::<S>(&**storage)?;
    let mut known_heads = options.known_heads.clone();
    known_heads.extend(known_head);
    known_heads.extend(
        places::known_head(&**storage).map_err(|source| OpenError::Io { what: places::NAME, source })?,
    );
    let starts = segment_starts(&**storage)?;
    let from = OpenFrom { sequence: book.next_sequence(), chain: book.chain };
    let mut failure: Option<OpenError> = None;
    let mut tail = TailReplay { book: &mut book, hashes: &hashes, starts: &starts, from: from.sequence };
    let journal = FileJournal::open(
        Arc::clone(storage),
        options.segment_len,
        from,
        &known_heads,
        (options.random)(),
        &mut |batch, hashed| {
            if failure.is_none() {
                failure = tail.replay(batch, &hashed).err();
            }
        },
    )?;
    // A segment in which nothing stands yet begins its generation here: what is put from now on belongs to it, and must
    // not be let go with what was there before.
    if book.next_sequence() > from.sequence
        && segment_starts(&**storage)?.last() == Some(&book.next_sequence())
    {
        book.begin_generation();
    }
    match failure {
        Some(error) => Err(error),
        None => Ok(Replayed { book, journal, hashes, snapshot_sequence: from.sequence }),
    }
}

struct TailReplay<'a, S: StateMachine> {
    book: &'a mut Book<S>,
    hashes: &'a HashStore,
    starts: &'a [u64],
    from: u64,
}

impl<S: StateMachine> TailReplay<'_, S> {
    fn replay(&mut self, batch: &StoredBatch, hashed: &crate::journal::HashedBatch) -> Result<(), OpenError> {
        let sequence = batch.first_sequence();
        if sequence > self.from && self.starts.binary_search(&sequence).is_ok() {
            self.book.begin_generation();
        }
        let mut stored = Vec::new();
        self.book.replay(batch, hashed, &mut stored)?;
        self.hashes.write(sequence, &stored);
        Ok(())
    }
}

/// The whole book at one moment, read beside or without a writer: for `verify`, `inspect` and tests.
#[derive(Debug)]
pub struct BookReport {
    /// How far it goes.
    pub head: Head,
    /// Balances by account code and currency.
    pub balances: std::collections::BTreeMap<(String, Currency), Balance>,
    /// How many keys and archived values are in memory rather than in runs.
    pub count_in_memory: usize,
}

/// Replays the whole journal from its first record, without snapshots, and reports what the book is.
pub fn replay_all<S: StateMachine>(storage: &dyn Storage) -> Result<BookReport, OpenError> {
    let mut book = Book::<S>::empty();
    let mut failure: Option<ApplyError> = None;
    read_files(storage, 0, &mut |batch| {
        let refused = |what: String| ApplyError::Refused { sequence: batch.first_sequence(), what };
        let outcome = batch
            .follow(book.next_sequence(), &book.chain)
            .map_err(|error| refused(error.to_string()))
            .and_then(|hashed| book.replay(batch, &hashed, &mut Vec::new()));
        failure = outcome.err();
        failure.is_none()
    })?;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(BookReport {
            head: head_of(&book),
            balances: book.trial_balance(),
            count_in_memory: book.claims.count_in_memory() + book.archive.count_in_memory(),
        }),
    }
}
