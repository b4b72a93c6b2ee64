//! What became of money while a way to pay was down: collected where and for whom, confirmed by whom, sent home, and what of it
//! lies where; and whom gates let in meanwhile. It adds up, to the cent, or says by how much it does not.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hyper::StatusCode;
use ledger::{Currency, LedgerTime};
use serde::Serialize;

use super::collections::{SumBody, TotalBody};
use super::lists::{no_answer, views_scope};
use super::outages::OutageBody;
use super::{Principal, SharedApp};
use crate::access::Role;
use crate::app::App;
use crate::channels::Channels;
use crate::clock::format_rfc3339;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::channels::Outage;
use crate::payments::{CollectedOn, Total, start_of_revenue_day};
use crate::views::{AccountRow, AdmittedRow, CollectedRow, Scope};

#[derive(Serialize)]
struct ReportBody {
    outage: OutageBody,
    as_of: String,
    as_of_sequence: u64,
    period: PeriodBody,
    /// Whom gates let in in the period.
    admitted: Vec<AdmittedBody>,
    accounts: Vec<AccountBody>,
}

/// The one time that everything in a report is of, but for what accounts have since they exist.
#[derive(Serialize)]
struct PeriodBody {
    from: String,
    until: String,
    /// The first record in it, and the first after it.
    from_sequence: u64,
    until_sequence: u64,
}

#[derive(Serialize)]
struct AdmittedBody {
    agency: Arc<str>,
    count: u64,
    /// So many of them by gates that had nobody to ask.
    offline: u64,
}

#[derive(Serialize)]
struct AccountBody {
    provider: &'static str,
    account: Arc<str>,
    /// The ways to pay that lead to it.
    channels: Vec<String>,
    /// Booked in the period.
    collected: Vec<CollectedBody>,
    /// Booked after it, of what had moved before its end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    known_later: Vec<CollectedBody>,
    /// Since the account exists; nothing for an agency, of which it is a part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sums: Vec<SumsBody>,
}

#[derive(Serialize)]
struct CollectedBody {
    /// Absent for money in suspense.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<Arc<str>>,
    collected: TotalBody,
    matched: TotalBody,
    unmatched: TotalBody,
}

#[derive(Serialize)]
struct SumsBody {
    collected: TotalBody,
    /// What counts of a counter found that nobody paid; less than nothing where cash lacked.
    short_and_over: SumBody,
    swept: SumBody,
    in_transit: SumBody,
    held: SumBody,
    /// What was collected and found, less the three others.
    difference: SumBody,
}

/// What an agency, or nobody, collected on an account in a currency.
#[derive(Default)]
struct Matching {
    matched: Total,
    unmatched: Total,
}

/// What came in on an account, by whose it is and the currency.
type ByOwner = BTreeMap<(Option<Arc<str>>, Currency), Matching>;

/// What is reported of an account.
#[derive(Default)]
struct OnAccount {
    collected: ByOwner,
    known_later: ByOwner,
}

/// From the record with which an outage began to the one with which it ended, or to now.
struct Period {
    from: LedgerTime,
    until: LedgerTime,
    records: Range<u64>,
}

impl Period {
    fn of(outage: &Outage, now: LedgerTime, as_of_sequence: u64) -> Self {
        let (until, end) = outage.ended.unwrap_or((now, as_of_sequence));
        let begin = outage.id + 1;
        Self { from: outage.since, until, records: begin..end.clamp(begin, as_of_sequence.max(begin)) }
    }
}

