//! Checks fee schedules and compiles their rules.

use std::collections::HashSet;
use std::sync::Arc;

use ledger::{Currency, Money};

use super::scalars::{checked_amount, checked_amount_in, checked_code, checked_text, checked_validity};
use super::{Bases, NAME_CHARACTERS_MAX};
use crate::fee::{
    Band, ConvenienceBand, ConvenienceFee, ConvenienceSchedule, FeeRule, FeeSchedule, FixedPart, LegalBasis,
    PayerCategory, Rate, ReferenceShape, Validity, Variant, VisitorFees,
};
use crate::source::{
    AssessedReferenceRow, BandRow, ConvenienceBandRow, ConvenienceRow, FeeRow, FixedPartRow, Place, RuleRow,
    ServiceRow, VariantRow, VisitorAmountsRow,
};

/// The most versions of one fee, variants of one rule, bands of one rule.
const SCHEDULES_MAX: usize = 200;
const VARIANTS_MAX: usize = 100;
const BANDS_MAX: usize = 100;
/// The most units on one bill that a rule may allow.
const QUANTITY_MAX: u32 = 1_000_000;

/// The schedules of a service, oldest first.
pub(super) fn schedules(row: &ServiceRow, bases: &Bases, place: Place<'_>) -> Option<Vec<FeeSchedule>> {
    let place = place.field("fees");
    if row.fees.len() > SCHEDULES_MAX {
        place.report(format!("at most {SCHEDULES_MAX} versions of one fee"));
        return None;
    }
    let mut schedules = Vec::with_capacity(row.fees.len());
    for (index, fee) in row.fees.iter().enumerate() {
        let place = place.item(index);
        if let Some(schedule) = schedule(fee, row.sample, bases, place) {
            schedules.push((schedule, index));
        }
    }
    let complete = schedules.len() == row.fees.len();
    let dated =
        schedules.iter().map(|(schedule, index)| (schedule.version.as_str(), schedule.validity, *index));
    let distinct = do_not_meet(dated.collect(), place);
    schedules.sort_by_key(|(schedule, _)| schedule.validity.from());
    (complete && distinct).then(|| schedules.into_iter().map(|(schedule, _)| schedule).collect())
}

fn schedule(row: &FeeRow, of_sample: bool, bases: &Bases, place: Place<'_>) -> Option<FeeSchedule> {
    let version = checked_code(&row.version, place.field("version"));
    let validity = checked_validity(row.valid_from.as_deref(), row.valid_to.as_deref(), place);
    let basis = cited_basis(&row.basis, validity, bases, place);
    if let Some(basis) = &basis
        && basis.is_sample()
        && !of_sample
    {
        place.field("basis").report("only a service marked as sample may rest on a sample");
    }
    let rule = rule(&row.rule, place.field("rule"));
    Some(FeeSchedule {
        version: version?,
        validity: validity?,
        basis: basis?,
        rule: rule?,
        part_payment: row.part_payment,
    })
}

/// The basis of that code. It must not begin after the fee does: such a fee would be in force without law.
fn cited_basis(
    code: &str,
    validity: Option<Validity>,
    bases: &Bases,
    place: Place<'_>,
) -> Option<Arc<LegalBasis>> {
    let place = place.field("basis");
    let Some(basis) = bases.get(code) else {
        place.report(format!("no legal basis {code} in this catalogue"));
        return None;
    };
    if let (Some(since), Some(validity)) = (basis.in_force_since, validity)
        && validity.from().is_none_or(|from| from < since)
    {
        place.report(format!("the fee begins before its legal basis, which is in force since {since}"));
    }
    Some(Arc::clone(basis))
}

/// True if no two versions have one name or one day in common.
fn do_not_meet(versions: Vec<(&str, Validity, usize)>, place: Place<'_>) -> bool {
    let mut distinct = true;
    for (position, (version, validity, index)) in versions.iter().enumerate() {
        for (earlier, earlier_validity, _) in &versions[..position] {
            if version == earlier {
                place.item(*index).field("version").report(format!("the version {version} is there twice"));
                distinct = false;
            } else if validity.overlaps(*earlier_validity) {
                let message = format!("the days overlap with those of version {earlier}");
                place.item(*index).field("valid_from").report(message);
                distinct = false;
            }
        }
    }
    distinct
}

