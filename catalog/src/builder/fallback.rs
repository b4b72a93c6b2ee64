//! How an agency is paid when the consolidated paybill cannot be used: an order of ways, each within limits that make
//! sense.

use std::sync::Arc;

use jiff::civil::Weekday;

use super::scalars::{checked_amount, checked_amount_in, checked_text};
use crate::fallback::{FallbackWay, Hours, OpeningTimes};
use crate::source::{FallbackRow, HoursRow, Located, Place, ProblemSink};

/// Two lines on a phone.
const TEXT_CHARACTERS_MAX: usize = 160;
/// The longest name of a channel within its kind, as the gateway has it.
const WHICH_BYTES_MAX: usize = 24;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The plan of every agency that has none of its own, from the one file that names it; none if no file does.
pub(super) fn national_fallback(
    plans: &[Located<Vec<FallbackRow>>],
    problems: &ProblemSink,
) -> Option<Vec<FallbackWay>> {
    let Some((Located { row, origin }, others)) = plans.split_first() else { return Some(Vec::new()) };
    for Located { origin: other, .. } in others {
        let fault = format!("the national plan is there twice: {} names it too", origin.file);
        Place::row(problems, other).report(fault);
    }
    let place = Place::row(problems, origin);
    let ways = checked_fallback(row, place)?;
    let mut is_for_all = true;
    for (index, way) in ways.iter().enumerate() {
        let kind = way.channel.split_once('.').map_or(&*way.channel, |(kind, _)| kind);
        if !FallbackWay::NATIONAL_KINDS.contains(&kind) {
            is_for_all = false;
            place.item(index).field("channel").report(format!(
                "{kind:?} is one agency's or one office's: the national plan names {}",
                FallbackWay::NATIONAL_KINDS.join(", ")
            ));
        }
    }
    is_for_all.then_some(ways)
}

/// A plan; `None` if something is wrong with it.
pub(super) fn checked_fallback(rows: &[FallbackRow], place: Place<'_>) -> Option<Vec<FallbackWay>> {
    if rows.len() > FallbackWay::COUNT_MAX {
        place.report(format!("a plan has at most {} ways", FallbackWay::COUNT_MAX));
        return None;
    }
    let ways = rows.iter().enumerate().map(|(index, row)| {
        let place = place.item(index);
        if rows[..index].iter().any(|earlier| earlier.channel == row.channel) {
            place.field("channel").report(format!("{:?} is there twice", row.channel));
            return None;
        }
        way(row, place)
    });
    // Every row is looked at before one is given up.
    let ways: Vec<_> = ways.collect();
    ways.into_iter().collect()
}

fn way(row: &FallbackRow, place: Place<'_>) -> Option<FallbackWay> {
    let channel = channel(&row.channel, place.field("channel"));
    let amount = |text: &Option<String>, name| match text {
        Some(text) => checked_amount(text, place.field(name)).map(Some),
        None => Some(None),
    };
    let minimum = amount(&row.minimum, "minimum");
    let maximum = match (&row.maximum, minimum.flatten()) {
        (Some(text), Some(least)) => {
            checked_amount_in(text, Some(least.currency()), place.field("maximum")).map(Some)
        }
        (text, _) => amount(text, "maximum"),
    };
    if let (Some(Some(least)), Some(Some(most))) = (minimum, maximum)
        && most.minor() < least.minor()
    {
        place.field("maximum").report("the most is less than the least");
        return None;
    }
    let days = days(&row.days, place.field("days"));
    let hours = match &row.hours {
        Some(row) => hours(row, place.field("hours")).map(Some),
        None => Some(None),
    };
    let text = checked_text(&row.text, TEXT_CHARACTERS_MAX, place.field("text"));
    if row.text.sw.is_none() {
        place.field("text").report("people read this in a hurry: write it in Kiswahili (sw) too");
        return None;
    }
    Some(FallbackWay {
        channel: channel?,
        minimum: minimum?,
        maximum: maximum?,
        open: OpeningTimes { days: days?, hours: hours? },
        text: text?,
    })
}

/// A kind, or a kind with a dot and a name: `counter`, `bank.kcb`.
fn channel(text: &str, place: Place<'_>) -> Option<Arc<str>> {
    let (kind, which) = text.split_once('.').map_or((text, None), |(kind, which)| (kind, Some(which)));
    if !FallbackWay::KINDS.contains(&kind) {
        place.report(format!(
            "{kind:?} is no kind of channel that a plan names: {}",
            FallbackWay::KINDS.join(", ")
        ));
        return None;
    }
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = |which: &str| (1..=WHICH_BYTES_MAX).contains(&which.len()) && which.bytes().all(is_plain);
    if which.is_some_and(|which| !is_name(which)) {
        place.report(format!("after the dot stand 1 to {WHICH_BYTES_MAX} small letters, digits or -"));
        return None;
    }
    Some(text.into())
}

fn days(words: &[String], place: Place<'_>) -> Option<Vec<Weekday>> {
    let mut days = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        match DAYS.iter().find(|(known, _)| known == word) {
            Some((_, day)) if days.contains(day) => {
                place.item(index).report(format!("{word} is there twice"))
            }
            Some((_, day)) => days.push(*day),
            None => place.item(index).report(format!("{word:?} is not one of mon tue wed thu fri sat sun")),
        }
    }
    days.sort_by_key(|day| day.to_monday_zero_offset());
    (days.len() == words.len()).then_some(days)
}

fn hours(row: &HoursRow, place: Place<'_>) -> Option<Hours> {
    let [from, to] = [("from", &row.from), ("to", &row.to)].map(|(name, text)| {
        let minute = minute(text);
        if minute.is_none() {
            place.field(name).report(format!("{text:?} is not a time from 00:00 to 24:00 such as 08:30"));
        }
        minute
    });
    let hours = Hours::new(from?, to?);
    if hours.is_none() {
        place.report("it closes before it opens");
    }
    hours
}

/// `08:30` as a minute of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| {
        let is_two_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| is_two_digits)
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= 24 * 60).then_some(all)
}
