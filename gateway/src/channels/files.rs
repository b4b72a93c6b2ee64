//! Files that tell of fallback money: the statement of a bank, slips that an officer entered, the batch of card terminals, what
//! their acquirer settled, and what Airtel or the acquirer of the page for cards says that it took. CSV, with columns found by
//! their names. A file is read wholly or not at all, and what is wrong with it is said with its line; what stands there is
//! repeated nowhere. A sale that a terminal took back stands in its batch a second time, below nothing: it moved nothing, and
//! both lines are no payment, also where the sale is in an earlier file. So it is with what a row calls reversed, voided or refunded.
//!
//! Columns that say that a row is no payment are read in every kind: `Status`, `Transaction Status`, `Response` and `Response Code`
//! say whether money moved; `Dr/Cr`, `Cr/Dr`, `Type` and `Transaction Type` which way; `Currency` in what, and that is shillings.
//! Which words are known is in `words`; any other word is a fault of its line.

mod row;
mod words;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use csv::StringRecord;
use ledger::{Evidence, Money};

use self::row::Columns;
use super::{CollectionAccount, SaidFor, Told};
use crate::payments::ToldBy;

/// The most rows of one file.
pub const ROWS_MAX: usize = 500_000;
/// So many lines are looked through for the heading.
const TITLE_LINES_MAX: usize = 50;
/// So many faults are told at once.
const FAULTS_MAX: usize = 100;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// What a bank says came in on an account.
    Bank,
    /// Stamped slips, as an officer has typed them.
    Slips,
    /// What card terminals took, as they were emptied.
    Terminal,
    /// What the acquirer of card terminals says that it settled.
    Settlement,
    /// What somebody says that they took on our account who ask payers for us: Airtel, or the acquirer of the page for cards.
    Merchant,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Bank, Self::Slips, Self::Terminal, Self::Settlement, Self::Merchant];

    /// The word in addresses and metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Slips => "slips",
            Self::Terminal => "terminal",
            Self::Settlement => "settlement",
            Self::Merchant => "merchant",
        }
    }

    /// Whose word it is: what an officer typed is not the bank's.
    const fn told_by(self) -> (ToldBy, Evidence) {
        match self {
            Self::Bank | Self::Settlement | Self::Merchant => {
                (ToldBy::Statement, Evidence::ConfirmedByStatement)
            }
            Self::Slips => (ToldBy::Slip, Evidence::CallbackOnly),
            Self::Terminal => (ToldBy::TerminalBatch, Evidence::CallbackOnly),
        }
    }
}

/// What a file is read against.
#[derive(Clone, Copy)]
pub struct FileOf<'a> {
    /// Which kind it is.
    pub kind: FileKind,
    /// Where the money came in.
    pub account: &'a CollectionAccount,
    /// Which channel of its kind: the bank that slips name.
    pub which: &'a str,
    /// The terminals that the channel has.
    pub terminals: &'a [String],
    /// The moment: nothing moved after it.
    pub now_micros: i64,
}

/// A file of which every row was understood. Not printed: there is personal data in it.
pub struct FallbackFile {
    /// Its payments, each receipt once.
    pub rows: Vec<FileRow>,
    /// Payments that it takes back, by the line that takes them back: nothing moved, or nothing is left of it.
    pub taken_back: Vec<FileRow>,
    /// Rows that are no payments to us.
    pub other_rows: u64,
    /// Rows whose money did not move.
    pub incomplete_rows: u64,
}

/// A payment in a file.
pub struct FileRow {
    /// Its line, from 1.
    pub line: u64,
    /// The payment.
    pub told: Told<'static>,
}

