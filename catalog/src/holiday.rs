//! Public holidays: the days that are no working days, by rule where the law names a rule and by date where it takes a
//! notice. Public Holidays Act (Cap. 110): the days of Part I of the Schedule (section 2), days that are declared (section 3),
//! and what becomes of a day of Part I that falls on a Sunday (section 4).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use crate::fee::{LegalBasis, Validity};
use crate::text::Text;

/// A public holiday through the years.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// What it is called.
    pub name: Text,
    /// On which day.
    pub day: HolidayDay,
    /// The days among which it is kept.
    pub validity: Validity,
    /// The law that makes it one.
    pub basis: Arc<LegalBasis>,
}

/// On which day a public holiday is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HolidayDay {
    /// The same day of every year: a month and a day in it, both from 1. On a Sunday, the next day that is no public holiday
    /// is kept instead.
    Yearly {
        /// The month.
        month: i8,
        /// The day in it.
        day: i8,
    },
    /// So many days after Easter Sunday of the Gregorian calendar; before it where negative. Moves as yearly ones do.
    AfterEaster {
        /// How many.
        days: i8,
    },
    /// One day, as it was declared. It does not move.
    Declared(Date),
}

/// All public holidays that a catalogue knows. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays(Arc<[Holiday]>);

impl Holidays {
    /// The order in which they were written does not matter.
    pub(crate) fn new(mut holidays: Vec<Holiday>) -> Self {
        holidays.sort_by_key(|holiday| (holiday.day, holiday.validity.from()));
        Self(holidays.into())
    }

    /// Every holiday, as the catalogue has them.
    pub fn iter(&self) -> impl Iterator<Item = &Holiday> {
        self.0.iter()
    }

    /// The public holidays of a year, as they are kept. A day that is moved out of its year is kept in the next.
    pub fn of_year(&self, year: i16) -> BTreeMap<Date, &Holiday> {
        let mut kept = self.kept_from(year);
        // 31 December would be moved into the next year.
        let moved_here =
            self.kept_from(year.saturating_sub(1)).into_iter().filter(|(day, _)| day.year() == year);
        kept.extend(moved_here);
        kept.retain(|day, _| day.year() == year);
        kept
    }

    /// Those that begin in a year, Sundays moved on.
    fn kept_from(&self, year: i16) -> BTreeMap<Date, &Holiday> {
        let days = |holiday: &Holiday| {
            let day = match holiday.day {
                HolidayDay::Yearly { month, day } => Date::new(year, month, day).ok(),
                HolidayDay::AfterEaster { days } => {
                    easter(year).and_then(|day| day.checked_add(days.days()).ok())
                }
                HolidayDay::Declared(day) => Some(day).filter(|day| day.year() == year),
            };
            day.filter(|day| holiday.validity.contains(*day))
        };
        let dated: Vec<_> =
            self.0.iter().filter_map(|holiday| days(holiday).map(|day| (day, holiday))).collect();
        let moves = |(day, holiday): &&(Date, &Holiday)| {
            day.weekday() == Weekday::Sunday && !matches!(holiday.day, HolidayDay::Declared(_))
        };
        let mut kept: BTreeMap<_, _> = dated.iter().filter(|one| !moves(one)).copied().collect();
        let mut on_sundays: Vec<_> = dated.iter().filter(moves).copied().collect();
        on_sundays.sort_by_key(|(day, _)| *day);
        for (sunday, holiday) in on_sundays {
            let mut next = sunday.tomorrow().ok();
            while let Some(day) = next.filter(|day| kept.contains_key(day)) {
                next = day.tomorrow().ok();
            }
            if let Some(day) = next {
                kept.insert(day, holiday);
            }
        }
        kept
    }

    /// The last of so many working days, counted from the day after `day`; the day itself for none. Saturdays, Sundays and
    /// public holidays are no working days.
    pub fn working_days_after(&self, day: Date, working_days: u16) -> Date {
        let (mut day, mut left) = (day, working_days);
        let mut year = self.of_year(day.year());
        while left > 0 {
            let Ok(next) = day.tomorrow() else { return day };
            if next.year() != day.year() {
                year = self.of_year(next.year());
            }
            day = next;
            let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            if !is_weekend && !year.contains_key(&day) {
                left -= 1;
            }
        }
        day
    }
}

