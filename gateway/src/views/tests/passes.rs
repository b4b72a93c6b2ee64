//! Money that waited in suspense and was put to a bill: its row moves, what came in stays what came in, and passes are listed with
//! what has become of them.

use std::sync::Arc;

use ledger::{Currency, LedgerTime};

use super::world::{AGENCIES, World, kes};
use crate::access::{ApiKey, KeyMode, Role};
use crate::clock::{day_as_date, start_of_east_africa_day};
use crate::payments::{
    Addressed, Answer, Ask, BillId, BillState, GateAsk, GateDevice, NewInvoice, NewPass, PassPrice,
    PassSettlement, PaymentNumber, TourOperator, TypedAccount, revenue_day,
};
use crate::views::{
    Page, PageRequest, PageSize, PassFilter, PassRow, PassState, PaymentFilter, PlacementRow, Scope,
    TimeRange, TransactionFilter, TransactionStatus,
};

const PAGE: PageRequest = PageRequest { size: PageSize::MAX, after: None };

fn certify(world: &World, id: &str, agency: &str) -> Vec<PaymentNumber> {
    let since = LedgerTime::from_micros(world.clock.now_micros());
    let device = GateDevice {
        id: id.into(),
        site: "hells-gate".into(),
        agency: agency.into(),
        gate: format!("{id} gate").into(),
        key: "k+00+AA".into(),
        api_key: format!("key_{id}").into(),
        since,
        until: since.plus_seconds(1_000_000),
    };
    let key = ApiKey {
        id: device.api_key.clone(),
        label: "gate".into(),
        role: Role::AgencyGate,
        counter: None,
        agency: Some(agency.into()),
        mode: KeyMode::Test,
        secret_hash: "00".into(),
        expires: None,
    };
    world.tell(Ask::Gate(GateAsk::Certify { device, key: Box::new(key) }));
    let seed = id.len() as u64;
    let randoms = (0..9).map(|at| (seed * 100 + at) << 33).collect();
    world.tell(Ask::Gate(GateAsk::KeepNumbers { device: id.into(), randoms }));
    let gates = world.ledger.readers().gates();
    gates.device(id).unwrap().numbers.iter().copied().collect()
}

fn bring(world: &mut World, device: &str, agency: &str, number: u64, bills: &[PaymentNumber]) {
    bring_on(world, (device, agency), number, bills, &PassSettlement::Exit);
}

fn bring_on(
    world: &mut World,
    (device, agency): (&str, &str),
    number: u64,
    bills: &[PaymentNumber],
    settlement: &PassSettlement,
) {
    let mut passes = Vec::new();
    for bill in bills {
        passes.push(NewPass {
            number: 1,
            at: LedgerTime::from_micros(world.clock.now_micros()),
            price: kes(1_000),
            settlement: settlement.clone(),
            hash: bill.to_string().into(),
            bill: *bill,
            rests_on: PassPrice::AsNamed,
            terms: Box::new(world.new_bill(agency, 1_000, None, None)),
        });
    }
    let (hash, uses) = (Arc::from(format!("{device} {number}")), Vec::new());
    let ask = GateAsk::TakeBatch { device: device.into(), number, hash, uses, passes, random: number };
    assert!(matches!(world.tell(Ask::Gate(ask)), Answer::Done { .. }));
}

fn listed(world: &World, scope: &Scope, state: PassState) -> Page<PassRow> {
    let filter = PassFilter { state, ..PassFilter::default() };
    world.ask(async { world.reader().passes(scope, &filter, PAGE).await.unwrap() })
}

/// The whole of a revenue day.
fn day_of(day: i32) -> TimeRange {
    let start = |day| LedgerTime::from_micros(start_of_east_africa_day(day_as_date(day)));
    TimeRange { from: Some(start(day)), before: Some(start(day + 1)) }
}

