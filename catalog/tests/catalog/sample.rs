//! What holds for the generated services: they are the same everywhere, they are marked, they reach every corner of the
//! format, and only a demonstration charges for them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use catalog::sample::{self, edge};
use catalog::{
    AgeClass, Assessment, Billing, Catalogue, CatalogueBuilder, County, FeeRule, Order, PayerCategory,
    Policy, PriceError, ReferenceCharacters, SERVICES_MAX, Service, Standing, VisitorGroup,
};
use jiff::civil::{Date, date};
use ledger::{Currency, Money};
use proptest::prelude::*;

use crate::scene::order;

const TODAY: Date = date(2026, 11, 21);

/// The demonstration as it starts when it is told nothing; built once, because it takes a while unoptimised.
static DEMONSTRATION: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::demonstration(sample::DEMONSTRATION_SERVICES, sample::DEMONSTRATION_SEED));

fn only_samples(count: usize, seed: u64) -> Catalogue {
    let mut builder = CatalogueBuilder::new();
    builder.add_samples(count, seed);
    builder.build().unwrap()
}

fn samples() -> impl Iterator<Item = &'static Service> {
    DEMONSTRATION.services().iter().filter(|service| service.sample)
}

fn edge_case(slug: &str) -> &'static Service {
    DEMONSTRATION.service(slug).unwrap_or_else(|| panic!("{slug} is not there"))
}

fn price(slug: &str, order: &Order, day: Date) -> Result<Money, PriceError> {
    DEMONSTRATION.price(slug, order, day, Policy::DEMONSTRATION).map(|price| price.total)
}

/// The contract with everybody who keeps a link, a bill or a measurement of a demonstration: a seed and a count name
/// one catalogue. The hash may change when tables or texts of the samples are changed on purpose, and then with a line
/// in the commit that says so; never because a library, a compiler or a machine is another. Services that are written
/// by hand are not in it.
#[test]
fn a_seed_and_a_count_name_one_catalogue() {
    let catalogue = only_samples(3_000, 7);
    assert_eq!(catalogue.services().len(), 3_000);
    assert_eq!(
        catalogue.hash().to_string(),
        "d367a454c98d0201ca7b76a73f48e331b4fb86e12a415fcd5d40dc257344cc84"
    );
    assert_eq!(catalogue.hash(), only_samples(3_000, 7).hash());
    assert_ne!(catalogue.hash(), only_samples(3_000, 8).hash());
}

#[test]
fn samples_fill_a_catalogue_up_and_take_nothing_out() {
    let embedded = Catalogue::embedded();
    let by_hand = embedded.services().len();
    for services_total in [0, 1, by_hand] {
        assert_eq!(Catalogue::demonstration(services_total, 7).hash(), embedded.hash());
    }
    let one_more = Catalogue::demonstration(by_hand + 1, 7);
    assert_eq!(one_more.services().len(), by_hand + 1);
    assert_eq!(one_more.service(edge::FREE).map(|service| service.sample), Some(true));
    assert_eq!(DEMONSTRATION.services().len(), 22_000);
    assert_eq!(samples().count(), 22_000 - by_hand);
    for service in embedded.services() {
        assert_eq!(DEMONSTRATION.service(service.slug.as_str()), Some(service));
    }
}

#[test]
fn a_larger_catalogue_holds_all_of_a_smaller_one() {
    let larger = sample::rows(2_000, 7);
    let smaller = sample::rows(700, 7);
    assert_eq!(larger.services[..700], smaller.services);
    assert_eq!(larger.agencies[..smaller.agencies.len()], smaller.agencies);
    assert_eq!(sample::rows(0, 7), Default::default());
}

#[test]
fn the_seed_sets_amounts_and_no_names() {
    let (one, other) = (sample::rows(2_000, 1).services, sample::rows(2_000, 2).services);
    for (one, other) in one.iter().zip(&other) {
        assert_eq!((&one.slug, &one.name, &one.county), (&other.slug, &other.name, &other.county));
    }
    let differing = one.iter().zip(&other).filter(|(one, other)| one.fees != other.fees).count();
    assert!(differing > 1_200, "only {differing} of 2,000 fees differ");
}

#[test]
fn every_county_has_a_government_and_services_early() {
    let small = only_samples(200, 7);
    for catalogue in [&small, &DEMONSTRATION] {
        let counties: BTreeSet<County> =
            catalogue.services().iter().filter_map(|service| service.county).collect();
        assert_eq!(counties.len(), 47);
        let governments =
            catalogue.agencies().iter().filter(|agency| agency.code.as_str().starts_with("CG-"));
        assert_eq!(governments.count(), 47);
    }
    for county in County::all() {
        let within = samples().filter(|service| service.county == Some(county)).count();
        assert!((400..500).contains(&within), "{within} services in {county}");
    }
    assert!(DEMONSTRATION.agencies().len() < 2_000, "{} agencies", DEMONSTRATION.agencies().len());
}

