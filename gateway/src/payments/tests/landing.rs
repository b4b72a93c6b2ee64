//! Money that has moved lands in a named account, once for its receipt, whatever it was sent for.

use std::collections::BTreeMap;

use ledger::{Currency, Money};

use super::desk::{Desk, kes};
use crate::payments::{
    Addressed, Answer, Archived, Ask, BillState, Difference, Event, LATEST_PAYMENTS_MAX, PaymentNumber,
    Placement, Refusal, TypedAccount, archive, read_event,
};

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
    assert_eq!((seen.state, seen.latest_payments.len()), (BillState::Overpaid, 2));
    assert_ne!(seen.latest_payments[0].receipt, seen.latest_payments[1].receipt);
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

#[test]
fn more_money_than_a_bill_can_count_is_in_suspense_and_survives_a_restart() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    desk.confirm(bill, "A", 1500);
    let most = Money::new(i64::MAX - 150_000, Currency::Kes);
    for receipt in ["B", "C", "D"] {
        let told = desk.receive(Addressed::Typed(TypedAccount::Number(bill)), receipt, most);
        assert!(matches!(told, Answer::Booked { .. }), "{told:?}");
    }
    let seen = desk.see(bill);
    assert_eq!((seen.payment_count, seen.collected.minor()), (2, i64::MAX));
    let most = i128::from(most.minor());
    let expected = [
        (CLEARING.to_owned(), -150_000 - 3 * most),
        (REVENUE.to_owned(), 150_000),
        ("2110.duplicate-refundable KES".to_owned(), most),
        ("2100.suspense KES".to_owned(), 2 * most),
    ];
    assert_eq!(desk.balances(), BTreeMap::from(expected));
    let collected = |desk: &Desk| {
        let (_, sum) = desk
            .ledger()
            .readers()
            .with_totals(|totals| totals.collected.values().map(|total| total.minor).sum::<i128>());
        sum
    };
    assert_eq!(collected(&desk), 150_000 + 3 * most);
    desk.reopen();
    assert_eq!(collected(&desk), 150_000 + 3 * most);
}

#[test]
fn a_bill_does_not_grow_with_what_is_sent_to_it() {
    let mut desk = Desk::open();
    let bill = desk.bill(1500);
    let receipts: Vec<_> = (0..LATEST_PAYMENTS_MAX + 5).map(|number| format!("R{number}")).collect();
    let booked: Vec<_> = receipts
        .iter()
        .map(|receipt| match desk.confirm(bill, receipt, 100) {
            Answer::Booked { sequence } => sequence,
            other => panic!("{receipt} was {other:?}"),
        })
        .collect();
    let seen = desk.see(bill);
    assert_eq!((seen.payment_count, seen.collected), (25, kes(2500)));
    let kept: Vec<_> = seen.latest_payments.iter().map(|payment| &*payment.channel_receipt).collect();
    assert_eq!(kept, receipts[5..]);
    for sequence in booked {
        let record = desk.ledger().record(sequence).unwrap().unwrap();
        let Some(Event::PaymentReceived(payment)) = read_event(&record.draft.event) else {
            panic!("record {sequence} is no payment");
        };
        let Placement::Bill { receipt, .. } = payment.placement else { panic!("{payment:?}") };
        let stub = desk.ledger().archived(&archive::receipt(receipt)).unwrap();
        let stub = stub.and_then(Archived::receipt).expect("every receipt is found");
        assert_eq!((stub.bill, stub.payment.sequence), (bill, sequence));
    }
}
