//! A golden list: what people type, and the service that must be on top.

use std::collections::BTreeSet;

use catalog::{Catalogue, Filters, Language, MatchReason};

use Language::{En, Sw};

fn top(catalogue: &Catalogue, query: &str, language: Language) -> Vec<String> {
    let found = catalogue.search(query, language, &Filters::default(), 3);
    found.hits.iter().map(|hit| catalogue.service_at(hit.service).slug.to_string()).collect()
}

const FIRST: &[(&str, Language, &str)] = &[
    ("amboseli", En, "kws-amboseli-entry"),
    ("AMBOSELI national park", En, "kws-amboseli-entry"),
    ("ambo", En, "kws-amboseli-entry"),
    ("kiingilio cha amboseli", Sw, "kws-amboseli-entry"),
    ("lake nakuru", En, "kws-lake-nakuru-entry"),
    ("hells gate", En, "kws-hells-gate-entry"),
    ("hell's gate", En, "kws-hells-gate-entry"),
    ("mlima kenya", Sw, "kws-mount-kenya-entry"),
    ("mt kenya", En, "kws-mount-kenya-entry"),
    ("animal orphanage", En, "kws-nairobi-package-entry"),
    ("passport", En, "passport-application"),
    ("how do I get a passport", En, "passport-application"),
    ("pasipoti", Sw, "passport-application"),
    ("lost passport", En, "passport-replacement"),
    ("pasipoti iliyopotea", Sw, "passport-replacement"),
    ("urgent passport", En, "passport-express"),
    ("eTA", En, "electronic-travel-authorisation"),
    ("eta kenya tourist", En, "electronic-travel-authorisation"),
    ("visa", En, "visa-application"),
    ("work permit", En, "work-permit-class-g"),
    ("kitambulisho kipya", Sw, "national-id-first"),
    ("kitambulisho kilichopotea", Sw, "national-id-replacement"),
    ("lost id", En, "national-id-replacement"),
    ("birth certificate", En, "birth-certificate"),
    ("cheti cha kuzaliwa", Sw, "birth-certificate"),
    ("cheti cha kifo", Sw, "death-certificate"),
    ("good conduct", En, "police-clearance-certificate"),
    ("tabia njema", Sw, "police-clearance-certificate"),
    ("PCC", En, "police-clearance-certificate"),
    ("renew driving licence", En, "renew-driving-licence"),
    ("driving license renewal", En, "renew-driving-licence"),
    ("DL", En, "renew-driving-licence"),
    ("leseni ya udereva", Sw, "renew-driving-licence"),
    ("smart dl", En, "smart-driving-licence"),
    ("car search", En, "motor-vehicle-search"),
    ("cr12", En, "company-search-cr12"),
    ("business name", En, "business-name-registration"),
    ("jina la biashara", Sw, "business-name-registration"),
    ("prn", En, "kra-prn-payment"),
    ("lipa kodi", Sw, "kra-prn-payment"),
    ("kra pin", En, "kra-pin-registration"),
    ("tcc", En, "tax-compliance-certificate"),
    ("stamp duty", En, "stamp-duty-nominal-capital"),
    ("faini", Sw, "court-fine"),
    ("ndoa ya kiserikali", Sw, "civil-marriage"),
    ("nhif", En, "sha-member-registration"),
    ("psv", En, "psv-badge"),
];

