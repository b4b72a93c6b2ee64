//! Reading rows back as the types of the domain. A column that holds what this program does not write there is an
//! error that names it.

use std::sync::Arc;

use ledger::{Currency, Evidence, LedgerTime, Money};
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

use super::error::ViewsError;
use super::words::value_of;
use crate::payments::PaymentNumber;

/// A row, read by the names of its columns.
#[derive(Clone, Copy)]
pub(super) struct Columns<'r>(pub(super) &'r SqliteRow);

impl<'r> Columns<'r> {
    pub(super) fn get<T: Decode<'r, Sqlite> + Type<Sqlite>>(
        self,
        column: &'static str,
    ) -> Result<T, ViewsError> {
        self.0.try_get(column).map_err(ViewsError::Database)
    }

    pub(super) fn text(self, column: &'static str) -> Result<Arc<str>, ViewsError> {
        self.get::<&str>(column).map(Arc::from)
    }

    pub(super) fn text_if_any(self, column: &'static str) -> Result<Option<Arc<str>>, ViewsError> {
        Ok(self.get::<Option<&str>>(column)?.map(Arc::from))
    }

    /// A sequence, a count or a number.
    pub(super) fn count(self, column: &'static str) -> Result<u64, ViewsError> {
        let value: i64 = self.get(column)?;
        u64::try_from(value).map_err(|error| ViewsError::Column { column, what: error.to_string() })
    }

    pub(super) fn count_if_any(self, column: &'static str) -> Result<Option<u64>, ViewsError> {
        if self.get::<Option<i64>>(column)?.is_none() { Ok(None) } else { self.count(column).map(Some) }
    }

    pub(super) fn time(self, column: &'static str) -> Result<LedgerTime, ViewsError> {
        self.get(column).map(LedgerTime::from_micros)
    }

    pub(super) fn money(self, minor: &'static str, currency: &'static str) -> Result<Money, ViewsError> {
        let code: Currency = self.word(currency)?;
        Ok(Money::new(self.get(minor)?, code))
    }

    /// A value of a closed set, by its word.
    pub(super) fn word<T: DeserializeOwned>(self, column: &'static str) -> Result<T, ViewsError> {
        value_of(self.get(column)?).map_err(|what| ViewsError::Column { column, what })
    }

    /// The like, where there may be none.
    pub(super) fn word_if_any<T: DeserializeOwned>(
        self,
        column: &'static str,
    ) -> Result<Option<T>, ViewsError> {
        let word: Option<&str> = self.get(column)?;
        word.map(value_of).transpose().map_err(|what| ViewsError::Column { column, what })
    }

    pub(super) fn payment_number(self, column: &'static str) -> Result<PaymentNumber, ViewsError> {
        PaymentNumber::try_from(self.count(column)?)
            .map_err(|error| ViewsError::Column { column, what: error.to_string() })
    }

    pub(super) fn payment_number_if_any(
        self,
        column: &'static str,
    ) -> Result<Option<PaymentNumber>, ViewsError> {
        if self.get::<Option<i64>>(column)?.is_none() {
            Ok(None)
        } else {
            self.payment_number(column).map(Some)
        }
    }

    pub(super) fn evidence(self, column: &'static str) -> Result<Evidence, ViewsError> {
        let byte = u8::try_from(self.get::<i64>(column)?).ok();
        byte.and_then(Evidence::from_byte)
            .ok_or_else(|| ViewsError::Column { column, what: "not a level of evidence".to_owned() })
    }
}
