//! Writing changes as rows: many rows in each statement, because SQLite through sqlx costs about the same for a
//! statement as for a hundred rows in it.

mod fallback;
mod passes;

use std::sync::Arc;

use ledger::{Currency, Phase, Side};
use sqlx::query_builder::Separated;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::changes::{AttemptChange, BillChange, BookedEntry, Changes};
use super::wide;
use super::words::{evidence_number, word};
use crate::payments::{BillState, Placement, day_number, revenue_day};

/// Rows in one statement. The widest table has 22 columns, and SQLite takes 32,766 values in a statement; beyond some
/// hundred rows nothing is gained any more.
const ROWS_PER_STATEMENT_MAX: usize = 200;

type Row<'q> = Separated<'q, Sqlite, &'static str>;

/// Writes all changes. New rows go first: what changes them, or looks at them, comes after.
pub(super) async fn write(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    new_bills(connection, changes).await?;
    changed_bills(connection, changes).await?;
    new_attempts(connection, changes).await?;
    changed_attempts(connection, changes).await?;
    payments(connection, changes).await?;
    applied(connection, changes).await?;
    quarantined(connection, changes).await?;
    entries(connection, changes).await?;
    collected(connection, changes).await?;
    collected_by_minute(connection, changes).await?;
    used(connection, changes).await?;
    balances(connection, changes).await?;
    applications(connection, changes).await?;
    records(connection, changes).await?;
    fallback::write(connection, &changes.fallback).await?;
    passes::write(connection, &changes.passes).await
}

