//! What people type, and what they are shown.

mod crowd;
mod golden;
mod properties;
mod size;

use std::collections::BTreeSet;

use catalog::{Catalogue, CatalogueBuilder, County, Filters, Language, MatchReason, WordReading, WordRole};

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

fn slugs(catalogue: &Catalogue, query: &str, filters: &Filters) -> Vec<String> {
    let found = catalogue.search(query, En, filters, 1_000);
    found.hits.iter().map(|hit| catalogue.service_at(hit.service).slug.to_string()).collect()
}

fn meant(catalogue: &Catalogue, query: &str) -> Option<String> {
    catalogue.search(query, En, &Filters::default(), 5).did_you_mean
}

#[test]
fn a_slip_finds_what_was_meant_and_counts_less_than_the_word() {
    let catalogue = Catalogue::embedded();
    for (slip, slug) in [
        ("pasport", "passport-application"),
        ("oassport", "passport-application"),
        ("brith certificate", "birth-certificate"),
        ("phytosanitry certifcate", "phytosanitary-certificate"),
    ] {
        let found = catalogue.search(slip, En, &Filters::default(), 1);
        assert_eq!(catalogue.service_at(found.hits[0].service).slug.as_str(), slug, "{slip}");
        assert_eq!(found.hits[0].reason, MatchReason::Spelling, "{slip}");
    }
    let score = |query| catalogue.search(query, En, &Filters::default(), 1).hits[0].score;
    assert!(score("pasport") < score("passport"));
    assert!(score("fytosanitary") < score("phytosanitry"));
    // A word that is known is not taken for another one: Kora is a park, and not the KRA.
    assert_eq!(slugs(&catalogue, "kora", &Filters::default()), ["kws-kora-entry"]);
    // Neither is a number.
    assert!(slugs(&catalogue, "cr14", &Filters::default()).is_empty());
}

#[test]
fn a_misspelt_query_is_offered_as_it_was_meant() {
    let catalogue = Catalogue::embedded();
    assert_eq!(meant(&catalogue, "pasport").as_deref(), Some("passport"));
    assert_eq!(meant(&catalogue, "how to get a brith certificate").as_deref(), Some("birth certificate"));
    assert_eq!(meant(&catalogue, "goodconduct").as_deref(), Some("good conduct"));
    assert_eq!(meant(&catalogue, "pasprt xyzzyq").as_deref(), Some("passport"));
    for fine in
        ["passport", "passp", "birth certificate", "xyzzyq", "", "kitambulisho", "NHIF", "passport hologram"]
    {
        assert_eq!(meant(&catalogue, fine), None, "{fine}");
    }
}

/// The invented state of `scene`, with some of its texts replaced by others.
fn rewritten(changes: &[(&str, &str)]) -> Catalogue {
    let mut shapes = crate::scene::SHAPES.to_owned();
    for (old, new) in changes {
        assert!(shapes.contains(old), "{old}");
        shapes = shapes.replace(old, new);
    }
    let mut builder = CatalogueBuilder::new();
    builder.add_file("shapes.json", &shapes);
    builder.build().unwrap()
}

/// The same, with services under other English names.
fn renamed(names: &[(&str, &str)]) -> Catalogue {
    let quoted = |name: &str| format!("\"en\": \"{name}\"");
    let changes: Vec<_> = names.iter().map(|(old, new)| (quoted(old), quoted(new))).collect();
    rewritten(&changes.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect::<Vec<_>>())
}

#[test]
fn other_words_for_the_same_thing_find_it_below_the_word_itself() {
    let scene =
        renamed(&[("Flat", "Motorbike plate"), ("Share", "Pikipiki plate"), ("Banded", "Vehicle plate")]);
    for language in Language::ALL {
        assert_eq!(top(&scene, "pikipiki", language), ["test-percentage", "test-flat"]);
        // Every boda boda is a vehicle, and not every vehicle is a boda boda.
        assert_eq!(top(&scene, "boda boda", language), ["test-bands", "test-flat", "test-percentage"]);
        assert_eq!(top(&scene, "vehicle", language), ["test-bands"]);
    }
    let found = scene.search("pikipiki plate", En, &Filters::default(), 2);
    assert_eq!(found.hits[0].reason, MatchReason::ExactName);
    assert_eq!(found.hits[1].reason, MatchReason::Synonym);

    let scene = renamed(&[
        ("Flat", "Driving licence"),
        ("Share", "DL"),
        ("Banded", "Licence"),
        ("Hearsay", "Driving"),
    ]);
    assert_eq!(
        top(&scene, "dl", En),
        ["test-percentage", "test-flat"],
        "the whole phrase is meant, or none of it"
    );
    assert_eq!(top(&scene, "leseni ya udereva", Sw)[..2], ["test-flat", "test-percentage"]);
}

#[test]
fn a_word_that_is_known_is_sooner_itself_than_a_part_of_another() {
    let scene = renamed(&[("Flat", "Park entry in Test"), ("Share", "Parking")]);
    assert_eq!(top(&scene, "park", En), ["test-flat", "test-percentage"]);
    assert_eq!(top(&scene, "parki", En), ["test-percentage"]);
    let scene = renamed(&[("Flat", "Card"), ("Share", "Car"), ("By seats.", "By car.")]);
    assert_eq!(top(&scene, "car", En), ["test-percentage", "test-bands", "test-flat"]);
}

