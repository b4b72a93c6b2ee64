//! One file of views: made, opened, checked against the journal it claims to follow, and moved forward by one
//! transaction at a time. Only the follower's own thread uses this, so no caller who hangs up can end a transaction
//! half way.

use std::fs;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ledger::journal::file::Trail;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};

use super::changes::Changes;
use super::error::ViewsError;
use super::rows;

/// The schema, in the order in which it is built.
pub(super) const MIGRATIONS: [&str; 13] = [
    include_str!("migrations/0001_progress.sql"),
    include_str!("migrations/0002_bills.sql"),
    include_str!("migrations/0003_payments.sql"),
    include_str!("migrations/0004_entries.sql"),
    include_str!("migrations/0005_usage.sql"),
    include_str!("migrations/0006_minutes.sql"),
    include_str!("migrations/0007_balances.sql"),
    include_str!("migrations/0008_applications.sql"),
    include_str!("migrations/0009_records_of_bills.sql"),
    include_str!("migrations/0010_fallback.sql"),
    include_str!("migrations/0011_counters.sql"),
    include_str!("migrations/0012_passes.sql"),
    include_str!("migrations/0013_invoices.sql"),
];
/// Raised with every change of the migrations, and with every change of what is written into their tables. A file of
/// another version is built again.
pub(super) const SCHEMA_VERSION: i64 = 10;
/// `MLPV`: tells `file` and others whose database this is.
const APPLICATION_ID: i64 = 0x4d4c_5056;

/// Pages of 4 KiB that gather in the write-ahead file before they are moved: each move syncs, on the disk that the
/// journal syncs too.
const PAGES_BETWEEN_CHECKPOINTS: &str = "16384";
/// Negative means KiB. Room for the upper parts of the indexes that are written at random.
const WRITER_CACHE: &str = "-65536";
/// What the write-ahead file is cut back to, after a reader held it open for long.
const WRITE_AHEAD_BYTES_KEPT: &str = "134217728";
/// Nobody else writes. A checkpoint of the sqlite3 shell may hold the lock for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open file of views, to be written.
pub(super) struct ViewsFile {
    path: PathBuf,
    /// Device and inode: tells this file from another under the same name.
    identity: (u64, u64),
    connection: SqliteConnection,
    next_sequence: u64,
    is_complete: bool,
}