/// Sends `head VALUES (…), (…) tail` as often as the rows need.
async fn send<T>(
    connection: &mut SqliteConnection,
    head: &str,
    rows: impl IntoIterator<Item = T>,
    tail: &str,
    mut bind: impl FnMut(&mut Row<'_>, T),
) -> Result<(), sqlx::Error> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut statement = QueryBuilder::new(head);
        let mut count = 0;
        let some = rows.by_ref().take(ROWS_PER_STATEMENT_MAX).inspect(|_| count += 1);
        statement.push_values(some, |mut row, value| bind(&mut row, value));
        statement.push(tail);
        // Only statements of the full length recur; keeping the others prepared would push those out.
        let is_kept = count == ROWS_PER_STATEMENT_MAX;
        statement.build().persistent(is_kept).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Sequences, times and amounts as SQLite has them. A sequence beyond its integers would need a journal of 2^63 records.
fn number(value: u64) -> i64 {
    i64::try_from(value).expect("sequences and payment numbers stay far below 2^63")
}

fn index(value: usize) -> i64 {
    i64::try_from(value).expect("positions within a record are small")
}

async fn new_bills(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO bill (sequence, payment_number, bill_id, agency, service, total_minor, \
        total_currency, payable_minor, payable_currency, collected_minor, state, created, expires, agency_reference, \
        catalogue, changed_by, visit_day, visited_by) ";
    send(connection, HEAD, &changes.new_bills, "", |row, bill| {
        let terms = &*bill.terms;
        row.push_bind(number(bill.sequence))
            .push_bind(number(terms.number.get()))
            .push_bind(terms.id.to_string())
            .push_bind(terms.agency.clone())
            .push_bind(terms.service.clone())
            .push_bind(terms.total.minor())
            .push_bind(terms.total.currency().code())
            .push_bind(terms.payable.minor())
            .push_bind(terms.payable.currency().code())
            .push_bind(bill.change.collected_minor)
            .push_bind(bill.change.state.unwrap_or(BillState::Unpaid).word())
            .push_bind(terms.created.micros())
            .push_bind(terms.expires.micros())
            .push_bind(terms.agency_reference.clone())
            .push_bind(number(terms.catalogue.number))
            .push_bind(number(bill.change.changed_by))
            .push_bind(terms.visit_day.map(day_number))
            .push_bind(bill.change.visited_by.map(number));
    })
    .await?;
    const LINE_HEAD: &str = "INSERT INTO bill_line (bill_sequence, line_index, code, quantity, unit_minor, \
        amount_minor, currency, account, legal_basis, fee_version) ";
    let lines = changes
        .new_bills
        .iter()
        .flat_map(|bill| bill.terms.lines.iter().enumerate().map(|(at, line)| (bill.sequence, at, line)));
    send(connection, LINE_HEAD, lines, "", |row, (sequence, at, line)| {
        row.push_bind(number(sequence))
            .push_bind(index(at))
            .push_bind(line.code.clone())
            .push_bind(line.quantity)
            .push_bind(line.unit.minor())
            .push_bind(line.amount.minor())
            .push_bind(line.amount.currency().code())
            .push_bind(line.account.as_str())
            .push_bind(line.legal_basis.clone())
            .push_bind(line.fee_version.clone());
    })
    .await
}

async fn changed_bills(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    // The columns of a VALUES clause are called column1, column2 and so on.
    const HEAD: &str = "UPDATE bill SET state = coalesce(change.column2, bill.state), \
        collected_minor = bill.collected_minor + change.column3, changed_by = max(bill.changed_by, change.column4), \
        visited_by = coalesce(bill.visited_by, change.column5) FROM (";
    const TAIL: &str = ") AS change WHERE bill.payment_number = change.column1";
    send(connection, HEAD, &changes.bills, TAIL, |row, (bill, change)| {
        let BillChange { state, collected_minor, changed_by, visited_by } = *change;
        row.push_bind(number(bill.get()))
            .push_bind(state.map(BillState::word))
            .push_bind(collected_minor)
            .push_bind(number(changed_by))
            .push_bind(visited_by.map(number));
    })
    .await
}

async fn new_attempts(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO attempt (sequence, attempt_id, payment_number, agency, method, minor, currency, \
        state, code, prompt_record, channel_receipt, said_paid, created, changed_by) \
        SELECT new.column1, new.column2, new.column3, bill.agency, new.column4, new.column5, new.column6, \
        new.column7, new.column8, new.column9, new.column10, new.column11, new.column12, new.column13 FROM (";
    const TAIL: &str = ") AS new JOIN bill ON bill.payment_number = new.column3";
    send(connection, HEAD, &changes.new_attempts, TAIL, |row, attempt| {
        let change = &attempt.change;
        row.push_bind(number(attempt.sequence))
            .push_bind(attempt.id.to_string())
            .push_bind(number(attempt.bill.get()))
            .push_bind(word(&attempt.method))
            .push_bind(attempt.money.minor())
            .push_bind(attempt.money.currency().code())
            .push_bind(change.state.word())
            .push_bind(change.code.clone())
            .push_bind(change.prompt_record.map(number))
            .push_bind(change.channel_receipt.clone())
            .push_bind(change.said_paid)
            .push_bind(attempt.created.micros())
            .push_bind(number(change.changed_by));
    })
    .await
}

async fn changed_attempts(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "UPDATE attempt SET state = change.column2, code = coalesce(change.column3, attempt.code), \
        prompt_record = coalesce(change.column4, attempt.prompt_record), \
        channel_receipt = coalesce(change.column5, attempt.channel_receipt), \
        said_paid = max(attempt.said_paid, change.column6), changed_by = change.column7 FROM (";
    // Success is final; see AttemptChange::then.
    const TAIL: &str =
        ") AS change WHERE attempt.attempt_id = change.column1 AND attempt.state <> 'succeeded'";
    send(connection, HEAD, &changes.attempts, TAIL, |row, (id, change)| {
        let AttemptChange { state, code, prompt_record, channel_receipt, said_paid, changed_by } = change;
        row.push_bind(id.to_string())
            .push_bind(state.word())
            .push_bind(code.clone())
            .push_bind(prompt_record.map(number))
            .push_bind(channel_receipt.clone())
            .push_bind(*said_paid)
            .push_bind(number(*changed_by));
    })
    .await
}

async fn payments(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO payment (sequence, provider, short_code, channel_receipt, minor, currency, \
        told_by, moved, booked, day, counted, counted_by, applied_by, evidence, attempt_id, placement, payment_number, agency, service, receipt, share, \
        suspense_reason) ";
    send(connection, HEAD, &changes.payments, "", |row, payment| {
        let received = &payment.received;
        row.push_bind(number(payment.sequence))
            .push_bind(received.receipt.provider.word())
            .push_bind(received.receipt.short_code.clone())
            .push_bind(received.receipt.number.clone())
            .push_bind(received.money.minor())
            .push_bind(received.money.currency().code())
            .push_bind(word(&received.told_by))
            .push_bind(received.moved.map(ledger::LedgerTime::micros))
            .push_bind(payment.booked.micros())
            .push_bind(revenue_day(payment.booked))
            .push_bind(payment.applied.as_ref().map_or(payment.booked, |by| by.at).micros())
            .push_bind(number(payment.applied.as_ref().map_or(payment.sequence, |by| by.sequence)))
            .push_bind(payment.applied.as_ref().map(|by| Arc::clone(&by.principal)))
            .push_bind(evidence_number(payment.evidence))
            .push_bind(received.attempt.map(|attempt| attempt.to_string()));
        let placed = Placed::of(&received.placement);
        row.push_bind(placed.placement)
            .push_bind(placed.payment_number)
            .push_bind(placed.agency)
            .push_bind(placed.service)
            .push_bind(placed.receipt)
            .push_bind(placed.share)
            .push_bind(placed.suspense_reason);
    })
    .await
}

/// The columns that say where money was put. Null where they do not apply, so that every row has the same shape.
#[derive(Default)]
struct Placed {
    placement: &'static str,
    payment_number: Option<i64>,
    agency: Option<Arc<str>>,
    service: Option<Arc<str>>,
    receipt: Option<String>,
    share: Option<String>,
    suspense_reason: Option<&'static str>,
}

impl Placed {
    fn of(placement: &Placement) -> Self {
        match placement {
            Placement::Bill { bill, agency, service, receipt, share, .. } => Self {
                placement: "bill",
                payment_number: Some(number(bill.get())),
                agency: Some(agency.clone()),
                service: Some(service.clone()),
                receipt: Some(receipt.to_string()),
                share: Some(word(share)),
                suspense_reason: None,
            },
            Placement::Suspense { reason, agency, service, .. } => Self {
                placement: "suspense",
                agency: agency.clone(),
                service: service.clone(),
                suspense_reason: Some(reason.word()),
                ..Self::default()
            },
        }
    }
}

/// Payments that were in suspense before this run. The row keeps the record and the moment that brought the money, for what came
/// in when is as it was, and gets those by which it counts from now on.
async fn applied(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "UPDATE payment SET placement = applied.column2, payment_number = applied.column3, \
        agency = applied.column4, service = applied.column5, receipt = applied.column6, share = applied.column7, \
        counted = applied.column8, counted_by = applied.column9, applied_by = applied.column10, \
        attempt_id = coalesce(applied.column11, payment.attempt_id), suspense_reason = NULL FROM (";
    const TAIL: &str = ") AS applied WHERE payment.sequence = applied.column1";
    send(connection, HEAD, &changes.applied, TAIL, |row, (waited, applied)| {
        let placed = Placed::of(&applied.placement);
        row.push_bind(number(*waited))
            .push_bind(placed.placement)
            .push_bind(placed.payment_number)
            .push_bind(placed.agency)
            .push_bind(placed.service)
            .push_bind(placed.receipt)
            .push_bind(placed.share)
            .push_bind(applied.by.at.micros())
            .push_bind(number(applied.by.sequence))
            .push_bind(Arc::clone(&applied.by.principal))
            .push_bind(applied.attempt.map(|attempt| attempt.to_string()));
    })
    .await
}

async fn quarantined(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO quarantine (sequence, provider, short_code, channel_receipt, minor, currency, \
        stands, differs, agency, received, evidence) \
        SELECT new.column1, new.column2, new.column3, new.column4, new.column5, new.column6, new.column7, new.column8, \
        payment.agency, new.column9, new.column10 FROM (";
    const TAIL: &str = ") AS new LEFT JOIN payment ON payment.sequence = new.column7";
    send(connection, HEAD, &changes.quarantined, TAIL, |row, message| {
        row.push_bind(number(message.sequence))
            .push_bind(message.receipt.provider.word())
            .push_bind(message.receipt.short_code.clone())
            .push_bind(message.receipt.number.clone())
            .push_bind(message.money.minor())
            .push_bind(message.money.currency().code())
            .push_bind(number(message.stands))
            .push_bind(word(&message.differs))
            .push_bind(message.received.micros())
            .push_bind(evidence_number(message.evidence));
    })
    .await
}

async fn entries(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO entry (sequence, entry_index, reason, phase, pending, corrects, agency) ";
    send(connection, HEAD, &changes.entries, "", |row, booked| {
        let (phase, pending) = phase_words(booked);
        row.push_bind(number(booked.sequence))
            .push_bind(index(booked.index))
            .push_bind(booked.entry.reason())
            .push_bind(phase)
            .push_bind(pending.map(number))
            .push_bind(booked.entry.corrects().map(number))
            .push_bind(booked.agency.clone());
    })
    .await?;
    const POSTING_HEAD: &str = "INSERT INTO posting (sequence, entry_index, posting_index, account, side, minor, \
        currency, memo) ";
    let postings = changes.entries.iter().flat_map(|booked| {
        booked.entry.postings().iter().enumerate().map(move |(at, posting)| (booked, at, posting))
    });
    send(connection, POSTING_HEAD, postings, "", |row, (booked, at, posting)| {
        row.push_bind(number(booked.sequence))
            .push_bind(index(booked.index))
            .push_bind(index(at))
            .push_bind(posting.account.as_str())
            .push_bind(match posting.side {
                Side::Debit => "debit",
                Side::Credit => "credit",
            })
            .push_bind(posting.money.minor())
            .push_bind(posting.money.currency().code())
            .push_bind(posting.memo.clone());
    })
    .await
}

fn phase_words(booked: &BookedEntry) -> (&'static str, Option<u64>) {
    match booked.entry.phase() {
        Phase::Final => ("final", None),
        Phase::Pending => ("pending", None),
        Phase::Settles { pending } => ("settles", Some(pending)),
        Phase::Releases { pending } => ("releases", Some(pending)),
    }
}

/// Which records are about which bill. After attempts and payments, whose rows say which bill they are of.
async fn records(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO bill_record (payment_number, sequence) ";
    send(connection, HEAD, &changes.records, "", |row, (bill, sequence)| {
        row.push_bind(number(bill.get())).push_bind(number(*sequence));
    })
    .await?;
    const OF_ATTEMPTS_HEAD: &str = "INSERT INTO bill_record (payment_number, sequence) \
        SELECT attempt.payment_number, new.column2 FROM (";
    const OF_ATTEMPTS_TAIL: &str = ") AS new JOIN attempt ON attempt.attempt_id = new.column1";
    send(
        connection,
        OF_ATTEMPTS_HEAD,
        &changes.records_of_attempts,
        OF_ATTEMPTS_TAIL,
        |row, (attempt, sequence)| {
            row.push_bind(attempt.to_string()).push_bind(number(*sequence));
        },
    )
    .await?;
    const OF_PAYMENTS_HEAD: &str = "INSERT INTO bill_record (payment_number, sequence) \
        SELECT payment.payment_number, new.column1 FROM (";
    const OF_PAYMENTS_TAIL: &str =
        ") AS new JOIN payment ON payment.sequence = new.column2 WHERE payment.payment_number IS NOT NULL";
    send(
        connection,
        OF_PAYMENTS_HEAD,
        &changes.records_of_payments,
        OF_PAYMENTS_TAIL,
        |row, (sequence, stands)| {
            row.push_bind(number(*sequence)).push_bind(number(*stands));
        },
    )
    .await
}

async fn collected(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str =
        "INSERT INTO collection_day (day, agency, provider, currency, count, minor_e18, minor) ";
    let tail = format!(
        " ON CONFLICT (day, agency, provider, currency) DO UPDATE SET count = count + excluded.count, {}",
        wide::added("minor_e18", "minor")
    );
    send(connection, HEAD, &changes.collected, &tail, |row, (key, total)| {
        row.push_bind(key.day)
            .push_bind(key.agency.as_deref().unwrap_or_default())
            .push_bind(&*key.channel)
            .push_bind(key.currency.code())
            .push_bind(total.count)
            .push_bind(wide::high(total.minor))
            .push_bind(wide::low(total.minor));
    })
    .await
}

async fn collected_by_minute(
    connection: &mut SqliteConnection,
    changes: &Changes,
) -> Result<(), sqlx::Error> {
    const HEAD: &str =
        "INSERT INTO collection_minute (day, minute, agency, currency, count, minor_e18, minor) ";
    let tail = format!(
        " ON CONFLICT (day, minute, agency, currency) DO UPDATE SET count = count + excluded.count, {}",
        wide::added("minor_e18", "minor")
    );
    send(connection, HEAD, &changes.collected_by_minute, &tail, |row, (key, total)| {
        row.push_bind(key.day)
            .push_bind(key.minute)
            .push_bind(key.agency.as_deref().unwrap_or_default())
            .push_bind(key.currency.code())
            .push_bind(total.count)
            .push_bind(wide::high(total.minor))
            .push_bind(wide::low(total.minor));
    })
    .await
}

async fn applications(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO application (payment_number, agency, service, state, centre, since, since_day, \
        due_day, ready_day, paid, changed_by) ";
    const TAIL: &str = " ON CONFLICT (payment_number) \
        DO UPDATE SET state = excluded.state, centre = coalesce(excluded.centre, centre), since = excluded.since, \
            since_day = excluded.since_day, ready_day = coalesce(ready_day, excluded.ready_day), \
            changed_by = excluded.changed_by";
    send(connection, HEAD, changes.applications.values(), TAIL, |row, change| {
        let moved = &change.moved;
        row.push_bind(number(moved.bill.get()))
            .push_bind(moved.agency.clone())
            .push_bind(moved.service.clone())
            .push_bind(moved.to.word())
            .push_bind(change.centre.clone())
            .push_bind(change.since.micros())
            .push_bind(revenue_day(change.since))
            .push_bind(moved.due_day)
            .push_bind(change.ready_day)
            .push_bind(moved.paid.micros())
            .push_bind(number(change.changed_by));
    })
    .await
}

async fn used(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO service_day (day, agency, service, searched, viewed, billed, paid, kes_e18, \
        kes_minor, usd_e18, usd_minor) ";
    let tail = format!(
        " ON CONFLICT (day, agency, service) \
         DO UPDATE SET searched = searched + excluded.searched, viewed = viewed + excluded.viewed, \
             billed = billed + excluded.billed, paid = paid + excluded.paid, {}, {}",
        wide::added("kes_e18", "kes_minor"),
        wide::added("usd_e18", "usd_minor")
    );
    send(connection, HEAD, &changes.usage, &tail, |row, (key, used)| {
        row.push_bind(key.day)
            .push_bind(key.agency.clone())
            .push_bind(key.service.clone())
            .push_bind(number(used.searched))
            .push_bind(number(used.viewed))
            .push_bind(number(used.billed))
            .push_bind(number(used.paid));
        for currency in [Currency::Kes, Currency::Usd] {
            let sum = used.collected.get(&currency).copied().unwrap_or_default();
            row.push_bind(wide::high(sum)).push_bind(wide::low(sum));
        }
    })
    .await
}

async fn balances(connection: &mut SqliteConnection, changes: &Changes) -> Result<(), sqlx::Error> {
    const HEAD: &str = "INSERT INTO balance (account, currency, debit_e18, debit, credit_e18, credit) ";
    let tail = format!(
        " ON CONFLICT (account, currency) DO UPDATE SET {}, {}",
        wide::added("debit_e18", "debit"),
        wide::added("credit_e18", "credit")
    );
    send(connection, HEAD, &changes.balances, &tail, |row, ((account, currency), sides)| {
        row.push_bind(account.as_str())
            .push_bind(currency.code())
            .push_bind(wide::high(sides.debit))
            .push_bind(wide::low(sides.debit))
            .push_bind(wide::high(sides.credit))
            .push_bind(wide::low(sides.credit));
    })
    .await
}
