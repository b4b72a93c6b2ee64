//! Collections: what has come in today, by agency, channel and currency, and what is in doubt.

use std::collections::BTreeMap;

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use ledger::{Currency, LedgerTime};
use serde::Serialize;

use super::SharedApp;
use super::access::RowScope;
use crate::app::App;
use crate::clock::{day_as_date, format_rfc3339, start_of_east_africa_day};
use crate::http::problem::{FieldError, Problem};
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{AttemptState, DAYS_KEPT, Total, TotalKey, Totals, revenue_day};

#[derive(Serialize)]
struct SummaryBody {
    /// The revenue day, East Africa Time.
    day: String,
    collected: Vec<CollectedBody>,
    totals: Vec<TotalBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<DoubtBody>,
    as_of: String,
    as_of_sequence: u64,
}

#[derive(Serialize)]
struct CollectedBody {
    /// Absent for money in suspense, and for the convenience fee.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    channel: String,
    #[serde(flatten)]
    total: TotalBody,
}

#[derive(Serialize)]
pub(super) struct TotalBody {
    count: i64,
    amount: SumBody,
}

/// Looks like any amount, and may be larger than one payment can be.
#[derive(Serialize)]
pub(super) struct SumBody {
    pub(super) amount: i128,
    pub(super) currency: Currency,
}

/// What the totals cannot vouch for, of all days.
#[derive(Serialize)]
struct DoubtBody {
    suspense: Vec<TotalBody>,
    suspense_oldest_age_seconds: i64,
    quarantine_count: u64,
    unreadable_count: u64,
    unknown_attempt_count: usize,
}

/// `GET /v1/collections/summary?day=2026-11-21`.
pub(super) async fn summary(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let today = revenue_day(app.now());
    let query = request.head.query()?;
    let day = match query.get("day") {
        None => today,
        Some(text) => read_day(text, today)?,
    };
    let scope = request.principal.scope();
    let now = app.now();
    let readers = app.books.readers();
    let unknown_attempt_count =
        readers.unfinished_attempts().iter().filter(|attempt| attempt.state == AttemptState::Unknown).count();
    let (as_of_sequence, (collected, doubt)) = readers.with_totals(|totals| {
        let doubt =
            (scope == RowScope::Everything).then(|| doubt(totals, now.micros(), unknown_attempt_count));
        (collected(totals, day, &scope), doubt)
    });
    let mut sums = BTreeMap::<Currency, Total>::new();
    for (key, total) in &collected {
        sums.entry(key.currency).or_default().add(*total);
    }
    let collected = collected.into_iter().map(|(key, total)| CollectedBody {
        agency: key.agency.as_deref().map(str::to_owned),
        channel: key.channel.to_string(),
        total: TotalBody::of(key.currency, total),
    });
    let body = SummaryBody {
        day: date_of(day),
        totals: sums.into_iter().map(|(currency, sum)| TotalBody::of(currency, sum)).collect(),
        collected: collected.collect(),
        doubt,
        as_of: format_rfc3339(now.micros()),
        as_of_sequence,
    };
    let mut response = response::json(StatusCode::OK, &body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn collected(totals: &Totals, day: i32, scope: &RowScope) -> Vec<(TotalKey, Total)> {
    let seen = totals.of_day(day).filter(|(key, _)| match &key.agency {
        Some(agency) => scope.covers(agency),
        None => *scope == RowScope::Everything,
    });
    seen.map(|(key, total)| (key.clone(), *total)).collect()
}

fn doubt(totals: &Totals, now_micros: i64, unknown_attempt_count: usize) -> DoubtBody {
    let oldest = totals.suspense_oldest().map(LedgerTime::micros);
    let sums = totals.suspense_sums.iter();
    DoubtBody {
        suspense: sums.map(|(currency, sum)| TotalBody::of(*currency, *sum)).collect(),
        suspense_oldest_age_seconds: oldest.map_or(0, |since| (now_micros - since).max(0) / 1_000_000),
        quarantine_count: totals.quarantine_count,
        unreadable_count: totals.unreadable_count,
        unknown_attempt_count,
    }
}

impl TotalBody {
    pub(super) fn of(currency: Currency, sum: Total) -> Self {
        Self { count: sum.count, amount: SumBody { amount: sum.minor, currency } }
    }
}

fn read_day(text: &str, today: i32) -> Result<i32, Problem> {
    let wrong =
        |code: &'static str, detail: String| Problem::validation(vec![FieldError::new("/day", code, detail)]);
    let date = text.parse().map_err(|_| wrong("not_a_date", "A day is written 2026-11-21.".to_owned()))?;
    let day = revenue_day(LedgerTime::from_micros(start_of_east_africa_day(date)));
    if (today - DAYS_KEPT + 1..=today).contains(&day) {
        Ok(day)
    } else {
        Err(wrong("out_of_range", format!("The last {DAYS_KEPT} days are kept here.")))
    }
}

/// The date of a revenue day.
pub(super) fn date_of(day: i32) -> String {
    day_as_date(day).to_string()
}
