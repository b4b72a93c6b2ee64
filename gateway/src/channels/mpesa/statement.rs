//! The organisation's statement of a paybill, as it is exported from M-PESA's portal: CSV with lines of title above the
//! heading, and rows of payments, charges and reversals in it, sometimes under one receipt. An operator uploads it, and money
//! whose confirmation was lost is found.
//!
//! Headings seen: `Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Balance`, the same with `Other Party
//! Info` and `A/C No.` or `Account No.`, and the full export with thirteen columns. Columns are found by their names. Times have
//! the three forms of [`clock::parse_written`], amounts have commas between thousands and may be negative where money went
//! out. What is not understood is said with its line, and nothing of the file is taken then: half a statement is none.

use std::borrow::Cow;

use csv::StringRecord;
use ledger::{Currency, Evidence, LedgerTime, Money};

use super::listed::{Listed, is_payment};
use super::wire::{ACCOUNT_LEN_MAX, NAME_LEN_MAX};
use crate::channels::{CollectionAccount, Told, written};
use crate::clock;
use crate::payments::{RECEIPT_LEN_MAX, ToldBy};

/// The most rows of one file; a day of the country has a hundred and twenty thousand payments.
pub const ROWS_MAX: usize = 500_000;
/// So many lines are looked through for the heading.
const TITLE_LINES_MAX: usize = 50;
/// So many faults are told at once; whoever has more sent another file than they meant.
const FAULTS_MAX: usize = 100;
/// The status of a row whose money moved.
const COMPLETED: &str = "completed";

/// A statement of which every row was understood. Not printed: there is personal data in it.
pub struct Statement {
    /// The short code in its title, if one stands there.
    pub short_code: Option<String>,
    rows: Vec<Row>,
    /// Rows that are charges, reversals and transfers of our own.
    pub other_rows: u64,
    /// Rows whose money did not move.
    pub incomplete_rows: u64,
}

struct Row {
    line: u64,
    listed: Listed<'static>,
}

/// What is wrong with a line. It never says what stands there: it may be somebody's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct LineFault {
    /// Its number in the file, from 1; nothing if the file as a whole is meant.
    pub line: Option<u64>,
    /// What.
    pub fault: Fault,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no text in UTF-8.
    #[error("the file is not text in UTF-8")]
    NotUtf8,
    /// No line has the heading.
    #[error("none of the first {TITLE_LINES_MAX} lines is a heading with a column Receipt No.")]
    NoHeading,
    /// The heading lacks this column.
    #[error("the heading has no column {0}")]
    ColumnMissing(&'static str),
    /// It has more rows than are taken.
    #[error("the file has more than {ROWS_MAX} rows; export shorter times")]
    TooManyRows,
    /// It is no CSV.
    #[error("it is not a row of CSV")]
    NotARow,
    /// It has not as many columns as the heading.
    #[error("it does not have the columns of the heading")]
    Columns,
    /// The receipt is none.
    #[error("the receipt is missing, or not 1 to {RECEIPT_LEN_MAX} letters and digits")]
    Receipt,
    /// The time cannot be read.
    #[error("the completion time cannot be read; it is written as 20-11-2026 09:14:31")]
    Time,
    /// The amount cannot be read.
    #[error("what was paid in cannot be read; it is written as 7,550.00")]
    Amount,
    /// Money came in and went out, or neither.
    #[error("a payment has an amount paid in and none withdrawn")]
    Direction,
    /// What the payer typed is too long.
    #[error("the account has more than {ACCOUNT_LEN_MAX} bytes")]
    Account,
}

