//! Orders that fit, by the hundred thousand: what comes out is held against arithmetic that shares nothing with the
//! product's.
//!
//! `CATALOG_PRICES` says how many; a few thousand where it does not.

use catalog::{
    AgeClass, Assessment, Catalogue, FeeRule, FeeSchedule, Order, PayerCategory, PenaltyAmount,
    PenaltyAnswer, Policy, Price, Rounding, Service, VisitorGroup,
};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use ledger::{Currency, Money};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::{scene, shapes};

const TODAY: Date = date(2026, 11, 21);
const PRICES_DEFAULT: usize = 5_000;

#[test]
fn a_price_is_the_sum_of_its_lines_and_never_beyond_its_bounds() {
    let wanted = std::env::var("CATALOG_PRICES").ok().and_then(|text| text.parse().ok());
    let wanted: usize = wanted.unwrap_or(PRICES_DEFAULT);
    let mut random = StdRng::seed_from_u64(1);
    let catalogues = [Catalogue::embedded(), scene::shapes(), shapes::build(shapes::SHAPES).unwrap()];
    let with_fees: Vec<(&Catalogue, &Service, &FeeSchedule)> = catalogues
        .iter()
        .flat_map(|catalogue| catalogue.services().iter().map(move |service| (catalogue, service)))
        .filter_map(|(catalogue, service)| Some((catalogue, service, service.fee_on(TODAY)?)))
        .collect();
    let mut priced = 0;
    while priced < wanted {
        let (catalogue, service, schedule) = with_fees[random.random_range(0..with_fees.len())];
        let order = fitting_order(schedule, &mut random);
        let price = catalogue.price(service.slug.as_str(), &order, TODAY, Policy::DEMONSTRATION);
        let price = price.unwrap_or_else(|error| panic!("{error} ({order:?})"));
        check(schedule, &order, &price);
        priced += 1;
    }
}

/// An order that the fee can price, with everything that may be added to it now and then.
fn fitting_order(schedule: &FeeSchedule, random: &mut StdRng) -> Order {
    let mut order = Order::default();
    let mut rule = &schedule.rule;
    if let FeeRule::Seasons { seasons, otherwise } = rule {
        let day = TODAY.checked_add(random.random_range(0..365).days()).unwrap();
        order.date = Some(day);
        rule =
            seasons.iter().find(|season| season.days.contains(day)).map_or(otherwise, |season| &season.rule);
    }
    answer(rule, &mut order, random);
    let additions = &schedule.additions;
    let pick = |count: usize, random: &mut StdRng| {
        (count > 0 && random.random_bool(0.5)).then(|| random.random_range(0..count))
    };
    order.urgency =
        pick(additions.urgencies.len(), random).map(|at| additions.urgencies[at].code.to_string());
    order.waiver = pick(additions.waivers.len(), random).map(|at| additions.waivers[at].code.to_string());
    order.channel =
        pick(additions.surcharges.len(), random).map(|at| additions.surcharges[at].channel.to_string());
    for penalty in &additions.penalties {
        if random.random_bool(0.3) {
            let amount = match penalty.amount {
                PenaltyAmount::Fixed(_) => None,
                PenaltyAmount::Assessed { min, max } => Some(between(min, max, random)),
            };
            order.penalties.push(PenaltyAnswer { code: penalty.code.to_string(), amount });
        }
    }
    order
}

fn between(min: Money, max: Money, random: &mut StdRng) -> Money {
    Money::new(random.random_range(min.minor()..=max.minor()), min.currency())
}

fn answer(rule: &FeeRule, order: &mut Order, random: &mut StdRng) {
    match rule {
        FeeRule::Flat { .. } | FeeRule::Bundle { .. } => {}
        FeeRule::Variants { variants, .. } => {
            order.variant = Some(variants[random.random_range(0..variants.len())].code.to_string());
        }
        FeeRule::Visitors(fees) => {
            let cells: Vec<_> = PayerCategory::ALL
                .into_iter()
                .flat_map(|category| AgeClass::ALL.map(|age_class| (category, age_class)))
                .filter(|(category, age_class)| fees.amount(*category, *age_class).is_some())
                .collect();
            let (category, _) = cells[random.random_range(0..cells.len())];
            for (category, age_class) in cells.into_iter().filter(|cell| cell.0 == category) {
                let count = random.random_range(1..=100);
                let person_with_disability = random.random_bool(0.2);
                order.visitors.push(VisitorGroup { category, age_class, count, person_with_disability });
            }
        }
        FeeRule::Quantity { quantity_max, times, .. } => {
            order.quantity = Some(random.random_range(1..=*quantity_max));
            order.times = times.as_ref().map(|times| random.random_range(1..=times.times_max));
        }
        FeeRule::Percentage { value_max, .. } => {
            order.declared_value = Some(between(Money::new(1, value_max.currency()), *value_max, random));
        }
        FeeRule::Bands { bands, .. } => {
            order.quantity = Some(random.random_range(1..=bands.last().unwrap().up_to));
        }
        FeeRule::Steps { quantity_max, .. } => order.quantity = Some(random.random_range(1..=*quantity_max)),
        FeeRule::Assessed { reference, amount_min, amount_max } => {
            order.assessment = Some(Assessment {
                amount: between(*amount_min, *amount_max, random),
                reference: "7".repeat(usize::from(reference.length_min)),
            });
        }
        FeeRule::Open { amount_min, amount_max } => {
            order.amount = Some(between(*amount_min, *amount_max, random))
        }
        FeeRule::Seasons { .. } => unreachable!("a season has no seasons within it"),
    }
}

