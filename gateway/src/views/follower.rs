//! The follower: reads what the journal has beyond the views, and writes it into them, for ever. Whatever fails here
//! costs the views and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ledger::journal::file::Trail;
use sqlx::sqlite::SqlitePoolOptions;

use super::changes::Changes;
use super::error::ViewsError;
use super::file::{ViewsFile, reading};
use super::folder::Folder;
use super::shared::{Serving, Shared};

/// A transaction takes no further batch once it has so many records. A batch has some two thousand at most.
const RECORDS_PER_TRANSACTION: usize = 4096;
/// How long the head of the journal is looked at again after nothing new was found. Looking costs a lock and a copy.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The first pause after a failure; each further one doubles it.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);
const PAUSE_AFTER_FAILURE_MAX: Duration = Duration::from_secs(30);
/// Connections that answer questions. Each is a thread of its own.
const READING_CONNECTIONS_MAX: u32 = 4;
/// How long a question waits for a connection.
const CONNECTION_WAIT_MAX: Duration = Duration::from_secs(2);

pub(super) struct Follower {
    folder: Folder,
    trail: Trail,
    shared: Arc<Shared>,
    file: Option<Numbered>,
    needs_new_file: bool,
}

struct Numbered {
    number: u64,
    file: ViewsFile,
}

/// What a turn came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Rows were written; there may be more.
    Wrote,
    /// The views have everything that the journal has.
    CaughtUp,
}

/// Runs a follower on this thread until it is told to stop. A panic is a failure like others.
pub(super) fn run_until_stopped(
    runtime: &tokio::runtime::Runtime,
    folder: &std::path::Path,
    trail: &Trail,
    shared: &Arc<Shared>,
) {
    loop {
        let follow = || {
            let mut follower =
                Follower::new(Folder::new(folder.to_owned()), trail.clone(), Arc::clone(shared));
            runtime.block_on(follower.run());
        };
        if catch_unwind(AssertUnwindSafe(follow)).is_ok() {
            return;
        }
        shared.note_failure(&ViewsError::Panicked);
        tracing::error!(
            "The thread that builds the views panicked. It starts again; the books are not concerned."
        );
        runtime.block_on(shared.pause(PAUSE_AFTER_FAILURE_MAX));
    }
}

impl Follower {
    pub(super) fn new(folder: Folder, trail: Trail, shared: Arc<Shared>) -> Self {
        Self { folder, trail, shared, file: None, needs_new_file: false }
    }

    async fn run(&mut self) {
        let mut pause = PAUSE_AFTER_FAILURE;
        while !self.shared.stop.is_cancelled() {
            if self.shared.take_asked_build() {
                self.build_anew();
            }
            match self.turn().await {
                Ok(turn) => {
                    pause = PAUSE_AFTER_FAILURE;
                    if turn == Turn::CaughtUp {
                        self.shared.pause(POLL_INTERVAL).await;
                    }
                }
                Err(error) => {
                    self.give_up_file(&error).await;
                    self.shared.pause(pause).await;
                    pause = (pause * 2).min(PAUSE_AFTER_FAILURE_MAX);
                }
            }
        }
        self.end().await;
    }

    /// The next turn begins a new file.
    pub(super) fn build_anew(&mut self) {
        self.needs_new_file = true;
    }

    /// Brings the views forward by one transaction.
    pub(super) async fn turn(&mut self) -> Result<Turn, ViewsError> {
        if self.needs_new_file {
            self.begin_file().await?;
        }
        if self.file.is_none() {
            self.open_newest_file().await?;
        }
        let changes = read_ahead(&mut self.trail)?;
        let Numbered { number, file } = self.file.as_mut().expect("a file has just been opened or begun");
        file.check_that_it_is_there()?;
        if changes.end.is_some() {
            file.write(&changes).await?;
            self.shared.note_progress(file.next_sequence(), file.is_complete());
            return Ok(Turn::Wrote);
        }
        if !file.is_complete() {
            file.mark_complete().await?;
            tracing::info!(records = file.next_sequence(), "The views are built.");
        }
        let (number, next_sequence) = (*number, file.next_sequence());
        self.let_answer(number).await?;
        self.shared.note_progress(next_sequence, true);
        Ok(Turn::CaughtUp)
    }

    /// Opens the newest file that is of use, and lets it answer, or an older one as long as it is not complete.
    async fn open_newest_file(&mut self) -> Result<(), ViewsError> {
        let mut numbers = self.folder.numbers()?;
        while let Some(number) = numbers.pop() {
            let Some(file) = self.open_if_of_use(number).await? else { continue };
            let (is_complete, next_sequence) = (file.is_complete(), file.next_sequence());
            self.file = Some(Numbered { number, file });
            if is_complete {
                self.let_answer(number).await?;
            } else {
                self.let_older_answer(numbers).await?;
            }
            self.shared.note_progress(next_sequence, is_complete);
            return Ok(());
        }
        self.begin_file().await
    }

