//! How much usually comes: for each hour of the week, East Africa Time, what came in it in the weeks before. A new channel
//! has no usual hour; nothing is concluded from its silence by this.

/// Hours of a week.
const HOURS: usize = 168;
const HOUR_SECONDS: i64 = 3_600;
/// East Africa Time is so far ahead.
const AHEAD_SECONDS: i64 = 3 * HOUR_SECONDS;
/// An hour that came so seldom is not known.
const WEEKS_MIN: u64 = 2;
/// After so many weeks the older ones count for half.
const WEEKS_MAX: u64 = 8;

/// What usually comes in each hour of the week.
#[derive(Clone, Debug)]
pub struct Profile {
    hours: [Hour; HOURS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    count: u64,
    weeks: u64,
}

impl Default for Profile {
    fn default() -> Self {
        Self { hours: [Hour::default(); HOURS] }
    }
}

impl Profile {
    /// Notes what came in an hour that is over: hours since 1970-01-01 in UTC.
    pub fn note(&mut self, hour: i64, count: u64) {
        let known = &mut self.hours[place(hour)];
        if known.weeks >= WEEKS_MAX {
            (known.count, known.weeks) = (known.count / 2, known.weeks / 2);
        }
        (known.count, known.weeks) = (known.count.saturating_add(count), known.weeks + 1);
    }

    /// How many should come between two moments, in thousandths; nothing if an hour of them is not known.
    pub fn expected_milli(&self, from: i64, until: i64) -> Option<u64> {
        let mut expected = 0_u64;
        let mut at = from;
        while at < until {
            let hour = at.div_euclid(HOUR_SECONDS);
            let end = ((hour + 1) * HOUR_SECONDS).min(until);
            let known = self.hours[place(hour)];
            if known.weeks < WEEKS_MIN {
                return None;
            }
            let seconds = u64::try_from(end - at).unwrap_or(0);
            let in_hour = known.count.saturating_mul(1_000) / known.weeks;
            expected = expected.saturating_add(in_hour.saturating_mul(seconds) / HOUR_SECONDS.unsigned_abs());
            at = end;
        }
        Some(expected)
    }
}

/// Where an hour stands in the week.
fn place(hour: i64) -> usize {
    let in_week = (hour + AHEAD_SECONDS / HOUR_SECONDS).rem_euclid(HOURS as i64);
    usize::try_from(in_week).expect("a remainder is in the week")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_should_come_is_summed_over_hours_and_unknown_where_one_is_not_known() {
        let mut profile = Profile::default();
        for week in 0..2 {
            profile.note(week * 168, 10 + week as u64 * 10);
            profile.note(week * 168 + 1, 3_600);
        }
        assert_eq!(profile.expected_milli(0, 3_600), Some(15_000));
        assert_eq!(profile.expected_milli(1_800, 3_610), Some(7_500 + 10_000));
        assert_eq!(profile.expected_milli(0, 7_201), None);
        assert_eq!(profile.expected_milli(5, 5), Some(0));
    }

    #[test]
    fn older_weeks_fade() {
        let mut profile = Profile::default();
        for week in 0..30 {
            profile.note(week * 168, 100);
        }
        for week in 0..30 {
            profile.note((30 + week) * 168, 10);
        }
        let expected = profile.expected_milli(0, 3_600).unwrap();
        assert!((10_000..11_000).contains(&expected), "{expected}");
    }
}
