//! Finding a service by its name, its agency's services, and the snapshot as a document.

use catalog::{Catalogue, CatalogueBuilder, CatalogueHash};

use crate::scene::{SHAPES, shapes};

#[test]
fn a_service_is_found_by_its_slug_and_knows_its_agency() {
    let catalogue = Catalogue::embedded();
    let amboseli = catalogue.service("kws-amboseli-entry").unwrap();
    assert_eq!(catalogue.agency_of(amboseli).name.en(), "Kenya Wildlife Service");
    let index = catalogue.service_index("kws-amboseli-entry").unwrap();
    assert_eq!(catalogue.service_at(index), amboseli);
    assert_eq!(catalogue.services()[index.position()], *amboseli);
    for absent in ["", "KWS-AMBOSELI-ENTRY", "kws-amboseli-entry ", "kws-amboseli"] {
        assert!(catalogue.service(absent).is_none(), "{absent:?} was found");
    }
}

#[test]
fn every_service_is_listed_once_with_its_agency() {
    let catalogue = Catalogue::embedded();
    let mut listed: Vec<_> = catalogue
        .agencies()
        .iter()
        .flat_map(|agency| catalogue.services_of(agency.code.as_str()).map(|service| service.slug.clone()))
        .collect();
    listed.sort();
    let all: Vec<_> = catalogue.services().iter().map(|service| service.slug.clone()).collect();
    assert_eq!(listed, all);
    assert_eq!(catalogue.services_of("NOBODY").len(), 0);
    assert!(catalogue.agency("KWS").is_some() && catalogue.agency("kws").is_none());
}

#[test]
fn the_hash_is_that_of_the_document_and_survives_a_round_trip() {
    let catalogue = Catalogue::embedded();
    let document = catalogue.to_json();
    assert_eq!(catalogue.hash(), CatalogueHash::of(&document));
    assert_eq!(catalogue.hash().to_string().len(), 64);
    let again = Catalogue::from_json(&document).unwrap();
    assert_eq!(again.hash(), catalogue.hash());
    assert_eq!(again.to_json(), document);
    assert_eq!(again.services(), catalogue.services());
    assert_eq!(again.agencies(), catalogue.agencies());
    assert_eq!(again.convenience_fee(), catalogue.convenience_fee());
}

#[test]
fn a_document_that_an_editor_laid_out_keeps_its_own_bytes() {
    let catalogue = Catalogue::from_json(SHAPES.as_bytes()).unwrap();
    assert_eq!(&*catalogue.to_json(), SHAPES.as_bytes());
    assert_eq!(catalogue.hash(), CatalogueHash::of(SHAPES.as_bytes()));
}

#[test]
fn the_same_rows_make_the_same_document_whatever_files_they_came_in() {
    let convenience_fee = include_str!("../../services/convenience-fee.json");
    let mut other_way_round = CatalogueBuilder::new();
    other_way_round.add_file("b.json", convenience_fee);
    other_way_round.add_file("a.json", SHAPES);
    assert_eq!(other_way_round.build().unwrap().hash(), shapes().hash());
}

#[test]
fn the_document_has_one_row_a_line() {
    let document = shapes().to_json();
    let text = std::str::from_utf8(&document).unwrap();
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("{\"slug\":\"")).collect();
    assert_eq!(rows.len(), shapes().services().len());
    assert!(rows.iter().all(|row| row.matches("\"slug\"").count() == 1));
    assert!(rows.iter().any(|row| row.contains("test-flat") && row.contains("KES 120.50")));
}

#[test]
fn a_service_is_handed_on_to_its_own_system_or_to_its_agencys() {
    let text = SHAPES
        .replacen(
            "\"ministry\": \"Ministry of Tests\"",
            "\"back_end\": { \"address\": \"https://agency.example/base\", \"head_timeout_ms\": 500 }",
            1,
        )
        .replacen(
            "\"revenue_code\": \"T/4\"",
            "\"revenue_code\": \"T/4\", \"back_end\": { \"address\": \"https://other.example\" }",
            1,
        );
    let catalogue = Catalogue::from_json(text.as_bytes()).unwrap();
    let back_end = |slug| catalogue.back_end_of(catalogue.service(slug).unwrap()).unwrap();
    assert_eq!(&*back_end("test-flat").address, "https://agency.example/base");
    assert_eq!(back_end("test-flat").head_timeout.as_millis(), 500);
    assert_eq!(back_end("test-flat").in_flight_max, 100);
    assert_eq!(&*back_end("test-bands").address, "https://other.example");
    assert_eq!(back_end("test-bands").head_timeout.as_millis(), 15_000, "nothing is inherited");

    let nowhere = Catalogue::embedded();
    assert!(nowhere.services().iter().all(|service| nowhere.back_end_of(service).is_none()));
}
