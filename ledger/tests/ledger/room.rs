//! The disk is full: money is turned away with a clear word, reading goes on, and it heals when there is room.

use ledger::Outcome;
use ledger::storage::Storage as _;
use ledger::storage::faulty::{Faults, FaultyStorage};
use ledger::testing::{PADDED_FROM_CENTS, Told};

use crate::harness::{Bank, deposit, till};

/// Cents of a deposit whose record takes about 60 kB.
const LARGE: i64 = PADDED_FROM_CENTS + 60_000;

#[test]
fn without_room_for_a_segment_nothing_is_lost_and_it_heals() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    bank.booked(deposit("first", LARGE));
    storage.set_faults(Faults { is_full: true, ..Faults::default() });

    let mut booked = 1;
    let refused = loop {
        match bank.pay(deposit(&format!("R{booked}"), LARGE)) {
            Outcome::Done(Told::Booked(_)) => booked += 1,
            refused => break refused,
        }
    };
    assert!(matches!(refused, Outcome::NoRoom), "{refused:?}");
    assert!(booked >= 30, "the segments that there were have been filled, {booked} deposits");
    assert_eq!(bank.total(1), booked * LARGE, "reading goes on");
    assert!(
        matches!(bank.pay(deposit("first", LARGE)), Outcome::Done(Told::Known(0))),
        "a repeat needs no room"
    );
    assert!(matches!(bank.pay(deposit("again", LARGE)), Outcome::NoRoom));

    storage.set_faults(Faults::default());
    bank.booked(deposit("healed", 100));
    assert!(bank.stop_reason.lock().unwrap().is_none());
    drop(bank);
    assert_eq!(till(&storage), i128::from(booked * LARGE) + 100);
}

#[test]
fn room_that_was_missing_ahead_of_need_and_is_back_turns_nobody_away() {
    let storage = FaultyStorage::default();
    let bank = Bank::open(&storage).unwrap();
    bank.booked(deposit("first", LARGE));
    while storage.open("journal/spare").unwrap().is_none() {
        std::thread::yield_now();
    }
    storage.set_faults(Faults { is_full: true, ..Faults::default() });
    // Into the second segment: the third is asked for, and there is no room for it.
    let mut number = 0;
    let mut pay = || {
        number += 1;
        bank.booked(deposit(&format!("R{number}"), LARGE));
    };
    while storage.open("journal/spare").unwrap().is_some() {
        pay();
    }
    (0..3).for_each(|_| pay());
    storage.set_faults(Faults::default());
    (0..60).for_each(|_| pay());
}
