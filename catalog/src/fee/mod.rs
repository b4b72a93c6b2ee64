//! What a service costs: effective-dated schedules, each a typed rule with the law it rests on.

mod additions;
mod basis;
mod convenience;
mod range;
mod rule;
mod season;
mod validity;
mod visitors;

pub use additions::{Additions, Penalty, PenaltyAmount, Surcharge, Urgency, Waiver};
pub use basis::{LegalBasis, Standing};
pub use convenience::{ConvenienceBand, ConvenienceFee, ConvenienceSchedule};
pub use range::AmountRange;
pub use rule::{
    Band, BundlePart, FeeRule, FixedPart, Rate, ReferenceCharacters, ReferenceShape, Rounding, Times, Variant,
};
pub use season::{Season, SeasonDays};
pub use validity::Validity;
pub use visitors::{AgeClass, Exemption, PayerCategory, VisitorFees};

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::code::FeeVersion;

/// One version of a service's fee. Published once and never edited: a correction is a new version, because bills
/// and postings name the version that priced them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeSchedule {
    /// Its name within the service.
    pub version: FeeVersion,
    /// The days on which it prices new bills.
    pub validity: Validity,
    /// The law it rests on; shared by all the fees that one instrument sets.
    pub basis: Arc<LegalBasis>,
    /// How the amount is found.
    pub rule: FeeRule,
    /// What may be added to it or taken off.
    pub additions: Additions,
    /// Whether a bill may be paid in parts.
    pub part_payment: PartPayment,
}

/// Whether a bill may be paid in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartPayment {
    /// The amount in one payment.
    Exact,
    /// Several payments on one reference.
    Allowed,
}
