//! Money that has moved lands in a named account, once for its receipt, whatever it was sent for.

use std::collections::BTreeMap;

use super::desk::{Desk, kes};
use crate::payments::{Addressed, Answer, Ask, BillState, Difference, PaymentNumber, Refusal, TypedAccount};

const CLEARING: &str = "1000.mpesa.222222 KES";
const REVENUE: &str = "2000.kws.park-entry KES";

fn accounts<const N: usize>(balances: [(&str, i128); N]) -> BTreeMap<String, i128> {
    balances.into_iter().map(|(account, shillings)| (account.to_owned(), shillings * 100)).collect()
}

#[test]
fn the_exact_amount_is_the_agencys() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    assert!(matches!(desk.confirm(bill, "A", 1500), Answer::Booked { .. }));
    assert_eq!(desk.see(bill).state, BillState::Paid);
    assert_eq!(desk.balances(), accounts([(CLEARING, -1500), (REVENUE, 1500)]));
}

#[test]
fn parts_are_held_until_the_rest_arrives() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    desk.confirm(bill, "A", 1000);
    let seen = desk.see(bill);
    assert_eq!((seen.state, seen.due()), (BillState::PartPaid, kes(500)));
    assert_eq!(desk.balances(), accounts([(CLEARING, -1000), ("2130.part-payment-held KES", 1000)]));
    desk.confirm(bill, "B", 500);
    assert_eq!(desk.see(bill).state, BillState::Paid);
    assert_eq!(desk.balances(), accounts([(CLEARING, -1500), (REVENUE, 1500)]));
}

#[test]
fn what_is_too_much_is_the_payers() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    desk.confirm(bill, "A", 1000);
    desk.confirm(bill, "B", 700);
    assert_eq!(desk.see(bill).state, BillState::Overpaid);
    let expected = [(CLEARING, -1700), (REVENUE, 1500), ("2120.overpayment KES", 200)];
    assert_eq!(desk.balances(), accounts(expected));
}

#[test]
fn a_second_receipt_is_to_be_given_back() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    desk.confirm(bill, "A", 1500);
    desk.confirm(bill, "B", 1500);
    let seen = desk.see(bill);
    assert_eq!((seen.state, seen.payments.len()), (BillState::Overpaid, 2));
    assert_ne!(seen.payments[0].receipt, seen.payments[1].receipt);
    let expected = [(CLEARING, -3000), (REVENUE, 1500), ("2110.duplicate-refundable KES", 1500)];
    assert_eq!(desk.balances(), accounts(expected));
}

#[test]
fn money_for_a_withdrawn_bill_is_late_and_found() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let cancelled = desk.ask(Ask::CancelBill { bill, idempotency: None });
    assert!(matches!(cancelled, Answer::Done { .. }));
    desk.confirm(bill, "A", 1500);
    assert_eq!(desk.see(bill).state, BillState::Cancelled);
    assert_eq!(desk.balances(), accounts([(CLEARING, -1500), ("2140.late KES", 1500)]));
}

#[test]
fn a_bill_that_holds_money_is_not_withdrawn() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    desk.confirm(bill, "A", 1);
    let refused = desk.ask(Ask::CancelBill { bill, idempotency: None });
    assert_eq!(refused, Answer::Refused(Refusal::BillIs { state: BillState::PartPaid }));
}

#[test]
fn money_for_nobody_is_in_suspense_with_its_reason() {
    let desk = Desk::open();
    let unknown = PaymentNumber::from_random(99);
    let typed = [
        TypedAccount::Number(unknown),
        TypedAccount::BadCheckDigit,
        TypedAccount::Other,
        TypedAccount::Missing,
    ];
    for (index, typed) in typed.into_iter().enumerate() {
        let answer = desk.receive(Addressed::Typed(typed), &format!("S{index}"), kes(100));
        assert!(matches!(answer, Answer::Booked { .. }), "{typed:?}");
    }
    assert_eq!(desk.balances(), accounts([(CLEARING, -400), ("2100.suspense KES", 400)]));
    let (_, count) = desk.ledger().readers().with_totals(|totals| totals.suspense.len());
    assert_eq!(count, 4);
}

#[test]
fn a_bill_in_dollars_goes_through_the_position() {
    let mut desk = Desk::open();
    let bill = desk.quoted_bill(225, 29_081, 3600);
    desk.confirm(bill, "A", 29_081);
    assert_eq!(desk.see(bill).state, BillState::Paid);
    let expected = [
        (CLEARING, -29_081),
        ("3000.position KES", 29_081),
        ("3000.position USD", -225),
        ("2000.kws.park-entry USD", 225),
    ];
    assert_eq!(desk.balances(), accounts(expected));
}

#[test]
fn the_same_receipt_is_booked_once_and_contradictions_are_kept_once() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let other_bill = desk.bill(700);
    let Answer::Booked { sequence } = desk.confirm(bill, "A", 1500) else { panic!("the first is booked") };
    let records = desk.ledger().head().size;
    for _ in 0..3 {
        assert_eq!(desk.confirm(bill, "A", 1500), Answer::Known { sequence });
    }
    assert_eq!(desk.ledger().head().size, records, "a repeat writes nothing");
    let quarantined = |differs, is_new| Answer::Quarantined { stands: sequence, differs, is_new };
    assert_eq!(desk.confirm(bill, "A", 1501), quarantined(Difference::Amount, true));
    assert_eq!(desk.confirm(bill, "A", 1501), quarantined(Difference::Amount, false));
    assert_eq!(desk.confirm(other_bill, "A", 1500), quarantined(Difference::Account, true));
    desk.reopen();
    assert_eq!(desk.confirm(bill, "A", 1500), Answer::Known { sequence });
    assert_eq!(desk.confirm(bill, "A", 1501), quarantined(Difference::Amount, false));
    assert_eq!(desk.balances(), accounts([(CLEARING, -1500), (REVENUE, 1500)]));
}
