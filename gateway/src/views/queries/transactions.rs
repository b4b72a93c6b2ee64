//! Transactions: payments beside the bills that they came for, as an agency's people look for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::{Currency, LedgerTime, Money};

use super::bills::number_column;
use super::payments::channel_receipt;
use crate::payments::{BillState, ChannelReceipt, PaymentNumber, Provider, ReceiptNumber, Total};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::{Found, List, Page, PageRequest, TimeRange};
use crate::views::reader::{Listed, ViewsReader};
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};
use crate::views::wide;

const TABLES: &str = "payment LEFT JOIN bill ON bill.payment_number = payment.payment_number";

const TRANSACTIONS: Source = Source {
    columns: "payment.sequence AS sequence, payment.provider AS provider, payment.short_code AS short_code, \
              payment.channel_receipt AS channel_receipt, payment.minor AS minor, payment.currency AS currency, \
              payment.payment_number AS payment_number, payment.service AS service, payment.receipt AS receipt, \
              payment.booked AS booked, payment.counted AS counted, payment.counted_by AS counted_by, \
              payment.applied_by AS applied_by, bill.state AS state, bill.agency_reference AS agency_reference",
    tables: TABLES,
    agency: "payment.agency",
};

/// How many there are and what they come to.
const SUMS: Source = Source {
    columns: concat!(
        "payment.currency AS currency, count(*) AS count, ",
        wide::sum_of!("payment.minor", "minor")
    ),
    tables: TABLES,
    agency: "payment.agency",
};

/// Records of one bill. More than any bill that is not played with has.
const RECORDS: Source = Source {
    columns: "bill_record.sequence AS sequence",
    tables: "bill JOIN bill_record ON bill_record.payment_number = bill.payment_number",
    agency: "bill.agency",
};

/// A payment and what became of its bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRow {
    /// Of the record that booked it.
    pub sequence: u64,
    /// The channel's receipt.
    pub channel_receipt: ChannelReceipt,
    /// How much.
    pub money: Money,
    /// When it came in.
    pub booked: LedgerTime,
    /// When it began to count for whom it is: as it came in, or as it was put to its bill after waiting in suspense. By this the
    /// list is sorted and filtered, as the totals of each day are.
    pub counted: LedgerTime,
    /// The record of that.
    pub counted_by: u64,
    /// Who put it to its bill, if it waited in suspense.
    pub applied_by: Option<Arc<str>>,
    /// The bill that it came for; none in suspense.
    pub bill: Option<PaymentNumber>,
    /// What that bill is; none in suspense.
    pub state: Option<BillState>,
    /// What it is for, where that is known.
    pub service: Option<Arc<str>>,
    /// Our receipt; none in suspense.
    pub receipt: Option<ReceiptNumber>,
    /// The agency's own name for the bill.
    pub agency_reference: Option<Arc<str>>,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// With a bill of this state.
    Bill(BillState),
    /// In suspense.
    Suspense,
}

/// Which transactions. What is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// For bills with this name of the agency's own.
    pub agency_reference: Option<Arc<str>>,
    /// For this bill.
    pub bill: Option<PaymentNumber>,
    /// With this number of the channel's.
    pub channel_receipt: Option<Arc<str>>,
    /// With this receipt of ours.
    pub receipt: Option<ReceiptNumber>,
    /// Where they are.
    pub status: Option<TransactionStatus>,
    /// On this channel.
    pub provider: Option<Provider>,
    /// Of exactly this many minor units, in any currency.
    pub minor: Option<i64>,
    /// Counted in this span: that of its arrival, or of being put to its bill.
    pub counted: TimeRange,
}

impl ViewsReader {
    /// A page of transactions, the newest first.
    pub async fn transactions(
        &self,
        scope: &Scope,
        filter: &TransactionFilter,
        page: PageRequest,
    ) -> Result<Page<TransactionRow>, QueryError> {
        self.page(select(scope, filter, page)?, TransactionRow::read, List::Transactions, page).await
    }

    /// All of them, the newest first, of one moment; so many at most.
    pub async fn all_transactions(
        &self,
        scope: &Scope,
        filter: &TransactionFilter,
        row_count_max: u32,
    ) -> Result<Found<Vec<TransactionRow>>, QueryError> {
        let select = filtered(&TRANSACTIONS, scope, filter);
        let select = select.sorted("payment.counted DESC, payment.counted_by DESC", i64::from(row_count_max));
        self.all(select, TransactionRow::read).await
    }

    /// How many there are and what they come to, each currency for itself.
    pub async fn transaction_sums(
        &self,
        scope: &Scope,
        filter: &TransactionFilter,
    ) -> Result<Found<BTreeMap<Currency, Total>>, QueryError> {
        let select = filtered(&SUMS, scope, filter).grouped("payment.currency");
        let Found { sequence, found } = self.all(select, read_sum).await?;
        Ok(Found { sequence, found: found.into_iter().collect() })
    }

    /// Sequences of the records about a bill, in their order; so many at most.
    pub async fn records_of_bill(
        &self,
        scope: &Scope,
        bill: PaymentNumber,
        row_count_max: u32,
    ) -> Result<Found<Vec<u64>>, QueryError> {
        let select = Select::of(&RECORDS, scope)
            .and_is("bill_record.payment_number", Some(number_column(bill)))
            .sorted("bill_record.sequence", i64::from(row_count_max));
        self.all(select, |row| row.count("sequence")).await
    }
}

pub(in crate::views) fn select(
    scope: &Scope,
    filter: &TransactionFilter,
    page: PageRequest,
) -> Result<Select, QueryError> {
    let select = filtered(&TRANSACTIONS, scope, filter);
    select.page(List::Transactions, "payment.counted", "payment.counted_by", page)
}

fn filtered(source: &Source, scope: &Scope, filter: &TransactionFilter) -> Select {
    let select = Select::of(source, scope)
        .and_is("bill.agency_reference", filter.agency_reference.clone())
        .and_is("payment.payment_number", filter.bill.map(number_column))
        .and_is("payment.channel_receipt", filter.channel_receipt.clone())
        .and_is("payment.receipt", filter.receipt.map(|receipt| receipt.to_string()))
        .and_is("payment.provider", filter.provider.map(Provider::word))
        .and_is("payment.minor", filter.minor)
        .and_in("payment.counted", filter.counted);
    match filter.status {
        None => select,
        Some(TransactionStatus::Suspense) => select.and("payment.placement = 'suspense'"),
        Some(TransactionStatus::Bill(state)) => select.and_is("bill.state", Some(state.word())),
    }
}

fn read_sum(row: Columns<'_>) -> Result<(Currency, Total), ViewsError> {
    let minor = wide::of_e9(row.get("minor_e9")?, row.get("minor")?);
    Ok((row.word("currency")?, Total { count: row.get("count")?, minor }))
}

impl TransactionRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            sequence: row.count("sequence")?,
            channel_receipt: channel_receipt(row)?,
            money: row.money("minor", "currency")?,
            booked: row.time("booked")?,
            counted: row.time("counted")?,
            counted_by: row.count("counted_by")?,
            applied_by: row.text_if_any("applied_by")?,
            bill: row.payment_number_if_any("payment_number")?,
            state: row.word_if_any("state")?,
            service: row.text_if_any("service")?,
            receipt: row.word_if_any("receipt")?,
            agency_reference: row.text_if_any("agency_reference")?,
        })
    }
}

impl Listed for TransactionRow {
    fn place(&self) -> (LedgerTime, u64) {
        (self.counted, self.counted_by)
    }
}
