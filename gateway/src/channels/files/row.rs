//! One row of a file, by the columns of its kind.

use csv::StringRecord;
use ledger::{Currency, LedgerTime, Money};

use super::{Fault, FileKind, FileOf, FileRow, Read};
use crate::channels::bank::wire::reference_of;
use crate::channels::mpesa::wire::ACCOUNT_LEN_MAX;
use crate::channels::{SaidFor, Told, written};
use crate::clock;
use crate::payments::{AttemptId, PaymentNumber};

const DAY_MICROS: i64 = 86_400_000_000;
/// The services of the country are paid for electronically since 2014.
const EARLIEST: &str = "2014-01-01 00:00:00";
/// What the row of the sum begins with.
const SUMS: [&str; 3] = ["total", "sum", "jumla"];
/// What the names of attempts begin with.
const ATTEMPT_PREFIX: &str = "att_";
/// Groups of four digits, as payment numbers are shown.
const GROUP_DIGITS: usize = 4;
const NUMBER_DIGITS: usize = 12;

/// Where what stands.
pub(super) struct Columns {
    count: usize,
    date: usize,
    amount: usize,
    debit: Option<usize>,
    /// The reference, the slip number or the RRN.
    reference: usize,
    slip: Option<usize>,
    number: Option<usize>,
    narration: Option<usize>,
    bank: Option<usize>,
    terminal: Option<usize>,
    batch: Option<usize>,
    authorization: Option<usize>,
    /// What we called the attempt when the payer was asked.
    attempt: Option<usize>,
}

impl Columns {
    /// The column by which the heading of a kind is known.
    pub(super) const fn first_of(kind: FileKind) -> &'static str {
        match kind {
            FileKind::Bank => "Reference",
            FileKind::Slips => "Slip Number",
            FileKind::Terminal | FileKind::Settlement => "RRN",
            FileKind::Merchant => "Transaction ID",
        }
    }

    /// The columns of a heading; nothing if this is a line of title.
    pub(super) fn of(kind: FileKind, record: &StringRecord) -> Result<Option<Self>, Fault> {
        let find = |name: &str| {
            let name = name.replace(' ', "_");
            record.iter().position(|cell| cell.replace(' ', "_").eq_ignore_ascii_case(&name))
        };
        let Some(reference) = find(Self::first_of(kind)) else { return Ok(None) };
        let needed = |name: &'static str| find(name).ok_or(Fault::ColumnMissing(name));
        let is_of = |kinds: &[FileKind], name: &'static str| {
            if kinds.contains(&kind) { needed(name).map(Some) } else { Ok(None) }
        };
        let cards = [FileKind::Terminal, FileKind::Settlement];
        let number = find("Payment Number");
        let narration = if kind == FileKind::Bank { find("Narration") } else { None };
        let attempt = is_of(&[FileKind::Merchant], "Reference")?;
        if number.or(narration).or(attempt).is_none() {
            return Err(Fault::ColumnMissing("Payment Number"));
        }
        let has_times = cards.contains(&kind) || kind == FileKind::Merchant;
        Ok(Some(Self {
            count: record.len(),
            date: if has_times { needed("Time")? } else { needed("Date")? },
            amount: find("Credit").map_or_else(|| needed("Amount"), Ok)?,
            debit: find("Debit"),
            reference,
            slip: if kind == FileKind::Bank { find("Slip Number") } else { None },
            number,
            narration,
            bank: is_of(&[FileKind::Slips], "Bank")?,
            terminal: is_of(&cards, "Terminal")?,
            batch: is_of(&cards, "Batch")?,
            authorization: is_of(&cards, "Authorization Code")?,
            attempt,
        }))
    }

    /// Reads a row.
    pub(super) fn read(&self, of: &FileOf<'_>, record: &StringRecord, line: u64) -> Result<Read, Fault> {
        if record.len() != self.count {
            return Err(Fault::Columns);
        }
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let first = record.iter().find(|cell| !cell.is_empty()).unwrap_or_default();
        if SUMS.iter().any(|word| first.trim_end_matches(':').eq_ignore_ascii_case(word)) {
            return sum(cell(self.amount)).map(Read::Sum);
        }
        if matches!(of.kind, FileKind::Bank | FileKind::Merchant) && self.went_out(&cell) {
            return Ok(Read::Other);
        }
        // What an acquirer takes back of what it has settled is no sale that a terminal took back, and is for people.
        let below_nothing = cell(self.amount).strip_prefix('-').filter(|_| of.kind == FileKind::Terminal);
        let amount = below_nothing.unwrap_or_else(|| cell(self.amount));
        let money = written::amount(amount, Currency::Kes).ok_or(Fault::Amount)?;
        let moved = moment(cell(self.date), of.now_micros)?;
        let reference = self.reference(of, &cell)?;
        let (said_for, is_free_text) = self.said_for(&cell);
        if matches!(&said_for, SaidFor::Typed(typed) if typed.len() > ACCOUNT_LEN_MAX) {
            return Err(Fault::TooLong);
        }
        let (told_by, evidence) = of.kind.told_by();
        let told = Told {
            receipt: of.account.receipt(&reference),
            money,
            said_for,
            told_by,
            evidence,
            moved: Some(LedgerTime::from_micros(moved)),
            phone: None,
            name: None,
        };
        let row = FileRow { line, told, is_free_text };
        Ok(if below_nothing.is_some() { Read::TakenBack(row) } else { Read::Payment(row) })
    }

    /// Charges of who keeps the account, what they paid back, and what we sent on.
    fn went_out<'a>(&self, cell: &impl Fn(usize) -> &'a str) -> bool {
        let debit = self.debit.map(cell).unwrap_or_default();
        let debit = debit.strip_prefix('-').unwrap_or(debit);
        cell(self.amount).starts_with('-') || written::amount(debit, Currency::Kes).is_some()
    }

    /// The provider's name for the payment: the same in whichever file, and in what it tells by itself.
    fn reference<'a>(&self, of: &FileOf<'_>, cell: &impl Fn(usize) -> &'a str) -> Result<String, Fault> {
        let (reference, slip) = (cell(self.reference), self.slip.map(cell).unwrap_or_default());
        match of.kind {
            FileKind::Bank => match (reference_of(reference), reference_of(slip)) {
                (Some(reference), Some(slip)) if reference != slip => Err(Fault::TwoReferences),
                (Some(one), _) | (None, Some(one)) => Ok(one),
                (None, None) => Err(Fault::Reference),
            },
            FileKind::Slips => {
                if !self.bank.map(cell).unwrap_or_default().eq_ignore_ascii_case(of.which) {
                    return Err(Fault::OtherBank);
                }
                reference_of(reference).ok_or(Fault::Reference)
            }
            FileKind::Merchant => reference_of(reference).ok_or(Fault::Reference),
            FileKind::Terminal | FileKind::Settlement => {
                let terminal = self.terminal.map(cell).unwrap_or_default();
                if !of.terminals.iter().any(|known| known.eq_ignore_ascii_case(terminal)) {
                    return Err(Fault::Terminal);
                }
                let is_code = |code: &str, most: usize| {
                    (1..=most).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
                };
                if !is_code(self.authorization.map(cell).unwrap_or_default(), 8) {
                    return Err(Fault::Authorization);
                }
                // Terminals write the same batch with and without zeros before it.
                let batch = self.batch.map(cell).unwrap_or_default().trim_start_matches('0');
                let is_batch = is_code(batch, 8) && batch.bytes().all(|byte| byte.is_ascii_digit());
                // Spreadsheets take them from an RRN of digits alone.
                let is_number = reference.bytes().all(|byte| byte.is_ascii_digit());
                let rrn = if is_number { reference.trim_start_matches('0') } else { reference };
                if !is_batch || !is_code(reference, 12) || rrn.is_empty() {
                    return Err(Fault::Reference);
                }
                // Two terminals of one merchant may count alike.
                Ok(format!("{terminal}-{batch}-{rrn}").to_ascii_uppercase())
            }
        }
    }

    /// What the payment is for, and whether a bank wrote it into a text.
    fn said_for<'a>(&self, cell: &impl Fn(usize) -> &'a str) -> (SaidFor<'static>, bool) {
        let reference = self.attempt.map(cell).unwrap_or_default();
        if let Some(attempt) = attempt_of(reference) {
            return (SaidFor::Attempt(attempt), false);
        }
        let typed = |text: &str| SaidFor::Typed(text.to_owned().into());
        let exact = self.number.map(cell).filter(|number| !number.is_empty());
        if let Some(exact) = exact.or(self.attempt.map(|_| reference)) {
            return (typed(exact), false);
        }
        let narration = self.narration.map(cell).unwrap_or_default();
        match only_number_in(narration) {
            Some(number) => (typed(&number.to_string()), false),
            None => (typed(narration), true),
        }
    }
}

