//! The entries of one record.

use std::sync::Arc;

use ledger::{Money, Side};

use crate::views::error::{QueryError, ViewsError};
use crate::views::page::Found;
use crate::views::reader::ViewsReader;
use crate::views::row::Columns;
use crate::views::scope::{Scope, Select, Source};

const ENTRIES: Source = Source {
    columns: "posting.entry_index, reason, phase, pending, corrects, account, side, minor, currency, memo",
    tables: "posting JOIN entry ON entry.sequence = posting.sequence AND entry.entry_index = posting.entry_index",
    agency: "entry.agency",
};

/// A record has 255 entries at most, and each of those 255 postings.
const POSTING_COUNT_MAX: i64 = 255 * 255;

/// An entry of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Position in the record, from 0.
    pub index: u64,
    /// Why it was booked.
    pub reason: Arc<str>,
    /// Where it stands between promised and final.
    pub phase: EntryPhase,
    /// Sequence of the record that it corrects.
    pub corrects: Option<u64>,
    /// The lines, in their order.
    pub postings: Vec<PostingRow>,
}

/// Where an entry stands between being promised and being final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPhase {
    /// Final at once.
    Final,
    /// Promised.
    Pending,
    /// Makes final what the record with this sequence promised.
    Settles(u64),
    /// Gives back what the record with this sequence promised.
    Releases(u64),
}

/// A line of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingRow {
    /// Code of the account.
    pub account: Arc<str>,
    /// The column.
    pub side: Side,
    /// How much.
    pub money: Money,
    /// What the owner of the account reads there.
    pub memo: Arc<str>,
}

/// An entry with one of its lines, as the join gives it.
struct Line {
    index: u64,
    reason: Arc<str>,
    phase: EntryPhase,
    corrects: Option<u64>,
    posting: PostingRow,
}

impl ViewsReader {
    /// The entries of the record with this sequence, in their order. None if it has none, if it is not there yet, or if
    /// it is about money of somebody else.
    pub async fn entries(&self, scope: &Scope, record: u64) -> Result<Found<Vec<EntryRow>>, QueryError> {
        let Found { sequence, found } = self.all(select(scope, record), Line::read).await?;
        let mut entries: Vec<EntryRow> = Vec::new();
        for Line { index, reason, phase, corrects, posting } in found {
            match entries.last_mut().filter(|entry| entry.index == index) {
                Some(entry) => entry.postings.push(posting),
                None => entries.push(EntryRow { index, reason, phase, corrects, postings: vec![posting] }),
            }
        }
        Ok(Found { sequence, found: entries })
    }
}

pub(in crate::views) fn select(scope: &Scope, record: u64) -> Select {
    // No record has a sequence beyond SQLite's integers.
    let record = i64::try_from(record).unwrap_or(i64::MAX);
    Select::of(&ENTRIES, scope)
        .and_is("posting.sequence", Some(record))
        .sorted("posting.entry_index, posting.posting_index", POSTING_COUNT_MAX)
}

impl Line {
    fn read(row: Columns<'_>) -> Result<Self, ViewsError> {
        Ok(Self {
            index: row.count("entry_index")?,
            reason: row.text("reason")?,
            phase: phase(row)?,
            corrects: row.count_if_any("corrects")?,
            posting: PostingRow {
                account: row.text("account")?,
                side: side(row)?,
                money: row.money("minor", "currency")?,
                memo: row.text("memo")?,
            },
        })
    }
}

fn phase(row: Columns<'_>) -> Result<EntryPhase, ViewsError> {
    match (row.get("phase")?, row.count_if_any("pending")?) {
        ("final", None) => Ok(EntryPhase::Final),
        ("pending", None) => Ok(EntryPhase::Pending),
        ("settles", Some(pending)) => Ok(EntryPhase::Settles(pending)),
        ("releases", Some(pending)) => Ok(EntryPhase::Releases(pending)),
        (other, _) => Err(ViewsError::Column { column: "phase", what: format!("{other:?} is no phase") }),
    }
}

fn side(row: Columns<'_>) -> Result<Side, ViewsError> {
    match row.get("side")? {
        "debit" => Ok(Side::Debit),
        "credit" => Ok(Side::Credit),
        other => Err(ViewsError::Column { column: "side", what: format!("{other:?} is no side") }),
    }
}
