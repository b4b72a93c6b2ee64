//! What the views answer: the story of some bills, filters, pages that neither skip nor repeat, and questions that
//! never read a whole table.

use std::sync::Arc;
use std::time::Duration;

use ledger::LedgerTime;
use sqlx::{Connection, SqliteConnection};

use super::world::{World, kes, newest_file};
use crate::payments::{
    Addressed, AttemptEvent, AttemptState, BillState, Difference, PaymentNumber, Provider, Share,
    SuspenseReason, TypedAccount,
};
use crate::views::file::reading;
use crate::views::page::Cursor;
use crate::views::queries::{
    agencies, applications, arrivals, attempts, bills, collections, entries, minutes, payments, quarantine,
    transactions, usage,
};
use crate::views::scope::{Select, Source};
use crate::views::shared::QUESTIONS_MAX;
use crate::views::{
    ApplicationFilter, BillFilter, Page, PageRequest, PageSize, PaymentFilter, PlacementRow, QueryError,
    Scope, TimeRange, TransactionFilter, UsageBy,
};

/// Every row of a list, asked for page by page.
pub(super) fn every_page<T, F: Future<Output = Page<T>>>(
    world: &World,
    ask: impl Fn(PageRequest) -> F,
) -> Vec<T> {
    let mut rows = Vec::new();
    let mut page = PageRequest { size: PageSize::new(7).unwrap(), after: None };
    loop {
        let Page { rows: some, next, .. } = world.ask(ask(page));
        rows.extend(some);
        match next {
            Some(_) => page.after = next,
            None => return rows,
        }
    }
}

#[test]
fn a_bill_is_followed_from_the_first_line_to_the_last_posting() {
    let mut world = World::new();
    let bill = world.bill_called("KWS", 1_000, Some("PERMIT-1"));
    let attempt = world.attempt(bill);
    world.hear(attempt, AttemptEvent::Accepted, Some("ws_1"));
    world.catch_up();
    let reader = world.reader();

    let found = world.ask(reader.bill(&Scope::All, bill)).unwrap();
    assert_eq!(found.sequence, world.ledger.head().size, "true at the head");
    let row = found.found.unwrap();
    assert_eq!(
        (row.number, row.state, row.collected, row.total),
        (bill, BillState::Unpaid, kes(0), kes(1_000))
    );
    assert_eq!((row.agency_reference.as_deref(), row.catalogue, row.sequence), (Some("PERMIT-1"), 1, 0));
    assert_eq!(row.changed_by, 1, "its attempt was noted");
    let published = world.ledger.readers().open_bill(bill).unwrap();
    assert_eq!(
        (row.id, row.expires, row.changed_by),
        (published.terms.id, published.terms.expires, published.changed_by)
    );
    let lines = world.ask(reader.bill_lines(&Scope::All, bill)).unwrap().found;
    let lines: Vec<_> = lines.iter().map(|line| (&*line.code, line.amount, &*line.account)).collect();
    assert_eq!(lines, [("adult", kes(999), "2000.kws.park-entry"), ("guide", kes(1), "2000.kws.park-entry")]);

    // A part by paybill, then the rest by the prompt, then once more.
    world.pay(TypedAccount::Number(bill), "TKL1", 400);
    world.receive(Addressed::Attempt(attempt), "TKL2", 600);
    world.receive(Addressed::Attempt(attempt), "TKL3", 600);
    // And the second receipt is told again, with another amount.
    world.pay(TypedAccount::Number(bill), "TKL2", 700);
    world.catch_up();

    let row = world.ask(reader.bill(&Scope::All, bill)).unwrap().found.unwrap();
    assert_eq!((row.state, row.collected), (BillState::Overpaid, kes(1_600)));
    let filter = PaymentFilter { bill: Some(bill), ..PaymentFilter::default() };
    let paid = world.ask(reader.payments(&Scope::All, &filter, PageRequest::default())).unwrap().rows;
    let paid: Vec<_> = paid
        .iter()
        .map(|payment| match &payment.placement {
            PlacementRow::Bill { share, .. } => (&*payment.channel_receipt.number, payment.money, *share),
            PlacementRow::Suspense { .. } => panic!("{payment:?}"),
        })
        .collect();
    assert_eq!(
        paid,
        [
            ("TKL3", kes(600), Share::Duplicate),
            ("TKL2", kes(600), Share::Completed),
            ("TKL1", kes(400), Share::HeldForRest)
        ]
    );
    let dump = world.dump();
    assert!(dump.contains("'succeeded' NULL 2 'TKL2'"), "the second money leaves the attempt alone: {dump}");

    let quarantined = world.ask(reader.quarantine(&Scope::All, PageRequest::default())).unwrap().rows;
    assert_eq!(quarantined.len(), 1);
    let message = &quarantined[0];
    assert_eq!(
        (message.stands, message.differs, message.agency.as_deref()),
        (4, Difference::Amount, Some("KWS"))
    );

    let entries = world.ask(reader.entries(&Scope::All, 4)).unwrap().found;
    assert_eq!(entries.len(), 1);
    let lines: Vec<_> = entries[0].postings.iter().map(|line| (&*line.account, line.money.minor())).collect();
    assert_eq!(
        lines,
        [
            ("1000.mpesa.222222", 600),
            ("2130.part-payment-held", 400),
            ("2000.kws.park-entry", 999),
            ("2000.kws.park-entry", 1)
        ]
    );
    assert_eq!(&*entries[0].reason, "bill_paid");
    assert_eq!(&*entries[0].postings[2].memo, "adult revenue=SAMPLE/ENTRY fee=2026-1 basis=SAMPLE/1");
}

