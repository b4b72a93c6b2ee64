//! What things cost: each hand-written fee against the figure that was published, the convenience fee through its
//! history, and every refusal.

use std::collections::BTreeSet;

use catalog::{AnswerFault, Billing, Catalogue, PartPayment, Policy, Price, PriceError};
use jiff::civil::{Date, date};
use ledger::Currency::{self, Kes, Usd};
use ledger::Money;

use crate::scene::{order, shapes};

/// The day of the acceptance check: a Saturday in the high season.
const TODAY: Date = date(2026, 11, 21);
/// A day when the convenience fee was flat, as it was when most of the figures in the press were printed.
const IN_2023: Date = date(2023, 6, 1);

fn price(slug: &str, json: &str) -> Result<Price, PriceError> {
    Catalogue::embedded().price(slug, &order(json), TODAY, Policy::LIVE)
}

fn visitors(category: &str, age_class: &str) -> String {
    format!(r#"{{"visitors": [{{"category": "{category}", "age_class": "{age_class}", "count": 1}}]}}"#)
}

#[test]
fn two_foreign_adults_and_a_child_enter_amboseli_for_225_dollars() {
    let price = price(
        "kws-amboseli-entry",
        r#"{"visitors": [{"category": "non_resident", "age_class": "adult", "count": 2},
                         {"category": "non_resident", "age_class": "child", "count": 1}]}"#,
    )
    .unwrap();
    assert_eq!(price.total, Money::new(22_500, Usd));
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

