//! Provisional passes, as the books take them: numbers that are kept for a device before anything is owed under them, the
//! bills that its passes become, and money that came for a number before its pass was known.

use std::sync::Arc;

use ledger::{Evidence, LedgerTime, Money};
use serde::{Deserialize, Serialize};

use super::bill::BillTerms;
use super::channel_receipt::ChannelReceipt;
use super::command::NewBill;
use super::event::{PaymentReceived, Placement, SuspenseReason, ToldBy};
use super::number::PaymentNumber;

/// So many numbers lie ready at a device: more passes than a gate makes in a day without us.
pub const NUMBERS_KEPT_MAX: usize = 300;
/// So many payments are remembered with a number whose pass is not known. More than that wait in suspense all the same, and
/// are put to the pass when somebody names them.
pub const WAITING_PER_NUMBER_MAX: usize = 10;
/// Whoever names money in suspense by its code does so within so many seconds: a week. What is older is for officers.
pub const CLAIM_SECONDS_MAX: i64 = 7 * 86_400;

/// A number that is kept for a device, as the archive has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassNumber {
    /// Which device.
    pub device: Arc<str>,
    /// Whose.
    pub agency: Arc<str>,
    /// The pass that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<PassStub>,
    /// Money that came for it and waits in suspense.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingMoney>,
}

/// What is remembered of a pass with its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassStub {
    /// SHA-256 of what it says, in hex.
    pub hash: Arc<str>,
    /// Sequence of the record of the batch that told of it.
    pub sequence: u64,
}

/// Money in suspense, with everything that putting it to a bill takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingMoney {
    /// Sequence of the record that booked it.
    pub sequence: u64,
    /// The channel's receipt.
    pub receipt: ChannelReceipt,
    /// How much.
    pub money: Money,
    /// Which message told us first.
    pub told_by: ToldBy,
    /// When it moved, by the channel's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<LedgerTime>,
    /// When it was booked.
    pub booked: LedgerTime,
    /// How well it is established, as the journal writes it.
    evidence: u8,
}

impl WaitingMoney {
    /// The money of a payment that was put into suspense.
    pub fn of(sequence: u64, booked: LedgerTime, evidence: Evidence, payment: &PaymentReceived) -> Self {
        Self {
            sequence,
            receipt: payment.receipt.clone(),
            money: payment.money,
            told_by: payment.told_by,
            moved: payment.moved,
            booked,
            evidence: evidence.byte(),
        }
    }

    /// How well it is established.
    pub fn evidence(&self) -> Evidence {
        Evidence::from_byte(self.evidence).unwrap_or(Evidence::None)
    }

    /// The claim that lets it be put to a bill once, ever. The receipt itself is claimed by the payment.
    pub fn applied_key(receipt: &ChannelReceipt) -> String {
        format!("applied {}", receipt.credit_key())
    }
}

/// How a pass is to be paid, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassSettlement {
    /// By the payer, on any channel.
    Later,
    /// Before the visitor leaves.
    Exit,
    /// By the tour operator of this code.
    Operator(Arc<str>),
}

impl PassSettlement {
    /// The word of the API.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Later => "later",
            Self::Exit => "exit",
            Self::Operator(_) => "operator",
        }
    }

    /// The tour operator, if one pays.
    pub fn operator(&self) -> Option<&Arc<str>> {
        if let Self::Operator(code) = self { Some(code) } else { None }
    }
}

/// A pass that a device tells of, priced again.
#[derive(Clone, Debug)]
pub struct NewPass {
    /// Its number among the passes of the device.
    pub number: u64,
    /// When it was made, by the clock of the device.
    pub at: LedgerTime,
    /// What the device asked for.
    pub price: Money,
    /// How it is to be paid.
    pub settlement: PassSettlement,
    /// SHA-256 of what it says, in hex.
    pub hash: Arc<str>,
    /// The payment number.
    pub bill: PaymentNumber,
    /// What the price of its bill rests on.
    pub rests_on: PassPrice,
    /// The bill that it becomes, at the gazetted price where that is known.
    pub terms: Box<NewBill>,
}

/// What the price of a pass's bill rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassPrice {
    /// The catalogue that the pass names.
    AsNamed,
    /// What the gate asked for: that catalogue was in force, and nobody can read it any more.
    AsAsked,
    /// The catalogue that was in force when the pass was made: what the pass names never was.
    OfItsDay,
    /// Nothing: what the pass names never was, and no catalogue has a price for it.
    Never,
}

