//! The feed: everything that agencies are told, in the order of the records, from any place on. A page reads so many
//! records at most; whoever goes on from its cursor misses nothing, and is given nothing twice.

use std::str::FromStr;
use std::{fmt, sync::Arc};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::LedgerTime;

use super::NoticeError;
use super::happening::{Happening, happenings_if_sound};
use crate::books::Books;
use crate::payments::NoticeKind;

/// Records that one page reads at most.
const RECORDS_READ_MAX: u64 = 20_000;

/// A place in the feed: all before it has been given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FeedPlace {
    /// Sequence of the first record that has not been given whole.
    sequence: u64,
    /// How many of its notices have been given.
    given: u8,
}

/// The text is no place in the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that a page of this feed came with")]
pub(crate) struct NotAPlace;

/// Marks the text as of this list, and as of this form.
const FORM: u8 = 0xe1;
const PLACE_LEN: usize = 10;

impl FeedPlace {
    /// Before the notices of this record.
    pub(crate) fn before_record(sequence: u64) -> Self {
        Self { sequence, given: 0 }
    }

    /// Before the notice with this index among those of a record.
    pub(crate) fn within_record(sequence: u64, index: usize) -> Self {
        Self { sequence, given: u8::try_from(index).expect("a record tells few things") }
    }

    /// Sequence of the first record that has not been given whole.
    pub(crate) fn sequence(self) -> u64 {
        self.sequence
    }
}

impl fmt::Display for FeedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [FORM; PLACE_LEN];
        bytes[1..9].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[9] = self.given;
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for FeedPlace {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let bytes: [u8; PLACE_LEN] =
            URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAPlace)?.try_into().map_err(|_| NotAPlace)?;
        let sequence = u64::from_be_bytes(bytes[1..9].try_into().expect("eight bytes"));
        // Where no journal comes to, the place can only be made up.
        if bytes[0] != FORM || sequence >> 56 != 0 {
            return Err(NotAPlace);
        }
        Ok(Self { sequence, given: bytes[9] })
    }
}

/// Of what a page is.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeedFilter {
    /// Of this agency; of all, if none is named.
    pub(crate) agency: Option<Arc<str>>,
    /// Of these kinds; of all, if none is named.
    pub(crate) kinds: Vec<NoticeKind>,
}

impl FeedFilter {
    fn takes(&self, happening: &Happening) -> bool {
        self.agency.as_ref().is_none_or(|agency| *agency == happening.agency)
            && (self.kinds.is_empty() || self.kinds.contains(&happening.kind))
    }
}

/// A page of the feed.
pub(crate) struct FeedPage {
    /// What was found.
    pub(crate) happenings: Vec<Happening>,
    /// Where to go on.
    pub(crate) next: FeedPlace,
    /// Whether there is more already.
    pub(crate) has_more: bool,
    /// Records from here on are not in it.
    pub(crate) as_of_sequence: u64,
}

/// The page from this place on. Reads the disk.
pub(crate) fn page(
    books: &Books,
    from: FeedPlace,
    filter: &FeedFilter,
    limit: usize,
) -> Result<FeedPage, NoticeError> {
    // What readers are shown is at least as far as this; what the journal has may be a moment ahead of them.
    let head = books.readers().sequence();
    let end = head.min(from.sequence.saturating_add(RECORDS_READ_MAX));
    let mut page = FeedPage { happenings: Vec::new(), next: from, has_more: false, as_of_sequence: head };
    let mut trail = books.ledger().trail();
    trail.go_to(from.sequence);
    while page.next.sequence < end && page.happenings.len() < limit {
        let Some(batch) = trail.next_batch()? else { break };
        for record in batch.records() {
            let record = record.map_err(|_| NoticeError::Contradiction)?;
            if record.sequence < page.next.sequence {
                continue;
            }
            if record.sequence >= end || page.happenings.len() >= limit {
                break;
            }
            let given = usize::from(page.next.given);
            page.next = FeedPlace::before_record(record.sequence + 1);
            for (index, happening) in happenings_if_sound(books, &record)?.into_iter().enumerate().skip(given)
            {
                if page.happenings.len() == limit {
                    page.next = FeedPlace::within_record(record.sequence, index);
                    break;
                }
                if filter.takes(&happening) {
                    page.happenings.push(happening);
                }
            }
        }
    }
    page.has_more = page.next.sequence < head;
    Ok(page)
}

/// The place before the first record of this time or later.
pub(crate) fn place_at(books: &Books, time: LedgerTime) -> Result<FeedPlace, NoticeError> {
    // Ledger time never goes back.
    let (mut low, mut high) = (0, books.readers().sequence());
    while low < high {
        let middle = low + (high - low) / 2;
        let record = books.ledger().record(middle)?.ok_or(NoticeError::Contradiction)?;
        if record.time < time { low = middle + 1 } else { high = middle }
    }
    Ok(FeedPlace::before_record(low))
}

/// The end of the feed.
pub(crate) fn end(books: &Books) -> FeedPlace {
    FeedPlace::before_record(books.readers().sequence())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        let place = FeedPlace { sequence: 42, given: 1 };
        let text = place.to_string();
        assert_eq!(text.parse(), Ok(place));
        for wrong in ["", "latest", &text[1..], &format!("{text}A"), &"_".repeat(14)] {
            assert_eq!(wrong.parse::<FeedPlace>(), Err(NotAPlace), "{wrong}");
        }
        assert!(place < FeedPlace::before_record(43));
    }
}
