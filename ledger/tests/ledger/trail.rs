//! Whoever follows the journal sees every durable record once, in order, from wherever it begins, and nothing else.

use std::sync::Arc;

use ledger::journal::file::Trail;
use ledger::storage::faulty::{Faults, FaultyStorage};
use ledger::testing::PADDED_FROM_CENTS;

use crate::harness::{Bank, deposit};

/// Cents of a deposit whose record takes about 60 kB: thirty of them fill a segment.
const LARGE: i64 = PADDED_FROM_CENTS + 60_000;
const NONE: [u64; 0] = [];

/// Sequences of everything from here on.
fn sequences(trail: &mut Trail) -> Vec<u64> {
    let mut found = Vec::new();
    while let Some(batch) = trail.next_batch().unwrap() {
        found.extend(batch.records().map(|record| record.unwrap().sequence));
    }
    found
}

#[test]
fn a_trail_crosses_segments_waits_at_the_end_and_begins_anywhere() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    let mut trail = bank.ledger.trail();
    assert_eq!(sequences(&mut trail), NONE);
    for number in 0..40 {
        bank.booked(deposit(&format!("R{number}"), LARGE));
    }
    assert_eq!(sequences(&mut trail), (0..40).collect::<Vec<_>>());
    assert_eq!(sequences(&mut trail), NONE, "everything has been shown");
    for number in 40..80 {
        bank.booked(deposit(&format!("R{number}"), LARGE));
    }
    assert_eq!(sequences(&mut trail), (40..80).collect::<Vec<_>>());
    for from in [0, 33, 34, 35, 36, 79, 80, 1_000] {
        trail.go_to(from);
        assert_eq!(sequences(&mut trail), (from..80).collect::<Vec<_>>(), "from {from}");
    }
    let id = trail.journal_id();
    drop(bank);
    let mut closed = Trail::of_closed(Arc::new(storage)).unwrap();
    assert_eq!((closed.journal_id(), closed.record_count()), (id, 80));
    assert_eq!(sequences(&mut closed), (0..80).collect::<Vec<_>>());
}

#[test]
fn what_was_written_and_is_not_durable_is_not_shown() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    bank.booked(deposit("first", 100));
    storage.set_faults(Faults { sync_fails_from: Some(storage.sync_count()), ..Faults::default() });
    bank.pay(deposit("second", 100));
    let mut trail = bank.ledger.trail();
    assert_eq!(sequences(&mut trail), [0]);
    drop(bank);
    let mut closed = Trail::of_closed(Arc::new(storage)).unwrap();
    assert_eq!(sequences(&mut closed), [0, 1], "the bytes are there; a restart would make them durable");
}

#[test]
fn a_journal_that_was_never_written_has_no_records() {
    let mut trail = Trail::of_closed(Arc::new(FaultyStorage::default())).unwrap();
    assert_eq!(trail.record_count(), 0);
    assert_eq!(sequences(&mut trail), NONE);
}
