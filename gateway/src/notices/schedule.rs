//! When a notice that was not taken is tried again: ten attempts in some three days, as the Standard Webhooks specification
//! proposes.

/// Seconds from each attempt that failed to the next.
const DELAYS_SECONDS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// An agency may ask for more time, and for no more than this.
const ASKED_SECONDS_MAX: i64 = 86_400;
const MICROS: i64 = 1_000_000;

/// How long to wait after so many failures, in microseconds; nothing if it was the last attempt. `chance` is anything: the
/// wait is up to a tenth longer than the table says, so that those who failed together do not come back together. Who
/// answered with `Retry-After` is not asked before that.
pub(super) fn wait_micros(failures: u16, chance: u64, asked_seconds: Option<u64>) -> Option<i64> {
    let delay = *DELAYS_SECONDS.get(usize::from(failures).checked_sub(1)?)? * MICROS;
    let asked =
        asked_seconds.map_or(0, |asked| i64::try_from(asked).unwrap_or(i64::MAX)).min(ASKED_SECONDS_MAX);
    let jitter = i64::try_from(chance % 1_000).unwrap_or(0) * (delay / 10_000);
    Some((delay + jitter).max(asked * MICROS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_take_three_days_and_a_little() {
        let total =
            |chance| (1..).map_while(|failures| wait_micros(failures, chance, None)).sum::<i64>() / MICROS;
        assert_eq!(total(0), 75 * 3_600 + 35 * 60 + 5);
        assert!(total(999) > total(0) && total(999) < total(0) * 11 / 10);
        assert_eq!(wait_micros(1, 0, None), Some(5 * MICROS));
        assert_eq!((wait_micros(0, 0, None), wait_micros(10, 0, None)), (None, None));
    }

    #[test]
    fn who_asks_for_more_time_gets_it_within_reason() {
        assert_eq!(wait_micros(1, 0, Some(60)), Some(60 * MICROS));
        assert_eq!(wait_micros(2, 0, Some(60)), Some(300 * MICROS));
        assert_eq!(wait_micros(1, 0, Some(u64::MAX)), Some(86_400 * MICROS));
    }
}
