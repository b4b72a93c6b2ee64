//! Provisional passes of an agency, and what has become of what is owed for them.

use std::sync::Arc;

use ledger::{LedgerTime, Money};

use crate::payments::{BillState, PaymentNumber};
use crate::views::error::{QueryError, ViewsError};
use crate::views::page::{List, Page, PageRequest};
use crate::views::reader::{Listed, ViewsReader};
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};

const PASSES: Source = Source {
    columns: "gate_pass.place AS place, gate_pass.device AS device, gate_pass.agency AS agency, gate_pass.gate AS gate, \
              gate_pass.pass_number AS pass_number, gate_pass.payment_number AS payment_number, \
              gate_pass.issued AS issued, gate_pass.booked AS booked, gate_pass.minor AS minor, \
              gate_pass.currency AS currency, gate_pass.settlement AS settlement, gate_pass.operator AS operator, \
              gate_pass.outcome AS outcome, gate_pass.invoice AS invoice, bill.state AS state, \
              paying.state AS invoice_state",
    tables: "gate_pass LEFT JOIN bill ON bill.payment_number = gate_pass.payment_number AND gate_pass.has_bill = 1 \
             LEFT JOIN bill AS paying ON paying.payment_number = gate_pass.invoice",
    agency: "gate_pass.agency",
};

const INVOICES: Source = Source {
    columns: "bill.sequence AS sequence, bill.payment_number AS payment_number, bill.agency AS agency, \
              bill.agency_reference AS agency_reference, asked.passes AS passes, bill.payable_minor AS payable_minor, \
              bill.payable_currency AS payable_currency, bill.collected_minor AS collected_minor, bill.state AS state, \
              bill.created AS created",
    tables: "(SELECT invoice, count(*) AS passes FROM gate_pass WHERE invoice IS NOT NULL GROUP BY invoice) AS asked \
             JOIN bill ON bill.payment_number = asked.invoice",
    agency: "bill.agency",
};

/// A bill that a tour operator pays many passes with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRow {
    /// Of the record that made it.
    pub sequence: u64,
    /// What is typed to pay it.
    pub number: PaymentNumber,
    /// Whose.
    pub agency: Arc<str>,
    /// Code of the tour operator.
    pub operator: Option<Arc<str>>,
    /// How many passes are on it.
    pub passes: u64,
    /// What is asked for.
    pub payable: Money,
    /// What has arrived.
    pub collected: Money,
    /// What it is.
    pub state: BillState,
    /// When it was made.
    pub created: LedgerTime,
}

/// A pass and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassRow {
    place: u64,
    /// The device that made it.
    pub device: Arc<str>,
    /// Whose.
    pub agency: Arc<str>,
    /// At which gate.
    pub gate: Arc<str>,
    /// Among the passes of the device.
    pub number: u64,
    /// The payment number.
    pub bill: PaymentNumber,
    /// When it was made, by the clock of the gate.
    pub issued: LedgerTime,
    /// When we were told.
    pub booked: LedgerTime,
    /// What the device asked for.
    pub price: Money,
    /// How it is to be paid: `later`, `exit` or `operator`.
    pub settlement: Arc<str>,
    /// Code of the tour operator, where one pays.
    pub operator: Option<Arc<str>>,
    /// What the books said to it.
    pub outcome: Arc<str>,
    /// What its bill is; nothing if it has none.
    pub state: Option<BillState>,
    /// The invoice that it is on, or was on last.
    pub invoice: Option<PaymentNumber>,
    /// What that is.
    pub invoice_state: Option<BillState>,
}

/// What is owed for a pass. One whose invoice ended unpaid is to be paid again, though its own bill was withdrawn for that.
macro_rules! owed {
    () => {
        "CASE WHEN paying.state IN ('expired', 'cancelled') THEN 'unpaid' ELSE coalesce(paying.state, bill.state) END"
    };
}

/// Which passes. What is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassFilter {
    /// What has become of them.
    pub state: PassState,
    /// Made by one of these devices: those of a site.
    pub devices: Option<Vec<Arc<str>>>,
    /// To be paid by the tour operator of this code.
    pub operator: Option<Arc<str>>,
    /// On this invoice.
    pub invoice: Option<PaymentNumber>,
    /// Under this number.
    pub number: Option<PaymentNumber>,
}

