//! Sums of money as people read them: they may be larger than any one amount.

use ledger::Currency;

/// `KES 412,908,350.00`.
pub(super) fn spoken_sum(currency: Currency, minor: i128) -> String {
    let (whole, cents) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
    let digits = whole.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    let sign = if minor < 0 { "-" } else { "" };
    format!("{currency} {sign}{}.{cents:02}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use ledger::Money;

    use super::*;

    #[test]
    fn a_sum_reads_as_an_amount_does_and_may_be_larger() {
        for minor in [0, 5, 100, 99_999, 305_000, 100_000_000, i64::MAX, -305_000] {
            let money = Money::new(minor, Currency::Kes);
            assert_eq!(spoken_sum(Currency::Kes, i128::from(minor)), money.to_string());
        }
        assert_eq!(spoken_sum(Currency::Usd, 10_i128.pow(21)), "USD 10,000,000,000,000,000,000.00");
    }
}
