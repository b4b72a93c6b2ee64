//! What holds for every query, whatever a stranger sends.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use catalog::{Catalogue, County, Filters, Language};
use proptest::prelude::*;

use super::crowd;

/// Real services, and some of every county.
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| crowd::catalogue(1_000));

/// Any text, and texts that come near to what is indexed.
fn queries() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "\\PC{0,12}",
        "[a-z]{1,12}",
        Just("passport".to_owned()),
        Just("kisumu".to_owned()),
        Just("driving licence".to_owned()),
        Just("kitambulisho".to_owned()),
        Just("ada".to_owned()),
        Just("the".to_owned()),
    ];
    prop_oneof![
        any::<String>(),
        "(?s).{0,400}",
        proptest::collection::vec(word, 0..6).prop_map(|words| words.join(" ")),
        // A word of a name with a letter too few, which is what is typed most.
        (0..10_000_usize, 0..40_usize).prop_map(|(service, letter)| {
            let services = CATALOGUE.services();
            let name = services[service % services.len()].name.en();
            name.chars().enumerate().filter(|(place, _)| *place != letter).map(|(_, letter)| letter).collect()
        }),
    ]
}

fn filters() -> impl Strategy<Value = Filters> {
    let agency = proptest::option::of(prop_oneof![Just("KWS"), Just("CG-42"), Just("NOBODY")]);
    let county = proptest::option::of(0..47_usize);
    let ministry = proptest::option::weighted(0.2, Just("Ministry Of Health"));
    (agency, county, ministry, any::<bool>()).prop_map(|(agency, county, ministry, billable_only)| Filters {
        agency: agency.map(|code| code.parse().unwrap()),
        county: county.and_then(|place| County::all().nth(place)),
        ministry: ministry.map(Into::into),
        billable_only,
    })
}

fn languages() -> impl Strategy<Value = Language> {
    prop_oneof![Just(Language::En), Just(Language::Sw)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_answer_keeps_its_promises(
        query in queries(), language in languages(), filters in filters(), limit in 0..40_usize,
    ) {
        let answer = CATALOGUE.search(&query, language, &filters, limit);
        prop_assert!(answer.hits.len() <= limit);
        prop_assert_eq!(answer.hits.len(), answer.total_count.min(limit));
        let distinct: BTreeSet<_> = answer.hits.iter().map(|hit| hit.service).collect();
        prop_assert_eq!(distinct.len(), answer.hits.len());
        for hit in &answer.hits {
            prop_assert!(hit.service.position() < CATALOGUE.services().len());
            let service = CATALOGUE.service_at(hit.service);
            prop_assert!(filters.agency.as_ref().is_none_or(|agency| *agency == service.agency));
            prop_assert!(filters.county.is_none() || filters.county == service.county);
            prop_assert!(!filters.billable_only || service.is_billable());
            let ministry = CATALOGUE.agency_of(service).ministry.clone();
            prop_assert!(filters.ministry.is_none() || filters.ministry == ministry);
        }
        prop_assert!(answer.hits.is_sorted_by(|earlier, later| earlier.score >= later.score));
        prop_assert_eq!(&CATALOGUE.search(&query, language, &filters, limit), &answer);
    }

    /// A longer list begins like a shorter one, and the facets count all of it.
    #[test]
    fn the_limit_cuts_and_changes_nothing_else(query in queries(), language in languages(), filters in filters()) {
        let whole = CATALOGUE.search(&query, language, &filters, usize::MAX);
        let cut = CATALOGUE.search(&query, language, &filters, 5);
        prop_assert_eq!(whole.total_count, cut.total_count);
        prop_assert_eq!(&whole.hits[..cut.hits.len()], &cut.hits[..]);
        prop_assert_eq!(&whole.facets, &cut.facets);
        prop_assert_eq!(&whole.did_you_mean, &cut.did_you_mean);
        for facet in &whole.facets.agencies {
            let of_agency =
                whole.hits.iter().filter(|hit| CATALOGUE.service_at(hit.service).agency == facet.value).count();
            prop_assert_eq!(of_agency, facet.count);
        }
        for facet in &whole.facets.counties {
            let of_county = whole
                .hits
                .iter()
                .filter(|hit| CATALOGUE.service_at(hit.service).county == Some(facet.value))
                .count();
            prop_assert_eq!(of_county, facet.count);
        }
    }

    /// What is offered instead leads somewhere, and needs no offer itself.
    #[test]
    fn what_is_offered_instead_is_found(query in queries(), language in languages()) {
        let answer = CATALOGUE.search(&query, language, &Filters::default(), 5);
        if let Some(meant) = answer.did_you_mean {
            prop_assert!(CATALOGUE.search(&meant, language, &Filters::default(), 5).total_count > 0, "{meant}");
        }
    }

    #[test]
    fn an_explanation_explains_the_answer_and_adds_up(
        query in queries(), language in languages(), filters in filters(), limit in 0..20_usize,
    ) {
        let explanation = CATALOGUE.explain(&query, language, &filters, limit);
        prop_assert_eq!(&CATALOGUE.search(&query, language, &filters, limit), &explanation.answer);
        prop_assert_eq!(explanation.hits.len(), explanation.answer.hits.len());
        for (hit, explained) in explanation.answer.hits.iter().zip(&explanation.hits) {
            prop_assert_eq!(&CATALOGUE.service_at(hit.service).slug, &explained.slug);
            prop_assert_eq!(hit.score, explained.parts.total());
            let words: u32 = explained.contributions.iter().map(|word| word.points()).sum();
            prop_assert_eq!(words, explained.parts.words);
        }
        prop_assert!(explanation.to_string().lines().count() > explanation.hits.len());
    }
}
