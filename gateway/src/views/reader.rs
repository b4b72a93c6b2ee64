//! Asking the views. Each question runs in a task of its own, in one transaction: rows and the sequence they are true at
//! are of one moment, and a caller who hangs up leaves no transaction open on a connection that others will borrow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::LedgerTime;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, SqliteConnection};

use super::error::{QueryError, ViewsError};
use super::page::{Cursor, Found, List, Page, PageRequest};
use super::row::Columns;
use super::scope::Select;
use super::shared::Shared;

/// How long SQLite may work on one question, unless a test has less patience.
const QUESTION_TIME_MAX: Duration = Duration::from_secs(5);
/// How many steps of its virtual machine SQLite takes between looks at the time: some tenths of a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 20_000;

/// Asks the views. Cheap to clone; any number of them beside the follower.
#[derive(Clone, Debug)]
pub struct ViewsReader {
    shared: Arc<Shared>,
    /// How long SQLite may work on one question.
    question_time_max: Duration,
}

/// Rows of lists know their place in it.
pub(super) trait Listed {
    /// The time by which the list is sorted, and the sequence.
    fn place(&self) -> (LedgerTime, u64);
}

/// Makes a row of the domain from one of SQLite.
pub(super) type ReadRow<T> = fn(Columns<'_>) -> Result<T, ViewsError>;

impl ViewsReader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, question_time_max: QUESTION_TIME_MAX }
    }

    #[cfg(test)]
    pub(super) fn with_time_for_a_question(self, question_time_max: Duration) -> Self {
        Self { question_time_max, ..self }
    }

    /// One page of a list. The question must have been made with the same list and page.
    pub(super) async fn page<T: Listed + Send + 'static>(
        &self,
        select: Select,
        read: ReadRow<T>,
        list: List,
        page: PageRequest,
    ) -> Result<Page<T>, QueryError> {
        let Found { sequence, found: mut rows } = self.all(select, read).await?;
        let size = usize::from(page.size.get());
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| has_more).map(|last| {
            let (time, sequence) = last.place();
            Cursor::new(list, time, sequence)
        });
        Ok(Page { sequence, rows, next })
    }

    /// Every row of a question that has few.
    pub(super) async fn all<T: Send + 'static>(
        &self,
        select: Select,
        read: ReadRow<T>,
    ) -> Result<Found<Vec<T>>, QueryError> {
        let permit = Arc::clone(&self.shared.questions).try_acquire_owned().map_err(|_| QueryError::Busy)?;
        let shared = Arc::clone(&self.shared);
        let time_max = self.question_time_max;
        let answer = tokio::spawn(async move {
            let answer = ask(&shared, select, time_max).await;
            drop(permit);
            let (sequence, rows) = answer?;
            let found = rows.iter().map(|row| read(Columns(row))).collect::<Result<_, _>>()?;
            Ok(Found { sequence, found })
        });
        answer.await.unwrap_or_else(|_| Err(QueryError::Failed(ViewsError::Panicked)))
    }
}

async fn ask(
    shared: &Shared,
    select: Select,
    time_max: Duration,
) -> Result<(u64, Vec<SqliteRow>), QueryError> {
    let Some(serving) = shared.serving.load_full() else {
        let health = shared.health();
        return Err(QueryError::NotReady { next_sequence: health.next_sequence, head: health.head });
    };
    let mut connection = match serving.pool.acquire().await {
        Ok(connection) => connection,
        // Another file has taken over in this moment.
        Err(sqlx::Error::PoolClosed) => return Err(QueryError::Busy),
        Err(error) => return Err(error.into()),
    };
    let end = Instant::now() + time_max;
    // Replaces the one of the question before.
    connection.lock_handle().await?.set_progress_handler(STEPS_BETWEEN_LOOKS, move || Instant::now() < end);
    answer(&mut connection, select).await
}

async fn answer(
    connection: &mut SqliteConnection,
    select: Select,
) -> Result<(u64, Vec<SqliteRow>), QueryError> {
    let mut transaction = connection.begin().await?;
    let sequence: i64 =
        sqlx::query_scalar("SELECT next_sequence FROM progress").fetch_one(&mut *transaction).await?;
    let rows = select.fetch(&mut transaction).await?;
    transaction.commit().await?;
    let sequence = u64::try_from(sequence)
        .map_err(|error| ViewsError::Column { column: "next_sequence", what: error.to_string() })?;
    Ok((sequence, rows))
}
