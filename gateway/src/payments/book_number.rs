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
#[error("no number of a receipt: 1 to {LEN_MAX} letters, digits and -, with a digit among them")]
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

    /// The key under which it is claimed, once. Who types 17 means the 0017 of the book, and who types A-17 its A-0017.
    pub fn key(&self, counter: &str) -> String {
        let mut key = format!("book {counter} ");
        let mut rest = &*self.0;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
            let (group, others) = rest.split_at(digits);
            let significant = group.trim_start_matches('0');
            key.push_str(if significant.is_empty() && digits > 0 { "0" } else { significant });
            let next = others.find(|letter: char| letter.is_ascii_digit()).unwrap_or(others.len());
            key.push_str(&others[..next]);
            rest = &others[next..];
        }
        key
    }
}

impl FromStr for BookNumber {
    type Err = NoBookNumber;

    fn from_str(text: &str) -> Result<Self, NoBookNumber> {
        let text = text.trim().to_ascii_uppercase();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_number = text.len() <= LEN_MAX
            && text.bytes().all(is_plain)
            && text.bytes().any(|byte| byte.is_ascii_digit());
        if is_number { Ok(Self(text.into())) } else { Err(NoBookNumber) }
    }
}

impl fmt::Display for BookNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        text.parse::<BookNumber>().unwrap().key("gpo")
    }

    #[test]
    fn zeros_before_a_number_are_not_part_of_it_wherever_it_stands() {
        for (one, same) in
            [("17", "0017"), ("A-17", "a-0017"), ("A17-5", "A017-005"), ("0", "000"), ("B-0", "B-00")]
        {
            assert_eq!(key(one), key(same), "{one}");
        }
        for (one, another) in [("17", "170"), ("A-17", "A17"), ("A-10", "A-1"), ("1-7", "17"), ("A-0", "A-1")]
        {
            assert_ne!(key(one), key(another), "{one}");
        }
    }

    #[test]
    fn a_number_has_a_digit_and_is_not_longer_than_a_receipt_book_has_it() {
        for wrong in ["", "-", "A", "A-B", "1234567890ABCDEFG", "17/5", "١٧"] {
            assert!(wrong.parse::<BookNumber>().is_err(), "{wrong}");
        }
        assert!("1234567890ABCDEF".parse::<BookNumber>().is_ok());
    }
}
