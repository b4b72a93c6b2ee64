//! A payment by phone, day and amount together. Day and amount are in the views; the payments that have both are opened one
//! by one, so many for each search, and who wants to go on does so from where the last one ended.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use ledger::{LedgerTime, Money};

use super::places::SearchPlace;
use super::{FindError, Found, is_phone, look_at};
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::books::LookupError;
use crate::channels::mpesa::subscriber::Subscriber;
use crate::clock::{east_africa_date, start_of_east_africa_day};
use crate::personal::{Field, opened};
use crate::views::{Cursor, PageRequest, PageSize, PaymentFilter, PaymentRow, Scope, TimeRange};

/// So many payments of one amount are read for one search at most, whatever day they moved on.
const READ_MAX: usize = 5_000;
/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;
/// So many days later a payment is still looked for, counted from the day on which it moved: what was found in a list or a statement.
const LATE_DAYS: i64 = 40;

/// Who looks for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// The phone that paid.
    pub(crate) phone: Subscriber,
    /// The day on which it did.
    pub(crate) day: Date,
    /// How much.
    pub(crate) money: Money,
}

/// Where a search ended, and where the next one goes on. It says nothing of whose payments were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GoOn {
    /// A payment is told of within seconds, on the day on which it moved. Those of the following day are looked at
    /// afterwards: some come late. Those whose confirmation was lost come with a list or a statement, days later.
    told_on: ToldOn,
    after: Option<Cursor>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ToldOn {
    #[default]
    TheDay,
    TheNext,
    Later,
}

/// The text is no place where a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no search has ended there")]
pub(crate) struct NotAPlace;

/// What became of the payment that moved on this day from this phone. All three must be right.
pub(crate) async fn by_payer(
    app: &SharedApp,
    client: IpAddr,
    wanted: Wanted,
    from: GoOn,
) -> Result<Found, FindError> {
    let place = Arc::new(app.search_places.take(client).await?);
    let (mut here, mut read_count) = (from, 0);
    loop {
        let filter = PaymentFilter {
            money: Some(wanted.money),
            booked: here.span(wanted.day),
            moved: here.moved(wanted.day),
            // Booked from the second day on and moved on the day: always more than a day apart.
            told_late: here.told_on == ToldOn::Later,
            ..Default::default()
        };
        let page = PageRequest { size: PageSize::MAX, after: here.after };
        let rows = app.views.reader().payments(&Scope::All, &filter, page).await?;
        read_count += rows.rows.len();
        if let Some(found) = first_of(app, &place, &rows.rows, wanted).await? {
            return Ok(found);
        }
        here = match (rows.next, here.told_on) {
            (Some(next), told_on) => GoOn { told_on, after: Some(next) },
            (None, ToldOn::TheDay) => GoOn { told_on: ToldOn::TheNext, after: None },
            (None, ToldOn::TheNext) => GoOn { told_on: ToldOn::Later, after: None },
            (None, ToldOn::Later) => return Ok(Found::NotHere),
        };
        if read_count >= READ_MAX {
            return Ok(Found::NotAmong { read_count, go_on: here });
        }
    }
}

/// The first of these payments that was made from this phone on this day. Whoever does not wait for it any more leaves its
/// place when these are done.
async fn first_of(
    app: &SharedApp,
    place: &Arc<SearchPlace>,
    rows: &[PaymentRow],
    wanted: Wanted,
) -> Result<Option<Found>, FindError> {
    let moved_then =
        |row: &&PaymentRow| east_africa_date(row.moved.unwrap_or(row.booked).micros()) == wanted.day;
    let sequences: Vec<_> = rows.iter().filter(moved_then).map(|row| row.sequence).collect();
    let (app, place) = (SharedApp::clone(app), Arc::clone(place));
    let open = move || {
        let _place = place;
        for sequence in sequences {
            if is_from(&app, sequence, wanted.phone)? {
                return look_at(&app, sequence).map(Some);
            }
        }
        Ok(None)
    };
    away(open).await?
}

fn is_from(app: &App, sequence: u64, phone: Subscriber) -> Result<bool, FindError> {
    let record = app.books.ledger().record(sequence).map_err(LookupError::from)?;
    let Some(record) = record else { return Ok(false) };
    Ok(opened(&app.vault, &record, Field::ProviderPhone)?.is_some_and(|told| is_phone(&told, phone)))
}

impl GoOn {
    /// When the payments were booked that are looked at here.
    fn span(self, day: Date) -> TimeRange {
        match self.told_on {
            ToldOn::TheDay => days(day, 0, 1),
            ToldOn::TheNext => days(day, 1, 2),
            ToldOn::Later => days(day, 2, LATE_DAYS),
        }
    }

    /// When they moved, where only that leaves few of many days. Whatever says nothing of it was told of at once.
    fn moved(self, day: Date) -> TimeRange {
        if self.told_on == ToldOn::Later { days(day, 0, 1) } else { TimeRange::default() }
    }
}

/// From the beginning of one day after this one to that of another.
fn days(day: Date, from: i64, before: i64) -> TimeRange {
    let start = LedgerTime::from_micros(start_of_east_africa_day(day));
    let after = |days| Some(start.plus_seconds(days * DAY_SECONDS));
    TimeRange { from: after(from), before: after(before) }
}

impl fmt::Display for GoOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told_on = match self.told_on {
            ToldOn::TheDay => "same",
            ToldOn::TheNext => "next",
            ToldOn::Later => "later",
        };
        match self.after {
            Some(after) => write!(f, "{told_on}.{after}"),
            None => f.write_str(told_on),
        }
    }
}

impl FromStr for GoOn {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let (told_on, after) = match text.split_once('.') {
            Some((told_on, after)) => (told_on, Some(after.parse().map_err(|_| NotAPlace)?)),
            None => (text, None),
        };
        let told_on = match told_on {
            "same" => ToldOn::TheDay,
            "next" => ToldOn::TheNext,
            "later" => ToldOn::Later,
            _ => return Err(NotAPlace),
        };
        Ok(Self { told_on, after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        let cursor = "AgAGYLwDl2iIAAAAAAAAACo";
        for text in ["same", "next", "later", &format!("same.{cursor}"), &format!("later.{cursor}")] {
            assert_eq!(text.parse::<GoOn>().map(|place| place.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(GoOn::default().to_string(), "same");
        for text in ["", "other", "same.", "same.x", cursor, "SAME"] {
            assert_eq!(text.parse::<GoOn>(), Err(NotAPlace), "{text:?}");
        }
    }

    #[test]
    fn the_day_is_looked_at_first_then_the_next_and_then_what_came_later() {
        let day: Date = "2026-11-21".parse().unwrap();
        let places = ["same", "next", "later"].map(|place| place.parse::<GoOn>().unwrap());
        let [same, next, later] = places.map(|place| place.span(day));
        assert_eq!((same.before, next.before), (next.from, later.from));
        assert_eq!(places.map(|place| place.moved(day)), [TimeRange::default(), TimeRange::default(), same]);
        let start = |day: Date| Some(LedgerTime::from_micros(start_of_east_africa_day(day)));
        assert_eq!((same.from, same.before), (start(day), start("2026-11-22".parse().unwrap())));
        assert_eq!(next.before, start("2026-11-23".parse().unwrap()));
    }
}
