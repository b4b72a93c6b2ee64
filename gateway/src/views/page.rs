//! Pages of lists, and the cursors between them.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::LedgerTime;

use super::error::QueryError;

/// How many rows a page has if nobody says.
pub const PAGE_SIZE_DEFAULT: u16 = 50;
/// The most rows of a page.
pub const PAGE_SIZE_MAX: u16 = 500;

/// How many rows a page has: 1 to 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u16);

/// Not a number of rows that a page may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page has 1 to {PAGE_SIZE_MAX} rows")]
pub struct NotAPageSize;

impl PageSize {
    /// As many rows as a page may have.
    pub const MAX: Self = Self(PAGE_SIZE_MAX);

    /// So many rows.
    pub fn new(rows: u16) -> Result<Self, NotAPageSize> {
        if (1..=PAGE_SIZE_MAX).contains(&rows) { Ok(Self(rows)) } else { Err(NotAPageSize) }
    }

    /// How many rows.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(PAGE_SIZE_DEFAULT)
    }
}

/// Which page of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// How long.
    pub size: PageSize,
    /// The cursor of the page before; none for the first page.
    pub after: Option<Cursor>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The page is true at this sequence: records from here on are not in it.
    pub sequence: u64,
    /// The rows in the order of the list.
    pub rows: Vec<T>,
    /// Leads to the next page; none if this is the last.
    pub next: Option<Cursor>,
}

/// The answer to a question that has no pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// It is true at this sequence: records from here on are not in it.
    pub sequence: u64,
    /// What was found.
    pub found: T,
}

/// A span of ledger time; either end may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// From this moment on.
    pub from: Option<LedgerTime>,
    /// Before this moment.
    pub before: Option<LedgerTime>,
}

/// The lists that have pages. A cursor belongs to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum List {
    Bills = 1,
    Payments = 2,
    Suspense = 3,
    Quarantine = 4,
    UnknownAttempts = 5,
    Applications = 6,
    Transactions = 7,
    Passes = 8,
    Invoices = 9,
}

impl List {
    const ALL: [Self; 9] = [
        Self::Bills,
        Self::Payments,
        Self::Suspense,
        Self::Quarantine,
        Self::UnknownAttempts,
        Self::Applications,
        Self::Transactions,
        Self::Passes,
        Self::Invoices,
    ];

    /// What has waited longest comes first where people work a list off; otherwise the newest does.
    pub(super) const fn is_oldest_first(self) -> bool {
        matches!(self, Self::Suspense | Self::UnknownAttempts)
    }
}

/// Where a page ended. Its text is opaque: callers hand it back and read nothing from it. It says nothing about whose
/// rows may be seen, so there is nothing to forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    list: List,
    time: LedgerTime,
    sequence: u64,
}

/// The text is no cursor of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that a page of this list came with")]
pub struct NotACursor;

/// Which list (1 byte), time and sequence of the last row (8 bytes each, big-endian).
const CURSOR_LEN: usize = 17;

impl Cursor {
    pub(super) fn new(list: List, time: LedgerTime, sequence: u64) -> Self {
        Self { list, time, sequence }
    }

    /// Where in the list, if it is this list.
    pub(super) fn place_in(self, list: List) -> Result<(LedgerTime, u64), QueryError> {
        if self.list == list { Ok((self.time, self.sequence)) } else { Err(QueryError::OtherList) }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; CURSOR_LEN];
        bytes[0] = self.list as u8;
        bytes[1..9].copy_from_slice(&self.time.micros().to_be_bytes());
        bytes[9..].copy_from_slice(&self.sequence.to_be_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotACursor)?;
        let bytes: [u8; CURSOR_LEN] = bytes.try_into().map_err(|_| NotACursor)?;
        let list = List::ALL.into_iter().find(|list| *list as u8 == bytes[0]).ok_or(NotACursor)?;
        let time = i64::from_be_bytes(bytes[1..9].try_into().expect("eight bytes"));
        let sequence = u64::from_be_bytes(bytes[9..].try_into().expect("eight bytes"));
        if i64::try_from(sequence).is_err() {
            return Err(NotACursor);
        }
        Ok(Self { list, time: LedgerTime::from_micros(time), sequence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let cursor = Cursor::new(List::Payments, LedgerTime::from_micros(1_795_155_245_000_000), 42);
        let text = cursor.to_string();
        assert_eq!(text.parse(), Ok(cursor));
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        for text in ["", "2", &text[1..], &format!("{text}A"), &"_".repeat(23)] {
            assert_eq!(text.parse::<Cursor>(), Err(NotACursor), "{text:?}");
        }
        assert!(cursor.place_in(List::Payments).is_ok());
        assert!(cursor.place_in(List::Bills).is_err());
    }

    #[test]
    fn a_page_is_never_empty_by_wish_and_never_long() {
        assert_eq!(PageSize::new(0), Err(NotAPageSize));
        assert_eq!(PageSize::new(501), Err(NotAPageSize));
        assert_eq!(PageSize::new(500).map(PageSize::get), Ok(500));
        assert_eq!(PageSize::default().get(), 50);
    }
}
