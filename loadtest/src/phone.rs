//! A Kenyan mobile number.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Twelve digits, `2547…` or `2541…`, as Safaricom writes a subscriber's number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Phone(String);

impl Phone {
    /// Reads `254700000001`, `+254700000001` or `0700000001`; spaces are ignored.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|character| *character != ' ').collect();
        let digits = digits.strip_prefix('+').unwrap_or(&digits);
        let national = digits.strip_prefix("254").or_else(|| digits.strip_prefix('0'))?;
        let mobile = national.starts_with(['7', '1']) && national.len() == 9;
        if !mobile || !national.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self(format!("254{national}")))
    }

    /// The twelve digits.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }

    /// The nine digits after the country code.
    pub(crate) fn national(&self) -> &str {
        &self.0[3..]
    }

    /// With the middle hidden: `2547******01`.
    pub(crate) fn masked(&self) -> String {
        format!("{}******{}", &self.0[..4], &self.0[10..])
    }

    /// Lower-case hex of SHA-256 over the twelve digits: what paybill owners are sent since July 2024.
    pub(crate) fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }

    /// The first name of whoever owns this number. Made up, and always the same for one number.
    pub(crate) fn first_name(&self) -> &'static str {
        const NAMES: [&str; 16] = [
            "ASHA",
            "BARAKA",
            "CHEBET",
            "DAUDI",
            "ESTHER",
            "FATUMA",
            "GITAU",
            "HALIMA",
            "IMANI",
            "JUMA",
            "KIPROTICH",
            "LEILA",
            "MUTUA",
            "NJERI",
            "OTIENO",
            "WANJIRU",
        ];
        NAMES[usize::from(Sha256::digest(self.0.as_bytes())[0]) % NAMES.len()]
    }
}

/// Masked: a number has no business in a log.
impl fmt::Debug for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_people_write_a_number_are_one_number() {
        for written in ["254700000001", "+254700000001", "0700 000 001"] {
            assert_eq!(Phone::parse(written).unwrap().digits(), "254700000001", "{written}");
        }
        assert!(Phone::parse("0112345678").is_some());
        for wrong in ["", "0700", "255700000001", "2547000000011", "25470000000x", "0200000001"] {
            assert!(Phone::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_hash_is_the_published_one() {
        let phone = Phone::parse("0700000001").unwrap();
        assert_eq!(phone.sha256(), "172509f6416f41d1ce3b78a757c1d4ce90fc1ab1c9d4cdf1edf25ab7bf3fbdfd");
        assert_eq!(format!("{phone:?}"), "2547******01");
    }
}
