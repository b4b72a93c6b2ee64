//! What a bill charges, line by line, with the legal basis of each: the same table on the bill and on its receipts.

use catalog::{Price, PriceLine};
use ledger::Money;

use super::frame::{Frame, Shown};
use super::words::{LINES, LineWords};
use crate::payments::{BillLine, BillTerms};

/// Names the line of the convenience fee, when there is one.
const CONVENIENCE_FEE: &str = "convenience_fee";

/// The table.
pub(super) struct Lines {
    pub(super) words: &'static LineWords,
    pub(super) rows: Vec<Row>,
    /// Under what there is no convenience fee, when none is among the rows.
    pub(super) no_convenience_fee: Option<Shown>,
    pub(super) total: Money,
}

/// A line.
pub(super) struct Row {
    pub(super) text: Shown,
    /// How many at what price, where they are more than one.
    pub(super) count: Option<String>,
    pub(super) basis: Shown,
    pub(super) amount: Money,
}

impl Lines {
    /// The lines of a bill.
    pub(super) fn of(frame: &Frame, terms: &BillTerms) -> Self {
        let has_convenience_fee = terms.lines.iter().any(|line| &*line.code == CONVENIENCE_FEE);
        Self {
            words: LINES.of(frame.language),
            rows: terms.lines.iter().map(|line| Row::of(frame, line)).collect(),
            no_convenience_fee: (!has_convenience_fee).then(|| frame.english(&terms.convenience_basis)),
            total: terms.total,
        }
    }

    /// The lines of a price that nobody has been billed for.
    pub(super) fn of_price(frame: &Frame, price: &Price) -> Self {
        let has_convenience_fee = !price.convenience_fee.amount.is_zero();
        Self {
            words: LINES.of(frame.language),
            rows: price.lines.iter().map(|line| Row::of_price(frame, line)).collect(),
            no_convenience_fee: (!has_convenience_fee).then(|| frame.english(&price.convenience_fee.basis)),
            total: price.total,
        }
    }
}

impl Row {
    fn of(frame: &Frame, line: &BillLine) -> Self {
        Self {
            text: frame.shown(&line.text),
            count: (line.quantity != 1).then(|| format!("{} × {}", line.quantity, line.unit)),
            basis: frame.english(&line.legal_basis),
            amount: line.amount,
        }
    }

    fn of_price(frame: &Frame, line: &PriceLine) -> Self {
        Self {
            text: frame.shown(&line.text),
            count: (line.quantity != 1).then(|| format!("{} × {}", line.quantity, line.unit)),
            basis: frame.english(&line.legal_basis),
            amount: line.amount,
        }
    }
}