/// `GET /v1/outages/{id}/report`: also while the outage lasts.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let outage = find(&app, request.head.parameter("id"))?;
    let scope = scope_of(&request)?;
    let (now, views) = (app.now(), app.views.reader());
    let accounts = views.collection_accounts().await.map_err(no_answer)?;
    let as_of_sequence = accounts.sequence;
    // Up to the same record, so that one part of the report says nothing that another does not know of.
    let period = Period::of(&outage, now, as_of_sequence);
    let collected = views.collected_on_accounts(&scope, period.records.clone());
    let collected = collected.await.map_err(no_answer)?.found;
    // Slips say on which day they were paid in, and not when.
    let (moved_from, later) = (start_of_revenue_day(period.from), period.records.end..as_of_sequence);
    let known_later = views.moved_on_accounts(&scope, later, moved_from, period.until);
    let known_later = known_later.await.map_err(no_answer)?.found;
    let admitted = views.admitted(&scope, period.from, period.until).await.map_err(no_answer)?.found;
    complain_of_differences(&app.channels, outage.id, &accounts.found);
    let body = ReportBody {
        outage: OutageBody::of(&outage),
        as_of: format_rfc3339(now.micros()),
        as_of_sequence,
        period: PeriodBody::of(&period),
        admitted: admitted.into_iter().map(AdmittedBody::of).collect(),
        accounts: account_bodies(&app.channels, &scope, &accounts.found, collected, known_later),
    };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

fn find(app: &App, id: &str) -> Result<Outage, Problem> {
    let no_such = || Problem::new(Code::NotFound, "There is no such outage, or it is long over.");
    let id: u64 = id.parse().map_err(|_| no_such())?;
    let board = app.books.readers().channels();
    let known = board.open_outages().chain(board.ended_outages()).find(|outage| outage.id == id);
    known.cloned().ok_or_else(no_such)
}

/// Operators see all of it, as the Treasury does.
fn scope_of(request: &Request<App>) -> Result<Scope, Problem> {
    match &request.principal {
        Principal::Operator => Ok(Scope::All),
        Principal::Key(key) if key.role == Role::Operator => Ok(Scope::All),
        _ => views_scope(request),
    }
}

/// Whether this is where fallback money is collected, and not its home.
pub(super) fn is_fallback(channels: &Channels, account: &CollectedOn) -> bool {
    let home = channels.home().account();
    home.provider != account.provider || home.number != account.short_code
}

fn complain_of_differences(channels: &Channels, outage: u64, accounts: &[AccountRow]) {
    for row in accounts.iter().filter(|row| is_fallback(channels, &row.account) && row.difference() != 0) {
        tracing::error!(
            outage,
            provider = row.account.provider.word(),
            account = %row.account.short_code,
            currency = row.currency.code(),
            difference = %row.difference(),
            "What an account has collected is not what was sent home, is on its way and lies there."
        );
    }
}

/// Every account that is not the home of money: for who sees all also those on which nothing came in, for an agency those on which
/// something of its own did.
fn account_bodies(
    channels: &Channels,
    scope: &Scope,
    sums: &[AccountRow],
    collected: Vec<CollectedRow>,
    known_later: Vec<CollectedRow>,
) -> Vec<AccountBody> {
    let mut accounts: BTreeMap<CollectedOn, OnAccount> = BTreeMap::new();
    let sees_all = *scope == Scope::All;
    if sees_all {
        let ours = channels.iter().map(|channel| channel.account());
        let ours = ours.map(|one| CollectedOn { provider: one.provider, short_code: one.number.clone() });
        let ours = ours.chain(sums.iter().map(|row| row.account.clone()));
        accounts.extend(ours.map(|account| (account, OnAccount::default())));
    }
    for row in collected {
        add(&mut accounts.entry(row.account.clone()).or_default().collected, row);
    }
    for row in known_later {
        add(&mut accounts.entry(row.account.clone()).or_default().known_later, row);
    }
    accounts.retain(|account, _| is_fallback(channels, account));
    let rows = |of: ByOwner| of.into_iter().map(CollectedBody::of).collect();
    let body_of = |(account, on): (CollectedOn, OnAccount)| AccountBody {
        provider: account.provider.word(),
        channels: channels_of(channels, &account),
        sums: sums.iter().filter(|row| sees_all && row.account == account).map(SumsBody::of).collect(),
        account: account.short_code,
        collected: rows(on.collected),
        known_later: rows(on.known_later),
    };
    accounts.into_iter().map(body_of).collect()
}

