//! A bill with parts of several agencies: each owner's part is counted as its own, to the cent, however the money comes.

use std::collections::BTreeMap;

use ledger::{Currency, LedgerTime, Money};
use proptest::prelude::*;

use super::desk::{Desk, kes, line, usd};
use crate::payments::{
    Addressed, BillLine, Event, PaymentNumber, Placement, Quote, TypedAccount, convenience_fee, read_event,
};

/// What is counted for each owner, in minor units.
fn collected(desk: &Desk) -> BTreeMap<String, i128> {
    let (_, collected) = desk.ledger().readers().with_totals(|totals| totals.collected.clone());
    let mut sums = BTreeMap::new();
    for (key, total) in collected {
        *sums.entry(key.agency.as_deref().unwrap_or("nobody").to_owned()).or_default() += total.minor;
    }
    sums
}

fn sums<const N: usize>(sums: [(&str, i128); N]) -> BTreeMap<String, i128> {
    sums.into_iter().map(|(owner, minor)| (owner.to_owned(), minor)).collect()
}

/// The convenience fee's line, which is the platform's.
fn platform_line(amount: Money) -> BillLine {
    BillLine {
        code: "convenience_fee".into(),
        agency: None,
        account: convenience_fee(),
        ..line("KWS", amount)
    }
}

#[test]
fn each_owner_is_counted_what_is_its_own() {
    let mut desk = Desk::open();
    let lines = vec![line("KWS", kes(600)), line("NAROK", kes(400)), platform_line(kes(50))];
    let bill = desk.bill_of_lines(lines, kes(1050), None);
    desk.confirm(bill, "A", 1050);
    assert_eq!(collected(&desk), sums([("KWS", 60_000), ("NAROK", 40_000), ("nobody", 5_000)]));
    let balances = desk.balances();
    assert_eq!(balances["2000.narok.park-entry KES"], 40_000);
    // Whoever comes later counts the same.
    desk.reopen();
    assert_eq!(collected(&desk), sums([("KWS", 60_000), ("NAROK", 40_000), ("nobody", 5_000)]));
}

#[test]
fn money_fills_the_lines_in_their_order_and_what_is_too_much_is_with_the_bills_agency() {
    let mut desk = Desk::open();
    let bill = desk.bill_of_lines(vec![line("NAROK", kes(400)), line("KWS", kes(600))], kes(1000), None);
    desk.confirm(bill, "A", 700);
    assert_eq!(collected(&desk), sums([("KWS", 30_000), ("NAROK", 40_000)]));
    desk.confirm(bill, "B", 500);
    assert_eq!(collected(&desk), sums([("KWS", 80_000), ("NAROK", 40_000)]), "200 are too much");
    desk.confirm(bill, "C", 100);
    assert_eq!(collected(&desk), sums([("KWS", 90_000), ("NAROK", 40_000)]), "a duplicate");
}

#[test]
fn a_revenue_leg_names_where_the_money_belongs() {
    let mut desk = Desk::open();
    let bill = desk.bill(100);
    desk.confirm(bill, "A", 100);
    let head = desk.ledger().head().size;
    let record = desk.ledger().record(head - 1).unwrap().unwrap();
    let legs = record.draft.entries[0].postings();
    let memos: Vec<_> = legs.iter().map(|leg| &*leg.memo).filter(|memo| !memo.is_empty()).collect();
    assert_eq!(memos, ["entry revenue=SAMPLE/ENTRY fee=2026-1 basis=SAMPLE/1"]);
}

/// Bills and payments of before owners were kept: they mean what they meant, and are written as they were.
#[test]
fn what_was_written_before_is_read_and_written_as_it_was() {
    for bytes in include_str!("fixtures/before_owners.ndjson").lines() {
        let event = read_event(bytes.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), bytes);
        if let Event::PaymentReceived(payment) = event {
            let Placement::Bill { agency, parts, .. } = payment.placement else {
                panic!("it was for a bill")
            };
            let owners = crate::payments::by_owner(&agency, payment.money, &parts);
            assert_eq!(owners, [(Some("KWS".into()), kes(500))]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_adds_up_for_each_owner(
        amounts in prop::collection::vec((0_usize..3, 1_i64..5_000), 1..6),
        rate in 90_i64..150,
        payments in prop::collection::vec(1_i64..400_000, 1..8),
        is_quoted: bool,
    ) {
        let mut desk = Desk::open();
        let owners = ["KWS", "NAROK", "NTSA"];
        let money = |amount| if is_quoted { usd(amount) } else { kes(amount) };
        let lines: Vec<_> = amounts.iter().map(|(owner, amount)| line(owners[*owner], money(*amount))).collect();
        let total: i64 = amounts.iter().map(|(_, amount)| amount).sum();
        let payable = if is_quoted { Money::new(total * rate * 100 + 7, Currency::Kes) } else { kes(total) };
        let quote = is_quoted.then(|| Quote {
            rate_id: "SAMPLE/1".into(),
            rate: "129.25".into(),
            expires: LedgerTime::from_micros(desk.clock.now_micros()).plus_seconds(600),
        });
        let bill: PaymentNumber = desk.bill_of_lines(lines, payable, quote);
        let mut moved = 0_i128;
        for (index, minor) in payments.iter().enumerate() {
            let money = Money::new(*minor, Currency::Kes);
            desk.receive(Addressed::Typed(TypedAccount::Number(bill)), &format!("R{index}"), money);
            moved += i128::from(*minor);
            prop_assert_eq!(collected(&desk).values().sum::<i128>(), moved);
        }
        if moved >= i128::from(payable.minor()) && !is_quoted {
            for (index, owner) in owners.iter().enumerate().skip(1) {
                let owed: i64 = amounts.iter().filter(|(own, _)| *own == index).map(|(_, amount)| amount * 100).sum();
                prop_assert_eq!(collected(&desk).get(*owner).copied().unwrap_or(0), i128::from(owed));
            }
        }
    }
}
