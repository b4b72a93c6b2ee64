//! Snapshots: starts become short, memory stays bounded, and a key is unique for ever all the same.

use std::time::Duration;

use ledger::storage::Storage;
use ledger::storage::faulty::FaultyStorage;
use ledger::testing::{Deposits, PADDED_FROM_CENTS, Told};
use ledger::{Outcome, ShortKey};

use crate::harness::{Bank, deposit, till};

/// Fills `count` segments and returns how many deposits that took.
pub(crate) fn fill(bank: &Bank, count: usize, storage: &FaultyStorage) -> i64 {
    let mut number = 0;
    while storage.list("journal").unwrap().iter().filter(|name| name.ends_with(".seg")).count() <= count {
        bank.booked(deposit(&format!("R{number}"), PADDED_FROM_CENTS + 30_000));
        number += 1;
    }
    number
}

/// Waits, within bounds, until the background has written a snapshot that covers all sealed segments.
pub(crate) fn wait_for_snapshot(storage: &FaultyStorage) {
    let newest_segment =
        storage.list("journal").unwrap().into_iter().rfind(|name| name.ends_with(".seg")).unwrap();
    let expected = newest_segment.replace(".seg", ".snap");
    for _ in 0..500 {
        if storage.list("snapshots").unwrap().contains(&expected) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no snapshot {expected} among {:?}", storage.list("snapshots"));
}

#[test]
fn keys_and_archived_values_outlive_memory_and_restarts() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    let count = fill(&bank, 6, &storage);
    wait_for_snapshot(&storage);
    for number in 0..count {
        let told = bank.pay(deposit(&format!("R{number}"), 1));
        assert!(
            matches!(told, Outcome::Done(Told::Known(sequence)) if sequence == number as u64),
            "R{number}: {told:?}"
        );
    }
    let total = bank.total(1);
    drop(bank);
    assert_eq!(storage.list("snapshots").unwrap().len(), 2, "two are kept");

    let bank = Bank::open(&storage).unwrap();
    assert_eq!(bank.total(1), total);
    let archived = bank.ledger.archived(&ShortKey::of("customer 1")).unwrap().unwrap();
    assert_eq!(archived[..], total.to_le_bytes());
    for number in 0..count {
        assert!(matches!(bank.pay(deposit(&format!("R{number}"), 1)), Outcome::Done(Told::Known(_))));
    }
    drop(bank);
    assert_eq!(till(&storage), i128::from(total), "the snapshot and the whole journal say the same");
}

#[test]
fn a_rotten_snapshot_is_passed_over_for_the_one_before_it() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    let count = fill(&bank, 4, &storage);
    wait_for_snapshot(&storage);
    let (total, head) = (bank.total(1), bank.ledger.head());
    drop(bank);
    for name in storage.list("snapshots").unwrap() {
        storage.flip_byte(&format!("snapshots/{name}"), 100);
    }
    let bank = Bank::open(&storage).unwrap();
    assert_eq!((bank.total(1), bank.ledger.head()), (total, head));
    assert!(matches!(bank.pay(deposit(&format!("R{}", count - 1), 1)), Outcome::Done(Told::Known(_))));
}

#[test]
fn a_snapshot_under_another_name_is_passed_over() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    fill(&bank, 3, &storage);
    wait_for_snapshot(&storage);
    let (total, head) = (bank.total(1), bank.ledger.head());
    drop(bank);
    let names = storage.list("snapshots").unwrap();
    let newest = format!("snapshots/{}", names.last().unwrap());
    let other = format!("snapshots/{:020}.snap", head.size);
    let bytes = storage.read(&newest);
    storage.create(&other).unwrap().write_all_at(&bytes, 0).unwrap();
    let report = ledger::verify::data_directory(&storage, &[]);
    let found = report.findings.iter().any(|found| found.file == other && found.what.contains("its name"));
    assert!(found, "{:?}", report.findings);
    let bank = Bank::open(&storage).unwrap();
    assert_eq!((bank.total(1), bank.ledger.head()), (total, head));
}

#[test]
fn lost_hashes_of_the_tree_are_written_again_and_prove_the_same() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    fill(&bank, 3, &storage);
    wait_for_snapshot(&storage);
    let head = bank.ledger.head();
    drop(bank);
    storage.create("tree/hashes").unwrap();
    let bank = Bank::open(&storage).unwrap();
    assert_eq!(bank.ledger.head().root, head.root);
    for sequence in (0..head.size).step_by(7) {
        let proof = bank.ledger.hashes().inclusion_proof(sequence, head.size).unwrap();
        let leaf = ledger::Hash::of_leaf(&bank.ledger.leaf(sequence).unwrap().unwrap());
        ledger::tree::verify_inclusion(&leaf, sequence, head.size, &proof, &head.root).unwrap();
    }
}

#[test]
fn a_snapshot_that_knows_more_than_the_journal_stops_the_start() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    fill(&bank, 3, &storage);
    wait_for_snapshot(&storage);
    drop(bank);
    for name in storage.list("journal").unwrap() {
        storage.remove(&format!("journal/{name}")).unwrap();
    }
    let Err(error) = Bank::open(&storage) else {
        panic!("a journal that has gone was opened as an empty one")
    };
    assert!(error.to_string().contains("newest snapshot"), "{error}");
    let _ = ledger::replay_all::<Deposits>(&storage);
}
