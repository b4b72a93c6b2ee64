//! Workbooks: what a spreadsheet keeps of what was typed.

use std::io::{Cursor, Read as _, Write as _};

use catalog::import::Mapping;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::base::{HEADER, imported, row, told_of};

fn write(sheet: &mut Worksheet, line: u32, row: &[String]) {
    for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        sheet.write_string(line - 1, u16::try_from(column).unwrap(), cell).unwrap();
    }
}

/// A workbook with the header on line 1 and a good row on line 2, and what `more` writes.
pub(super) fn workbook(more: &dyn Fn(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Services").unwrap();
    write(sheet, 1, &HEADER.map(str::to_owned));
    write(sheet, 2, &row(&[("Id", "1")]));
    more(sheet);
    workbook.save_to_buffer().unwrap()
}

/// The parts of a workbook by their names.
pub(super) fn unpacked(workbook: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(workbook)).unwrap();
    let part = |index| {
        let mut part = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        (part.name().to_owned(), bytes)
    };
    (0..ZipArchive::new(Cursor::new(workbook)).unwrap().len()).map(part).collect()
}

/// A workbook of these parts.
pub(super) fn packed(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn column(name: &str) -> u16 {
    u16::try_from(HEADER.iter().position(|column| *column == name).unwrap()).unwrap()
}

fn told_of_workbook(more: &dyn Fn(&mut Worksheet)) -> Vec<String> {
    told_of(&[("list.xlsx", &workbook(more))])
}

#[test]
fn numbers_days_and_formulas_arrive_as_they_were_typed() {
    let bytes = workbook(&|sheet| {
        write(
            sheet,
            4,
            &row(&[("Id", "2"), ("Service", "Seeds"), ("Fee", ""), ("From", ""), ("Currency", "KES")]),
        );
        sheet.write_number(3, column("Fee"), 1234.55).unwrap();
        sheet.write_number(3, column("Days"), 10.0).unwrap();
        let day = ExcelDateTime::from_ymd(2026, 7, 1).unwrap();
        let format = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_datetime_with_format(3, column("From"), &day, &format).unwrap();
        let words = Formula::new("CONCATENATE(\"cl\",\"ay\")").set_result("clay");
        sheet.write_formula(3, column("Words"), words).unwrap();
    });
    let imported = imported(&[("list.xlsx", &bytes)]).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(imported.report.added, 2);
    let service = imported.catalogue.service("soil-seeds").unwrap();
    let fee = &service.fees()[0];
    assert_eq!(fee.version.as_str(), "2026-07-01");
    assert_eq!(fee.rule.amount_ranges()[0].least.to_string(), "KES 1,234.55");
    assert_eq!(service.promised_working_days, Some(10));
    assert_eq!(service.keywords, ["clay".into()]);
}

#[test]
fn broken_cells_are_told_by_row_and_column() {
    let with = |name: &'static str, write_cell: &dyn Fn(&mut Worksheet, u16)| {
        told_of_workbook(&|sheet| {
            let empty: &[(&str, &str)] =
                &[("Id", "2"), ("Service", "Seeds"), ("Currency", "KES"), (name, "")];
            write(sheet, 3, &row(empty));
            write_cell(sheet, column(name));
        })
    };
    let number = |number: f64| {
        move |sheet: &mut Worksheet, column: u16| {
            sheet.write_number(2, column, number).unwrap();
        }
    };
    let text = |text: &'static str| {
        move |sheet: &mut Worksheet, column: u16| {
            sheet.write_string(2, column, text).unwrap();
        }
    };
    let cases: Vec<(Vec<String>, &str, &str)> = vec![
        (with("Fee", &number(150.005)), "Fee", "more than two decimals"),
        (with("Fee", &number(0.1 + 0.2)), "Fee", "is not exact"),
        (with("Fee", &number(-20.0)), "Fee", "is negative"),
        (with("Fee", &number(1e300)), "Fee", "is not exact"),
        (with("Fee", &text("KES ten")), "Fee", "is not an amount"),
        (with("Service", &|_, _| {}), "Service", "the name is missing"),
        (with("Service", &text("Seeds\nand more")), "Service", "line break"),
        (with("From", &text("01/07/2026")), "From", "is not a day"),
        (with("From", &number(46_000.5)), "From", "is not a day"),
        (with("Id", &text("1")), "Id", "first on line 2"),
        (with("Law", &|_, _| {}), "Law", "no legal basis"),
        (with("Currency", &text("UGX")), "Currency", "not the currency of the amount"),
        (with("County", &text("Wakanda")), "County", "not one of the 47"),
        (with("Where", &text("somewhere")), "Where", "is none of online"),
        (
            with("Where", &|sheet, column| {
                sheet.write_formula(2, column, Formula::new("1/0").set_result("#DIV/0!")).unwrap();
            }),
            "Where",
            "the formula of the cell gives #DIV/0!",
        ),
    ];
    for (told, column, words) in cases {
        assert_eq!(told.len(), 1, "{column}, {words}: {told:?}");
        assert!(
            told[0].starts_with(&format!("list.xlsx:3: {column}: ")) && told[0].contains(words),
            "{words}: {told:?}"
        );
    }
    let told = told_of_workbook(&|sheet| {
        sheet.write_string(1, 30, "a note").unwrap();
    });
    assert_eq!(told, ["list.xlsx:2: something stands in column 31, which has no name"]);
}

#[test]
fn the_sheet_is_the_one_that_the_mapping_names() {
    let named = |sheet: &str| {
        let text = super::base::MAPPING.replace("[list]", &format!("[list]\nsheet = \"{sheet}\""));
        let mapping = Mapping::parse("mapping.toml", &text).unwrap();
        super::base::told(super::base::imported_with(&mapping, &[("list.xlsx", &workbook(&|_| {}))]))
    };
    assert_eq!(named("Services"), [""; 0]);
    assert_eq!(named("Agencies"), ["list.xlsx (Agencies): there is no such sheet; there are: Services"]);
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_is_read() {
    let bytes = packed(&[("xl/sharedStrings.xml".to_owned(), vec![b' '; 300 << 20])]);
    assert!(bytes.len() < 2 << 20, "{} bytes", bytes.len());
    let told = told_of(&[("list.xlsx", &bytes)]);
    assert_eq!(told, ["list.xlsx: the workbook is larger than 268435456 bytes when unpacked"]);
    for bytes in [&b""[..], b"PK", b"Id,Service\n1,Seeds\n"] {
        let told = told_of(&[("list.xlsx", bytes)]);
        assert!(told[0].starts_with("list.xlsx: not a workbook that can be read"), "{told:?}");
    }
}

#[test]
fn a_sheet_that_claims_to_be_huge_is_read_as_what_it_holds() {
    let bytes = workbook(&|sheet| {
        write(sheet, 1_048_576, &row(&[("Id", "2"), ("Service", "")]));
    });
    assert_eq!(told_of(&[("list.xlsx", &bytes)]), ["list.xlsx:1048576: Service: the name is missing"]);
}
