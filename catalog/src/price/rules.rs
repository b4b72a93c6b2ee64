//! Each fee rule applied to the payer's answers.

use jiff::ToSpan as _;
use jiff::civil::Date;
use ledger::{Currency, Money};

use super::error::{AnswerFault, AnswerProblem};
use super::order::{Assessment, Order, VisitorGroup};
use super::{VISITOR_GROUPS_MAX, VISITORS_MAX};
use crate::code::{AgencyCode, RevenueCode};
use crate::fee::{
    Band, BundlePart, FeeRule, FixedPart, Rate, ReferenceShape, Rounding, Season, Times, Variant, VisitorFees,
};
use crate::text::Text;

/// A visit is booked at most so many years ahead.
const VISIT_AHEAD_YEARS: i32 = 1;

/// What a rule makes of an order: lines of one currency, not yet multiplied out.
pub(super) struct Drafts {
    pub(super) currency: Currency,
    pub(super) lines: Vec<Draft>,
}

/// A line before its amount is computed.
pub(super) struct Draft {
    pub(super) code: String,
    pub(super) text: Text,
    pub(super) quantity: u32,
    pub(super) unit: Money,
    /// Whose it is, if it is not the agency's of the service.
    pub(super) agency: Option<AgencyCode>,
    /// Where it belongs, if it is not where the service's money belongs.
    pub(super) revenue_code: Option<RevenueCode>,
}

impl Draft {
    fn new(code: impl Into<String>, text: Text, quantity: u32, unit: Money) -> Self {
        Self { code: code.into(), text, quantity, unit, agency: None, revenue_code: None }
    }
}

pub(super) type Refused = Vec<AnswerProblem>;

/// The lines that `rule` asks of whoever gives these answers on `day`. `service` is the name that the lines begin with.
pub(super) fn lines(service: &Text, rule: &FeeRule, order: &Order, day: Date) -> Result<Drafts, Refused> {
    if let FeeRule::Seasons { seasons, otherwise } = rule {
        return seasonal(service, seasons, otherwise, order, day);
    }
    let mut problems = answers_not_asked_for(rule, order);
    if order.date.is_some() {
        problems.push(AnswerProblem::new("date", AnswerFault::NotAskedFor));
    }
    combined(problems, drafts(service, rule, order))
}

/// The lines of the season that the day of the visit falls into.
fn seasonal(
    service: &Text,
    seasons: &[Season],
    otherwise: &FeeRule,
    order: &Order,
    day: Date,
) -> Result<Drafts, Refused> {
    let date = order.date.ok_or_else(|| missing("date"))?;
    let last = day.saturating_add(VISIT_AHEAD_YEARS.years());
    if !(day..=last).contains(&date) {
        return Err(vec![AnswerProblem::new("date", AnswerFault::DayOutOfRange { first: day, last })]);
    }
    let season = seasons.iter().find(|season| season.days.contains(date));
    let rule = season.map_or(otherwise, |season| &season.rule);
    let mut drafts = combined(answers_not_asked_for(rule, order), drafts(service, rule, order))?;
    if let Some(season) = season {
        for draft in &mut drafts.lines {
            draft.code = format!("{}.{}", season.code, draft.code);
            draft.text = draft.text.with_more(&season.text);
        }
    }
    Ok(drafts)
}

/// The drafts, or every problem of both.
fn combined(mut problems: Refused, drafts: Result<Drafts, Refused>) -> Result<Drafts, Refused> {
    match drafts {
        Ok(drafts) if problems.is_empty() => Ok(drafts),
        Ok(_) => Err(problems),
        Err(more) => {
            problems.extend(more);
            Err(problems)
        }
    }
}