/// What has become of passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PassState {
    /// Those for which something is still to be paid.
    Unpaid,
    /// Those that are paid.
    Paid,
    /// Those whose bill, or invoice, ended without being paid, or was given back.
    Ended,
    /// All.
    #[default]
    All,
}

impl PassState {
    /// Every one, in the order of the pages.
    pub const ALL: [Self; 4] = [Self::Unpaid, Self::Paid, Self::Ended, Self::All];

    /// The word of the API and of addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Paid => "paid",
            Self::Ended => "ended",
            Self::All => "all",
        }
    }

    /// The one of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

impl ViewsReader {
    /// A page of passes, the newest first.
    pub async fn passes(
        &self,
        scope: &Scope,
        filter: &PassFilter,
        page: PageRequest,
    ) -> Result<Page<PassRow>, QueryError> {
        self.page(select(scope, filter, page)?, PassRow::read, List::Passes, page).await
    }

    /// A page of the invoices that passes are on, the newest first: those of one operator, or the one of this number, if that
    /// is asked.
    pub async fn invoices(
        &self,
        scope: &Scope,
        operator: Option<Arc<str>>,
        number: Option<PaymentNumber>,
        page: PageRequest,
    ) -> Result<Page<InvoiceRow>, QueryError> {
        let select = select_invoices(scope, operator, number, page)?;
        self.page(select, InvoiceRow::read, List::Invoices, page).await
    }
}

pub(in crate::views) fn select(
    scope: &Scope,
    filter: &PassFilter,
    page: PageRequest,
) -> Result<Select, QueryError> {
    let number = |number: PaymentNumber| i64::try_from(number.get()).unwrap_or(i64::MAX);
    let select = Select::of(&PASSES, scope)
        .and_among("gate_pass.device", filter.devices.as_deref())
        .and_is("gate_pass.operator", filter.operator.clone())
        .and_is("gate_pass.invoice", filter.invoice.map(number))
        .and_is("gate_pass.payment_number", filter.number.map(number));
    let select = match filter.state {
        PassState::All => select,
        PassState::Ended => select.and(concat!(owed!(), " IN ('expired', 'cancelled', 'refunded')")),
        PassState::Unpaid => select.and(concat!(owed!(), " IN ('unpaid', 'part_paid')")),
        PassState::Paid => select.and(concat!(owed!(), " IN ('paid', 'overpaid')")),
    };
    select.page(List::Passes, "gate_pass.booked", "gate_pass.place", page)
}

/// The newest first, by the bill that an invoice is.
pub(in crate::views) fn select_invoices(
    scope: &Scope,
    operator: Option<Arc<str>>,
    number: Option<PaymentNumber>,
    page: PageRequest,
) -> Result<Select, QueryError> {
    let number = number.map(|number| i64::try_from(number.get()).unwrap_or(i64::MAX));
    let select = Select::of(&INVOICES, scope)
        .and_is("bill.agency_reference", operator)
        .and_is("asked.invoice", number);
    select.page(List::Invoices, "bill.created", "bill.sequence", page)
}

impl InvoiceRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            sequence: row.count("sequence")?,
            number: row.payment_number("payment_number")?,
            agency: row.text("agency")?,
            operator: row.text_if_any("agency_reference")?,
            passes: row.count("passes")?,
            payable: row.money("payable_minor", "payable_currency")?,
            collected: row.money("collected_minor", "payable_currency")?,
            state: row.word("state")?,
            created: row.time("created")?,
        })
    }
}

impl Listed for InvoiceRow {
    fn place(&self) -> (LedgerTime, u64) {
        (self.created, self.sequence)
    }
}

impl PassRow {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            place: row.count("place")?,
            device: row.text("device")?,
            agency: row.text("agency")?,
            gate: row.text("gate")?,
            number: row.count("pass_number")?,
            bill: row.payment_number("payment_number")?,
            issued: row.time("issued")?,
            booked: row.time("booked")?,
            price: row.money("minor", "currency")?,
            settlement: row.text("settlement")?,
            operator: row.text_if_any("operator")?,
            outcome: row.text("outcome")?,
            state: row.word_if_any("state")?,
            invoice: row.payment_number_if_any("invoice")?,
            invoice_state: row.word_if_any("invoice_state")?,
        })
    }
}

impl Listed for PassRow {
    fn place(&self) -> (LedgerTime, u64) {
        (self.booked, self.place)
    }
}
