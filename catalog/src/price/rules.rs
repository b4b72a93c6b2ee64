//! Each fee rule applied to the payer's answers.

use ledger::{Currency, Money};

use super::error::{AnswerFault, AnswerProblem};
use super::order::{Assessment, Order, VisitorGroup};
use super::{VISITOR_GROUPS_MAX, VISITORS_MAX};
use crate::fee::{Band, FeeRule, FixedPart, Rate, ReferenceShape, Rounding, Variant, VisitorFees};
use crate::text::Text;

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
}

type Refused = Vec<AnswerProblem>;

/// The lines that `rule` asks of whoever gives these answers. `service` is the name that the lines begin with.
pub(super) fn lines(service: &Text, rule: &FeeRule, order: &Order) -> Result<Drafts, Refused> {
    let mut problems = answers_not_asked_for(rule, order);
    let drafts = match rule {
        FeeRule::Flat { amount } => Ok(one_line("flat", service.clone(), *amount)),
        FeeRule::Variants { variants, .. } => chosen_variant(service, variants, order.variant.as_deref()),
        FeeRule::Visitors(fees) => visitors(service, fees, &order.visitors),
        FeeRule::Quantity { unit, amount, quantity_max, fixed } => {
            quantity_answer(order, *quantity_max).map(|quantity| {
                let line = Draft {
                    code: "each".to_owned(),
                    text: service.with_detail(unit),
                    quantity,
                    unit: *amount,
                };
                with_fixed_part(service, fixed.as_ref(), line)
            })
        }
        FeeRule::Percentage { of, rate, rounding, currency, amount_min, amount_max, value_max, fixed } => {
            let bounds = Bounds { min: *amount_min, max: *amount_max };
            declared_value(order, *currency, *value_max).map(|value| {
                let amount = share(value, *rate, *rounding, bounds);
                let text = service.with_detail(of);
                let line = Draft { code: "share".to_owned(), text, quantity: 1, unit: amount };
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
                    drafts.lines.push(Draft {
                        code: "step".to_owned(),
                        text,
                        quantity: steps,
                        unit: *per_step,
                    });
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
    };
    match drafts {
        Ok(drafts) if problems.is_empty() => Ok(drafts),
        Ok(_) => Err(problems),
        Err(more) => {
            problems.extend(more);
            Err(problems)
        }
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
    [
        ("variant", order.variant.is_some() && !asks_variant),
        ("visitors", !order.visitors.is_empty() && !asks_visitors),
        ("quantity", order.quantity.is_some() && !asks_quantity),
        ("declared_value", order.declared_value.is_some() && !asks_value),
        ("assessment", order.assessment.is_some() && !asks_assessment),
        ("amount", order.amount.is_some() && !asks_amount),
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
            paying.push((path("category"), Draft { code, text, quantity: count, unit }));
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
    // Who enters free takes the currency of those who pay.
    let currency = paying.first().map_or(Currency::Kes, |(_, draft)| draft.unit.currency());
    if paying.iter().any(|(_, draft)| draft.unit.currency() != currency) {
        let currencies = paying.iter().map(|(path, draft)| (path.clone(), draft.unit.currency())).collect();
        problems.push(AnswerProblem::new("visitors", AnswerFault::MixedCurrencies { currencies }));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let free_lines = exempt.into_iter().map(|(exemption, count)| Draft {
        code: format!("free.{}", exemption.code()),
        text: service.with_detail(&exemption.text()),
        quantity: count,
        unit: Money::zero(currency),
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
fn amount_within(path: &str, amount: Money, min: Money, max: Money) -> Result<(), Refused> {
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
    let line = Draft { code: code.to_owned(), text, quantity: 1, unit };
    Drafts { currency: unit.currency(), lines: vec![line] }
}

fn with_fixed_part(service: &Text, fixed: Option<&FixedPart>, line: Draft) -> Drafts {
    let currency = line.unit.currency();
    let fixed_line = fixed.map(|part| Draft {
        code: "fixed".to_owned(),
        text: service.with_detail(&part.text),
        quantity: 1,
        unit: part.amount,
    });
    Drafts { currency, lines: [Some(line), fixed_line].into_iter().flatten().collect() }
}

fn missing(path: &str) -> Refused {
    vec![AnswerProblem::new(path, AnswerFault::Missing)]
}