fn drafts(service: &Text, rule: &FeeRule, order: &Order) -> Result<Drafts, Refused> {
    match rule {
        FeeRule::Flat { amount } => Ok(one_line("flat", service.clone(), *amount)),
        FeeRule::Variants { variants, .. } => chosen_variant(service, variants, order.variant.as_deref()),
        FeeRule::Visitors(fees) => visitors(service, fees, &order.visitors),
        FeeRule::Quantity { unit, amount, quantity_max, times, fixed } => {
            let counted = counted(order, unit, *quantity_max, times.as_ref());
            counted.map(|(quantity, detail)| {
                let line = Draft::new("each", service.with_detail(&detail), quantity, *amount);
                with_fixed_part(service, fixed.as_ref(), line)
            })
        }
        FeeRule::Percentage { of, rate, rounding, currency, amount_min, amount_max, value_max, fixed } => {
            let bounds = Bounds { min: *amount_min, max: *amount_max };
            declared_value(order, *currency, *value_max).map(|value| {
                let amount = share(value, *rate, *rounding, bounds);
                let text = service.with_detail(of);
                let line = Draft::new("share", text, 1, amount);
                with_fixed_part(service, fixed.as_ref(), line)
            })
        }
        FeeRule::Bands { unit, bands } => band(service, unit, bands, order),
        FeeRule::Steps { unit, included, base, step, per_step, quantity_max } => {
            quantity_answer(order, *quantity_max).map(|quantity| {
                let mut drafts = one_line("base", service.clone(), *base);
                let steps = quantity.saturating_sub(*included).div_ceil(*step);
                if steps > 0 {
                    let text = service.with_detail(&step_text(*step, unit));
                    drafts.lines.push(Draft::new("step", text, steps, *per_step));
                }
                drafts
            })
        }
        FeeRule::Assessed { reference, amount_min, amount_max } => {
            assessed(service, reference, (*amount_min, *amount_max), order.assessment.as_ref())
        }
        FeeRule::Open { amount_min, amount_max } => {
            let chosen = order.amount.ok_or_else(|| missing("amount"));
            chosen.and_then(|amount| {
                amount_within("amount", amount, *amount_min, *amount_max)?;
                Ok(one_line("open", service.clone(), amount))
            })
        }
        FeeRule::Bundle { parts } => Ok(bundle(service, parts)),
        FeeRule::Seasons { .. } => unreachable!("the builder lets no season have seasons within it"),
    }
}

fn bundle(service: &Text, parts: &[BundlePart]) -> Drafts {
    let currency = parts.first().map_or(Currency::Kes, |part| part.amount.currency());
    let lines = parts.iter().map(|part| Draft {
        agency: part.agency.clone(),
        revenue_code: part.revenue_code.clone(),
        ..Draft::new(part.code.as_str(), service.with_detail(&part.text), 1, part.amount)
    });
    Drafts { currency, lines: lines.collect() }
}

/// How many there are to pay for, and of what: `4` of `entry`, or `4` times `3` of `entry, 3 days`.
fn counted(
    order: &Order,
    unit: &Text,
    quantity_max: u32,
    times: Option<&Times>,
) -> Result<(u32, Text), Refused> {
    let quantity = quantity_answer(order, quantity_max);
    let Some(times) = times else { return Ok((quantity?, unit.clone())) };
    let factor = match order.times {
        None => Err(missing("times")),
        Some(factor) if (1..=times.times_max).contains(&factor) => Ok(factor),
        Some(_) => {
            let fault = AnswerFault::OutOfRange { min: 1, max: times.times_max };
            Err(vec![AnswerProblem::new("times", fault)])
        }
    };
    match (quantity, factor) {
        (Ok(quantity), Ok(factor)) => {
            let of_times = times.unit.map(|en| format!("{en} × {factor}"), |sw| format!("{sw} × {factor}"));
            Ok((quantity * factor, unit.with_more(&of_times)))
        }
        (quantity, factor) => Err([quantity.err(), factor.err()].into_iter().flatten().flatten().collect()),
    }
}