#[test]
fn what_was_found_is_counted_by_agency_and_by_county() {
    let catalogue = crowd::catalogue(1_000);
    let found = catalogue.search("permit", En, &Filters::default(), 3);
    let counts: Vec<usize> = found.facets.agencies.iter().map(|facet| facet.count).collect();
    assert!(counts.is_sorted_by(|larger, smaller| larger >= smaller));
    assert!(counts.len() <= catalog::FACET_COUNTS_MAX);
    assert_eq!(found.facets.counties.len(), 47);
    let kisumu: County = "kisumu".parse().unwrap();
    let of_kisumu = found.facets.counties.iter().find(|facet| facet.value == kisumu).unwrap();
    let only_kisumu = Filters { county: Some(kisumu), ..Filters::default() };
    let filtered = catalogue.search("permit", En, &only_kisumu, 100);
    assert_eq!(filtered.total_count, of_kisumu.count);
    assert!(filtered.hits.iter().all(|hit| catalogue.service_at(hit.service).county == Some(kisumu)));
    let listed = catalogue.search("", En, &only_kisumu, 2);
    assert_eq!(listed.facets.counties.len(), 1);
    assert_eq!(listed.facets.counties[0].count, listed.total_count);
}

#[test]
fn a_county_that_is_named_comes_first_and_shuts_nothing_out() {
    let catalogue = crowd::catalogue(2_000);
    for (query, slug) in [
        ("business permit kisumu", "kisumu"),
        ("kisumu business permit", "kisumu"),
        ("business permit kisumo", "kisumu"),
        ("land rates homa bay", "homa-bay"),
        ("kodi ya ardhi murang'a", "muranga"),
        ("parking nairobi", "nairobi-city"),
        ("liquor licence elgeyo marakwet", "elgeyo-marakwet"),
        ("leseni ya pombe trans nzoia", "trans-nzoia"),
        ("burial permit eldoret", "uasin-gishu"),
    ] {
        let county: County = slug.parse().unwrap();
        let found = catalogue.search(query, Sw, &Filters::default(), 2_000);
        let of_county: Vec<bool> =
            found.hits.iter().map(|hit| catalogue.service_at(hit.service).county == Some(county)).collect();
        let count = of_county.iter().filter(|is_of_county| **is_of_county).count();
        assert!(count >= 3, "{query}: {count}");
        assert!(of_county[..count].iter().all(|is_of_county| *is_of_county), "{query}: {of_county:?}");
    }
    // A service of the whole country that names the county belongs there as well.
    assert_eq!(top(&catalogue, "nakuru entry", En)[0], "kws-lake-nakuru-entry");
    // What the whole country has is found as well, though no service of the county is meant.
    assert_eq!(top(&catalogue, "passport kisumu", En)[0], "passport-application");
}

#[test]
fn a_service_of_the_county_that_is_named_outweighs_a_better_name() {
    let scene = rewritten(&[
        ("\"slug\": \"test-flat\",", "\"slug\": \"test-flat\", \"county\": \"kisumu\","),
        ("\"slug\": \"test-bands\",", "\"slug\": \"test-bands\", \"county\": \"busia\","),
        ("\"en\": \"Flat\"", "\"en\": \"Yearly permit to keep a stall in a market\""),
        ("\"en\": \"Banded\"", "\"en\": \"Permit\""),
        ("\"en\": \"Share\"", "\"en\": \"Permit\""),
    ]);
    assert_eq!(top(&scene, "permit kisumu", En), ["test-flat", "test-percentage", "test-bands"]);
    assert_eq!(top(&scene, "permit", En), ["test-bands", "test-percentage", "test-flat"]);
}

#[test]
fn a_real_service_is_shown_before_samples_that_match_as_well() {
    let catalogue = renamed(&[("Share", "Sample")]);
    assert_eq!(top(&catalogue, "sample", En), ["test-percentage", "test-sample"]);
}

#[test]
fn an_explanation_says_how_every_word_was_read() {
    let catalogue = Catalogue::embedded();
    let explanation = catalogue.explain("how pasport fee kisumu qwxyz ordin dl", Sw, &Filters::default(), 3);
    let readings = |written: &str| {
        let word = explanation.words.iter().find(|word| word.written == written).unwrap();
        (word.role, word.readings.clone())
    };
    assert_eq!(explanation.ignored, ["how"]);
    assert!(readings("pasport").1.contains(&WordReading::Misspelt { meant: "passport".into(), slips: 1 }));
    assert!(readings("pasport").1.contains(&WordReading::Synonym("pasipoti".into())));
    assert_eq!(readings("fee").0, WordRole::Helping);
    assert_eq!(readings("kisumu").0, WordRole::Place);
    assert_eq!(readings("qwxyz"), (WordRole::Required, vec![]));
    assert_eq!(readings("dl").1[0], WordReading::WholeWord);
    assert!(matches!(readings("ordin").1[0], WordReading::Beginning { .. }));
    let shown = explanation.to_string();
    for part in ["typo of \"passport\"", "ignored: how", "unknown", "required", "words held", "rarity"] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}
