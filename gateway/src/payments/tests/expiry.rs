//! Time does things by records: nothing expires because somebody looked.

use super::desk::Desk;
use crate::payments::{Answer, AttemptEvent, AttemptState, BillState};

#[test]
fn a_bill_expires_by_record_and_not_before() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    desk.wait_seconds(86_399);
    desk.tick();
    assert_eq!(desk.see(bill).state, BillState::Unpaid);
    desk.wait_seconds(1);
    assert_eq!(desk.see(bill).state, BillState::Unpaid, "time alone changes nothing");
    desk.tick();
    assert_eq!(desk.see(bill).state, BillState::Expired);
    assert!(desk.ledger().readers().open_bill(bill).is_none());
    desk.confirm(bill, "A", 1500);
    assert_eq!(desk.balances()["2140.late KES"], 150_000);
}

#[test]
fn money_that_comes_before_the_record_of_expiry_counts() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    desk.wait_seconds(100_000);
    desk.confirm(bill, "A", 1500);
    assert_eq!(desk.see(bill).state, BillState::Paid);
    desk.tick();
    assert_eq!(desk.see(bill).state, BillState::Paid);
}

#[test]
fn a_bill_ends_with_its_quote() {
    let mut desk = Desk::open();
    let bill = desk.quoted_bill(225, 29_081, 3600);
    desk.wait_seconds(3600);
    desk.tick();
    assert_eq!(desk.see(bill).state, BillState::Expired);
}

#[test]
fn expiry_survives_a_restart() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    desk.reopen();
    desk.wait_seconds(86_400);
    desk.tick();
    assert_eq!(desk.see(bill).state, BillState::Expired);
}

#[test]
fn an_attempt_without_an_answer_becomes_unknown_after_ninety_seconds() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let attempt = desk.attempt(bill).unwrap();
    desk.hear(attempt, AttemptEvent::Accepted);
    desk.wait_seconds(89);
    desk.tick();
    assert_eq!(desk.see_attempt(attempt).state, AttemptState::PromptSent);
    desk.wait_seconds(1);
    desk.tick();
    assert_eq!(desk.see_attempt(attempt).state, AttemptState::Unknown);
}

#[test]
fn each_day_is_closed_once() {
    let desk = Desk::open();
    assert!(matches!(desk.tick(), Answer::Done { .. }), "the first tick opens the day");
    assert_eq!(desk.tick(), Answer::Nothing);
    desk.wait_seconds(2 * 86_400);
    assert!(matches!(desk.tick(), Answer::Done { .. }));
    assert!(matches!(desk.tick(), Answer::Done { .. }), "one record for each day");
    assert_eq!(desk.tick(), Answer::Nothing);
}
