//! What the payer answered: the input of pricing.

use jiff::civil::Date;
use ledger::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::fee::{AgeClass, PayerCategory};

/// The answers that a fee rule may ask for. Which of them a service wants follows from its rule; an answer that
/// the rule does not ask for is refused, because it means that the caller expects another price.
///
/// In JSON every field may be absent, and unknown fields are refused. Amounts are whole minor units (cents) with
/// their currency:
///
/// ```json
/// {}
/// {"variant": "34-pages"}
/// {"visitors": [{"category": "non_resident", "age_class": "adult", "count": 2},
///               {"category": "non_resident", "age_class": "child", "count": 1},
///               {"category": "east_african_citizen", "age_class": "adult", "count": 1,
///                "person_with_disability": true}]}
/// {"quantity": 3}
/// {"declared_value": {"amount": 10000000, "currency": "KES"}}
/// {"assessment": {"amount": 1234500, "currency": "KES", "reference": "2026112100012345"}}
/// {"amount": {"amount": 50000, "currency": "KES"}}
/// {"quantity": 4, "times": 3, "date": "2026-12-24"}
/// {"variant": "34-pages", "urgency": "express", "channel": "card"}
/// {"penalties": [{"code": "late-filing", "amount": {"amount": 50000, "currency": "KES"}}], "waiver": "hardship"}
/// ```
///
/// | field | wanted by |
/// |---|---|
/// | `variant` | [`FeeRule::Variants`](crate::FeeRule::Variants): the code of one variant |
/// | `visitors` | [`FeeRule::Visitors`](crate::FeeRule::Visitors): 1 to 20 groups, 500 people at most |
/// | `quantity` | [`FeeRule::Quantity`](crate::FeeRule::Quantity), `Bands` and `Steps`: how many |
/// | `declared_value` | [`FeeRule::Percentage`](crate::FeeRule::Percentage): what the share is taken of |
/// | `assessment` | [`FeeRule::Assessed`](crate::FeeRule::Assessed): amount and reference as on the slip |
/// | `amount` | [`FeeRule::Open`](crate::FeeRule::Open): what the payer chose to pay |
/// | `times` | [`FeeRule::Quantity`](crate::FeeRule::Quantity) with a second number: days of a stay |
/// | `date` | [`FeeRule::Seasons`](crate::FeeRule::Seasons): the day of the visit, within a year from today |
/// | `urgency` | optional, where the fee has [urgencies](crate::Urgency): the code of one |
/// | `channel` | optional, where the fee has [surcharges](crate::Surcharge): how the payer will pay, by a channel of those or of `price/additions.rs` |
/// | `penalties`, `waiver` | optional, where the fee has [penalties](crate::Penalty) or [waivers](crate::Waiver): what an officer of the agency decided |
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The code of the chosen variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Who enters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visitors: Vec<VisitorGroup>,
    /// How many units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// The value that a share is taken of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_value: Option<Money>,
    /// An assessment made elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
    /// An amount of the payer's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// What the quantity is multiplied by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The day of the visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// The code of the chosen urgency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// The channel that will be paid on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// What an officer adds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub penalties: Vec<PenaltyAnswer>,
    /// The code of the waiver that an officer granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<String>,
}

/// A penalty that an officer adds to a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PenaltyAnswer {
    /// The code of the penalty.
    pub code: String,
    /// How much it is; only for a penalty whose amount is assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// Some visitors who pay alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitorGroup {
    /// Who they are.
    pub category: PayerCategory,
    /// How old they are.
    pub age_class: AgeClass,
    /// How many they are, 1 to 500.
    pub count: u32,
    /// True if each of them has a disability.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub person_with_disability: bool,
}

/// An assessment that an authority made, as the payer's slip shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AssessmentFields", into = "AssessmentFields")]
pub struct Assessment {
    /// Its amount.
    pub amount: Money,
    /// Its reference, without spaces.
    pub reference: String,
}

/// An assessment in JSON: the amount lies flat beside the reference.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssessmentFields {
    amount: i64,
    currency: Currency,
    reference: String,
}

impl From<AssessmentFields> for Assessment {
    fn from(fields: AssessmentFields) -> Self {
        Self { amount: Money::new(fields.amount, fields.currency), reference: fields.reference }
    }
}

impl From<Assessment> for AssessmentFields {
    fn from(Assessment { amount, reference }: Assessment) -> Self {
        Self { amount: amount.minor(), currency: amount.currency(), reference }
    }
}