#[test]
fn every_shape_of_fee_is_there_in_numbers() {
    let mut counts = [0_usize; 9];
    for fee in samples().flat_map(Service::fees) {
        counts[match fee.rule {
            FeeRule::Flat { .. } => 0,
            FeeRule::Variants { .. } => 1,
            FeeRule::Visitors(_) => 2,
            FeeRule::Quantity { .. } => 3,
            FeeRule::Percentage { .. } => 4,
            FeeRule::Bands { .. } => 5,
            FeeRule::Steps { .. } => 6,
            FeeRule::Assessed { .. } => 7,
            FeeRule::Open { .. } => 8,
            // At the edge only.
            FeeRule::Bundle { .. } | FeeRule::Seasons { .. } => continue,
        }] += 1;
    }
    assert!(counts.iter().all(|count| *count >= 200), "{counts:?}");
    let free = samples().filter(|service| !service.is_billable()).count();
    assert!(free >= 1_000, "{free} free services");
    let with_versions = samples().filter(|service| service.fees().len() > 1).count();
    assert!(with_versions >= 500, "{with_versions} services whose fee changes");
}

#[test]
fn every_sample_says_that_it_is_one_in_both_languages() {
    for service in samples() {
        let texts = [&service.name, &service.description];
        assert!(texts.into_iter().chain(&service.requirements).all(|text| text.is_translated()));
        assert!(service.description.en().contains("generated example"), "{}", service.slug);
        assert!(service.description.sw().contains("Mfano uliotungwa"), "{}", service.slug);
        assert!(service.slug.as_str().starts_with("sample-"), "{}", service.slug);
        for fee in service.fees() {
            assert_eq!(fee.basis.standing, Standing::Sample);
            assert!(fee.basis.reference.as_deref().unwrap().starts_with("SAMPLE/"));
        }
    }
}

/// The size of what a demonstration holds in memory and sends, in bytes of JSON.
#[test]
fn samples_are_as_large_as_services_are() {
    let bytes = DEMONSTRATION.to_json().len() / DEMONSTRATION.services().len();
    assert!((700..1_100).contains(&bytes), "{bytes} bytes a service");
}

