//! How many payments came to each account in each hour: what is usual, for those who notice silence.

use std::sync::Arc;

use crate::payments::Provider;
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::{Found, TimeRange};
use crate::views::reader::ViewsReader;
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};

const ARRIVALS: Source = Source {
    columns: "provider, short_code, booked / 3600000000 AS hour, count(*) AS count",
    tables: "payment",
    agency: "agency",
};

/// A day of a thousand accounts.
const ROW_COUNT_MAX: i64 = 24_000;

/// What came to an account in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivalRow {
    /// Who keeps the account.
    pub provider: Provider,
    /// Its number there.
    pub short_code: Arc<str>,
    /// Hours since 1970-01-01 in UTC.
    pub hour: i64,
    /// Payments that were booked in it.
    pub count: u64,
}

impl ViewsReader {
    /// Hours of this span of time in which something came. A span of a day or so: longer ones take SQLite too long.
    pub async fn arrivals(
        &self,
        scope: &Scope,
        range: TimeRange,
    ) -> Result<Found<Vec<ArrivalRow>>, QueryError> {
        self.all(select(scope, range), ArrivalRow::read).await
    }
}

pub(in crate::views) fn select(scope: &Scope, range: TimeRange) -> Select {
    Select::of(&ARRIVALS, scope)
        .and_in("booked", range)
        .grouped("provider, short_code, hour")
        .sorted("provider, short_code, hour", ROW_COUNT_MAX)
}

impl ArrivalRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            provider: row.word("provider")?,
            short_code: row.text("short_code")?,
            hour: row.get("hour")?,
            count: row.count("count")?,
        })
    }
}