#[test]
fn what_is_in_doubt_is_listed_oldest_first_with_its_age() {
    let mut world = World::new();
    world.pay(TypedAccount::Missing, "TKL1", 100);
    world.hours_pass(2);
    world.pay(TypedAccount::BadCheckDigit, "TKL2", 200);
    let first = world.bill("KWS", 1_000);
    let second = world.bill("NTSA", 1_000);
    let (lost, declined) = (world.attempt(first), world.attempt(second));
    world.hear(lost, AttemptEvent::NoAnswer, None);
    world.hear(declined, AttemptEvent::Declined, None);
    world.catch_up();

    let suspense = world.ask(world.reader().suspense(&Scope::All, PageRequest::default())).unwrap().rows;
    let now = LedgerTime::from_micros(world.clock.now_micros());
    let listed: Vec<_> = suspense.iter().map(|row| (row.reason, row.money, row.age_seconds(now))).collect();
    assert_eq!(
        listed,
        [(SuspenseReason::NoAccount, kes(100), 7_200), (SuspenseReason::BadCheckDigit, kes(200), 0)]
    );
    let unknown =
        world.ask(world.reader().unknown_attempts(&Scope::All, PageRequest::default())).unwrap().rows;
    let listed: Vec<_> = unknown.iter().map(|row| (row.id, row.state, row.bill)).collect();
    assert_eq!(listed, [(lost, AttemptState::Unknown, first)]);
}

#[test]
fn filters_narrow_and_combine() {
    let mut world = World::new();
    let first = world.bill_called("KWS", 1_000, Some("A"));
    world.hours_pass(1);
    let noon = LedgerTime::from_micros(world.clock.now_micros());
    let second = world.bill_called("KWS", 1_000, Some("A"));
    let third = world.bill_called("NTSA", 1_000, Some("A"));
    world.pay(TypedAccount::Number(second), "TKL1", 1_000);
    world.catch_up();
    let bills = |filter: BillFilter| -> Vec<PaymentNumber> {
        let page = world.ask(world.reader().bills(&Scope::All, &filter, PageRequest::default())).unwrap();
        page.rows.iter().map(|row| row.number).collect()
    };
    let all = BillFilter::default();
    assert_eq!(bills(all.clone()), [third, second, first]);
    assert_eq!(bills(BillFilter { agency: Some("KWS".into()), ..all.clone() }), [second, first]);
    assert_eq!(bills(BillFilter { state: Some(BillState::Paid), ..all.clone() }), [second]);
    assert_eq!(
        bills(BillFilter { agency_reference: Some("A".into()), ..all.clone() }),
        [third, second, first]
    );
    assert_eq!(bills(BillFilter { agency_reference: Some("B".into()), ..all.clone() }), []);
    let since_noon = TimeRange { from: Some(noon), before: None };
    assert_eq!(bills(BillFilter { created: since_noon, ..all.clone() }), [third, second]);
    let before_noon = TimeRange { from: None, before: Some(noon) };
    assert_eq!(bills(BillFilter { created: before_noon, agency: Some("KWS".into()), ..all }), [first]);

    let payments = |filter: PaymentFilter| {
        world.ask(world.reader().payments(&Scope::All, &filter, PageRequest::default())).unwrap().rows
    };
    let all = PaymentFilter::default();
    let paid = payments(all.clone());
    let PlacementRow::Bill { receipt, .. } = paid[0].placement else { panic!("{paid:?}") };
    for (filter, expected) in [
        (PaymentFilter { receipt: Some(receipt), ..all.clone() }, 1),
        (PaymentFilter { channel_receipt: Some("TKL1".into()), ..all.clone() }, 1),
        (PaymentFilter { channel_receipt: Some("TKL2".into()), ..all.clone() }, 0),
        (
            PaymentFilter {
                provider: Some(Provider::Mpesa),
                short_code: Some("222222".into()),
                ..all.clone()
            },
            1,
        ),
        (PaymentFilter { short_code: Some("600000".into()), ..all.clone() }, 0),
        (PaymentFilter { service: Some("park-entry".into()), booked: since_noon, ..all.clone() }, 1),
        (PaymentFilter { booked: before_noon, ..all.clone() }, 0),
        (PaymentFilter { bill: Some(first), ..all }, 0),
    ] {
        assert_eq!(payments(filter.clone()).len(), expected, "{filter:?}");
    }
}

