//! One list in every format makes one catalogue, and each format is told of by its lines.

use catalog::import::Mapping;

use super::base::{csv, full_row, imported, imported_with, object, row, told, told_of};

fn full() -> Vec<Vec<String>> {
    vec![full_row(), row(&[("Id", "8")])]
}

#[test]
fn every_format_makes_the_same_catalogue() {
    let rows = full();
    let text = csv(&rows);
    let hash = |name: &str, text: &str| {
        let imported =
            imported(&[(name, text.as_bytes())]).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        imported.catalogue.hash()
    };
    let expected = hash("list.csv", &text);
    let objects: Vec<_> = rows.iter().map(|row| object(row)).collect();
    assert_eq!(hash("list.json", &format!("[\n{}\n]", objects.join(",\n"))), expected);
    assert_eq!(hash("list.ndjson", &objects.join("\n\n")), expected);
    assert_eq!(hash("list.csv", &format!("\u{FEFF}{text}")), expected);
    assert_eq!(hash("list.tsv", &text.replace("\",\"", "\"\t\"").replacen(',', "\t", 24)), expected);
    // A number is a number, however it is written; nothing is rounded on the way.
    let number = objects.join("\n").replace("\"1500\"", "1500.00");
    assert_eq!(hash("list.jsonl", &number), expected);
    let (first, second) = (csv(&rows[..1]), csv(&rows[1..]));
    let both = imported(&[("a.csv", first.as_bytes()), ("b.csv", second.as_bytes())]).unwrap();
    assert_eq!(both.catalogue.hash(), expected);
}

#[test]
fn json_is_told_of_by_its_lines() {
    let good: Vec<_> = full().iter().map(|row| object(row)).collect();
    let bad = [
        (object(&row(&[("Id", "9"), ("Service", "")])), "Service: the name is missing"),
        (object(&row(&[("Id", "9"), ("Fee", "KES ten")])), "Fee: \"ten\" is not an amount"),
        ("{\"Id\": \"9\", \"Id\": \"9\"}".to_owned(), "the field \"Id\" is there twice"),
        (
            object(&row(&[("Id", "9")])).replace("\"Soil Testing\"", "{}"),
            "Service: an object stands where a text belongs",
        ),
        (
            object(&row(&[("Id", "9")])).replace("\"KES 150\"", "1e3, \"Currency\": \"KES\""),
            "Fee: \"1e3\" is not an amount",
        ),
        (
            object(&row(&[("Id", "9")])).replace("\"KES 150\"", "-3, \"Currency\": \"KES\""),
            "Fee: \"-3\" is negative",
        ),
        (object(&row(&[("Id", "9")])).replace("\"KES 150\"", "true"), "Fee: true stands where"),
        ("17".to_owned(), "expected an object for each service"),
    ];
    for (object, words) in bad {
        let array = format!("[\n{},\n{},\n{object}\n]", good[0], good[1]);
        let lines = format!("{}\n{}\n\n{object}\n", good[0], good[1]);
        for (name, text) in [("list.json", array), ("list.ndjson", lines)] {
            let told = told_of(&[(name, text.as_bytes())]);
            assert_eq!(told.len(), 1, "{name}: {told:?}");
            assert!(
                told[0].starts_with(&format!("{name}:4: ")) && told[0].contains(words),
                "{name}: {told:?}"
            );
        }
    }
    let told = told_of(&[("list.json", b"{\"Id\": 1}")]);
    assert!(told[0].starts_with("list.json:1: invalid type: map, expected a sequence"), "{told:?}");
    let told = told_of(&[("list.ndjson", b"{\"Id\": \"1\"}\n{\"Id\": \"\xFF\"}")]);
    assert_eq!(told, ["list.ndjson:2: not UTF-8: byte 20 cannot be read"]);
    let without: Vec<_> = good.iter().map(|object| object.replace("\"Huduma\"", "\"Huduma!\"")).collect();
    let told = told_of(&[("list.ndjson", without.join("\n").as_bytes())]);
    assert_eq!(told, ["list.ndjson: no row has the field Huduma"]);
}

#[test]
fn a_field_within_a_field_is_named_by_its_path() {
    let mapping = r#"
        [columns]
        id = "id"
        name = "/title/en"
        name_sw = "/title/sw"
        agency = "/owner/body/name"
        delivery = "channels"
        fee = "price"
        [defaults]
        currency = "KES"
        legal_basis = "test-act"
        revenue_code = "T/9"
        valid_from = "2026-01-01"
    "#;
    let mapping = Mapping::parse("mapping.toml", mapping).unwrap();
    let list = br#"[{"id": 1, "title": {"en": "Forms", "sw": "Fomu"}, "owner": {"body": {"name": "Test agency"}},
        "channels": ["online", "gate"], "price": 90.5},
        {"id": 2, "title": {"en": "Free forms"}, "owner": {"body": {"name": "Test Agency"}}, "channels": ["gate"]}]"#;
    let imported = imported_with(&mapping, &[("list.json", list)]).unwrap();
    let service = imported.catalogue.service("test-forms").unwrap();
    assert_eq!((service.name.en(), service.name.sw(), service.delivery.len()), ("Forms", "Fomu", 2));
    assert_eq!(service.fees()[0].version.as_str(), "2026-01-01");
    assert!(!imported.catalogue.service("test-free-forms").unwrap().is_billable());
    let list = br#"[{"id": 1, "title": "Forms", "owner": {"body": {"name": "Test Agency"}}, "channels": ["online"], "price": 1}]"#;
    let told = told(imported_with(&mapping, &[("list.json", list)]));
    assert!(
        told.iter().any(|told| told.starts_with("list.json:1: /title/en: invalid type: string")),
        "{told:?}"
    );
}

#[test]
fn a_header_further_down_and_another_delimiter_are_found() {
    let mapping = super::base::MAPPING.replace("[list]", "[list]\nheader_row = 4\ndelimiter = \";\"");
    let mapping = Mapping::parse("mapping.toml", &mapping).unwrap();
    let text = csv(&full()).replace("\",\"", "\";\"").replacen(',', ";", 24);
    let text = format!("Services of the republic\nas of today; without warranty\n\n{text}");
    let imported = imported_with(&mapping, &[("list.csv", text.as_bytes())]).unwrap();
    assert_eq!(imported.report.added, 2);
}