impl Statement {
    /// Reads a file, wholly or not at all.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<LineFault>> {
        let whole = |fault| vec![LineFault { line: None, fault }];
        let text = std::str::from_utf8(bytes).map_err(|_| whole(Fault::NotUtf8))?;
        // Spreadsheets begin their files with a mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Lines of title have as many cells as they like. With both ends of a line for one, lines of files from Windows
        // would be counted one too low; what is left of that end is trimmed.
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut statement = Self { short_code: None, rows: Vec::new(), other_rows: 0, incomplete_rows: 0 };
        let mut heading = None;
        let mut faults = Vec::new();
        let mut row_count = 0;
        for (number, record) in reader.records().enumerate() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map(csv::Position::line);
                    faults.push(LineFault { line, fault: Fault::NotARow });
                    continue;
                }
            };
            let line = record.position().map(csv::Position::line);
            let Some(columns) = &heading else {
                if number >= TITLE_LINES_MAX {
                    return Err(whole(Fault::NoHeading));
                }
                statement.read_title(&record);
                heading = Columns::of(&record).map_err(|fault| vec![LineFault { line, fault }])?;
                continue;
            };
            row_count += 1;
            if row_count > ROWS_MAX {
                return Err(whole(Fault::TooManyRows));
            }
            match statement.read_row(columns, &record, line.unwrap_or(0)) {
                Ok(()) => {}
                Err(fault) => faults.push(LineFault { line, fault }),
            }
            if faults.len() >= FAULTS_MAX {
                return Err(faults);
            }
        }
        if heading.is_none() {
            return Err(whole(Fault::NoHeading));
        }
        if faults.is_empty() { Ok(statement) } else { Err(faults) }
    }

    /// How many payments it lists.
    pub fn payment_count(&self) -> usize {
        self.rows.len()
    }

    /// The payments, each with its line, as money that came to this account.
    pub fn told(self, account: &CollectionAccount) -> impl Iterator<Item = (u64, Told<'static>)> {
        let evidence = Evidence::ConfirmedByStatement;
        self.rows
            .into_iter()
            .map(move |row| (row.line, row.listed.told(account, ToldBy::Statement, evidence)))
    }

    fn read_title(&mut self, record: &StringRecord) {
        if record.get(0).is_some_and(|cell| cell.trim_end_matches(':').eq_ignore_ascii_case("short code")) {
            self.short_code = record.get(1).filter(|code| !code.is_empty()).map(str::to_owned);
        }
    }

    fn read_row(&mut self, columns: &Columns, record: &StringRecord, line: u64) -> Result<(), Fault> {
        if record.len() != columns.count {
            return Err(Fault::Columns);
        }
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let kind = columns.kind.map(cell).filter(|kind| !kind.is_empty());
        let details = cell(columns.details);
        if !cell(columns.status).eq_ignore_ascii_case(COMPLETED) {
            self.incomplete_rows += 1;
            return Ok(());
        }
        // What follows "from" is the payer's: a name, and what was typed.
        let called = kind.unwrap_or_else(|| details.split(" from ").next().unwrap_or_default());
        if !is_payment(called) {
            self.other_rows += 1;
            return Ok(());
        }
        let receipt = receipt(cell(columns.receipt))?;
        let moved = clock::parse_written(cell(columns.completed)).map_err(|_| Fault::Time)?;
        let (paid_in, withdrawn) = (cell(columns.paid_in), cell(columns.withdrawn));
        if paid_in.is_empty() || !is_nothing(withdrawn) {
            return Err(Fault::Direction);
        }
        let money = written::amount(paid_in, Currency::Kes).ok_or(Fault::Amount)?;
        let party = columns.party.map(cell).unwrap_or_default();
        let (phone, name) = party.split_once(" - ").unwrap_or((party, ""));
        let account = match columns.account.map(cell) {
            Some(account) => account,
            None => details.rsplit_once(" Acc. ").map_or("", |(_, account)| account),
        };
        if account.len() > ACCOUNT_LEN_MAX {
            return Err(Fault::Account);
        }
        let said = |text: &str| {
            let text = &text[..text.floor_char_boundary(NAME_LEN_MAX)];
            (!text.is_empty()).then(|| Cow::Owned(text.to_owned()))
        };
        let listed = Listed {
            receipt: receipt.into(),
            money,
            account: account.to_owned().into(),
            moved: Some(LedgerTime::from_micros(moved)),
            phone: said(phone),
            name: said(name),
        };
        self.rows.push(Row { line, listed });
        Ok(())
    }
}

/// Where what stands.
struct Columns {
    count: usize,
    receipt: usize,
    completed: usize,
    details: usize,
    status: usize,
    paid_in: usize,
    withdrawn: usize,
    kind: Option<usize>,
    party: Option<usize>,
    account: Option<usize>,
}

