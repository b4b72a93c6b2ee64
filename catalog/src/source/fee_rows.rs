//! The rows of fees, exactly as written: versions, rules and what is added to or taken off them. `FORMAT.md` explains
//! every field.

use serde::{Deserialize, Serialize};

use super::rows::TextRow;
use crate::fee::{Exemption, PartPayment, ReferenceCharacters, Rounding};

/// One version of a fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRow {
    /// Its name within the service.
    pub version: String,
    /// First day, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
    /// The code of its legal basis.
    pub basis: String,
    /// Whether a bill may be paid in parts; `exact` if absent.
    #[serde(default = "exact", skip_serializing_if = "is_exact")]
    pub part_payment: PartPayment,
    /// How the amount is found.
    pub rule: RuleRow,
    /// Faster service for more money.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urgencies: Vec<UrgencyRow>,
    /// What an officer may add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub penalties: Vec<PenaltyRow>,
    /// What an officer may take off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<WaiverRow>,
    /// What paying on a channel costs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surcharges: Vec<SurchargeRow>,
}

impl FeeRow {
    /// A version without end or beginning, to be paid exactly, to which nothing is added.
    pub fn new(version: impl Into<String>, basis: impl Into<String>, rule: RuleRow) -> Self {
        Self {
            version: version.into(),
            valid_from: None,
            valid_to: None,
            basis: basis.into(),
            part_payment: PartPayment::Exact,
            rule,
            urgencies: Vec::new(),
            penalties: Vec::new(),
            waivers: Vec::new(),
            surcharges: Vec::new(),
        }
    }
}

const fn exact() -> PartPayment {
    PartPayment::Exact
}

fn is_exact(part_payment: &PartPayment) -> bool {
    *part_payment == PartPayment::Exact
}

/// How the amount is found; `kind` says which shape it is. Amounts are texts such as `KES 1500` or `USD 90.50`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is that of the fee rule with the same name")]
pub enum RuleRow {
    Flat {
        amount: String,
    },
    Variants {
        question: TextRow,
        variants: Vec<VariantRow>,
    },
    Visitors {
        amounts: VisitorAmountsRow,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        free: Vec<Exemption>,
    },
    Quantity {
        unit: TextRow,
        amount: String,
        quantity_max: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<TimesRow>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fixed: Option<FixedPartRow>,
    },
    Percentage {
        of: TextRow,
        rate_percent: String,
        rounding: Rounding,
        value_max: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount_min: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount_max: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fixed: Option<FixedPartRow>,
    },
    Bands {
        unit: TextRow,
        bands: Vec<BandRow>,
    },
    Steps {
        unit: TextRow,
        included: u32,
        base: String,
        step: u32,
        per_step: String,
        quantity_max: u32,
    },
    Assessed {
        reference: AssessedReferenceRow,
        amount_min: String,
        amount_max: String,
    },
    Open {
        amount_min: String,
        amount_max: String,
    },
    Bundle {
        parts: Vec<BundlePartRow>,
    },
    Seasons {
        seasons: Vec<SeasonRow>,
        otherwise: Box<RuleRow>,
    },
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantRow {
    /// Its name in orders.
    pub code: String,
    /// Its name for people.
    pub text: TextRow,
    /// What it costs.
    pub amount: String,
}

/// The amounts of one park, by category; a category that no source prices is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is the category of payers with the same name")]
pub struct VisitorAmountsRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub east_african_citizen: Option<VisitorAgesRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kenya_resident: Option<VisitorAgesRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub african_citizen: Option<VisitorAgesRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub non_resident: Option<VisitorAgesRow>,
}

/// The amounts of one category, by age; an age that no source prices is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitorAgesRow {
    /// 18 years or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adult: Option<String>,
    /// Children and students of 5 to 17 years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<String>,
}

/// A part charged once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedPartRow {
    /// What it is for.
    pub text: TextRow,
    /// What it costs.
    pub amount: String,
}

/// One band of quantities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandRow {
    /// The largest quantity in it.
    pub up_to: u32,
    /// What it costs.
    pub amount: String,
}

/// What the reference of an assessment looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssessedReferenceRow {
    /// What it is called.
    pub name: TextRow,
    /// What it is made of.
    pub characters: ReferenceCharacters,
    /// Its shortest length.
    pub length_min: u8,
    /// Its longest length.
    pub length_max: u8,
}

/// A second number that a quantity is multiplied by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimesRow {
    /// What is counted.
    pub unit: TextRow,
    /// The most that one bill may hold.
    pub times_max: u32,
}

/// One part of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundlePartRow {
    /// Its name in the codes of price lines.
    pub code: String,
    /// What it is for.
    pub text: TextRow,
    /// What it costs.
    pub amount: String,
    /// The code of the agency whose it is, if that is another than the service's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// Where it belongs, if that is elsewhere than the service's money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue_code: Option<String>,
}

/// Days of every year on which another rule holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeasonRow {
    /// Its name in the codes of price lines.
    pub code: String,
    /// Its name for people.
    pub text: TextRow,
    /// First day, `MM-DD`.
    pub from: String,
    /// Last day, `MM-DD`; before the first if the season reaches over New Year.
    pub to: String,
    /// How the amount is found then.
    pub rule: RuleRow,
}

/// Faster service for more money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrgencyRow {
    /// Its name in orders.
    pub code: String,
    /// Its name for people.
    pub text: TextRow,
    /// What it adds.
    pub amount: String,
    /// What is promised then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_working_days: Option<u16>,
}

/// What an officer may add: `amount`, or `amount_min` and `amount_max` for what the officer assesses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PenaltyRow {
    /// Its name in orders.
    pub code: String,
    /// Its name for people.
    pub text: TextRow,
    /// The code of its legal basis.
    pub basis: String,
    /// How much it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The least that it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_min: Option<String>,
    /// The most that it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_max: Option<String>,
}

/// What an officer may take off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverRow {
    /// Its name in orders.
    pub code: String,
    /// Its name for people.
    pub text: TextRow,
    /// The code of its legal basis.
    pub basis: String,
    /// The share of each line that is not asked for.
    pub share_percent: String,
}

/// What paying on a channel costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurchargeRow {
    /// The channel, as orders name it.
    pub channel: String,
    /// Its name for people.
    pub text: TextRow,
    /// The code of its legal basis.
    pub basis: String,
    /// The share of the fee.
    pub rate_percent: String,
    /// How the share becomes whole shillings or dollars.
    pub rounding: Rounding,
}
