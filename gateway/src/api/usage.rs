//! How services are used: searched, viewed, billed and paid, by service and by agency; and which hardly are.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::{AgencyCode, Text};
use hyper::StatusCode;
use jiff::civil::Date;
use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::SharedApp;
use super::collections::{SumBody, date_of};
use super::lists::{no_answer, views_scope, wrong};
use crate::app::App;
use crate::clock::start_of_east_africa_day;
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::revenue_day;
use crate::views::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, UsageBy, UsageRow};

/// Days that are looked at if nobody says.
const DAYS_DEFAULT: i32 = 30;
/// The most days at once. Whoever asks for many days of all agencies may be told to ask for fewer.
const DAYS_MAX: i32 = 366;
/// A service that was viewed less often is not called under-used: it says nothing.
const UNDER_USED_VIEWED_MIN: u64 = 20;
/// A billable service is under-used if fewer than one in so many views led to a bill.
const UNDER_USED_VIEWS_PER_BILL: u64 = 20;

#[derive(Serialize)]
struct UsageBody {
    data: Vec<RowBody>,
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    has_more: bool,
    as_of_sequence: u64,
}

#[derive(Serialize)]
struct RowBody {
    agency: String,
    /// Absent from rows of agencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(flatten)]
    counts: CountsBody,
}

#[derive(Serialize)]
struct CountsBody {
    searched: u64,
    viewed: u64,
    billed: u64,
    paid: u64,
    /// What was booked for its bills, by currency.
    collected: Vec<SumBody>,
}

#[derive(Serialize)]
struct SilentBody {
    data: Vec<SilentRow>,
    from: String,
    to: String,
    /// The first of these days on which anything was searched or viewed, of any agency; before it, silence says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted_from: Option<String>,
    /// Services of the catalogue in force that were looked through.
    service_count: usize,
    silent_count: usize,
    under_used_count: usize,
    under_used_means: UnderUsedBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    has_more: bool,
    as_of_sequence: u64,
}

/// What is called under-used.
#[derive(Serialize)]
struct UnderUsedBody {
    /// It can be billed, was viewed so often at least,
    viewed_min: u64,
    /// and has fewer bills than its views divided by this.
    views_per_bill: u64,
}

#[derive(Serialize)]
struct SilentRow {
    service: String,
    agency: String,
    name: Text,
    is: Standing,
    #[serde(flatten)]
    counts: CountsBody,
}

/// Why a service is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// Nobody viewed, billed or paid it.
    Silent,
    /// People look at it, and hardly anybody has a bill made.
    UnderUsed,
}

/// What rows are sorted by, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Searched,
    Viewed,
    Billed,
    Paid,
}

/// A place in a sorted list: the count that it is sorted by, from the most to the least, and the names.
type Place = (Reverse<u64>, Arc<str>, Arc<str>);

/// Where a page of usage ended, as its cursor carries it.
#[derive(Serialize, Deserialize)]
struct CursorParts(u64, Arc<str>, Arc<str>);

