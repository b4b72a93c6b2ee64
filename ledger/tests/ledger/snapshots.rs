//! Snapshots: starts become short, memory stays bounded, and a key is unique for ever all the same.

use std::time::Duration;

use ledger::storage::Storage;
use ledger::storage::faulty::{Faults, FaultyStorage};
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

/// What a bank had come to when it was closed.
struct Closed {
    storage: FaultyStorage,
    /// Deposits `R0` to the one before this.
    count: i64,
    total: i64,
    head: ledger::Head,
}

/// A bank that has filled so many segments, has a snapshot of them, and is closed.
fn closed_after(segments: usize) -> Closed {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    let count = fill(&bank, segments, &storage);
    wait_for_snapshot(&storage);
    let (total, head) = (bank.total(1), bank.ledger.head());
    drop(bank);
    Closed { storage, count, total, head }
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
    let Closed { storage, count, total, head } = closed_after(4);
    for name in storage.list("snapshots").unwrap() {
        storage.flip_byte(&format!("snapshots/{name}"), 100);
    }
    let bank = Bank::open(&storage).unwrap();
    assert_eq!((bank.total(1), bank.ledger.head()), (total, head));
    assert!(matches!(bank.pay(deposit(&format!("R{}", count - 1), 1)), Outcome::Done(Told::Known(_))));
}

#[test]
fn a_snapshot_under_another_name_is_passed_over() {
    let Closed { storage, total, head, .. } = closed_after(3);
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
    let Closed { storage, head, .. } = closed_after(3);
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
    let Closed { storage, .. } = closed_after(3);
    for name in storage.list("journal").unwrap() {
        storage.remove(&format!("journal/{name}")).unwrap();
    }
    let Err(error) = Bank::open(&storage) else {
        panic!("a journal that has gone was opened as an empty one")
    };
    assert!(error.to_string().contains("newest snapshot"), "{error}");
    let _ = ledger::replay_all::<Deposits>(&storage);
}

/// Damages the first block of a run of claims, and says which run that is.
fn damage_claims(storage: &FaultyStorage) -> String {
    let runs = storage.list("runs").unwrap();
    let run = runs.iter().find(|name| name.starts_with("claims-")).expect("claims are in a run");
    let name = format!("runs/{run}");
    storage.flip_byte(&name, 8);
    name
}

#[test]
fn a_damaged_run_that_a_reader_meets_is_made_again_while_the_books_are_open() {
    let Closed { storage, count, .. } = closed_after(3);
    let run = damage_claims(&storage);

    let bank = Bank::open(&storage).unwrap();
    let key = |number: i64| ShortKey::of(&format!("receipt R{number}"));
    let unreadable = || (0..count).filter(|number| bank.ledger.claimed(&key(*number)).is_err()).count();
    assert!(unreadable() > 0, "the damage is met");
    for _ in 0..500 {
        if unreadable() == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    for number in 0..count {
        let claimed = bank.ledger.claimed(&key(number)).unwrap().expect("every receipt is still known");
        assert_eq!(claimed.sequence, number as u64);
    }
    assert_eq!(*bank.stop_reason.lock().unwrap(), None);
    assert!(
        storage.list("runs").unwrap().iter().any(|name| format!("runs/{name}") == format!("{run}.damaged"))
    );
}

#[test]
fn a_damaged_run_that_the_writer_meets_stops_it_once_and_never_again() {
    let Closed { storage, count, total, .. } = closed_after(3);
    let run = damage_claims(&storage);

    let bank = Bank::open(&storage).unwrap();
    let stopped =
        (0..count).any(|number| matches!(bank.pay(deposit(&format!("R{number}"), 1)), Outcome::Stopped));
    assert!(stopped, "the damage is met");
    drop(bank.ledger);
    let reason = bank.stop_reason.lock().unwrap().clone();
    assert!(reason.as_ref().is_some_and(|reason| reason.contains(&run)), "{reason:?}");

    let bank = Bank::open(&storage).unwrap();
    assert_eq!(bank.total(1), total);
    for number in 0..count {
        let told = bank.pay(deposit(&format!("R{number}"), 1));
        assert!(matches!(told, Outcome::Done(Told::Known(_))), "R{number}: {told:?}");
    }
}

#[test]
fn a_run_that_a_start_cannot_read_is_put_aside_by_that_start() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    let count = fill(&bank, 3, &storage);
    wait_for_snapshot(&storage);
    // What is replayed on top of the snapshot asks for every one of its keys; one in 256 passes the filter by chance.
    for number in 0..4000 {
        bank.booked(deposit(&format!("later {number}"), 1));
    }
    let total = bank.total(1);
    drop(bank);
    for name in storage.list("runs").unwrap().iter().filter(|name| name.starts_with("claims-")) {
        let name = format!("runs/{name}");
        for block in 0..=storage.read(&name).len() / 2 / 4096 {
            storage.flip_byte(&name, block * 4096 + 8);
        }
    }
    let bank = Bank::open(&storage).unwrap();
    assert_eq!(bank.total(1), total);
    assert!(matches!(bank.pay(deposit(&format!("R{}", count - 1), 1)), Outcome::Done(Told::Known(_))));
}

