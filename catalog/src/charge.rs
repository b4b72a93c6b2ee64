//! What a service costs on a day, spelled out as far as a rule can be listed without anybody's answers.

use std::fmt;

use jiff::civil::Date;
use ledger::Money;

use crate::fee::{
    Additions, AgeClass, Band, ConvenienceBand, ConvenienceFee, FeeRule, FixedPart, PayerCategory,
    PenaltyAmount, Rounding,
};
use crate::price::Policy;
use crate::service::{Billing, Service};

/// What is asked for on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// The service is not there.
    NotOffered,
    /// It is not billed.
    NotBillable,
    /// It has fees, and none of them holds on this day.
    NoFeeInForce,
    /// This.
    Fee {
        /// Each amount, or what it follows from.
        items: Vec<ChargeItem>,
        /// False if no law in force supports it: then it is shown, and charged in demonstrations only.
        is_charged: bool,
    },
}

/// One line of what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeItem {
    /// What for: a choice, a visitor, a unit. Unique within the charge.
    pub what: String,
    /// How much.
    pub cost: Cost,
}

/// How much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cost {
    /// This amount.
    Amount(Money),
    /// What follows from an answer, in words.
    Terms(String),
}

impl Charge {
    /// What `service` costs on `day`, without the convenience fee, but with its waiver if there is one.
    pub(crate) fn of(service: Option<&Service>, convenience: Option<&ConvenienceFee>, day: Date) -> Self {
        let Some(service) = service else { return Self::NotOffered };
        if let Billing::NotBillable(_) = &service.billing {
            return Self::NotBillable;
        }
        let Some(schedule) = service.fee_on(day) else { return Self::NoFeeInForce };
        let mut items = items_of(&schedule.rule);
        items.extend(additions_of(&schedule.additions));
        let is_asked_for = convenience
            .and_then(|fee| fee.schedule_on(day))
            .is_some_and(|schedule| !schedule.bands.is_empty());
        if service.convenience_fee_waiver.is_some() && is_asked_for {
            items.push(item("convenience fee", "waived"));
        }
        Self::Fee { items, is_charged: schedule.basis.supports_charging_on(day) }
    }

    /// What the convenience fee is on `day`, band by band.
    pub(crate) fn of_convenience(fee: Option<&ConvenienceFee>, day: Date) -> Self {
        let Some(fee) = fee else { return Self::NotOffered };
        let Some(schedule) = fee.schedule_on(day) else { return Self::NoFeeInForce };
        let band = |band: &ConvenienceBand| {
            let what = match band.below {
                Some(limit) => format!("bills below {limit}"),
                None => format!("other bills in {}", band.fee.currency()),
            };
            ChargeItem { what, cost: Cost::Amount(band.fee) }
        };
        let items: Vec<_> = schedule.bands.iter().map(band).collect();
        let is_charged = !items.is_empty() && Policy::LIVE.allows(&schedule.basis, day);
        Self::Fee { items, is_charged }
    }

    /// The lines of it.
    pub fn items(&self) -> &[ChargeItem] {
        match self {
            Self::Fee { items, .. } => items,
            Self::NotOffered | Self::NotBillable | Self::NoFeeInForce => &[],
        }
    }

    /// True if somebody pays something in earnest.
    pub const fn is_charged(&self) -> bool {
        matches!(self, Self::Fee { is_charged: true, .. })
    }
}

/// In one line.
impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (items, is_charged) = match self {
            Self::NotOffered => return f.write_str("not offered"),
            Self::NotBillable => return f.write_str("not billed"),
            Self::NoFeeInForce => return f.write_str("no fee in force"),
            Self::Fee { items, .. } if items.is_empty() => return f.write_str("nothing"),
            Self::Fee { items, is_charged } => (items, is_charged),
        };
        for (index, ChargeItem { what, cost }) in items.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "; " })?;
            if what.is_empty() {
                write!(f, "{cost}")?;
            } else {
                write!(f, "{what} {cost}")?;
            }
        }
        f.write_str(if *is_charged { "" } else { " (in demonstrations only)" })
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(amount) => write!(f, "{amount}"),
            Self::Terms(terms) => f.write_str(terms),
        }
    }
}

fn item(what: impl Into<String>, terms: impl Into<String>) -> ChargeItem {
    ChargeItem { what: what.into(), cost: Cost::Terms(terms.into()) }
}

fn amount(what: impl Into<String>, amount: Money) -> ChargeItem {
    ChargeItem { what: what.into(), cost: Cost::Amount(amount) }
}

