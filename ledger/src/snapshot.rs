//! Snapshots: the book at the beginning of a segment, so that a start reads the tail of the journal and not all of
//! it. They are built in the background, from the snapshot before and the segments sealed since, never from the
//! live book; two are kept. `FORMAT.md` has the bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use crate::account::AccountCode;
use crate::book::{ApplyError, Balance, Balances, Book};
use crate::hash::Hash;
use crate::journal::JournalError;
use crate::journal::file::{read_files, segment_starts};
use crate::machine::StateMachine;
use crate::money::Currency;
use crate::record::LedgerTime;
use crate::storage::{Storage, read_whole, write_whole};
use crate::table::{Run, RunError, RunName, Table, Value, merge_runs, write_run};
use crate::tree::Frontier;

pub(crate) const FOLDER: &str = "snapshots";
const MAGIC: [u8; 8] = *b"MALIPOSN";
const VERSION: u32 = 1;
const HEADER_LEN: usize = 24;
const KEPT_COUNT: usize = 2;
/// A rebuild replays so many segments, writes down what they hold, and goes on: what it has in memory stays bounded.
const SEGMENTS_PER_STEP: usize = 8;
/// What a run that was found damaged is called from then on.
const DAMAGED_ENDING: &str = ".damaged";
/// So many runs of a size are merged into one of the next size.
const MERGED_RUN_COUNT: usize = 4;

/// The first part of a snapshot, written as JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Meta {
    machine_version: u32,
    sequence: u64,
    time: LedgerTime,
    chain: String,
    peaks: Vec<String>,
    balances: Vec<AccountBalance>,
    claims: Vec<RunName>,
    archive: Vec<RunName>,
}

/// Sums as decimal text: they may be wider than the numbers of JSON.
#[derive(Debug, Serialize, Deserialize)]
struct AccountBalance {
    account: AccountCode,
    currency: Currency,
    debit: String,
    credit: String,
    pending_debit: String,
    pending_credit: String,
}

/// A snapshot as it lies on the disk, its state still in bytes.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) machine_version: u32,
    pub(crate) sequence: u64,
    pub(crate) time: LedgerTime,
    pub(crate) chain: Hash,
    pub(crate) frontier: Frontier,
    pub(crate) balances: Balances,
    pub(crate) claims: Vec<RunName>,
    pub(crate) archive: Vec<RunName>,
    pub(crate) state: Vec<u8>,
}

/// A snapshot that has been built: what the live book takes over from it.
#[derive(Debug)]
pub(crate) struct Adoption {
    pub(crate) sequence: u64,
    pub(crate) claims: Vec<Arc<Run>>,
    pub(crate) archive: Vec<Arc<Run>>,
}

