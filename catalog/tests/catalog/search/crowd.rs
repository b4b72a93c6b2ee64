//! A crowd of invented services around the real ones: counties that all offer the same under names of their own.

use catalog::{Catalogue, CatalogueBuilder, County};

/// What every county offers, in both languages, and for what: a trade, a place, a school.
const OFFERS: [(&str, &str); 10] = [
    ("Single business permit", "Kibali kimoja cha biashara"),
    ("Land rates", "Kodi ya ardhi"),
    ("Parking ticket", "Tiketi ya maegesho"),
    ("Market stall", "Kibanda cha soko"),
    ("Outpatient registration", "Usajili wa wagonjwa wa nje"),
    ("Maternity deposit", "Amana ya uzazi"),
    ("School fees", "Karo ya shule"),
    ("Building plan approval", "Idhini ya ramani ya jengo"),
    ("Liquor licence", "Leseni ya pombe"),
    ("Burial permit", "Kibali cha mazishi"),
];

/// The real services and generated ones, `service_count` together.
pub(super) fn catalogue(service_count: usize) -> Catalogue {
    let real = Catalogue::embedded();
    let crowd = service_count.checked_sub(real.services().len()).expect("there are more than the real ones");
    let mut builder = CatalogueBuilder::new();
    builder.add_document("real.json", &real.to_json());
    builder.add_file("crowd.json", &document(crowd));
    builder.build().unwrap()
}

fn document(service_count: usize) -> String {
    let mut agencies = Vec::new();
    for county in County::all() {
        let name = county.name();
        agencies.push(format!(
            r#"{{"code": "CG-{:02}", "name": {{"en": "County Government of {name}", "sw": "Serikali ya Kaunti ya {name}"}},
                "keywords": ["{name} county", "kaunti ya {name}"]}}"#,
            county.number()
        ));
    }
    let services: Vec<String> = (0..service_count).map(service).collect();
    format!(
        r#"{{"format": 1,
            "legal_bases": [{{"code": "crowd", "standing": "sample", "reference": "SAMPLE/CROWD", "instrument": "A sample",
                              "source": "Invented."}}],
            "agencies": [{}],
            "services": [{}]}}"#,
        agencies.join(",\n"),
        services.join(",\n")
    )
}

fn service(number: usize) -> String {
    let county = County::all().nth(number % 47).unwrap();
    let round = number / 47;
    let (en, sw) = OFFERS[round % OFFERS.len()];
    let place = invented_name(number);
    let (name, slug) = (county.name(), county.slug());
    format!(
        r#"{{"slug": "crowd-{number:06}", "agency": "CG-{:02}", "sample": true, "county": "{slug}",
            "name": {{"en": "{en}, {place}, {name} County", "sw": "{sw}, {place}, Kaunti ya {name}"}},
            "description": {{"en": "{en} at the {place} office of the County Government of {name}. A sample.",
                             "sw": "{sw} katika ofisi ya {place} ya Serikali ya Kaunti ya {name}. Mfano."}},
            "delivery": ["online"], "keywords": ["{en}", "{sw}", "{place}"], "revenue_code": "CROWD/{number}",
            "fees": [{{"version": "one", "basis": "crowd", "rule": {{"kind": "flat", "amount": "KES 100"}}}}]}}"#,
        county.number()
    )
}

/// A name that sounds like a place, another one for every number below 160,000.
fn invented_name(number: usize) -> String {
    const SYLLABLES: [&str; 20] = [
        "ka", "mbo", "ndu", "ri", "thi", "wa", "nyo", "le", "si", "gu", "cho", "mwe", "tu", "ba", "ki", "do",
        "ma", "ngi", "ro", "ya",
    ];
    // A stride without a common factor keeps names apart that follow one another.
    let mut rest = number * 7_919 % 160_000;
    let mut name = String::new();
    for _ in 0..4 {
        name.push_str(SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
    }
    name[..1].to_uppercase() + &name[1..]
}
