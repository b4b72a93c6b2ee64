//! What a search takes when the catalogue is as large as it is meant to become.

use std::time::{Duration, Instant};

use catalog::{Catalogue, Filters, Language};

use super::golden;

const SERVICE_COUNT: usize = 22_000;
const INDEX_BYTES_MAX: usize = 30_000_000;

/// Beside the golden list: beginnings of one and two letters, words that every county has, words that nobody has.
const HARD: [&str; 24] = [
    "a",
    "b",
    "k",
    "co",
    "ka",
    "ma",
    "se",
    "county",
    "kaunti",
    "county government",
    "permit",
    "kibali",
    "ya",
    "ofisi",
    "single business permit",
    "kibali cha biashara",
    "business permit kisumu",
    "land rates homa bay",
    "karo ya shule",
    "kambonduri",
    "kambonduru market stal",
    "xyzzyxyzzy",
    "pasport aplication",
    "outpatient registraton nairobi city county",
];

/// Two slips in long words that do not exist, a dozen of them: the most that a query can ask of the spelling.
const WORST: &str = "certifficatte registrattionn administrasion governmentel outpatiennt documentasion authorizattion \
                     identifikation transportasion constituensy constructtion environmant";

#[test]
fn a_crowd_does_not_hide_the_services_and_the_index_stays_small() {
    let catalogue = Catalogue::demonstration(SERVICE_COUNT, 1);
    golden::demand(&catalogue);
    let bytes = catalogue.search_index_size_bytes();
    println!("the index of {SERVICE_COUNT} services takes {bytes} bytes");
    assert!(bytes < INDEX_BYTES_MAX, "{bytes}");
}

#[test]
#[ignore = "measures: run it alone, in release, with --nocapture"]
fn how_long_a_query_takes() {
    let catalogue = Catalogue::demonstration(SERVICE_COUNT, 1);
    let golden: Vec<(&str, Language)> = golden::texts().collect();
    report(&catalogue, "golden list", &golden);
    let hard: Vec<_> = HARD.map(|text| (text, Language::En)).to_vec();
    report(&catalogue, "hard queries", &hard);
    report(&catalogue, "worst query", &[(WORST, Language::En)]);
    for (text, language) in hard {
        let took = least(&catalogue, text, language);
        println!("{took:>12.1?}  {text:?}");
    }
}

fn report(catalogue: &Catalogue, what: &str, queries: &[(&str, Language)]) {
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..20 {
        for (text, language) in queries {
            let start = Instant::now();
            std::hint::black_box(catalogue.search(text, *language, &Filters::default(), 20));
            took.push(start.elapsed());
        }
    }
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    println!("{what}: median {:.1?}, p99 {:.1?}, most {:.1?}", at(50), at(99), at(100));
}

fn least(catalogue: &Catalogue, text: &str, language: Language) -> Duration {
    let once = || {
        let start = Instant::now();
        std::hint::black_box(catalogue.search(text, language, &Filters::default(), 20));
        start.elapsed()
    };
    (0..20).map(|_| once()).min().unwrap()
}
