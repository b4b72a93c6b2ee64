//! What was collected in each minute of a day: for figures that are watched while they grow, and what they are compared
//! with.

use ledger::Currency;

use crate::payments::Total;
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::Found;
use crate::views::reader::ViewsReader;
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};
use crate::views::wide;

const MINUTES: Source = Source {
    columns: "minute, currency, sum(count) AS count, sum(minor_e18) AS minor_e18, sum(minor) AS minor",
    tables: "collection_minute",
    agency: "agency",
};

/// The minutes of a day, in each of so many currencies at most.
const ROW_COUNT_MAX: i64 = 1440 * 8;

/// A minute in which something was collected, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinuteRow {
    /// Minutes since the revenue day began.
    pub minute: u16,
    /// The currency.
    pub currency: Currency,
    /// How many payments, and how much. A payment that several agencies have a part in counts once for each of them.
    pub total: Total,
}

impl ViewsReader {
    /// The minutes of a revenue day (days since 1 January 1970 in East Africa Time) in which something was collected, in
    /// order.
    pub async fn minutes(&self, scope: &Scope, day: i32) -> Result<Found<Vec<MinuteRow>>, QueryError> {
        self.all(select(scope, day), MinuteRow::read).await
    }
}

pub(in crate::views) fn select(scope: &Scope, day: i32) -> Select {
    Select::of(&MINUTES, scope)
        .and_is("day", Some(day))
        .grouped("minute, currency")
        .sorted("minute, currency", ROW_COUNT_MAX)
}

impl MinuteRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        let minor = wide::put_together(row.get("minor_e18")?, row.get("minor")?);
        Ok(Self {
            minute: row.get("minute")?,
            currency: row.word("currency")?,
            total: Total { count: row.get("count")?, minor },
        })
    }
}
