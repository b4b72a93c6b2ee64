//! An append-only file of JSON lines whose writers can wait until their line has reached the disk.
//!
//! Both witnesses of this crate are such files: what the sandbox knows to have moved, and what the load
//! generator has sent and seen answered. One thread writes. It takes everything that has gathered, writes it,
//! and calls fdatasync once for all of it (group commit), so that a thousand writers wait for one sync. A
//! line nobody waits for is synced with the next one that somebody waits for, or after [`LAZY_SYNC`].
//!
//! After a failed write or sync nothing is written any more: what the disk holds is then unknown, and a
//! witness that guesses is none.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// How many lines may wait for the disk. More writers than that wait for room.
pub(crate) const QUEUED_LINES_MAX: usize = 8_192;

/// How long a line that nobody waits for may stay unsynced.
const LAZY_SYNC: Duration = Duration::from_millis(200);

/// How long a lock is tried for that somebody else has.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(1);
const LOCK_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// Why a line could not be kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct LogFailure {
    /// The file.
    path: PathBufText,
    /// What the operating system said, or that an earlier failure ended the log.
    reason: Arc<str>,
}

/// A path that displays as itself.
#[derive(Debug, Clone)]
struct PathBufText(PathBuf);

impl std::fmt::Display for PathBufText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.display().fmt(formatter)
    }
}

impl LogFailure {
    fn new(path: &Path, reason: &str) -> Self {
        Self { path: PathBufText(path.to_path_buf()), reason: reason.into() }
    }
}

/// The open log. Dropping it writes and syncs what is still queued.
pub(crate) struct SyncedLog {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

struct Shared {
    path: PathBuf,
    queue: Mutex<Queue>,
    wake: Condvar,
    room: Semaphore,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Line>,
    closed: bool,
    failure: Option<LogFailure>,
}

struct Line {
    bytes: Vec<u8>,
    synced: Option<oneshot::Sender<Result<(), LogFailure>>>,
}

/// A place in the queue, taken before a lock is taken, so that the order of lines can follow the order under
/// that lock.
pub(crate) struct Room<'log> {
    log: &'log SyncedLog,
    permit: SemaphorePermit<'log>,
}

/// Resolves when the line has reached the disk.
#[must_use = "a line is durable only after this has resolved"]
pub(crate) struct Synced {
    answer: oneshot::Receiver<Result<(), LogFailure>>,
    path: PathBuf,
}

impl SyncedLog {
    /// Opens or creates the file, locks it against a second writer, gives every complete line to `each` and
    /// cuts off a last line that a crash left without its end: nobody was told that such a line is kept.
    pub(crate) fn open(
        path: &Path,
        mut each: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<Self, LogFailure> {
        let fail = |error: &dyn std::fmt::Display| LogFailure::new(path, &error.to_string());
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private_to_owner(&mut options);
        let mut file = options.open(path).map_err(|error| fail(&error))?;
        lock(&file).map_err(|error| match error {
            TryLockError::WouldBlock => fail(&"another process writes this file"),
            TryLockError::Error(error) => fail(&error),
        })?;
        let complete = read_complete_lines(&file, &mut each).map_err(|reason| fail(&reason))?;
        file.set_len(complete).map_err(|error| fail(&error))?;
        file.seek(SeekFrom::Start(complete)).map_err(|error| fail(&error))?;
        file.sync_all().map_err(|error| fail(&error))?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // The name of a new file is durable only with its folder.
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| fail(&error))?;
        }
        Self::writing_to(path, file).map_err(|error| fail(&error))
    }

    /// A log that continues at the file's present position.
    fn writing_to(path: &Path, file: File) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            path: path.to_path_buf(),
            queue: Mutex::default(),
            wake: Condvar::new(),
            room: Semaphore::new(QUEUED_LINES_MAX),
        });
        let writing = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("synced-log".into())
            .spawn(move || writing.write_until_closed(file))?;
        Ok(Self { shared, writer: Some(writer) })
    }

    /// A log on a full disk: it opens, and every write fails.
    #[cfg(test)]
    pub(crate) fn on_a_full_disk() -> Self {
        let path = Path::new("/dev/full");
        Self::writing_to(path, OpenOptions::new().write(true).open(path).unwrap()).unwrap()
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Waits for a place in the queue.
    pub(crate) async fn room(&self) -> Room<'_> {
        let permit = self.shared.room.acquire().await.expect("the semaphore is never closed");
        Room { log: self, permit }
    }

    /// Appends a line that need not be durable at once.
    pub(crate) async fn note(&self, line: &impl Serialize) {
        let room = self.room().await;
        room.queue(line, None);
    }

    /// Appends a line and returns once it is on disk.
    pub(crate) async fn append(&self, line: &impl Serialize) -> Result<(), LogFailure> {
        self.room().await.push(line).wait().await
    }

    /// Returns once everything appended before is on disk.
    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        let room = self.room().await;
        let (sender, answer) = oneshot::channel();
        room.queue_bytes(Vec::new(), Some(sender));
        Synced { answer, path: self.shared.path.clone() }.wait().await
    }
}