fn rule(row: &RuleRow, place: Place<'_>) -> Option<FeeRule> {
    match row {
        RuleRow::Flat { amount } => {
            Some(FeeRule::Flat { amount: checked_amount(amount, place.field("amount"))? })
        }
        RuleRow::Variants { question, variants: rows } => {
            let question = checked_text(question, NAME_CHARACTERS_MAX, place.field("question"));
            let variants = variants(rows, place.field("variants"));
            Some(FeeRule::Variants { question: question?, variants: variants? })
        }
        RuleRow::Visitors { amounts, free } => {
            let table = visitor_table(amounts, place.field("amounts"))?;
            Some(FeeRule::Visitors(VisitorFees::new(table.adult, table.child, free.clone())))
        }
        RuleRow::Quantity { unit, amount, quantity_max, fixed } => {
            let unit = checked_text(unit, NAME_CHARACTERS_MAX, place.field("unit"));
            let amount = checked_amount(amount, place.field("amount"));
            let fixed = fixed_part(fixed.as_ref(), amount, place.field("fixed"));
            let quantity_max = count(*quantity_max, place.field("quantity_max"));
            Some(FeeRule::Quantity {
                unit: unit?,
                amount: amount?,
                quantity_max: quantity_max?,
                fixed: fixed?,
            })
        }
        RuleRow::Percentage { .. } => percentage(row, place),
        RuleRow::Bands { unit, bands: rows } => {
            let unit = checked_text(unit, NAME_CHARACTERS_MAX, place.field("unit"));
            let bands = bands(rows, place.field("bands"));
            Some(FeeRule::Bands { unit: unit?, bands: bands? })
        }
        RuleRow::Steps { unit, included, base, step, per_step, quantity_max } => {
            let unit = checked_text(unit, NAME_CHARACTERS_MAX, place.field("unit"));
            let base = checked_amount(base, place.field("base"));
            let per_step = checked_amount_in(per_step, base.map(Money::currency), place.field("per_step"));
            let step = count(*step, place.field("step"));
            let quantity_max = count(*quantity_max, place.field("quantity_max"));
            Some(FeeRule::Steps {
                unit: unit?,
                included: *included,
                base: base?,
                step: step?,
                per_step: per_step?,
                quantity_max: quantity_max?,
            })
        }
        RuleRow::Assessed { reference, amount_min, amount_max } => {
            let reference = reference_shape(reference, place.field("reference"));
            let (amount_min, amount_max) = amount_range(amount_min, amount_max, place)?;
            Some(FeeRule::Assessed { reference: reference?, amount_min, amount_max })
        }
        RuleRow::Open { amount_min, amount_max } => {
            let (amount_min, amount_max) = amount_range(amount_min, amount_max, place)?;
            Some(FeeRule::Open { amount_min, amount_max })
        }
    }
}

fn variants(rows: &[VariantRow], place: Place<'_>) -> Option<Vec<Variant>> {
    if rows.is_empty() || rows.len() > VARIANTS_MAX {
        place.report(format!("give 1 to {VARIANTS_MAX} variants"));
        return None;
    }
    let mut variants: Vec<Variant> = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let place = place.item(index);
        let code = checked_code(&row.code, place.field("code"));
        let text = checked_text(&row.text, NAME_CHARACTERS_MAX, place.field("text"));
        let amount = checked_amount(&row.amount, place.field("amount"));
        if variants.iter().any(|variant| variant.code.as_str() == row.code) {
            place.field("code").report(format!("the variant {} is there twice", row.code));
            continue;
        }
        if let (Some(code), Some(text), Some(amount)) = (code, text, amount) {
            variants.push(Variant { code, text, amount });
        }
    }
    (variants.len() == rows.len()).then_some(variants)
}

#[derive(Default)]
struct VisitorTable {
    adult: [Option<Money>; PayerCategory::ALL.len()],
    child: [Option<Money>; PayerCategory::ALL.len()],
}

