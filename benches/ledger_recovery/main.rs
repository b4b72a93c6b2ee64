//! How soon a gateway answers after its start, with a journal of many payments behind it: the books alone, and the
//! whole executable up to its first answer to a callback.
//!
//! ```text
//! cargo bench --bench ledger_recovery
//! MALIPO_BENCH_PAYMENTS=1000000 cargo bench --bench ledger_recovery
//! MALIPO_BENCH_DROP_CACHES=1 …                # as root: also once with nothing of it in the system's memory
//! ```

#![expect(clippy::float_arithmetic, reason = "what is computed here are measures, not money")]

#[path = "../in_flight.rs"]
mod in_flight;
#[path = "../process.rs"]
mod process;
#[path = "../receipts.rs"]
mod receipts;
#[path = "../rounds.rs"]
mod rounds;
#[path = "../scene.rs"]
mod scene;

mod first_answer;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gateway::payments::Payments;
use ledger::replay_all;
use ledger::storage::{DiskStorage, Storage};

use crate::rounds::{Purpose, Table};

/// The same as in the executable.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bills that are open at a time while the journal is made; as many stay unpaid.
const OPEN_BILLS: usize = 20_000;

fn main() {
    let purpose = Purpose::of_process();
    let rounds = purpose.choose(5, 1);
    let wanted = std::env::var("MALIPO_BENCH_PAYMENTS").ok().and_then(|text| text.parse().ok());
    let count: usize = wanted.unwrap_or(purpose.choose(1_000_000, 300));
    let folder = tempfile::Builder::new()
        .prefix("ledger-recovery-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder is made");
    let data = folder.path().join("data");
    let storage: Arc<dyn Storage> = Arc::new(DiskStorage::new(&data));
    make_journal(&data, &storage, count);
    print_sizes(&data, count);

    let mut books = Table::new(format!("Opening the books, {count} payments"), "s");
    let mut replay = Table::new("Replaying all of the journal, no snapshot", "records/s");
    for _ in 0..rounds {
        let started = Instant::now();
        let ledger = scene::open(Arc::clone(&storage));
        books.note("newest snapshot and tail", started.elapsed().as_secs_f64());
        assert!(ledger.head().size >= 2 * count as u64, "every bill and payment is there");
        drop(ledger);
        let started = Instant::now();
        let report = replay_all::<Payments>(&*storage).expect("the journal replays");
        replay.note("replay", report.head.size as f64 / started.elapsed().as_secs_f64());
    }
    books.print("");
    replay.print("");
    first_answer::measure(&data, purpose, rounds);
}

/// A data directory with a journal of so many paid bills, and some that are open.
fn make_journal(data: &Path, storage: &Arc<dyn Storage>, count: usize) {
    let started = Instant::now();
    let vault = scene::open_vault(Arc::new(DiskStorage::new(data.join("keys/vault"))));
    let ledger = scene::open(Arc::clone(storage));
    let mut paid = 0;
    while paid < count {
        let bills = scene::make_bills(&ledger, &vault, OPEN_BILLS.min(count - paid));
        scene::carry_out(&ledger, scene::confirmations(&vault, &bills), |_| ());
        paid += bills.len();
    }
    scene::make_bills(&ledger, &vault, OPEN_BILLS.min(count));
    ledger.close();
    println!("made in {:.1} s", started.elapsed().as_secs_f64());
}

/// What lies on the disk for each payment, bill included.
fn print_sizes(data: &Path, count: usize) {
    println!("\n### On the disk\n\n| folder | bytes | bytes per bill and payment |\n|---|---|---|");
    for folder in ["journal", "tree", "snapshots", "runs", "keys"] {
        let bytes = bytes_under(&data.join(folder));
        println!("| {folder} | {bytes} | {} |", bytes / count as u64);
    }
}

fn bytes_under(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |path: &Path| {
        if path.is_dir() { bytes_under(path) } else { path.metadata().map_or(0, |it| it.len()) }
    };
    entries.map(|entry| size(&entry.path())).sum()
}
