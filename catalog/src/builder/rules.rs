//! The shapes of fees, checked and compiled.

use std::str::FromStr;

use ledger::Money;

use super::scalars::{checked_amount, checked_amount_in, checked_code, checked_rate, checked_text};
use super::{Agencies, NAME_CHARACTERS_MAX};
use crate::code::CodeError;
use crate::fee::{
    Band, BundlePart, FeeRule, FixedPart, PayerCategory, ReferenceShape, Season, SeasonDays, Times, Variant,
    VisitorFees,
};
use crate::source::{
    AssessedReferenceRow, BandRow, BundlePartRow, FixedPartRow, Place, RuleRow, SeasonRow, TimesRow,
    VariantRow, VisitorAmountsRow,
};

/// The most variants, bands, parts and seasons of one rule.
const VARIANTS_MAX: usize = 100;
const BANDS_MAX: usize = 100;
const PARTS_MAX: usize = 20;
const SEASONS_MAX: usize = 12;
/// The most units on one bill that a rule may allow.
const QUANTITY_MAX: u32 = 1_000_000;

/// Compiles a rule. A season's rule may be any but seasons again.
pub(super) fn rule(row: &RuleRow, agencies: &Agencies, place: Place<'_>) -> Option<FeeRule> {
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
        RuleRow::Quantity { unit, amount, quantity_max, times: times_row, fixed } => {
            let unit = checked_text(unit, NAME_CHARACTERS_MAX, place.field("unit"));
            let amount = checked_amount(amount, place.field("amount"));
            let fixed = fixed_part(fixed.as_ref(), amount, place.field("fixed"));
            let quantity_max = count(*quantity_max, place.field("quantity_max"));
            let times = times(times_row.as_ref(), quantity_max, place.field("times"));
            Some(FeeRule::Quantity {
                unit: unit?,
                amount: amount?,
                quantity_max: quantity_max?,
                times: times?,
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
        RuleRow::Bundle { parts: rows } => {
            Some(FeeRule::Bundle { parts: parts(rows, agencies, place.field("parts"))? })
        }
        RuleRow::Seasons { seasons: rows, otherwise } => {
            let seasons = seasons(rows, agencies, place.field("seasons"));
            let otherwise = season_rule(otherwise, agencies, place.field("otherwise"));
            Some(FeeRule::Seasons { seasons: seasons?, otherwise: Box::new(otherwise?) })
        }
    }
}

fn parts(rows: &[BundlePartRow], agencies: &Agencies, place: Place<'_>) -> Option<Vec<BundlePart>> {
    if !(2..=PARTS_MAX).contains(&rows.len()) {
        place.report(format!("give 2 to {PARTS_MAX} parts"));
        return None;
    }
    let mut parts: Vec<BundlePart> = Vec::with_capacity(rows.len());
    let mut currency = None;
    for (index, row) in rows.iter().enumerate() {
        let place = place.item(index);
        let code = checked_code(&row.code, place.field("code"));
        let text = checked_text(&row.text, NAME_CHARACTERS_MAX, place.field("text"));
        let amount = checked_amount_in(&row.amount, currency, place.field("amount"));
        currency = currency.or(amount.map(Money::currency));
        let agency = checked_if_there(row.agency.as_deref(), place.field("agency"));
        if let Some(Some(agency)) = &agency
            && !agencies.contains_key(agency)
        {
            place.field("agency").report(format!("no agency {agency} in this catalogue"));
        }
        let revenue_code = checked_if_there(row.revenue_code.as_deref(), place.field("revenue_code"));
        if row.agency.is_some() && row.revenue_code.is_none() {
            place.field("revenue_code").report_if_new(
                "a part that names its agency needs the revenue code of that agency: the service's own is another's",
            );
        }
        if parts.iter().any(|part| part.code.as_str() == row.code) {
            place.field("code").report(format!("the part {} is there twice", row.code));
            continue;
        }
        if let (Some(code), Some(text), Some(amount), Some(agency), Some(revenue_code)) =
            (code, text, amount, agency, revenue_code)
        {
            parts.push(BundlePart { code, text, amount, agency, revenue_code });
        }
    }
    (parts.len() == rows.len()).then_some(parts)
}

/// A code, if there is one. The outer `None` means that there is one and it does not hold.
fn checked_if_there<Code: FromStr<Err = CodeError>>(
    text: Option<&str>,
    place: Place<'_>,
) -> Option<Option<Code>> {
    text.map_or(Some(None), |text| checked_code(text, place).map(Some))
}

fn seasons(rows: &[SeasonRow], agencies: &Agencies, place: Place<'_>) -> Option<Vec<Season>> {
    if rows.is_empty() || rows.len() > SEASONS_MAX {
        place.report(format!("give 1 to {SEASONS_MAX} seasons"));
        return None;
    }
    let mut seasons: Vec<Season> = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let place = place.item(index);
        let code = checked_code(&row.code, place.field("code"));
        let text = checked_text(&row.text, NAME_CHARACTERS_MAX, place.field("text"));
        let days = SeasonDays::parse(&row.from, &row.to);
        if days.is_none() {
            let message = format!("{:?} to {:?} are not two days of a year (MM-DD)", row.from, row.to);
            place.field("from").report(message);
        }
        let rule = season_rule(&row.rule, agencies, place.field("rule"));
        if seasons.iter().any(|season| season.code.as_str() == row.code) {
            place.field("code").report(format!("the season {} is there twice", row.code));
            continue;
        }
        if let Some(days) = days
            && let Some(earlier) = seasons.iter().find(|season| season.days.overlaps(days))
        {
            place.field("from").report(format!("the days overlap with those of season {}", earlier.code));
            continue;
        }
        if let (Some(code), Some(text), Some(days), Some(rule)) = (code, text, days, rule) {
            seasons.push(Season { code, text, days, rule });
        }
    }
    (seasons.len() == rows.len()).then_some(seasons)
}

fn season_rule(row: &RuleRow, agencies: &Agencies, place: Place<'_>) -> Option<FeeRule> {
    if matches!(row, RuleRow::Seasons { .. }) {
        place.report("a season has no seasons within it");
        return None;
    }
    rule(row, agencies, place)
}

/// What a quantity is multiplied by, if it is. The outer `None` means that something is there and does not hold.
fn times(row: Option<&TimesRow>, quantity_max: Option<u32>, place: Place<'_>) -> Option<Option<Times>> {
    let Some(row) = row else { return Some(None) };
    let unit = checked_text(&row.unit, NAME_CHARACTERS_MAX, place.field("unit"));
    let times_max = count(row.times_max, place.field("times_max"))?;
    if u64::from(quantity_max?) * u64::from(times_max) > u64::from(QUANTITY_MAX) {
        let message = format!("the largest quantity so many times must be at most {QUANTITY_MAX}");
        place.field("times_max").report(message);
        return None;
    }
    Some(Some(Times { unit: unit?, times_max }))
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
    let rate = checked_rate(rate_percent, place.field("rate_percent"));
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
