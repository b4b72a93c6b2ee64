//! What may be added to what a rule says, or taken off it: urgency, penalties, waivers, what a channel costs. Each rests
//! on a law of its own or on that of the fee, and each is a line or a note on the bill.

use std::sync::Arc;

use ledger::{Currency, Money};
use serde::Serialize;

use super::basis::LegalBasis;
use super::rule::{Rate, Rounding};
use crate::code::VariantCode;
use crate::text::Text;

/// Everything that may change what the rule of one fee version says. Mostly empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Additions {
    /// Faster service for more money; the payer may choose one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urgencies: Vec<Urgency>,
    /// What an officer may add.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub penalties: Vec<Penalty>,
    /// What an officer may take off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// What paying on a channel costs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub surcharges: Vec<Surcharge>,
}

/// Faster service, charged once per bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Urgency {
    /// Its name in orders.
    pub code: VariantCode,
    /// Its name for people.
    pub text: Text,
    /// What it adds.
    pub amount: Money,
    /// What is promised then, instead of the service's own promise.
    pub promised_working_days: Option<u16>,
}

/// Something that an officer of the agency may add to a bill: late filing, a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Penalty {
    /// Its name in orders.
    pub code: VariantCode,
    /// Its name for people.
    pub text: Text,
    /// The law it rests on.
    pub basis: Arc<LegalBasis>,
    /// How much it is.
    pub amount: PenaltyAmount,
}

/// How much a penalty is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PenaltyAmount {
    /// So much.
    Fixed(Money),
    /// What the officer assesses, within bounds.
    Assessed {
        /// The least.
        min: Money,
        /// The most.
        max: Money,
    },
}

impl PenaltyAmount {
    /// The currency it is in.
    pub const fn currency(self) -> Currency {
        match self {
            Self::Fixed(amount) => amount.currency(),
            Self::Assessed { min, .. } => min.currency(),
        }
    }
}

/// Part or all of a fee, not asked for. An officer decides that it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiver {
    /// Its name in orders.
    pub code: VariantCode,
    /// Its name for people.
    pub text: Text,
    /// The law it rests on.
    pub basis: Arc<LegalBasis>,
    /// The share of each line that is not asked for.
    #[serde(rename = "share_percent")]
    pub share: Rate,
}

/// What paying on a channel costs, as a share of the fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Surcharge {
    /// The channel, as orders name it: `card`.
    pub channel: VariantCode,
    /// Its name for people.
    pub text: Text,
    /// The law it rests on.
    pub basis: Arc<LegalBasis>,
    /// The share.
    #[serde(rename = "rate_percent")]
    pub rate: Rate,
    /// How it becomes whole shillings or dollars.
    pub rounding: Rounding,
}
