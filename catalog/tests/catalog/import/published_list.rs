//! The list that e-Citizen publishes: a small one in its shape, and the real one where its folder is known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use catalog::import::{Imported, Mapping, SourceFile, import};
use catalog::{Catalogue, Changes, Filters, Language, MoneyImpact, Service};
use jiff::civil::date;

const SERVICES: &[u8] = include_bytes!("../fixtures/published/services.csv");
const AGENCIES: &[u8] = include_bytes!("../fixtures/published/agencies.csv");
const DEPARTMENTS: &[u8] = include_bytes!("../fixtures/published/departments.csv");
const MINISTRIES: &[u8] = include_bytes!("../fixtures/published/ministries.csv");

fn small(services: &[u8]) -> Imported {
    let files = [
        SourceFile { name: "services.csv", bytes: services },
        SourceFile { name: "agencies.csv", bytes: AGENCIES },
        SourceFile { name: "departments.csv", bytes: DEPARTMENTS },
        SourceFile { name: "ministries.csv", bytes: MINISTRIES },
    ];
    let imported = import(&files, &Mapping::published_list(), &Catalogue::embedded(), &mut |_, _| {});
    imported.unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn a_list_in_the_shape_of_the_published_one_is_taken_in() {
    let imported = small(SERVICES);
    assert_eq!((imported.report.rows, imported.report.matched, imported.report.added), (6, 2, 4));
    let catalogue = imported.catalogue;
    let service = catalogue.service("bi-honey-tasting").unwrap();
    let agency = catalogue.agency_of(service);
    assert_eq!(agency.name.en(), "Beekeeping Institute");
    assert_eq!(agency.ministry.as_deref(), Some("Ministry of Invented Affairs"));
    assert_eq!(agency.department.as_deref(), Some("State Department for Honey"));
    assert!(!service.is_billable());
    let pair: Vec<_> = catalogue.services_of("BI").map(|service| service.slug.as_str()).collect();
    assert_eq!(pair, ["bi-hive-inspection-00a1", "bi-hive-inspection-00b2", "bi-honey-tasting"]);
    assert!(catalogue.agency("WHO").is_some(), "the acronym in brackets");

    let changes = Changes::between(&Catalogue::embedded(), &catalogue);
    assert!(changes.services_changed.is_empty() && changes.services_removed.is_empty(), "{changes}");
    let impact = MoneyImpact::between(&Catalogue::embedded(), &catalogue, date(2026, 11, 22));
    assert!(impact.is_empty(), "{impact}");
}

#[test]
fn the_order_of_its_rows_does_not_matter() {
    let text = std::str::from_utf8(SERVICES).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<_> = rows.lines().collect();
    rows.reverse();
    let turned = format!("{header}\n{}\n", rows.join("\n"));
    assert_eq!(small(turned.as_bytes()).catalogue.hash(), small(SERVICES).catalogue.hash());
}

/// The real list stays outside: `SERVICE_LIST_DIR` names its folder, and without it there is nothing to test.
fn real() -> Option<(BTreeMap<String, Vec<u8>>, Imported)> {
    let folder = std::env::var_os("SERVICE_LIST_DIR")?;
    let names = ["services.csv", "agencies.csv", "departments.csv", "ministries.csv"];
    let files: BTreeMap<_, _> = names
        .map(|name| (name.to_owned(), std::fs::read(Path::new(&folder).join(name)).unwrap()))
        .into_iter()
        .collect();
    let named: Vec<_> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let imported = import(&named, &Mapping::published_list(), &Catalogue::embedded(), &mut |_, _| {});
    let imported = imported.unwrap_or_else(|problems| panic!("{problems}"));
    Some((files, imported))
}

#[test]
fn every_service_of_the_real_list_is_there_once_and_found_by_its_name() {
    let Some((files, Imported { catalogue, report })) = real() else { return };
    let embedded = Catalogue::embedded();
    assert_eq!(report.rows, 5_489);
    assert_eq!(report.matched + report.added, 5_489);
    assert_eq!(report.added, report.added_without_fee);
    assert_eq!(catalogue.services().len(), embedded.services().len() + report.added);

    let folded = |name: &str| name.to_lowercase();
    let listed = |service: &Service| folded(service.published_name.as_deref().unwrap_or(service.name.en()));
    let mut by_name: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for service in catalogue.services() {
        by_name.entry(listed(service)).or_default().insert(service.slug.as_str());
        by_name.entry(folded(service.name.en())).or_default().insert(service.slug.as_str());
    }
    let mut reader = csv::Reader::from_reader(files["services.csv"].as_slice());
    let (mut count, mut not_first) = (0, Vec::new());
    for record in reader.records() {
        let record = record.unwrap();
        let name = record.get(4).unwrap();
        let meant = by_name.get(&folded(name)).unwrap_or_else(|| panic!("{name} is not in the catalogue"));
        let hits = catalogue.search(name, Language::En, &Filters::default(), meant.len().max(10));
        let found = hits.hits.iter().map(|hit| catalogue.service_at(hit.service).slug.as_str());
        if !found.into_iter().any(|slug| meant.contains(slug)) {
            not_first.push(name.to_owned());
        }
        count += 1;
    }
    assert_eq!(count, 5_489);
    assert!(not_first.is_empty(), "{} are not found by their names: {not_first:#?}", not_first.len());

    // Nothing that was written by hand is another, and no money moves.
    let changes = Changes::between(&embedded, &catalogue);
    assert!(changes.services_changed.is_empty() && changes.agencies_changed.is_empty());
    assert!(MoneyImpact::between(&embedded, &catalogue, date(2026, 11, 22)).is_empty());
}

#[test]
fn the_real_list_a_second_time_changes_nothing() {
    let Some((files, first)) = real() else { return };
    let named: Vec<_> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let again = import(&named, &Mapping::published_list(), &first.catalogue, &mut |_, _| {}).unwrap();
    assert_eq!((again.report.matched, again.report.added), (5_489, 0));
    assert_eq!(again.catalogue.hash(), first.catalogue.hash());
}

/// Where an agency has another name there, the mapping knows it: otherwise its services would be doubled.
#[test]
fn what_was_written_by_hand_after_the_real_list_is_found_in_it() {
    let Some((_, Imported { report, .. })) = real() else { return };
    let embedded = Catalogue::embedded();
    let unlisted = embedded.services().iter().filter(|service| service.published_name.is_none()).count();
    assert!(report.left_alone <= unlisted, "{report}of {unlisted} that name no service of the list");
}