fn visitor_table(row: &VisitorAmountsRow, place: Place<'_>) -> Option<VisitorTable> {
    let categories = [
        (PayerCategory::EastAfricanCitizen, &row.east_african_citizen),
        (PayerCategory::KenyaResident, &row.kenya_resident),
        (PayerCategory::AfricanCitizen, &row.african_citizen),
        (PayerCategory::NonResident, &row.non_resident),
    ];
    let mut table = VisitorTable::default();
    let mut complete = true;
    for (category, ages) in categories {
        let Some(ages) = ages else { continue };
        let place = place.field(category.code());
        let mut cell = |text: &Option<String>, name| {
            let amount = checked_amount(text.as_deref()?, place.field(name));
            complete &= amount.is_some();
            amount
        };
        let (adult, child) = (cell(&ages.adult, "adult"), cell(&ages.child, "child"));
        if let (Some(adult), Some(child)) = (adult, child)
            && adult.currency() != child.currency()
        {
            place.report("one category pays in one currency");
            complete = false;
        }
        table.adult[category as usize] = adult;
        table.child[category as usize] = child;
    }
    if complete && table.adult.iter().chain(&table.child).all(Option::is_none) {
        place.report("give at least one amount");
        complete = false;
    }
    complete.then_some(table)
}

fn percentage(row: &RuleRow, place: Place<'_>) -> Option<FeeRule> {
    let RuleRow::Percentage { of, rate_percent, rounding, value_max, amount_min, amount_max, fixed } = row
    else {
        unreachable!("only called for a percentage");
    };
    let of = checked_text(of, NAME_CHARACTERS_MAX, place.field("of"));
    let rate = Rate::parse_percent(rate_percent);
    if rate.is_none() {
        let message =
            format!("{rate_percent:?} is not a percentage above 0, up to 100, of at most four decimals");
        place.field("rate_percent").report(message);
    }
    let value_max = checked_amount(value_max, place.field("value_max"));
    let currency = value_max.map(Money::currency);
    let bound = |text: &Option<String>, name| match text {
        Some(text) => checked_amount_in(text, currency, place.field(name)).map(Some),
        None => Some(None),
    };
    let (least, most) = (bound(amount_min, "amount_min"), bound(amount_max, "amount_max"));
    if let (Some(Some(least)), Some(Some(most))) = (least, most)
        && least.minor() > most.minor()
    {
        place.field("amount_max").report("the most is less than the least");
    }
    let fixed = fixed_part(fixed.as_ref(), value_max, place.field("fixed"));
    Some(FeeRule::Percentage {
        of: of?,
        rate: rate?,
        rounding: *rounding,
        currency: currency?,
        amount_min: least?,
        amount_max: most?,
        value_max: value_max?,
        fixed: fixed?,
    })
}

fn bands(rows: &[BandRow], place: Place<'_>) -> Option<Vec<Band>> {
    if rows.is_empty() || rows.len() > BANDS_MAX {
        place.report(format!("give 1 to {BANDS_MAX} bands"));
        return None;
    }
    let mut bands: Vec<Band> = Vec::with_capacity(rows.len());
    let mut currency = None;
    for (index, row) in rows.iter().enumerate() {
        let place = place.item(index);
        let rises = index.checked_sub(1).is_none_or(|before| rows[before].up_to < row.up_to);
        if !rises || !(1..=QUANTITY_MAX).contains(&row.up_to) {
            place.field("up_to").report(format!("bands rise, from 1 to at most {QUANTITY_MAX}"));
            continue;
        }
        if let Some(amount) = checked_amount_in(&row.amount, currency, place.field("amount")) {
            currency = Some(amount.currency());
            bands.push(Band { up_to: row.up_to, amount });
        }
    }
    (bands.len() == rows.len()).then_some(bands)
}

fn reference_shape(row: &AssessedReferenceRow, place: Place<'_>) -> Option<ReferenceShape> {
    let name = checked_text(&row.name, NAME_CHARACTERS_MAX, place.field("name"));
    if row.length_min == 0 || row.length_min > row.length_max {
        place
            .field("length_max")
            .report("a reference has at least one character, and its longest is not its shortest");
        return None;
    }
    Some(ReferenceShape {
        name: name?,
        characters: row.characters,
        length_min: row.length_min,
        length_max: row.length_max,
    })
}

fn amount_range(least: &str, most: &str, place: Place<'_>) -> Option<(Money, Money)> {
    let least = checked_amount(least, place.field("amount_min"));
    let most = checked_amount_in(most, least.map(Money::currency), place.field("amount_max"));
    let (least, most) = least.zip(most)?;
    if least.minor() > most.minor() {
        place.field("amount_max").report("the most is less than the least");
        return None;
    }
    Some((least, most))
}