#[test]
fn the_service_that_is_meant_is_on_top() {
    let catalogue = Catalogue::embedded();
    let missed: Vec<_> = FIRST
        .iter()
        .map(|(query, language, slug)| (query, slug, top(&catalogue, query, *language)))
        .filter(|(_, slug, found)| found.first().map(String::as_str) != Some(slug))
        .map(|(query, slug, found)| format!("{query:?} should be {slug}, was {found:?}"))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_service_is_first_under_its_own_name_in_both_languages() {
    let catalogue = Catalogue::embedded();
    for service in catalogue.services() {
        for language in Language::ALL {
            let found =
                catalogue.search(service.name.in_language(language), language, &Filters::default(), 1);
            assert_eq!(catalogue.service_at(found.hits[0].service).slug, service.slug, "{language}");
            assert_eq!(found.hits[0].reason, MatchReason::ExactName, "{}", service.slug);
        }
    }
}

#[test]
fn a_hit_says_why_it_is_there() {
    let catalogue = Catalogue::embedded();
    let reason = |query, slug: &str| {
        let found = catalogue.search(query, En, &Filters::default(), 100);
        let hit = found.hits.iter().find(|hit| catalogue.service_at(hit.service).slug.as_str() == slug);
        hit.map(|hit| hit.reason)
    };
    assert_eq!(reason("birth certificate", "birth-certificate"), Some(MatchReason::ExactName));
    assert_eq!(reason("CR12", "company-search-cr12"), Some(MatchReason::Acronym));
    assert_eq!(reason("company directors CR12", "company-search-cr12"), Some(MatchReason::Acronym));
    assert_eq!(reason("travel authorisation", "electronic-travel-authorisation"), Some(MatchReason::Name));
    assert_eq!(reason("logbook", "vehicle-transfer"), Some(MatchReason::Keyword));
    assert_eq!(reason("ecs", "phytosanitary-certificate"), Some(MatchReason::PublishedName));
    assert_eq!(reason("Sheria House", "civil-marriage"), Some(MatchReason::Agency));
    assert_eq!(reason("stolen mutilated", "passport-replacement"), Some(MatchReason::Keyword));
    assert_eq!(reason("snorkel", "kws-marine-park-entry"), Some(MatchReason::Keyword));
    assert_eq!(reason("redesigned passport hologram", "passport-application"), None);
    assert_eq!(reason("passport hologram", "passport-application"), Some(MatchReason::SomeWords));
    assert_eq!(reason("register crosses quay", "kpa-wharfage-dry-general"), Some(MatchReason::SomeWords));
    assert_eq!(reason("", "birth-certificate"), Some(MatchReason::Listed));
}

#[test]
fn filters_hold_and_the_total_counts_what_is_not_shown() {
    let catalogue = Catalogue::embedded();
    let of_kws = Filters { agency: Some("KWS".parse().unwrap()), ..Filters::default() };
    let found = catalogue.search("", En, &of_kws, 4);
    assert_eq!((found.hits.len(), found.total_count), (4, catalogue.services_of("KWS").len()));
    let billable = Filters { billable_only: true, ..of_kws.clone() };
    let found = catalogue.search("entry", En, &billable, 100);
    assert!(found.hits.iter().all(|hit| catalogue.service_at(hit.service).is_billable()));
    let ministry = Filters { ministry: Some("Ministry Of Health".into()), ..Filters::default() };
    let found = catalogue.search("register", En, &ministry, 100);
    let agencies: BTreeSet<_> =
        found.hits.iter().map(|hit| catalogue.service_at(hit.service).agency.as_str()).collect();
    let of_health =
        |code: &&str| catalogue.agency(code).unwrap().ministry.as_deref() == Some("Ministry Of Health");
    assert!(agencies.contains("SHA") && agencies.iter().all(of_health), "{agencies:?}");
    assert_eq!(catalogue.search("xyzzy", En, &Filters::default(), 10).total_count, 0);
    assert!(catalogue.search("passport", En, &Filters::default(), 0).hits.is_empty());
}

#[test]
fn a_hostile_query_is_bounded_and_harmless() {
    let catalogue = Catalogue::embedded();
    let long = "passport ".repeat(100_000);
    assert_eq!(top(&catalogue, &long, En)[0], "passport-application");
    for query in ["\0\u{FFFF}", "%_*?[(", "' OR 1=1 --", "\u{202E}tropssap", "😀😀😀", &"a".repeat(10_000)]
    {
        let _ = catalogue.search(query, Sw, &Filters::default(), 10);
    }
}

#[test]
fn the_order_is_the_same_every_time() {
    let first = Catalogue::embedded();
    let second = Catalogue::embedded();
    for (query, language, _) in FIRST {
        let search = |catalogue: &Catalogue| catalogue.search(query, *language, &Filters::default(), 50);
        assert_eq!(search(&first), search(&second), "{query}");
    }
}
