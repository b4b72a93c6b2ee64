//! The names that we give: bills, attempts and receipts.

use std::fmt;
use std::str::FromStr;

use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

/// Crockford's alphabet: no I, L, O or U, so that nothing is misread or misheard.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The text is not an identifier of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not {0}")]
pub struct NotAnIdentifier(&'static str);

macro_rules! prefixed_id {
    ($(#[$about:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(u128);

        impl $name {
            /// The identifier of these sixteen bytes: a version 7 UUID, so that identifiers sort by time.
            pub const fn from_uuid(uuid: u128) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                let mut letters = [0; 26];
                write_base32(self.0, &mut letters);
                f.write_str(std::str::from_utf8(&letters).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = NotAnIdentifier;

            fn from_str(text: &str) -> Result<Self, NotAnIdentifier> {
                let letters = text.strip_prefix($prefix).filter(|letters| letters.len() == 26);
                letters.and_then(read_base32).map(Self).ok_or(NotAnIdentifier($what))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnIdentifier;

            fn try_from(text: String) -> Result<Self, NotAnIdentifier> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

prefixed_id!(
    /// A bill: `bil_` and 26 letters and digits.
    BillId, "bil_", "a bill id"
);
prefixed_id!(
    /// An attempt to pay: `att_` and 26 letters and digits.
    AttemptId, "att_", "an attempt id"
);
prefixed_id!(
    /// Where an agency wants to be told: `whe_` and 26 letters and digits.
    EndpointId, "whe_", "an endpoint id"
);
prefixed_id!(
    /// A notice: `evt_` and 26 letters and digits. Follows from the record that it tells of: 48 bits of milliseconds since
    /// 1970, 56 bits of the record's sequence, 24 bits of the number of its kind. So identifiers sort as the records do,
    /// lead back to them, and are the same whenever they are made.
    NoticeId, "evt_", "an event id"
);

const NOTICE_KIND_BITS: u32 = 24;
const NOTICE_SEQUENCE_BITS: u32 = 56;

impl NoticeId {
    /// The identifier of what a record tells, by the number of its kind.
    pub fn of_record(sequence: u64, time: LedgerTime, kind_number: u8) -> Self {
        let millis = u128::from(u64::try_from(time.micros() / 1_000).unwrap_or(0)) & ((1 << 48) - 1);
        let sequence = u128::from(sequence) & ((1 << NOTICE_SEQUENCE_BITS) - 1);
        Self(
            millis << (NOTICE_SEQUENCE_BITS + NOTICE_KIND_BITS)
                | sequence << NOTICE_KIND_BITS
                | u128::from(kind_number),
        )
    }

    /// The sequence of the record that it tells of.
    pub fn sequence(self) -> u64 {
        let sequence = (self.0 >> NOTICE_KIND_BITS) & ((1 << NOTICE_SEQUENCE_BITS) - 1);
        u64::try_from(sequence).expect("56 bits fit")
    }

    /// The number of its kind, as it is written: it may be that of none.
    pub fn kind_number(self) -> u32 {
        u32::try_from(self.0 & ((1 << NOTICE_KIND_BITS) - 1)).expect("24 bits fit")
    }
}

/// A receipt of ours: eight letters and digits, shown `7K2M-94QX`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReceiptNumber(u64);

impl ReceiptNumber {
    const BITS: u32 = 40;

    /// The number that a random word stands for.
    pub const fn from_random(random: u64) -> Self {
        Self(random >> (u64::BITS - Self::BITS))
    }

    /// `7K2M-94QX`: how people see it.
    pub fn grouped(self) -> String {
        let letters = self.to_string();
        format!("{}-{}", &letters[..4], &letters[4..])
    }
}

/// The eight letters without a hyphen.
impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = [0; 8];
        write_base32(u128::from(self.0), &mut letters);
        f.write_str(std::str::from_utf8(&letters).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiptNumber({self})")
    }
}

impl FromStr for ReceiptNumber {
    type Err = NotAnIdentifier;

    /// Reads eight letters, with or without a hyphen or spaces, in any case; I and L are read as 1, O as 0.
    fn from_str(text: &str) -> Result<Self, NotAnIdentifier> {
        let letters: String = text
            .chars()
            .filter(|letter| !matches!(letter, '-' | ' '))
            .collect::<String>()
            .to_ascii_uppercase();
        let letters = letters.replace(['I', 'L'], "1").replace('O', "0");
        let number =
            Some(letters).filter(|letters| letters.len() == 8).and_then(|letters| read_base32(&letters));
        number
            .and_then(|number| u64::try_from(number).ok())
            .map(Self)
            .ok_or(NotAnIdentifier("a receipt number: eight letters and digits without I, L, O and U"))
    }
}

impl TryFrom<String> for ReceiptNumber {
    type Error = NotAnIdentifier;

    fn try_from(text: String) -> Result<Self, NotAnIdentifier> {
        text.parse()
    }
}

impl From<ReceiptNumber> for String {
    fn from(number: ReceiptNumber) -> Self {
        number.to_string()
    }
}

fn write_base32(mut number: u128, letters: &mut [u8]) {
    for letter in letters.iter_mut().rev() {
        *letter = ALPHABET[(number % 32) as usize];
        number /= 32;
    }
}

fn read_base32(letters: &str) -> Option<u128> {
    letters.bytes().try_fold(0_u128, |number, letter| {
        let digit = ALPHABET.iter().position(|known| *known == letter)?;
        number.checked_mul(32)?.checked_add(digit as u128)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_as_they_are_written_and_nothing_else_is() {
        let id = BillId::from_uuid(u128::MAX);
        assert_eq!(id.to_string(), "bil_7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in [
            "bil_",
            "att_7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "bil_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "bil_7ZZZZZZZZZZZZZZZZZZZZZZZZU",
        ] {
            assert!(text.parse::<BillId>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_identifier_of_a_notice_leads_to_its_record_and_sorts_as_records_do() {
        let at = |micros| LedgerTime::from_micros(micros);
        let first = NoticeId::of_record(41, at(1_795_155_245_000_999), 3);
        assert_eq!((first.sequence(), first.kind_number()), (41, 3));
        assert_eq!(first.to_string().parse(), Ok(first));
        assert!(first < NoticeId::of_record(41, at(1_795_155_245_000_999), 4));
        assert!(first < NoticeId::of_record(42, at(1_795_155_245_000_999), 1));
        assert!(first < NoticeId::of_record(42, at(1_795_155_245_001_000), 1));
        assert_eq!(NoticeId::of_record((1 << 56) - 1, at(i64::MAX), 255).sequence(), (1 << 56) - 1);
    }

    #[test]
    fn a_receipt_number_survives_being_read_aloud() {
        let number = ReceiptNumber::from_random(0x0123_4567_89ab_cdef);
        assert_eq!(number.to_string().len(), 8);
        assert_eq!(number.grouped().to_lowercase().parse(), Ok(number));
        assert_eq!("OIL0-1234".parse::<ReceiptNumber>(), "01101234".parse::<ReceiptNumber>());
        assert!("7K2M-94Q".parse::<ReceiptNumber>().is_err());
        assert!("7K2M-94QU".parse::<ReceiptNumber>().is_err());
    }
}