/// An answer to a question that nobody asked means that the caller expects another price than ours.
fn answers_not_asked_for(rule: &FeeRule, order: &Order) -> Refused {
    let asks_variant = matches!(rule, FeeRule::Variants { .. });
    let asks_visitors = matches!(rule, FeeRule::Visitors(_));
    let asks_quantity =
        matches!(rule, FeeRule::Quantity { .. } | FeeRule::Bands { .. } | FeeRule::Steps { .. });
    let asks_value = matches!(rule, FeeRule::Percentage { .. });
    let asks_assessment = matches!(rule, FeeRule::Assessed { .. });
    let asks_amount = matches!(rule, FeeRule::Open { .. });
    let asks_times = matches!(rule, FeeRule::Quantity { times: Some(_), .. });
    [
        ("variant", order.variant.is_some() && !asks_variant),
        ("visitors", !order.visitors.is_empty() && !asks_visitors),
        ("quantity", order.quantity.is_some() && !asks_quantity),
        ("declared_value", order.declared_value.is_some() && !asks_value),
        ("assessment", order.assessment.is_some() && !asks_assessment),
        ("amount", order.amount.is_some() && !asks_amount),
        ("times", order.times.is_some() && !asks_times),
    ]
    .into_iter()
    .filter(|(_, superfluous)| *superfluous)
    .map(|(path, _)| AnswerProblem::new(path, AnswerFault::NotAskedFor))
    .collect()
}

fn chosen_variant(service: &Text, variants: &[Variant], chosen: Option<&str>) -> Result<Drafts, Refused> {
    let chosen = chosen.ok_or_else(|| missing("variant"))?;
    let variant = variants.iter().find(|variant| variant.code.as_str() == chosen).ok_or_else(|| {
        let known = variants.iter().map(|variant| variant.code.to_string()).collect();
        vec![AnswerProblem::new("variant", AnswerFault::UnknownVariant { known })]
    })?;
    Ok(one_line(variant.code.as_str(), service.with_detail(&variant.text), variant.amount))
}

fn visitors(service: &Text, fees: &VisitorFees, groups: &[VisitorGroup]) -> Result<Drafts, Refused> {
    if groups.is_empty() {
        return Err(missing("visitors"));
    }
    if groups.len() > VISITOR_GROUPS_MAX {
        let max = u32::try_from(VISITOR_GROUPS_MAX).expect("twenty fits");
        return Err(vec![AnswerProblem::new("visitors", AnswerFault::OutOfRange { min: 1, max })]);
    }
    let mut problems = Vec::new();
    let mut paying = Vec::new();
    let mut exempt = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let path = |field: &str| format!("visitors[{index}].{field}");
        if !(1..=VISITORS_MAX).contains(&group.count) {
            let fault = AnswerFault::OutOfRange { min: 1, max: VISITORS_MAX };
            problems.push(AnswerProblem::new(path("count"), fault));
        }
        let VisitorGroup { category, age_class, count, person_with_disability } = *group;
        if let Some(exemption) = fees.exemption(category, age_class, person_with_disability) {
            exempt.push((exemption, count));
        } else if let Some(unit) = fees.amount(category, age_class) {
            let text = service.with_detail(&category.text()).with_more(&age_class.text());
            let code = format!("{category}.{age_class}");
            paying.push((path("category"), Draft::new(code, text, count, unit)));
        } else {
            let fault = AnswerFault::FeeNotKnown { category, age_class };
            problems.push(AnswerProblem::new(path("category"), fault));
        }
    }
    let visitor_count: u64 = groups.iter().map(|group| u64::from(group.count)).sum();
    if problems.is_empty() && visitor_count > u64::from(VISITORS_MAX) {
        let fault = AnswerFault::OutOfRange { min: 1, max: VISITORS_MAX };
        problems.push(AnswerProblem::new("visitors", fault));
    }
    // Who enters free takes the currency of those who pay; where nobody does, that of what such visitors would pay, or
    // else of the table.
    let of_table = || groups.iter().find_map(|group| fees.amount(group.category, group.age_class));
    let amount = paying.first().map(|(_, draft)| draft.unit).or_else(of_table);
    let currency = amount.or_else(|| fees.amounts().next()).map_or(Currency::Kes, Money::currency);
    if paying.iter().any(|(_, draft)| draft.unit.currency() != currency) {
        let currencies = paying.iter().map(|(path, draft)| (path.clone(), draft.unit.currency())).collect();
        problems.push(AnswerProblem::new("visitors", AnswerFault::MixedCurrencies { currencies }));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let free_lines = exempt.into_iter().map(|(exemption, count)| {
        let code = format!("free.{}", exemption.code());
        Draft::new(code, service.with_detail(&exemption.text()), count, Money::zero(currency))
    });
    let lines = paying.into_iter().map(|(_, draft)| draft).chain(free_lines).collect();
    Ok(Drafts { currency, lines })
}

