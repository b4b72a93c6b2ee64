//! What a fee may come to, for lists where nobody has answered anything yet: "KES 7,500 to 12,500", "from KES 900".

use ledger::{Currency, Money};

use super::rule::{BundlePart, FeeRule, FixedPart};

/// The least and the most that one person, item or application costs, in one currency and without convenience fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountRange {
    /// The least that anybody pays.
    pub least: Money,
    /// The most, unless it grows with a quantity or a value.
    pub most: Option<Money>,
}

impl FeeRule {
    /// One range for each currency that the rule charges in. Empty if the amount is assessed elsewhere: nothing can be
    /// said about it then.
    pub fn amount_ranges(&self) -> Vec<AmountRange> {
        match self {
            Self::Flat { amount } => vec![AmountRange { least: *amount, most: Some(*amount) }],
            Self::Variants { variants, .. } => spans(variants.iter().map(|variant| variant.amount)),
            Self::Visitors(fees) => spans(fees.amounts()),
            Self::Quantity { amount, fixed, .. } => from(*amount, fixed.as_ref()),
            Self::Percentage { currency, amount_min, fixed, .. } => {
                from(amount_min.unwrap_or(Money::zero(*currency)), fixed.as_ref())
            }
            Self::Bands { bands, .. } => spans(bands.iter().map(|band| band.amount)),
            Self::Steps { base, .. } => from(*base, None),
            Self::Assessed { .. } => Vec::new(),
            Self::Open { amount_min, amount_max } => {
                vec![AmountRange { least: *amount_min, most: Some(*amount_max) }]
            }
            Self::Bundle { parts } => total(parts),
            Self::Seasons { seasons, otherwise } => {
                let rules = seasons.iter().map(|season| &season.rule).chain([&**otherwise]);
                joined(rules.flat_map(Self::amount_ranges).collect())
            }
        }
    }
}

fn spans(amounts: impl Iterator<Item = Money>) -> Vec<AmountRange> {
    let amounts: Vec<_> = amounts.collect();
    let span = |currency: Currency| {
        let minors =
            || amounts.iter().filter(|amount| amount.currency() == currency).map(|amount| amount.minor());
        Some(AmountRange {
            least: Money::new(minors().min()?, currency),
            most: minors().max().map(|minor| Money::new(minor, currency)),
        })
    };
    Currency::ALL.into_iter().filter_map(span).collect()
}

/// The sum of the parts, which are always paid together.
fn total(parts: &[BundlePart]) -> Vec<AmountRange> {
    let Some(first) = parts.first() else { return Vec::new() };
    let total = Money::sum(first.amount.currency(), parts.iter().map(|part| part.amount))
        .expect("the builder keeps amounts far below what overflows");
    vec![AmountRange { least: total, most: Some(total) }]
}

/// One range for each currency, from the least of the least to the most of the most.
fn joined(ranges: Vec<AmountRange>) -> Vec<AmountRange> {
    let join = |currency: Currency| {
        ranges.iter().filter(|range| range.least.currency() == currency).copied().reduce(|one, other| {
            let most = one.most.zip(other.most);
            AmountRange {
                least: if other.least.minor() < one.least.minor() { other.least } else { one.least },
                most: most.map(|(one, other)| if other.minor() > one.minor() { other } else { one }),
            }
        })
    };
    Currency::ALL.into_iter().filter_map(join).collect()
}

/// From `least` and the fixed part upwards.
fn from(least: Money, fixed: Option<&FixedPart>) -> Vec<AmountRange> {
    let fixed = fixed.map_or(Money::zero(least.currency()), |part| part.amount);
    let least = least.checked_add(fixed).expect("the builder keeps amounts far below what overflows");
    vec![AmountRange { least, most: None }]
}
