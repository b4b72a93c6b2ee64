//! The disk rots: a start finds it, says where and what is affected, and changes nothing.

use ledger::OpenError;
use ledger::journal::JournalError;
use ledger::storage::Storage;
use ledger::storage::faulty::FaultyStorage;

use crate::harness::{Bank, deposit};

const SEGMENT: &str = "journal/00000000000000000000.seg";

fn bank_of(count: u64) -> FaultyStorage {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    for number in 0..count {
        bank.booked(deposit(&format!("R{number}"), 100));
    }
    drop(bank);
    storage
}

fn damage(storage: &FaultyStorage) -> ledger::journal::Damage {
    match Bank::open(storage) {
        Err(OpenError::Journal(JournalError::Damaged(damage))) => damage,
        Err(other) => panic!("expected damage, got {other}"),
        Ok(_) => panic!("a damaged journal was opened"),
    }
}

#[test]
fn every_flipped_byte_of_what_was_acknowledged_is_found_and_named() {
    let storage = bank_of(40);
    let written = storage.read(SEGMENT).iter().rposition(|byte| *byte != 0).unwrap();
    for offset in (0..=written).step_by(53) {
        storage.flip_byte(SEGMENT, offset);
        let found = damage(&storage);
        assert_eq!(found.file, SEGMENT);
        assert!(found.offset <= offset as u64, "byte {offset}: {found}");
        assert!(found.to_string().contains("record"), "{found}");
        storage.flip_byte(SEGMENT, offset);
    }
    assert!(Bank::open(&storage).is_ok(), "nothing was changed meanwhile");
}

#[test]
fn a_lost_tail_is_not_cut_even_if_the_head_file_has_gone_as_well() {
    let storage = bank_of(10);
    let written = storage.read(SEGMENT).iter().rposition(|byte| *byte != 0).unwrap();
    storage.flip_byte(SEGMENT, written);
    storage.remove("journal/head").unwrap();
    let found = damage(&storage);
    assert!(found.what.contains("the file of places"), "{found}");
    assert_eq!(found.affected, "records 9 to 9");
}

#[test]
fn a_lost_tail_that_the_head_file_knows_of_is_not_cut() {
    let storage = bank_of(10);
    storage.remove("journal/places").unwrap();
    let bytes = storage.read(SEGMENT);
    let written = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let file = storage.open(SEGMENT).unwrap().unwrap();
    file.write_all_at(&[0; 100], written as u64 - 99).unwrap();
    let found = damage(&storage);
    assert!(found.what.contains("the head file"), "{found}");
    assert_eq!(found.affected, "records 9 to 9");
}

#[test]
fn a_torn_batch_that_nobody_was_told_about_is_cut() {
    let storage = bank_of(10);
    let bytes = storage.read(SEGMENT);
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    let file = storage.open(SEGMENT).unwrap().unwrap();
    file.write_all_at(b"MPB1 torn, torn, torn", end.next_multiple_of(8)).unwrap();
    let bank = Bank::open(&storage).unwrap();
    assert_eq!(bank.ledger.head().size, 10);
    assert_eq!(bank.booked(deposit("after", 100)), 10);
    drop(bank);
    assert_eq!(Bank::open(&storage).unwrap().ledger.head().size, 11);
}

#[test]
fn a_batch_copied_over_another_is_found() {
    let storage = bank_of(10);
    let bytes = storage.read(SEGMENT);
    let frames: Vec<_> =
        (4096..bytes.len()).step_by(8).filter(|at| bytes[*at..].starts_with(b"MPB1")).collect();
    let (from, to) = (frames[2], frames[5]);
    let len = frames[3] - from;
    let file = storage.open(SEGMENT).unwrap().unwrap();
    file.write_all_at(&bytes[from..from + len], to as u64).unwrap();
    let found = damage(&storage);
    assert_eq!(found.offset, to as u64);
    assert!(found.what.contains("another place"), "{found}");
}
