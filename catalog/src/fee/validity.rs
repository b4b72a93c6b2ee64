//! The days on which something holds.

use jiff::civil::Date;

/// A run of days of East Africa Time, both ends included. An end that is not known is open: much of what is in
/// force has a beginning that no source gives us, and we do not invent one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    from: Option<Date>,
    to: Option<Date>,
}

impl Validity {
    /// The days `from..=to`; `None` if they end before they begin.
    pub fn new(from: Option<Date>, to: Option<Date>) -> Option<Self> {
        let ordered = from.zip(to).is_none_or(|(from, to)| from <= to);
        ordered.then_some(Self { from, to })
    }

    /// The first day, if it is known.
    pub const fn from(self) -> Option<Date> {
        self.from
    }

    /// The last day, if an end is set.
    pub const fn to(self) -> Option<Date> {
        self.to
    }

    /// True on these days.
    pub fn contains(self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// True if both hold on at least one day.
    pub fn overlaps(self, other: Self) -> bool {
        let starts_before_end =
            |start: Self, end: Self| start.from.zip(end.to).is_none_or(|(from, to)| from <= to);
        starts_before_end(self, other) && starts_before_end(other, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use jiff::civil::date;

    #[test]
    fn both_ends_count_and_open_ends_reach_all_the_way() {
        let days = Validity::new(Some(date(2023, 12, 14)), Some(date(2025, 3, 31))).unwrap();
        assert!(days.contains(date(2023, 12, 14)) && days.contains(date(2025, 3, 31)));
        assert!(!days.contains(date(2023, 12, 13)) && !days.contains(date(2025, 4, 1)));
        let earlier = Validity::new(None, Some(date(2023, 12, 13))).unwrap();
        let later = Validity::new(Some(date(2025, 4, 1)), None).unwrap();
        assert!(earlier.contains(date(1963, 12, 12)) && later.contains(date(2100, 1, 1)));
        assert!(!earlier.overlaps(days) && !days.overlaps(later) && !later.overlaps(earlier));
        let touching = Validity::new(Some(date(2025, 3, 31)), None).unwrap();
        assert!(touching.overlaps(days) && days.overlaps(touching) && touching.overlaps(later));
        assert_eq!(Validity::new(Some(date(2025, 1, 2)), Some(date(2025, 1, 1))), None);
    }
}
