//! Attempts of which nobody knows what became.

use std::sync::Arc;

use ledger::{LedgerTime, Money};

use super::bills::number_column;
use crate::payments::{AttemptId, AttemptState, Method, PaymentNumber};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::{List, Page, PageRequest};
use crate::views::reader::{Listed, ViewsReader};
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};

const ATTEMPTS: Source = Source {
    columns: "sequence, attempt_id, payment_number, agency, method, minor, currency, state, code, prompt_record, \
              channel_receipt, said_paid, created, changed_by",
    tables: "attempt",
    agency: "agency",
};

/// An attempt as the views have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Of the record that made it.
    pub sequence: u64,
    /// Its identifier in the API.
    pub id: AttemptId,
    /// The bill it is to pay.
    pub bill: PaymentNumber,
    /// Whose bill that is.
    pub agency: Arc<str>,
    /// How.
    pub method: Method,
    /// How much was asked for.
    pub money: Money,
    /// What it is.
    pub state: AttemptState,
    /// The provider's result code.
    pub code: Option<Arc<str>>,
    /// Sequence of the record in which the provider's name for the prompt is sealed.
    pub prompt_record: Option<u64>,
    /// The channel's receipt.
    pub channel_receipt: Option<Arc<str>>,
    /// True once the provider said that it was paid, without a receipt.
    pub said_paid: bool,
    /// When it was made.
    pub created: LedgerTime,
    /// Sequence of the record that changed it last.
    pub changed_by: u64,
}

/// Attempts of one bill that are looked through at most: their limits let nobody make more in a day.
const ATTEMPTS_OF_ONE_BILL_MAX: i64 = 200;

const RECORDS_OF_BILL: Source = Source { columns: "sequence", tables: "bill", agency: "agency" };
const RECORDS_OF_ATTEMPTS: Source = Source { columns: "sequence", tables: "attempt", agency: "agency" };

impl ViewsReader {
    /// Sequences of the records in which a phone may be sealed that was named for this bill or asked to pay it.
    pub async fn records_about(&self, scope: &Scope, bill: PaymentNumber) -> Result<Vec<u64>, QueryError> {
        let mut sequences = Vec::new();
        for source in [&RECORDS_OF_BILL, &RECORDS_OF_ATTEMPTS] {
            let select = Select::of(source, scope)
                .and_is("payment_number", Some(number_column(bill)))
                .sorted("sequence DESC", ATTEMPTS_OF_ONE_BILL_MAX);
            sequences.extend(self.all(select, |row| row.count("sequence")).await?.found);
        }
        Ok(sequences)
    }

    /// A page of the attempts whose state is unknown, the oldest first: money may have moved for each.
    pub async fn unknown_attempts(
        &self,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<AttemptRow>, QueryError> {
        self.page(select(scope, page)?, AttemptRow::read, List::UnknownAttempts, page).await
    }
}

pub(in crate::views) fn select(scope: &Scope, page: PageRequest) -> Result<Select, QueryError> {
    // Written out, not bound: only so does SQLite see that the index of unknown attempts is enough.
    Select::of(&ATTEMPTS, scope).and("state = 'unknown'").page(
        List::UnknownAttempts,
        "created",
        "sequence",
        page,
    )
}

impl AttemptRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            sequence: row.count("sequence")?,
            id: row.word("attempt_id")?,
            bill: row.payment_number("payment_number")?,
            agency: row.text("agency")?,
            method: row.word("method")?,
            money: row.money("minor", "currency")?,
            state: row.word("state")?,
            code: row.text_if_any("code")?,
            prompt_record: row.count_if_any("prompt_record")?,
            channel_receipt: row.text_if_any("channel_receipt")?,
            said_paid: row.get("said_paid")?,
            created: row.time("created")?,
            changed_by: row.count("changed_by")?,
        })
    }
}

impl Listed for AttemptRow {
    fn place(&self) -> (LedgerTime, u64) {
        (self.created, self.sequence)
    }
}