/// A snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The disk.
    #[error("{name}: {source}")]
    Io {
        /// The file.
        name: String,
        /// The error underneath.
        source: std::io::Error,
    },
    /// The bytes are there and are wrong, or are of another version.
    #[error("{name}: {what}")]
    Unusable {
        /// The file.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// One of its runs.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The journal it is built from.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ledger was closed meanwhile. What was built so far is thrown away.
    #[error("the ledger was closed meanwhile")]
    Closed,
    /// A record of the journal.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

pub(crate) fn name_of(sequence: u64) -> String {
    format!("{FOLDER}/{sequence:020}.snap")
}

/// Sequences of the snapshots that there are, oldest first.
pub(crate) fn sequences(storage: &dyn Storage) -> std::io::Result<Vec<u64>> {
    let names = storage.list(FOLDER)?;
    Ok(names.iter().filter_map(|name| name.strip_suffix(".snap")?.parse().ok()).collect())
}

/// The book as the newest usable snapshot has it; an empty one if there is none. An unusable snapshot is reported
/// and the one before it taken: nothing is lost by that but time.
pub(crate) fn latest<S: StateMachine>(storage: &dyn Storage) -> Result<Book<S>, SnapshotError> {
    let io = |source| SnapshotError::Io { name: FOLDER.to_owned(), source };
    for sequence in sequences(storage).map_err(io)?.into_iter().rev() {
        match read(storage, sequence) {
            Ok(book) => return Ok(book),
            Err(error) => tracing::warn!(%error, "A snapshot cannot be used; an older one or none is taken."),
        }
    }
    Ok(Book::empty())
}

fn read<S: StateMachine>(storage: &dyn Storage, sequence: u64) -> Result<Book<S>, SnapshotError> {
    let unusable = |what: String| SnapshotError::Unusable { name: name_of(sequence), what };
    let parts = read_parts(storage, sequence)?;
    if parts.machine_version != S::VERSION {
        return Err(unusable(format!("its state has version {}, not {}", parts.machine_version, S::VERSION)));
    }
    Ok(Book {
        time: parts.time,
        chain: parts.chain,
        frontier: parts.frontier,
        balances: parts.balances,
        claims: Table::new(open_runs(storage, parts.claims)?, sequence),
        archive: Table::new(open_runs(storage, parts.archive)?, sequence),
        state: S::decode(&parts.state).map_err(unusable)?,
    })
}

/// Reads the snapshot at `sequence` as far as the ledger understands it.
pub(crate) fn read_parts(storage: &dyn Storage, sequence: u64) -> Result<Parts, SnapshotError> {
    let name = name_of(sequence);
    let unusable = |what: &str| SnapshotError::Unusable { name: name.clone(), what: what.to_owned() };
    let io = |source| SnapshotError::Io { name: name.clone(), source };
    let file = storage.open(&name).map_err(io)?.ok_or_else(|| unusable("the file has gone"))?;
    let bytes = read_whole(&*file).map_err(io)?;
    let (header, body) = bytes.split_at_checked(HEADER_LEN).ok_or_else(|| unusable("it is too short"))?;
    let half = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
    if header[..8] != MAGIC || half(8) != VERSION {
        return Err(unusable("it does not begin as a snapshot of this version does"));
    }
    if crc32c::crc32c(&bytes[16..]) != half(12) {
        return Err(unusable("its checksum is wrong"));
    }
    let meta_len = u64::from_le_bytes(header[16..24].try_into().expect("eight bytes"));
    let meta_len = usize::try_from(meta_len).map_err(|_| unusable("its first part is too long"))?;
    let (meta, state) = body.split_at_checked(meta_len).ok_or_else(|| unusable("it ends early"))?;
    let meta: Meta = serde_json::from_slice(meta).map_err(|error| unusable(&error.to_string()))?;
    if meta.sequence != sequence {
        return Err(unusable(&format!("it is of record {}, which is not what its name says", meta.sequence)));
    }
    let hash = |text: &str| {
        let bytes = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Hash).ok_or_else(|| unusable("a hash in it is none"))
    };
    let peaks = meta.peaks.iter().map(|peak| hash(peak)).collect::<Result<_, _>>()?;
    let frontier =
        Frontier::from_parts(meta.sequence, peaks).ok_or_else(|| unusable("its frontier does not fit"))?;
    let mut balances = Balances::default();
    for line in &meta.balances {
        let number = |text: &str| text.parse::<i128>().map_err(|_| unusable("a balance in it is none"));
        balances.entry(line.account.clone()).or_default()[line.currency as usize] = Balance {
            debit: number(&line.debit)?,
            credit: number(&line.credit)?,
            pending_debit: number(&line.pending_debit)?,
            pending_credit: number(&line.pending_credit)?,
        };
    }
    Ok(Parts {
        machine_version: meta.machine_version,
        sequence,
        time: meta.time,
        chain: hash(&meta.chain)?,
        frontier,
        balances,
        claims: meta.claims,
        archive: meta.archive,
        state: state.to_vec(),
    })
}

fn open_runs(storage: &dyn Storage, names: Vec<RunName>) -> Result<Vec<Arc<Run>>, RunError> {
    names.into_iter().map(|name| Run::open(storage, name).map(Arc::new)).collect()
}

