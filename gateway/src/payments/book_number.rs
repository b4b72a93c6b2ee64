//! The number of a receipt that is written by hand, in the book that lies at a counter. The counter and this number are one piece of
//! paper: whichever shift writes on it, and whether we are asked at once or told later, it stands for one payment.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest number that is read.
const LEN_MAX: usize = 16;

/// A number of a book of receipts, in capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookNumber(Arc<str>);

/// It is no number of a book of receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no number of a receipt: 1 to {LEN_MAX} letters, digits and -")]
pub struct NoBookNumber;

impl BookNumber {
    /// What the books call cash that was taken against it while they were asked.
    pub fn taken_in(&self, shift: u64) -> String {
        format!("{shift}-R-{self}")
    }

    /// What the books call cash of which they were told later.
    pub fn on_paper(&self) -> String {
        format!("P-{self}")
    }

    /// The key under which it is claimed, once. Who types 17 means the 0017 of the book.
    pub fn key(&self, counter: &str) -> String {
        let significant = self.0.trim_start_matches('0');
        format!("book {counter} {}", if significant.is_empty() { "0" } else { significant })
    }
}

impl FromStr for BookNumber {
    type Err = NoBookNumber;

    fn from_str(text: &str) -> Result<Self, NoBookNumber> {
        let text = text.trim().to_ascii_uppercase();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_number = (1..=LEN_MAX).contains(&text.len()) && text.bytes().all(is_plain);
        if is_number { Ok(Self(text.into())) } else { Err(NoBookNumber) }
    }
}

impl fmt::Display for BookNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