    async fn open_if_of_use(&mut self, number: u64) -> Result<Option<ViewsFile>, ViewsError> {
        match ViewsFile::open(self.folder.path_of(number), &mut self.trail).await {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.asks_for_a_new_file() => {
                tracing::warn!(%error, "A file of views is of no use and is removed: the journal has everything.");
                self.folder.remove(number)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Lets the newest complete file of these answer; the others are removed when the building ends.
    async fn let_older_answer(&mut self, mut numbers: Vec<u64>) -> Result<(), ViewsError> {
        let place = self.trail.next_sequence();
        while let Some(number) = numbers.pop() {
            let opened = self.open_if_of_use(number).await;
            self.trail.go_to(place);
            let Some(file) = opened? else { continue };
            let (is_complete, next_sequence) = (file.is_complete(), file.next_sequence());
            file.close().await;
            if is_complete {
                self.serve(number).await?;
                self.shared.note_older_answers(next_sequence);
                break;
            }
        }
        Ok(())
    }

    /// Begins a file from the first record on. What answers now goes on answering; every other file makes room.
    async fn begin_file(&mut self) -> Result<(), ViewsError> {
        if let Some(Numbered { file, .. }) = self.file.take() {
            file.close().await;
        }
        let serving = self.shared.serving.load().as_ref().map(|serving| serving.number);
        let number = self.folder.next_number()?.max(serving.map_or(0, |serving| serving + 1));
        self.folder.remove_all_but(serving.as_slice())?;
        let file = ViewsFile::create(self.folder.path_of(number), &self.trail).await?;
        tracing::info!(
            number,
            records = self.trail.record_count(),
            "The views are built from the first record on."
        );
        self.trail.go_to(0);
        self.file = Some(Numbered { number, file });
        self.needs_new_file = false;
        self.shared.note_build();
        Ok(())
    }

    /// Lets the file with this number answer from now on, if it does not yet, and removes the others.
    async fn let_answer(&mut self, number: u64) -> Result<(), ViewsError> {
        if self.shared.serving.load().as_ref().is_some_and(|serving| serving.number == number) {
            return Ok(());
        }
        self.serve(number).await?;
        self.folder.remove_all_but(&[number])
    }

    async fn serve(&self, number: u64) -> Result<(), ViewsError> {
        let pool = SqlitePoolOptions::new()
            .max_connections(READING_CONNECTIONS_MAX)
            .acquire_timeout(CONNECTION_WAIT_MAX)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(reading(&self.folder.path_of(number)));
        // All connections at once, and each reads: from then on they hold the file and those beside it, even if somebody
        // removes their names.
        let mut connections = Vec::new();
        for _ in 0..READING_CONNECTIONS_MAX {
            let mut connection = pool.acquire().await?;
            sqlx::query("SELECT next_sequence FROM progress").execute(&mut *connection).await?;
            connections.push(connection);
        }
        drop(connections);
        let earlier = self.shared.serving.swap(Some(Arc::new(Serving { number, pool })));
        if let Some(earlier) = earlier {
            // Questions that it is answering are answered; then its connections go.
            tokio::spawn(async move { earlier.pool.close().await });
        }
        Ok(())
    }

    async fn give_up_file(&mut self, error: &ViewsError) {
        tracing::warn!(%error, "The views cannot follow the journal now. They try again; the books are not concerned.");
        self.needs_new_file |= error.asks_for_a_new_file();
        self.shared.note_failure(error);
        if let Some(Numbered { file, .. }) = self.file.take() {
            file.close().await;
        }
    }

    /// Closes everything. The file goes last: whoever closes last tidies up, and readers may not.
    pub(super) async fn end(&mut self) {
        self.shared.note_end();
        if let Some(serving) = self.shared.serving.swap(None) {
            serving.pool.close().await;
        }
        if let Some(Numbered { file, .. }) = self.file.take() {
            file.close().await;
        }
    }
}

/// Takes whole batches from the trail, so many as one transaction should have.
fn read_ahead(trail: &mut Trail) -> Result<Changes, ViewsError> {
    let mut changes = Changes::default();
    while changes.record_count < RECORDS_PER_TRANSACTION {
        match trail.next_batch()? {
            Some(batch) => changes.add_batch(&batch)?,
            None => break,
        }
    }
    Ok(changes)
}
