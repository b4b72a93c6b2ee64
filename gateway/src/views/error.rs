//! What can go wrong with the views: on the side that writes them, and on the side that asks.

use std::io;
use std::path::PathBuf;

use ledger::journal::JournalError;

/// SQLite's primary result codes for a file that is no database, or is one no longer.
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_NOTADB: u32 = 26;
/// SQLite's primary result code for a statement that was stopped from outside.
const SQLITE_INTERRUPT: u32 = 9;

/// The views could not be read, written or brought forward. The books are not concerned.
#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    /// SQLite refused, failed, or found its file damaged.
    #[error("the views' database: {0}")]
    Database(#[from] sqlx::Error),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record is not as this program expects.
    #[error("record {sequence} cannot be shown in the views: {what}")]
    Record {
        /// Its sequence.
        sequence: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A column holds what this program does not write there.
    #[error("column {column} of the views: {what}")]
    Column {
        /// Its name.
        column: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The folder or a file in it.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The error underneath.
        source: io::Error,
    },
    /// The file holds views, and not those that this program needs now: they are built again.
    #[error("{} is of no use: {what}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The thread that does the work ended in a panic.
    #[error("the thread that builds the views panicked")]
    Panicked,
}

impl ViewsError {
    /// True if only a new file helps; false if trying again may.
    pub(super) fn asks_for_a_new_file(&self) -> bool {
        match self {
            Self::Unusable { .. } => true,
            Self::Database(error) => {
                matches!(primary_code(error), Some(SQLITE_CORRUPT | SQLITE_NOTADB))
            }
            _ => false,
        }
    }
}

/// A question to the views has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The views are being built for the first time, or for a new version: nobody is shown a part for the whole.
    #[error("the views are being built: {next_sequence} of {head} records are in them")]
    NotReady {
        /// The first record that is not in them yet.
        next_sequence: u64,
        /// How many records there are.
        head: u64,
    },
    /// As many questions are being answered as may. Asking again later is right.
    #[error("too many questions to the views at once")]
    Busy,
    /// The question takes longer than any may: narrow it.
    #[error("the question takes too long")]
    TooLong,
    /// The cursor is of another list.
    #[error("the cursor belongs to another list")]
    OtherList,
    /// The views failed.
    #[error(transparent)]
    Failed(ViewsError),
}

impl From<ViewsError> for QueryError {
    fn from(error: ViewsError) -> Self {
        match &error {
            ViewsError::Database(sqlx::Error::PoolTimedOut) => Self::Busy,
            ViewsError::Database(database) if primary_code(database) == Some(SQLITE_INTERRUPT) => {
                Self::TooLong
            }
            _ => Self::Failed(error),
        }
    }
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        ViewsError::from(error).into()
    }
}

/// SQLite's extended codes keep the primary one in their lowest byte.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
