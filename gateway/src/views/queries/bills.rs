//! Bills and their lines.

use std::sync::Arc;

use ledger::{LedgerTime, Money};

use crate::payments::{BillId, BillState, PaymentNumber};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::{Found, List, Page, PageRequest, TimeRange};
use crate::views::reader::{Listed, ViewsReader};
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};

const BILLS: Source = Source {
    columns: "sequence, payment_number, bill_id, agency, service, total_minor, total_currency, payable_minor, \
              payable_currency, collected_minor, state, created, expires, agency_reference, catalogue, changed_by",
    tables: "bill",
    agency: "agency",
};

const LINES: Source = Source {
    columns: "line_index, code, quantity, unit_minor, amount_minor, currency, account, legal_basis, fee_version",
    tables: "bill JOIN bill_line ON bill_line.bill_sequence = bill.sequence",
    agency: "bill.agency",
};

/// A bill as the views have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillRow {
    /// Of the record that made it.
    pub sequence: u64,
    /// What the payer types.
    pub number: PaymentNumber,
    /// Its identifier in the API.
    pub id: BillId,
    /// Whose revenue it is.
    pub agency: Arc<str>,
    /// What it pays for.
    pub service: Arc<str>,
    /// The sum of its lines.
    pub total: Money,
    /// What the payer is asked for.
    pub payable: Money,
    /// What has arrived for it, in the currency of what is payable, including what is held or too much.
    pub collected: Money,
    /// What it is.
    pub state: BillState,
    /// When it was made.
    pub created: LedgerTime,
    /// Until when it can be paid.
    pub expires: LedgerTime,
    /// The agency's own name for it.
    pub agency_reference: Option<Arc<str>>,
    /// Number of the catalogue that priced it.
    pub catalogue: u64,
    /// Sequence of the record that changed it last.
    pub changed_by: u64,
}

/// A line of a bill. Its text is the catalogue's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLineRow {
    /// Names the line within its fee.
    pub code: Arc<str>,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub unit: Money,
    /// Price of all.
    pub amount: Money,
    /// Code of the account that the money goes to.
    pub account: Arc<str>,
    /// Under what it is charged.
    pub legal_basis: Arc<str>,
    /// Which version of the fee.
    pub fee_version: Arc<str>,
}

/// Which bills. What is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillFilter {
    /// Of this agency.
    pub agency: Option<Arc<str>>,
    /// In this state.
    pub state: Option<BillState>,
    /// With this name of the agency's own.
    pub agency_reference: Option<Arc<str>>,
    /// Made in this span.
    pub created: TimeRange,
}

/// More lines than any bill has: a record has room for fewer.
const LINE_COUNT_MAX: i64 = 1_000;

impl ViewsReader {
    /// A page of bills, the newest first.
    pub async fn bills(
        &self,
        scope: &Scope,
        filter: &BillFilter,
        page: PageRequest,
    ) -> Result<Page<BillRow>, QueryError> {
        self.page(select(scope, filter, page)?, BillRow::read, List::Bills, page).await
    }

    /// The bill with this number.
    pub async fn bill(
        &self,
        scope: &Scope,
        number: PaymentNumber,
    ) -> Result<Found<Option<BillRow>>, QueryError> {
        let select = Select::of(&BILLS, scope)
            .and_is("payment_number", Some(number_column(number)))
            .sorted("sequence", 1);
        let Found { sequence, found } = self.all(select, BillRow::read).await?;
        Ok(Found { sequence, found: found.into_iter().next() })
    }

    /// The lines of the bill with this number, in its order; none if there is no such bill.
    pub async fn bill_lines(
        &self,
        scope: &Scope,
        number: PaymentNumber,
    ) -> Result<Found<Vec<BillLineRow>>, QueryError> {
        let select = Select::of(&LINES, scope)
            .and_is("bill.payment_number", Some(number_column(number)))
            .sorted("line_index", LINE_COUNT_MAX);
        self.all(select, BillLineRow::read).await
    }
}

pub(in crate::views) fn select(
    scope: &Scope,
    filter: &BillFilter,
    page: PageRequest,
) -> Result<Select, QueryError> {
    Select::of(&BILLS, scope)
        .and_is("agency", filter.agency.clone())
        .and_is("state", filter.state.map(BillState::word))
        .and_is("agency_reference", filter.agency_reference.clone())
        .and_in("created", filter.created)
        .page(List::Bills, "created", "sequence", page)
}

/// A payment number as its column has it.
pub(super) fn number_column(number: PaymentNumber) -> i64 {
    i64::try_from(number.get()).expect("a payment number has twelve digits")
}

impl BillRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            sequence: row.count("sequence")?,
            number: row.payment_number("payment_number")?,
            id: row.word("bill_id")?,
            agency: row.text("agency")?,
            service: row.text("service")?,
            total: row.money("total_minor", "total_currency")?,
            payable: row.money("payable_minor", "payable_currency")?,
            collected: row.money("collected_minor", "payable_currency")?,
            state: row.word("state")?,
            created: row.time("created")?,
            expires: row.time("expires")?,
            agency_reference: row.text_if_any("agency_reference")?,
            catalogue: row.count("catalogue")?,
            changed_by: row.count("changed_by")?,
        })
    }
}

impl Listed for BillRow {
    fn place(&self) -> (LedgerTime, u64) {
        (self.created, self.sequence)
    }
}

impl BillLineRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            code: row.text("code")?,
            quantity: row.get("quantity")?,
            unit: row.money("unit_minor", "currency")?,
            amount: row.money("amount_minor", "currency")?,
            account: row.text("account")?,
            legal_basis: row.text("legal_basis")?,
            fee_version: row.text("fee_version")?,
        })
    }
}
