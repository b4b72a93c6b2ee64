//! Each kind of broken row, with the line and the column that are named.

use super::base::{HEADER, csv, imported_with, row, told, told_of};
use catalog::Problems;
use catalog::import::Mapping;

type Changes = &'static [(&'static str, &'static str)];

/// What is changed about the second of three rows, and what is told of it: the column and the words.
const MISTAKES: &[(Changes, &str, &str)] = &[
    (&[("Service", "")], "Service", "the name is missing"),
    (&[("Service", "  ")], "Service", "the name is missing"),
    (&[("Id", "6")], "Id", "\"6\" is there twice, first on line 2"),
    (&[("Service", "Soil\tTesting")], "Service", "a line break or another control character"),
    (&[("Service", "Soil\u{200B}Testing")], "Service", "a sign that is not seen"),
    (&[("About", "one\u{7}")], "About", "control character"),
    (&[("Slug", "Soil Testing")], "Slug", "is not a service slug"),
    (
        &[("Slug", "test-permit"), ("Code", "TEST"), ("Agency", ""), ("From", "2020-01-01")],
        "From",
        "holds from the same day",
    ),
    (&[("Code", "soil office")], "Code", "is not an agency code"),
    (&[("Code", "SOY"), ("Agency", "")], "Code", "no name to add it by"),
    (&[("Code", ""), ("Agency", "")], "Agency", "the agency is missing"),
    (
        &[("Code", "WATER"), ("Agency", "Water Office"), ("Ministry", "Ministry\nof")],
        "Ministry",
        "line break",
    ),
    (&[("Agency", "Soil Offices")], "Agency", "line 2 says \"soil office\" of the same agency"),
    (&[("County", "Atlantis")], "County", "not one of the 47 counties"),
    (&[("Where", "by pigeon")], "Where", "\"by pigeon\" is none of online"),
    (&[("Where", "")], "Where", "say where the service can be had"),
    (&[("Days", "soon")], "Days", "not a number of working days"),
    (&[("Days", "521")], "Days", "at most 520"),
    (&[("Revenue", "soil 1")], "Revenue", "is not a revenue code"),
    (&[("Revenue", "")], "Revenue", "no revenue code that says where the money belongs"),
    (&[("Fee", "free")], "Fee", "has no currency"),
    (&[("Fee", "KES 1,500")], "Fee", "is not an amount"),
    (&[("Fee", "KES 1.005")], "Fee", "more than two decimals"),
    (&[("Fee", "KES 0")], "Fee", "more than nothing"),
    (&[("Fee", "KES -20")], "Fee", "is negative"),
    (&[("Fee", "KES 1e3")], "Fee", "is not an amount"),
    (&[("Fee", "EUR 20")], "Fee", "not a currency of these books"),
    (&[("Fee", "20"), ("Currency", "EUR")], "Currency", "not a currency of these books"),
    (&[("Fee", "KES 20"), ("Currency", "USD")], "Currency", "is not the currency of the amount, KES"),
    (&[("Fee", "20")], "Fee", "has no currency"),
    (&[("Fee", "KES 9999999999999")], "Fee", "at most KES"),
    (&[("Law", "")], "Law", "no legal basis"),
    (&[("Law", "test-akt")], "Law", "no legal basis test-akt"),
    (&[("From", "1 January 2026")], "From", "is not a day"),
    (&[("From", "2026-02-30")], "From", "is not a day"),
    (&[("To", "2025-12-31")], "To", "the last day is before the first"),
    (&[("From", "2019-01-01")], "Law", "before its legal basis"),
    (&[("Version", "Version 1")], "Version", "is not a fee version"),
    (&[("Fee", "")], "From", "no fee that this could belong to"),
    (&[("Words", "a|b|a")], "Words", "is there twice"),
    (
        &[("Slug", "test-seeds"), ("Code", "WATER"), ("Agency", "Water Office")],
        "Slug",
        "is a service of TEST",
    ),
];

