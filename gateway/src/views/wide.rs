//! Sums that are wider than the integers of SQLite, in two of them: so many times ten to the eighteenth, and the rest.

const E18: i128 = 1_000_000_000_000_000_000;

/// How many times ten to the eighteenth are in it, rounded down.
pub(in crate::views) fn high(sum: i128) -> i64 {
    i64::try_from(sum.div_euclid(E18)).expect("ten to the thirty-sixth is more money than can be booked")
}

/// What is left, never negative.
pub(in crate::views) fn low(sum: i128) -> i64 {
    i64::try_from(sum.rem_euclid(E18)).expect("a rest of ten to the eighteenth fits")
}

/// The sum again.
pub(in crate::views) fn put_together(high: i64, low: i64) -> i128 {
    i128::from(high) * E18 + i128::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_any_width_comes_back() {
        for sum in [0, 1, -1, E18 - 1, E18, -E18, i128::from(i64::MAX) * 1_000_000, i128::from(i64::MIN) * 7]
        {
            assert_eq!(put_together(high(sum), low(sum)), sum);
            assert!((0..1_000_000_000_000_000_000).contains(&low(sum)), "{sum}");
        }
    }
}
