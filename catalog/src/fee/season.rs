//! Seasons: days of every year on which another rule holds.

use std::fmt;

use jiff::civil::Date;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::rule::FeeRule;
use crate::code::VariantCode;
use crate::text::Text;

/// One season of [`FeeRule::Seasons`].
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Season {
    /// Its name in the codes of price lines.
    pub code: VariantCode,
    /// Its name for people.
    pub text: Text,
    /// When it is, every year.
    pub days: SeasonDays,
    /// How the amount is found then.
    pub rule: FeeRule,
}

/// Days of every year, both ends included. A season that ends before it begins reaches over New Year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeasonDays {
    from: DayOfYear,
    to: DayOfYear,
}

/// A month and a day in it; the 29th of February is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DayOfYear {
    month: i8,
    day: i8,
}

/// A year that has every day a year can have.
const LEAP_YEAR: i16 = 2024;

impl SeasonDays {
    /// Reads two days written `MM-DD`.
    pub fn parse(from: &str, to: &str) -> Option<Self> {
        Some(Self { from: DayOfYear::parse(from)?, to: DayOfYear::parse(to)? })
    }

    /// True on these days, whatever the year.
    pub fn contains(self, date: Date) -> bool {
        let day = DayOfYear { month: date.month(), day: date.day() };
        if self.from <= self.to {
            (self.from..=self.to).contains(&day)
        } else {
            day >= self.from || day <= self.to
        }
    }

    /// The first and the last of them, each as its month and its day in it, counted from 1.
    pub const fn ends(self) -> [(i8, i8); 2] {
        [(self.from.month, self.from.day), (self.to.month, self.to.day)]
    }

    /// True if both hold on at least one day.
    pub fn overlaps(self, other: Self) -> bool {
        // Two runs of days on a circle meet exactly if the beginning of one lies in the other.
        self.contains(other.from.in_leap_year()) || other.contains(self.from.in_leap_year())
    }
}

impl Serialize for SeasonDays {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut days = serializer.serialize_struct("SeasonDays", 2)?;
        days.serialize_field("from", &self.from.to_string())?;
        days.serialize_field("to", &self.to.to_string())?;
        days.end()
    }
}

/// `12-15 to 01-05`.
impl fmt::Display for SeasonDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

/// `MM-DD`.
impl fmt::Display for DayOfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl DayOfYear {
    fn parse(text: &str) -> Option<Self> {
        let (month, day) = text.split_once('-').filter(|_| text.len() == 5)?;
        let date = Date::new(LEAP_YEAR, month.parse().ok()?, day.parse().ok()?).ok()?;
        let day = Self { month: date.month(), day: date.day() };
        (day.to_string() == text).then_some(day)
    }

    fn in_leap_year(self) -> Date {
        Date::new(LEAP_YEAR, self.month, self.day).expect("a leap year has every day")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use jiff::civil::date;

    #[test]
    fn a_season_may_reach_over_new_year_and_holds_on_both_its_ends() {
        let christmas = SeasonDays::parse("12-15", "01-05").unwrap();
        for day in [date(2026, 12, 15), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 5)] {
            assert!(christmas.contains(day), "{day}");
        }
        assert!(!christmas.contains(date(2026, 12, 14)) && !christmas.contains(date(2027, 1, 6)));
        let migration = SeasonDays::parse("07-01", "10-31").unwrap();
        assert!(!christmas.overlaps(migration) && !migration.overlaps(christmas));
        let january = SeasonDays::parse("01-05", "01-20").unwrap();
        assert!(january.overlaps(christmas) && christmas.overlaps(january));
        assert!(SeasonDays::parse("02-29", "02-29").unwrap().contains(date(2028, 2, 29)));
    }

    #[test]
    fn only_days_that_a_year_can_have_are_read() {
        for text in ["", "2-29", "02-30", "13-01", "00-10", "1-1", "01-1", "+1-01", "01-+1", "01/01"] {
            assert_eq!(SeasonDays::parse(text, "12-31"), None, "{text:?}");
        }
    }
}