fn items_of(rule: &FeeRule) -> Vec<ChargeItem> {
    match rule {
        FeeRule::Flat { amount: flat } => vec![amount("", *flat)],
        FeeRule::Variants { variants, .. } => {
            variants.iter().map(|variant| amount(variant.code.as_str(), variant.amount)).collect()
        }
        FeeRule::Visitors(fees) => {
            let cells = PayerCategory::ALL.into_iter().flat_map(|category| {
                [AgeClass::Adult, AgeClass::Child].into_iter().filter_map(move |age_class| {
                    let what = format!("{category}.{age_class}");
                    Some(amount(what, fees.amount(category, age_class)?))
                })
            });
            let free = fees.exemptions().iter().map(|exemption| item(exemption.code(), "free"));
            cells.chain(free).collect()
        }
        FeeRule::Quantity { unit, amount: each, quantity_max, times, fixed } => {
            let most = item("at most", format!("{quantity_max}"));
            let times = times.as_ref().map(|times| {
                item(format!("times {}", times.unit.en()), format!("at most {}", times.times_max))
            });
            let lines = [amount(format!("each {}", unit.en()), *each), most];
            lines.into_iter().chain(times).chain(fixed_item(fixed.as_ref())).collect()
        }
        FeeRule::Percentage { of, rate, rounding, value_max, amount_min, amount_max, fixed, .. } => {
            let rounded = match rounding {
                Rounding::Down => "down",
                Rounding::HalfUp => "to the nearer one",
                Rounding::Up => "up",
            };
            let share = item(format!("of {}", of.en()), format!("{rate} %, rounded {rounded}"));
            let bounds = [("at least", amount_min), ("at most", amount_max)];
            let bounds = bounds.into_iter().filter_map(|(what, bound)| Some(amount(what, (*bound)?)));
            let value = amount("values up to", *value_max);
            let lines = std::iter::once(share).chain(bounds).chain([value]);
            lines.chain(fixed_item(fixed.as_ref())).collect()
        }
        FeeRule::Bands { unit, bands } => {
            let band = |band: &Band| amount(format!("up to {} {}", band.up_to, unit.en()), band.amount);
            bands.iter().map(band).collect()
        }
        FeeRule::Steps { unit, included, base, step, per_step, quantity_max } => vec![
            amount(format!("up to {included} {}", unit.en()), *base),
            amount(format!("each further {step} {}", unit.en()), *per_step),
            item("at most", format!("{quantity_max}")),
        ],
        FeeRule::Assessed { amount_min, amount_max, .. } => {
            vec![item("as assessed, from", format!("{amount_min} to {amount_max}"))]
        }
        FeeRule::Open { amount_min, amount_max } => {
            vec![item("as the payer chooses, from", format!("{amount_min} to {amount_max}"))]
        }
        FeeRule::Bundle { parts } => {
            parts.iter().map(|part| amount(part.code.as_str(), part.amount)).collect()
        }
        FeeRule::Seasons { seasons, otherwise } => {
            let of_season = seasons.iter().flat_map(|season| {
                let days = format!("{} ({})", season.code, season.days);
                items_of(&season.rule).into_iter().map(move |item| prefixed(&days, item))
            });
            let of_other_days = items_of(otherwise).into_iter().map(|item| prefixed("other days", item));
            of_season.chain(of_other_days).collect()
        }
    }
}

fn prefixed(prefix: &str, ChargeItem { what, cost }: ChargeItem) -> ChargeItem {
    let what = if what.is_empty() { prefix.to_owned() } else { format!("{prefix}: {what}") };
    ChargeItem { what, cost }
}

/// What may be added to the rule's amounts, or taken off them.
fn additions_of(additions: &Additions) -> impl Iterator<Item = ChargeItem> {
    let urgencies =
        additions.urgencies.iter().map(|urgency| amount(format!("urgency {}", urgency.code), urgency.amount));
    let penalties = additions.penalties.iter().map(|penalty| {
        let what = format!("penalty {}", penalty.code);
        match penalty.amount {
            PenaltyAmount::Fixed(fixed) => amount(what, fixed),
            PenaltyAmount::Assessed { min, max } => item(what, format!("as assessed, from {min} to {max}")),
        }
    });
    let waivers = additions
        .waivers
        .iter()
        .map(|waiver| item(format!("waiver {}", waiver.code), format!("less {} %", waiver.share)));
    let surcharges = additions.surcharges.iter().map(|surcharge| {
        item(format!("surcharge {}", surcharge.channel), format!("{} % more", surcharge.rate))
    });
    urgencies.chain(penalties).chain(waivers).chain(surcharges)
}

fn fixed_item(fixed: Option<&FixedPart>) -> Option<ChargeItem> {
    fixed.map(|part| amount(format!("once, {}", part.text.en()), part.amount))
}
