//! Payments, and those among them that are in suspense.

use std::sync::Arc;

use ledger::{Currency, Evidence, LedgerTime, Money};

use super::bills::number_column;
use crate::payments::{
    AttemptId, ChannelReceipt, PaymentNumber, Provider, ReceiptNumber, Share, SuspenseReason, ToldBy, Total,
};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::{Found, List, Page, PageRequest, TimeRange};
use crate::views::reader::{Listed, ViewsReader};
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};
use crate::views::wide;

const PAYMENTS: Source = Source {
    columns: "sequence, provider, short_code, channel_receipt, minor, currency, told_by, placement, payment_number, \
              agency, service, receipt, share, suspense_reason, attempt_id, moved, booked, evidence",
    tables: "payment",
    agency: "agency",
};

const SUSPENSE_SUMS: Source = Source {
    columns: concat!("currency, count(*) AS count, min(booked) AS oldest, ", wide::sum_of!("minor", "minor")),
    tables: "payment",
    agency: "agency",
};

/// Currencies are few.
const CURRENCY_COUNT_MAX: i64 = 100;

/// A payment as the views have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRow {
    /// Of the record that booked it.
    pub sequence: u64,
    /// The channel's receipt.
    pub channel_receipt: ChannelReceipt,
    /// How much.
    pub money: Money,
    /// Which message told us first.
    pub told_by: ToldBy,
    /// Where it was put.
    pub placement: PlacementRow,
    /// The attempt that it answers.
    pub attempt: Option<AttemptId>,
    /// When it moved, by the channel's clock.
    pub moved: Option<LedgerTime>,
    /// When it was booked.
    pub booked: LedgerTime,
    /// How well it is established.
    pub evidence: Evidence,
}

/// Where money was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlacementRow {
    /// It belongs to a bill.
    Bill {
        /// Which.
        bill: PaymentNumber,
        /// Whose.
        agency: Arc<str>,
        /// What for.
        service: Arc<str>,
        /// Our receipt.
        receipt: ReceiptNumber,
        /// What became of the money.
        share: Share,
    },
    /// It belongs to no bill that we know.
    Suspense {
        /// Why.
        reason: SuspenseReason,
        /// Whose it seems to be.
        agency: Option<Arc<str>>,
        /// What it seems to be for.
        service: Option<Arc<str>>,
    },
}

/// Money in suspense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspenseRow {
    /// Of the record that booked it.
    pub sequence: u64,
    /// The channel's receipt.
    pub channel_receipt: ChannelReceipt,
    /// How much.
    pub money: Money,
    /// Why.
    pub reason: SuspenseReason,
    /// Whose it seems to be.
    pub agency: Option<Arc<str>>,
    /// What it seems to be for.
    pub service: Option<Arc<str>>,
    /// Since when.
    pub since: LedgerTime,
}

/// All money in suspense of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuspenseSum {
    /// The currency.
    pub currency: Currency,
    /// How many payments, and how much.
    pub total: Total,
    /// Since when the oldest of it is there.
    pub oldest: LedgerTime,
}

impl SuspenseRow {
    /// For how many seconds it has been there.
    pub fn age_seconds(&self, now: LedgerTime) -> i64 {
        (now.micros() - self.since.micros()).max(0) / 1_000_000
    }
}

/// Which payments. What is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    /// For bills of this agency.
    pub agency: Option<Arc<str>>,
    /// For this service.
    pub service: Option<Arc<str>>,
    /// For this bill.
    pub bill: Option<PaymentNumber>,
    /// On this channel.
    pub provider: Option<Provider>,
    /// To this collection account.
    pub short_code: Option<Arc<str>>,
    /// With this number of the channel's.
    pub channel_receipt: Option<Arc<str>>,
    /// With this receipt of ours.
    pub receipt: Option<ReceiptNumber>,
    /// Of exactly this much.
    pub money: Option<Money>,
    /// Booked in this span.
    pub booked: TimeRange,
    /// Moved in this span, by the provider's clock; without bounds also where it said nothing.
    pub moved: TimeRange,
    /// Only what was booked more than a day after it moved.
    pub told_late: bool,
}

