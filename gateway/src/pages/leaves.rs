//! Long lists of a page over several, so that the first answer of each stays what a slow network carries in its first round,
//! 14 KiB, whatever a catalogue has. Rows go onto a page until it is full, and on to the next; a page that is asked for by its
//! number counts all of them and keeps its own.

use catalog::Language;

use super::words::{CATALOGUE, CatalogueWords};
use crate::http::body::Fields;

/// What the rows of a page may weigh together, in bytes. The rest of the 14 KiB is for what stands around them: frame,
/// headings, law, notices.
const ROWS_BYTES_MAX: usize = 9_500;
/// The marks around each text of a row, in bytes.
const MARKS_BYTES: usize = 30;

/// The pages of a list, and the one of them that is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaves {
    /// From 1.
    wanted: usize,
    /// The page that the next row goes to, if there is room. From 1.
    filled: usize,
    used_bytes: usize,
}

impl Leaves {
    /// The page that an address asks for with `page`; the first if it does not.
    pub(super) fn of(fields: &Fields) -> Self {
        Self::at(fields.get("page").and_then(|text| text.parse().ok()).unwrap_or(1))
    }

    /// The first page.
    pub(super) fn first() -> Self {
        Self::at(1)
    }

    /// The page of this number.
    pub(super) fn at(wanted: usize) -> Self {
        Self { wanted, filled: 1, used_bytes: 0 }
    }

    /// Whether the next row, with these texts, stands on the page that is wanted.
    pub(super) fn hold(&mut self, texts: &[&str]) -> bool {
        let texts = texts.iter().filter(|text| !text.is_empty());
        let bytes: usize = texts.map(|text| MARKS_BYTES + escaped_bytes(text)).sum();
        if self.used_bytes > 0 && self.used_bytes + bytes > ROWS_BYTES_MAX {
            self.filled += 1;
            self.used_bytes = 0;
        }
        self.used_bytes += bytes;
        self.filled == self.wanted
    }

    /// The number of the page that is wanted.
    pub(super) const fn number(&self) -> usize {
        self.wanted
    }

    /// Whether this is the page that everything begins on.
    pub(super) const fn is_first(&self) -> bool {
        self.wanted == 1
    }

    /// Whether there is such a page. Asked after the last row.
    pub(super) const fn exists(&self) -> bool {
        1 <= self.wanted && self.wanted <= self.filled
    }

    /// The links to its neighbours, whose addresses follow from their numbers. Made after the last row.
    pub(super) fn turn(&self, language: Language, address: impl Fn(usize) -> String) -> Turn {
        let previous = (self.wanted > 1).then(|| self.wanted - 1);
        let next = (self.wanted < self.filled).then(|| self.wanted + 1);
        Turn::new(language, previous.map(&address), next.map(&address))
    }
}

/// Links to the pages before and after.
pub(super) struct Turn {
    pub(super) words: &'static CatalogueWords,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl Turn {
    pub(super) fn new(language: Language, previous: Option<String>, next: Option<String>) -> Self {
        Self { words: CATALOGUE.of(language), previous, next }
    }
}

/// The bytes of a text in a page, where a few letters are written as five.
fn escaped_bytes(text: &str) -> usize {
    let escaped = |byte: u8| if matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'') { 5 } else { 1 };
    text.bytes().map(escaped).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a page, and the numbers of its neighbours.
    fn page(number: usize, rows: &[String]) -> (Vec<&String>, Option<usize>, Option<usize>) {
        let mut leaves = Leaves::at(number);
        let held = rows.iter().filter(|row| leaves.hold(&[row])).collect();
        assert!(leaves.exists());
        let turn = leaves.turn(Language::En, |number| number.to_string());
        let number = |text: Option<String>| text.map(|text| text.parse().unwrap());
        (held, number(turn.previous), number(turn.next))
    }

    #[test]
    fn every_row_stands_on_one_page_and_pages_lead_to_each_other() {
        let rows: Vec<_> = (0..100).map(|number| format!("{number} {}", "<".repeat(80))).collect();
        let mut seen = Vec::new();
        let mut number = 1;
        loop {
            let (held, previous, next) = page(number, &rows);
            assert!((1..=ROWS_BYTES_MAX / 400).contains(&held.len()));
            assert_eq!(previous, (number > 1).then(|| number - 1));
            seen.extend(held);
            match next {
                Some(next) => number = next,
                None => break,
            }
        }
        assert_eq!((seen, number), (rows.iter().collect(), 5));
    }

    #[test]
    fn a_short_list_has_one_page_and_no_other_exists() {
        let mut leaves = Leaves::first();
        assert!(leaves.hold(&["a"]) && leaves.exists());
        let turn = leaves.turn(Language::En, |_| String::new());
        assert!(turn.previous.is_none() && turn.next.is_none());
        for number in [0, 2] {
            let mut leaves = Leaves::at(number);
            assert!(!leaves.hold(&["a"]) && !leaves.exists());
        }
    }
}
