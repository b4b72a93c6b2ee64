//! A list, or a catalogue, with ten kinds of broken rows: every row is named, and nothing is different afterwards.

use std::collections::BTreeMap;
use std::path::Path;

use hyper::Method;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::change_control::{Person, described_services};
use crate::harness::{Call, Gateway, get, malipo, run};

const MAPPING: &str = r#"
[columns]
id = "id"
name = "service"
agency = "office"
county = "county"
promised_working_days = "days"
delivery = "where"
revenue_code = "revenue"
fee = "fee"
legal_basis = "law"
valid_from = "from"
"#;

const HEADER: [&str; 10] =
    ["id", "service", "office", "county", "days", "where", "revenue", "fee", "law", "from"];

/// A row that is in order but for its number and name.
const GOOD: [&str; 10] = [
    "",
    "",
    "Kenya Wildlife Service",
    "Nakuru",
    "3",
    "online",
    "KWS/HALL",
    "KES 1500",
    "kws-ln-160-2025",
    "2027-01-01",
];

/// What is wrong with a row: its column, what stands there, and what is told of it.
const BROKEN: [(&str, &str, &str); 10] = [
    ("service", "", "the name is missing"),
    ("id", "1", "is there twice, first on line 2"),
    ("office", "", "the agency is missing"),
    ("county", "Atlantis", "not one of the 47 counties"),
    ("days", "soon", "not a number of working days"),
    ("where", "by pigeon", "is none of online"),
    ("revenue", "", "no revenue code that says where the money belongs"),
    ("fee", "KES 1,500", "is not an amount"),
    ("law", "", "no legal basis"),
    ("from", "2026-02-30", "is not a day"),
];

/// A good row, then each broken one with a good one below it, as cells by column.
fn rows() -> Vec<Vec<String>> {
    let row = |number: usize, column: &str, value: &str| {
        let (id, name) = (number.to_string(), format!("Hire of hall {number}"));
        let cells = HEADER.iter().zip(GOOD).map(|(header, good)| match *header {
            header if header == column => value.to_owned(),
            "id" => id.clone(),
            "service" => name.clone(),
            _ => good.to_owned(),
        });
        cells.collect()
    };
    let mut rows = vec![row(1, "", "")];
    for (position, (column, value, _)) in BROKEN.iter().enumerate() {
        rows.push(row(2 * position + 2, column, value));
        rows.push(row(2 * position + 3, "", ""));
    }
    rows
}

/// The lines of the broken rows: the same in each format, because one line stands before the first row in each.
fn line_of(position: usize) -> usize {
    2 * position + 3
}

fn write_lists(folder: &Path) {
    let rows = rows();
    let mut csv = csv::Writer::from_path(folder.join("list.csv")).unwrap();
    csv.write_record(HEADER).unwrap();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, HEADER).unwrap();
    let mut objects = Vec::new();
    for (line, row) in (1..).zip(&rows) {
        csv.write_record(row).unwrap();
        sheet.write_row(line, 0, row).unwrap();
        let object: BTreeMap<_, _> = HEADER.iter().zip(row).filter(|(_, cell)| !cell.is_empty()).collect();
        objects.push(serde_json::to_string(&object).unwrap());
    }
    csv.flush().unwrap();
    workbook.save(folder.join("list.xlsx")).unwrap();
    std::fs::write(folder.join("list.json"), format!("[\n{}\n]", objects.join(",\n"))).unwrap();
    std::fs::write(folder.join("mapping.toml"), MAPPING).unwrap();
}

/// Bar: a file with ten kinds of broken rows is refused with every row named and the old catalogue stays.
#[test]
fn a_list_with_ten_kinds_of_broken_rows_is_refused_with_every_row_named() {
    let folder = tempfile::tempdir().unwrap();
    write_lists(folder.path());
    std::fs::write(folder.path().join("draft.json"), "the draft of yesterday").unwrap();
    let before = contents(folder.path());
    for list in ["list.csv", "list.xlsx", "list.json"] {
        for last in [["--output", "draft.json", "--force"].as_slice(), &["--dry-run"]] {
            let mut import = malipo(["catalogue", "import", list, "--mapping", "mapping.toml"]);
            let said = run(import.args(last).current_dir(folder.path())).expect(1).stderr;
            assert!(said.contains("has 10 problems"), "{said}");
            for (position, (column, _, words)) in BROKEN.iter().enumerate() {
                let place = format!("{list}:{}: {column}: ", line_of(position));
                let told = said.lines().find(|line| line.trim_start().starts_with(&place));
                assert!(told.is_some_and(|told| told.contains(words)), "{place}{words}: {said}");
            }
            assert!(contents(folder.path()) == before, "{list} left something behind");
        }
    }
}