#[test]
fn the_edge_of_money_is_there() {
    assert!(matches!(price(edge::FREE, &Order::default(), TODAY), Err(PriceError::NotBillable { .. })));
    assert_eq!(price(edge::DOLLARS, &Order::default(), TODAY), Ok(Money::new(3_050, Currency::Usd)));
    assert_eq!(price(edge::SMALLEST_FEE, &Order::default(), TODAY), Ok(Money::new(100, Currency::Kes)));
    assert_eq!(
        price(edge::ABOVE_MOBILE_MONEY, &Order::default(), TODAY),
        Ok(Money::new(25_000_100, Currency::Kes))
    );
    let trillions = |quantity| Order { quantity: Some(quantity), ..Order::default() };
    assert_eq!(
        price(edge::LARGEST_AMOUNTS, &trillions(2), TODAY),
        Ok(Money::new(300_000_000_000_000, Currency::Kes))
    );
    assert_eq!(
        price(edge::LARGEST_AMOUNTS, &trillions(9_000), TODAY),
        Ok(Money::new(900_100_000_000_000_000, Currency::Kes))
    );
    let shillings = |shillings: i64| Ok(Money::new(shillings * 100, Currency::Kes));
    assert_eq!(price(edge::PACKAGE, &Order::default(), TODAY), shillings(1_300));
    assert_eq!(
        price(edge::STAY, &order(r#"{"quantity": 2, "times": 3}"#), TODAY),
        Ok(Money::new(12_000, Currency::Usd))
    );
    assert_eq!(price(edge::SEASONS, &order(r#"{"date": "2026-12-24"}"#), TODAY), shillings(900));
    let everything =
        r#"{"urgency": "express", "waiver": "hardship", "penalties": [{"code": "late"}], "channel": "card"}"#;
    // Half of 605 is 302, and 2,000 and 300; of 2,602 a fortieth is 65.
    assert_eq!(price(edge::ADDITIONS, &order(everything), TODAY), shillings(2_667));
    let family = order(
        r#"{"visitors": [{"category": "non_resident", "age_class": "adult", "count": 2},
                         {"category": "non_resident", "age_class": "child", "count": 1},
                         {"category": "non_resident", "age_class": "under_five", "count": 1}]}"#,
    );
    assert_eq!(price(edge::VISITORS, &family, TODAY), Ok(Money::new(8_750, Currency::Usd)));
    let resident =
        order(r#"{"visitors": [{"category": "kenya_resident", "age_class": "child", "count": 1}]}"#);
    assert_eq!(price(edge::VISITORS, &resident, TODAY), Ok(Money::new(27_500, Currency::Kes)));
}

#[test]
fn the_edge_of_time_is_there() {
    let change_day: Date = edge::FEE_CHANGE_DAY.parse().unwrap();
    assert!(change_day > TODAY);
    let on = |day| price(edge::FEE_CHANGE, &Order::default(), day);
    assert_eq!(on(change_day.yesterday().unwrap()), Ok(Money::new(50_000, Currency::Kes)));
    assert_eq!(on(change_day), Ok(Money::new(65_000, Currency::Kes)));

    let suspended = edge_case(edge::SUSPENDED);
    assert!(!suspended.fees().is_empty());
    assert!(matches!(price(edge::SUSPENDED, &Order::default(), TODAY), Err(PriceError::NoFeeInForce { .. })));
    assert_eq!(
        price(edge::SUSPENDED, &Order::default(), date(2025, 6, 30)),
        Ok(Money::new(90_000, Currency::Kes))
    );
}

#[test]
fn the_edge_of_texts_and_lists_is_there() {
    let longest = &edge_case(edge::LONGEST_NAME).name;
    assert_eq!((longest.en().chars().count(), longest.sw().chars().count()), (240, 240));
    assert!(longest.en().len() > 240, "characters are counted, not bytes");
    let accents = edge_case(edge::ACCENTS).name.en();
    assert!(["\u{2019}", "'", "ĩ", "ũ", "é"].iter().all(|letter| accents.contains(letter)), "{accents}");

    let FeeRule::Variants { variants, .. } = &edge_case(edge::MOST_VARIANTS).fees()[0].rule else {
        panic!("variants");
    };
    assert_eq!(variants.len(), 100);
    let most = edge_case(edge::MOST_REQUIREMENTS);
    assert_eq!((most.requirements.len(), most.keywords.len()), (30, 60));
    assert_eq!(most.requirements[0].sw().chars().count(), 400);
    assert_eq!(most.description.en().chars().count(), 2_000);

    let of_one_name: BTreeSet<_> = DEMONSTRATION
        .services()
        .iter()
        .filter(|service| service.name.en() == sample::SAME_NAME)
        .map(|service| &service.agency)
        .collect();
    assert!(of_one_name.len() >= 17, "{} agencies", of_one_name.len());
}

#[test]
fn real_money_is_taken_for_no_sample() {
    for service in samples() {
        let refusal = DEMONSTRATION
            .price(service.slug.as_str(), &fitting_order(service), TODAY, Policy::LIVE)
            .expect_err(service.slug.as_str());
        match refusal {
            PriceError::NoLegalBasis { .. } => {}
            PriceError::NotBillable { .. } => assert!(!service.is_billable()),
            PriceError::NoFeeInForce { .. } => assert_eq!(service.slug.as_str(), edge::SUSPENDED),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_demonstration_charges_for_every_sample_that_is_neither_free_nor_suspended() {
    for service in samples() {
        let slug = service.slug.as_str();
        match DEMONSTRATION.price(slug, &fitting_order(service), TODAY, Policy::DEMONSTRATION) {
            Ok(price) => assert!(price.total.is_positive(), "{slug}"),
            Err(PriceError::NotBillable { .. }) => {
                assert!(matches!(service.billing, Billing::NotBillable(_)))
            }
            Err(PriceError::NoFeeInForce { .. }) => assert_eq!(slug, edge::SUSPENDED),
            Err(other) => panic!("{other}"),
        }
    }
}

/// An order that the fee of today can price.
fn fitting_order(service: &Service) -> Order {
    let mut order = Order::default();
    let Some(fee) = service.fee_on(TODAY) else { return order };
    match &fee.rule {
        FeeRule::Flat { .. } => {}
        FeeRule::Variants { variants, .. } => {
            order.variant = variants.last().map(|variant| variant.code.to_string());
        }
        FeeRule::Visitors(_) => order.visitors.push(VisitorGroup {
            category: PayerCategory::AfricanCitizen,
            age_class: AgeClass::Child,
            count: 3,
            person_with_disability: false,
        }),
        FeeRule::Quantity { times, .. } => {
            order.quantity = Some(1);
            order.times = times.as_ref().map(|_| 1);
        }
        FeeRule::Bands { .. } | FeeRule::Steps { .. } => order.quantity = Some(1),
        FeeRule::Percentage { value_max, .. } => order.declared_value = Some(*value_max),
        FeeRule::Assessed { reference, amount_max, .. } => {
            let character = match reference.characters {
                ReferenceCharacters::Digits => "7",
                ReferenceCharacters::LettersAndDigits => "K",
            };
            let reference = character.repeat(usize::from(reference.length_min));
            order.assessment = Some(Assessment { amount: *amount_max, reference });
        }
        FeeRule::Open { amount_min, .. } => order.amount = Some(*amount_min),
        FeeRule::Bundle { .. } => {}
        FeeRule::Seasons { .. } => order.date = Some(TODAY),
    }
    order
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // None make none: a catalogue has a service.
    #[test]
    fn any_seed_and_any_count_make_a_catalogue(count in 1..1_500_usize, seed in any::<u64>()) {
        prop_assert_eq!(only_samples(count, seed).services().len(), count);
    }
}

#[test]
fn nobody_gets_more_samples_than_a_catalogue_holds() {
    assert_eq!(sample::rows(usize::MAX, 7).services.len(), SERVICES_MAX);
}
