//! How a day grows: what has come in by the end of each quarter of an hour, for a line that people look at.

use ledger::Currency;

use crate::views::MinuteRow;

const MINUTES_PER_POINT: u16 = 15;
/// Quarters of an hour in a day.
pub const POINTS_PER_DAY: usize = 96;

/// What has come in since the day began, at the end of each quarter of an hour that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// Minor units; as many as quarters have begun, or none at all.
    pub minor: Vec<i128>,
}

impl Curve {
    /// The curve of a day up to this minute; without points if nothing came in.
    pub(super) fn of(minutes: &[MinuteRow], currency: Currency, until: u16) -> Self {
        if minutes.iter().all(|row| row.currency != currency) {
            return Self { minor: Vec::new() };
        }
        let begun = usize::from(until / MINUTES_PER_POINT) + 1;
        let mut minor = vec![0_i128; begun.min(POINTS_PER_DAY)];
        for row in minutes.iter().filter(|row| row.currency == currency) {
            // What a clock that was corrected put after the present belongs to the present.
            let at = usize::from(row.minute / MINUTES_PER_POINT).min(minor.len() - 1);
            minor[at] += row.total.minor;
        }
        let mut sum = 0;
        for point in &mut minor {
            sum += *point;
            *point = sum;
        }
        Self { minor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::Total;

    fn row(minute: u16, currency: Currency, minor: i128) -> MinuteRow {
        MinuteRow { minute, currency, total: Total { count: 1, minor } }
    }

    #[test]
    fn a_day_grows_to_its_sum_and_ends_at_the_present() {
        let minutes = [
            row(0, Currency::Kes, 5),
            row(14, Currency::Kes, 1),
            row(15, Currency::Kes, 2),
            row(20, Currency::Usd, 9),
        ];
        assert_eq!(Curve::of(&minutes, Currency::Kes, 31).minor, [6, 8, 8]);
        assert_eq!(Curve::of(&minutes, Currency::Usd, 31).minor, [0, 9, 9]);
        assert_eq!(Curve::of(&minutes, Currency::Kes, 3).minor, [8]);
        assert!(Curve::of(&minutes[..3], Currency::Usd, 31).minor.is_empty());
        let whole = Curve::of(&[row(1439, Currency::Kes, 7)], Currency::Kes, 1439).minor;
        assert_eq!((whole.len(), whole[POINTS_PER_DAY - 1], whole[POINTS_PER_DAY - 2]), (96, 7, 0));
    }
}
