//! Sums of amounts: wider than any one amount can be, and written like one. This is the one place that writes money.

use std::fmt;

use crate::money::{Currency, Money};

/// Any number of amounts of one currency put together, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sum {
    /// Whole minor units; negative where more went out than came in.
    pub minor: i128,
    /// The currency.
    pub currency: Currency,
}

impl Sum {
    /// So many minor units.
    pub const fn new(minor: i128, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The decimal without grouping and without currency, `7550.00`: what wires and files carry.
    pub fn to_decimal(self) -> String {
        let (sign, major, decimals) = self.parts();
        format!("{sign}{major}.{decimals:02}")
    }

    /// Sign, whole major units, and the minor units that are left.
    fn parts(self) -> (&'static str, u128, u128) {
        let per_major = u128::from(self.currency.minor_per_major().unsigned_abs());
        let minor = self.minor.unsigned_abs();
        (if self.minor < 0 { "-" } else { "" }, minor / per_major, minor % per_major)
    }
}

impl From<Money> for Sum {
    fn from(money: Money) -> Self {
        Self { minor: i128::from(money.minor()), currency: money.currency() }
    }
}

/// For people: `KES 1,240,000.00`.
impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, major, decimals) = self.parts();
        let digits = major.to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        f.pad(&format!("{} {sign}{grouped}.{decimals:02}", self.currency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_written_like_an_amount_however_wide_it_is() {
        let written = |minor| {
            let sum = Sum::new(minor, Currency::Kes);
            (sum.to_decimal(), sum.to_string())
        };
        let both = |decimal: &str, people: &str| (decimal.to_owned(), people.to_owned());
        assert_eq!(written(0), both("0.00", "KES 0.00"));
        assert_eq!(written(-5), both("-0.05", "KES -0.05"));
        assert_eq!(written(99_999), both("999.99", "KES 999.99"));
        assert_eq!(written(100_000), both("1000.00", "KES 1,000.00"));
        assert_eq!(written(-124_000_000), both("-1240000.00", "KES -1,240,000.00"));
        let wide = i128::from(i64::MAX) * 100;
        assert_eq!(written(wide), both("9223372036854775807.00", "KES 9,223,372,036,854,775,807.00"));
        assert_eq!(written(i128::MIN).0, "-1701411834604692317316873037158841057.28");
    }
}