/// Easter Sunday of the Gregorian calendar, by the rule of Meeus, Jones and Butcher (J. Meeus, Astronomical Algorithms,
/// chapter 8). The letters are theirs.
fn easter(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    let a = year_number.rem_euclid(19);
    let (b, c) = (year_number.div_euclid(100), year_number.rem_euclid(100));
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 22 * l) / 451;
    let of_march = h + l - 7 * m + 114;
    let (month, day) = (of_march / 31, of_march % 31 + 1);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    use jiff::civil::date;
    use proptest::prelude::*;

    use std::sync::LazyLock;

    use crate::snapshot::Catalogue;

    /// Those that come with the product.
    fn kenyan() -> Holidays {
        static EMBEDDED: LazyLock<Holidays> = LazyLock::new(|| Catalogue::embedded().holidays().clone());
        EMBEDDED.clone()
    }

    #[test]
    fn easter_is_when_it_was_and_will_be() {
        for (year, month, day) in [
            (1818, 3, 22),
            (1943, 4, 25),
            (2000, 4, 23),
            (2024, 3, 31),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
    }

    #[test]
    fn a_holiday_on_a_sunday_is_kept_on_the_next_day_that_is_none() {
        let holidays = kenyan();
        let name =
            |day: Date| holidays.of_year(day.year()).get(&day).map(|holiday| holiday.name.en().to_owned());
        // 2022: Christmas on a Sunday, and Boxing Day on the Monday after it.
        assert_eq!(name(date(2022, 12, 25)), None);
        assert_eq!(name(date(2022, 12, 26)).as_deref(), Some("Boxing Day"));
        assert_eq!(name(date(2022, 12, 27)).as_deref(), Some("Christmas Day"));
        assert_eq!(name(date(2023, 1, 2)).as_deref(), Some("New Year's Day"));
        // 2025: Madaraka Day.
        assert_eq!(name(date(2025, 6, 2)).as_deref(), Some("Madaraka Day"));
        assert_eq!(name(date(2026, 4, 3)).as_deref(), Some("Good Friday"));
        assert_eq!(name(date(2026, 4, 6)).as_deref(), Some("Easter Monday"));
        // On a Saturday it stays where it is.
        assert_eq!(name(date(2026, 12, 12)).as_deref(), Some("Jamhuri Day"));
    }

    #[test]
    fn working_days_leave_out_weekends_and_holidays() {
        let holidays = kenyan();
        // Thursday before Good Friday: Tuesday after Easter Monday is the first working day.
        assert_eq!(holidays.working_days_after(date(2026, 4, 2), 1), date(2026, 4, 7));
        assert_eq!(holidays.working_days_after(date(2026, 4, 2), 0), date(2026, 4, 2));
        // Christmas and Boxing Day are a Friday and a Saturday in 2026, New Year's Day a Friday.
        assert_eq!(holidays.working_days_after(date(2026, 12, 24), 5), date(2027, 1, 4));
        assert_eq!(Holidays::default().working_days_after(date(2026, 12, 24), 5), date(2026, 12, 31));
    }

    #[test]
    fn a_declared_day_counts_only_where_it_is_declared_and_does_not_move() {
        let mut rows = kenyan().0.to_vec();
        let declared = date(2026, 3, 22);
        assert_eq!(declared.weekday(), Weekday::Sunday);
        rows.push(Holiday { day: HolidayDay::Declared(declared), ..rows[0].clone() });
        let holidays = Holidays::new(rows);
        assert!(holidays.of_year(2026).contains_key(&declared));
        assert!(!holidays.of_year(2026).contains_key(&date(2026, 3, 23)));
        assert!(!holidays.of_year(2027).contains_key(&date(2027, 3, 22)));
    }

    #[test]
    fn the_last_day_of_a_year_moves_into_the_next() {
        let rows = vec![Holiday { day: HolidayDay::Yearly { month: 12, day: 31 }, ..kenyan().0[0].clone() }];
        let holidays = Holidays::new(rows);
        assert_eq!(date(2028, 12, 31).weekday(), Weekday::Sunday);
        assert!(holidays.of_year(2028).is_empty());
        assert_eq!(
            holidays.of_year(2029).keys().copied().collect::<Vec<_>>(),
            [date(2029, 1, 1), date(2029, 12, 31)]
        );
    }

    proptest! {
        #[test]
        fn every_year_has_as_many_holidays_and_none_of_the_law_on_a_sunday(year in 1990_i16..2200) {
            let holidays = kenyan();
            let days = holidays.of_year(year);
            prop_assert_eq!(days.len(), holidays.iter().count());
            prop_assert!(days.keys().all(|day| day.weekday() != Weekday::Sunday));
        }

        #[test]
        fn a_promise_ends_on_a_working_day_and_counts_each_once(start in 0_i32..60_000, working_days in 1_u16..520) {
            let start = date(1990, 1, 1).checked_add(start.days()).unwrap();
            let holidays = kenyan();
            let end = holidays.working_days_after(start, working_days);
            let is_working = |day: &Date| {
                !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
                    && !holidays.of_year(day.year()).contains_key(day)
            };
            prop_assert!(is_working(&end));
            let counted = start.series(1.day()).skip(1).take_while(|day| *day <= end).filter(is_working).count();
            prop_assert_eq!(counted, usize::from(working_days));
            prop_assert!(end >= Holidays::default().working_days_after(start, working_days));
        }
    }
}