/// Ten services of a catalogue and what is broken about each: the path below the service, the value, what is told.
fn broken_services() -> [(&'static str, &'static str, Value, &'static str); 10] {
    [
        ("kws-aberdare-entry", "/agency", json!("NOBODY"), "NOBODY"),
        ("kws-elementaita-entry", "/slug", json!("Elementaita!"), "is not a service slug"),
        ("kws-kora-entry", "/name/en", json!(""), "is empty"),
        ("kws-longonot-entry", "/delivery", json!(7), "invalid type"),
        ("kws-marine-park-entry", "/county", json!("Atlantis"), "not one of the 47 counties"),
        ("kws-meru-entry", "/fees/0/basis", json!("no-law"), "no-law"),
        ("kws-mount-kenya-entry", "/fees/0/valid_from", json!("2026-02-30"), "is not a day"),
        ("kws-tsavo-east-entry", "/fees/0/valid_to", json!("2020-01-01"), "before"),
        ("kws-tsavo-west-entry", "/colour", json!("red"), "unknown field `colour`"),
        ("kws-lake-nakuru-entry", "/revenue_code", json!("a b"), "is not a revenue code"),
    ]
}

/// The catalogue that comes with the product with ten broken services, one row a line, and the lines of these.
fn broken_catalogue() -> (String, Vec<usize>) {
    let mut lines: Vec<String> = described_services().lines().map(str::to_owned).collect();
    let broken = broken_services().map(|(slug, path, value, _)| {
        let begins = format!("{{\"slug\":\"{slug}\"");
        let position =
            lines.iter().position(|line| line.starts_with(&begins)).unwrap_or_else(|| panic!("{slug}"));
        let comma = if lines[position].ends_with(',') { "," } else { "" };
        let mut service: Value = serde_json::from_str(lines[position].trim_end_matches(',')).unwrap();
        let (parent, field) = path.rsplit_once('/').unwrap();
        let parent = service.pointer_mut(parent).unwrap_or_else(|| panic!("{slug} has no {parent}"));
        parent[field] = value;
        lines[position] = format!("{service}{comma}");
        position + 1
    });
    (lines.join("\n"), broken.to_vec())
}

#[test]
fn a_catalogue_with_ten_kinds_of_broken_services_is_refused_and_the_old_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.json");
    std::fs::write(&file, described_services()).unwrap();
    let gateway = Gateway::serve().set("catalogue.file", file.to_str().unwrap()).start();
    let maker = Person::with_role(&gateway, "maker");
    let url = format!("{}/v1/services/kws-kora-entry", gateway.public());
    let before = (get(&url).send().expect(200), contents(&gateway.data().join("catalogues")));

    let (broken, lines) = broken_catalogue();
    std::fs::write(&file, &broken).unwrap();
    let reload = |admin: &str| Call::new(Method::POST, format!("{admin}/admin/catalogue/reload"));
    let told = [maker.posts("/v1/catalogue/drafts?note=oops", broken), gateway.operator(reload)];
    for answer in told {
        let answer = answer.expect(422).json();
        let errors = answer["errors"].as_array().unwrap();
        assert_eq!(errors.len(), lines.len(), "{answer}");
        for ((slug, _, _, words), line) in broken_services().iter().zip(&lines) {
            let place = format!("line {line}: ");
            let told = errors.iter().find(|error| error["detail"].as_str().unwrap().starts_with(&place));
            let told = told.unwrap_or_else(|| panic!("nothing is told of {slug} on {place}: {answer}"));
            assert!(told["detail"].as_str().unwrap().contains(words), "{slug}: {told}");
            assert!(told["pointer"].as_str().unwrap().starts_with("services["), "{slug}: {told}");
        }
    }
    let said = run(malipo(["catalogue", "reload"]).arg("--data").arg(gateway.data())).expect(1).stderr;
    for line in lines {
        assert!(said.contains(&format!("line {line}: ")), "{line}: {said}");
    }

    let after = get(&url).send().expect(200);
    assert_eq!((&after.body, after.header("etag")), (&before.0.body, before.0.header("etag")));
    assert!(contents(&gateway.data().join("catalogues")) == before.1, "nothing is kept of it");
    assert_eq!(maker.gets("/v1/catalogue/drafts").expect(200).json()["data"], json!([]));
}

/// The files of a folder, by name.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}
