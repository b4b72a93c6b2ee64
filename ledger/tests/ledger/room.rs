//! The disk is full: money is turned away with a clear word, reading goes on, and it heals when there is room.

use ledger::Outcome;
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
    // The attempt that was under way when room came back may still report the old state once.
    let healed = (0..3)
        .find(|attempt| matches!(bank.pay(deposit(&format!("healed {attempt}"), 100)), Outcome::Done(_)));
    assert!(healed.is_some(), "it heals by itself");
    assert!(bank.stop_reason.lock().unwrap().is_none());
    drop(bank);
    assert_eq!(till(&storage), i128::from(booked * LARGE) + 100);
}
