//! Every fee that is written by hand against the figure that was published. The figures here were typed from the reports
//! that are named beside them, not taken from the files of the catalogue, so that a slip in either shows.

use std::collections::BTreeSet;

use catalog::{AgeClass, Catalogue, FeeRule, FeeSchedule, PayerCategory, Policy, Service};
use jiff::civil::{Date, date};

use crate::scene::order;

/// A figure that somebody published: the service, a day on which it holds, what is ordered, what it costs without the
/// convenience fee, and who reported it.
type Published = (&'static str, Date, &'static str, &'static str, &'static str);

/// A day on which every present fee holds.
const TODAY: Date = date(2026, 11, 21);
/// The last day of the old passport fees.
const BEFORE_MARCH_2024: Date = date(2024, 2, 29);
/// The first day of the park fees.
const OCTOBER_2025: Date = date(2025, 10, 1);

/// The convenience fee has its own law and its own tests.
const FEES_ALONE: Policy = Policy { accept_sample_basis: true, charge_convenience_fee: false };

const GAZETTE_2023: &str =
    "Standard, Pulse, Dailycast: gazette notice of 14 November 2023, in force 1 March 2024";
const BEFORE_GAZETTE: &str =
    "Standard, Pulse, Dailycast: the fees before; the portal showed them with 50 more";
const PULSE: &str = "Pulse";
const ID_MEMO: &str = "Pulse, Dailycast: the memo after the gazette notice";
const DAILYCAST: &str = "Dailycast";
const GOOD_CONDUCT: &str = "Kenyanfocus, Haiafrika: 1,000 and 50 of convenience fee";
const LICENCE_2019: &str = "Winstar, KICTANet, 2019: 650 and 1,450, each with 50 of convenience fee";
const SMART_LICENCE: &str =
    "generally known as 3,050 with 50 of convenience fee; 3,150 was quoted at the launch";
const INTEGRATORS: &str = "published code of integrators: 550 and 650, each with 50 of convenience fee";
const OLD_SCHEDULE: &str = "kenya-by-kenyans: 100 for each name searched, 800 for the registration";
const ETA: &str = "Travelnews, Pulse";
const PERMITS: &str = "Waza, Dailycast";
const TRADE_PROCEDURE: &str = "InfoTradeKenya: 2,000 up to 100 tonnes, then 1,000 for each further 100";
const TOOLKIT: &str = "an old toolkit for small businesses: 1 % and 2,020";
const SLIP: &str = "cyber.co.ke, tonyajoy: a slip has one number and one total";
const LN_160: &str = "Standard, Nation Nakuru, Tengele, The Informant: Legal Notice 160 of 2025";