impl Columns {
    /// The columns of a heading; nothing if this is a line of title.
    fn of(record: &StringRecord) -> Result<Option<Self>, Fault> {
        let find = |names: &[&str]| {
            let is_it = |cell: &str| names.iter().any(|name| cell.eq_ignore_ascii_case(name));
            record.iter().position(is_it)
        };
        let Some(receipt) = find(&["Receipt No.", "Receipt No"]) else { return Ok(None) };
        let needed = |name: &'static str| find(&[name]).ok_or(Fault::ColumnMissing(name));
        Ok(Some(Self {
            count: record.len(),
            receipt,
            completed: needed("Completion Time")?,
            details: needed("Details")?,
            status: needed("Transaction Status")?,
            paid_in: needed("Paid In")?,
            withdrawn: needed("Withdrawn")?,
            kind: find(&["Reason Type"]),
            party: find(&["Other Party Info"]),
            account: find(&["A/C No.", "Account No."]),
        }))
    }
}

/// The receipt in upper case, so that it is one name however it is written.
fn receipt(cell: &str) -> Result<String, Fault> {
    let is_receipt =
        (1..=RECEIPT_LEN_MAX).contains(&cell.len()) && cell.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_receipt { Ok(cell.to_ascii_uppercase()) } else { Err(Fault::Receipt) }
}