/// Legal Notice 160 of 2025 as the press printed it: shillings for East Africans and residents, dollars for others.
#[test]
fn every_known_park_fee_is_the_published_one_and_every_unknown_one_is_refused() {
    const UNKNOWN: Option<i64> = None;
    let amboseli = [Some(1500), Some(750), Some(2025), Some(1050), Some(50), UNKNOWN, Some(90), Some(45)];
    let adults = |east_african, resident| {
        [Some(east_african), UNKNOWN, Some(resident), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
    };
    let tsavo = [Some(1000), Some(500), Some(1350), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN];
    let nairobi = [Some(1000), Some(500), Some(1350), Some(675), UNKNOWN, UNKNOWN, Some(80), UNKNOWN];
    let mount_kenya = [UNKNOWN, UNKNOWN, Some(1100), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN];
    let published = [
        ("kws-amboseli-entry", amboseli),
        ("kws-lake-nakuru-entry", amboseli),
        ("kws-nairobi-national-park-entry", nairobi),
        ("kws-nairobi-package-entry", adults(1300, 1750)),
        ("kws-tsavo-east-entry", tsavo),
        ("kws-tsavo-west-entry", tsavo),
        ("kws-meru-entry", adults(800, 1100)),
        ("kws-kora-entry", adults(800, 1100)),
        ("kws-aberdare-entry", adults(800, 1100)),
        ("kws-mount-kenya-entry", mount_kenya),
        ("kws-hells-gate-entry", adults(500, 675)),
        ("kws-longonot-entry", adults(500, 675)),
        ("kws-elementaita-entry", adults(500, 675)),
    ];
    let columns = [
        ("east_african_citizen", "adult", Kes),
        ("east_african_citizen", "child", Kes),
        ("kenya_resident", "adult", Kes),
        ("kenya_resident", "child", Kes),
        ("african_citizen", "adult", Usd),
        ("african_citizen", "child", Usd),
        ("non_resident", "adult", Usd),
        ("non_resident", "child", Usd),
    ];
    let catalogue = Catalogue::embedded();
    for (slug, amounts) in published {
        for ((category, age_class, currency), amount) in columns.into_iter().zip(amounts) {
            let priced = catalogue.price(slug, &order(&visitors(category, age_class)), TODAY, Policy::LIVE);
            match amount {
                Some(major) => assert_eq!(
                    priced.unwrap().total,
                    Money::new(major * 100, currency),
                    "{slug} {category} {age_class}"
                ),
                None => assert_eq!(
                    refused_answer(priced),
                    ("visitors[0].category".to_owned(), "fee_not_known"),
                    "{slug} {category} {age_class}"
                ),
            }
        }
    }
    let parks = catalogue.services_of("KWS").filter(|service| service.is_billable()).count();
    assert_eq!(parks, published.len(), "every park with a fee is in this table");
}

/// Every other fee, without convenience fee as it is today, and whether real money may be taken for it: that needs an
/// instrument that at least a report describes.
const PUBLISHED: &[(&str, &str, i64, Currency, bool)] = &[
    ("passport-application", r#"{"variant": "34-pages"}"#, 7_500, Kes, true),
    ("passport-application", r#"{"variant": "50-pages"}"#, 9_500, Kes, true),
    ("passport-application", r#"{"variant": "66-pages"}"#, 12_500, Kes, true),
    ("passport-replacement", "{}", 20_000, Kes, false),
    ("passport-express", "{}", 30_000, Kes, false),
    ("electronic-travel-authorisation", r#"{"quantity": 1}"#, 30, Usd, false),
    ("electronic-travel-authorisation", r#"{"quantity": 4}"#, 120, Usd, false),
    ("visa-application", r#"{"variant": "single-entry"}"#, 100, Usd, true),
    ("visa-application", r#"{"variant": "multiple-entry"}"#, 500, Usd, true),
    ("visa-application", r#"{"variant": "transit"}"#, 50, Usd, true),
    ("work-permit-class-g", "{}", 250_000, Kes, false),
    ("permanent-residence-child-born-abroad", "{}", 750_000, Kes, false),
    ("national-id-first", "{}", 300, Kes, true),
    ("national-id-replacement", "{}", 1_000, Kes, true),
    ("birth-certificate", "{}", 200, Kes, false),
    ("death-certificate", "{}", 200, Kes, false),
    ("late-birth-registration", "{}", 500, Kes, false),
    ("late-death-registration", "{}", 500, Kes, false),
    ("police-clearance-certificate", "{}", 1_000, Kes, false),
    ("renew-driving-licence", r#"{"variant": "one-year"}"#, 600, Kes, false),
    ("renew-driving-licence", r#"{"variant": "three-years"}"#, 1_400, Kes, false),
    ("smart-driving-licence", "{}", 3_000, Kes, false),
    ("motor-vehicle-search", "{}", 500, Kes, false),
    ("company-search-cr12", "{}", 600, Kes, false),
    ("business-name-registration", r#"{"quantity": 1}"#, 900, Kes, false),
    ("business-name-registration", r#"{"quantity": 3}"#, 1_100, Kes, false),
    ("kephis-laboratory-analysis", r#"{"quantity": 1}"#, 2_000, Kes, false),
    ("kephis-laboratory-analysis", r#"{"quantity": 100}"#, 2_000, Kes, false),
    ("kephis-laboratory-analysis", r#"{"quantity": 101}"#, 3_000, Kes, false),
    ("kephis-laboratory-analysis", r#"{"quantity": 350}"#, 5_000, Kes, false),
    (
        "stamp-duty-nominal-capital",
        r#"{"declared_value": {"amount": 10000000, "currency": "KES"}}"#,
        3_020,
        Kes,
        false,
    ),
    (
        "kra-prn-payment",
        r#"{"assessment": {"amount": 1234500, "currency": "KES", "reference": "2026112100012345"}}"#,
        12_345,
        Kes,
        true,
    ),
];

#[test]
fn every_other_fee_is_the_published_one_and_hearsay_is_charged_in_demonstrations_only() {
    let catalogue = Catalogue::embedded();
    for &(slug, json, major, currency, chargeable) in PUBLISHED {
        let demonstrated = catalogue.price(slug, &order(json), TODAY, Policy::DEMONSTRATION).unwrap();
        assert_eq!(demonstrated.total, Money::new(major * 100, currency), "{slug} {json}");
        let live = catalogue.price(slug, &order(json), TODAY, Policy::LIVE);
        match live {
            Ok(price) => assert!(chargeable && price == demonstrated, "{slug} was charged"),
            Err(error) => assert!(!chargeable && error.code() == "no_legal_basis", "{slug}: {error}"),
        }
    }
    let in_table: BTreeSet<_> = PUBLISHED.iter().map(|(slug, ..)| *slug).collect();
    for service in catalogue.services() {
        let is_park = service.agency.as_str() == "KWS";
        assert_eq!(
            service.is_billable() && !is_park,
            in_table.contains(service.slug.as_str()),
            "{} is in the table exactly if it has a fee",
            service.slug
        );
    }
}

/// The press printed many figures with the flat convenience fee of the time in them; they come out again.
#[test]
fn the_portal_prices_of_2023_come_out_with_the_convenience_fee_of_2023() {
    let printed = [
        ("passport-application", r#"{"variant": "34-pages"}"#, 4_550),
        ("passport-application", r#"{"variant": "50-pages"}"#, 6_050),
        ("passport-application", r#"{"variant": "66-pages"}"#, 7_550),
        ("renew-driving-licence", r#"{"variant": "one-year"}"#, 650),
        ("renew-driving-licence", r#"{"variant": "three-years"}"#, 1_450),
        ("smart-driving-licence", "{}", 3_050),
        ("motor-vehicle-search", "{}", 550),
        ("company-search-cr12", "{}", 650),
        ("police-clearance-certificate", "{}", 1_050),
        ("business-name-registration", r#"{"quantity": 1}"#, 950),
    ];
    let catalogue = Catalogue::embedded();
    for (slug, json, major) in printed {
        let price = catalogue.price(slug, &order(json), IN_2023, Policy::DEMONSTRATION).unwrap();
        assert_eq!(price.total, Money::new(major * 100, Kes), "{slug} {json}");
        let convenience = price.lines.last().unwrap();
        assert_eq!((convenience.code.as_str(), convenience.amount.minor()), ("convenience_fee", 5_000));
        assert_eq!(convenience.revenue_code.as_str(), "PLATFORM/CONVENIENCE");
    }
}

#[test]
fn a_fee_holds_from_its_first_day_to_its_last() {
    let catalogue = shapes();
    let total_on = |day| {
        catalogue.price("test-flat", &order("{}"), day, Policy::LIVE).map(|price| price.lines[0].amount)
    };
    assert_eq!(total_on(date(2020, 1, 1)), Ok(Money::new(10_000, Kes)));
    assert_eq!(total_on(date(2024, 12, 31)), Ok(Money::new(10_000, Kes)));
    assert_eq!(total_on(date(2025, 1, 1)), Ok(Money::new(12_050, Kes)));
    assert_eq!(total_on(date(2025, 12, 31)), Ok(Money::new(12_050, Kes)));
    for day in [date(2019, 12, 31), date(2026, 1, 1)] {
        assert_eq!(total_on(day).unwrap_err().code(), "no_fee_in_force", "{day}");
    }
}

#[test]
fn the_convenience_fee_follows_its_law_to_the_shilling_and_the_day() {
    let catalogue = shapes();
    let fee_on = |slug: &str, day: Date, minor: i64, currency: Currency| {
        let json = format!(r#"{{"amount": {{"amount": {minor}, "currency": "{currency}"}}}}"#);
        let price = catalogue.price(slug, &order(&json), day, Policy::DEMONSTRATION).unwrap();
        assert_eq!(price.total.minor(), minor + price.convenience_fee.amount.minor());
        price.convenience_fee.amount.minor()
    };
    let last_flat_day = date(2023, 12, 13);
    let first_banded_day = date(2023, 12, 14);
    let last_banded_day = date(2025, 3, 31);
    for shillings in [1, 199, 200, 1_000, 100_000] {
        assert_eq!(fee_on("test-open", last_flat_day, shillings * 100, Kes), 5_000);
    }
    assert_eq!(fee_on("test-open-dollars", last_flat_day, 10_000, Usd), 100);
    let bands = [
        (100, 500),
        (19_900, 500),
        (19_999, 500),
        (20_000, 1_000),
        (29_999, 1_000),
        (30_000, 1_500),
        (49_999, 1_500),
        (50_000, 2_000),
        (69_999, 2_000),
        (70_000, 2_500),
        (99_999, 2_500),
        (100_000, 5_000),
        (10_000_000, 5_000),
    ];
    for day in [first_banded_day, last_banded_day] {
        for (minor, fee) in bands {
            assert_eq!(fee_on("test-open", day, minor, Kes), fee, "{minor} on {day}");
        }
        assert_eq!(fee_on("test-open-dollars", day, 100, Usd), 100);
        assert_eq!(fee_on("test-open-dollars", day, 10_000_000, Usd), 100);
    }
    for day in [date(2025, 4, 1), TODAY] {
        assert_eq!(fee_on("test-open", day, 100_000, Kes), 0, "{day}");
        assert_eq!(fee_on("test-open-dollars", day, 100_000, Usd), 0, "{day}");
    }
}

#[test]
fn a_bill_without_convenience_fee_says_why() {
    let day = date(2024, 7, 1);
    let catalogue = shapes();
    let charged = |slug, json, policy| catalogue.price(slug, &order(json), day, policy).unwrap();
    let thousand = r#"{"amount": {"amount": 100000, "currency": "KES"}}"#;

    let with = charged("test-open", thousand, Policy::LIVE);
    assert_eq!(with.convenience_fee.amount, Money::new(5_000, Kes));
    assert!(with.convenience_fee.basis.contains("National Treasury of 14 December 2023"));
    assert_eq!(with.convenience_fee.fee_version.as_ref().unwrap().as_str(), "bands-2023-12-14");

    let waived = charged("test-waived", "{}", Policy::LIVE);
    assert_eq!((waived.lines.len(), waived.convenience_fee.amount), (1, Money::zero(Kes)));
    assert_eq!(
        waived.convenience_fee.basis,
        "Waived for this service: letter of the Treasury of 1 June 2024"
    );

    let off = charged("test-open", thousand, Policy { charge_convenience_fee: false, ..Policy::LIVE });
    assert_eq!((off.lines.len(), off.convenience_fee.amount), (1, Money::zero(Kes)));
    assert_eq!(off.convenience_fee.basis, "Switched off by the operator");

    let hearsay = catalogue.price("test-open", &order(thousand), IN_2023, Policy::LIVE).unwrap();
    assert_eq!((hearsay.lines.len(), hearsay.convenience_fee.amount), (1, Money::zero(Kes)));
    assert!(hearsay.convenience_fee.basis.starts_with("Not charged, because no legal basis"));
}

#[test]
fn a_bus_of_visitors_pays_one_convenience_fee() {
    let day = date(2025, 3, 31);
    let text = include_str!("../../services/kws.json").replace("2025-10-01", "2025-03-01");
    let mut builder = catalog::CatalogueBuilder::new();
    builder.add_file("kws.json", &text);
    builder.add_file("convenience-fee.json", include_str!("../../services/convenience-fee.json"));
    let catalogue = builder.build().unwrap();
    let bus = r#"{"visitors": [{"category": "east_african_citizen", "age_class": "adult", "count": 20},
                               {"category": "east_african_citizen", "age_class": "child", "count": 40}]}"#;
    let price = catalogue.price("kws-amboseli-entry", &order(bus), day, Policy::LIVE).unwrap();
    assert_eq!(price.total, Money::new((20 * 1_500 + 40 * 750 + 50) * 100, Kes));
    assert_eq!(price.lines.iter().filter(|line| line.code == "convenience_fee").count(), 1);
}

#[test]
fn who_is_exempt_enters_free_and_is_on_the_bill() {
    let family = r#"{"visitors": [
        {"category": "east_african_citizen", "age_class": "adult", "count": 2},
        {"category": "east_african_citizen", "age_class": "under_five", "count": 1},
        {"category": "east_african_citizen", "age_class": "seventy_plus", "count": 1},
        {"category": "non_resident", "age_class": "adult", "count": 1, "person_with_disability": true}]}"#;
    let price = price("kws-amboseli-entry", family).unwrap();
    let lines: Vec<_> = price.lines.iter().map(|line| (line.code.as_str(), line.amount)).collect();
    let free = Money::zero(Kes);
    assert_eq!(
        lines,
        [
            ("east_african_citizen.adult", Money::new(300_000, Kes)),
            ("free.under_five", free),
            ("free.citizen_seventy_plus", free),
            ("free.person_with_disability", free),
        ]
    );
    assert_eq!(price.total, Money::new(300_000, Kes));
}

#[test]
fn age_frees_citizens_only_and_everybody_free_costs_nothing() {
    let old_foreigner = price("kws-amboseli-entry", &visitors("non_resident", "seventy_plus")).unwrap();
    assert_eq!(old_foreigner.total, Money::new(9_000, Usd));
    let infant = price("kws-amboseli-entry", &visitors("non_resident", "under_five")).unwrap();
    assert_eq!((infant.total.minor(), infant.lines.len()), (0, 1));
    // A park that has no fee for Africans from elsewhere still lets their infants in.
    let infant = price("kws-meru-entry", &visitors("african_citizen", "under_five")).unwrap();
    assert!(infant.total.is_zero());
}

#[test]
fn a_group_that_would_pay_in_two_currencies_is_refused_by_name() {
    let mixed = r#"{"visitors": [{"category": "east_african_citizen", "age_class": "adult", "count": 1},
                                 {"category": "non_resident", "age_class": "adult", "count": 1}]}"#;
    let Err(PriceError::Answers { problems, .. }) = price("kws-amboseli-entry", mixed) else {
        panic!("a mixed group was priced");
    };
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].pointer(), "/visitors");
    let expected = [("visitors[0].category".to_owned(), Kes), ("visitors[1].category".to_owned(), Usd)];
    assert_eq!(problems[0].fault, AnswerFault::MixedCurrencies { currencies: expected.to_vec() });
}

/// The path and the code of the only problem of an order.
fn refused_answer(priced: Result<Price, PriceError>) -> (String, &'static str) {
    match priced {
        Err(PriceError::Answers { problems, .. }) if problems.len() == 1 => {
            (problems[0].path.clone(), problems[0].code())
        }
        other => panic!("not refused for one answer: {other:?}"),
    }
}

#[test]
fn an_answer_that_does_not_fit_is_named_with_its_place() {
    let catalogue = Catalogue::embedded();
    let tests = shapes();
    let prn = |amount: &str, currency: &str, reference: &str| {
        format!(
            r#"{{"assessment": {{"amount": {amount}, "currency": "{currency}", "reference": "{reference}"}}}}"#
        )
    };
    let visitors_of = |count: &str| {
        format!(r#"{{"visitors": [{{"category": "non_resident", "age_class": "adult", "count": {count}}}]}}"#)
    };
    let one = r#"{"category": "non_resident", "age_class": "adult", "count": 1}"#;
    let many_groups = format!(r#"{{"visitors": [{}]}}"#, [one; 21].join(","));
    let two_halves = r#"{"visitors": [{"category": "non_resident", "age_class": "adult", "count": 400},
                                      {"category": "non_resident", "age_class": "child", "count": 101}]}"#;
    let cases: &[(&Catalogue, &str, &str, &str, &str)] = &[
        (&catalogue, "passport-application", "{}", "variant", "missing"),
        (&catalogue, "passport-application", r#"{"variant": "35-pages"}"#, "variant", "unknown_variant"),
        (&catalogue, "kws-amboseli-entry", "{}", "visitors", "missing"),
        (&catalogue, "kws-amboseli-entry", &visitors_of("0"), "visitors[0].count", "out_of_range"),
        (&catalogue, "kws-amboseli-entry", &visitors_of("501"), "visitors[0].count", "out_of_range"),
        (&catalogue, "kws-amboseli-entry", &visitors_of("4294967295"), "visitors[0].count", "out_of_range"),
        (&catalogue, "kws-amboseli-entry", &many_groups, "visitors", "out_of_range"),
        (&catalogue, "kws-amboseli-entry", two_halves, "visitors", "out_of_range"),
        (&catalogue, "national-id-first", r#"{"quantity": 1}"#, "quantity", "not_asked_for"),
        (&catalogue, "business-name-registration", "{}", "quantity", "missing"),
        (&catalogue, "business-name-registration", r#"{"quantity": 0}"#, "quantity", "out_of_range"),
        (&catalogue, "business-name-registration", r#"{"quantity": 6}"#, "quantity", "out_of_range"),
        (&catalogue, "kra-prn-payment", "{}", "assessment", "missing"),
        (
            &catalogue,
            "kra-prn-payment",
            &prn("100", "KES", "20261121A0012345"),
            "assessment.reference",
            "bad_reference",
        ),
        (&catalogue, "kra-prn-payment", &prn("100", "KES", "1"), "assessment.reference", "bad_reference"),
        (
            &catalogue,
            "kra-prn-payment",
            &prn("99", "KES", "2026112100012345"),
            "assessment.amount",
            "amount_out_of_range",
        ),
        (
            &catalogue,
            "kra-prn-payment",
            &prn("-5", "KES", "2026112100012345"),
            "assessment.amount",
            "amount_out_of_range",
        ),
        (
            &catalogue,
            "kra-prn-payment",
            &prn("100", "USD", "2026112100012345"),
            "assessment.currency",
            "wrong_currency",
        ),
        (
            &tests,
            "test-open",
            r#"{"amount": {"amount": 10000001, "currency": "KES"}}"#,
            "amount.amount",
            "amount_out_of_range",
        ),
        (
            &tests,
            "test-open",
            r#"{"amount": {"amount": 100, "currency": "USD"}}"#,
            "amount.currency",
            "wrong_currency",
        ),
        (&tests, "test-bands", r#"{"quantity": 45}"#, "quantity", "out_of_range"),
        (
            &tests,
            "test-percentage",
            r#"{"declared_value": {"amount": 0, "currency": "KES"}}"#,
            "declared_value.amount",
            "amount_out_of_range",
        ),
    ];
    for (catalogue, slug, json, path, code) in cases {
        let priced = catalogue.price(slug, &order(json), TODAY, Policy::DEMONSTRATION);
        assert_eq!(refused_answer(priced), ((*path).to_owned(), *code), "{slug} {json}");
    }
}

#[test]
fn every_answer_that_does_not_fit_is_listed_at_once() {
    let json = r#"{"variant": "34-pages", "quantity": 2, "visitors": [
        {"category": "non_resident", "age_class": "adult", "count": 0},
        {"category": "african_citizen", "age_class": "child", "count": 1}]}"#;
    let error = price("kws-amboseli-entry", json).unwrap_err();
    let PriceError::Answers { problems, .. } = &error else { panic!("{error}") };
    let pointers: Vec<_> = problems.iter().map(catalog::AnswerProblem::pointer).collect();
    assert_eq!(pointers, ["/variant", "/quantity", "/visitors/0/count", "/visitors/1/category"]);
    assert_eq!(
        error.to_string(),
        "the order for kws-amboseli-entry cannot be priced: variant is not asked for by this service; quantity is \
         not asked for by this service; visitors[0].count must be from 1 to 500; visitors[1].category the fee for \
         african_citizen, child is not known to us"
    );
}

#[test]
fn bands_and_shares_keep_their_bounds() {
    let catalogue = shapes();
    let seats = |count: u32| {
        let json = format!(r#"{{"quantity": {count}}}"#);
        catalogue.price("test-bands", &order(&json), TODAY, Policy::LIVE).unwrap().total.minor() / 100
    };
    assert_eq!([1, 6, 7, 12, 13, 44].map(seats), [600, 600, 1_030, 1_030, 2_600, 2_600]);
    let share = |shillings: i64| {
        let json = format!(r#"{{"declared_value": {{"amount": {}, "currency": "KES"}}}}"#, shillings * 100);
        catalogue.price("test-percentage", &order(&json), TODAY, Policy::LIVE).unwrap().total.minor() / 100
    };
    // 0.25 %, rounded down, at least 500 and at most 40,000.
    assert_eq!(
        [1, 200_000, 1_000_399, 1_000_400, 16_000_000, 1_000_000_000].map(share),
        [500, 500, 2_500, 2_501, 40_000, 40_000]
    );
}

#[test]
fn an_assessment_keeps_its_reference_and_is_paid_exactly() {
    let json = r#"{"assessment": {"amount": 50000000, "currency": "KES", "reference": "2026112100012345"}}"#;
    let prn = price("kra-prn-payment", json).unwrap();
    assert_eq!(prn.external_reference.as_deref(), Some("2026112100012345"));
    assert_eq!(prn.part_payment, PartPayment::Exact);
    assert_eq!(prn.lines[0].code, "assessed");
    let json = r#"{"amount": {"amount": 100, "currency": "KES"}}"#;
    let top_up = shapes().price("test-open", &order(json), TODAY, Policy::LIVE).unwrap();
    assert_eq!((top_up.part_payment, top_up.external_reference), (PartPayment::Allowed, None));
}

#[test]
fn a_fee_without_law_is_charged_by_nobody_but_a_demonstration() {
    let catalogue = shapes();
    for slug in ["test-sample", "test-hearsay"] {
        let live = catalogue.price(slug, &order("{}"), TODAY, Policy::LIVE);
        assert_eq!(live.unwrap_err().code(), "no_legal_basis");
        let shown = catalogue.price(slug, &order("{}"), TODAY, Policy::DEMONSTRATION).unwrap();
        assert_eq!(shown.total, Money::new(1_000, Kes));
    }
    let sample = catalogue.service("test-sample").unwrap();
    assert!(sample.sample && sample.fees()[0].basis.is_sample());
}

#[test]
fn a_service_that_cannot_be_billed_says_why_in_both_languages() {
    let catalogue = Catalogue::embedded();
    let error = catalogue.price("cash-bail", &order("{}"), TODAY, Policy::DEMONSTRATION).unwrap_err();
    assert_eq!(error.code(), "not_billable");
    let Billing::NotBillable(reason) = &catalogue.service("cash-bail").unwrap().billing else {
        panic!("billable")
    };
    assert!(
        reason.en().starts_with("The court sets the amount") && reason.sw().starts_with("Mahakama huweka")
    );
    let error = catalogue.price("no-such-service", &order("{}"), TODAY, Policy::LIVE).unwrap_err();
    assert_eq!(error.to_string(), "the catalogue has no service \"no-such-service\"");
}

#[test]
fn a_list_can_say_what_a_service_may_come_to() {
    let catalogue = Catalogue::embedded();
    let tests = shapes();
    let shown = |catalogue: &Catalogue, slug: &str, day| {
        let ranges = catalogue.service(slug).unwrap().fee_on(day).unwrap().rule.amount_ranges();
        let text = |range: &catalog::AmountRange| match range.most {
            Some(most) if most == range.least => most.to_string(),
            Some(most) => format!("{} to {most}", range.least),
            None => format!("from {}", range.least),
        };
        ranges.iter().map(text).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(shown(&catalogue, "national-id-first", TODAY), "KES 300.00");
    assert_eq!(shown(&catalogue, "passport-application", TODAY), "KES 7,500.00 to KES 12,500.00");
    assert_eq!(
        shown(&catalogue, "kws-amboseli-entry", TODAY),
        "KES 750.00 to KES 2,025.00; USD 45.00 to USD 90.00"
    );
    assert_eq!(shown(&catalogue, "business-name-registration", TODAY), "from KES 900.00");
    assert_eq!(shown(&catalogue, "kephis-laboratory-analysis", TODAY), "from KES 2,000.00");
    assert_eq!(shown(&catalogue, "stamp-duty-nominal-capital", TODAY), "from KES 2,020.00");
    assert_eq!(shown(&catalogue, "kra-prn-payment", TODAY), "");
    assert_eq!(shown(&tests, "test-open", TODAY), "KES 1.00 to KES 100,000.00");
    assert_eq!(shown(&tests, "test-bands", TODAY), "KES 600.00 to KES 2,600.00");
    assert_eq!(shown(&tests, "test-percentage", TODAY), "from KES 500.00");
}