fn band(service: &Text, unit: &Text, bands: &[Band], order: &Order) -> Result<Drafts, Refused> {
    let quantity_max = bands.last().map_or(0, |band| band.up_to);
    let quantity = quantity_answer(order, quantity_max)?;
    let band = bands
        .iter()
        .find(|band| quantity <= band.up_to)
        .expect("the quantity is at most the upper end of the last band");
    let size = unit.map(|en| format!("{en} {quantity}"), |sw| format!("{sw} {quantity}"));
    Ok(one_line("band", service.with_detail(&size), band.amount))
}

fn step_text(step: u32, unit: &Text) -> Text {
    unit.map(
        |en| format!("each further {step} {en}, also when only begun"),
        |sw| format!("kila {sw} {step} za ziada, hata zisipokamilika"),
    )
}

struct Bounds {
    min: Option<Money>,
    max: Option<Money>,
}

fn share(value: Money, rate: Rate, rounding: Rounding, bounds: Bounds) -> Money {
    let share = rate.of(value, rounding).expect("the builder keeps declared values far below what overflows");
    let raised = bounds.min.map_or(share.minor(), |min| share.minor().max(min.minor()));
    let bounded = bounds.max.map_or(raised, |max| raised.min(max.minor()));
    Money::new(bounded, value.currency())
}

fn declared_value(order: &Order, currency: Currency, value_max: Money) -> Result<Money, Refused> {
    let value = order.declared_value.ok_or_else(|| missing("declared_value"))?;
    amount_within("declared_value", value, Money::new(1, currency), value_max)?;
    Ok(value)
}

fn assessed(
    service: &Text,
    shape: &ReferenceShape,
    (amount_min, amount_max): (Money, Money),
    assessment: Option<&Assessment>,
) -> Result<Drafts, Refused> {
    let Assessment { amount, reference } = assessment.ok_or_else(|| missing("assessment"))?;
    let mut problems = Vec::new();
    if !shape.fits(reference) {
        let fault = AnswerFault::BadReference { name: shape.name.clone() };
        problems.push(AnswerProblem::new("assessment.reference", fault));
    }
    if let Err(more) = amount_within("assessment", *amount, amount_min, amount_max) {
        problems.extend(more);
    }
    if problems.is_empty() { Ok(one_line("assessed", service.clone(), *amount)) } else { Err(problems) }
}

/// Checks an amount that the caller sent as an object with `amount` and `currency`, at `path`.
pub(super) fn amount_within(path: &str, amount: Money, min: Money, max: Money) -> Result<(), Refused> {
    if amount.currency() != min.currency() {
        let fault = AnswerFault::WrongCurrency { wanted: min.currency() };
        return Err(vec![AnswerProblem::new(format!("{path}.currency"), fault)]);
    }
    if !(min.minor()..=max.minor()).contains(&amount.minor()) {
        let fault = AnswerFault::AmountOutOfRange { min, max };
        return Err(vec![AnswerProblem::new(format!("{path}.amount"), fault)]);
    }
    Ok(())
}

fn quantity_answer(order: &Order, quantity_max: u32) -> Result<u32, Refused> {
    let quantity = order.quantity.ok_or_else(|| missing("quantity"))?;
    if (1..=quantity_max).contains(&quantity) {
        return Ok(quantity);
    }
    Err(vec![AnswerProblem::new("quantity", AnswerFault::OutOfRange { min: 1, max: quantity_max })])
}

fn one_line(code: &str, text: Text, unit: Money) -> Drafts {
    Drafts { currency: unit.currency(), lines: vec![Draft::new(code, text, 1, unit)] }
}

fn with_fixed_part(service: &Text, fixed: Option<&FixedPart>, line: Draft) -> Drafts {
    let currency = line.unit.currency();
    let fixed_line = fixed.map(|part| Draft::new("fixed", service.with_detail(&part.text), 1, part.amount));
    Drafts { currency, lines: [Some(line), fixed_line].into_iter().flatten().collect() }
}

pub(super) fn missing(path: &str) -> Refused {
    vec![AnswerProblem::new(path, AnswerFault::Missing)]
}