/// What is wrong with a line. It never says what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct FileFault {
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
    /// Its lines end as on old computers.
    #[error("the lines end with CR alone; write LF or CRLF")]
    LineEnds,
    /// No line has the heading.
    #[error("none of the first {TITLE_LINES_MAX} lines is a heading with a column {0}")]
    NoHeading(&'static str),
    /// The heading lacks this column.
    #[error("the heading has no column {0}")]
    ColumnMissing(&'static str),
    /// The heading has this column twice.
    #[error("the heading has the column {0} twice")]
    ColumnTwice(&'static str),
    /// It has more rows than are taken.
    #[error("the file has more than {ROWS_MAX} rows; send shorter times")]
    TooManyRows,
    /// It is no CSV.
    #[error("it is not a row of CSV")]
    NotARow,
    /// It has not as many columns as the heading.
    #[error("it does not have the columns of the heading")]
    Columns,
    /// The reference is none.
    #[error("the reference, slip number, transaction ID, batch or RRN is missing or not of its form")]
    Reference,
    /// A row has a slip number and another reference.
    #[error("it has two references that differ, and a payment has one")]
    TwoReferences,
    /// The time cannot be read.
    #[error("the date cannot be read; write it as 2026-11-20 or 20/11/2026, with or without 09:14:31")]
    Date,
    /// Nothing was paid then.
    #[error("the date is before 2014 or has not come yet")]
    DateOutside,
    /// The amount cannot be read.
    #[error("the amount cannot be read, is nothing, or is more than a bill can have; write it as 7,550.00")]
    Amount,
    /// It came in and went out.
    #[error("it has an amount that came in and one that went out")]
    BothWays,
    /// It is in another currency than the account.
    #[error("the currency is not KES, and this account is in shillings")]
    Currency,
    /// Nobody can say whether its money moved.
    #[error("the status is missing or none that is known, such as success, completed, failed or pending")]
    State,
    /// Nobody can say which way its money went.
    #[error("the type is missing, contradicted or none that is known, such as sale, CR, refund or DR")]
    Way,
    /// It is of another bank.
    #[error("the slip is not of the bank of this channel")]
    OtherBank,
    /// The terminal is unknown.
    #[error("the terminal is none of this channel")]
    Terminal,
    /// The authorization code is none.
    #[error("the authorization code is missing or not 1 to 8 letters and digits")]
    Authorization,
    /// What it is for is too long.
    #[error("what it is for is longer than any bank writes")]
    TooLong,
    /// The same receipt stands above with other facts.
    #[error("line {0} has the same receipt with another amount, payment number or reference")]
    Contradicts(u64),
    /// An officer typed a slip that was none.
    #[error("a slip that was reversed or refunded is none; leave it out")]
    SlipUndone,
    /// A sale is taken back that was of another amount.
    #[error("it takes back another amount than that of the sale with this receipt in line {0}")]
    TakesBackOther(u64),
    /// The sum at the end is not the sum of the rows.
    #[error("the sum is not that of the rows above")]
    Sum,
}

/// What a row turned out to be.
enum Read {
    Payment(FileRow),
    /// A sale that the terminal itself took back, before its batch was closed.
    TakenBack(FileRow),
    /// A payment that whoever keeps the account gave back, or says so of it by a word.
    Undone(FileRow),
    Other,
    /// Its money did not move, or not yet.
    Incomplete,
    Sum(Money),
}

impl FallbackFile {
    /// Reads a file, wholly or not at all.
    pub fn read(of: FileOf<'_>, bytes: &[u8]) -> Result<Self, Vec<FileFault>> {
        let whole = |fault| vec![FileFault { line: None, fault }];
        let text = std::str::from_utf8(bytes).map_err(|_| whole(Fault::NotUtf8))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // As with M-PESA's statements: one end of a line, so that lines are counted as editors do.
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let file = Self { rows: Vec::new(), taken_back: Vec::new(), other_rows: 0, incomplete_rows: 0 };
        let mut reading =
            Reading { of, file, seen: HashMap::new(), taken_back: HashMap::new(), undone: HashMap::new() };
        let (mut heading, mut faults, mut row_count) = (None, Vec::new(), 0);
        for (number, record) in reader.records().enumerate() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map(csv::Position::line);
                    faults.push(FileFault { line, fault: Fault::NotARow });
                    continue;
                }
            };
            let line = record.position().map(csv::Position::line);
            // With CRLF a line without anything is one with a CR.
            if record.iter().all(str::is_empty) && record.len() == 1 {
                continue;
            }
            let Some(columns) = &heading else {
                if number >= TITLE_LINES_MAX {
                    break;
                }
                // Many lines that are one: all of it would be a heading, and a file without payments.
                if record.iter().any(|cell| cell.contains('\r')) {
                    return Err(whole(Fault::LineEnds));
                }
                heading = Columns::of(of.kind, &record).map_err(|fault| vec![FileFault { line, fault }])?;
                continue;
            };
            row_count += 1;
            if row_count > ROWS_MAX {
                return Err(whole(Fault::TooManyRows));
            }
            if let Err(fault) = reading.row(columns, &record, line.unwrap_or(0)) {
                faults.push(FileFault { line, fault });
            }
            if faults.len() >= FAULTS_MAX {
                return Err(faults);
            }
        }
        if heading.is_none() {
            return Err(whole(Fault::NoHeading(Columns::first_of(of.kind))));
        }
        if faults.is_empty() {
            faults = reading.take_back();
        }
        if faults.is_empty() { Ok(reading.file) } else { Err(faults) }
    }
}

