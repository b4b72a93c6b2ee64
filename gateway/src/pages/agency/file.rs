//! Tables of the console as files: CSV for programs, XLSX for accountants. One way for both: a file takes its turn, is made
//! of rows of one moment, and ends with control records that say what its rows come to.

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_DISPOSITION, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use ledger::Sum;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::api::trouble;
use crate::app::App;
use crate::away::away;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::response::{self, Response};

/// Rows of a file: whoever needs more asks for less at a time. Some forty megabytes while a workbook is made.
pub(super) const ROWS_MAX: u32 = 20_000;
/// Files that are made at a time.
const TURNS: usize = 2;
/// A workbook has binary fractions alone, and shows decimals of so many digits as they were written. An amount with more is
/// written as a text: it is shown to the cent, and a spreadsheet does not add it up.
const DIGITS_MAX: u32 = 15;

/// Turns to make files. Part of what a request can reach.
#[derive(Debug)]
pub(crate) struct Downloads(Semaphore);

impl Default for Downloads {
    fn default() -> Self {
        Self(Semaphore::new(TURNS))
    }
}

impl Downloads {
    fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.0
            .try_acquire()
            .map_err(|_| Problem::new(Code::Overloaded, "Other files are being made.").retry_after_seconds(3))
    }
}

/// What a file is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    Xlsx,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// References as well: as numbers, twelve digits would be shown as 4.07E+11.
    Text(String),
    Count(u64),
    Amount(Sum),
}

/// Rows under names.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Vec<Cell>>,
}

/// What goes into a file.
#[derive(Clone, Debug)]
pub(super) struct TableFile {
    /// What it has, as the name of the file and of the sheet say it.
    pub(super) about: &'static str,
    /// Whose rows; `ALL` of all agencies.
    pub(super) agency: String,
    /// The day on which it was made.
    pub(super) day: String,
    /// What the first sheet of a workbook says about the rows.
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) table: Table,
    /// What the rows come to. In a CSV these records stand below the rows.
    pub(super) control: Table,
}

/// Makes a file when it is its turn and answers with it. `gather` is not asked before.
pub(super) async fn answer<F>(app: &App, kind: Kind, gather: F) -> Result<Response, Problem>
where
    F: Future<Output = Result<TableFile, Problem>>,
{
    let _turn = app.downloads.turn()?;
    let file = gather.await?;
    let (content_type, extension) = match kind {
        Kind::Csv => ("text/csv; charset=utf-8", "csv"),
        Kind::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    };
    let name = format!("malipo-{}-{}-{}.{extension}", file.agency, file.about, file.day);
    let made = away(move || match kind {
        Kind::Csv => file.csv().map_err(trouble::internal),
        Kind::Xlsx => file.xlsx().map_err(trouble::internal),
    });
    let mut response = response::bytes(StatusCode::OK, content_type, made.await.map_err(trouble::internal)??);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(named) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, named);
    }
    Ok(response)
}

impl TableFile {
    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        // The mark at the beginning is what makes Excel read UTF-8.
        let mut bytes = "\u{feff}".as_bytes().to_vec();
        let mut file = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(&mut bytes);
        file.write_record(self.table.columns)?;
        for row in self.table.rows.iter().chain(&self.control.rows) {
            file.write_record(row.iter().map(Cell::in_csv))?;
        }
        file.flush()?;
        drop(file);
        Ok(bytes)
    }

    fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let bold = Format::new().set_bold();
        let summary = book.add_worksheet().set_name("Summary")?;
        let mut line = 0;
        for (name, value) in &self.facts {
            summary.write_string_with_format(line, 0, *name, &bold)?;
            summary.write_string(line, 1, value)?;
            line += 1;
        }
        write_table(summary, line + 1, &self.control)?;
        summary.autofit();
        let mut title = self.about.to_owned();
        title[..1].make_ascii_uppercase();
        let sheet = book.add_worksheet().set_name(title)?;
        write_table(sheet, 0, &self.table)?;
        sheet.set_freeze_panes(1, 0)?;
        book.save_to_buffer()
    }
}

