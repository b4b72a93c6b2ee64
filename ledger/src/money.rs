//! Money: whole minor units with their currency, and no other arithmetic than checked.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::sum::Sum;

/// A currency that Malipo keeps books in. Every one of them has two decimals (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Kenya shilling, in cents.
    Kes,
    /// United States dollar, in cents.
    Usd,
}

impl Currency {
    /// Every currency, in the order reports list them.
    pub const ALL: [Self; 2] = [Self::Kes, Self::Usd];

    /// The three letters of ISO 4217.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Kes => "KES",
            Self::Usd => "USD",
        }
    }

    /// The three digits of ISO 4217, which is how the journal writes a currency.
    pub const fn number(self) -> u16 {
        match self {
            Self::Kes => 404,
            Self::Usd => 840,
        }
    }

    /// The currency with these three digits of ISO 4217.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|currency| currency.number() == number)
    }

    /// How many minor units make one major unit.
    pub const fn minor_per_major(self) -> i64 {
        100
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::ALL
            .into_iter()
            .find(|currency| currency.code() == text)
            .ok_or_else(|| MoneyError::UnknownCurrency { text: shortened(text) })
    }
}

/// An amount of one currency in minor units (cents). Amounts of different currencies never meet:
/// every operation on two amounts is refused unless their currencies agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Whole minor units; negative where a difference or a correction is meant.
    #[serde(rename = "amount")]
    minor: i64,
    currency: Currency,
}

/// Why an amount could not be read or computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a plain decimal number.
    #[error("{text:?} is not an amount: digits, at most one point and two decimals are allowed")]
    NotAnAmount {
        /// The text as it came, shortened.
        text: String,
    },
    /// The text has digits beyond the minor unit.
    #[error("{text:?} has more than two decimals")]
    TooManyDecimals {
        /// The text as it came, shortened.
        text: String,
    },
    /// The result does not fit.
    #[error("the amount is too large")]
    TooLarge,
    /// Two currencies met.
    #[error("{left} and {right} cannot be put together")]
    CurrencyMismatch {
        /// The currency on the left.
        left: Currency,
        /// The currency on the right.
        right: Currency,
    },
    /// Not one of ours.
    #[error("{text:?} is not a currency of these books")]
    UnknownCurrency {
        /// The text as it came, shortened.
        text: String,
    },
}

impl Money {
    /// An amount of `minor` minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing of this currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Whole minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// True for exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// True for more than nothing.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// The sum, if both are of one currency and it fits.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The difference, if both are of one currency and it fits.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// This amount `count` times.
    pub fn checked_mul(self, count: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(count).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The sum of all amounts, zero of `currency` when there are none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// Reads a decimal such as `7550`, `7550.5` or `7550.00`. Signs, exponents, grouping marks, other digits
    /// than ASCII and a third decimal are refused: an amount that we would have to interpret or to round
    /// is an amount that we did not understand.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let not_an_amount = || MoneyError::NotAnAmount { text: shortened(text) };
        let (whole, decimals) = match text.split_once('.') {
            Some((_, "")) => return Err(not_an_amount()),
            Some(parts) => parts,
            None => (text, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(decimals) {
            return Err(not_an_amount());
        }
        let minor_of_decimals = match decimals.as_bytes() {
            [] => 0,
            [tenths] => i64::from(tenths - b'0') * 10,
            [tenths, hundredths] => i64::from(tenths - b'0') * 10 + i64::from(hundredths - b'0'),
            _ => return Err(MoneyError::TooManyDecimals { text: shortened(text) }),
        };
        let major: i64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        let minor = major
            .checked_mul(currency.minor_per_major())
            .and_then(|minor| minor.checked_add(minor_of_decimals))
            .ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, currency })
    }

    /// The decimal without grouping and without currency, `7550.00`: what wires and files carry.
    pub fn to_decimal(self) -> String {
        Sum::from(self).to_decimal()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }
}

/// For people: `KES 3,050.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Sum::from(*self).fmt(f)
    }
}

/// What a stranger sent may be long; an error message repeats only its beginning.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_or_refused() {
        let kes = |text| Money::parse_decimal(text, Currency::Kes).map(Money::minor);
        assert_eq!(kes("7550"), Ok(755_000));
        assert_eq!(kes("7550.5"), Ok(755_050));
        assert_eq!(kes("7550.05"), Ok(755_005));
        assert_eq!(kes("0"), Ok(0));
        assert_eq!(kes("92233720368547758.07"), Ok(i64::MAX));
        assert_eq!(kes("92233720368547758.08"), Err(MoneyError::TooLarge));
        assert_eq!(kes("1000000000000000000"), Err(MoneyError::TooLarge));
        assert!(matches!(kes("10.005"), Err(MoneyError::TooManyDecimals { .. })));
        for text in
            ["", ".", "1.", ".5", "-5", "+5", "1e3", "1,000", " 1", "1 ", "NaN", "٣", "0x10", "1.2.3", "1.-1"]
        {
            assert!(matches!(kes(text), Err(MoneyError::NotAnAmount { .. })), "{text:?} was read");
        }
    }

    #[test]
    fn people_see_grouped_amounts_and_machines_plain_ones() {
        let shown = |minor| Money::new(minor, Currency::Kes).to_string();
        assert_eq!(shown(305_000), "KES 3,050.00");
        assert_eq!(shown(5), "KES 0.05");
        assert_eq!(shown(10_000_000_000), "KES 100,000,000.00");
        assert_eq!(shown(-123_456), "KES -1,234.56");
        assert_eq!(Money::new(-123_456, Currency::Usd).to_decimal(), "-1234.56");
        assert_eq!(shown(i64::MIN), "KES -92,233,720,368,547,758.08");
    }

    #[test]
    fn currencies_never_meet_and_nothing_wraps() {
        let kes = Money::new(1, Currency::Kes);
        let usd = Money::new(1, Currency::Usd);
        assert!(matches!(kes.checked_add(usd), Err(MoneyError::CurrencyMismatch { .. })));
        assert!(matches!(kes.checked_sub(usd), Err(MoneyError::CurrencyMismatch { .. })));
        assert_eq!(Money::new(i64::MAX, Currency::Kes).checked_add(kes), Err(MoneyError::TooLarge));
        assert_eq!(Money::new(i64::MAX, Currency::Kes).checked_mul(2), Err(MoneyError::TooLarge));
        assert_eq!("KES".parse(), Ok(Currency::Kes));
        assert!("kes".parse::<Currency>().is_err());
    }
}
