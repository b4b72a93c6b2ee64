//! The catalogue for other programs.

use std::collections::BTreeMap;

use catalog::import::{Mapping, SourceFile, import};
use catalog::{Catalogue, Changes};
use jiff::civil::date;

use crate::scene::shapes;

#[test]
fn every_service_is_a_line_of_json_as_it_stands_in_the_document() {
    let catalogue = Catalogue::embedded();
    let text = catalogue.to_ndjson();
    assert_eq!(text.lines().count(), catalogue.services().len());
    let document: serde_json::Value = serde_json::from_slice(&catalogue.to_json()).unwrap();
    for (line, service) in text.lines().zip(document["services"].as_array().unwrap()) {
        assert_eq!(&serde_json::from_str::<serde_json::Value>(line).unwrap(), service);
    }
}

#[test]
fn a_spreadsheet_shows_the_fees_of_the_day() {
    let text = shapes().to_csv(date(2025, 6, 1));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: BTreeMap<String, csv::StringRecord> =
        reader.records().map(|row| row.unwrap()).map(|row| (row[0].to_owned(), row)).collect();
    let cell = |slug: &str, column: &str| {
        let position = header.iter().position(|name| name == column).unwrap();
        rows[slug][position].to_owned()
    };
    assert_eq!(rows.len(), 8);
    assert_eq!(cell("test-flat", "fee"), "KES 120.50");
    assert_eq!(cell("test-flat", "fee_version"), "two");
    assert_eq!(cell("test-flat", "agency"), "Test Agency");
    assert_eq!(cell("test-bands", "fee"), "");
    assert_eq!(
        cell("test-bands", "charges"),
        "up to 6 seats KES 600.00; up to 12 seats KES 1,030.00; up to 44 seats KES 2,600.00"
    );
    assert_eq!(cell("test-sample", "charges"), "KES 10.00 (in demonstrations only)");
}

#[test]
fn what_went_out_comes_in_again_and_is_nothing_new() {
    let catalogue = Catalogue::embedded();
    let text = catalogue.to_csv(date(2026, 11, 22));
    let columns =
        text.lines().next().unwrap().split(',').filter(|name| !["published_name", "charges"].contains(name));
    let columns: Vec<_> = columns.map(|name| format!("{name} = \"{name}\"")).collect();
    let mapping = Mapping::parse("exported.toml", &format!("[columns]\n{}", columns.join("\n"))).unwrap();
    let file = SourceFile { name: "exported.csv", bytes: text.as_bytes() };
    let imported = import(&[file], &mapping, &catalogue, &mut |_, _| {});
    let imported = imported.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((imported.report.matched, imported.report.left_alone), (catalogue.services().len(), 0));
    assert!(Changes::between(&catalogue, &imported.catalogue).is_empty());
}
