//! The power fails at any moment: what was acknowledged is there, once.

use std::collections::HashSet;
use std::sync::Arc;

use ledger::Outcome;
use ledger::storage::faulty::{Faults, FaultyStorage};
use ledger::testing::Told;

use crate::harness::{Bank, deposit, till};

/// How many seeds; more by `LEDGER_SEEDS`.
fn seed_count() -> u64 {
    std::env::var("LEDGER_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(40)
}

#[test]
fn after_any_power_cut_every_acknowledged_deposit_is_there_once() {
    for seed in 0..seed_count() {
        let mut storage = FaultyStorage::default();
        let mut acknowledged = HashSet::new();
        let mut attempted = 0;
        for life in 0..4_u64 {
            let bank =
                Bank::open(&storage).unwrap_or_else(|error| panic!("seed {seed} life {life}: {error}"));
            // Resend what the last life may or may not have booked, as Safaricom would, then go on.
            let from = if life == 0 { 0 } else { attempted - 8 };
            let mut outcomes = Vec::new();
            for number in from..attempted + 30 + seed % 17 {
                outcomes.push((number, bank.submit(deposit(&format!("R{number}"), 100)).unwrap()));
                if number % (2 + seed % 5) == 0 {
                    // Wait now and then, so that batches of many sizes arise.
                    for (number, outcome) in outcomes.drain(..) {
                        if let Outcome::Done(_) = outcome.recv().unwrap() {
                            acknowledged.insert(number);
                        }
                    }
                }
                attempted = attempted.max(number + 1);
            }
            // The rest is in flight when the power goes.
            let survived = storage.power_cut(seed * 31 + life);
            for (number, outcome) in outcomes {
                if let Ok(Outcome::Done(_)) = outcome.recv() {
                    // An answer may be on its way at the cut; whether it was written before or after, nobody knows.
                    let _ = number;
                }
            }
            drop(bank);
            storage = survived;
        }
        let bank = Bank::open(&storage).unwrap_or_else(|error| panic!("seed {seed} at the end: {error}"));
        for number in &acknowledged {
            let told = bank.pay(deposit(&format!("R{number}"), 100));
            assert!(
                matches!(told, Outcome::Done(Told::Known(_))),
                "seed {seed}: R{number} was lost: {told:?}"
            );
        }
        let size = bank.ledger.head().size;
        assert_eq!(i128::from(bank.total(1)), till(&storage), "seed {seed}");
        assert_eq!(till(&storage), i128::from(size) * 100, "seed {seed}: one entry for each record");
        drop(bank);
    }
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_until_a_restart_has_read_the_disk() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    bank.booked(deposit("A", 100));
    storage.set_faults(Faults { sync_fails_from: Some(storage.sync_count()), ..Faults::default() });
    assert!(matches!(bank.pay(deposit("B", 100)), Outcome::Stopped));
    let syncs = storage.sync_count();
    storage.set_faults(Faults::default());
    assert!(
        matches!(bank.pay(deposit("C", 100)), Outcome::Stopped),
        "a healed disk does not heal the writer"
    );
    assert_eq!(storage.sync_count(), syncs, "no second sync was tried");
    let stop_reason = Arc::clone(&bank.stop_reason);
    // The payer hears of it first, the owner of the process after; the writer has told both once it has ended.
    drop(bank);
    assert!(stop_reason.lock().unwrap().as_ref().unwrap().contains("does not sync"));

    let bank = Bank::open(&storage).unwrap();
    assert!(matches!(bank.pay(deposit("A", 100)), Outcome::Done(Told::Known(0))));
    // B was written and nobody was told: whichever way it is now, it is so durably and once.
    let told = bank.pay(deposit("B", 100));
    assert!(matches!(told, Outcome::Done(Told::Known(1) | Told::Booked(1))));
    drop(bank);
    let cut = storage.power_cut(1);
    let bank = Bank::open(&cut).unwrap();
    assert!(matches!(bank.pay(deposit("B", 100)), Outcome::Done(Told::Known(1))));
}

#[test]
fn a_batch_that_only_the_page_cache_held_is_written_again_by_the_next_start() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    bank.booked(deposit("A", 100));
    storage.set_faults(Faults { sync_fails_from: Some(storage.sync_count()), ..Faults::default() });
    assert!(matches!(bank.pay(deposit("B", 100)), Outcome::Stopped));
    drop(bank);
    storage.set_faults(Faults::default());

    // The restart finds B in the page cache and acknowledges it to whoever asks: it has to be durable then.
    let bank = Bank::open(&storage).unwrap();
    assert!(matches!(bank.pay(deposit("B", 100)), Outcome::Done(Told::Known(1))));
    let cut = storage.power_cut(3);
    drop(bank);
    let bank = Bank::open(&cut).unwrap();
    assert!(matches!(bank.pay(deposit("B", 100)), Outcome::Done(Told::Known(1))));
}