#[test]
fn each_kind_of_broken_row_is_told_with_its_line_and_column() {
    for (changes, column, words) in MISTAKES {
        let rows = [
            row(&[("Id", "6"), ("Service", "First")]),
            row(changes),
            row(&[("Id", "8"), ("Service", "Last")]),
        ];
        let told = told_of(&[("list.csv", csv(&rows).as_bytes())]);
        let place = format!("list.csv:3: {column}: ");
        let found = told.iter().find(|problem| problem.starts_with(&place));
        let found = found.unwrap_or_else(|| panic!("{changes:?}: nothing is told of {place}{told:#?}"));
        assert!(found.contains(words), "{changes:?}: {found}");
        assert_eq!(told.len(), 1, "{changes:?}: {told:#?}");
    }
}

#[test]
fn too_long_texts_are_told_by_their_column() {
    let long = "x".repeat(241);
    for (column, words) in [("Service", "240"), ("Huduma", "240")] {
        let told = told_of(&[("list.csv", csv(&[row(&[(column, &long)])]).as_bytes())]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with(&format!("list.csv:2: {column}: ")) && told[0].contains(words),
            "{told:?}"
        );
    }
}

#[test]
fn a_row_with_other_columns_than_the_header_is_told_by_its_line() {
    let good = csv(&[row(&[("Id", "1")])]);
    let text = format!("{good}2,only,three\n\n{}\n", ["x"; HEADER.len() + 1].join(","));
    let told = told_of(&[("list.csv", text.as_bytes())]);
    assert_eq!(
        told,
        ["list.csv:3: 3 columns, where the header has 25", "list.csv:5: 26 columns, where the header has 25"]
    );
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let bad = row(&[("Id", "2"), ("Service", ""), ("About", "")]);
    for (before, line) in [("", 3), ("\n\n", 5), ("\r\n", 4)] {
        let good = csv(&[row(&[("Id", "1")])]);
        let lines = csv(std::slice::from_ref(&bad));
        let text = format!("{good}{before}{}", lines.split_once('\n').unwrap().1);
        let told = told_of(&[("list.csv", text.as_bytes())]);
        assert_eq!(told, [format!("list.csv:{line}: Service: the name is missing")]);
        let windows = text.replace("\r\n", "\n").replace('\n', "\r\n");
        assert_eq!(told_of(&[("list.csv", windows.as_bytes())]), told);
    }
}

#[test]
fn a_cell_of_several_lines_does_not_shift_the_others() {
    let rows = [row(&[("Id", "1"), ("About", "one\ntwo\nthree")]), row(&[("Id", "2"), ("Service", "")])];
    let told = told_of(&[("list.csv", csv(&rows).as_bytes())]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("list.csv:2: About: the text holds a line break"), "{told:?}");
    assert!(told[1].starts_with("list.csv:5: Service: the name is missing"), "{told:?}");
}

#[test]
fn bytes_that_are_no_text_are_told_by_line_and_column() {
    let text = csv(&[row(&[("Id", "1")]), row(&[("Id", "2"), ("Service", "Caf? Licence")])]);
    let at = text.find("Caf?").unwrap() + 3;
    let mut bytes = text.into_bytes();
    bytes[at] = 0xE9; // as Windows writes it
    let told = told_of(&[("list.csv", &bytes)]);
    assert_eq!(told, ["list.csv:3: Service: not UTF-8: byte 3 of the cell cannot be read"]);
    let told = told_of(&[("list.csv", b"\xFF\xFEI\0d\0")]);
    assert_eq!(told, ["list.csv: the file is UTF-16; save it as CSV UTF-8"]);
}

