//! How fast the ledger books payments of bills that exist, from `submit` to the answer, all of it durable; against
//! plain appends of the same bytes, and against SQLite and PostgreSQL doing the same for the payer's money.
//!
//! ```text
//! cargo bench --bench ledger_append
//! MALIPO_BENCH_FOLDER=/mnt/disk cargo bench --bench ledger_append      # on another disk than that of target/
//! ```

#![expect(clippy::float_arithmetic, reason = "what is computed here are measures, not money")]

#[path = "../in_flight.rs"]
mod in_flight;
#[path = "../memory_storage.rs"]
mod memory_storage;
#[path = "../processor_time.rs"]
mod processor_time;
#[path = "../receipts.rs"]
mod receipts;
#[path = "../rounds.rs"]
mod rounds;
#[path = "../scene.rs"]
mod scene;

mod plain_append;
mod postgres;
mod sqlite;
mod stopwatch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gateway::payments::Answer;
use ledger::journal::file::read_files;
use ledger::storage::{DiskStorage, Storage};

use crate::memory_storage::MemoryStorage;
use crate::rounds::{Purpose, Table};
use crate::stopwatch::{Run, Stopwatch};

/// The same as in the executable.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LEDGER: &str = "ledger: decided, hashed, durable, merged, answered";
const PLAIN: &str = "plain append, one sync per batch, answered";
const BARE: &str = "write and sync alone, the ledger's own batches";
const MEMORY: &str = "ledger on files in memory";
const SQLITE: &str = "SQLite, WAL, synchronous=FULL, 1,000 per transaction";
const POSTGRES: &str = "PostgreSQL, UNNEST, 2 connections of 500 per transaction";

fn main() {
    let purpose = Purpose::of_process();
    let rounds = purpose.choose(5, 1);
    let count = purpose.choose(100_000, 500);
    let database_count = purpose.choose(50_000, 500);
    let folder = folder();
    let postgres = postgres::Cluster::start(folder.path());
    let mut rates = Table::new(format!("Payments booked, {} under way", scene::IN_FLIGHT), "payments/s");
    let mut times = Table::new("Processor time of the thread that writes, for each payment", "µs");
    let mut sizes = Table::new("What the ledger writes", "");
    for _ in 0..rounds {
        let ledger = book(Arc::new(DiskStorage::new(folder.path().join("ledger"))), count);
        let record_len = ledger.bytes() / count;
        sizes.note("journal bytes per payment", record_len as f64);
        sizes.note("payments per batch", count as f64 / ledger.frame_lens.len() as f64);
        let plain = plain_append::with_answers(folder.path(), count, record_len);
        let in_memory = book(Arc::new(MemoryStorage::default()), count);
        for (name, run) in [(LEDGER, ledger.run), (PLAIN, plain), (MEMORY, in_memory.run)] {
            rates.note(name, rate(count, run.took));
            times.note(name, run.on_processor.as_secs_f64() * 1e6 / count as f64);
        }
        rates.note(BARE, rate(count, plain_append::bare(folder.path(), &ledger.frame_lens)));
        rates.note(SQLITE, rate(database_count, sqlite::book(folder.path(), database_count, record_len)));
        if let Some(cluster) = &postgres {
            rates.note(POSTGRES, rate(database_count, cluster.book(database_count, record_len)));
        }
        remove_content(folder.path(), postgres.as_ref().map(postgres::Cluster::folder));
    }
    rates.print(PLAIN);
    times.print(PLAIN);
    sizes.print("");
}

/// A folder on the disk that is measured; it goes at the end.
fn folder() -> tempfile::TempDir {
    let parent = std::env::var_os("MALIPO_BENCH_FOLDER")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    tempfile::Builder::new()
        .prefix("ledger-append-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir_in(parent)
        .expect("a folder is made")
}

/// Every round begins on an empty folder, so that none finds a fuller disk than another.
fn remove_content(folder: &Path, but: Option<&Path>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if Some(path.as_path()) != but {
            let removed =
                if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            removed.expect("what was made can be removed");
        }
    }
}

struct Booked {
    run: Run,
    /// Lengths of the batches that the payments went in.
    frame_lens: Vec<usize>,
}

impl Booked {
    fn bytes(&self) -> usize {
        self.frame_lens.iter().sum()
    }
}

/// Makes bills, and then measures how long the confirmations of their payments take.
fn book(storage: Arc<dyn Storage>, count: usize) -> Booked {
    let vault = scene::open_vault(Arc::new(MemoryStorage::default()));
    let ledger = scene::open(Arc::clone(&storage));
    let bills = scene::make_bills(&ledger, &vault, count);
    let commands = scene::confirmations(&vault, &bills);
    let first_sequence = ledger.head().size;
    let stopwatch = Stopwatch::start("sequencer");
    scene::carry_out(&ledger, commands, |answer| {
        assert!(matches!(answer, Answer::Booked { .. }), "not booked: {answer:?}");
    });
    let run = stopwatch.stop();
    assert_eq!(ledger.head().size, first_sequence + count as u64, "one record for each payment");
    ledger.close();
    let mut frame_lens = Vec::new();
    read_files(&*storage, first_sequence, &mut |batch| {
        let records: usize =
            batch.encoded_records().map(|(leaf, sealed)| 8 + leaf.len() + sealed.len()).sum();
        frame_lens.push((88 + records).next_multiple_of(8));
        true
    })
    .expect("the journal can be read");
    Booked { run, frame_lens }
}

fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}
