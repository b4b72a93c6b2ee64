//! Public holidays, checked.

use super::fees::cited_basis;
use super::scalars::{checked_date, checked_text, checked_validity};
use super::{Bases, NAME_CHARACTERS_MAX};
use crate::holiday::{Holiday, HolidayDay, Holidays};
use crate::source::{HolidayRow, Located, Place, ProblemSink};

/// The most of one catalogue: a dozen of the law, and those that are declared in centuries. Whoever counts working days goes
/// through all of them for each year.
const HOLIDAYS_MAX: usize = 1_000;
/// The most days that a holiday is away from Easter.
const EASTER_DAYS_MAX: i8 = 70;

/// The holidays, as the rows have them.
pub(super) fn holidays(rows: &[Located<HolidayRow>], bases: &Bases, problems: &ProblemSink) -> Holidays {
    let mut holidays: Vec<Holiday> = Vec::with_capacity(rows.len().min(HOLIDAYS_MAX));
    for (position, Located { row, origin }) in rows.iter().enumerate() {
        let place = Place::row(problems, origin);
        if position >= HOLIDAYS_MAX {
            place.report(format!("a catalogue holds at most {HOLIDAYS_MAX} public holidays"));
            break;
        }
        let Some(holiday) = holiday(row, bases, place) else { continue };
        let meets = |other: &Holiday| other.day == holiday.day && other.validity.overlaps(holiday.validity);
        if holidays.iter().any(meets) {
            place.report("this day is a public holiday already");
        }
        holidays.push(holiday);
    }
    Holidays::new(holidays)
}

fn holiday(row: &HolidayRow, bases: &Bases, place: Place<'_>) -> Option<Holiday> {
    let name = checked_text(&row.name, NAME_CHARACTERS_MAX, place.field("name"));
    let day = day(row, place);
    let validity = checked_validity(row.valid_from.as_deref(), row.valid_to.as_deref(), place);
    let basis = cited_basis(&row.basis, None, bases, place);
    Some(Holiday { name: name?, day: day?, validity: validity?, basis: basis? })
}

fn day(row: &HolidayRow, place: Place<'_>) -> Option<HolidayDay> {
    match (&row.yearly, row.after_easter, &row.on) {
        (Some(text), None, None) => {
            // Of a leap year: 29 February is a day of a calendar.
            let known = checked_date(Some(&format!("2000-{text}")), place.field("yearly"))??;
            Some(HolidayDay::Yearly { month: known.month(), day: known.day() })
        }
        (None, Some(days), None) if days.abs() <= EASTER_DAYS_MAX => Some(HolidayDay::AfterEaster { days }),
        (None, Some(_), None) => {
            place
                .field("after_easter")
                .report(format!("a holiday is at most {EASTER_DAYS_MAX} days from Easter"));
            None
        }
        (None, None, Some(text)) => {
            if row.valid_from.is_some() || row.valid_to.is_some() {
                place.field("valid_from").report("a day that is declared is that day alone");
            }
            Some(HolidayDay::Declared(checked_date(Some(text), place.field("on"))??))
        }
        _ => {
            place.report("say exactly one of yearly, after_easter and on");
            None
        }
    }
}
