//! What a site hands over of a batch that was closed: its file, or its slips of paper where the file is lost. Pure: sales and
//! faults in, files out.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::record::{Sale, What};
use super::{Batch, TerminalFaults};
use crate::clock::east_africa_time;
use crate::kes::Kes;
use crate::sandbox::chance::{chance, one_digit_wrong, shuffle, strikes};

const HEADING: &str = "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time\n";
/// The last six digits of an RRN count the sales. A slip that is typed with one of these wrong has the number of another sale,
/// and would be found at once; the wrong digit is among those before.
const RRN_HEAD_DIGITS: usize = 6;

/// A file that is handed over.
pub(super) struct File {
    pub(super) name: String,
    pub(super) what: What,
    pub(super) lines: Vec<String>,
    /// RRN as they are, and as they were typed.
    pub(super) mistyped: Vec<(String, String)>,
}

impl File {
    pub(super) fn to_json(&self) -> Value {
        json!({"name": self.name, "what": self.what, "text": format!("{HEADING}{}", self.lines.concat())})
    }
}

/// The sales of a batch, and those that were taken back.
pub(super) struct Sales<'a> {
    pub(super) all: &'a [Sale],
    pub(super) is_voided: &'a dyn Fn(&Sale) -> bool,
}

impl<'a> Sales<'a> {
    fn of(&self, batch: &Batch) -> impl Iterator<Item = &'a Sale> {
        let (terminal, number) = (batch.terminal.clone(), batch.number);
        self.all.iter().filter(move |sale| sale.terminal == terminal && sale.batch == number)
    }

    /// The lines of a batch as a terminal has them: a sale that was taken back stands twice, the second time below nothing.
    fn lines_of(&self, batch: &Batch) -> Vec<String> {
        let mut lines = Vec::new();
        for sale in self.of(batch) {
            lines.push(line(sale, &sale.rrn, ""));
            if (self.is_voided)(sale) {
                lines.push(line(sale, &sale.rrn, "-"));
            }
        }
        lines
    }
}

/// The files of a batch whose file is there.
pub(super) fn of_batch(batch: &Batch, sales: &Sales<'_>, faults: &TerminalFaults, what: What) -> Vec<File> {
    let whom = batch.name();
    let mut lines = Vec::new();
    if strikes(faults.seed, "batch_overlapping", faults.batch_overlapping_per_mille, &whom)
        && let Some(before) = batch.before()
    {
        lines = sales.lines_of(&before);
    }
    lines.extend(sales.lines_of(batch));
    if strikes(faults.seed, "batch_shuffled", faults.batch_shuffled_per_mille, &whom) {
        shuffle(faults.seed, &whom, &mut lines);
    }
    let file =
        |what: What| File { name: format!("{whom}.csv"), what, lines: lines.clone(), mistyped: Vec::new() };
    let is_twice = strikes(faults.seed, "batch_twice", faults.batch_twice_per_mille, &whom);
    std::iter::once(file(what)).chain(is_twice.then(|| file(What::Again))).collect()
}

/// The slips of paper of a batch whose file is lost, as somebody types them. Those that were taken back were torn up.
pub(super) fn of_paper(batch: &Batch, sales: &Sales<'_>, faults: &TerminalFaults) -> File {
    let (mut lines, mut mistyped) = (Vec::new(), Vec::new());
    for sale in sales.of(batch).filter(|sale| !(sales.is_voided)(sale)) {
        let mut rrn = sale.rrn.clone();
        // By the running number alone: the hour stands before it, and would make another run of the same seed another.
        let (head, running) = sale.rrn.split_at(RRN_HEAD_DIGITS);
        if strikes(faults.seed, "wrong_rrn", faults.wrong_rrn_per_mille, running) {
            let wrong = one_digit_wrong(head, chance(faults.seed, "wrong_rrn_digit", running));
            rrn = format!("{wrong}{running}");
            mistyped.push((sale.rrn.clone(), rrn.clone()));
        }
        lines.push(line(sale, &rrn, ""));
    }
    File { name: format!("{}-paper.csv", batch.name()), what: What::Paper, lines, mistyped }
}

/// What the acquirer settled of these sales: none that was taken back, and the sum.
pub(super) fn settlement<'a>(sales: impl Iterator<Item = &'a Sale>) -> String {
    let (mut text, mut sum) = (HEADING.to_owned(), Kes::ZERO);
    for sale in sales {
        text.push_str(&line(sale, &sale.rrn, ""));
        sum = sum.plus(sale.amount_minor).unwrap_or(sum);
    }
    let _ = writeln!(text, "Total,,,,{sum},,");
    text
}

fn line(sale: &Sale, rrn: &str, sign: &str) -> String {
    let Sale { terminal, batch, authorization_code, amount_minor, .. } = sale;
    let moved = sale.moved.to_zoned(east_africa_time()).strftime("%Y-%m-%d %H:%M:%S");
    let typed = sale.typed.replace(['"', '\n', '\r'], " ");
    format!("{terminal},{batch:06},{rrn},{authorization_code},{sign}{amount_minor},\"{typed}\",{moved}\n")
}
