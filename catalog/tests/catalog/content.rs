//! What holds for the services that come with the product.

use catalog::{Billing, Catalogue, Delivery, FeeRule, Standing, Text};

#[test]
fn there_are_services_of_many_agencies_and_most_shapes_of_fee() {
    let catalogue = Catalogue::embedded();
    assert!(catalogue.services().len() >= 150, "{} services", catalogue.services().len());
    assert!(catalogue.agencies().len() >= 40, "{} agencies", catalogue.agencies().len());
    let has = |shape: fn(&FeeRule) -> bool| {
        catalogue.services().iter().flat_map(|service| service.fees()).any(|fee| shape(&fee.rule))
    };
    assert!(has(|rule| matches!(rule, FeeRule::Flat { .. })));
    assert!(has(|rule| matches!(rule, FeeRule::Variants { .. })));
    assert!(has(|rule| matches!(rule, FeeRule::Visitors(_))));
    assert!(has(|rule| matches!(rule, FeeRule::Quantity { fixed: Some(_), .. })));
    assert!(has(|rule| matches!(rule, FeeRule::Percentage { .. })));
    assert!(has(|rule| matches!(rule, FeeRule::Steps { .. })));
    assert!(has(|rule| matches!(rule, FeeRule::Assessed { .. })));
}

#[test]
fn every_text_is_written_in_both_languages() {
    let catalogue = Catalogue::embedded();
    for agency in catalogue.agencies() {
        assert_written_twice(&agency.name, &agency.name);
    }
    for service in catalogue.services() {
        let reason = match &service.billing {
            Billing::NotBillable(reason) => Some(reason),
            Billing::Fees(_) => None,
        };
        let texts = [&service.name, &service.description];
        for text in texts.into_iter().chain(&service.requirements).chain(reason) {
            assert_written_twice(text, &service.name);
        }
        for fee in service.fees() {
            match &fee.rule {
                FeeRule::Variants { question, variants } => {
                    assert_written_twice(question, &service.name);
                    variants.iter().for_each(|variant| assert_written_twice(&variant.text, &service.name));
                }
                FeeRule::Quantity { unit, fixed, .. } => {
                    assert_written_twice(unit, &service.name);
                    fixed.iter().for_each(|part| assert_written_twice(&part.text, &service.name));
                }
                FeeRule::Percentage { of, fixed, .. } => {
                    assert_written_twice(of, &service.name);
                    fixed.iter().for_each(|part| assert_written_twice(&part.text, &service.name));
                }
                FeeRule::Bands { unit, .. } | FeeRule::Steps { unit, .. } => {
                    assert_written_twice(unit, &service.name);
                }
                FeeRule::Assessed { reference, .. } => assert_written_twice(&reference.name, &service.name),
                FeeRule::Flat { .. } | FeeRule::Visitors(_) | FeeRule::Open { .. } => {}
                FeeRule::Bundle { parts } => {
                    parts.iter().for_each(|part| assert_written_twice(&part.text, &service.name));
                }
                FeeRule::Seasons { .. } => panic!("{}: look into its seasons here", service.slug),
            }
        }
    }
}

fn assert_written_twice(text: &Text, of: &Text) {
    assert!(text.is_translated(), "{:?} of {:?} has no Kiswahili", text.en(), of.en());
}

/// A number that we do not know is never made up: the one instrument that is cited by number is the one whose number
/// the press printed.
#[test]
fn the_only_number_that_is_cited_is_the_one_that_was_published() {
    let catalogue = Catalogue::embedded();
    for service in catalogue.services() {
        assert!(!service.sample, "{} is written by hand", service.slug);
        for fee in service.fees() {
            let basis = &fee.basis;
            assert!(!basis.source_note.is_empty());
            match basis.standing {
                Standing::Numbered => {
                    assert_eq!(
                        basis.reference.as_deref(),
                        Some("Legal Notice 160 of 2025"),
                        "{}",
                        service.slug
                    );
                    assert_eq!(service.agency.as_str(), "KWS");
                }
                Standing::Reported => assert!(basis.citation().ends_with("number not known to us")),
                Standing::Unnamed => assert!(basis.citation().ends_with("instrument not known to us")),
                Standing::Assessed => assert_eq!(service.slug.as_str(), "kra-prn-payment"),
                Standing::Sample => panic!("{} rests on a sample", service.slug),
            }
        }
    }
}

#[test]
fn a_park_can_be_paid_for_at_its_gate() {
    let catalogue = Catalogue::embedded();
    for park in catalogue.services_of("KWS").filter(|service| service.is_billable()) {
        assert!(park.delivery.contains(&Delivery::Gate), "{}", park.slug);
    }
}
