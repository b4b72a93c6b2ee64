//! What was collected, by day. The latest days are also published from memory, ahead of the views; older ones are here.

use std::ops::RangeInclusive;

use crate::payments::{Total, TotalKey};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::Found;
use crate::views::reader::ViewsReader;
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};
use crate::views::wide;

const COLLECTIONS: Source = Source {
    columns: "day, agency, provider, currency, count, minor_e18, minor",
    tables: "collection_day",
    agency: "agency",
};

/// So many totals are given at most: a year of one agency, or some months of all. Whoever wants more asks for fewer
/// days at a time.
const TOTAL_COUNT_MAX: i64 = 100_000;

/// What was collected on a day, for an agency, on a channel, in a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionRow {
    /// The day, whose money it is, the channel and the currency.
    pub key: TotalKey,
    /// How many payments, and how much.
    pub total: Total,
}

impl ViewsReader {
    /// Totals of these revenue days (days since 1 January 1970 in East Africa Time), in order. Money in suspense is
    /// nobody's: only who sees all sees it.
    pub async fn collections(
        &self,
        scope: &Scope,
        days: RangeInclusive<i32>,
    ) -> Result<Found<Vec<CollectionRow>>, QueryError> {
        self.all(select(scope, &days), CollectionRow::read).await
    }
}

pub(in crate::views) fn select(scope: &Scope, days: &RangeInclusive<i32>) -> Select {
    Select::of(&COLLECTIONS, scope)
        .and_between("day", i64::from(*days.start()), i64::from(*days.end()))
        .sorted("day, agency, provider, currency", TOTAL_COUNT_MAX)
}

impl CollectionRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        let agency = row.text("agency")?;
        let key = TotalKey {
            day: row.get("day")?,
            agency: Some(agency).filter(|agency| !agency.is_empty()),
            channel: row.text("provider")?,
            currency: row.word("currency")?,
        };
        let minor = wide::put_together(row.get("minor_e18")?, row.get("minor")?);
        Ok(Self { key, total: Total { count: row.get("count")?, minor } })
    }
}
