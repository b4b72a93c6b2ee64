//! What the approver of a new catalogue is told about money.

use catalog::{Catalogue, Charge, ImpactKind, MoneyImpact};
use jiff::civil::{Date, date};

use crate::scene::SHAPES;

const DAY: Date = date(2025, 6, 1);

fn catalogue(replacements: &[(&str, &str)]) -> Catalogue {
    let mut text = SHAPES.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from} is not in the file");
        text = text.replacen(from, to, 1);
    }
    Catalogue::from_json(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn impact(replacements: &[(&str, &str)]) -> MoneyImpact {
    MoneyImpact::between(&catalogue(&[]), &catalogue(replacements), DAY)
}

const SUCCESSOR: (&str, &str) = (
    "\"valid_from\": \"2025-01-01\", \"valid_to\": \"2025-12-31\", \"basis\": \"test-act\",
          \"rule\": { \"kind\": \"flat\", \"amount\": \"KES 120.50\" } }",
    "\"valid_from\": \"2025-01-01\", \"valid_to\": \"2025-08-31\", \"basis\": \"test-act\",
          \"rule\": { \"kind\": \"flat\", \"amount\": \"KES 120.50\" } },
        { \"version\": \"three\", \"valid_from\": \"2025-09-01\", \"basis\": \"test-act\",
          \"rule\": { \"kind\": \"flat\", \"amount\": \"KES 130\" } }",
);

#[test]
fn words_and_layout_are_no_money() {
    let impact = impact(&[("Costs the same.", "Costs the same for all."), ("KES 120.50", "KES 120.5")]);
    assert!(impact.is_empty());
    assert_eq!(impact.to_string(), "from 2025-06-01 on nobody pays anything else\n");
}

#[test]
fn a_successor_is_told_with_what_is_paid_today_and_from_when() {
    let impact = impact(&[SUCCESSOR]);
    assert_eq!(
        impact.to_string(),
        "\
$ test-flat: charged otherwise
    today: KES 120.50
    from 2025-09-01 to 2025-12-31
      KES 120.50 -> KES 130.00
    from 2026-01-01
      no fee in force -> KES 130.00
money, from 2025-06-01 on: 1 charged otherwise
"
    );
    assert!(impact.rewritten.is_empty());
    assert_eq!(impact.services[0].spans[0].from, date(2025, 9, 1));
}

#[test]
fn a_fee_that_was_rewritten_comes_first_also_when_its_days_are_over() {
    let current = impact(&[("KES 120.50", "KES 121"), SHARE]);
    let text = current.to_string();
    assert!(
        text.starts_with(
            "WARNING: 2 fees REWRITTEN under the version that bills know them by:\n  test-flat two\n"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "$ test-flat: dearer\n    from 2025-06-01 to 2025-12-31\n      KES 120.50 -> KES 121.00\n"
        ),
        "{text}"
    );
    let past = impact(&[("\"KES 100\"", "\"KES 90\"")]);
    assert!(past.services.is_empty() && !past.is_empty());
    assert!(past.to_string().starts_with("WARNING: 1 fees REWRITTEN"), "{past}");
}

const SHARE: (&str, &str) = ("\"rate_percent\": \"0.25\"", "\"rate_percent\": \"0.3\"");

#[test]
fn every_part_of_a_rule_is_listed_side_by_side() {
    let bands = impact(&[("\"KES 1030\"", "\"KES 1000\""), ("\"up_to\": 44", "\"up_to\": 50")]);
    let text = bands.to_string();
    for line in [
        "$ test-bands: charged otherwise",
        "up to 6 seats: KES 600.00, as before",
        "up to 12 seats: KES 1,030.00 -> KES 1,000.00",
        "up to 50 seats: KES 2,600.00, new",
        "up to 44 seats: KES 2,600.00, gone",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let share = impact(&[SHARE]).to_string();
    assert!(share.contains("of value: 0.25 %, rounded down -> 0.3 %, rounded down"), "{share}");
    assert!(share.contains("at least: KES 500.00, as before"), "{share}");
}

#[test]
fn each_kind_of_change_is_counted() {
    let fees = "\"fees\": [{ \"version\": \"one\", \"valid_from\": \"2020-01-01\", \"basis\": \"test-act\",
        \"rule\": { \"kind\": \"open\", \"amount_min\": \"KES 1\", \"amount_max\": \"KES 100000\" } }]";
    let fees =
        fees.replace("\"basis\": \"test-act\",", "\"basis\": \"test-act\", \"part_payment\": \"allowed\",");
    let nothing = "\"not_billable\": { \"en\": \"Free.\" }";
    let new = impact(&[
        ("\"amount\": \"KES 1000\"", "\"amount\": \"KES 900\""),
        ("\"slug\": \"test-bands\"", "\"slug\": \"test-steps\""),
        ("\"revenue_code\": \"T/5\"", "\"revenue_code\": \"T/55\""),
        ("\"standing\": \"unnamed\"", "\"standing\": \"reported\""),
        (&fees, nothing),
    ]);
    let kinds: Vec<_> = new.services.iter().map(|service| (service.slug.as_str(), service.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("test-bands", ImpactKind::Removed),
            ("test-hearsay", ImpactKind::BecomesPayable),
            ("test-open", ImpactKind::StopsBeingPayable),
            ("test-percentage", ImpactKind::GoesElsewhere),
            ("test-steps", ImpactKind::Added),
            ("test-waived", ImpactKind::Cheaper),
        ]
    );
    let text = new.to_string();
    assert!(text.contains("money goes to TEST T/55, not to TEST T/5"), "{text}");
    assert!(text.contains("KES 10.00 (in demonstrations only) -> KES 10.00"), "{text}");
    assert!(text.ends_with(
        "money, from 2025-06-01 on: 1 cheaper, 1 payable for the first time, 1 not payable any more, 1 new and payable, \
         1 payable and gone, 1 whose money goes elsewhere\n"
    ), "{text}");
    assert_eq!(new.services[0].today.items().len(), 3);
}

#[test]
fn what_visitors_pay_is_told_by_category_and_age() {
    let old = Catalogue::embedded();
    let document = String::from_utf8(old.to_json().to_vec()).unwrap();
    let new = Catalogue::from_json(document.replace("\"USD 90\"", "\"USD 95\"").as_bytes()).unwrap();
    let impact = MoneyImpact::between(&old, &new, date(2026, 11, 22));
    let park = impact.services.iter().find(|service| service.slug.as_str() == "kws-amboseli-entry").unwrap();
    assert_eq!(park.kind, ImpactKind::Dearer);
    let Charge::Fee { items, is_charged: true } = &park.today else { panic!("{park:?}") };
    assert!(items.iter().any(|item| item.what == "non_resident.adult"));
    let text = impact.to_string();
    assert!(text.contains("non_resident.adult: USD 90.00 -> USD 95.00"), "{text}");
    assert!(text.contains("under_five: free, as before"), "{text}");
}

#[test]
fn the_convenience_fee_is_told_band_by_band() {
    let old = Catalogue::embedded();
    let document = String::from_utf8(old.to_json().to_vec()).unwrap();
    let line = document.lines().find(|line| line.starts_with("\"convenience_fee\"")).unwrap();
    let mut fee: serde_json::Value =
        serde_json::from_str(&format!("{{{}}}", line.trim_end_matches(','))).unwrap();
    let schedules = fee["convenience_fee"]["schedules"].as_array_mut().unwrap();
    let last = schedules.last_mut().unwrap();
    last["bands"] = serde_json::json!([{ "fee": "KES 50" }]);
    let written = fee.to_string();
    let changed = document.replace(line, &format!("{},", &written[1..written.len() - 1]));
    let new = Catalogue::from_json(changed.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
    let impact = MoneyImpact::between(&old, &new, date(2026, 11, 22));
    assert_eq!(impact.convenience_fee.len(), 1);
    let text = impact.to_string();
    assert!(text.contains("$ convenience fee, on every bill\n    from 2026-11-22\n      nothing"), "{text}");
    assert!(text.contains("other bills in KES KES 50.00"), "{text}");
}