#[test]
fn what_was_told_of_more_than_a_day_late_is_found_apart() {
    let mut world = World::new();
    let bill = world.bill("KWS", 4_000);
    for (receipt, hours) in [("TKL0", 0), ("TKL23", 23), ("TKL25", 25), ("TKL90", 90)] {
        let account = Addressed::Typed(TypedAccount::Number(bill));
        world.receive_late(account, receipt, 1_000, hours * 3_600_000_000);
    }
    world.catch_up();
    let late = PaymentFilter { told_late: true, ..PaymentFilter::default() };
    let found = world.ask(world.reader().payments(&Scope::All, &late, PageRequest::default())).unwrap().rows;
    let receipts: Vec<_> = found.iter().map(|row| &*row.channel_receipt.number).collect();
    assert_eq!(receipts, ["TKL90", "TKL25"]);
}

#[test]
fn pages_neither_skip_nor_repeat_while_new_rows_arrive() {
    let mut world = World::new();
    // Many at the same moment: the sequence decides.
    let mut expected: Vec<_> = (0..40).map(|_| world.bill("KWS", 1_000)).collect();
    expected.reverse();
    world.catch_up();
    let reader = world.reader();
    for size in [1, 7, 39, 40, 41, 500] {
        let mut page = PageRequest { size: PageSize::new(size).unwrap(), after: None };
        let mut seen = Vec::new();
        loop {
            let answer = world.ask(reader.bills(&Scope::All, &BillFilter::default(), page)).unwrap();
            assert!(answer.rows.len() <= usize::from(size));
            assert!(!answer.rows.is_empty(), "a cursor leads to rows");
            seen.extend(answer.rows.iter().map(|row| row.number));
            let Some(next) = answer.next else { break };
            page.after = Some(next.to_string().parse::<Cursor>().unwrap());
            if seen.len() == 7 {
                world.bill("KWS", 1_000);
                world.catch_up();
            }
        }
        seen.retain(|number| expected.contains(number));
        assert_eq!(seen, expected, "in pages of {size}");
    }
    let first = PageRequest { size: PageSize::new(1).unwrap(), after: None };
    let cursor = world.ask(reader.bills(&Scope::All, &BillFilter::default(), first)).unwrap().next;
    let elsewhere = PageRequest { after: cursor, ..first };
    let refused = world.ask(reader.payments(&Scope::All, &PaymentFilter::default(), elsewhere));
    assert!(matches!(refused, Err(QueryError::OtherList)), "{refused:?}");
}

