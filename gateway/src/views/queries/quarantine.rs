//! Messages that contradict a payment.

use std::sync::Arc;

use ledger::{Evidence, LedgerTime, Money};

use super::payments::channel_receipt;
use crate::payments::{ChannelReceipt, Difference};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::{List, Page, PageRequest};
use crate::views::reader::{Listed, ViewsReader};
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};

const QUARANTINE: Source = Source {
    columns: "sequence, provider, short_code, channel_receipt, minor, currency, stands, differs, agency, received, \
              evidence",
    tables: "quarantine",
    agency: "agency",
};

/// A message in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineRow {
    /// Of its record.
    pub sequence: u64,
    /// The channel's receipt.
    pub channel_receipt: ChannelReceipt,
    /// What the message said.
    pub money: Money,
    /// Sequence of the payment that stands.
    pub stands: u64,
    /// What differs from it.
    pub differs: Difference,
    /// Whose the payment is that stands; nobody's if that is in suspense.
    pub agency: Option<Arc<str>>,
    /// When the message was taken.
    pub received: LedgerTime,
    /// How well the message is established.
    pub evidence: Evidence,
}

impl ViewsReader {
    /// A page of the messages in quarantine, the newest first.
    pub async fn quarantine(
        &self,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<QuarantineRow>, QueryError> {
        self.page(select(scope, page)?, QuarantineRow::read, List::Quarantine, page).await
    }
}

impl ViewsReader {
    /// Whether a message in quarantine has this receipt. The same number on another account is another payment.
    pub async fn is_contradicted(&self, scope: &Scope, receipt: &ChannelReceipt) -> Result<bool, QueryError> {
        let select = Select::of(&QUARANTINE, scope)
            .and_is("channel_receipt", Some(Arc::clone(&receipt.number)))
            .and_is("short_code", Some(Arc::clone(&receipt.short_code)))
            .and_is("provider", Some(receipt.provider.word()))
            .sorted("sequence", 1);
        Ok(!self.all(select, QuarantineRow::read).await?.found.is_empty())
    }
}

pub(in crate::views) fn select(scope: &Scope, page: PageRequest) -> Result<Select, QueryError> {
    Select::of(&QUARANTINE, scope).page(List::Quarantine, "received", "sequence", page)
}

impl QuarantineRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            sequence: row.count("sequence")?,
            channel_receipt: channel_receipt(row)?,
            money: row.money("minor", "currency")?,
            stands: row.count("stands")?,
            differs: row.word("differs")?,
            agency: row.text_if_any("agency")?,
            received: row.time("received")?,
            evidence: row.evidence("evidence")?,
        })
    }
}

impl Listed for QuarantineRow {
    fn place(&self) -> (LedgerTime, u64) {
        (self.received, self.sequence)
    }
}
