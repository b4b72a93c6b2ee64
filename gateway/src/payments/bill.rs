//! A bill: what is owed, at a price that no later change of the catalogue touches.

use std::sync::Arc;

use catalog::{Language, PartPayment, Text};
use jiff::civil::Date;
use ledger::{AccountCode, LedgerTime, Money};
use serde::{Deserialize, Serialize};

use super::bill_life::BillState;
use super::event::Share;
use super::identifier::{AttemptId, BillId, ReceiptNumber};
use super::number::PaymentNumber;
use super::reference::BillReference;

/// So many payments are kept with their bill.
pub const LATEST_PAYMENTS_MAX: usize = 20;

/// A bill and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// What was agreed when it was made. Never changes.
    pub terms: Arc<BillTerms>,
    /// What it is now.
    pub state: BillState,
    /// Everything that has arrived for it, in the currency of what is payable, including what is held or too much.
    pub collected: Money,
    /// Of that, what is held until the rest arrives.
    pub held: Money,
    /// How many payments have been booked for it.
    pub payment_count: u64,
    /// The latest of them, [`LATEST_PAYMENTS_MAX`] at most, in the order in which they were booked. Every payment is in
    /// the archive by its receipt: a bill must not grow with what strangers send to it.
    pub latest_payments: Vec<BillPayment>,
    /// The latest attempt, whatever became of it.
    pub latest_attempt: Option<AttemptId>,
    /// Sequence of the record in which the number of whoever had the bill made may be sealed: its own. Bills of before this
    /// was kept have none. An attempt has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_record: Option<u64>,
    /// Sequence of the record that changed it last.
    pub changed_by: u64,
}

/// What is agreed when a bill is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillTerms {
    /// Its identifier in the API.
    pub id: BillId,
    /// What the payer types.
    pub number: PaymentNumber,
    /// Whose revenue it is.
    pub agency: Arc<str>,
    /// What it pays for.
    pub service: Arc<str>,
    /// What the service is called.
    pub service_name: Text,
    /// What is charged, line by line.
    pub lines: Vec<BillLine>,
    /// The sum of the lines.
    pub total: Money,
    /// What the payer is asked for: the total, or what the quote makes of it.
    pub payable: Money,
    /// How the total was turned into what is payable, where their currencies differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// Why there is no convenience fee, or under what there is one.
    pub convenience_basis: Arc<str>,
    /// What an officer took off, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<WaivedAmount>,
    /// Whether it may be paid in parts.
    pub part_payment: PartPaymentRule,
    /// What the agency promises for the time after the payment, in working days. Bills of before this was kept say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_working_days: Option<u16>,
    /// Which catalogue priced it.
    pub catalogue: CatalogueVersion,
    /// What the agency has said of the amount, where it is one that an authority assessed. Bills of before this was
    /// kept say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<AssessedAmount>,
    /// The agency's own name for it. No personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency_reference: Option<Arc<str>>,
    /// The day that it is for, where the order names one. Bills of before this was kept name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit_day: Option<Date>,
    /// What payers may type instead of its number, as keyed hashes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<BillReference>,
    /// In which the payer is told of it: that of the page on which it was wished for, or what its agency said. Bills of before
    /// this was kept say nothing, and English is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// When it was made.
    pub created: LedgerTime,
    /// Until when it can be paid.
    pub expires: LedgerTime,
    /// Where the key of its personal data lies.
    pub vault_slot: u64,
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillLine {
    /// Names the line within its fee.
    pub code: Arc<str>,
    /// What it is for.
    pub text: Text,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub unit: Money,
    /// Price of all.
    pub amount: Money,
    /// Whose it is; nobody's agency for the convenience fee, which is the platform's. Bills of before this was kept name
    /// none, and no revenue code either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Arc<str>>,
    /// Where the money belongs among the owner's revenues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue_code: Option<Arc<str>>,
    /// Where the money goes when the bill is paid.
    pub account: AccountCode,
    /// Under what it is charged.
    pub legal_basis: Arc<str>,
    /// Which version of the fee.
    pub fee_version: Arc<str>,
}

/// What an agency has said of an amount that it assessed. The reference is not here: it may be a number plate, and is
/// sealed with the rest of what is personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessedAmount {
    /// When the agency confirmed that this is owed; never, if it is as on the payer's slip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<LedgerTime>,
}

