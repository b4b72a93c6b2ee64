//! How an agency is paid when the consolidated paybill cannot be used: by its own plan, or by the national one.
//!
//! Plain data: which channels, in which order, within what limits and hours. The catalogue knows no account: it names a
//! channel by its name, and whoever runs the gateway has a channel of that name or has none.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Weekday;
use ledger::Money;

use crate::text::Text;

/// One way of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FallbackWay {
    /// The name of the channel: its kind, or its kind with a dot and which.
    pub channel: Arc<str>,
    /// The least that is taken on it.
    pub minimum: Option<Money>,
    /// The most that is taken on it.
    pub maximum: Option<Money>,
    /// When somebody is there.
    pub open: OpeningTimes,
    /// What people read beside it, in both languages.
    pub text: Text,
}

impl FallbackWay {
    /// The kinds of channels that a plan may name. The consolidated paybill and its prompts are the first choice
    /// of everybody and stand in no plan.
    pub const KINDS: [&str; 7] =
        ["airtel_money", "card", "bank", "bank_slip", "card_terminal", "agency_till", "counter"];
    /// Those that the national plan may name: what collects for everybody, everywhere. A till is one agency's, and terminals
    /// and counters are where one office is.
    pub const NATIONAL_KINDS: [&str; 4] = ["airtel_money", "card", "bank", "bank_slip"];
    /// The most ways of one plan.
    pub const COUNT_MAX: usize = 8;
}

/// On which days and at what hours, in East Africa Time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpeningTimes {
    /// On these days, from Monday on; on every day if there is none.
    pub days: Vec<Weekday>,
    /// At these hours; at every hour if there are none.
    pub hours: Option<Hours>,
}

/// From one minute of a day until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: u16,
    to: u16,
}

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

impl Hours {
    /// From this minute of the day until before that one; nothing if it would be no time at all, or go over midnight.
    pub fn new(from: u16, to: u16) -> Option<Self> {
        (from < to && to <= DAY_MINUTES).then_some(Self { from, to })
    }

    /// The first minute of the day.
    pub const fn from(self) -> u16 {
        self.from
    }

    /// The first minute of the day that is not among them.
    pub const fn to(self) -> u16 {
        self.to
    }
}

/// `08:00-17:00`.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = *self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl OpeningTimes {
    /// True if somebody is there on this day at this minute of it.
    pub fn are_on(&self, day: Weekday, minute: u16) -> bool {
        self.has_day(day) && self.hours.is_none_or(|hours| (hours.from..hours.to).contains(&minute))
    }

    /// In how many minutes it opens, from this minute of this day on; nothing if it is open.
    pub fn opens_in_minutes(&self, day: Weekday, minute: u16) -> Option<u32> {
        if self.are_on(day, minute) {
            return None;
        }
        let from = self.hours.map_or(0, |hours| hours.from);
        let later_today = (self.has_day(day) && minute < from).then(|| u32::from(from - minute));
        later_today.or_else(|| {
            let left_today = u32::from(DAY_MINUTES.saturating_sub(minute));
            (1_u32..=7).zip(day.cycle_forward().skip(1)).find_map(|(days, day)| {
                let whole_days = (days - 1) * u32::from(DAY_MINUTES);
                self.has_day(day).then(|| left_today + whole_days + u32::from(from))
            })
        })
    }

    fn has_day(&self, day: Weekday) -> bool {
        self.days.is_empty() || self.days.contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_when_the_next_hour_of_a_day_that_it_has_begins() {
        let office =
            OpeningTimes { days: vec![Weekday::Monday, Weekday::Friday], hours: Hours::new(8 * 60, 17 * 60) };
        assert_eq!(office.opens_in_minutes(Weekday::Monday, 8 * 60), None);
        assert_eq!(office.opens_in_minutes(Weekday::Monday, 7 * 60 + 59), Some(1));
        assert_eq!(office.opens_in_minutes(Weekday::Friday, 17 * 60), Some(7 * 60 + 2 * 1440 + 8 * 60));
        assert_eq!(office.opens_in_minutes(Weekday::Thursday, 1439), Some(1 + 8 * 60));
        let monday = OpeningTimes { days: vec![Weekday::Monday], hours: Hours::new(0, 60) };
        assert_eq!(monday.opens_in_minutes(Weekday::Monday, 60), Some(7 * 1440 - 60), "a week later");
        assert_eq!(OpeningTimes::default().opens_in_minutes(Weekday::Sunday, 3), None);
    }

    /// The search for the next opening agrees with looking at every minute of a week.
    #[test]
    fn the_next_opening_is_the_first_minute_that_is_open() {
        let days = [vec![], vec![Weekday::Tuesday], vec![Weekday::Wednesday, Weekday::Sunday]];
        let hours = [None, Hours::new(0, 1), Hours::new(600, 1440), Hours::new(719, 720)];
        for (days, hours) in days.iter().flat_map(|days| hours.map(|hours| (days.clone(), hours))) {
            let times = OpeningTimes { days, hours };
            for (day, minute) in [(Weekday::Tuesday, 0), (Weekday::Sunday, 719), (Weekday::Wednesday, 1439)] {
                let mut week = day.cycle_forward().flat_map(|day| (0..1440).map(move |minute| (day, minute)));
                let found =
                    week.by_ref().skip(usize::from(minute)).position(|(day, at)| times.are_on(day, at));
                let found = found.and_then(|minutes| u32::try_from(minutes).ok());
                let said = times.opens_in_minutes(day, minute).unwrap_or(0);
                assert_eq!(Some(said), found, "{times:?} from {day:?} {minute}");
            }
        }
    }
}
