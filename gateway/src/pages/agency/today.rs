//! What an agency has collected: today, yesterday, this month and in the financial year, each currency for itself, and
//! what is in suspense.

use std::collections::BTreeMap;

use askama::Template;
use hyper::StatusCode;
use jiff::civil::Date;
use ledger::{Currency, LedgerTime, Sum};

use super::{Viewed, choose, session};
use crate::api::no_answer;
use crate::app::{App, SharedApp};
use crate::clock::start_of_east_africa_day;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::moment::spoken;
use crate::pages::next_ways::NextWays;
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{CONSOLE, ConsoleWords};
use crate::payments::{Total, revenue_day};
use crate::views::CollectionRow;

/// The month in which a financial year begins.
const FINANCIAL_YEAR_BEGINS: i8 = 7;

/// `GET /{lang}/agency/`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Today).await;
    };
    let language = language_of(&request)?;
    let today = app.clock.today();
    let day = |date: Date| revenue_day(LedgerTime::from_micros(start_of_east_africa_day(date)));
    let views = app.views.reader();
    let collected = views.collections(&viewed.scope, day(financial_year_start(today))..=day(today)).await;
    let collected = collected.map_err(no_answer)?;
    let suspense = views.suspense_sums(&viewed.scope).await.map_err(no_answer)?.found;
    let twin = format!("/{}/agency/{}", other(language).code(), viewed.chosen);
    let frame = Frame::new(&app, language, Some(twin));
    let words = CONSOLE.of(language);
    let (first, month) = (day(today), day(today.first_of_month()));
    let spans = [
        (words.today, first, first),
        (words.yesterday, first - 1, first - 1),
        (words.this_month, month, first),
        (words.this_year, day(financial_year_start(today)), first),
    ];
    let figures =
        spans.map(|(title, from, to)| Figure { title, sums: sums(&collected.found, from, to, words) });
    let page = TodayPage {
        name: viewed.name(&app, &frame),
        next: NextWays::of_agency(&app, &frame, &viewed.agency),
        figures: figures.into(),
        suspense_count: (words.payments)(suspense.iter().map(|sum| sum.total.payments()).sum()),
        oldest: suspense
            .iter()
            .map(|sum| sum.oldest)
            .min()
            .map(|since| (words.since)(&spoken(since, language))),
        transactions: format!("/{}/agency/transactions{}", frame.code(), viewed.chosen),
        as_of: (words.as_of)(&spoken(app.now(), language), collected.sequence),
        bar: Bar::new(session(&request)?, language, Room::Today),
        words,
        frame,
    };
    staff_page(StatusCode::OK, &page)
}

/// 1 July of this year or of the last.
fn financial_year_start(today: Date) -> Date {
    let year = if today.month() >= FINANCIAL_YEAR_BEGINS { today.year() } else { today.year() - 1 };
    Date::new(year, FINANCIAL_YEAR_BEGINS, 1).unwrap_or(today)
}

/// What was collected from a day to a day, each currency for itself.
fn sums(rows: &[CollectionRow], from: i32, to: i32, words: &ConsoleWords) -> Vec<CurrencySum> {
    let mut sums = BTreeMap::<Currency, Total>::new();
    for row in rows.iter().filter(|row| (from..=to).contains(&row.key.day)) {
        sums.entry(row.key.currency).or_default().add(row.total);
    }
    if sums.is_empty() {
        sums.insert(Currency::Kes, Total::default());
    }
    let shown = |(currency, total): (Currency, Total)| CurrencySum {
        amount: Sum::new(total.minor, currency).to_string(),
        count: (words.payments)(total.payments()),
    };
    sums.into_iter().map(shown).collect()
}

#[derive(Template)]
#[template(path = "console_today.html")]
struct TodayPage {
    frame: Frame,
    bar: Bar,
    words: &'static ConsoleWords,
    name: Shown,
    /// What does not work, and how bills are paid instead.
    next: Option<NextWays>,
    figures: Vec<Figure>,
    suspense_count: String,
    oldest: Option<String>,
    transactions: String,
    as_of: String,
}

struct Figure {
    title: &'static str,
    sums: Vec<CurrencySum>,
}

struct CurrencySum {
    amount: String,
    count: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_financial_year_begins_in_july() {
        let of = |text: &str| financial_year_start(text.parse().unwrap()).to_string();
        assert_eq!(of("2026-06-30"), "2025-07-01");
        assert_eq!(of("2026-07-01"), "2026-07-01");
        assert_eq!(of("2026-11-22"), "2026-07-01");
        assert_eq!(of("2027-01-01"), "2026-07-01");
    }
}
