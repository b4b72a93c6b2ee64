//! A golden list: what people type, and the services that must be among the first three.

use std::collections::BTreeMap;

use catalog::{Catalogue, Filters, Language};

/// `query, language, class, slugs`, separated by tabs; any of the slugs is right.
const QUERIES: &str = include_str!("../golden/queries.tsv");

/// Of a hundred queries, how many must show a right service among the first three.
const PERCENT_MIN: usize = 95;

struct Query {
    text: &'static str,
    language: Language,
    class: &'static str,
    slugs: Vec<&'static str>,
}

fn queries() -> Vec<Query> {
    let lines = QUERIES.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [text, language, class, slugs] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let slugs = slugs.split(' ').collect();
            Query { text, language: language.parse().unwrap(), class, slugs }
        })
        .collect()
}

/// The queries of which this catalogue shows no right service among the first three, each with its class and what it
/// shows.
fn misses(catalogue: &Catalogue) -> Vec<(&'static str, String)> {
    let mut misses = Vec::new();
    for query in queries() {
        let found = catalogue.search(query.text, query.language, &Filters::default(), 3);
        let shown: Vec<&str> =
            found.hits.iter().map(|hit| catalogue.service_at(hit.service).slug.as_str()).collect();
        if !shown.iter().any(|slug| query.slugs.contains(slug)) {
            let Query { text, class, slugs, .. } = query;
            misses.push((class, format!("{class}: {text:?} should show {slugs:?}, shows {shown:?}")));
        }
    }
    misses
}

/// Demands that enough of the list is answered rightly, and says what is not.
pub(super) fn demand(catalogue: &Catalogue) {
    let (asked, misses) = (queries().len(), misses(catalogue));
    let mut by_class: BTreeMap<&str, usize> = BTreeMap::new();
    for (class, miss) in &misses {
        println!("{miss}");
        *by_class.entry(class).or_default() += 1;
    }
    let right = asked - misses.len();
    println!("{right} of {asked} queries are answered in the first three; missed: {by_class:?}");
    assert!(right * 100 >= asked * PERCENT_MIN, "{right} of {asked} are right, {PERCENT_MIN} % are demanded");
}

#[test]
fn what_is_meant_is_among_the_first_three() {
    demand(&Catalogue::embedded());
}

#[test]
fn the_list_is_long_has_every_class_and_names_services_that_there_are() {
    let catalogue = Catalogue::embedded();
    let queries = queries();
    assert!(queries.len() >= 220, "{} queries", queries.len());
    for class in ["exact", "prefix", "typo", "acronym", "synonym", "Swahili", "county", "agency", "mixed"] {
        let of_class = queries.iter().filter(|query| query.class == class).count();
        assert!(of_class >= 10, "{of_class} of class {class}");
    }
    for query in &queries {
        for slug in &query.slugs {
            assert!(catalogue.service(slug).is_some(), "{:?} expects {slug}", query.text);
        }
    }
}