impl ViewsFile {
    /// Makes a new, empty file for this journal. There must be none of its name.
    pub(super) async fn create(path: PathBuf, trail: &Trail) -> Result<Self, ViewsError> {
        let file_error = |source| ViewsError::File { path: path.clone(), source };
        // SQLite would make it readable by everybody; its other files get the rights of this one.
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(file_error)?;
        let mut connection = connect(&path).await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for migration in MIGRATIONS {
            sqlx::raw_sql(migration).execute(&mut *transaction).await?;
        }
        sqlx::query("INSERT INTO progress (id, journal, next_sequence, batch, is_complete) VALUES (1, ?1, 0, NULL, 0)")
            .bind(&trail.journal_id()[..])
            .execute(&mut *transaction)
            .await?;
        // PRAGMA takes no bound values; these are constants of ours.
        let stamp =
            format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(stamp)).execute(&mut *transaction).await?;
        transaction.commit().await?;
        let identity = identity_of(&path)?;
        Ok(Self { path, identity, connection, next_sequence: 0, is_complete: false })
    }

    /// Opens a file and moves `trail` to where it ends. [`ViewsError::Unusable`] if it is of another version, of another
    /// journal, or of another history of this one.
    pub(super) async fn open(path: PathBuf, trail: &mut Trail) -> Result<Self, ViewsError> {
        let unusable = |what: String| ViewsError::Unusable { path: path.clone(), what };
        let identity = identity_of(&path)?;
        let mut connection = connect(&path).await?;
        let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await?;
        let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await?;
        if (application, version) != (APPLICATION_ID, SCHEMA_VERSION) {
            return Err(unusable(format!("it has version {version}, this program writes {SCHEMA_VERSION}")));
        }
        let progress = sqlx::query("SELECT journal, next_sequence, batch, is_complete FROM progress")
            .fetch_optional(&mut connection)
            .await?
            .ok_or_else(|| unusable("it does not say how far it goes".to_owned()))?;
        let journal: Vec<u8> = progress.try_get("journal")?;
        if journal != trail.journal_id() {
            return Err(unusable("it follows another journal".to_owned()));
        }
        let next_sequence: i64 = progress.try_get("next_sequence")?;
        let next_sequence = u64::try_from(next_sequence)
            .map_err(|_| unusable(format!("it says that it goes to record {next_sequence}")))?;
        let batch: Option<Vec<u8>> = progress.try_get("batch")?;
        if !has_the_same_history(trail, next_sequence, batch.as_deref())? {
            return Err(unusable(format!("the journal tells another history before record {next_sequence}")));
        }
        let is_complete = progress.try_get("is_complete")?;
        Ok(Self { path, identity, connection, next_sequence, is_complete })
    }

    /// The first record that is not in the rows.
    pub(super) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// True once the rows have reached the head of the journal.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whoever removes or replaces the file wants it built again. SQLite would go on writing what nobody can open.
    pub(super) fn check_that_it_is_there(&self) -> Result<(), ViewsError> {
        match identity_of(&self.path) {
            Ok(identity) if identity == self.identity => Ok(()),
            _ => Err(ViewsError::Unusable {
                path: self.path.clone(),
                what: "it was removed or replaced".to_owned(),
            }),
        }
    }

    /// Writes changes and progress in one transaction.
    pub(super) async fn write(&mut self, changes: &Changes) -> Result<(), ViewsError> {
        let Some((end, batch)) = changes.end else { return Ok(()) };
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        rows::write(&mut transaction, changes).await?;
        let moved =
            sqlx::query("UPDATE progress SET next_sequence = ?1, batch = ?2 WHERE next_sequence = ?3")
                .bind(sequence_column(end))
                .bind(&batch[..])
                .bind(sequence_column(self.next_sequence))
                .execute(&mut *transaction)
                .await?;
        if moved.rows_affected() != 1 {
            let what = "somebody else has written it".to_owned();
            return Err(ViewsError::Unusable { path: self.path.clone(), what });
        }
        transaction.commit().await?;
        self.next_sequence = end;
        Ok(())
    }

    /// Notes that the rows have reached the head of the journal.
    pub(super) async fn mark_complete(&mut self) -> Result<(), ViewsError> {
        sqlx::query("UPDATE progress SET is_complete = 1").execute(&mut self.connection).await?;
        self.is_complete = true;
        Ok(())
    }

    /// Closes the file: what gathered in the write-ahead file is moved to its place.
    pub(super) async fn close(self) {
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, path = %self.path.display(), "A file of views could not be closed properly.");
        }
    }
}

/// What readers need to open the file: they can write nothing, whatever they ask.
pub(super) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("query_only", "ON")
        .disable_statement_logging()
}

async fn connect(path: &Path) -> Result<SqliteConnection, ViewsError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // A power cut may take back the latest transactions, whole ones. The journal has what they said.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(false)
        .pragma("wal_autocheckpoint", PAGES_BETWEEN_CHECKPOINTS)
        .pragma("journal_size_limit", WRITE_AHEAD_BYTES_KEPT)
        .pragma("cache_size", WRITER_CACHE)
        // Its statements are as long as they have rows.
        .disable_statement_logging();
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// True if the journal has, right before `next_sequence`, the batch that the file saw there. Leaves `trail` there.
fn has_the_same_history(
    trail: &mut Trail,
    next_sequence: u64,
    batch: Option<&[u8]>,
) -> Result<bool, ViewsError> {
    let is_same = match next_sequence.checked_sub(1) {
        None => true,
        Some(last) => {
            trail.go_to(last);
            let found = trail.next_batch()?;
            found
                .is_some_and(|found| found.next_sequence() == next_sequence && Some(&found.id()[..]) == batch)
        }
    };
    trail.go_to(next_sequence);
    Ok(is_same)
}

fn identity_of(path: &Path) -> Result<(u64, u64), ViewsError> {
    let metadata = fs::metadata(path).map_err(|source| ViewsError::File { path: path.to_owned(), source })?;
    Ok((metadata.dev(), metadata.ino()))
}

fn sequence_column(sequence: u64) -> i64 {
    i64::try_from(sequence).expect("no journal comes near 2^63 records")
}