/// A pass that a device told of, and what the books say to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatePass {
    /// Its number among the passes of the device.
    pub number: u64,
    /// The payment number.
    pub bill: PaymentNumber,
    /// When it was made, by the clock of the device.
    pub at: LedgerTime,
    /// What the device asked for.
    pub price: Money,
    /// How it is to be paid.
    pub settlement: PassSettlement,
    /// SHA-256 of what it says, in hex.
    pub hash: Arc<str>,
    /// What the books say.
    #[serde(flatten)]
    pub outcome: PassOutcome,
}

/// What the books say to a pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum PassOutcome {
    /// A bill was made under its number.
    Issued,
    /// A bill was made, at the gazetted price, which is another.
    PriceDiffers {
        /// What is owed.
        gazetted: Money,
    },
    /// A bill was made at the price of the device: the catalogue that it names was in force and cannot be read any more.
    PriceUnknown,
    /// It names a catalogue that never was, or something that this catalogue did not have: the price of the device binds nobody.
    NotGazetted {
        /// What is owed by the catalogue that was in force; without it, no bill was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gazetted: Option<Money>,
    },
    /// Nothing is owed for it, so there is no bill.
    NothingOwed,
    /// The number is not kept for this device: there is no bill under it.
    NumberNotKept,
    /// Another pass has the number: there is no second bill.
    NumberUsed {
        /// Sequence of the record that told of the other.
        sequence: u64,
    },
    /// The same pass was told of before.
    Repeated {
        /// Sequence of the record that told of it.
        sequence: u64,
    },
}

impl PassOutcome {
    /// The word of the API, of pages and of metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::PriceDiffers { .. } => "price_differs",
            Self::PriceUnknown => "price_unknown",
            Self::NotGazetted { .. } => "not_gazetted",
            Self::NothingOwed => "nothing_owed",
            Self::NumberNotKept => "number_not_kept",
            Self::NumberUsed { .. } => "number_used",
            Self::Repeated { .. } => "repeated",
        }
    }

    /// Whether a bill was made.
    pub const fn makes_bill(&self) -> bool {
        matches!(
            self,
            Self::Issued
                | Self::PriceDiffers { .. }
                | Self::PriceUnknown
                | Self::NotGazetted { gazetted: Some(_) }
        )
    }

    /// Whether the number has its pass now.
    pub const fn takes_number(&self) -> bool {
        self.makes_bill() || matches!(self, Self::NothingOwed | Self::NotGazetted { .. })
    }
}

/// Money in suspense that somebody names by its code, for a pass.
#[derive(Clone, Debug)]
pub struct ClaimedMoney {
    /// The number of the pass.
    pub bill: PaymentNumber,
    /// Whose pass it must be.
    pub agency: Arc<str>,
    /// The money, as its record has it.
    pub money: WaitingMoney,
    /// Where the record has put it.
    pub placement: Placement,
    /// A random word, for our receipt number.
    pub random: u64,
}

impl ClaimedMoney {
    /// Whether a slip at the keypad may have put this money where it is, rather than the pass for which it is claimed.
    pub fn may_be_meant(&self) -> bool {
        let Placement::Suspense { reason, agency, number, .. } = &self.placement else { return false };
        if agency.as_ref().is_some_and(|agency| *agency != self.agency) {
            return false;
        }
        match reason {
            SuspenseReason::BadCheckDigit
            | SuspenseReason::UnknownNumber
            | SuspenseReason::NotANumber
            | SuspenseReason::NoAccount => true,
            SuspenseReason::ProvisionalPass => *number == Some(self.bill),
            _ => false,
        }
    }
}

/// Everything that is agreed by a pass, once it is known. The bill of a pass that an operator pays for has the operator's code as
/// the agency's own name for it: so it is found, and so is known whose list it leaves once it is paid or ends.
pub(super) fn terms_of(pass: &NewPass, operator: Option<Arc<str>>, now: LedgerTime) -> BillTerms {
    let terms = pass.terms.agreed(pass.bill, now);
    // A quote ends a bill with it, and the visitor is inside: the rate of the day on which the pass became known is kept.
    let expires = now.plus_seconds(pass.terms.life_seconds);
    let quote = terms.quote.clone().map(|quote| super::bill::Quote { expires, ..quote });
    BillTerms { quote, expires, agency_reference: operator.or(terms.agency_reference.clone()), ..terms }
}
