//! An agency sees its own rows and nothing of anybody else's, whatever it asks for.

use super::world::{AGENCIES, World};
use crate::payments::{Addressed, AttemptEvent, Held, Owner, SuspenseReason, TypedAccount};
use crate::views::{BillFilter, PageRequest, PageSize, PaymentFilter, PlacementRow, Scope};

const PAGE: PageRequest = PageRequest { size: PageSize::MAX, after: None };

#[test]
fn nothing_leaks_from_one_agency_to_another_whatever_is_asked() {
    let mut world = World::new();
    // Each agency has one of everything; some money is nobody's.
    for agency in AGENCIES {
        let paid = world.bill_called(agency, 1_000, Some("SAME"));
        let asked = world.bill_called(agency, 1_000, Some("SAME"));
        let attempt = world.attempt(asked);
        world.hear(attempt, AttemptEvent::NoAnswer, None);
        world.pay(TypedAccount::Number(paid), &format!("TKL-{agency}"), 1_000);
        world.pay(TypedAccount::Number(paid), &format!("TKL-{agency}"), 2_000);
    }
    // A member's number: held, and visibly meant for the agency.
    for (agency, minor) in AGENCIES.into_iter().zip([300, 400]) {
        let owner = Owner { agency: agency.into(), service: Some("entry".into()) };
        let held = Held { reason: SuspenseReason::MemberAccount, owner: Some(owner) };
        world.receive(Addressed::Held(Box::new(held)), &format!("TKL-MEMBER-{agency}"), minor);
    }
    world.pay(TypedAccount::Other, "TKL-NOBODY", 500);
    world.pay(TypedAccount::Other, "TKL-NOBODY", 600);
    world.catch_up();
    let reader = world.reader();
    let head = world.ledger.head().size;

    let everything = Scope::All;
    let count = world.ask(async {
        let bills = reader.bills(&everything, &BillFilter::default(), PAGE).await.unwrap().rows.len();
        let payments =
            reader.payments(&everything, &PaymentFilter::default(), PAGE).await.unwrap().rows.len();
        let attempts = reader.unknown_attempts(&everything, PAGE).await.unwrap().rows.len();
        let quarantine = reader.quarantine(&everything, PAGE).await.unwrap().rows.len();
        let suspense = reader.suspense(&everything, PAGE).await.unwrap().rows.len();
        (bills, payments, attempts, quarantine, suspense)
    });
    assert_eq!(count, (4, 5, 2, 3, 3), "who sees all sees all");

    for (mine, other) in [(AGENCIES[0], AGENCIES[1]), (AGENCIES[1], AGENCIES[0])] {
        let scope = Scope::Agency(mine.into());
        world.ask(async {
            let bills = reader.bills(&scope, &BillFilter::default(), PAGE).await.unwrap().rows;
            assert_eq!(bills.len(), 2);
            assert!(bills.iter().all(|bill| &*bill.agency == mine));
            let theirs = BillFilter { agency: Some(other.into()), ..BillFilter::default() };
            assert_eq!(reader.bills(&scope, &theirs, PAGE).await.unwrap().rows, []);
            let same = BillFilter { agency_reference: Some("SAME".into()), ..BillFilter::default() };
            assert_eq!(reader.bills(&scope, &same, PAGE).await.unwrap().rows, bills);

            let all_bills = reader.bills(&everything, &BillFilter::default(), PAGE).await.unwrap().rows;
            for bill in &all_bills {
                let is_mine = &*bill.agency == mine;
                assert_eq!(reader.bill(&scope, bill.number).await.unwrap().found.is_some(), is_mine);
                assert_eq!(!reader.bill_lines(&scope, bill.number).await.unwrap().found.is_empty(), is_mine);
                let of_bill = PaymentFilter { bill: Some(bill.number), ..PaymentFilter::default() };
                let payments = reader.payments(&scope, &of_bill, PAGE).await.unwrap().rows;
                assert!(is_mine || payments.is_empty());
            }

            let payments = reader.payments(&scope, &PaymentFilter::default(), PAGE).await.unwrap().rows;
            assert_eq!(payments.len(), 2);
            let held = PlacementRow::Suspense {
                reason: SuspenseReason::MemberAccount,
                agency: Some(mine.into()),
                service: Some("entry".into()),
            };
            assert_eq!(payments[0].placement, held);
            assert!(matches!(&payments[1].placement, PlacementRow::Bill { agency, .. } if &**agency == mine));
            for receipt in [format!("TKL-{other}"), "TKL-NOBODY".to_owned()] {
                let filter =
                    PaymentFilter { channel_receipt: Some(receipt.into()), ..PaymentFilter::default() };
                assert_eq!(reader.payments(&scope, &filter, PAGE).await.unwrap().rows, []);
            }
            let suspense = reader.suspense(&scope, PAGE).await.unwrap().rows;
            assert_eq!(suspense.len(), 1, "what is meant for others, and for nobody, is not seen");
            assert_eq!(suspense[0].agency.as_deref(), Some(mine));
            assert_eq!(suspense[0].service.as_deref(), Some("entry"));
            let quarantined = reader.quarantine(&scope, PAGE).await.unwrap().rows;
            assert_eq!(quarantined.len(), 1);
            assert_eq!(quarantined[0].agency.as_deref(), Some(mine));
            let attempts = reader.unknown_attempts(&scope, PAGE).await.unwrap().rows;
            assert_eq!(attempts.len(), 1);
            assert_eq!(&*attempts[0].agency, mine);
            let days = i32::MIN..=i32::MAX;
            let collected = reader.collections(&scope, days).await.unwrap().found;
            assert!(!collected.is_empty());
            assert!(collected.iter().all(|row| row.key.agency.as_deref() == Some(mine)));
            for record in 0..head {
                let entries = reader.entries(&scope, record).await.unwrap().found;
                assert_eq!(!entries.is_empty(), record == payments[1].sequence, "record {record}");
            }
        });
    }

    let nobody = Scope::Agency("".into());
    world.ask(async {
        assert_eq!(reader.collections(&nobody, i32::MIN..=i32::MAX).await.unwrap().found, []);
        assert_eq!(reader.suspense(&nobody, PAGE).await.unwrap().rows, []);
    });
}
