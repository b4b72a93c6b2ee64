//! One row of a file, by the columns of its kind.

use csv::StringRecord;
use ledger::{LedgerTime, Money};

use super::words::{self, OURS, State, Way};
use super::{Fault, FileKind, FileOf, FileRow, Read};
use crate::channels::bank::wire::reference_of;
use crate::channels::mpesa::wire::ACCOUNT_LEN_MAX;
use crate::channels::{SaidFor, Told, written};
use crate::clock;
use crate::payments::{AttemptId, PaymentNumber, Provider};

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

/// Columns whose words say whether money moved.
const STATES: [&str; 4] = ["Status", "Transaction Status", "Response", "Response Code"];
/// Columns whose words say which way it went.
const WAYS: [&str; 4] = ["Dr/Cr", "Cr/Dr", "Type", "Transaction Type"];
const CURRENCY: &str = "Currency";
/// The other columns. Of two with one name nobody could say which is meant.
const OTHERS: [&str; 15] = [
    "Date",
    "Time",
    "Amount",
    "Credit",
    "Debit",
    "Reference",
    "Slip Number",
    "RRN",
    "Transaction ID",
    "Payment Number",
    "Narration",
    "Bank",
    "Terminal",
    "Batch",
    "Authorization Code",
];

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
    /// Whether money moved.
    states: Vec<usize>,
    /// Which way it went.
    ways: Vec<usize>,
    currency: Option<usize>,
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
        let places = |name: &str| {
            let name = name.replace(' ', "_");
            let is_it = move |cell: &str| cell.replace(' ', "_").eq_ignore_ascii_case(&name);
            record.iter().enumerate().filter(move |(_, cell)| is_it(cell)).map(|(place, _)| place)
        };
        let find = |name: &str| places(name).next();
        let Some(reference) = find(Self::first_of(kind)) else { return Ok(None) };
        let mut known = OTHERS.into_iter().chain(STATES).chain(WAYS).chain([CURRENCY]);
        if let Some(twice) = known.find(|name| places(name).count() > 1) {
            return Err(Fault::ColumnTwice(twice));
        }
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
            states: STATES.into_iter().filter_map(find).collect(),
            ways: WAYS.into_iter().filter_map(find).collect(),
            currency: find(CURRENCY),
        }))
    }

    /// Reads a row.
    pub(super) fn read(&self, of: &FileOf<'_>, record: &StringRecord, line: u64) -> Result<Read, Fault> {
        if record.len() != self.count {
            return Err(Fault::Columns);
        }
        let cell = |column: usize| record.get(column).unwrap_or_default();
        if self.is_sum(record) {
            return sum(cell(self.amount)).map(Read::Sum);
        }
        let (state, way) = (self.state(&cell), self.way(of, &cell));
        let is_terminal = of.kind == FileKind::Terminal;
        let is_undone = state == Ok(State::Undone)
            || (state == Ok(State::Moved) && way == Ok(Some(Way::Back)) && !is_terminal);
        if self.went_out(of, &cell)? && !is_undone {
            return Ok(Read::Other);
        }
        if !self.currency.map(cell).is_none_or(words::is_our_currency) {
            return Err(Fault::Currency);
        }
        if state? == State::DidNotMove {
            return Ok(Read::Incomplete);
        }
        let way = way?;
        if way == Some(Way::Out) && !is_undone {
            return Ok(Read::Other);
        }
        if is_undone && of.kind == FileKind::Slips {
            return Err(Fault::SlipUndone);
        }
        let debit = self.debit.map(cell).filter(|debit| is_undone && !is_nothing(debit));
        let amount = debit.unwrap_or_else(|| cell(self.amount));
        let below_nothing = amount.strip_prefix('-').filter(|_| is_terminal || is_undone);
        if way == Some(Way::Back) && below_nothing.is_none() && !is_undone {
            return Err(Fault::Way);
        }
        let amount = below_nothing.unwrap_or(amount);
        if is_undone && is_nothing(amount) {
            return Ok(Read::Incomplete);
        }
        let money = written::amount(amount, OURS).ok_or(Fault::Amount)?;
        let moved = moment(cell(self.date), of.now_micros)?;
        let reference = self.reference(of, &cell)?;
        let said_for = self.said_for(&cell);
        if matches!(&said_for, SaidFor::Typed(text) | SaidFor::Around(text) if text.len() > ACCOUNT_LEN_MAX) {
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
        let row = FileRow { line, told };
        Ok(if is_undone {
            Read::Undone(row)
        } else if below_nothing.is_some() {
            Read::TakenBack(row)
        } else {
            Read::Payment(row)
        })
    }

    /// Whether this is the row of the sum. Payers choose what stands in a text, so a row that has a reference or a date of its own
    /// is a payment, whatever it begins with.
    fn is_sum(&self, record: &StringRecord) -> bool {
        let mut cells = record.iter().enumerate();
        let Some((first, word)) = cells.find(|(_, cell)| !cell.is_empty()) else { return false };
        let is_word = SUMS.iter().any(|sum| word.trim_end_matches(':').eq_ignore_ascii_case(sum));
        let lacks = |column: usize| column == first || record.get(column).is_none_or(str::is_empty);
        is_word && lacks(self.reference) && lacks(self.date)
    }

    /// What became of the money, by all columns that say so: the worst counts.
    fn state<'a>(&self, cell: &impl Fn(usize) -> &'a str) -> Result<State, Fault> {
        let mut said =
            self.states.iter().map(|column| cell(*column)).filter(|word| !word.is_empty()).peekable();
        if !self.states.is_empty() && said.peek().is_none() {
            return Err(Fault::State);
        }
        said.try_fold(State::Moved, |state, word| Ok(state.max(words::state(word).ok_or(Fault::State)?)))
    }

    /// Which way it went, by all columns that say so, where there are such columns.
    fn way<'a>(&self, of: &FileOf<'_>, cell: &impl Fn(usize) -> &'a str) -> Result<Option<Way>, Fault> {
        let is_of_cards = matches!(of.account.provider, Provider::Acquirer | Provider::Terminal);
        let said = self.ways.iter().map(|column| cell(*column)).filter(|word| !word.is_empty());
        let mut ways = said.map(|word| words::way(word, is_of_cards).ok_or(Fault::Way));
        let first = ways.next().transpose()?;
        if first.is_none() && !self.ways.is_empty() {
            return Err(Fault::Way);
        }
        // Two columns that contradict each other say nothing.
        for way in ways {
            if Some(way?) != first {
                return Err(Fault::Way);
            }
        }
        Ok(first)
    }

    /// Charges of who keeps the account, what they paid back, and what we sent on.
    fn went_out<'a>(&self, of: &FileOf<'_>, cell: &impl Fn(usize) -> &'a str) -> Result<bool, Fault> {
        // Elsewhere an amount below nothing is a sale that was taken back, or a fault.
        let may_be_below = matches!(of.kind, FileKind::Bank | FileKind::Merchant);
        let (amount, debit) = (cell(self.amount), self.debit.map(cell).unwrap_or_default());
        let (has_amount, has_debit) = (!is_nothing(amount), !is_nothing(debit));
        let is_below = amount.starts_with('-');
        if has_debit && Money::parse_decimal(&debit.replace(',', ""), OURS).is_err() {
            return Err(Fault::Amount);
        }
        if has_debit && has_amount && !is_below {
            return Err(Fault::BothWays);
        }
        Ok(has_debit || (has_amount && is_below && may_be_below))
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

    /// What the payment is for.
    fn said_for<'a>(&self, cell: &impl Fn(usize) -> &'a str) -> SaidFor<'static> {
        let reference = self.attempt.map(cell).unwrap_or_default();
        if let Some(attempt) = attempt_of(reference) {
            return SaidFor::Attempt(attempt);
        }
        let typed = |text: &str| SaidFor::Typed(text.to_owned().into());
        let exact = self.number.map(cell).filter(|number| !number.is_empty());
        if let Some(exact) = exact.or(self.attempt.map(|_| reference)) {
            return typed(exact);
        }
        let narration = self.narration.map(cell).unwrap_or_default();
        match only_number_in(narration) {
            Some(number) => typed(&number.to_string()),
            None => SaidFor::Around(narration.to_owned().into()),
        }
    }
}