/// Builds the snapshot at `sequence`, where a segment begins, and returns what the live book takes over.
fn build<S: StateMachine>(
    storage: &dyn Storage,
    sequence: u64,
    is_closing: &AtomicBool,
) -> Result<Option<Adoption>, SnapshotError> {
    let mut adoption = None;
    loop {
        let book = latest::<S>(storage)?;
        let from = book.next_sequence();
        if from >= sequence {
            // Not after each step: newer snapshots that cannot be used count among the kept ones until this one is there.
            if adoption.is_some()
                && let Err(error) = remove_old(storage)
            {
                tracing::warn!(%error, "Old snapshots could not be removed.");
            }
            return Ok(adoption);
        }
        let starts = segment_starts(storage)?;
        let steps = starts.into_iter().filter(|start| (from + 1..=sequence).contains(start));
        let end = steps.take(SEGMENTS_PER_STEP).last().unwrap_or(sequence);
        adoption = Some(build_step(storage, book, end, is_closing)?);
    }
}

/// Builds what a start would otherwise replay into memory at once, when snapshots are far behind or could not be used.
pub(crate) fn build_if_far_behind<S: StateMachine>(storage: &dyn Storage) -> Result<(), SnapshotError> {
    let from = latest::<S>(storage)?.next_sequence();
    let starts = segment_starts(storage)?;
    if starts.iter().filter(|start| **start > from).count() > SEGMENTS_PER_STEP {
        tracing::warn!("Snapshots are far behind the journal, and are built before anything answers.");
        build_newest::<S>(storage, &AtomicBool::new(false))?;
    }
    Ok(())
}

/// Puts a run aside if it is damaged, and says whether it did. The snapshots that name it cannot be used any more, so
/// that what it held is made again from the journal.
pub(crate) fn set_aside(storage: &dyn Storage, error: &RunError) -> bool {
    let Some(name) = error.damaged_file() else { return false };
    let moved = storage.publish(name, &format!("{name}{DAMAGED_ENDING}"));
    match &moved {
        Ok(()) => tracing::error!(%error, "A damaged run was put aside and is made again from the journal."),
        // Whoever found it first has put it aside.
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => {}
        Err(failure) => tracing::error!(%error, %failure, "A damaged run could not be put aside."),
    }
    moved.is_ok()
}

/// The run that could not be read, if that is what went wrong.
fn unreadable_run(error: &SnapshotError) -> Option<&RunError> {
    match error {
        SnapshotError::Run(error) | SnapshotError::Apply(ApplyError::Table(error)) => Some(error),
        _ => None,
    }
}

/// Builds the snapshot at the newest segment. Damage that is met on the way is put aside.
fn build_newest<S: StateMachine>(
    storage: &dyn Storage,
    is_closing: &AtomicBool,
) -> Result<Option<Adoption>, SnapshotError> {
    loop {
        let newest = segment_starts(storage)?.last().copied().unwrap_or(0);
        match build::<S>(storage, newest, is_closing) {
            Err(error) if unreadable_run(&error).is_some_and(|run| set_aside(storage, run)) => {}
            outcome => return outcome,
        }
    }
}

/// One step of [`build`], on from `book` to `sequence`.
fn build_step<S: StateMachine>(
    storage: &dyn Storage,
    mut book: Book<S>,
    sequence: u64,
    is_closing: &AtomicBool,
) -> Result<Adoption, SnapshotError> {
    let from = book.next_sequence();
    let mut failure = None;
    read_files(storage, from, &mut |batch| {
        if batch.first_sequence() >= sequence || is_closing.load(Ordering::Relaxed) {
            return false;
        }
        let mut stored = Vec::new();
        let applied = match batch.follow(book.next_sequence(), &book.chain) {
            Ok(hashed) => book.replay(batch, &hashed, &mut stored),
            Err(error) => {
                Err(ApplyError::Refused { sequence: book.next_sequence(), what: error.to_string() })
            }
        };
        failure = applied.err();
        failure.is_none()
    })?;
    if let Some(error) = failure {
        return Err(error.into());
    }
    if is_closing.load(Ordering::Relaxed) {
        return Err(SnapshotError::Closed);
    }
    let claims = runs_after(storage, "claims", &book.claims, from, sequence)?;
    let archive = runs_after(storage, "archive", &book.archive, from, sequence)?;
    write(storage, &book, &claims, &archive)?;
    Ok(Adoption { sequence, claims, archive })
}

