//! The shapes a fee can have. Every one of them compiles to whole minor units; none needs a fraction at run time.

use std::fmt;

use ledger::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::season::Season;
use super::visitors::VisitorFees;
use crate::code::{AgencyCode, RevenueCode, VariantCode};
use crate::text::Text;

/// How the amount is found from the payer's answers. Matching on it exhaustively is meant: a new shape must be
/// priced, validated, rendered and asked for before anything compiles. Written as the API shows it: with its `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FeeRule {
    /// The same for everybody.
    Flat {
        /// What it costs.
        amount: Money,
    },
    /// By a choice: pages of a passport, years of a licence.
    Variants {
        /// What to ask the payer.
        question: Text,
        /// The choices, in the order to show them.
        variants: Vec<Variant>,
    },
    /// By who enters, counted.
    Visitors(VisitorFees),
    /// So much for each, and possibly a fixed part once.
    Quantity {
        /// What is counted: `name`, `entry`, `page`.
        unit: Text,
        /// What each costs.
        amount: Money,
        /// The most that one bill may hold.
        quantity_max: u32,
        /// What the quantity is multiplied by, if it is: days of a stay.
        times: Option<Times>,
        /// Charged once, whatever the quantity.
        fixed: Option<FixedPart>,
    },
    /// A share of a declared value, kept between bounds, and possibly a fixed part.
    Percentage {
        /// What the value is of: `nominal capital`.
        of: Text,
        /// The share.
        #[serde(rename = "rate_percent")]
        rate: Rate,
        /// How the share becomes whole shillings or dollars.
        rounding: Rounding,
        /// The currency of the value and of the fee.
        currency: Currency,
        /// The share is at least this, if set.
        amount_min: Option<Money>,
        /// The share is at most this, if set.
        amount_max: Option<Money>,
        /// The largest value one bill may declare.
        value_max: Money,
        /// Added to the share.
        fixed: Option<FixedPart>,
    },
    /// One amount for a whole band of quantities.
    Bands {
        /// What is counted.
        unit: Text,
        /// The bands, by rising upper end. A quantity above the last one cannot be priced.
        bands: Vec<Band>,
    },
    /// A base amount that includes some quantity, then so much for every step begun beyond it.
    Steps {
        /// What is counted: `tonne`.
        unit: Text,
        /// How much the base amount includes.
        included: u32,
        /// The base amount.
        base: Money,
        /// The size of a step.
        step: u32,
        /// What each step costs, also one that is only begun.
        per_step: Money,
        /// The most that one bill may hold.
        quantity_max: u32,
    },
    /// Assessed elsewhere; the payer brings the amount and the reference of the assessment.
    Assessed {
        /// What the reference is called and looks like.
        reference: ReferenceShape,
        /// The least that an assessment may say.
        amount_min: Money,
        /// The most that an assessment may say.
        amount_max: Money,
    },
    /// The payer chooses, within bounds.
    Open {
        /// The least.
        amount_min: Money,
        /// The most.
        amount_max: Money,
    },
    /// Several amounts that are paid together and belong to different accounts, possibly of different agencies.
    Bundle {
        /// The parts, in the order of the lines.
        parts: Vec<BundlePart>,
    },
    /// One rule or another, by the day of the visit.
    Seasons {
        /// The seasons; no two of them hold on the same day.
        seasons: Vec<Season>,
        /// What holds on all other days.
        otherwise: Box<FeeRule>,
    },
}

impl FeeRule {
    /// Every currency that the rule may charge in, each once.
    pub fn currencies(&self) -> Vec<Currency> {
        let charges_in = |currency: Currency| match self {
            Self::Flat { amount } | Self::Quantity { amount, .. } => amount.currency() == currency,
            Self::Variants { variants, .. } => {
                variants.iter().any(|variant| variant.amount.currency() == currency)
            }
            Self::Visitors(fees) => fees.amounts().any(|amount| amount.currency() == currency),
            Self::Percentage { currency: own, .. } => *own == currency,
            Self::Bands { bands, .. } => bands.iter().any(|band| band.amount.currency() == currency),
            Self::Steps { base, .. } => base.currency() == currency,
            Self::Assessed { amount_min, .. } | Self::Open { amount_min, .. } => {
                amount_min.currency() == currency
            }
            Self::Bundle { parts } => parts.iter().any(|part| part.amount.currency() == currency),
            Self::Seasons { seasons, otherwise } => {
                let rules = seasons.iter().map(|season| &season.rule).chain([&**otherwise]);
                rules.into_iter().any(|rule| rule.currencies().contains(&currency))
            }
        };
        Currency::ALL.into_iter().filter(|currency| charges_in(*currency)).collect()
    }
}

/// One choice of [`FeeRule::Variants`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// Its name in orders.
    pub code: VariantCode,
    /// Its name for people.
    pub text: Text,
    /// What it costs.
    pub amount: Money,
}

/// A second number that a quantity is multiplied by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Times {
    /// What is counted: `day`.
    pub unit: Text,
    /// The most that one bill may hold.
    pub times_max: u32,
}

/// One part of [`FeeRule::Bundle`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BundlePart {
    /// Its name in the codes of price lines.
    pub code: VariantCode,
    /// What it is for.
    pub text: Text,
    /// What it costs.
    pub amount: Money,
    /// Whose it is, if it is not the agency's of the service.
    pub agency: Option<AgencyCode>,
    /// Where it belongs, if it is not where the service's money belongs.
    pub revenue_code: Option<RevenueCode>,
}