/// The attempt that a payer was asked by, as we named it to who asked: to Airtel without what such names begin with. Who keeps it
/// in small or capital letters means the same.
fn attempt_of(reference: &str) -> Option<AttemptId> {
    let reference = reference.trim();
    let start = reference.get(..ATTEMPT_PREFIX.len());
    let is_prefixed = start.is_some_and(|start| start.eq_ignore_ascii_case(ATTEMPT_PREFIX));
    let letters = if is_prefixed { &reference[ATTEMPT_PREFIX.len()..] } else { reference };
    format!("{ATTEMPT_PREFIX}{}", letters.to_ascii_uppercase()).parse().ok()
}

/// Whether no amount stands here: nothing, a dash or zero.
fn is_nothing(text: &str) -> bool {
    text.is_empty() || text == "-" || Money::parse_decimal(text, OURS).is_ok_and(Money::is_zero)
}

/// What the rows come to by the file: less than nothing, where a terminal took back more than it took.
fn sum(text: &str) -> Result<Money, Fault> {
    if is_nothing(text) && !text.is_empty() {
        return Ok(Money::zero(OURS));
    }
    let (text, is_below) = text.strip_prefix('-').map_or((text, false), |text| (text, true));
    let sum = written::amount(text, OURS).ok_or(Fault::Sum)?;
    Ok(if is_below { Money::new(-sum.minor(), OURS) } else { sum })
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
