//! Transactions as files, of exactly the filter in the address: CSV for programs, XLSX for accountants. Every row is of
//! one moment, and the control record at the end says how many there are and what they come to.

use std::collections::BTreeMap;

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_DISPOSITION, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use ledger::{Currency, Money};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use tokio::sync::Semaphore;

use super::Viewed;
use super::filter::{Filter, SUSPENSE};
use crate::api::{no_answer, no_rows, trouble};
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::clock::{east_africa_date, format_rfc3339};
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::Total;
use crate::views::TransactionRow;

/// Rows of a file: whoever needs more asks for fewer days at a time. Some forty megabytes while a workbook is made.
const ROWS_MAX: u32 = 20_000;
/// Files that are made at a time.
static TURNS: Semaphore = Semaphore::const_new(2);
/// What a workbook can say exactly in its numbers, in digits.
const DIGITS_MAX: usize = 15;

const COLUMNS: [&str; 13] = [
    "value_date",
    "payment_time",
    "payment_number",
    "receipt_number",
    "agency_reference",
    "service_code",
    "service_name",
    "channel",
    "channel_reference",
    "gross",
    "currency",
    "status",
    "record",
];
/// Which of them is the amount.
const GROSS: usize = 9;

/// `GET /{lang}/agency/transactions.csv`.
pub(in crate::pages) async fn csv(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let statement = Statement::of(&app, &request).await?;
    let name = statement.name("csv");
    let made = away(move || statement.csv()).await.map_err(trouble::internal)?;
    Ok(file("text/csv; charset=utf-8", &name, made.map_err(trouble::internal)?))
}

/// `GET /{lang}/agency/transactions.xlsx`.
pub(in crate::pages) async fn xlsx(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let _turn = TURNS
        .try_acquire()
        .map_err(|_| Problem::new(Code::Overloaded, "Other files are being made.").retry_after_seconds(3))?;
    let statement = Statement::of(&app, &request).await?;
    let name = statement.name("xlsx");
    let made = away(move || statement.xlsx()).await.map_err(trouble::internal)?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(kind, &name, made.map_err(trouble::internal)?))
}

fn file(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let mut response = response::bytes(StatusCode::OK, kind, bytes);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(named) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, named);
    }
    response
}

/// What goes into a file.
struct Statement {
    agency: String,
    day: String,
    as_of: String,
    sequence: u64,
    filter: String,
    /// By the columns, but for the amount.
    rows: Vec<([String; COLUMNS.len()], Money)>,
    sums: BTreeMap<Currency, Total>,
}

impl Statement {
    async fn of(app: &App, request: &Request<App>) -> Result<Self, Problem> {
        let viewed = Viewed::of(app, request)?.ok_or_else(no_rows)?;
        let filter = Filter::read(&request.head.query()?);
        if !filter.wrong.is_empty() {
            return Err(Problem::new(
                Code::BadRequest,
                "The filter means nothing: open the page of transactions.",
            ));
        }
        let found = app.views.reader().all_transactions(&viewed.scope, &filter.asked, ROWS_MAX + 1).await;
        let found = found.map_err(no_answer)?;
        if found.found.len() > ROWS_MAX as usize {
            let problem =
                Problem::new(Code::BadRequest, format!("More than {ROWS_MAX} rows: narrow the filter."));
            return Err(problem.user_message(
                format!("There are more than {ROWS_MAX} payments. Choose fewer days, and download them one after the other."),
                format!("Kuna malipo zaidi ya {ROWS_MAX}. Chagua siku chache, kisha upakue moja baada ya nyingine."),
            ));
        }
        let mut sums = BTreeMap::<Currency, Total>::new();
        for row in &found.found {
            sums.entry(row.money.currency()).or_default().count(row.money);
        }
        let served = app.catalogue.current();
        let name = |slug: &str| {
            served.catalogue().service(slug).map(|service| service.name.en().to_owned()).unwrap_or_default()
        };
        Ok(Self {
            agency: viewed.agency.to_string(),
            day: app.clock.today().to_string(),
            as_of: format_rfc3339(app.clock.now_micros()),
            sequence: found.sequence,
            filter: filter.query(),
            rows: found.found.iter().map(|row| (cells(row, name), row.money)).collect(),
            sums,
        })
    }

    fn name(&self, extension: &str) -> String {
        format!("malipo-{}-transactions-{}.{extension}", self.agency, self.day)
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        // The mark at the beginning is what makes Excel read UTF-8.
        let mut bytes = "\u{feff}".as_bytes().to_vec();
        let mut file = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(&mut bytes);
        file.write_record(COLUMNS)?;
        for (cells, _) in &self.rows {
            file.write_record(cells.iter().map(|cell| neutral(cell)))?;
        }
        for record in self.control() {
            file.write_record(&record)?;
        }
        file.flush()?;
        drop(file);
        Ok(bytes)
    }

    /// The control record of each currency: count, gross, charges, refunds, net. The books have taken no charge from a
    /// payment and given none back so far; once they do, it is said here.
    fn control(&self) -> Vec<[String; 7]> {
        let record = |(currency, total): (&Currency, &Total)| {
            let gross = decimal(total.minor, *currency);
            let nothing = decimal(0, *currency);
            [
                "CONTROL".to_owned(),
                total.count.to_string(),
                currency.code().to_owned(),
                gross.clone(),
                nothing.clone(),
                nothing,
                gross,
            ]
        };
        if self.sums.is_empty() {
            return vec![record((&Currency::Kes, &Total::default()))];
        }
        self.sums.iter().map(record).collect()
    }

    fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let (bold, amount) = (Format::new().set_bold(), Format::new().set_num_format("#,##0.00"));
        let summary = book.add_worksheet().set_name("Summary")?;
        let facts = [
            ("agency", self.agency.clone()),
            ("filter", self.filter.clone()),
            ("as_of", self.as_of.clone()),
            ("books_up_to_record", self.sequence.to_string()),
        ];
        let mut line = 0;
        for (name, value) in facts {
            summary.write_string_with_format(line, 0, name, &bold)?;
            summary.write_string(line, 1, value)?;
            line += 1;
        }
        line += 1;
        for (column, name) in
            (0..).zip(["control", "count", "currency", "gross", "charges", "refunds", "net"])
        {
            summary.write_string_with_format(line, column, name, &bold)?;
        }
        for record in self.control() {
            line += 1;
            for (column, cell) in (0..).zip(&record) {
                match column {
                    1 | 3.. => write_number(summary, line, column, cell, &amount)?,
                    _ => summary.write_string(line, column, cell).map(|_| ())?,
                }
            }
        }
        summary.autofit();
        let sheet = book.add_worksheet().set_name("Transactions")?;
        for (column, name) in (0..).zip(COLUMNS) {
            sheet.write_string_with_format(0, column, name, &bold)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        for (line, (cells, _)) in (1..).zip(&self.rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                // References are texts: as numbers, twelve digits would be shown as 4.07E+11.
                if usize::from(column) == GROSS {
                    write_number(sheet, line, column, cell, &amount)?;
                } else {
                    sheet.write_string(line, column, cell)?;
                }
            }
        }
        book.save_to_buffer()
    }
}

/// Writes a decimal as a number, or as a text where a workbook, which has binary fractions alone, could not say it.
fn write_number(
    sheet: &mut rust_xlsxwriter::Worksheet,
    line: u32,
    column: u16,
    decimal: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    let digits = decimal.bytes().filter(u8::is_ascii_digit).count();
    match decimal.parse() {
        Ok(number) if digits <= DIGITS_MAX => {
            let number: f64 = number;
            sheet.write_number_with_format(line, column, number, format)?;
        }
        _ => {
            sheet.write_string(line, column, decimal)?;
        }
    }
    Ok(())
}

fn cells(row: &TransactionRow, name: impl Fn(&str) -> String) -> [String; COLUMNS.len()] {
    let micros = row.booked.micros();
    [
        east_africa_date(micros).to_string(),
        format_rfc3339(micros),
        row.bill.map(|bill| bill.to_string()).unwrap_or_default(),
        row.receipt.map(|receipt| receipt.grouped()).unwrap_or_default(),
        row.agency_reference.as_deref().unwrap_or_default().to_owned(),
        row.service.as_deref().unwrap_or_default().to_owned(),
        row.service.as_deref().map(name).unwrap_or_default(),
        row.channel_receipt.provider.word().to_owned(),
        row.channel_receipt.number.to_string(),
        row.money.to_decimal(),
        row.money.currency().code().to_owned(),
        row.state.map_or(SUSPENSE, |state| state.word()).to_owned(),
        row.sequence.to_string(),
    ]
}

/// A cell that no spreadsheet takes for a formula.
fn neutral(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// An amount as a decimal: wider than one payment can be.
fn decimal(minor: i128, currency: Currency) -> String {
    let per_major = u128::from(currency.minor_per_major().unsigned_abs());
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.unsigned_abs() / per_major, minor.unsigned_abs() % per_major)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(reference: &str) -> Statement {
        let mut cells = COLUMNS.map(|_| String::new());
        (cells[2], cells[4], cells[GROSS]) =
            ("407155201831".to_owned(), reference.to_owned(), "3050.00".to_owned());
        let money = Money::new(305_000, Currency::Kes);
        let mut total = Total::default();
        total.count(money);
        Statement {
            agency: "KWS".to_owned(),
            day: "2026-11-22".to_owned(),
            as_of: "2026-11-22T09:00:00Z".to_owned(),
            sequence: 7,
            filter: String::new(),
            rows: vec![(cells, money)],
            sums: BTreeMap::from([(Currency::Kes, total)]),
        }
    }

    #[test]
    fn a_csv_has_its_mark_its_line_ends_and_its_control_record_and_no_formula() {
        for reference in ["=1+1", "+254", "-1", "@x"] {
            let text = String::from_utf8(statement(reference).csv().unwrap()).unwrap();
            let lines: Vec<_> = text.split("\r\n").collect();
            assert!(lines[0].starts_with("\u{feff}value_date,payment_time,"), "{}", lines[0]);
            assert_eq!(lines[1], format!(",,407155201831,,'{reference},,,,,3050.00,,,"));
            assert_eq!(lines[2], "CONTROL,1,KES,3050.00,0.00,0.00,3050.00");
            assert_eq!(lines[3..], [""]);
        }
    }

    #[test]
    fn a_workbook_is_one() {
        let bytes = statement("A/1").xlsx().unwrap();
        assert_eq!(bytes[..2], *b"PK");
    }
}