fn add(to: &mut ByOwner, row: CollectedRow) {
    let matching = to.entry((row.agency, row.currency)).or_default();
    (if row.is_matched { &mut matching.matched } else { &mut matching.unmatched }).add(row.total);
}

fn channels_of(channels: &Channels, account: &CollectedOn) -> Vec<String> {
    let leads_there = channels.iter().filter(|channel| {
        let own = channel.account();
        own.provider == account.provider && own.number == account.short_code
    });
    leads_there.map(|channel| channel.name().to_string()).collect()
}

impl PeriodBody {
    fn of(period: &Period) -> Self {
        Self {
            from: format_rfc3339(period.from.micros()),
            until: format_rfc3339(period.until.micros()),
            from_sequence: period.records.start,
            until_sequence: period.records.end,
        }
    }
}

impl AdmittedBody {
    fn of(row: AdmittedRow) -> Self {
        Self { agency: row.agency, count: row.count, offline: row.offline }
    }
}

impl CollectedBody {
    fn of(((agency, currency), matching): ((Option<Arc<str>>, Currency), Matching)) -> Self {
        let Matching { matched, unmatched } = matching;
        let mut collected = matched;
        collected.add(unmatched);
        let [collected, matched, unmatched] =
            [collected, matched, unmatched].map(|total| TotalBody::of(currency, total));
        Self { agency, collected, matched, unmatched }
    }
}

impl SumsBody {
    fn of(row: &AccountRow) -> Self {
        let sum = |amount| SumBody { amount, currency: row.currency };
        Self {
            collected: TotalBody::of(row.currency, row.collected),
            short_and_over: sum(row.short_and_over),
            swept: sum(row.swept),
            in_transit: sum(row.in_transit),
            held: sum(row.held),
            difference: sum(row.difference()),
        }
    }
}

/// How far collection accounts are from what came in on them, all together, by currency: for metrics.
pub(super) fn differences(channels: &Channels, accounts: &[AccountRow]) -> BTreeMap<Currency, i128> {
    let mut apart = BTreeMap::new();
    for row in accounts.iter().filter(|row| is_fallback(channels, &row.account)) {
        *apart.entry(row.currency).or_default() += row.difference().abs();
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::Provider;
    use crate::payments::channels::{ChannelKind, ChannelName, ChannelScope};

    fn row(account: &str, held: i128) -> AccountRow {
        let account = CollectedOn { provider: Provider::Mpesa, short_code: account.into() };
        let collected = Total { count: 3, minor: 1_000 };
        AccountRow {
            account,
            currency: Currency::Kes,
            collected,
            short_and_over: 0,
            swept: 500,
            in_transit: 200,
            held,
        }
    }

    #[test]
    fn a_period_is_of_the_outage_alone_and_of_nothing_that_the_lists_do_not_know() {
        let at = LedgerTime::from_micros;
        let scope = ChannelScope::for_all(ChannelName::only(ChannelKind::MpesaPaybill));
        let open = Outage { id: 50, scope, is_drill: false, since: at(1_000), ended: None };
        let ended = Outage { ended: Some((at(2_000), 80)), ..open.clone() };
        let of = |outage: &Outage, as_of| {
            let Period { from, until, records } = Period::of(outage, at(9_000), as_of);
            (from.micros(), until.micros(), records)
        };
        assert_eq!(of(&open, 100), (1_000, 9_000, 51..100));
        assert_eq!(of(&ended, 100), (1_000, 2_000, 51..80));
        assert_eq!(of(&ended, 70), (1_000, 2_000, 51..70), "the lists are behind");
        assert_eq!(of(&ended, 40).2, 51..51);
    }

    #[test]
    fn what_lacks_on_one_account_is_not_made_good_by_another_and_home_is_none_of_them() {
        let channels = Channels::of_tests(&[]);
        let of = |rows: &[AccountRow]| differences(&channels, rows);
        assert_eq!(of(&[row("600000", 300), row("222222", 0)]), [(Currency::Kes, 0)].into());
        assert_eq!(of(&[row("600000", 299), row("572572", 301)]), [(Currency::Kes, 2)].into());
    }
}