impl Drop for SyncedLog {
    /// Waits for the writer: whoever opens the file next must find it complete.
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
        if let Some(writer) = self.writer.take() {
            // A panic of the writer has been reported by the panic hook; there is nobody left to tell.
            let _ = writer.join();
        }
    }
}

impl Room<'_> {
    /// Queues the line now, in this order; the result tells when it is durable.
    pub(crate) fn push(self, line: &impl Serialize) -> Synced {
        let (sender, answer) = oneshot::channel();
        let path = self.log.shared.path.clone();
        self.queue(line, Some(sender));
        Synced { answer, path }
    }

    fn queue(self, line: &impl Serialize, synced: Option<oneshot::Sender<Result<(), LogFailure>>>) {
        let mut bytes = serde_json::to_vec(line).expect("log lines have text keys and finite values");
        bytes.push(b'\n');
        self.queue_bytes(bytes, synced);
    }

    fn queue_bytes(self, bytes: Vec<u8>, synced: Option<oneshot::Sender<Result<(), LogFailure>>>) {
        // The writer gives the place back once it has written the line.
        self.permit.forget();
        self.log.shared.lock().lines.push_back(Line { bytes, synced });
        self.log.shared.wake.notify_one();
    }
}

impl Synced {
    /// Waits until the line is on disk.
    pub(crate) async fn wait(self) -> Result<(), LogFailure> {
        match self.answer.await {
            Ok(result) => result,
            Err(_) => Err(LogFailure::new(&self.path, "the writer has stopped")),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A queue has no half-done state that a panicking holder could leave behind.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_until_closed(&self, mut file: File) {
        let mut unsynced = false;
        while let Some(batch) = self.next_batch(unsynced) {
            let wanted = batch.is_empty() || batch.iter().any(|line| line.synced.is_some());
            let result = self.write(&mut file, &batch, wanted);
            unsynced = !wanted;
            self.room.add_permits(batch.len());
            for line in batch {
                if let Some(synced) = line.synced {
                    // The one who waited may have been cancelled; the line stays.
                    let _ = synced.send(result.clone());
                }
            }
        }
    }

    /// Everything queued; an empty batch when unsynced lines have waited long enough; `None` at the end.
    fn next_batch(&self, unsynced: bool) -> Option<VecDeque<Line>> {
        let mut queue = self.lock();
        loop {
            if !queue.lines.is_empty() {
                return Some(std::mem::take(&mut queue.lines));
            }
            if queue.closed {
                return unsynced.then(VecDeque::new);
            }
            if unsynced {
                let (woken, timeout) =
                    self.wake.wait_timeout(queue, LAZY_SYNC).unwrap_or_else(PoisonError::into_inner);
                queue = woken;
                if timeout.timed_out() && queue.lines.is_empty() {
                    return Some(VecDeque::new());
                }
            } else {
                queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn write(&self, file: &mut File, batch: &VecDeque<Line>, sync: bool) -> Result<(), LogFailure> {
        if let Some(failure) = &self.lock().failure {
            return Err(failure.clone());
        }
        let mut bytes = Vec::with_capacity(batch.iter().map(|line| line.bytes.len()).sum());
        batch.iter().for_each(|line| bytes.extend_from_slice(&line.bytes));
        let written = file.write_all(&bytes).and_then(|()| if sync { file.sync_data() } else { Ok(()) });
        written.map_err(|error| {
            let failure = LogFailure::new(&self.path, &format!("{error}; nothing more is written"));
            self.lock().failure = Some(failure.clone());
            failure
        })
    }
}

/// Locks the file against a second writer. Whoever starts another program just when a log is closed lends it the lock
/// until that program runs: so the lock is tried for a moment before it counts as somebody else's.
fn lock(file: &File) -> Result<(), TryLockError> {
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_WAIT_MAX => {
                std::thread::sleep(LOCK_AGAIN_AFTER);
            }
            result => return result,
        }
    }
}

/// Reads line by line and returns how many bytes belong to complete lines.
fn read_complete_lines(
    file: &File,
    each: &mut impl FnMut(&str) -> Result<(), String>,
) -> Result<u64, String> {
    let mut reader = BufReader::new(file);
    let mut complete = 0;
    let mut number = 0_u64;
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        if line.pop() != Some(b'\n') {
            return Ok(complete);
        }
        number += 1;
        let text = std::str::from_utf8(&line).map_err(|error| format!("line {number}: {error}"))?;
        each(text).map_err(|reason| format!("line {number}: {reason}"))?;
        complete += length as u64;
    }
}

/// The record names phone hashes and callback addresses: nobody but the owner needs to read it.
fn private_to_owner(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

/// The I/O error of a path that could not be made.
pub(crate) fn create_folder(folder: &Path) -> Result<(), LogFailure> {
    std::fs::create_dir_all(folder).map_err(|error: io::Error| LogFailure::new(folder, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines_of(path: &Path) -> Vec<String> {
        let mut lines = Vec::new();
        drop(
            SyncedLog::open(path, |line| {
                lines.push(line.to_owned());
                Ok(())
            })
            .unwrap(),
        );
        lines
    }

    #[tokio::test]
    async fn lines_keep_their_order_and_survive_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.ndjson");
        let log = SyncedLog::open(&path, |_| Ok(())).unwrap();
        log.note(&json!({"n": 1})).await;
        log.append(&json!({"n": 2})).await.unwrap();
        log.note(&json!({"n": 3})).await;
        drop(log);
        assert_eq!(lines_of(&path), [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#]);
    }

    #[tokio::test]
    async fn a_last_line_without_its_end_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.ndjson");
        std::fs::write(&path, "{\"n\":1}\n{\"n\":").unwrap();
        let log = SyncedLog::open(&path, |_| Ok(())).unwrap();
        log.append(&json!({"n": 2})).await.unwrap();
        drop(log);
        assert_eq!(lines_of(&path), [r#"{"n":1}"#, r#"{"n":2}"#]);
    }

    #[test]
    fn a_second_writer_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.ndjson");
        let _first = SyncedLog::open(&path, |_| Ok(())).unwrap();
        let Err(failure) = SyncedLog::open(&path, |_| Ok(())) else { panic!("two writers on one file") };
        assert!(failure.to_string().contains("another process writes this file"), "{failure}");
    }

    #[test]
    fn a_line_that_makes_no_sense_stops_the_start_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.ndjson");
        std::fs::write(&path, "fine\nodd\n").unwrap();
        let opened = SyncedLog::open(&path, |line| if line == "fine" { Ok(()) } else { Err("odd".into()) });
        let Err(failure) = opened else { panic!("opened a log that makes no sense") };
        assert!(failure.to_string().ends_with("line 2: odd"), "{failure}");
    }

    #[tokio::test]
    async fn whoever_waits_for_a_line_learns_that_it_was_not_kept() {
        let log = SyncedLog::on_a_full_disk();
        log.append(&json!({"n": 1})).await.unwrap_err();
        log.note(&json!({"n": 2})).await;
        let failure = log.flush().await.unwrap_err();
        assert!(failure.to_string().contains("nothing more is written"), "{failure}");
    }

    #[test]
    fn after_a_failed_write_nothing_is_written_any_more() {
        let log = SyncedLog::on_a_full_disk();
        let batch = || VecDeque::from([Line { bytes: b"{}\n".to_vec(), synced: None }]);
        let mut full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert!(log.shared.write(&mut full, &batch(), true).is_err());
        let folder = tempfile::tempdir().unwrap();
        let mut healthy = File::create(folder.path().join("healthy")).unwrap();
        assert!(log.shared.write(&mut healthy, &batch(), true).is_err(), "the log must stay ended");
    }
}