#[test]
fn a_start_without_snapshots_builds_them_step_by_step() {
    let Closed { storage, total, head, .. } = closed_after(11);
    for folder in ["snapshots", "runs"] {
        for name in storage.list(folder).unwrap() {
            storage.remove(&format!("{folder}/{name}")).unwrap();
        }
    }
    let bank = Bank::open(&storage).unwrap();
    assert_eq!(storage.list("snapshots").unwrap().len(), 2, "a step of eight segments, and one of the rest");
    assert_eq!((bank.total(1), bank.ledger.head()), (total, head));
}

#[test]
fn a_start_whose_snapshots_are_all_of_no_use_comes_to_an_end() {
    let Closed { storage, total, head, .. } = closed_after(20);
    // As after a change of the state's version: both can be read, and neither can be used.
    for name in storage.list("snapshots").unwrap() {
        let name = format!("snapshots/{name}");
        storage.flip_byte(&name, storage.read(&name).len() - 1);
    }
    let bank = Bank::open(&storage).unwrap();
    assert_eq!((bank.total(1), bank.ledger.head()), (total, head));
    drop(bank);
    let report = ledger::verify::data_directory(&storage, &[]);
    assert!(report.snapshot_count >= 1, "there is one that can be used: {:?}", report.findings);
}

#[test]
fn a_segment_that_was_begun_and_never_written_to_keeps_the_keys_that_come_into_it() {
    let before = FaultyStorage::default();
    let bank = Bank::open(&before).unwrap();
    let count = fill(&bank, 2, &before);
    wait_for_snapshot(&before);
    drop(bank);
    let segments = |storage: &FaultyStorage| {
        let names = storage.list("journal").unwrap();
        names.into_iter().filter(|name| name.ends_with(".seg")).collect::<Vec<_>>()
    };
    let segment_count = segments(&before).len();
    let large = |number: usize| deposit(&format!("S{number}"), PADDED_FROM_CENTS + 30_000);
    // How many deposits there is room for before the roll.
    let rehearsal = before.power_cut(1);
    let bank = Bank::open(&rehearsal).unwrap();
    let mut booked = 0;
    while segments(&rehearsal).len() == segment_count {
        bank.booked(large(booked));
        booked += 1;
    }
    booked -= 1;
    drop(bank);
    let mut met = 0;
    for syncs in 0..12 {
        // The disk stops syncing some way into the roll to the next segment, and then the power goes.
        let storage = before.power_cut(1);
        let bank = Bank::open(&storage).unwrap();
        for number in 0..booked {
            bank.booked(large(number));
        }
        let sync_fails_from = Some(storage.sync_count() + syncs);
        storage.set_faults(Faults { sync_fails_from, ..Faults::default() });
        let _ = bank.pay(large(booked));
        let survived = storage.power_cut(1);
        drop(bank);
        let storage = survived;
        let bank = Bank::open(&storage).unwrap();
        let begins = segments(&storage).last().and_then(|name| name.strip_suffix(".seg")?.parse().ok());
        if segments(&storage).len() == segment_count || begins != Some(bank.ledger.head().size) {
            continue;
        }
        met += 1;
        bank.booked(deposit("into the empty segment", 1));
        wait_for_snapshot(&storage);
        // Two more segments, so that what the snapshots cover is let go.
        let mut later = 0;
        while segments(&storage).len() < segment_count + 3 {
            bank.booked(deposit(&format!("T{later}"), PADDED_FROM_CENTS + 30_000));
            later += 1;
        }
        wait_for_snapshot(&storage);
        for receipt in (0..count)
            .map(|number| format!("R{number}"))
            .chain((0..booked).map(|number| format!("S{number}")))
            .chain((0..later).map(|number| format!("T{number}")))
            .chain(["into the empty segment".to_owned()])
        {
            let told = bank.pay(deposit(&receipt, 1));
            assert!(matches!(told, Outcome::Done(Told::Known(_))), "{receipt}: {told:?}");
        }
        assert_eq!(*bank.stop_reason.lock().unwrap(), None);
    }
    assert!(met > 0, "the moment was met");
}

#[test]
fn a_record_whose_segment_has_gone_is_damaged_and_not_unknown() {
    let Closed { storage, .. } = closed_after(3);
    let oldest = storage.list("journal").unwrap().into_iter().find(|name| name.ends_with(".seg")).unwrap();
    storage.remove(&format!("journal/{oldest}")).unwrap();
    let bank = Bank::open(&storage).unwrap();
    let size = bank.ledger.head().size;
    assert!(bank.ledger.record(0).is_err() && bank.ledger.leaf(0).is_err());
    assert!(bank.ledger.record(size - 1).unwrap().is_some());
    assert!(bank.ledger.record(size).unwrap().is_none(), "the books have not come so far");
}