/// The price against what the rule comes to by plain arithmetic.
fn check(schedule: &FeeSchedule, order: &Order, price: &Price) {
    let sum: i128 = price.lines.iter().map(|line| i128::from(line.amount.minor())).sum();
    assert_eq!(sum, i128::from(price.total.minor()), "{order:?}: {price:?}");
    for line in &price.lines {
        assert!(line.unit.minor() >= 0 && line.quantity > 0, "{line:?}");
        assert_eq!(
            i128::from(line.unit.minor()) * i128::from(line.quantity),
            i128::from(line.amount.minor())
        );
        assert_eq!(line.amount.currency(), price.currency);
    }
    let of = |prefix: &str| -> i128 {
        let lines = price.lines.iter().filter(|line| line.code.starts_with(prefix));
        lines.map(|line| i128::from(line.amount.minor())).sum()
    };
    let added = of("urgency.") + of("penalty.");
    let (surcharge, convenience) = (of("surcharge."), of("convenience_fee"));
    let of_rule = sum - added - surcharge - convenience;

    let expected = expected(&schedule.rule, order);
    let waived = price.waived.as_ref().map_or(0, |waived| i128::from(waived.amount.minor()));
    assert_eq!(of_rule + waived, expected, "{order:?}: {price:?}");
    assert!((0..=expected).contains(&waived));
    assert_eq!(price.waived.is_some(), order.waiver.is_some());

    let additions = &schedule.additions;
    let urgency = order.urgency.as_ref().map_or(0, |code| {
        let urgency = additions.urgencies.iter().find(|urgency| urgency.code.as_str() == code).unwrap();
        i128::from(urgency.amount.minor())
    });
    assert_eq!(of("urgency."), urgency);
    let penalties: i128 = order
        .penalties
        .iter()
        .map(|answer| match answer.amount {
            Some(amount) => i128::from(amount.minor()),
            None => {
                match additions.penalties.iter().find(|own| own.code.as_str() == answer.code).unwrap().amount
                {
                    PenaltyAmount::Fixed(amount) => i128::from(amount.minor()),
                    PenaltyAmount::Assessed { .. } => {
                        panic!("an assessed penalty has its amount in the order")
                    }
                }
            }
        })
        .sum();
    assert_eq!(of("penalty."), penalties);
    // No channel may take more than a tenth in these catalogues.
    assert!(surcharge * 10 <= of_rule + added);
    assert_eq!(convenience, 0, "nothing is taken since April 2025");
}

/// What a rule comes to, in minor units.
fn expected(rule: &FeeRule, order: &Order) -> i128 {
    let minor = |money: Money| i128::from(money.minor());
    let quantity = || i128::from(order.quantity.unwrap());
    match rule {
        FeeRule::Flat { amount } => minor(*amount),
        FeeRule::Variants { variants, .. } => {
            let chosen = order.variant.as_deref().unwrap();
            minor(variants.iter().find(|variant| variant.code.as_str() == chosen).unwrap().amount)
        }
        FeeRule::Visitors(fees) => order
            .visitors
            .iter()
            .filter(|group| {
                fees.exemption(group.category, group.age_class, group.person_with_disability).is_none()
            })
            .map(|group| {
                i128::from(group.count) * minor(fees.amount(group.category, group.age_class).unwrap())
            })
            .sum(),
        FeeRule::Quantity { amount, times, fixed, .. } => {
            let factor = times.as_ref().map_or(1, |_| i128::from(order.times.unwrap()));
            quantity() * factor * minor(*amount) + fixed.as_ref().map_or(0, |part| minor(part.amount))
        }
        FeeRule::Percentage { rate, rounding, currency, amount_min, amount_max, fixed, .. } => {
            let percent = rate.to_string();
            let (whole, decimals) = percent.split_once('.').unwrap_or((&percent, ""));
            let ten_thousandths: i128 = format!("{whole}{decimals:0<4}").parse().unwrap();
            let per_major = i128::from(currency.minor_per_major());
            let exact = minor(order.declared_value.unwrap()) * ten_thousandths; // in millionths of a minor unit
            let unit = 1_000_000 * per_major;
            let major = match rounding {
                Rounding::Down => exact / unit,
                Rounding::HalfUp => (2 * exact + unit) / (2 * unit),
                Rounding::Up => (exact + unit - 1) / unit,
            };
            let raised = (major * per_major).max(amount_min.map_or(0, minor));
            let bounded = amount_max.map_or(raised, |max| raised.min(minor(max)));
            bounded + fixed.as_ref().map_or(0, |part| minor(part.amount))
        }
        FeeRule::Bands { bands, .. } => {
            minor(bands.iter().find(|band| quantity() <= i128::from(band.up_to)).unwrap().amount)
        }
        FeeRule::Steps { included, base, step, per_step, .. } => {
            let mut cost = minor(*base);
            let mut covered = i128::from(*included);
            while covered < quantity() {
                cost += minor(*per_step);
                covered += i128::from(*step);
            }
            cost
        }
        FeeRule::Assessed { amount_min, amount_max, .. } => {
            within(order.assessment.as_ref().unwrap().amount, *amount_min, *amount_max)
        }
        FeeRule::Open { amount_min, amount_max } => within(order.amount.unwrap(), *amount_min, *amount_max),
        FeeRule::Bundle { parts } => parts.iter().map(|part| minor(part.amount)).sum(),
        FeeRule::Seasons { seasons, otherwise } => {
            let season = seasons.iter().find(|season| season.days.contains(order.date.unwrap()));
            expected(season.map_or(otherwise, |season| &season.rule), order)
        }
    }
}

fn within(amount: Money, min: Money, max: Money) -> i128 {
    assert!((min.minor()..=max.minor()).contains(&amount.minor()));
    assert_ne!(
        amount.currency(),
        if min.currency() == Currency::Kes { Currency::Usd } else { Currency::Kes }
    );
    i128::from(amount.minor())
}