impl ViewsReader {
    /// A page of payments, the newest first.
    pub async fn payments(
        &self,
        scope: &Scope,
        filter: &PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<PaymentRow>, QueryError> {
        self.page(select(scope, filter, page)?, PaymentRow::read, List::Payments, page).await
    }

    /// A page of the money in suspense, the oldest first. An agency sees what is visibly meant for it, and nothing else: the rest
    /// is nobody's.
    pub async fn suspense(&self, scope: &Scope, page: PageRequest) -> Result<Page<SuspenseRow>, QueryError> {
        self.page(select_suspense(scope, page)?, SuspenseRow::read, List::Suspense, page).await
    }

    /// How much is in suspense, by currency. An agency sees what is visibly meant for it.
    pub async fn suspense_sums(&self, scope: &Scope) -> Result<Found<Vec<SuspenseSum>>, QueryError> {
        self.all(select_suspense_sums(scope), SuspenseSum::read).await
    }
}

pub(in crate::views) fn select(
    scope: &Scope,
    filter: &PaymentFilter,
    page: PageRequest,
) -> Result<Select, QueryError> {
    let select = Select::of(&PAYMENTS, scope);
    // Written out, not bound: only so does SQLite see that the index of these is enough.
    let select = if filter.told_late { select.and("booked - moved > 86400000000") } else { select };
    select
        .and_is("agency", filter.agency.clone())
        .and_is("service", filter.service.clone())
        .and_is("payment_number", filter.bill.map(number_column))
        .and_is("provider", filter.provider.map(Provider::word))
        .and_is("short_code", filter.short_code.clone())
        .and_is("channel_receipt", filter.channel_receipt.clone())
        .and_is("receipt", filter.receipt.map(|receipt| receipt.to_string()))
        .and_is("minor", filter.money.map(Money::minor))
        .and_is("currency", filter.money.map(|money| money.currency().code()))
        .and_in("booked", filter.booked)
        .and_in("moved", filter.moved)
        .page(List::Payments, "booked", "sequence", page)
}

pub(in crate::views) fn select_suspense(scope: &Scope, page: PageRequest) -> Result<Select, QueryError> {
    // Written out, not bound: only so does SQLite see that the index of what is in suspense is enough.
    Select::of(&PAYMENTS, scope).and("placement = 'suspense'").page(
        List::Suspense,
        "booked",
        "sequence",
        page,
    )
}

pub(in crate::views) fn select_suspense_sums(scope: &Scope) -> Select {
    Select::of(&SUSPENSE_SUMS, scope)
        .and("placement = 'suspense'")
        .grouped("currency")
        .sorted("currency", CURRENCY_COUNT_MAX)
}

impl PaymentRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        let placement = match row.payment_number_if_any("payment_number")? {
            Some(bill) => PlacementRow::Bill {
                bill,
                agency: row.text("agency")?,
                service: row.text("service")?,
                receipt: row.word("receipt")?,
                share: row.word("share")?,
            },
            None => PlacementRow::Suspense {
                reason: row.word("suspense_reason")?,
                agency: row.text_if_any("agency")?,
                service: row.text_if_any("service")?,
            },
        };
        Ok(Self {
            sequence: row.count("sequence")?,
            channel_receipt: channel_receipt(row)?,
            money: row.money("minor", "currency")?,
            told_by: row.word("told_by")?,
            placement,
            attempt: row.word_if_any("attempt_id")?,
            moved: row.get::<Option<i64>>("moved")?.map(LedgerTime::from_micros),
            booked: row.time("booked")?,
            evidence: row.evidence("evidence")?,
        })
    }
}

impl Listed for PaymentRow {
    fn place(&self) -> (LedgerTime, u64) {
        (self.booked, self.sequence)
    }
}

impl SuspenseRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            sequence: row.count("sequence")?,
            channel_receipt: channel_receipt(row)?,
            money: row.money("minor", "currency")?,
            reason: row.word("suspense_reason")?,
            agency: row.text_if_any("agency")?,
            service: row.text_if_any("service")?,
            since: row.time("booked")?,
        })
    }
}

impl SuspenseSum {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        let minor = wide::of_e9(row.get("minor_e9")?, row.get("minor")?);
        Ok(Self {
            currency: row.word("currency")?,
            total: Total { count: row.get("count")?, minor },
            oldest: row.time("oldest")?,
        })
    }
}

impl Listed for SuspenseRow {
    fn place(&self) -> (LedgerTime, u64) {
        (self.since, self.sequence)
    }
}

/// The channel's receipt, in the columns that every table with one calls the same.
pub(super) fn channel_receipt(row: Columns<'_>) -> Result<ChannelReceipt, ViewsError> {
    Ok(ChannelReceipt {
        provider: row.word("provider")?,
        short_code: row.text("short_code")?,
        number: row.text("channel_receipt")?,
    })
}
