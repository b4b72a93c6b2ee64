//! Kenya shillings, in whole cents. This crate's own money type: it shares none with the gateway, so that a
//! mistake in the gateway's parser cannot hide behind the same mistake here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of Kenya shillings in cents, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kes(u64);

impl Kes {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From whole cents.
    #[must_use]
    pub const fn from_minor(cents: u64) -> Self {
        Self(cents)
    }

    /// From whole shillings.
    #[must_use]
    pub const fn from_shillings(shillings: u32) -> Self {
        Self(shillings as u64 * 100)
    }

    /// In whole cents.
    #[must_use]
    pub const fn minor(self) -> u64 {
        self.0
    }

    /// The sum, or `None` where it would not fit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` where it would be negative.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Reads `7550`, `7550.5` or `7550.50`: digits, and after one point at most two more. No sign, no
    /// separator, no exponent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (shillings, cents) = match text.split_once('.') {
            None => (text, 0),
            Some((shillings, cents)) => {
                let digits = cents.bytes().all(|byte| byte.is_ascii_digit());
                match cents.len() {
                    1 if digits => (shillings, cents.parse::<u64>().ok()? * 10),
                    2 if digits => (shillings, cents.parse::<u64>().ok()?),
                    _ => return None,
                }
            }
        };
        if shillings.is_empty() || !shillings.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let shillings: u64 = shillings.parse().ok()?;
        shillings.checked_mul(100)?.checked_add(cents).map(Self)
    }

    /// With thousands separators, for people: `45,750,000.00`.
    #[must_use]
    pub fn grouped(self) -> String {
        format!("{}.{:02}", grouped(self.0 / 100), self.0 % 100)
    }
}

/// `7550.00`, the form in which Safaricom writes amounts.
impl fmt::Display for Kes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// A whole number with thousands separators: `29,994`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        assert_eq!(Kes::parse("7550"), Some(Kes::from_minor(755_000)));
        assert_eq!(Kes::parse("7550.5"), Some(Kes::from_minor(755_050)));
        assert_eq!(Kes::parse("0.01"), Some(Kes::from_minor(1)));
        for wrong in
            ["", ".5", "1.", "1.005", "-1", "+1", "1e3", "1,000", " 1", "1.+5", "99999999999999999999"]
        {
            assert_eq!(Kes::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn amounts_are_written_as_safaricom_and_as_people_write_them() {
        assert_eq!(Kes::from_shillings(7550).to_string(), "7550.00");
        assert_eq!(Kes::from_minor(4_575_000_005).grouped(), "45,750,000.05");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(29_994), "29,994");
    }
}
