//! What outages are reported with: sums of accounts against the books, rows of agencies, and what statements list.

use ledger::LedgerTime;

use super::world::{AGENCIES, World};
use crate::payments::{Ask, CollectedOn, ListedPayments, Provider, TypedAccount};
use crate::views::Scope;

#[test]
fn accounts_add_up_and_an_agency_sees_its_own_rows_alone() {
    let mut world = World::new();
    for agency in AGENCIES {
        let bill = world.bill(agency, 1_000);
        world.pay(TypedAccount::Number(bill), &format!("TKL-{agency}"), 1_000);
    }
    world.pay(TypedAccount::Other, "TKL-NOBODY", 500);
    world.catch_up();
    let reader = world.reader();
    let accounts = world.ask(async { reader.collection_accounts().await.unwrap() });
    let [account] = &accounts.found[..] else { panic!("{accounts:?}") };
    assert_eq!((account.collected.count, account.collected.minor, account.held), (3, 2_500, 2_500));
    assert_eq!(account.difference(), 0);

    let all = 0..accounts.sequence;
    let rows = |scope: Scope| {
        let rows =
            world.ask(async { reader.collected_on_accounts(&scope, all.clone()).await.unwrap().found });
        rows.into_iter()
            .map(|row| (row.agency.as_deref().map(str::to_owned), row.is_matched, row.total.minor))
            .collect::<Vec<_>>()
    };
    let of = |agency: &str| (Some(agency.to_owned()), false, 1_000);
    let mut expected = vec![(None, false, 500), of(AGENCIES[0]), of(AGENCIES[1])];
    expected.sort();
    let mut found = rows(Scope::All);
    found.sort();
    assert_eq!(found, expected);
    for agency in AGENCIES {
        assert_eq!(rows(Scope::Agency(agency.into())), [of(agency)]);
    }
    assert_eq!(rows(Scope::Agency("".into())), []);
    let nobody = world.ask(async {
        let end = LedgerTime::from_micros(i64::MAX);
        reader.admitted(&Scope::All, LedgerTime::from_micros(0), end).await.unwrap().found
    });
    assert_eq!(nobody, []);
}

#[test]
fn what_a_statement_lists_is_matched_and_its_list_may_come_in_any_run_of_records() {
    let mut world = World::new();
    let bill = world.bill(AGENCIES[0], 1_000);
    world.pay(TypedAccount::Number(bill), "TKL1", 1_000);
    let booked = world.ledger.head().size - 1;
    world.catch_up();
    let account = CollectedOn { provider: Provider::Mpesa, short_code: "222222".into() };
    for again in 0..2 {
        let payments = std::iter::repeat_n(booked, again + 1).collect();
        world.tell(Ask::KeepListed(ListedPayments { account: account.clone(), payments }));
        world.catch_up();
    }
    let reader = world.reader();
    let rows = world.ask(async {
        let all = 0..world.ledger.head().size;
        reader.collected_on_accounts(&Scope::All, all).await.unwrap().found
    });
    assert_eq!(rows.iter().map(|row| (row.is_matched, row.total.minor)).collect::<Vec<_>>(), [(true, 1_000)]);
}