/// The attempt that a payer was asked by, as we named it to who asked: to Airtel without what such names begin with.
fn attempt_of(reference: &str) -> Option<AttemptId> {
    let reference = reference.trim();
    reference.parse().ok().or_else(|| format!("{ATTEMPT_PREFIX}{reference}").parse().ok())
}

fn sum(text: &str) -> Result<Money, Fault> {
    let is_nothing = Money::parse_decimal(text, Currency::Kes).is_ok_and(Money::is_zero);
    if is_nothing {
        return Ok(Money::zero(Currency::Kes));
    }
    written::amount(text, Currency::Kes).ok_or(Fault::Sum)
}

fn moment(text: &str, now_micros: i64) -> Result<i64, Fault> {
    let with_time = if text.contains(' ') { text.to_owned() } else { format!("{text} 00:00:00") };
    let moved = clock::parse_written(&with_time).map_err(|_| Fault::Date)?;
    let earliest = clock::parse_written(EARLIEST).map_err(|_| Fault::Date)?;
    if moved < earliest || moved > now_micros.saturating_add(DAY_MICROS) {
        return Err(Fault::DateOutside);
    }
    Ok(moved)
}

/// The payment number in what a bank wrote, if there is one and no other.
fn only_number_in(narration: &str) -> Option<PaymentNumber> {
    let words: Vec<_> =
        narration.split(|letter: char| !letter.is_ascii_digit()).filter(|word| !word.is_empty()).collect();
    let whole = words.iter().filter(|word| word.len() == NUMBER_DIGITS).map(|word| (*word).to_owned());
    let grouped = words.windows(3).filter(|three| three.iter().all(|word| word.len() == GROUP_DIGITS));
    let mut found: Vec<PaymentNumber> =
        whole.chain(grouped.map(<[&str]>::concat)).filter_map(|digits| digits.parse().ok()).collect();
    found.dedup();
    if let [only] = found[..] { Some(only) } else { None }
}
