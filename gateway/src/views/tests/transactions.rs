//! Transactions: payments beside their bills, by any filter, counted and added up; and which records are about a bill.

use ledger::{Currency, LedgerTime};

use super::questions::every_page;
use super::world::{World, kes};
use crate::payments::{
    Addressed, AttemptEvent, BillState, Held, Owner, PaymentNumber, Provider, SuspenseReason, Total,
    TypedAccount,
};
use crate::views::{Scope, TimeRange, TransactionFilter, TransactionRow, TransactionStatus};

fn kws() -> Scope {
    Scope::Agency("KWS".into())
}

/// All of them, page by page, having checked that the other two questions say the same.
fn ask(world: &World, scope: &Scope, filter: &TransactionFilter) -> Vec<TransactionRow> {
    let reader = &world.reader();
    let rows =
        every_page(world, |page| async move { reader.transactions(scope, filter, page).await.unwrap() });
    let all = world.ask(reader.all_transactions(scope, filter, 1_000)).unwrap();
    assert_eq!(all.found, rows);
    let some = world.ask(reader.all_transactions(scope, filter, 2)).unwrap().found;
    assert_eq!(some, rows[..rows.len().min(2)]);
    let sums = world.ask(reader.transaction_sums(scope, filter)).unwrap().found;
    let mut sum = Total::default();
    rows.iter().for_each(|row| sum.count(row.money));
    assert_eq!(sums.get(&Currency::Kes).copied().unwrap_or_default(), sum);
    rows
}

#[test]
fn every_filter_finds_what_it_says_and_an_agency_its_own() {
    let mut world = World::new();
    let paid = world.bill_called("KWS", 1_000, Some("RSV-1"));
    let part = world.bill("KWS", 1_000);
    let theirs = world.bill_called("KRA", 1_000, Some("RSV-1"));
    world.pay(TypedAccount::Number(paid), "TKA", 1_000);
    world.hours_pass(2);
    let later = world.pay(TypedAccount::Number(part), "TKB", 400);
    world.pay(TypedAccount::Number(theirs), "TKC", 1_000);
    let owner = Owner { agency: "KWS".into(), service: None };
    let held = Held { reason: SuspenseReason::MemberAccount, owner: Some(owner) };
    world.receive(Addressed::Held(Box::new(held)), "TKD", 300);
    world.pay(TypedAccount::Other, "TKE", 50);
    world.catch_up();

    let receipts = |scope: &Scope, filter: &TransactionFilter| -> Vec<String> {
        ask(&world, scope, filter).iter().map(|row| row.channel_receipt.number.to_string()).collect()
    };
    let all = TransactionFilter::default();
    assert_eq!(receipts(&Scope::All, &all), ["TKE", "TKD", "TKC", "TKB", "TKA"]);
    assert_eq!(receipts(&kws(), &all), ["TKD", "TKB", "TKA"]);
    let rows = ask(&world, &kws(), &all);
    assert_eq!((rows[2].bill, rows[2].state), (Some(paid), Some(BillState::Paid)));
    assert_eq!((rows[2].agency_reference.as_deref(), rows[2].money), (Some("RSV-1"), kes(1_000)));
    assert_eq!((rows[0].bill, rows[0].state, rows[0].receipt), (None, None, None));

    let by = |change: fn(&mut TransactionFilter)| {
        let mut filter = TransactionFilter::default();
        change(&mut filter);
        filter
    };
    let of_kws = |filter: TransactionFilter| receipts(&kws(), &filter);
    assert_eq!(of_kws(by(|filter| filter.agency_reference = Some("RSV-1".into()))), ["TKA"]);
    assert_eq!(of_kws(TransactionFilter { bill: Some(part), ..all.clone() }), ["TKB"]);
    assert_eq!(of_kws(TransactionFilter { bill: Some(theirs), ..all.clone() }), [""; 0]);
    assert_eq!(of_kws(by(|filter| filter.channel_receipt = Some("TKD".into()))), ["TKD"]);
    assert_eq!(of_kws(TransactionFilter { receipt: rows[1].receipt, ..all.clone() }), ["TKB"]);
    assert_eq!(of_kws(by(|filter| filter.minor = Some(400))), ["TKB"]);
    assert_eq!(of_kws(by(|filter| filter.provider = Some(Provider::Mpesa))), ["TKD", "TKB", "TKA"]);
    assert_eq!(of_kws(by(|filter| filter.status = Some(TransactionStatus::Suspense))), ["TKD"]);
    let part_paid = TransactionStatus::Bill(BillState::PartPaid);
    assert_eq!(of_kws(TransactionFilter { status: Some(part_paid), ..all.clone() }), ["TKB"]);
    assert!(format!("{later:?}").contains("Booked"));
    let from: LedgerTime = rows[1].booked;
    let booked = TimeRange { from: Some(from), before: None };
    assert_eq!(of_kws(TransactionFilter { counted: booked, ..all.clone() }), ["TKD", "TKB"]);
    let booked = TimeRange { from: None, before: Some(from) };
    assert_eq!(of_kws(TransactionFilter { counted: booked, ..all }), ["TKA"]);
}

#[test]
fn the_records_of_a_bill_are_those_about_it_and_no_others() {
    let mut world = World::new();
    world.live(3, 60);
    let bill = world.bill("KWS", 1_000);
    let other = world.bill("KWS", 1_000);
    let attempt = world.attempt(bill);
    world.hear(attempt, AttemptEvent::Accepted, Some("ws_1"));
    // In another run of the follower than the rows that say whose they are.
    world.catch_up();
    world.hear(attempt, AttemptEvent::StillProcessing, None);
    world.pay(TypedAccount::Number(bill), "TKA", 400);
    world.pay(TypedAccount::Number(other), "TKX", 400);
    world.pay(TypedAccount::Number(bill), "TKA", 500);
    world.catch_up();
    let reader = world.reader();
    let records = |scope: &Scope, bill: PaymentNumber| {
        world.ask(reader.records_of_bill(scope, bill, 100)).unwrap().found
    };
    let found = records(&kws(), bill);
    let first = found[0];
    // Made, asked, accepted, in progress, paid in part, contradicted; the other bill's three lie between.
    let expected: Vec<u64> = [0, 2, 3, 4, 5, 7].into_iter().map(|offset| first + offset).collect();
    assert_eq!(found, expected);
    assert_eq!(records(&kws(), other), [first + 1, first + 6]);
    assert_eq!(records(&Scope::Agency("KRA".into()), bill), [0_u64; 0]);
    assert_eq!(world.ask(reader.records_of_bill(&kws(), bill, 2)).unwrap().found, expected[..2]);
}
