//! The trial balance: whether all debits of the books are all credits.

use ledger::Currency;

use crate::views::error::{QueryError, ViewsError};
use crate::views::page::Found;
use crate::views::reader::ViewsReader;
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};

/// In three parts, so that no sum leaves the integers of SQLite.
const SIDES: Source = Source {
    columns: "currency, sum(debit_e18 - credit_e18) AS e18, \
              sum(debit / 1000000000 - credit / 1000000000) AS e9, \
              sum(debit % 1000000000 - credit % 1000000000) AS minor",
    tables: "balance",
    // Accounts are of the whole books: no agency sees one.
    agency: "''",
};

/// Currencies are few.
const CURRENCY_COUNT_MAX: i64 = 100;

/// How far the two sides of the books are apart in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imbalance {
    /// The currency.
    pub currency: Currency,
    /// All debits less all credits, in minor units: nothing, or something is badly wrong.
    pub minor: i128,
}

impl ViewsReader {
    /// How far debits and credits are apart, by currency.
    pub async fn imbalance(&self) -> Result<Found<Vec<Imbalance>>, QueryError> {
        self.all(select(), Imbalance::read).await
    }
}

pub(in crate::views) fn select() -> Select {
    Select::of(&SIDES, &Scope::All).grouped("currency").sorted("currency", CURRENCY_COUNT_MAX)
}

impl Imbalance {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        let (e18, e9, minor): (i64, i64, i64) = (row.get("e18")?, row.get("e9")?, row.get("minor")?);
        let minor = (i128::from(e18) * 1_000_000_000 + i128::from(e9)) * 1_000_000_000 + i128::from(minor);
        Ok(Self { currency: row.word("currency")?, minor })
    }
}
