//! A number that a prompt can be sent to.

use std::fmt;

/// A Kenyan mobile number: 254 and nine digits that begin with 7 or 1. Personal data; it is never printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subscriber(u64);

/// The text is not a Kenyan mobile number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a Kenyan mobile number has the form 07…, 01…, +2547… or +2541… with nine digits after 0 or 254")]
pub struct NotASubscriber;

const COUNTRY: u64 = 254;
const NATIONAL_DIGIT_COUNT: usize = 9;

impl Subscriber {
    /// Reads a number as people write it: `0712 345 678`, `+254 712-345-678`, `254112345678`.
    pub fn parse(text: &str) -> Result<Self, NotASubscriber> {
        // Nobody writes a number with more marks than digits; beyond that it is no number.
        if text.len() > 32 {
            return Err(NotASubscriber);
        }
        let written: String = text
            .trim()
            .chars()
            .filter(|mark| !matches!(mark, ' ' | '-' | '.' | '(' | ')' | '\u{a0}'))
            .collect();
        let national = ["+254", "254", "0"]
            .into_iter()
            .find_map(|prefix| written.strip_prefix(prefix))
            .filter(|national| national.len() == NATIONAL_DIGIT_COUNT)
            .filter(|national| national.starts_with(['7', '1']))
            .filter(|national| national.bytes().all(|byte| byte.is_ascii_digit()))
            .ok_or(NotASubscriber)?;
        let national: u64 = national.parse().map_err(|_| NotASubscriber)?;
        Ok(Self(COUNTRY * 1_000_000_000 + national))
    }

    /// The twelve digits, as Safaricom writes and hashes them.
    pub fn digits(self) -> String {
        self.0.to_string()
    }

    /// The twelve digits as a number, as a prompt's request has them.
    pub(super) const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[subscriber]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_number_however_it_is_written() {
        for written in [
            "0712345678",
            "0712 345 678",
            "+254712345678",
            "254 712-345-678",
            " (0712) 345.678 ",
            "+254 712 345 678",
        ] {
            assert_eq!(Subscriber::parse(written).unwrap().digits(), "254712345678", "{written}");
        }
        assert_eq!(Subscriber::parse("0112345678").unwrap().digits(), "254112345678");
    }

    #[test]
    fn what_is_no_mobile_number_here_is_refused() {
        for written in [
            "",
            "712345678",
            "07123456789",
            "071234567",
            "0212345678",
            "+255712345678",
            "0712345_78",
            "٠٧١٢٣٤٥٦٧٨",
            "+0712345678",
            "254",
            "0",
            "07123456\u{0}8",
        ] {
            assert_eq!(Subscriber::parse(written), Err(NotASubscriber), "{written}");
        }
        assert!(Subscriber::parse(&format!("0712345678{}", " ".repeat(40))).is_err());
    }

    #[test]
    fn it_is_not_printed() {
        assert_eq!(format!("{:?}", Subscriber::parse("0712345678")), "Ok([subscriber])");
    }
}
