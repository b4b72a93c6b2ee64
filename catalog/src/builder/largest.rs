//! The most that a fee may come to. A fee of which some order could not be priced, because the books hold no such amount,
//! is refused when it is read and not when somebody orders.

use ledger::Money;

use crate::fee::{Additions, FeeRule, PenaltyAmount};
use crate::price::VISITORS_MAX;
use crate::source::Place;

/// The most that a bill may come to, in minor units: far above any bill, and far below where sums overflow.
const BILL_MINOR_MAX: i128 = 1_000_000_000_000_000_000;

/// Reports a fee that could come to more than a bill may.
pub(super) fn check(rule: &FeeRule, additions: &Additions, place: Place<'_>) -> bool {
    let penalties = additions.penalties.iter().map(|penalty| match penalty.amount {
        PenaltyAmount::Fixed(amount) | PenaltyAmount::Assessed { max: amount, .. } => minor(amount),
    });
    let urgency = additions.urgencies.iter().map(|urgency| minor(urgency.amount)).max().unwrap_or(0);
    let without_channel = of_rule(rule) + penalties.sum::<i128>() + urgency;
    // A surcharge is at most as much again.
    let most = if additions.surcharges.is_empty() { without_channel } else { without_channel * 2 };
    if most > BILL_MINOR_MAX {
        place.report("the largest order that this allows comes to more than a bill may");
    }
    most <= BILL_MINOR_MAX
}

fn minor(amount: Money) -> i128 {
    i128::from(amount.minor())
}

fn of_rule(rule: &FeeRule) -> i128 {
    match rule {
        FeeRule::Flat { amount } => minor(*amount),
        FeeRule::Variants { variants, .. } => {
            variants.iter().map(|variant| minor(variant.amount)).max().unwrap_or(0)
        }
        FeeRule::Visitors(fees) => fees.amounts().map(minor).max().unwrap_or(0) * i128::from(VISITORS_MAX),
        FeeRule::Quantity { amount, quantity_max, times, fixed, .. } => {
            let times_max = times.as_ref().map_or(1, |times| times.times_max);
            minor(*amount) * i128::from(*quantity_max) * i128::from(times_max)
                + fixed.as_ref().map_or(0, |part| minor(part.amount))
        }
        FeeRule::Percentage { amount_min, value_max, fixed, .. } => {
            // The whole value, rounded up to a whole shilling.
            let share = minor(*value_max) + i128::from(value_max.currency().minor_per_major());
            share.max(amount_min.map_or(0, minor)) + fixed.as_ref().map_or(0, |part| minor(part.amount))
        }
        FeeRule::Bands { bands, .. } => bands.iter().map(|band| minor(band.amount)).max().unwrap_or(0),
        FeeRule::Steps { included, base, step, per_step, quantity_max, .. } => {
            let steps = quantity_max.saturating_sub(*included).div_ceil(*step);
            minor(*base) + minor(*per_step) * i128::from(steps)
        }
        FeeRule::Assessed { amount_max, .. } | FeeRule::Open { amount_max, .. } => minor(*amount_max),
        FeeRule::Bundle { parts } => parts.iter().map(|part| minor(part.amount)).sum(),
        FeeRule::Seasons { seasons, otherwise } => {
            seasons.iter().map(|season| of_rule(&season.rule)).max().unwrap_or(0).max(of_rule(otherwise))
        }
    }
}
