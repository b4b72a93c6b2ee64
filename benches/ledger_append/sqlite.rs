//! A yardstick: the same payments booked in SQLite, as fast as it can through sqlx: many rows a statement, many
//! statements a transaction, every transaction synced.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, QueryBuilder, SqliteConnection};

use crate::receipts::receipt;

const SCHEMA: &str = "
    CREATE TABLE payments (receipt TEXT PRIMARY KEY, minor INTEGER NOT NULL, rest BLOB NOT NULL) STRICT;
    CREATE TABLE postings (receipt TEXT NOT NULL, account TEXT NOT NULL, minor INTEGER NOT NULL) STRICT;
";
const PER_TRANSACTION: usize = 1_000;
/// Rows of one statement: each has three values, and SQLite takes 32,766.
const PER_STATEMENT: usize = 500;

/// Books `count` payments, each with a receipt that is held once, two postings and `rest_len` more bytes.
pub(crate) fn book(folder: &Path, count: usize, rest_len: usize) -> Duration {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new()
            .filename(folder.join("yardstick.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut connection = SqliteConnection::connect_with(&options).await.expect("a database is made");
        sqlx::raw_sql(SCHEMA).execute(&mut connection).await.expect("tables are made");
        let receipts: Vec<_> = (0..count).map(|_| receipt()).collect();
        let rest = vec![0xa5; rest_len];
        let started = Instant::now();
        for batch in receipts.chunks(PER_TRANSACTION) {
            let mut transaction = connection.begin().await.expect("a transaction begins");
            for rows in batch.chunks(PER_STATEMENT) {
                let mut payments = QueryBuilder::new("INSERT INTO payments ");
                payments.push_values(rows, |mut row, receipt| {
                    row.push_bind(receipt).push_bind(375_000_i64).push_bind(&rest[..]);
                });
                payments.build().execute(&mut *transaction).await.expect("payments are inserted");
                let mut postings = QueryBuilder::new("INSERT INTO postings ");
                let two = rows.iter().flat_map(|receipt| [(receipt, 375_000_i64), (receipt, -375_000)]);
                postings.push_values(two, |mut row, (receipt, minor)| {
                    row.push_bind(receipt).push_bind("1000.mpesa.222222").push_bind(minor);
                });
                postings.build().execute(&mut *transaction).await.expect("postings are inserted");
            }
            transaction.commit().await.expect("a transaction is durable");
        }
        let took = started.elapsed();
        connection.close().await.expect("the database closes");
        took
    })
}