#[test]
fn a_column_that_is_missing_or_there_twice_is_told_once() {
    let text = csv(&[row(&[])]);
    let told = told_of(&[("list.csv", text.replacen("Service", "Name", 1).as_bytes())]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("list.csv:1: Service: there is no such column; there are: Id, Slug, Name"),
        "{told:?}"
    );
    let told = told_of(&[("list.csv", text.replacen("Huduma", "Service", 1).as_bytes())]);
    assert!(told[0].starts_with("list.csv:1: Huduma: there is no such column"), "{told:?}");
    assert!(told.contains(&"list.csv:1: Service: the column is there twice".to_owned()), "{told:?}");
    assert_eq!(
        told_of(&[("list.csv", b"")]),
        ["list.csv: line 1, which should name the columns, is not there"]
    );
    let told = told_of(&[("list.pdf", text.as_bytes())]);
    assert!(told[0].contains("its name does not say"), "{told:?}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_counted_to_the_end() {
    let rows: Vec<_> = (0..1_200)
        .map(|number| row(&[("Id", &number.to_string()), ("Service", &format!("S {number}")), ("Law", "")]))
        .collect();
    let problems = super::base::imported(&[("list.csv", csv(&rows).as_bytes())]).unwrap_err();
    assert_eq!((problems.listed().len(), problems.count()), (Problems::LISTED_MAX, 1_200));
    assert_eq!(problems.listed()[0].line, Some(2));
}

const JOINED: &str = r#"
[columns]
id = "id"
name = "name"
agency_id = "agency"
agency = { from = "agencies", column = "title" }

[defaults]
delivery = "online"

[joined.agencies]
file = "agencies.csv"
by = "agency"
key = "key"
"#;

#[test]
fn what_is_not_in_a_joined_file_is_told_where_it_is_named() {
    let mapping = Mapping::parse("joined.toml", JOINED).unwrap();
    let list = b"id,name,agency\n1,Soil Testing,a\n2,Seed Sales,b\n3,Forms,\n";
    let agencies = b"key,title\na,Soil Office\na,Soil Office again\n,Nobody\n";
    let told_of = |files: &[(&str, &[u8])]| told(imported_with(&mapping, files));
    assert_eq!(
        told_of(&[("folder/list.csv", list), ("folder/agencies.csv", agencies)]),
        [
            "folder/agencies.csv:3: key: \"a\" is there twice, first on line 2",
            "folder/agencies.csv:4: key: the row has no key",
            "folder/list.csv:3: agency: folder/agencies.csv has no \"b\"",
            "folder/list.csv:4: agencies.title: the agency is missing",
        ]
    );
    let told = told_of(&[("list.csv", list)]);
    assert_eq!(told, ["agencies.csv: the file is missing; the mapping joins it"]);
    // An agency's name is wrong in one place, however many services it has.
    let agencies = b"key,title\na,Soil\x07Office\n";
    let list = b"id,name,agency\n1,One,a\n2,Two,a\n";
    let told = told_of(&[("list.csv", list), ("agencies.csv", agencies)]);
    assert_eq!(told, ["agencies.csv:2: title: the text holds a line break or another control character"]);
}

#[test]
fn a_mapping_is_refused_where_it_says_what_nobody_understands() {
    for (from, to, told) in [
        ("[list]", "[list]\ncolour = \"red\"", "mapping.toml:3: unknown field `colour`"),
        ("id = \"Id\"", "identity = \"Id\"", "mapping.toml:6: unknown variant `identity`"),
        ("id = \"Id\"", "id = \"Id\"\nid = \"Id\"", "mapping.toml:7: duplicate key"),
        ("id = \"Id\"", "id = 7", "mapping.toml:6: a column name, or { from"),
        (
            "id = \"Id\"",
            "id = { from = \"x\", column = \"y\", z = 1 }",
            "mapping.toml:6: a column name, or { from",
        ),
        (
            "id = \"Id\"",
            "id = { from = \"x\", column = \"y\" }",
            "mapping.toml: columns: Id is from x, which is not",
        ),
        ("name = \"Service\"", "", "mapping.toml: columns: name is missing"),
        ("delivery = \"Where\"", "", "mapping.toml: columns: delivery is missing"),
        ("[list]", "[list]\ndelimiter = \"\\n\"", "mapping.toml: list.delimiter: a delimiter is"),
        ("[list]", "[list]\nheader_row = 0", "mapping.toml: list.header_row: lines are counted from 1"),
        (
            "[list]",
            "[agency_codes]\n\"Soil Office\" = \"soil\"\n[list]",
            "mapping.toml: agency_codes.\"Soil Office\"",
        ),
        ("[list]", "[list", "mapping.toml:2: "),
    ] {
        assert!(super::base::MAPPING.contains(from), "{from}");
        let text = super::base::MAPPING.replacen(from, to, 1);
        let problems = Mapping::parse("mapping.toml", &text).unwrap_err();
        assert_eq!(problems.count(), 1, "{problems}");
        assert!(problems.listed()[0].to_string().starts_with(told), "{told}: {problems}");
    }
}
