//! Tour operators, as the books know them: what each still has to be asked for, and its invoices that nobody has paid yet.
//!
//! A pass is on the list of its operator from the batch that tells of it until money comes for it, it ends, or an invoice asks
//! for it. An invoice that ends unpaid puts its passes back. So the list is what the next invoices ask for, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::bill_life::BillState;
use super::command::Idempotency;
use super::identifier::BillId;
use super::number::PaymentNumber;

/// So many passes are on one invoice.
pub const PASSES_PER_INVOICE_MAX: usize = 200;
/// The most tour operators of one agency: more than are licensed, and few enough for a pack. Each agency has its own, so that none
/// takes the place of another's.
pub const OPERATORS_MAX: usize = 1_000;
/// An operator that owes for so many passes, on invoices or on none, is in no pack until it has paid: gates write no more on its
/// account, and its list stays bounded. What was written before is taken all the same.
pub const PASSES_OWED_MAX: usize = 10_000;

/// A tour operator that pays for its passes by invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TourOperator {
    /// Its code: `OP-` and six letters.
    pub code: Arc<str>,
    /// Whose parks it brings visitors to.
    pub agency: Arc<str>,
    /// What it is called.
    pub name: Arc<str>,
    /// Since when.
    pub since: LedgerTime,
}

/// An operator and what it owes for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownOperator {
    /// Which.
    pub operator: TourOperator,
    /// The payment numbers of the passes that the next invoices ask for: nothing has come for them, and they are on no other.
    #[serde(default)]
    pub passes: Arc<BTreeSet<PaymentNumber>>,
    /// Those of them that were on an invoice that ended unpaid. Their own bills were withdrawn then and stay so.
    #[serde(default)]
    pub returned: Arc<BTreeSet<PaymentNumber>>,
    /// Invoices that money is expected for, and the passes on each.
    #[serde(default)]
    invoices: Arc<BTreeMap<PaymentNumber, Vec<PaymentNumber>>>,
}

/// An invoice to be made.
#[derive(Clone, Debug)]
pub struct NewInvoice {
    /// The code of the operator.
    pub operator: Arc<str>,
    /// Whose it must be.
    pub agency: Arc<str>,
    /// Identifies the bill.
    pub id: BillId,
    /// A random word, for its payment number.
    pub random: u64,
    /// How long it can be paid, in seconds.
    pub life_seconds: i64,
    /// Where the key of its personal data lies.
    pub vault_slot: u64,
    /// The caller's key for this request.
    pub idempotency: Option<Idempotency>,
}

impl KnownOperator {
    /// An operator that owes nothing yet.
    pub fn new(operator: TourOperator) -> Self {
        Self { operator, passes: Arc::default(), returned: Arc::default(), invoices: Arc::default() }
    }

    /// For how many passes it has not paid, on invoices or on none.
    pub fn owed_count(&self) -> usize {
        self.passes.len() + self.invoices.values().map(Vec::len).sum::<usize>()
    }

    /// Whether what becomes of this bill changes what the operator owes for.
    pub(super) fn concerns(&self, bill: PaymentNumber) -> bool {
        self.passes.contains(&bill) || self.invoices.contains_key(&bill)
    }

    /// A pass is on its account.
    pub(super) fn add(&mut self, pass: PaymentNumber) {
        Arc::make_mut(&mut self.passes).insert(pass);
    }

    /// These passes are on this invoice, and those that ended are on none.
    pub(super) fn invoice(&mut self, bill: PaymentNumber, passes: &[PaymentNumber], ended: &[PaymentNumber]) {
        for pass in passes.iter().chain(ended) {
            Arc::make_mut(&mut self.passes).remove(pass);
            Arc::make_mut(&mut self.returned).remove(pass);
        }
        Arc::make_mut(&mut self.invoices).insert(bill, passes.to_vec());
    }

    /// What a bill has become that [concerns](Self::concerns) it. A pass for which money came, or that ended, leaves the list. An
    /// invoice that ended unpaid puts its passes back, also where a part of it was paid: that is held for who paid it.
    pub(super) fn bill_became(&mut self, bill: PaymentNumber, state: BillState) {
        // Late money for a bill that was withdrawn is given back: the pass is still to be paid.
        if state != BillState::Unpaid && !self.returned.contains(&bill) {
            Arc::make_mut(&mut self.passes).remove(&bill);
        }
        if state.is_open() {
            return;
        }
        if !self.invoices.contains_key(&bill) {
            return;
        }
        let ended = Arc::make_mut(&mut self.invoices).remove(&bill);
        if let Some(passes) = ended.filter(|_| !state.is_settled()) {
            Arc::make_mut(&mut self.passes).extend(&passes);
            Arc::make_mut(&mut self.returned).extend(&passes);
        }
    }
}