#[rustfmt::skip] // one figure a line, as in the reports
const OFFICES: &[Published] = &[
    ("passport-application", BEFORE_MARCH_2024, r#"{"variant": "34-pages"}"#, "KES 4,500.00", BEFORE_GAZETTE),
    ("passport-application", BEFORE_MARCH_2024, r#"{"variant": "50-pages"}"#, "KES 6,000.00", BEFORE_GAZETTE),
    ("passport-application", BEFORE_MARCH_2024, r#"{"variant": "66-pages"}"#, "KES 7,500.00", BEFORE_GAZETTE),
    ("passport-application", date(2024, 3, 1), r#"{"variant": "34-pages"}"#, "KES 7,500.00", GAZETTE_2023),
    ("passport-application", date(2024, 3, 1), r#"{"variant": "50-pages"}"#, "KES 9,500.00", GAZETTE_2023),
    ("passport-application", date(2024, 3, 1), r#"{"variant": "66-pages"}"#, "KES 12,500.00", GAZETTE_2023),
    ("passport-replacement", TODAY, "{}", "KES 20,000.00", PULSE),
    ("passport-express", TODAY, "{}", "KES 30,000.00", PULSE),
    ("national-id-first", TODAY, "{}", "KES 300.00", ID_MEMO),
    ("national-id-replacement", TODAY, "{}", "KES 1,000.00", ID_MEMO),
    ("birth-certificate", TODAY, "{}", "KES 200.00", DAILYCAST),
    ("death-certificate", TODAY, "{}", "KES 200.00", DAILYCAST),
    ("late-birth-registration", TODAY, "{}", "KES 500.00", DAILYCAST),
    ("late-death-registration", TODAY, "{}", "KES 500.00", DAILYCAST),
    ("police-clearance-certificate", TODAY, "{}", "KES 1,000.00", GOOD_CONDUCT),
    ("renew-driving-licence", TODAY, r#"{"variant": "one-year"}"#, "KES 600.00", LICENCE_2019),
    ("renew-driving-licence", TODAY, r#"{"variant": "three-years"}"#, "KES 1,400.00", LICENCE_2019),
    ("smart-driving-licence", TODAY, "{}", "KES 3,000.00", SMART_LICENCE),
    ("motor-vehicle-search", TODAY, "{}", "KES 500.00", INTEGRATORS),
    ("company-search-cr12", TODAY, "{}", "KES 600.00", INTEGRATORS),
    ("business-name-registration", TODAY, r#"{"quantity": 1}"#, "KES 900.00", OLD_SCHEDULE),
    ("business-name-registration", TODAY, r#"{"quantity": 5}"#, "KES 1,300.00", OLD_SCHEDULE),
    ("electronic-travel-authorisation", TODAY, r#"{"quantity": 1}"#, "USD 30.00", ETA),
    ("visa-application", TODAY, r#"{"variant": "single-entry"}"#, "USD 100.00", DAILYCAST),
    ("visa-application", TODAY, r#"{"variant": "multiple-entry"}"#, "USD 500.00", DAILYCAST),
    ("visa-application", TODAY, r#"{"variant": "transit"}"#, "USD 50.00", DAILYCAST),
    ("work-permit-class-g", TODAY, "{}", "KES 250,000.00", PERMITS),
    ("permanent-residence-child-born-abroad", TODAY, "{}", "KES 750,000.00", PERMITS),
    ("kephis-laboratory-analysis", TODAY, r#"{"quantity": 100}"#, "KES 2,000.00", TRADE_PROCEDURE),
    ("kephis-laboratory-analysis", TODAY, r#"{"quantity": 101}"#, "KES 3,000.00", TRADE_PROCEDURE),
    ("kephis-laboratory-analysis", TODAY, r#"{"quantity": 200}"#, "KES 3,000.00", TRADE_PROCEDURE),
    ("stamp-duty-nominal-capital", TODAY,
        r#"{"declared_value": {"amount": 10000000, "currency": "KES"}}"#, "KES 3,020.00", TOOLKIT),
    ("kra-prn-payment", TODAY,
        r#"{"assessment": {"amount": 1234500, "currency": "KES", "reference": "2026112100012345"}}"#, "KES 12,345.00", SLIP),
];

/// The order of one visitor.
macro_rules! one {
    ($category:literal, $age_class:literal) => {
        concat!(
            r#"{"visitors": [{"count": 1, "category": ""#,
            $category,
            r#"", "age_class": ""#,
            $age_class,
            r#""}]}"#
        )
    };
}

const EAST_AFRICAN: &str = one!("east_african_citizen", "adult");
const EAST_AFRICAN_CHILD: &str = one!("east_african_citizen", "child");
const RESIDENT: &str = one!("kenya_resident", "adult");
const RESIDENT_CHILD: &str = one!("kenya_resident", "child");
const AFRICAN: &str = one!("african_citizen", "adult");
const NON_RESIDENT: &str = one!("non_resident", "adult");
const NON_RESIDENT_CHILD: &str = one!("non_resident", "child");

#[rustfmt::skip] // one figure a line, as in the reports
const PARKS: &[Published] = &[
    ("kws-nairobi-national-park-entry", OCTOBER_2025, EAST_AFRICAN, "KES 1,000.00", LN_160),
    ("kws-nairobi-national-park-entry", OCTOBER_2025, EAST_AFRICAN_CHILD, "KES 500.00", LN_160),
    ("kws-nairobi-national-park-entry", OCTOBER_2025, RESIDENT, "KES 1,350.00", LN_160),
    ("kws-nairobi-national-park-entry", OCTOBER_2025, RESIDENT_CHILD, "KES 675.00", LN_160),
    ("kws-nairobi-national-park-entry", OCTOBER_2025, NON_RESIDENT, "USD 80.00", LN_160),
    ("kws-amboseli-entry", OCTOBER_2025, EAST_AFRICAN, "KES 1,500.00", LN_160),
    ("kws-amboseli-entry", OCTOBER_2025, EAST_AFRICAN_CHILD, "KES 750.00", LN_160),
    ("kws-amboseli-entry", OCTOBER_2025, RESIDENT, "KES 2,025.00", LN_160),
    ("kws-amboseli-entry", OCTOBER_2025, RESIDENT_CHILD, "KES 1,050.00", LN_160),
    ("kws-amboseli-entry", OCTOBER_2025, AFRICAN, "USD 50.00", LN_160),
    ("kws-amboseli-entry", OCTOBER_2025, NON_RESIDENT, "USD 90.00", LN_160),
    ("kws-amboseli-entry", OCTOBER_2025, NON_RESIDENT_CHILD, "USD 45.00", LN_160),
    ("kws-lake-nakuru-entry", OCTOBER_2025, EAST_AFRICAN, "KES 1,500.00", LN_160),
    ("kws-lake-nakuru-entry", OCTOBER_2025, EAST_AFRICAN_CHILD, "KES 750.00", LN_160),
    ("kws-lake-nakuru-entry", OCTOBER_2025, RESIDENT, "KES 2,025.00", LN_160),
    ("kws-lake-nakuru-entry", OCTOBER_2025, RESIDENT_CHILD, "KES 1,050.00", LN_160),
    ("kws-lake-nakuru-entry", OCTOBER_2025, AFRICAN, "USD 50.00", LN_160),
    ("kws-lake-nakuru-entry", OCTOBER_2025, NON_RESIDENT, "USD 90.00", LN_160),
    ("kws-lake-nakuru-entry", OCTOBER_2025, NON_RESIDENT_CHILD, "USD 45.00", LN_160),
    ("kws-tsavo-east-entry", OCTOBER_2025, EAST_AFRICAN, "KES 1,000.00", LN_160),
    ("kws-tsavo-east-entry", OCTOBER_2025, EAST_AFRICAN_CHILD, "KES 500.00", LN_160),
    ("kws-tsavo-east-entry", OCTOBER_2025, RESIDENT, "KES 1,350.00", LN_160),
    ("kws-tsavo-west-entry", OCTOBER_2025, EAST_AFRICAN, "KES 1,000.00", LN_160),
    ("kws-tsavo-west-entry", OCTOBER_2025, EAST_AFRICAN_CHILD, "KES 500.00", LN_160),
    ("kws-tsavo-west-entry", OCTOBER_2025, RESIDENT, "KES 1,350.00", LN_160),
    ("kws-meru-entry", OCTOBER_2025, EAST_AFRICAN, "KES 800.00", LN_160),
    ("kws-meru-entry", OCTOBER_2025, RESIDENT, "KES 1,100.00", LN_160),
    ("kws-kora-entry", OCTOBER_2025, EAST_AFRICAN, "KES 800.00", LN_160),
    ("kws-kora-entry", OCTOBER_2025, RESIDENT, "KES 1,100.00", LN_160),
    ("kws-aberdare-entry", OCTOBER_2025, EAST_AFRICAN, "KES 800.00", LN_160),
    ("kws-aberdare-entry", OCTOBER_2025, RESIDENT, "KES 1,100.00", LN_160),
    ("kws-mount-kenya-entry", OCTOBER_2025, RESIDENT, "KES 1,100.00", LN_160),
    ("kws-hells-gate-entry", OCTOBER_2025, EAST_AFRICAN, "KES 500.00", LN_160),
    ("kws-hells-gate-entry", OCTOBER_2025, RESIDENT, "KES 675.00", LN_160),
    ("kws-longonot-entry", OCTOBER_2025, EAST_AFRICAN, "KES 500.00", LN_160),
    ("kws-longonot-entry", OCTOBER_2025, RESIDENT, "KES 675.00", LN_160),
    ("kws-elementaita-entry", OCTOBER_2025, EAST_AFRICAN, "KES 500.00", LN_160),
    ("kws-elementaita-entry", OCTOBER_2025, RESIDENT, "KES 675.00", LN_160),
    ("kws-nairobi-package-entry", OCTOBER_2025, EAST_AFRICAN, "KES 1,300.00", LN_160),
    ("kws-nairobi-package-entry", OCTOBER_2025, RESIDENT, "KES 1,750.00", LN_160),
];

/// Children under five, persons with disabilities and citizens of seventy and more enter every park free.
const FREE: &[(&str, &str)] = &[
    ("free.under_five", one!("non_resident", "under_five")),
    ("free.citizen_seventy_plus", one!("east_african_citizen", "seventy_plus")),
    (
        "free.person_with_disability",
        r#"{"visitors": [{"category": "kenya_resident", "age_class": "adult", "count": 1,
                          "person_with_disability": true}]}"#,
    ),
];

/// One amount that the catalogue holds: of a service, in a version of its fee, by the code that its line has.
type Figure = (String, String, String);

#[test]
fn every_fee_that_is_written_by_hand_is_the_figure_that_was_published() {
    let catalogue = Catalogue::embedded();
    let mut seen = BTreeSet::new();
    for &(slug, day, json, total, source) in OFFICES.iter().chain(PARKS) {
        let price = catalogue
            .price(slug, &order(json), day, FEES_ALONE)
            .unwrap_or_else(|error| panic!("{slug} {json} on {day}: {error}"));
        assert_eq!(price.total.to_string(), total, "{slug} {json} on {day}, by {source}");
        for line in price.lines {
            seen.insert((slug.to_owned(), line.fee_version.to_string(), line.code));
        }
    }
    let held: BTreeSet<Figure> = catalogue
        .services()
        .iter()
        .flat_map(|service| service.fees().iter().flat_map(|fee| figures(service, fee)))
        .collect();
    let missing: Vec<_> = held.difference(&seen).collect();
    assert!(missing.is_empty(), "no published figure stands beside {missing:?}");
    let unknown: Vec<_> = seen.difference(&held).collect();
    assert!(unknown.is_empty(), "this test does not know where these lines come from: {unknown:?}");
}

#[test]
fn whoever_the_notice_frees_enters_every_park_free_and_nobody_else_does() {
    let catalogue = Catalogue::embedded();
    for park in catalogue.services_of("KWS").filter(|service| service.is_billable()) {
        for (code, json) in FREE {
            let price = catalogue.price(park.slug.as_str(), &order(json), TODAY, FEES_ALONE).unwrap();
            assert!(price.total.is_zero(), "{} {json}", park.slug);
            assert_eq!(price.lines[0].code, *code, "{}", park.slug);
        }
        let exemptions = park.fees().iter().filter_map(|fee| match &fee.rule {
            FeeRule::Visitors(fees) => Some(fees.exemptions().len()),
            _ => None,
        });
        assert_eq!(exemptions.collect::<Vec<_>>(), [FREE.len()], "{}", park.slug);
    }
}

/// The amounts of one version of a fee. Matched without a rest, so that a new shape cannot slip past the table.
fn figures(service: &Service, fee: &FeeSchedule) -> Vec<Figure> {
    let with_fixed = |code: &str, has_fixed: bool| {
        let fixed = has_fixed.then(|| "fixed".to_owned());
        [Some(code.to_owned()), fixed].into_iter().flatten().collect()
    };
    assert_eq!(
        fee.additions,
        catalog::Additions::default(),
        "{} adds to its fee: say what covers it",
        service.slug
    );
    let codes: Vec<String> = match &fee.rule {
        FeeRule::Flat { .. } => vec!["flat".to_owned()],
        FeeRule::Variants { variants, .. } => {
            variants.iter().map(|variant| variant.code.to_string()).collect()
        }
        FeeRule::Visitors(fees) => PayerCategory::ALL
            .into_iter()
            .flat_map(|category| [AgeClass::Adult, AgeClass::Child].map(|age_class| (category, age_class)))
            .filter(|(category, age_class)| fees.amount(*category, *age_class).is_some())
            .map(|(category, age_class)| format!("{category}.{age_class}"))
            .collect(),
        FeeRule::Quantity { fixed, .. } => with_fixed("each", fixed.is_some()),
        FeeRule::Percentage { fixed, .. } => with_fixed("share", fixed.is_some()),
        FeeRule::Steps { .. } => vec!["base".to_owned(), "step".to_owned()],
        FeeRule::Assessed { .. } => vec!["assessed".to_owned()],
        FeeRule::Bands { .. } | FeeRule::Open { .. } | FeeRule::Bundle { .. } | FeeRule::Seasons { .. } => {
            panic!(
                "{} has a fee of a shape that had not been published so far: say what covers it",
                service.slug
            )
        }
    };
    codes.into_iter().map(|code| (service.slug.to_string(), fee.version.to_string(), code)).collect()
}
