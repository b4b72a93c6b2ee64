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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassFilter {
    /// By what is still to be paid.
    pub state: PassState,
    /// On the account of the operator of this code.
    pub operator: Option<Arc<str>>,
}

/// Which passes, by what is still to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassState {
    /// Those for which something is still to be paid.
    Unpaid,
    /// Those that are paid.
    Paid,
    /// All.
    All,
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
}

pub(in crate::views) fn select(
    scope: &Scope,
    filter: &PassFilter,
    page: PageRequest,
) -> Result<Select, QueryError> {
    let select = Select::of(&PASSES, scope).and_is("gate_pass.operator", filter.operator.clone());
    let select = match filter.state {
        PassState::All => select,
        PassState::Unpaid => select.and(concat!(owed!(), " IN ('unpaid', 'part_paid')")),
        PassState::Paid => select.and(concat!(owed!(), " IN ('paid', 'overpaid')")),
    };
    select.page(List::Passes, "gate_pass.booked", "gate_pass.place", page)
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