/// The runs of the snapshot before and one more of what came since, merged where too many of a size have gathered.
fn runs_after<V: Value>(
    storage: &dyn Storage,
    table_name: &str,
    table: &Table<V>,
    from: u64,
    sequence: u64,
) -> Result<Vec<Arc<Run>>, RunError> {
    let mut runs = table.runs().to_vec();
    let name =
        |first_sequence| RunName { table: table_name.to_owned(), first_sequence, end_sequence: sequence };
    let entries = table.sorted_from_memory();
    if !entries.is_empty() {
        let encoded = entries.into_iter().map(|(key, value)| {
            let mut bytes = Vec::new();
            value.encode(&mut bytes);
            Ok((key, bytes))
        });
        runs.push(Arc::new(write_run(storage, name(from), encoded)?));
    }
    while let Some(start) = mergeable_tail(&runs) {
        let merged = merge_runs(storage, name(runs[start].name().first_sequence), &runs[start..])?;
        runs.truncate(start);
        runs.push(Arc::new(merged));
    }
    Ok(runs)
}

/// Where the newest runs of one size begin, if there are enough of them. Sizes are powers of four: a key is merged
/// again about as often as its table has quadrupled.
fn mergeable_tail(runs: &[Arc<Run>]) -> Option<usize> {
    let size = |run: &Arc<Run>| (run.key_count().max(1).ilog2()) / 2;
    let newest = size(runs.last()?);
    let tail_count = runs.iter().rev().take_while(|run| size(run) <= newest).count();
    (tail_count >= MERGED_RUN_COUNT).then(|| runs.len() - tail_count)
}