#[test]
fn no_question_reads_a_whole_table_or_sorts_what_it_has_read() {
    let world = World::new();
    world.wait(|health| health.answers_at.is_some());
    let number = PaymentNumber::from_random(1);
    let page = PageRequest { after: None, size: PageSize::default() };
    let today =
        TimeRange { from: Some(LedgerTime::from_micros(0)), before: Some(LedgerTime::from_micros(1)) };
    let bill = BillFilter::default();
    let payment = PaymentFilter::default();
    for scope in [Scope::All, Scope::Agency("KWS".into())] {
        let selects = [
            ("bills", bills::select(&scope, &bill, page)),
            ("bills of a day", bills::select(&scope, &BillFilter { created: today, ..bill.clone() }, page)),
            (
                "paid bills",
                bills::select(&scope, &BillFilter { state: Some(BillState::Paid), ..bill.clone() }, page),
            ),
            (
                "bills by reference",
                bills::select(
                    &scope,
                    &BillFilter { agency_reference: Some("A".into()), ..bill.clone() },
                    page,
                ),
            ),
            (
                "bills of an agency",
                bills::select(&scope, &BillFilter { agency: Some("KWS".into()), ..bill.clone() }, page),
            ),
            ("payments", payments::select(&scope, &payment, page)),
            (
                "payments of a day",
                payments::select(&scope, &PaymentFilter { booked: today, ..payment.clone() }, page),
            ),
            (
                "payments of an agency",
                payments::select(
                    &scope,
                    &PaymentFilter { agency: Some("KWS".into()), ..payment.clone() },
                    page,
                ),
            ),
            ("suspense", payments::select_suspense(&scope, page)),
            ("quarantine", quarantine::select(&scope, page)),
            ("unknown attempts", attempts::select(&scope, page)),
            ("entries", Ok(entries::select(&scope, 1))),
            ("applications", applications::select(&scope, &ApplicationFilter::default(), page)),
            ("uncollected", Ok(applications::select_uncollected(&scope))),
        ];
        for (what, select) in selects {
            let plan = world.plan(select.unwrap());
            let is_bounded = plan.split("; ").all(|step| {
                step.starts_with("SEARCH")
                    || (step.starts_with("SCAN")
                        && (step.contains("USING INDEX") || step.contains("COVERING INDEX")))
            });
            assert!(is_bounded, "{what} for {scope:?}: {plan}");
        }
        // An agency alone is asked for these, in the order in which they count.
        for counted in [TimeRange::default(), today] {
            let filter = TransactionFilter { counted, ..TransactionFilter::default() };
            let plan = world.plan(transactions::select(&Scope::Agency("KWS".into()), &filter, page).unwrap());
            let by_index = "SEARCH payment USING INDEX payment_by_agency_counted (agency=?";
            assert!(plan.starts_with(by_index) && !plan.contains("TEMP"), "{plan}");
        }
        // Read in its order by its own index: of a rare amount not all of a day is read.
        let of_amount = PaymentFilter {
            money: Some(kes(500)),
            booked: TimeRange {
                from: Some(LedgerTime::from_micros(1)),
                before: Some(LedgerTime::from_micros(2)),
            },
            ..payment.clone()
        };
        let plan = world.plan(payments::select(&Scope::All, &of_amount, page).unwrap());
        assert!(
            plan.starts_with(
                "SEARCH payment USING INDEX payment_by_amount (minor=? AND currency=? AND booked"
            ) && !plan.contains("TEMP"),
            "{plan}"
        );
        // Of an amount that many pay, what was told of late is found without reading the rest.
        let plan = world.plan(
            payments::select(
                &Scope::All,
                &PaymentFilter { told_late: true, moved: today, ..of_amount },
                page,
            )
            .unwrap(),
        );
        assert!(
            plan.starts_with(
                "SEARCH payment USING INDEX payment_told_late (minor=? AND currency=? AND booked"
            ) && !plan.contains("TEMP"),
            "{plan}"
        );
        // Few rows each: sorting them costs nothing.
        let of_bill = PaymentFilter { bill: Some(number), ..payment.clone() };
        let by_receipt = PaymentFilter { channel_receipt: Some("A".into()), ..payment.clone() };
        for (what, select) in [
            ("payments of a bill", payments::select(&scope, &of_bill, page).unwrap()),
            ("payments by receipt", payments::select(&scope, &by_receipt, page).unwrap()),
            ("promises", applications::select_promises(&scope, &(1..=31))),
            ("collections", collections::select(&scope, &(1..=31))),
            ("minutes", minutes::select(&scope, 1)),
            ("arrivals", arrivals::select(&scope, today)),
            ("services that earn", usage::select_earning(&scope, 1, 20)),
            ("days of usage", usage::select_counted(&(1..=31))),
            ("usage", usage::select(&scope, UsageBy::Service, None, &(1..=31))),
            ("usage of an agency", usage::select(&scope, UsageBy::Agency, Some("KWS".into()), &(1..=31))),
        ] {
            let plan = world.plan(select);
            assert!(plan.starts_with("SEARCH"), "{what} for {scope:?}: {plan}");
        }
    }
}