/// A file while it is read.
struct Reading<'a> {
    of: FileOf<'a>,
    file: FallbackFile,
    /// By receipt: where it stands, and its place among the rows.
    seen: HashMap<Arc<str>, usize>,
    /// By receipt: the lines that take sales back. They may stand before them.
    taken_back: HashMap<Arc<str>, FileRow>,
    /// The same of those that a word says were undone. Whether a sum counts them, only who wrote it knows.
    undone: HashMap<Arc<str>, FileRow>,
}

impl Reading<'_> {
    fn row(&mut self, columns: &Columns, record: &StringRecord, line: u64) -> Result<(), Fault> {
        match columns.read(&self.of, record, line)? {
            Read::Payment(row) => {
                if let Some(earlier) = self.seen.get(&row.told.receipt.number) {
                    let earlier = &self.file.rows[*earlier];
                    let is_same = earlier.told.money == row.told.money && said_for(earlier) == said_for(&row);
                    return if is_same { Ok(()) } else { Err(Fault::Contradicts(earlier.line)) };
                }
                self.seen.insert(row.told.receipt.number.clone(), self.file.rows.len());
                self.file.rows.push(row);
            }
            Read::TakenBack(row) => keep_first(&mut self.taken_back, row)?,
            Read::Undone(row) => keep_first(&mut self.undone, row)?,
            Read::Other => self.file.other_rows += 1,
            Read::Incomplete => self.file.incomplete_rows += 1,
            Read::Sum(sum) => {
                let came = Money::sum(sum.currency(), self.file.rows.iter().map(|row| row.told.money));
                let went = Money::sum(sum.currency(), self.taken_back.values().map(|row| row.told.money));
                let left = came.and_then(|came| came.checked_sub(went?));
                let undone =
                    self.undone.values().filter(|row| self.seen.contains_key(&row.told.receipt.number));
                let undone = Money::sum(sum.currency(), undone.map(|row| row.told.money));
                if left != Ok(sum) && left.and_then(|left| left.checked_sub(undone?)) != Ok(sum) {
                    return Err(Fault::Sum);
                }
            }
        }
        Ok(())
    }

    /// Leaves out the sales that were taken back, once all lines are there. One whose sale stands in an earlier file is kept too.
    fn take_back(&mut self) -> Vec<FileFault> {
        let mut faults = Vec::new();
        for (_, row) in std::mem::take(&mut self.undone) {
            let line = Some(row.line);
            if let Err(fault) = keep_first(&mut self.taken_back, row) {
                faults.push(FileFault { line, fault });
            }
        }
        for (receipt, line) in &self.taken_back {
            let sale = self.seen.get(receipt).map(|place| &self.file.rows[*place]);
            if let Some(sale) = sale.filter(|sale| sale.told.money != line.told.money) {
                let fault = Fault::TakesBackOther(sale.line);
                faults.push(FileFault { line: Some(line.line), fault });
            }
        }
        faults.sort_by_key(|fault| fault.line);
        let rows = self.file.rows.len();
        self.file.rows.retain(|row| !self.taken_back.contains_key(&row.told.receipt.number));
        let sales = rows - self.file.rows.len();
        self.file.taken_back = std::mem::take(&mut self.taken_back).into_values().collect();
        self.file.taken_back.sort_by_key(|row| row.line);
        // The sales, and the lines that take them back.
        self.file.other_rows += (sales + self.file.taken_back.len()) as u64;
        faults
    }
}

/// Keeps the first row of a receipt. The same again says nothing more.
fn keep_first(rows: &mut HashMap<Arc<str>, FileRow>, row: FileRow) -> Result<(), Fault> {
    let (money, number) = (row.told.money, row.told.receipt.number.clone());
    let first = rows.entry(number).or_insert(row);
    if first.told.money == money { Ok(()) } else { Err(Fault::Contradicts(first.line)) }
}

fn said_for(row: &FileRow) -> Cow<'_, str> {
    match &row.told.said_for {
        SaidFor::Typed(text) | SaidFor::Around(text) => Cow::Borrowed(text),
        SaidFor::Attempt(attempt) => Cow::Owned(attempt.to_string()),
    }
}

#[cfg(test)]
mod tests;
