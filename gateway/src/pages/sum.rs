//! Sums of amounts as people read them: wider than any one amount can be.

use ledger::Currency;

/// `KES 1,240,000.00`, from minor units.
pub(super) fn sum_shown(minor: i128, currency: Currency) -> String {
    let per_major = u128::from(currency.minor_per_major().unsigned_abs());
    let sign = if minor < 0 { "-" } else { "" };
    let (major, rest) = (minor.unsigned_abs() / per_major, minor.unsigned_abs() % per_major);
    let digits = major.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    format!("{} {sign}{}.{rest:02}", currency.code(), groups.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Money;

    #[test]
    fn a_sum_looks_like_an_amount() {
        for minor in [0, 5, 99, 100, 99_999, 100_000, 30_500_000, i64::MAX] {
            assert_eq!(
                sum_shown(i128::from(minor), Currency::Kes),
                Money::new(minor, Currency::Kes).to_string()
            );
        }
        assert_eq!(sum_shown(i128::from(i64::MAX) * 100, Currency::Usd), "USD 9,223,372,036,854,775,807.00");
    }
}
