//! What the pieces of a confirmation cost, one by one and without a disk: where to look when the whole has become
//! slower. By criterion, which compares with the run before.
//!
//! ```text
//! cargo bench --bench pieces
//! ```

#[path = "../in_flight.rs"]
mod in_flight;
#[path = "../memory_storage.rs"]
mod memory_storage;
#[path = "../receipts.rs"]
mod receipts;
#[path = "../scene.rs"]
mod scene;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gateway::channels::mpesa::wire::c2b;
use gateway::personal::{Field, Personal};

use crate::memory_storage::MemoryStorage;

/// The same as in the executable.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONFIRMATION: &str = r#"{"TransactionType":"Pay Bill","TransID":"TKL3A7Q9ZD","TransTime":"20261120091405","TransAmount":"3750.00","BusinessShortCode":"222222","BillRefNumber":"407155201831","InvoiceNumber":"","OrgAccountBalance":"81007550.00","ThirdPartyTransID":"","MSISDN":"172509f6416f41d1ce3b78a757c1d4ce90fc1ab1c9d4cdf1edf25ab7bf3fbdfd","FirstName":"ASHA"}"#;
/// Payments that one turn of the sequencer takes at most.
const PAYMENTS: usize = 1_000;

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read a confirmation");
    group.throughput(Throughput::Bytes(CONFIRMATION.len() as u64));
    group.bench_function("strictly, into fields", |bencher| {
        bencher.iter(|| c2b::parse(black_box(CONFIRMATION.as_bytes())));
    });
    group.finish();
}

fn sealing(criterion: &mut Criterion) {
    let vault = scene::open_vault(Arc::new(MemoryStorage::default()));
    let taken = vault.take().expect("the vault has keys");
    let mut group = criterion.benchmark_group("personal data");
    group.bench_function("find and unwrap the key of a bill", |bencher| {
        bencher.iter(|| vault.key(black_box(taken.slot)));
    });
    group.bench_function("seal account, phone and name", |bencher| {
        bencher.iter(|| {
            Personal::default()
                .with(Field::TypedAccount, Some("407155201831"))
                .with(
                    Field::ProviderPhone,
                    Some("172509f6416f41d1ce3b78a757c1d4ce90fc1ab1c9d4cdf1edf25ab7bf3fbdfd"),
                )
                .with(Field::Name, Some("ASHA"))
                .seal_with(black_box(&taken))
        });
    });
    group.finish();
}

/// From `submit` to the answer, with files in memory: the sequencer and the hand-over, and no disk.
fn booking(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("book payments of open bills");
    group.throughput(Throughput::Elements(PAYMENTS as u64)).sample_size(10);
    group.bench_function("1,000 under way, no disk", |bencher| {
        bencher.iter_custom(|turns| {
            let vault = scene::open_vault(Arc::new(MemoryStorage::default()));
            let ledger = scene::open(Arc::new(MemoryStorage::default()));
            let mut took = Duration::ZERO;
            for _ in 0..turns {
                let bills = scene::make_bills(&ledger, &vault, PAYMENTS);
                let commands = scene::confirmations(&vault, &bills);
                let started = Instant::now();
                scene::carry_out(&ledger, commands, |_| ());
                took += started.elapsed();
            }
            took
        });
    });
    group.finish();
}

criterion_group!(pieces, reading, sealing, booking);
criterion_main!(pieces);