/// In one run of records and in several, the rows are the same.
#[test]
fn a_payment_that_waited_has_one_row_which_moves_and_nothing_comes_in_twice() {
    for in_one_run in [false, true] {
        let mut world = World::new();
        if in_one_run {
            world.stop_views();
        }
        let numbers = certify(&world, "elsa", AGENCIES[0]);
        world.receive(Addressed::Typed(TypedAccount::Number(numbers[0])), "EARLY", 1_000);
        world.receive(Addressed::Typed(TypedAccount::Number(numbers[1])), "WAITS", 300);
        if !in_one_run {
            world.catch_up();
            let mine = Scope::Agency(AGENCIES[0].into());
            let waiting = world.ask(async { world.reader().suspense(&mine, PAGE).await.unwrap().rows });
            assert_eq!(waiting.len(), 2, "the agency sees what waits for its gates");
        }
        // It is put to its bill on another day.
        world.hours_pass(30);
        bring(&mut world, "elsa", AGENCIES[0], 1, &numbers[..1]);
        if in_one_run {
            world.start_views();
        }
        world.catch_up();
        let reader = world.reader();
        world.ask(async {
            let payments = reader.payments(&Scope::All, &PaymentFilter::default(), PAGE).await.unwrap().rows;
            assert_eq!(payments.len(), 2, "{payments:?}");
            let early = payments.iter().find(|row| &*row.channel_receipt.number == "EARLY").unwrap();
            assert!(matches!(early.placement, PlacementRow::Bill { bill, .. } if bill == numbers[0]));
            let suspense = reader.suspense_sums(&Scope::All).await.unwrap().found;
            assert_eq!((suspense[0].total.count, suspense[0].total.minor), (1, 300));
            let filter = TransactionFilter::default();
            let mine = Scope::Agency(AGENCIES[0].into());
            let transactions = reader.transactions(&mine, &filter, PAGE).await.unwrap().rows;
            let paid: Vec<_> = transactions.iter().filter(|row| row.state == Some(BillState::Paid)).collect();
            let [paid] = paid[..] else { panic!("it is one: {transactions:?}") };
            assert_eq!(revenue_day(paid.counted) - revenue_day(paid.booked), 1, "it counts a day later");
            assert!(paid.counted_by > paid.sequence);
            assert_eq!(paid.applied_by.as_deref(), Some("tester"), "and says who put it there");
            let waits = transactions.iter().find(|row| row.state.is_none()).unwrap();
            assert_eq!((waits.counted, waits.counted_by), (waits.booked, waits.sequence));
            assert_eq!(waits.applied_by, None);
            // What is listed of the agency's day is what is added up of it.
            let day = revenue_day(paid.counted);
            let of_day = TransactionFilter {
                status: Some(TransactionStatus::Bill(BillState::Paid)),
                counted: day_of(day),
                ..TransactionFilter::default()
            };
            let sums = reader.transaction_sums(&mine, &of_day).await.unwrap().found;
            let summed = reader.collections(&mine, day..=day).await.unwrap().found;
            assert_eq!((sums.len(), summed.len()), (1, 1));
            assert_eq!(sums[&Currency::Kes], summed[0].total);
            let before = TransactionFilter { counted: day_of(day - 1), ..of_day };
            assert!(reader.transaction_sums(&mine, &before).await.unwrap().found.is_empty());

            let days = reader.collections(&Scope::All, 0..=i32::MAX).await.unwrap().found;
            assert_eq!(days.iter().map(|row| row.total.minor).sum::<i128>(), 1_300, "{days:?}");
            let own: Vec<_> = days.iter().filter(|row| row.key.agency.is_some()).collect();
            assert_eq!((own.len(), own[0].total.count, own[0].total.minor), (1, 1, 1_000));
            let [account] = &reader.collection_accounts().await.unwrap().found[..] else {
                panic!("there is one")
            };
            assert_eq!(
                (account.collected.count, account.collected.minor, account.difference()),
                (2, 1_300, 0)
            );
            assert_eq!(account.currency, Currency::Kes);
            let sides = reader.imbalance().await.unwrap().found;
            assert!(sides.iter().all(|side| side.minor == 0), "{sides:?}");
        });
    }
}