fn write<S: StateMachine>(
    storage: &dyn Storage,
    book: &Book<S>,
    claims: &[Arc<Run>],
    archive: &[Arc<Run>],
) -> Result<(), SnapshotError> {
    let names = |runs: &[Arc<Run>]| runs.iter().map(|run| run.name().clone()).collect();
    let balances = book.trial_balance().into_iter().map(|((account, currency), balance)| AccountBalance {
        account: AccountCode::parse(&account).expect("an account that was posted to has a code"),
        currency,
        debit: balance.debit.to_string(),
        credit: balance.credit.to_string(),
        pending_debit: balance.pending_debit.to_string(),
        pending_credit: balance.pending_credit.to_string(),
    });
    let meta = Meta {
        machine_version: S::VERSION,
        sequence: book.next_sequence(),
        time: book.time,
        chain: book.chain.to_string(),
        peaks: book.frontier.peaks().iter().map(Hash::to_string).collect(),
        balances: balances.collect(),
        claims: names(claims),
        archive: names(archive),
    };
    let meta = serde_json::to_vec(&meta).expect("the first part of a snapshot can be written as JSON");
    let mut bytes = vec![0; HEADER_LEN];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[16..24].copy_from_slice(&(meta.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&meta);
    bytes.extend_from_slice(&book.state.encode());
    let checksum = crc32c::crc32c(&bytes[16..]);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    let name = name_of(book.next_sequence());
    write_whole(storage, &name, &bytes).map_err(|source| SnapshotError::Io { name, source })
}

/// Removes all but the newest snapshots, and the runs that none of the kept ones names.
fn remove_old(storage: &dyn Storage) -> Result<(), SnapshotError> {
    let io = |source| SnapshotError::Io { name: FOLDER.to_owned(), source };
    let sequences = sequences(storage).map_err(io)?;
    let (old, kept) = sequences.split_at(sequences.len().saturating_sub(KEPT_COUNT));
    let mut named = Vec::new();
    for sequence in kept {
        named.extend(run_names(storage, *sequence)?);
    }
    for sequence in old {
        storage.remove(&name_of(*sequence)).map_err(io)?;
    }
    for run in storage.list("runs").map_err(io)? {
        let run = format!("runs/{run}");
        if !named.contains(&run) && !run.ends_with(DAMAGED_ENDING) {
            storage.remove(&run).map_err(io)?;
        }
    }
    Ok(())
}

fn run_names(storage: &dyn Storage, sequence: u64) -> Result<Vec<String>, SnapshotError> {
    let name = name_of(sequence);
    let unusable = |what: &str| SnapshotError::Unusable { name: name.clone(), what: what.to_owned() };
    let io = |source| SnapshotError::Io { name: name.clone(), source };
    let file = storage.open(&name).map_err(io)?.ok_or_else(|| unusable("the file has gone"))?;
    let mut header = [0; HEADER_LEN];
    file.read_exact_at(&mut header, 0).map_err(io)?;
    let meta_len = u64::from_le_bytes(header[16..24].try_into().expect("eight bytes"));
    if header[..8] != MAGIC || meta_len > file.byte_count().map_err(io)? {
        return Err(unusable("it does not begin as a snapshot does"));
    }
    let mut meta = vec![0; usize::try_from(meta_len).map_err(|_| unusable("its first part is too long"))?];
    file.read_exact_at(&mut meta, HEADER_LEN as u64).map_err(io)?;
    let meta: Meta = serde_json::from_slice(&meta).map_err(|error| unusable(&error.to_string()))?;
    Ok(meta.claims.iter().chain(&meta.archive).map(RunName::to_string).collect())
}

/// The thread that builds snapshots.
#[derive(Debug)]
pub(crate) struct Snapshotter {
    wake: Option<SyncSender<()>>,
    is_closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Snapshotter {
    /// Starts the thread; `adopt` is given each snapshot that was built.
    pub(crate) fn start<S: StateMachine>(
        storage: Arc<dyn Storage>,
        adopt: impl Fn(Adoption) + Send + 'static,
    ) -> Self {
        // One waiting request is enough: the thread looks up by itself how far the journal is sealed.
        let (wake, requests) = sync_channel(1);
        let is_closing = Arc::new(AtomicBool::new(false));
        let for_thread = Arc::clone(&is_closing);
        let thread = std::thread::Builder::new()
            .name("snapshots".to_owned())
            .spawn(move || build_all::<S>(&*storage, &requests, &adopt, &for_thread))
            .expect("a thread can be started while the program starts");
        Self { wake: Some(wake), is_closing, thread: Some(thread) }
    }

    /// How others say that there is something to build: a segment was sealed, or a run was put aside. Never waits.
    pub(crate) fn waker(&self) -> impl Fn() + Send + Sync + 'static {
        let sender = self.wake.clone().expect("the thread runs until it is dropped");
        // A full channel means that a request waits already.
        move || {
            let _ = sender.try_send(());
        }
    }
}

impl Drop for Snapshotter {
    fn drop(&mut self) {
        // Nobody waits for a snapshot that the next start can do without.
        self.is_closing.store(true, Ordering::Relaxed);
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn build_all<S: StateMachine>(
    storage: &dyn Storage,
    requests: &Receiver<()>,
    adopt: &dyn Fn(Adoption),
    is_closing: &AtomicBool,
) {
    while requests.recv().is_ok() {
        match build_newest::<S>(storage, is_closing) {
            Ok(Some(adoption)) => {
                tracing::info!(sequence = adoption.sequence, "A snapshot of the book was written.");
                adopt(adoption);
            }
            Ok(None) | Err(SnapshotError::Closed) => {}
            Err(error) => {
                tracing::error!(%error, "A snapshot of the book could not be built; the next start takes longer.")
            }
        }
    }
}