/// An empty cell, or a zero.
fn is_nothing(cell: &str) -> bool {
    cell.is_empty() || Money::parse_decimal(cell, Currency::Kes).is_ok_and(|money| money.minor() == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::channels::SaidFor;
    use crate::payments::Provider;

    const FULL: &str = "\
Short Code,222222
Account,Utility Account
Receipt No.,Completion Time,Initiation Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Balance Confirmed,Reason Type,Other Party Info,Linked Transaction ID,A/C No.
TKL3A7Q9ZD,20-11-2026 09:14:31,20-11-2026 09:14:31,\"Pay Bill Online from 2547******01 - ASHA MWIKALI Acc. QKRTWX\",Completed,\"7,550.00\",,\"81,007,550.00\",true,Pay Bill Online,2547******01 - ASHA MWIKALI,,QKRTWX
TKL3A7Q9ZD,20-11-2026 09:14:31,20-11-2026 09:14:31,Pay Bill Charge,Completed,,-34.00,\"81,007,516.00\",true,Pay Bill Charge,,,
";

    /// Receipt, amount, account, moment, phone and name of each payment.
    fn read(text: &str) -> Result<Vec<(u64, String)>, Vec<String>> {
        let account = CollectionAccount { provider: Provider::Mpesa, number: "222222".into() };
        let statement = Statement::read(text.as_bytes()).map_err(|faults| {
            faults.iter().map(|fault| format!("{:?} {}", fault.line, fault.fault)).collect::<Vec<_>>()
        })?;
        let said = |(line, told): (u64, Told<'_>)| {
            let SaidFor::Typed(typed) = &told.said_for else { panic!("a statement names no attempt") };
            let moved = clock::format_spaced(told.moved.unwrap().micros());
            let [phone, name] = [&told.phone, &told.name].map(|text| text.as_deref().unwrap_or("-"));
            let (receipt, money) = (&told.receipt.number, told.money.to_decimal());
            assert_eq!((told.told_by, told.evidence), (ToldBy::Statement, Evidence::ConfirmedByStatement));
            (line, format!("{receipt} {money} {typed} {moved} {phone} {name}"))
        };
        Ok(statement.told(&account).map(said).collect())
    }

    #[test]
    fn the_full_export_is_read_and_a_charge_under_the_same_receipt_is_no_payment() {
        let expected = "TKL3A7Q9ZD 7550.00 QKRTWX 2026-11-20 09:14:31 2547******01 ASHA MWIKALI".to_owned();
        assert_eq!(read(FULL), Ok(vec![(4, expected.clone())]));
        let statement = Statement::read(FULL.as_bytes()).unwrap();
        assert_eq!((statement.short_code.as_deref(), statement.other_rows), (Some("222222"), 1));
        let with_mark = format!("\u{feff}{}", FULL.replace('\n', "\r\n"));
        assert_eq!(read(&with_mark), Ok(vec![(4, expected)]));
    }

    #[test]
    fn shorter_exports_are_read_by_the_names_of_their_columns() {
        let a = "Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Balance\n\
                 TKL3A7Q9ZD,2026-11-20 09:14:31,Pay Bill Online from 2547******01 - ASHA Acc. QKRTWX,Completed,7550,,1\n\
                 TKL3A7Q9ZE,20/11/2026 09:14:31,Pay Bill Online,Failed,7550,,1\n";
        assert_eq!(read(a), Ok(vec![(2, "TKL3A7Q9ZD 7550.00 QKRTWX 2026-11-20 09:14:31 - -".to_owned())]));
        let b = "Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Other Party Info,A/C No.\n\
                 tkl3a7q9zd,20/11/2026 09:14:31,Pay Bill Online,COMPLETED,\"1,234,567.5\",0.00,2547******01 - ASHA,QK RT\n";
        let expected = "TKL3A7Q9ZD 1234567.50 QK RT 2026-11-20 09:14:31 2547******01 ASHA";
        assert_eq!(read(b), Ok(vec![(2, expected.to_owned())]));
        // What a payer is called or types makes no charge of a payment.
        let typed = a.replace("ASHA Acc. QKRTWX", "CHARGE Acc. Reversal");
        let expected = "TKL3A7Q9ZD 7550.00 Reversal 2026-11-20 09:14:31 - -";
        assert_eq!(read(&typed), Ok(vec![(2, expected.to_owned())]));
    }

    #[test]
    fn every_fault_is_said_with_its_line_and_nothing_of_what_stands_there() {
        let row =
            "TKL3A7Q9ZD,20-11-2026 09:14:31,Pay Bill Online,Completed,\"7,550.00\",,X1234 - ASHA,QKRTWX";
        let heading = "Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Other Party Info,A/C No.";
        let wrong = [
            row.replace("TKL3A7Q9ZD", "TKL 3A7"),
            row.replace("20-11-2026", "yesterday"),
            row.replace("\"7,550.00\"", "\"75,50.00\""),
            row.replace("\"7,550.00\"", "1e3"),
            row.replace("\"7,550.00\"", "7550.005"),
            row.replace("\"7,550.00\"", "0.00"),
            row.replace("\"7,550.00\",", "\"7,550.00\",-34.00"),
            row.replace("\"7,550.00\"", ""),
            row.replace(",QKRTWX", ""),
            row.replace("QKRTWX", &"9".repeat(ACCOUNT_LEN_MAX + 1)),
        ];
        let faults = read(&format!("{heading}\n{}\n{row}\n", wrong.join("\n"))).unwrap_err();
        let lines: Vec<_> = faults.iter().map(|said| said.split(')').next().unwrap().to_owned()).collect();
        assert_eq!(lines, (2..12).map(|line| format!("Some({line}")).collect::<Vec<_>>(), "{faults:#?}");
        assert!(!faults.join(" ").contains("ASHA"), "{faults:?}");
        for (text, said) in [
            ("", "none of the first"),
            ("TKL3A7Q9ZD,7550\n", "none of the first"),
            ("Receipt No.,Details\n", "has no column Completion Time"),
        ] {
            let faults = read(text).unwrap_err();
            assert!(faults[0].contains(said), "{faults:?}");
        }
        assert!(Statement::read(b"\xff\xfe").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Statement::read(&bytes);
        }

        #[test]
        fn no_cells_make_it_panic(cells in prop::collection::vec("[^\r\n\"]{0,20}", 13)) {
            let _ = Statement::read(format!("{FULL}{}\n", cells.join(",")).as_bytes());
        }

        #[test]
        fn amounts_are_what_was_written(minor in 1_i64..1_000_000_000_000) {
            let money = Money::new(minor, Currency::Kes);
            let plain = money.to_decimal();
            let (whole, cents) = plain.split_once('.').unwrap();
            let mut grouped = String::new();
            for (index, digit) in whole.char_indices() {
                if index > 0 && (whole.len() - index) % 3 == 0 {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            prop_assert_eq!(written::amount(&plain, Currency::Kes), Some(money));
            prop_assert_eq!(written::amount(&format!("{grouped}.{cents}"), Currency::Kes), Some(money));
        }
    }
}
