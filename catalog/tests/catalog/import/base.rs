//! A small invented catalogue to put lists on, and a mapping with every key that there is.

use catalog::import::{Imported, Mapping, SourceFile, import};
use catalog::{Catalogue, Problems};

/// Two services of one agency: one by another name than the list's, one with a fee.
pub(super) const BASE: &str = r#"{
  "format": 1,
  "legal_bases": [
    { "code": "test-act", "standing": "numbered", "reference": "Test Act 1 of 2020", "instrument": "An act for tests",
      "in_force_since": "2020-01-01", "source": "Invented." }
  ],
  "agencies": [
    { "code": "TEST", "name": { "en": "Test Agency", "sw": "Taasisi ya Majaribio" }, "ministry": "Ministry of Tests" }
  ],
  "services": [
    { "slug": "test-seeds", "agency": "TEST", "name": { "en": "Buying seeds", "sw": "Kununua mbegu" },
      "published_name": "Seed Sales",
      "description": { "en": "Seeds.", "sw": "Mbegu." }, "delivery": ["online"], "revenue_code": "T/1",
      "not_billable": { "en": "We do not know the fee.", "sw": "Hatujui ada." } },
    { "slug": "test-permit", "agency": "TEST", "name": { "en": "Permit", "sw": "Kibali" },
      "description": { "en": "A permit.", "sw": "Kibali." }, "delivery": ["online"], "revenue_code": "T/2",
      "fees": [{ "version": "one", "valid_from": "2020-01-01", "basis": "test-act",
        "rule": { "kind": "flat", "amount": "KES 200" } }] }
  ]
}
"#;

/// A list with every column.
pub(super) const MAPPING: &str = r#"
[list]
separator = "|"

[columns]
id = "Id"
slug = "Slug"
name = "Service"
name_sw = "Huduma"
agency_code = "Code"
agency = "Agency"
agency_sw = "Taasisi"
ministry = "Ministry"
department = "Department"
description = "About"
description_sw = "Kuhusu"
requirements = "Needs"
county = "County"
keywords = "Words"
promised_working_days = "Days"
delivery = "Where"
revenue_code = "Revenue"
fee = "Fee"
currency = "Currency"
legal_basis = "Law"
fee_version = "Version"
valid_from = "From"
valid_to = "To"
not_billable = "Why free"
not_billable_sw = "Kwa nini"
"#;

pub(super) const HEADER: [&str; 25] = [
    "Id",
    "Slug",
    "Service",
    "Huduma",
    "Code",
    "Agency",
    "Taasisi",
    "Ministry",
    "Department",
    "About",
    "Kuhusu",
    "Needs",
    "County",
    "Words",
    "Days",
    "Where",
    "Revenue",
    "Fee",
    "Currency",
    "Law",
    "Version",
    "From",
    "To",
    "Why free",
    "Kwa nini",
];

/// A row that is in order, with some of its columns changed.
pub(super) fn row(changes: &[(&str, &str)]) -> Vec<String> {
    let mut row: Vec<String> = HEADER.iter().map(|_| String::new()).collect();
    let usual = [
        ("Id", "7"),
        ("Service", "Soil Testing"),
        ("Code", "SOIL"),
        ("Agency", "Soil Office"),
        ("Where", "online"),
        ("Revenue", "SOIL/1"),
        ("Fee", "KES 150"),
        ("Law", "test-act"),
        ("From", "2026-01-01"),
    ];
    for (column, value) in usual.iter().chain(changes) {
        let position = HEADER.iter().position(|name| name == column);
        row[position.unwrap_or_else(|| panic!("no column {column}"))] = (*value).to_owned();
    }
    row
}

/// The rows as CSV, below the header, each on one line unless a cell has several.
pub(super) fn csv(rows: &[Vec<String>]) -> String {
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
    let lines: Vec<_> = rows.iter().map(line).collect();
    format!("{}\n{}\n", HEADER.join(","), lines.join("\n"))
}

pub(super) fn base() -> Catalogue {
    Catalogue::from_json(BASE.as_bytes()).unwrap()
}

pub(super) fn mapping() -> Mapping {
    Mapping::parse("mapping.toml", MAPPING).unwrap()
}

/// Puts the files on the small catalogue, with the mapping that has every column.
pub(super) fn imported(files: &[(&str, &[u8])]) -> Result<Imported, Problems> {
    imported_with(&mapping(), files)
}

pub(super) fn imported_with(mapping: &Mapping, files: &[(&str, &[u8])]) -> Result<Imported, Problems> {
    let files: Vec<_> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    import(&files, mapping, &base(), &mut |_, _| {})
}

/// What is told of the files, a problem a line.
pub(super) fn told_of(files: &[(&str, &[u8])]) -> Vec<String> {
    told(imported(files))
}

pub(super) fn told(outcome: Result<Imported, Problems>) -> Vec<String> {
    match outcome {
        Ok(_) => Vec::new(),
        Err(problems) => problems.listed().iter().map(ToString::to_string).collect(),
    }
}

/// The row as a JSON object, without its empty cells.
pub(super) fn object(row: &[String]) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let cells = HEADER.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
    let cells: Vec<_> = cells.map(|(name, cell)| format!("{}: {}", quoted(name), quoted(cell))).collect();
    format!("{{{}}}", cells.join(", "))
}

/// A row with something in every column: a field that no row of a JSON list has is taken for a mistake of the mapping.
pub(super) fn full_row() -> Vec<String> {
    let all: Vec<_> = HEADER.iter().map(|name| (*name, "x")).collect();
    let mut full = row(&all);
    for (column, value) in [
        ("Slug", "xxx"),
        ("Code", "XX"),
        ("County", "Nakuru"),
        ("Days", "3"),
        ("Where", "gate"),
        ("Revenue", "XX"),
        ("Fee", "1500"),
        ("Currency", "KES"),
        ("Law", "test-act"),
        ("From", "2026-01-01"),
        ("To", "2026-12-31"),
    ] {
        full[HEADER.iter().position(|name| *name == column).unwrap()] = value.to_owned();
    }
    full
}