/// A part of a fee that is charged once, as a line of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FixedPart {
    /// What it is for.
    pub text: Text,
    /// What it costs.
    pub amount: Money,
}

/// One band of [`FeeRule::Bands`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Band {
    /// The largest quantity in it.
    pub up_to: u32,
    /// What it costs, whatever the quantity within the band.
    pub amount: Money,
}

/// A share in parts per million, so that 1 % is 10,000 and four decimals of a percent are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    parts_per_million: u32,
}

impl Rate {
    /// All of it.
    const WHOLE_PPM: u32 = 1_000_000;

    /// Reads a decimal number of percent, `1` or `0.25`, of at most four decimals, above 0 and at most 100.
    pub fn parse_percent(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(decimals) || whole.len() > 3 || decimals.len() > 4 {
            return None;
        }
        let parts_per_million: u32 = format!("{whole}{decimals:0<4}").parse().ok()?;
        (1..=Self::WHOLE_PPM).contains(&parts_per_million).then_some(Self { parts_per_million })
    }

    /// All of it but this share.
    pub(crate) const fn rest(self) -> Option<Self> {
        match Self::WHOLE_PPM - self.parts_per_million {
            0 => None,
            parts_per_million => Some(Self { parts_per_million }),
        }
    }

    /// This share of `value`, rounded to whole major units; `None` if it does not fit.
    pub(crate) fn of(self, value: Money, rounding: Rounding) -> Option<Money> {
        let minor_per_major = i128::from(value.currency().minor_per_major());
        let dividend = i128::from(value.minor()) * i128::from(self.parts_per_million);
        let divisor = i128::from(Self::WHOLE_PPM) * minor_per_major;
        let added = match rounding {
            Rounding::Down => 0,
            Rounding::HalfUp => divisor / 2,
            Rounding::Up => divisor - 1,
        };
        let major = (dividend + added).div_euclid(divisor);
        let minor = i64::try_from(major.checked_mul(minor_per_major)?).ok()?;
        Some(Money::new(minor, value.currency()))
    }
}

/// As text, so that nobody reads a share as a binary fraction.
impl Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// In percent, without a sign: `8.5`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = format!("{}.{:04}", self.parts_per_million / 10_000, self.parts_per_million % 10_000);
        f.pad(percent.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// How a share becomes a whole number of shillings or dollars. Whole units only: mobile money carries no cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// In favour of the payer.
    Down,
    /// To the nearer one, the half upwards.
    HalfUp,
    /// In favour of the state.
    Up,
}

/// What the reference of an assessment looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReferenceShape {
    /// What it is called: `Payment Registration Number (PRN)`.
    pub name: Text,
    /// What it is made of.
    pub characters: ReferenceCharacters,
    /// Its shortest length.
    pub length_min: u8,
    /// Its longest length.
    pub length_max: u8,
}

impl ReferenceShape {
    /// True for a reference that could be one of these. It says nothing about whether it exists.
    pub fn fits(&self, reference: &str) -> bool {
        (usize::from(self.length_min)..=usize::from(self.length_max)).contains(&reference.len())
            && reference.bytes().all(|byte| match self.characters {
                ReferenceCharacters::Digits => byte.is_ascii_digit(),
                ReferenceCharacters::LettersAndDigits => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            })
    }
}

/// What the reference of an assessment is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceCharacters {
    /// `0` to `9`.
    Digits,
    /// `A` to `Z` and `0` to `9`.
    LettersAndDigits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_exactly() {
        let ppm = |text| Rate::parse_percent(text).map(|rate| rate.parts_per_million);
        assert_eq!(ppm("1"), Some(10_000));
        assert_eq!(ppm("0.25"), Some(2_500));
        assert_eq!(ppm("8.5"), Some(85_000));
        assert_eq!(ppm("100"), Some(1_000_000));
        assert_eq!(ppm("0.0001"), Some(1));
        for text in ["1", "0.25", "8.5", "100", "0.0001", "10"] {
            assert_eq!(Rate::parse_percent(text).unwrap().to_string(), text);
        }
        for text in ["", "0", "0.0", "100.0001", "101", ".5", "1.", "-1", "1e2", "0.00001", "1,5"] {
            assert_eq!(ppm(text), None, "{text:?} was read");
        }
    }

    #[test]
    fn a_share_is_rounded_to_whole_shillings_as_the_rule_says() {
        let one_percent = Rate::parse_percent("1").unwrap();
        let of = |shillings: i64, rounding| {
            one_percent.of(Money::new(shillings * 100, Currency::Kes), rounding).map(|share| share.minor())
        };
        assert_eq!(of(100_000, Rounding::Down), Some(100_000));
        assert_eq!(of(150, Rounding::Down), Some(100));
        assert_eq!(of(150, Rounding::HalfUp), Some(200));
        assert_eq!(of(149, Rounding::HalfUp), Some(100));
        assert_eq!(of(101, Rounding::Up), Some(200));
        assert_eq!(of(100, Rounding::Up), Some(100));
        assert_eq!(of(0, Rounding::Up), Some(0));
    }
}