/// What an officer took off a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedAmount {
    /// The code of the waiver in the catalogue.
    pub code: Arc<str>,
    /// What it is, for people.
    pub text: Text,
    /// How much less the lines come to.
    pub amount: Money,
    /// The law that it rests on, in full.
    pub legal_basis: Arc<str>,
}

/// A rate that was offered and is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Names the rate at its source.
    pub rate_id: Arc<str>,
    /// Shillings for one dollar, as a decimal.
    pub rate: Arc<str>,
    /// Until when it holds; the bill ends with it.
    pub expires: LedgerTime,
}

/// Whether a bill may be paid in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartPaymentRule {
    /// Only the exact amount is asked for and validated; less is held all the same when it arrives.
    Exact,
    /// Parts are welcome.
    Allowed,
}

impl From<PartPayment> for PartPaymentRule {
    fn from(rule: PartPayment) -> Self {
        match rule {
            PartPayment::Exact => Self::Exact,
            PartPayment::Allowed => Self::Allowed,
        }
    }
}

/// A published catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueVersion {
    /// Its number, from 1.
    pub number: u64,
    /// SHA-256 of its bytes in hex.
    pub hash: Arc<str>,
}

/// What the archive has under the number of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptStub {
    /// The bill that it is for.
    pub bill: PaymentNumber,
    /// The payment that it is of.
    pub payment: BillPayment,
}

/// A payment that was booked for a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPayment {
    /// Sequence of its record.
    pub sequence: u64,
    /// Our receipt for it.
    pub receipt: ReceiptNumber,
    /// The channel's own receipt.
    pub channel_receipt: Arc<str>,
    /// How much.
    pub money: Money,
    /// When it was booked.
    pub booked: LedgerTime,
}

impl Bill {
    /// A bill that has just been made.
    pub fn new(terms: Arc<BillTerms>, sequence: u64) -> Self {
        let nothing = Money::zero(terms.payable.currency());
        Self {
            terms,
            state: BillState::Unpaid,
            collected: nothing,
            held: nothing,
            payment_count: 0,
            latest_payments: Vec::new(),
            latest_attempt: None,
            phone_record: None,
            changed_by: sequence,
        }
    }

    /// Whether the amounts of this bill can still be added to: after nine million payments of the largest amount there
    /// is they cannot.
    pub fn can_take(&self, money: Money) -> bool {
        self.collected.checked_add(money).is_ok()
    }

    /// Notes a payment. `collected` and `held` are not touched.
    fn note(&mut self, payment: BillPayment) {
        self.payment_count += 1;
        if self.latest_payments.len() == LATEST_PAYMENTS_MAX {
            self.latest_payments.remove(0);
        }
        self.latest_payments.push(payment);
    }

    /// Takes money of which is decided what becomes of it. The decision has asked whether it can be taken, and what is held
    /// is never more than collected.
    pub(super) fn take(&mut self, payment: BillPayment, state: BillState, share: Share) {
        let added = |sum: Money| sum.checked_add(payment.money).unwrap_or(sum);
        self.state = state;
        self.changed_by = payment.sequence;
        self.collected = added(self.collected);
        self.held = match share {
            Share::HeldForRest => added(self.held),
            Share::Completed | Share::CompletedWithExcess => Money::zero(self.held.currency()),
            Share::Duplicate | Share::Late => self.held,
        };
        self.note(payment);
    }

    /// When everything that was asked for had arrived, as far as the payments that are kept with it tell.
    pub fn completed(&self) -> Option<LedgerTime> {
        if self.payment_count > self.latest_payments.len() as u64 {
            return self.latest_payments.first().map(|payment| payment.booked);
        }
        let mut arrived = Money::zero(self.terms.payable.currency());
        self.latest_payments.iter().find_map(|payment| {
            arrived = arrived.checked_add(payment.money).ok()?;
            (arrived.minor() >= self.terms.payable.minor()).then_some(payment.booked)
        })
    }

    /// What is still to be paid; nothing once the bill is not open any more.
    pub fn due(&self) -> Money {
        let payable = self.terms.payable;
        if !self.state.is_open() {
            return Money::zero(payable.currency());
        }
        payable.checked_sub(self.collected).expect("an open bill has collected less than is payable")
    }
}