#[test]
fn what_is_late_is_found_among_what_is_not_ready() {
    let world = World::new();
    world.wait(|health| health.answers_at.is_some());
    let late = ApplicationFilter { late_on: Some(1), ..ApplicationFilter::default() };
    let page = PageRequest { after: None, size: PageSize::default() };
    let plan = world.plan(applications::select(&Scope::Agency("KWS".into()), &late, page).unwrap());
    assert!(plan.contains("application_not_ready") && !plan.contains("TEMP B-TREE"), "{plan}");
}

#[test]
fn agencies_that_the_books_know_are_found_one_by_one() {
    let mut world = World::new();
    world.bill_called("NTSA", 1_000, None);
    world.bill_called("KWS", 1_000, None);
    world.bill_called("KWS", 1_000, None);
    world.catch_up();
    let known = |scope: Scope| {
        let found = world.ask(world.reader().agencies(&scope)).unwrap().found;
        found.iter().map(|code| code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(known(Scope::All), ["KWS", "NTSA"]);
    assert_eq!(known(Scope::Agency("NTSA".into())), ["NTSA"]);
    assert!(known(Scope::Agency("KRA".into())).is_empty());
    let plan = world.plan(agencies::select(&Scope::All));
    assert!(!plan.contains("SCAN bill") && !plan.contains("SCAN payment"), "{plan}");
}

#[test]
fn a_question_that_takes_too_long_is_ended_and_too_many_at_once_are_turned_away() {
    let mut world = World::new();
    world.live(1, 40);
    world.catch_up();
    let reader = world.reader().with_time_for_a_question(Duration::from_millis(30));
    // Every posting with every other, four times over.
    let endless = Source {
        columns: "a.sequence",
        tables: "posting AS a, posting AS b, posting AS c, posting AS d, posting AS e",
        agency: "a.account",
    };
    let select =
        || Select::of(&endless, &Scope::All).sorted("a.minor + b.minor + c.minor + d.minor + e.minor", 1);
    let refused = world.ask(reader.all(select(), |_| Ok(()))).unwrap_err();
    assert!(matches!(refused, QueryError::TooLong), "{refused:?}");
    let few = PageRequest::default();
    assert!(
        world.ask(world.reader().suspense(&Scope::All, few)).is_ok(),
        "the connection is as good as before"
    );

    let places = Arc::clone(&world.views.as_ref().unwrap().shared.questions);
    let taken = places.try_acquire_many(u32::try_from(QUESTIONS_MAX).unwrap()).unwrap();
    let refused = world.ask(world.reader().suspense(&Scope::All, few)).unwrap_err();
    assert!(matches!(refused, QueryError::Busy), "{refused:?}");
    drop(taken);
    assert!(world.ask(world.reader().suspense(&Scope::All, few)).is_ok());
}

#[test]
fn a_caller_who_hangs_up_leaves_no_transaction_behind() {
    let mut world = World::new();
    world.live(1, 40);
    world.catch_up();
    let reader = world.reader();
    let all = PaymentFilter::default();
    for _ in 0..200 {
        // Polled once, so that the question is on its way, and dropped.
        let question = reader.payments(&Scope::All, &all, PageRequest::default());
        world.ask(async {
            tokio::select! {
                biased;
                _ = question => {}
                () = std::future::ready(()) => {}
            }
        });
    }
    let bill = world.bill("KWS", 1_000);
    world.catch_up();
    // Busy while the questions that nobody waits for are finished; a forgotten transaction would show an older state.
    let found = loop {
        match world.ask(reader.bill(&Scope::All, bill)) {
            Err(QueryError::Busy) => {}
            found => break found.unwrap(),
        }
    };
    assert_eq!(found.sequence, world.ledger.head().size);
    assert!(found.found.is_some());
}

impl World {
    pub(super) fn plan(&self, select: Select) -> String {
        self.ask(async {
            let file = reading(&newest_file(&self.views_folder()));
            let mut connection = SqliteConnection::connect_with(&file).await.unwrap();
            select.plan(&mut connection).await
        })
    }
}
