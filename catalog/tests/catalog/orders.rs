//! What holds for every order that anybody can send: a price adds up, takes nothing back, and is in one currency; an
//! order means the same after a journey through JSON.

use std::sync::LazyLock;

use catalog::{AgeClass, Assessment, Catalogue, Order, PayerCategory, Policy, VisitorGroup};
use jiff::civil::{Date, date};
use ledger::{Currency, Money};
use proptest::option::of;
use proptest::prelude::*;

use crate::scene::shapes;

/// Read once, because a hundred orders are tried on each.
static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(Catalogue::embedded);
static SHAPES: LazyLock<Catalogue> = LazyLock::new(shapes);

fn any_money() -> impl Strategy<Value = Money> {
    let minor = prop_oneof![any::<i64>(), 0..1_000_000_i64, 0..100_000_000_000_000_i64];
    (minor, any::<bool>())
        .prop_map(|(minor, dollars)| Money::new(minor, if dollars { Currency::Usd } else { Currency::Kes }))
}

fn any_group() -> impl Strategy<Value = VisitorGroup> {
    let count = prop_oneof![1..10_u32, any::<u32>()];
    (0..4_usize, 0..4_usize, count, any::<bool>()).prop_map(|(category, age_class, count, disability)| {
        VisitorGroup {
            category: PayerCategory::ALL[category],
            age_class: AgeClass::ALL[age_class],
            count,
            person_with_disability: disability,
        }
    })
}

/// Orders of which many fit the rules of some service, and many fit none.
fn any_order() -> impl Strategy<Value = Order> {
    let fitting_variant = prop_oneof!["34-pages", "one-year", "[a-z0-9-]{0,12}"];
    let reference = prop_oneof!["[0-9]{16}", ".{0,20}"];
    let assessment =
        (any_money(), reference).prop_map(|(amount, reference)| Assessment { amount, reference });
    let quantity = prop_oneof![1..200_u32, any::<u32>()];
    let full = (
        of(fitting_variant),
        prop::collection::vec(any_group(), 0..4),
        of(quantity),
        of(any_money()),
        of(assessment),
        of(any_money()),
    )
        .prop_map(|(variant, visitors, quantity, declared_value, assessment, amount)| Order {
            variant,
            visitors,
            quantity,
            declared_value,
            assessment,
            amount,
            ..Order::default()
        });
    // Most services want one answer, so most orders keep one.
    (full, 0..8_u8).prop_map(|(order, kept)| match kept {
        0 => Order { variant: order.variant, ..Order::default() },
        1 => Order { visitors: order.visitors, ..Order::default() },
        2 => Order { quantity: order.quantity, ..Order::default() },
        3 => Order { declared_value: order.declared_value, ..Order::default() },
        4 => Order { assessment: order.assessment, ..Order::default() },
        5 => Order { amount: order.amount, ..Order::default() },
        6 => Order::default(),
        _ => order,
    })
}

fn any_day() -> impl Strategy<Value = Date> {
    (2022..2028_i16, 1..13_i8, 1..29_i8).prop_map(|(year, month, day)| date(year, month, day))
}

proptest! {
    #[test]
    fn a_price_adds_up_and_takes_nothing_back(order in any_order(), day in any_day(), live in any::<bool>()) {
        let policy = if live { Policy::LIVE } else { Policy::DEMONSTRATION };
        for catalogue in [&*EMBEDDED, &*SHAPES] {
            for service in catalogue.services() {
                let Ok(price) = catalogue.price(service.slug.as_str(), &order, day, policy) else { continue };
                let mut sum = 0_i128;
                for line in &price.lines {
                    prop_assert_eq!(line.amount.currency(), price.currency);
                    prop_assert!(line.quantity >= 1 && line.unit.minor() >= 0);
                    prop_assert_eq!(
                        i128::from(line.amount.minor()),
                        i128::from(line.unit.minor()) * i128::from(line.quantity)
                    );
                    prop_assert!(!line.legal_basis.is_empty());
                    sum += i128::from(line.amount.minor());
                }
                prop_assert_eq!(sum, i128::from(price.total.minor()));
                prop_assert_eq!(price.total.currency(), price.currency);
                let convenience: Vec<_> =
                    price.lines.iter().filter(|line| line.code == "convenience_fee").collect();
                prop_assert_eq!(convenience.len(), usize::from(price.convenience_fee.amount.is_positive()));
                prop_assert!(!price.convenience_fee.basis.is_empty());
            }
        }
    }

    #[test]
    fn an_order_survives_json(order in any_order()) {
        let json = serde_json::to_string(&order).unwrap();
        prop_assert_eq!(serde_json::from_str::<Order>(&json).unwrap(), order);
    }
}

#[test]
fn an_order_in_json_is_read_strictly() {
    let refused = [
        r#"{"colour": "red"}"#,
        r#"{"variant": "a", "variant": "b"}"#,
        r#"{"quantity": -1}"#,
        r#"{"quantity": 1.5}"#,
        r#"{"visitors": [{"category": "martian", "age_class": "adult", "count": 1}]}"#,
        r#"{"visitors": [{"category": "non_resident", "age_class": "adult"}]}"#,
        r#"{"visitors": [{"category": "non_resident", "age_class": "adult", "count": 1, "vip": true}]}"#,
        r#"{"assessment": {"amount": 1, "currency": "KES"}}"#,
        r#"{"assessment": {"amount": 1, "currency": "EUR", "reference": "1"}}"#,
        r#"{"assessment": {"amount": 1, "currency": "KES", "reference": "1", "prn": "1"}}"#,
    ];
    for json in refused {
        assert!(serde_json::from_str::<Order>(json).is_err(), "{json} was read");
    }
    assert_eq!(serde_json::from_str::<Order>("{}").unwrap(), Order::default());
}