/// Writes a table from this line on, its names first.
fn write_table(sheet: &mut Worksheet, first: u32, table: &Table) -> Result<(), XlsxError> {
    let (bold, amount) = (Format::new().set_bold(), Format::new().set_num_format("#,##0.00"));
    for (column, name) in (0..).zip(table.columns) {
        sheet.write_string_with_format(first, column, *name, &bold)?;
    }
    for (line, row) in (first + 1..).zip(&table.rows) {
        for (column, cell) in (0_u16..).zip(row) {
            match cell {
                Cell::Text(text) => sheet.write_string(line, column, text)?,
                Cell::Count(count) => match exact_number(&count.to_string()) {
                    Some(number) => sheet.write_number(line, column, number)?,
                    None => sheet.write_string(line, column, count.to_string())?,
                },
                Cell::Amount(sum) => match exact_number(&sum.to_decimal()) {
                    Some(number) => sheet.write_number_with_format(line, column, number, &amount)?,
                    None => sheet.write_string(line, column, sum.to_decimal())?,
                },
            };
        }
    }
    Ok(())
}

/// A decimal as a number of a workbook, unless that would round it.
fn exact_number(decimal: &str) -> Option<f64> {
    let digits = decimal.bytes().filter(u8::is_ascii_digit).count();
    if digits > DIGITS_MAX as usize { None } else { decimal.parse().ok() }
}

impl Cell {
    fn in_csv(&self) -> String {
        match self {
            Self::Text(text) => neutral(text),
            Self::Count(count) => count.to_string(),
            Self::Amount(sum) => sum.to_decimal(),
        }
    }
}

/// A cell that no spreadsheet takes for a formula.
fn neutral(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
    use ledger::Currency;
    use proptest::prelude::*;

    use super::*;

    fn file(rows: Vec<Vec<Cell>>) -> TableFile {
        let total = Sum::new(305_000, Currency::Kes);
        TableFile {
            about: "transactions",
            agency: "KWS".to_owned(),
            day: "2026-11-22".to_owned(),
            facts: vec![("agency", "KWS".to_owned())],
            table: Table { columns: &["reference", "gross"], rows },
            control: Table {
                columns: &["control", "count", "gross"],
                rows: vec![vec![Cell::Text("CONTROL".to_owned()), Cell::Count(1), Cell::Amount(total)]],
            },
        }
    }

    fn row(reference: &str, minor: i128) -> Vec<Cell> {
        vec![Cell::Text(reference.to_owned()), Cell::Amount(Sum::new(minor, Currency::Kes))]
    }

    /// What a spreadsheet would show of an amount in a workbook.
    fn shown_in_workbook(minor: i128) -> String {
        let bytes = file(vec![row("407155201831", minor)]).xlsx().unwrap();
        let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        let sheet = book.worksheet_range("Transactions").unwrap();
        assert_eq!(sheet.get_value((1, 0)), Some(&Data::String("407155201831".to_owned())));
        match sheet.get_value((1, 1)) {
            Some(Data::Float(number)) => format!("{number:.2}"),
            Some(Data::String(text)) => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_csv_has_its_mark_its_line_ends_and_its_control_record_and_no_formula() {
        for reference in ["=1+1", "+254", "-1", "@x"] {
            let text = String::from_utf8(file(vec![row(reference, -305_000)]).csv().unwrap()).unwrap();
            let lines: Vec<_> = text.split("\r\n").collect();
            assert_eq!(lines[0], "\u{feff}reference,gross");
            assert_eq!(lines[1], format!("'{reference},-3050.00"));
            assert_eq!(lines[2], "CONTROL,1,3050.00");
            assert_eq!(lines[3..], [""]);
        }
    }

    #[test]
    fn the_largest_number_is_a_number_and_a_cent_more_digits_a_text() {
        assert_eq!(exact_number("9999999999999.99"), Some(9_999_999_999_999.99));
        assert_eq!(exact_number("10000000000000.00"), None);
        // As a binary fraction this would be shown as ...992.00.
        let beyond = (1_i128 << 53) * 100 + 100;
        assert_eq!(shown_in_workbook(beyond), "9007199254740993.00");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn no_amount_is_rounded_in_a_workbook(minor: i128, shift in 0_u32..127) {
            let minor = minor >> shift;
            prop_assert_eq!(shown_in_workbook(minor), Sum::new(minor, Currency::Kes).to_decimal());
        }
    }

    #[test]
    fn files_take_turns() {
        let downloads = Downloads::default();
        let turns: Vec<_> = (0..TURNS).map(|_| downloads.turn().unwrap()).collect();
        assert_eq!(downloads.turn().unwrap_err().code(), Code::Overloaded);
        drop(turns);
        assert!(downloads.turn().is_ok());
    }
}