/// `GET /v1/usage?from=&to=&agency=&by=&order=&cursor=&limit=`.
pub(super) async fn usage(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let days = read_days(&query, revenue_day(app.now()))?;
    let order = match query.get("order") {
        None => Order::Viewed,
        Some(word) => Order::parse(word).ok_or_else(|| {
            wrong("/order", "unknown_order", &"It is one of searched, viewed, billed, paid.")
        })?,
    };
    let by = match query.get("by") {
        None | Some("service") => UsageBy::Service,
        Some("agency") => UsageBy::Agency,
        Some(_) => return Err(wrong("/by", "unknown_grouping", &"It is service or agency.")),
    };
    let (after, limit) = read_page(&query)?;
    let scope = views_scope(&request)?;
    let found = app.views.reader().usage(&scope, by, read_agency(&query)?, days.clone()).await;
    let found = found.map_err(no_answer)?;
    let mut rows: Vec<(Place, UsageRow)> =
        found.found.into_iter().map(|row| (order.place(&row), row)).collect();
    rows.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let after = after.map(|CursorParts(count, service, agency)| (Reverse(count), service, agency));
    let mut rest =
        rows.into_iter().skip_while(|(place, _)| after.as_ref().is_some_and(|after| place <= after));
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let next_cursor = page.last().filter(|_| rest.next().is_some()).map(|(place, _)| {
        let (Reverse(count), service, agency) = place.clone();
        cursor(&CursorParts(count, service, agency))
    });
    let body = UsageBody {
        data: page.into_iter().map(|(_, row)| RowBody::of(row)).collect(),
        from: date_of(*days.start()),
        to: date_of(*days.end()),
        has_more: next_cursor.is_some(),
        next_cursor,
        as_of_sequence: found.sequence,
    };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// `GET /v1/usage/silent?days=&agency=&cursor=&limit=`: by slug.
pub(super) async fn silent(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let today = revenue_day(app.now());
    let day_count = match query.get("days") {
        None => DAYS_DEFAULT,
        Some(text) => text.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days)).ok_or_else(|| {
            wrong("/days", "out_of_range", &format!("From 1 to {DAYS_MAX}, today included."))
        })?,
    };
    let days = today - day_count + 1..=today;
    let agency = read_agency(&query)?;
    let (after, limit) = read_page(&query)?;
    let scope = views_scope(&request)?;
    let found = app.views.reader().usage(&scope, UsageBy::Service, agency.clone(), days.clone()).await;
    let found = found.map_err(no_answer)?;
    let counted_from = app.views.reader().counted_from(days.clone()).await.map_err(no_answer)?;
    let mut used: BTreeMap<Arc<str>, UsageRow> = BTreeMap::new();
    for row in found.found {
        match used.get_mut(&row.service) {
            // It changed hands meanwhile, and is no less used for that.
            Some(known) => known.add(row),
            None => drop(used.insert(Arc::clone(&row.service), row)),
        }
    }

    let served = app.catalogue.current();
    let rows_of = request.principal.scope();
    let seen = served.catalogue().services().iter().filter(|service| {
        let code = service.agency.as_str();
        rows_of.covers(code) && agency.as_deref().is_none_or(|agency| agency == code)
    });
    let (mut service_count, mut silent_count, mut under_used_count) = (0, 0, 0);
    let mut listed = Vec::new();
    for service in seen {
        service_count += 1;
        let row = used.remove(service.slug.as_str()).unwrap_or_default();
        let Some(standing) = Standing::of(&row, service.is_billable()) else { continue };
        match standing {
            Standing::Silent => silent_count += 1,
            Standing::UnderUsed => under_used_count += 1,
        }
        if after.as_ref().is_none_or(|CursorParts(_, last, _)| service.slug.as_str() > &**last)
            && listed.len() <= limit
        {
            listed.push(SilentRow {
                service: service.slug.to_string(),
                agency: service.agency.to_string(),
                name: service.name.clone(),
                is: standing,
                counts: CountsBody::of(&row),
            });
        }
    }
    let has_more = listed.len() > limit;
    listed.truncate(limit);
    let last = listed.last().filter(|_| has_more);
    let body = SilentBody {
        next_cursor: last.map(|row| cursor(&CursorParts(0, row.service.as_str().into(), "".into()))),
        data: listed,
        from: date_of(*days.start()),
        to: date_of(*days.end()),
        counted_from: counted_from.map(date_of),
        service_count,
        silent_count,
        under_used_count,
        under_used_means: UnderUsedBody {
            viewed_min: UNDER_USED_VIEWED_MIN,
            views_per_bill: UNDER_USED_VIEWS_PER_BILL,
        },
        has_more,
        as_of_sequence: found.sequence,
    };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

impl Standing {
    fn of(row: &UsageRow, is_billable: bool) -> Option<Self> {
        if row.viewed == 0 && row.billed == 0 && row.paid == 0 {
            return Some(Self::Silent);
        }
        let is_looked_at = row.viewed >= UNDER_USED_VIEWED_MIN;
        let is_hardly_billed = row.billed.saturating_mul(UNDER_USED_VIEWS_PER_BILL) < row.viewed;
        (is_billable && is_looked_at && is_hardly_billed).then_some(Self::UnderUsed)
    }
}