#[test]
fn an_agency_sees_its_own_passes_by_what_is_still_owed() {
    let mut world = World::new();
    let numbers = certify(&world, "elsa", AGENCIES[0]);
    let others = certify(&world, "olkaria", AGENCIES[1]);
    bring(&mut world, "elsa", AGENCIES[0], 1, &[numbers[0], numbers[1], others[0]]);
    bring(&mut world, "olkaria", AGENCIES[1], 1, &others[..1]);
    world.pay(TypedAccount::Number(numbers[0]), "PAID", 1_000);
    world.pay(TypedAccount::Number(numbers[1]), "PART", 400);
    world.catch_up();
    let mine = Scope::Agency(AGENCIES[0].into());
    let bills = |scope: &Scope, state| -> Vec<_> {
        listed(&world, scope, state).rows.iter().map(|row| (row.bill, row.outcome.to_string())).collect()
    };
    let issued = |number: PaymentNumber| (number, "issued".to_owned());
    assert_eq!(bills(&mine, PassState::Paid), [issued(numbers[0])]);
    assert_eq!(bills(&mine, PassState::Unpaid), [issued(numbers[1])]);
    let expected = [(others[0], "number_not_kept".to_owned()), issued(numbers[1]), issued(numbers[0])];
    assert_eq!(bills(&mine, PassState::All), expected, "the newest first");
    assert_eq!(bills(&Scope::Agency(AGENCIES[1].into()), PassState::All), [issued(others[0])]);
    assert_eq!(bills(&Scope::All, PassState::All).len(), 4);
    let first = PageRequest { size: PageSize::new(2).unwrap(), after: None };
    let all = PassFilter::default();
    let page = world.ask(async { world.reader().passes(&mine, &all, first).await.unwrap() });
    let rest = PageRequest { after: page.next, ..first };
    let rest = world.ask(async { world.reader().passes(&mine, &all, rest).await.unwrap() });
    assert_eq!((page.rows.len(), rest.rows.len(), rest.next), (2, 1, None));
    assert_eq!((&*rest.rows[0].gate, rest.rows[0].state), ("elsa gate", Some(BillState::Paid)));

    // By who made it and under which number; of a site without devices there are none.
    let count = |filter: PassFilter| {
        world.ask(async { world.reader().passes(&Scope::All, &filter, PAGE).await.unwrap() }).rows.len()
    };
    let of = |devices: &[&str]| PassFilter {
        devices: Some(devices.iter().map(|device| Arc::from(*device)).collect()),
        ..PassFilter::default()
    };
    let counts = [&[][..], &["elsa"], &["elsa", "olkaria"]].map(|devices| count(of(devices)));
    assert_eq!(counts, [0, 3, 4]);
    assert_eq!(count(PassFilter { number: Some(others[0]), ..PassFilter::default() }), 2);
    assert_eq!(count(PassFilter { operator: Some("OP-ABCDEF".into()), ..PassFilter::default() }), 0);
    assert_eq!(count(PassFilter { state: PassState::Ended, ..PassFilter::default() }), 0);
    let invoices = world.ask(async { world.reader().invoices(&Scope::All, None, None, PAGE).await.unwrap() });
    assert_eq!(invoices.rows, []);
}

#[test]
fn passes_of_an_invoice_that_ended_unpaid_are_listed_as_unpaid_until_the_next() {
    let mut world = World::new();
    let agency = AGENCIES[0];
    let numbers = certify(&world, "elsa", agency);
    let since = LedgerTime::from_micros(world.clock.now_micros());
    let operator =
        TourOperator { code: "OP-SAVANA".into(), agency: agency.into(), name: "Savanna".into(), since };
    world.tell(Ask::Gate(GateAsk::NameOperator { operator, idempotency: None }));
    let on_account = PassSettlement::Operator("OP-SAVANA".into());
    bring_on(&mut world, ("elsa", agency), 1, &numbers[..2], &on_account);
    bring(&mut world, "elsa", agency, 2, &numbers[2..3]);
    let invoice = |world: &World, id: u128| {
        let new = NewInvoice {
            operator: "OP-SAVANA".into(),
            agency: agency.into(),
            id: BillId::from_uuid(id),
            random: u64::try_from(id).unwrap() << 40,
            life_seconds: 3_600,
            vault_slot: 0,
            idempotency: None,
        };
        match world.tell(Ask::Gate(GateAsk::Invoice(Box::new(new)))) {
            Answer::BillCreated { bill, .. } => bill,
            other => panic!("{other:?}: there is something to pay"),
        }
    };
    let mine = Scope::Agency(agency.into());
    let of_operator = |world: &mut World, state| {
        world.catch_up();
        let filter = PassFilter { state, operator: Some("OP-SAVANA".into()), ..PassFilter::default() };
        let rows = world.ask(async { world.reader().passes(&mine, &filter, PAGE).await.unwrap().rows });
        rows.iter().map(|row| (row.bill, row.invoice, row.invoice_state)).collect::<Vec<_>>()
    };
    let both = |invoice, state| [numbers[1], numbers[0]].map(|number| (number, invoice, state)).to_vec();
    assert_eq!(of_operator(&mut world, PassState::Unpaid), both(None, None));
    let first = invoice(&world, 901);
    assert_eq!(of_operator(&mut world, PassState::Unpaid), both(Some(first), Some(BillState::Unpaid)));
    world.hours_pass(2);
    while !matches!(world.tick(), Answer::Nothing) {}
    assert_eq!(of_operator(&mut world, PassState::Unpaid), both(Some(first), Some(BillState::Expired)));
    let second = invoice(&world, 902);
    world.pay(TypedAccount::Number(second), "PAID", 2_000);
    assert_eq!(of_operator(&mut world, PassState::Unpaid), []);
    assert_eq!(of_operator(&mut world, PassState::Paid), both(Some(second), Some(BillState::Paid)));
}
