//! What things cost: each hand-written fee against the figure that was published.

use catalog::{Catalogue, Order, Policy, Price, PriceError};
use jiff::civil::{Date, date};
use ledger::{Currency, Money};

/// The day of the acceptance check: a Saturday in the high season.
const TODAY: Date = date(2026, 11, 21);

fn order(json: &str) -> Order {
    serde_json::from_str(json).unwrap()
}

fn price(slug: &str, json: &str) -> Result<Price, PriceError> {
    Catalogue::embedded().price(slug, &order(json), TODAY, Policy::LIVE)
}

#[test]
fn two_foreign_adults_and_a_child_enter_amboseli_for_225_dollars() {
    let price = price(
        "kws-amboseli-entry",
        r#"{"visitors": [{"category": "non_resident", "age_class": "adult", "count": 2},
                         {"category": "non_resident", "age_class": "child", "count": 1}]}"#,
    )
    .unwrap();
    assert_eq!(price.total, Money::new(22_500, Currency::Usd));
    let lines: Vec<_> =
        price.lines.iter().map(|line| (line.code.as_str(), line.quantity, line.amount.minor())).collect();
    assert_eq!(lines, [("non_resident.adult", 2, 18_000), ("non_resident.child", 1, 4_500)]);
    for line in &price.lines {
        assert!(line.legal_basis.contains("Legal Notice 160 of 2025"), "{}", line.legal_basis);
        assert!(line.legal_basis.contains("in force since 1 October 2025"), "{}", line.legal_basis);
        assert_eq!(line.fee_version.as_str(), "2025-10-01");
        assert_eq!(line.revenue_code.as_str(), "KWS/PARK/AMBOSELI");
    }
    assert_eq!(price.lines[0].text.en(), "Amboseli National Park entry: non-resident, adult");
    assert_eq!(
        price.lines[0].text.sw(),
        "Kiingilio cha Hifadhi ya Taifa ya Amboseli: asiye mkaazi, mtu mzima"
    );
    assert!(price.convenience_fee.amount.is_zero());
    assert!(price.convenience_fee.basis.contains("High Court (Mwita J) of 1 April 2025"));
}