/// A fixed part, if there is one. The outer `None` means that there is one and it does not hold.
fn fixed_part(
    row: Option<&FixedPartRow>,
    beside: Option<Money>,
    place: Place<'_>,
) -> Option<Option<FixedPart>> {
    let Some(row) = row else { return Some(None) };
    let text = checked_text(&row.text, NAME_CHARACTERS_MAX, place.field("text"));
    let amount = checked_amount_in(&row.amount, beside.map(Money::currency), place.field("amount"));
    Some(Some(FixedPart { text: text?, amount: amount? }))
}

fn count(count: u32, place: Place<'_>) -> Option<u32> {
    if (1..=QUANTITY_MAX).contains(&count) {
        return Some(count);
    }
    place.report(format!("must be from 1 to {QUANTITY_MAX}"));
    None
}

/// The convenience fee through time.
pub(super) fn convenience(row: &ConvenienceRow, bases: &Bases, place: Place<'_>) -> Option<ConvenienceFee> {
    let name = checked_text(&row.name, NAME_CHARACTERS_MAX, place.field("name"));
    let revenue_code = checked_code(&row.revenue_code, place.field("revenue_code"));
    let place = place.field("schedules");
    let mut schedules = Vec::with_capacity(row.schedules.len());
    for (index, schedule) in row.schedules.iter().enumerate().take(SCHEDULES_MAX) {
        let place = place.item(index);
        let version = checked_code(&schedule.version, place.field("version"));
        let validity = checked_validity(schedule.valid_from.as_deref(), schedule.valid_to.as_deref(), place);
        let basis = cited_basis(&schedule.basis, validity, bases, place);
        let bands = convenience_bands(&schedule.bands, place.field("bands"));
        if let (Some(version), Some(validity), Some(basis), Some(bands)) = (version, validity, basis, bands) {
            schedules.push((ConvenienceSchedule { version, validity, basis, bands }, index));
        }
    }
    let complete = schedules.len() == row.schedules.len();
    let dated =
        schedules.iter().map(|(schedule, index)| (schedule.version.as_str(), schedule.validity, *index));
    let distinct = do_not_meet(dated.collect(), place);
    schedules.sort_by_key(|(schedule, _)| schedule.validity.from());
    let schedules = schedules.into_iter().map(|(schedule, _)| schedule).collect();
    (complete && distinct).then_some(ConvenienceFee { name: name?, revenue_code: revenue_code?, schedules })
}

/// The bands of every currency. Within a currency the limits rise and the last band has none, so that no total falls
/// between.
fn convenience_bands(rows: &[ConvenienceBandRow], place: Place<'_>) -> Option<Vec<ConvenienceBand>> {
    let mut bands: Vec<ConvenienceBand> = Vec::with_capacity(rows.len());
    let mut closed: HashSet<Currency> = HashSet::new();
    for (index, row) in rows.iter().enumerate().take(BANDS_MAX) {
        let place = place.item(index);
        let Some(fee) = checked_amount(&row.fee, place.field("fee")) else { continue };
        let currency = fee.currency();
        let below = match &row.below {
            Some(text) => match checked_amount_in(text, Some(currency), place.field("below")) {
                Some(limit) => Some(limit),
                None => continue,
            },
            None => None,
        };
        let last_limit =
            bands.iter().rev().find(|band| band.fee.currency() == currency).and_then(|band| band.below);
        let rises = below.zip(last_limit).is_none_or(|(limit, last)| last.minor() < limit.minor());
        if closed.contains(&currency) || !rises {
            place
                .field("below")
                .report(format!("the bands of {currency} rise, and nothing follows the last"));
            continue;
        }
        if below.is_none() {
            closed.insert(currency);
        }
        bands.push(ConvenienceBand { below, fee });
    }
    let complete = bands.len() == rows.len();
    let mut open = bands.iter().map(|band| band.fee.currency()).filter(|currency| !closed.contains(currency));
    if complete && let Some(currency) = open.next() {
        place.report(format!("the last band of {currency} has no upper limit"));
        return None;
    }
    complete.then_some(bands)
}
