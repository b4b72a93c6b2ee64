//! Moments as people read them, in East Africa Time.

use catalog::Language;
use jiff::civil::Date;
use ledger::LedgerTime;

use crate::clock::east_africa_time;

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_SW: [&str; 12] = [
    "Januari", "Februari", "Machi", "Aprili", "Mei", "Juni", "Julai", "Agosti", "Septemba", "Oktoba",
    "Novemba", "Desemba",
];

/// `21 November 2026, 7:42pm`; in Swahili `21 Novemba 2026, 19:42`, because hours are counted from sunrise there and
/// "saa moja" would be read as either.
pub(super) fn spoken(time: LedgerTime, language: Language) -> String {
    let day = day_spoken(east_africa_time(time.micros()).date(), language);
    format!("{day}, {}", clock_spoken(time, language))
}

/// `7:42pm`; in Swahili `19:42`.
pub(super) fn clock_spoken(time: LedgerTime, language: Language) -> String {
    let moment = east_africa_time(time.micros());
    let (hour, minute) = (moment.hour(), moment.minute());
    match language {
        Language::En => {
            let half = if hour < 12 { "am" } else { "pm" };
            let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
            format!("{hour}:{minute:02}{half}")
        }
        Language::Sw => format!("{hour:02}:{minute:02}"),
    }
}

/// `21 November 2026`, `21 Novemba 2026`.
pub(super) fn day_spoken(day: Date, language: Language) -> String {
    format!("{} {}", month_and_day_spoken((day.month(), day.day()), language), day.year())
}

/// A day of every year, from its month and its day in it, each counted from 1: `21 November`.
pub(super) fn month_and_day_spoken((month, day): (i8, i8), language: Language) -> String {
    let names = match language {
        Language::En => &MONTHS_EN,
        Language::Sw => &MONTHS_SW,
    };
    format!("{day} {}", names[usize::from(month.unsigned_abs()) - 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::parse_rfc3339;

    #[test]
    fn people_read_nairobi_time_on_the_clock_of_their_language() {
        let both = |text| {
            let time = LedgerTime::from_micros(parse_rfc3339(text).unwrap());
            Language::ALL.map(|language| spoken(time, language))
        };
        assert_eq!(both("2026-11-21T16:42:59Z"), ["21 November 2026, 7:42pm", "21 Novemba 2026, 19:42"]);
        assert_eq!(both("2026-12-31T21:05:00Z"), ["1 January 2027, 12:05am", "1 Januari 2027, 00:05"]);
        assert_eq!(both("2027-05-01T09:00:00Z"), ["1 May 2027, 12:00pm", "1 Mei 2027, 12:00"]);
    }
}
