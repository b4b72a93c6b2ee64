//! What may be added to a fee or taken off it, checked.

use std::sync::Arc;

use ledger::{Currency, Money};

use super::NAME_CHARACTERS_MAX;
use super::scalars::{
    checked_amount, checked_amount_in, checked_code, checked_promise, checked_rate, checked_text,
};
use crate::fee::{Additions, FeeRule, LegalBasis, Penalty, PenaltyAmount, Surcharge, Urgency, Waiver};
use crate::source::{FeeRow, PenaltyRow, Place, SurchargeRow, UrgencyRow, WaiverRow};

/// The most of each kind on one fee.
const ADDITIONS_MAX: usize = 20;

/// Finds a legal basis by its code, or reports at the place that it cannot stand.
type Cite<'a> = &'a dyn Fn(&str, Place<'_>) -> Option<Arc<LegalBasis>>;

/// The additions of one version of a fee, whose rule is `rule` if it could be compiled.
pub(super) fn additions(
    row: &FeeRow,
    rule: Option<&FeeRule>,
    cite: Cite<'_>,
    place: Place<'_>,
) -> Option<Additions> {
    let currencies = rule.map(FeeRule::currencies);
    let fits =
        |amount: Money, place: Place<'_>| one_currency(currencies.as_deref(), amount.currency(), place);
    let urgencies = each(
        &row.urgencies,
        |row| &row.code,
        place.field("urgencies"),
        |row, place| {
            let urgency = urgency(row, place)?;
            fits(urgency.amount, place.field("amount")).then_some(urgency)
        },
    );
    let penalties = each(
        &row.penalties,
        |row| &row.code,
        place.field("penalties"),
        |row, place| {
            let penalty = penalty(row, cite, place)?;
            one_currency(currencies.as_deref(), penalty.amount.currency(), place.field("amount"))
                .then_some(penalty)
        },
    );
    let waivers =
        each(&row.waivers, |row| &row.code, place.field("waivers"), |row, place| waiver(row, cite, place));
    let surcharges = each(
        &row.surcharges,
        |row| &row.channel,
        place.field("surcharges"),
        |row, place| surcharge(row, cite, place),
    );
    Some(Additions {
        urgencies: urgencies?,
        penalties: penalties?,
        waivers: waivers?,
        surcharges: surcharges?,
    })
}

/// Checks the rows of one kind; no two may have one name.
fn each<Row, Checked>(
    rows: &[Row],
    name: impl Fn(&Row) -> &str,
    place: Place<'_>,
    check: impl Fn(&Row, Place<'_>) -> Option<Checked>,
) -> Option<Vec<Checked>> {
    if rows.len() > ADDITIONS_MAX {
        place.report(format!("at most {ADDITIONS_MAX} of them"));
        return None;
    }
    let checked = rows.iter().enumerate().map(|(index, row)| {
        let place = place.item(index);
        if rows[..index].iter().any(|earlier| name(earlier) == name(row)) {
            place.report(format!("{} is there twice", name(row)));
        }
        check(row, place)
    });
    // Collected before it is judged, so that every row is looked at.
    let checked: Vec<_> = checked.collect();
    checked.into_iter().collect()
}

/// An amount that is added to a bill must be in the bill's currency, whatever the payer answers.
fn one_currency(of_rule: Option<&[Currency]>, currency: Currency, place: Place<'_>) -> bool {
    let fits = of_rule.is_none_or(|of_rule| *of_rule == [currency]);
    if !fits {
        place.report(format!("the fee is not charged in {currency} alone, so this cannot be added to it"));
    }
    fits
}

fn urgency(row: &UrgencyRow, place: Place<'_>) -> Option<Urgency> {
    let code = checked_code(&row.code, place.field("code"));
    let text = checked_text(&row.text, NAME_CHARACTERS_MAX, place.field("text"));
    let amount = checked_amount(&row.amount, place.field("amount"));
    checked_promise(row.promised_working_days, place.field("promised_working_days"));
    Some(Urgency {
        code: code?,
        text: text?,
        amount: amount?,
        promised_working_days: row.promised_working_days,
    })
}

fn penalty(row: &PenaltyRow, cite: Cite<'_>, place: Place<'_>) -> Option<Penalty> {
    let code = checked_code(&row.code, place.field("code"));
    let text = checked_text(&row.text, NAME_CHARACTERS_MAX, place.field("text"));
    let basis = cite(&row.basis, place);
    let amount = match (&row.amount, &row.amount_min, &row.amount_max) {
        (Some(amount), None, None) => checked_amount(amount, place.field("amount")).map(PenaltyAmount::Fixed),
        (None, Some(least), Some(most)) => {
            let min = checked_amount(least, place.field("amount_min"));
            let max = checked_amount_in(most, min.map(Money::currency), place.field("amount_max"));
            let ordered = min.zip(max).filter(|(min, max)| min.minor() <= max.minor());
            if min.is_some() && max.is_some() && ordered.is_none() {
                place.field("amount_max").report("the most is less than the least");
            }
            ordered.map(|(min, max)| PenaltyAmount::Assessed { min, max })
        }
        _ => {
            place.report("give amount, or amount_min and amount_max for what an officer assesses");
            None
        }
    };
    Some(Penalty { code: code?, text: text?, basis: basis?, amount: amount? })
}

fn waiver(row: &WaiverRow, cite: Cite<'_>, place: Place<'_>) -> Option<Waiver> {
    let code = checked_code(&row.code, place.field("code"));
    let text = checked_text(&row.text, NAME_CHARACTERS_MAX, place.field("text"));
    let basis = cite(&row.basis, place);
    let share = checked_rate(&row.share_percent, place.field("share_percent"));
    Some(Waiver { code: code?, text: text?, basis: basis?, share: share? })
}

fn surcharge(row: &SurchargeRow, cite: Cite<'_>, place: Place<'_>) -> Option<Surcharge> {
    let channel = checked_code(&row.channel, place.field("channel"));
    let text = checked_text(&row.text, NAME_CHARACTERS_MAX, place.field("text"));
    let basis = cite(&row.basis, place);
    let rate = checked_rate(&row.rate_percent, place.field("rate_percent"));
    Some(Surcharge { channel: channel?, text: text?, basis: basis?, rate: rate?, rounding: row.rounding })
}