impl Order {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "searched" => Some(Self::Searched),
            "viewed" => Some(Self::Viewed),
            "billed" => Some(Self::Billed),
            "paid" => Some(Self::Paid),
            _ => None,
        }
    }

    fn place(self, row: &UsageRow) -> Place {
        let count = match self {
            Self::Searched => row.searched,
            Self::Viewed => row.viewed,
            Self::Billed => row.billed,
            Self::Paid => row.paid,
        };
        (Reverse(count), Arc::clone(&row.service), Arc::clone(&row.agency))
    }
}

impl RowBody {
    fn of(row: UsageRow) -> Self {
        let counts = CountsBody::of(&row);
        let service = Some(row.service.to_string()).filter(|service| !service.is_empty());
        Self { agency: row.agency.to_string(), service, counts }
    }
}

impl CountsBody {
    fn of(row: &UsageRow) -> Self {
        let collected =
            row.collected.iter().map(|(currency, amount)| SumBody { amount: *amount, currency: *currency });
        Self {
            searched: row.searched,
            viewed: row.viewed,
            billed: row.billed,
            paid: row.paid,
            collected: collected.collect(),
        }
    }
}

/// The days that are asked for, both ends included.
fn read_days(query: &Fields, today: i32) -> Result<RangeInclusive<i32>, Problem> {
    let day = |pointer, name| {
        let read = |text: &str| {
            let date: Result<Date, _> = text.parse();
            let date = date.map_err(|_| wrong(pointer, "not_a_date", &"A day is written 2026-11-21."))?;
            Ok(revenue_day(LedgerTime::from_micros(start_of_east_africa_day(date))))
        };
        query.get(name).map(read).transpose()
    };
    let to = day("/to", "to")?.unwrap_or(today);
    let from = day("/from", "from")?.unwrap_or(to - DAYS_DEFAULT + 1);
    if (0..DAYS_MAX).contains(&(to - from)) {
        return Ok(from..=to);
    }
    Err(wrong("/from", "out_of_range", &format!("From 1 to {DAYS_MAX} days, the first one first.")))
}

fn read_agency(query: &Fields) -> Result<Option<Arc<str>>, Problem> {
    let agency = query.get("agency").map(|code| {
        let code = code.to_uppercase().parse::<AgencyCode>();
        code.map(|code| code.as_str().into()).map_err(|error| wrong("/agency", "not_an_agency", &error))
    });
    agency.transpose()
}

fn read_page(query: &Fields) -> Result<(Option<CursorParts>, usize), Problem> {
    let limit = match query.get("limit") {
        None => usize::from(PAGE_SIZE_DEFAULT),
        Some(text) => {
            let limit = text.parse().ok().filter(|limit| (1..=usize::from(PAGE_SIZE_MAX)).contains(limit));
            limit.ok_or_else(|| wrong("/limit", "out_of_range", &crate::views::NotAPageSize))?
        }
    };
    let read = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let not_one = || wrong("/cursor", "not_a_cursor", &crate::views::NotACursor);
    let after = query.get("cursor").map(|text| read(text).ok_or_else(not_one)).transpose()?;
    Ok((after, limit))
}

fn cursor(parts: &CursorParts) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(parts).expect("a number and two texts can be written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(viewed: u64, billed: u64, paid: u64) -> UsageRow {
        UsageRow { viewed, billed, paid, searched: 1_000, ..UsageRow::default() }
    }

    #[test]
    fn silence_is_that_nobody_looks_and_under_use_that_hardly_any_look_becomes_a_bill() {
        assert_eq!(Standing::of(&used(0, 0, 0), true), Some(Standing::Silent), "however often it was found");
        assert_eq!(Standing::of(&used(0, 0, 0), false), Some(Standing::Silent));
        assert_eq!(Standing::of(&used(0, 0, 1), true), None);
        assert_eq!(Standing::of(&used(19, 0, 0), true), None, "too few to say");
        assert_eq!(Standing::of(&used(20, 0, 0), true), Some(Standing::UnderUsed));
        assert_eq!(Standing::of(&used(20, 0, 0), false), None, "there is nothing to bill");
        assert_eq!(Standing::of(&used(20, 1, 0), true), None);
        assert_eq!(Standing::of(&used(21, 1, 0), true), Some(Standing::UnderUsed));
    }
}
