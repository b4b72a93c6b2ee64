//! The smallest checks: a code, a text, a day, an amount. Each reports what is wrong at its place and returns nothing
//! then, so that the caller can go on to the next field.

use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use ledger::{Currency, Money};

use crate::code::CodeError;
use crate::county::{County, UnknownCounty};
use crate::fee::{Rate, Validity};
use crate::source::{Place, TextRow};
use crate::text::Text;

/// The largest amount that a catalogue may name: a trillion shillings. Far beyond any fee, and far below where a
/// sum of such amounts could overflow.
const AMOUNT_MINOR_MAX: i64 = 100_000_000_000_000;
/// A promise beyond two years is a typing mistake.
const WORKING_DAYS_MAX: u16 = 520;

pub(super) fn checked_code<Code: FromStr<Err = CodeError>>(text: &str, place: Place<'_>) -> Option<Code> {
    text.parse().map_err(|error: CodeError| place.report(error.to_string())).ok()
}

/// A county by its slug; `Some(None)` if none is written.
pub(super) fn checked_county(slug: Option<&str>, place: Place<'_>) -> Option<Option<County>> {
    let Some(slug) = slug else { return Some(None) };
    slug.parse().map(Some).map_err(|error: UnknownCounty| place.report(error.to_string())).ok()
}

/// A text in one language: not empty, not too long, no control characters and no space at its ends.
pub(super) fn plain_text(text: &str, characters_max: usize, place: Place<'_>) -> Option<Arc<str>> {
    let fault = if text.is_empty() {
        "the text is empty".to_owned()
    } else if text.trim() != text {
        "the text begins or ends with a space".to_owned()
    } else if text.chars().any(char::is_control) {
        "the text holds a line break or another control character".to_owned()
    } else if text.chars().count() > characters_max {
        format!("the text is longer than {characters_max} characters")
    } else {
        return Some(Arc::from(text));
    };
    place.report(fault);
    None
}

pub(super) fn checked_text(row: &TextRow, characters_max: usize, place: Place<'_>) -> Option<Text> {
    let en = plain_text(&row.en, characters_max, place.field("en"));
    match &row.sw {
        Some(sw) => {
            let sw = plain_text(sw, characters_max, place.field("sw"));
            Some(Text::new(en?, sw?))
        }
        None => en.map(Text::english),
    }
}

/// A short list of words or phrases, none of them twice.
pub(super) fn checked_words(
    rows: &[String],
    count_max: usize,
    characters_max: usize,
    place: Place<'_>,
) -> Option<Vec<Arc<str>>> {
    if rows.len() > count_max {
        place.report(format!("at most {count_max} of them"));
        return None;
    }
    let mut words = Vec::with_capacity(rows.len());
    let mut complete = true;
    for (index, row) in rows.iter().enumerate() {
        let place = place.item(index);
        match plain_text(row, characters_max, place) {
            Some(word) if words.contains(&word) => {
                place.report(format!("{word:?} is there twice"));
                complete = false;
            }
            Some(word) => words.push(word),
            None => complete = false,
        }
    }
    complete.then_some(words)
}

/// A day, if there is one. The outer `None` means that there is one and it cannot be read.
pub(super) fn checked_date(text: Option<&str>, place: Place<'_>) -> Option<Option<Date>> {
    let Some(text) = text else { return Some(None) };
    // The parser also accepts other forms of ISO 8601; files hold one form, so that they can be searched.
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    if date.is_none() {
        place.report(format!("{text:?} is not a day (YYYY-MM-DD)"));
    }
    date.map(Some)
}

pub(super) fn checked_validity(from: Option<&str>, to: Option<&str>, place: Place<'_>) -> Option<Validity> {
    let first = checked_date(from, place.field("valid_from"));
    let last = checked_date(to, place.field("valid_to"));
    let validity = Validity::new(first?, last?);
    if validity.is_none() {
        place.field("valid_to").report("the last day is before the first");
    }
    validity
}

/// An amount above nothing: `KES 1500`, `USD 90.50`.
pub(super) fn checked_amount(text: &str, place: Place<'_>) -> Option<Money> {
    let read = || {
        let (currency, decimal) = text
            .split_once(' ')
            .ok_or_else(|| format!("{text:?} is not an amount such as KES 1500 or USD 90.50"))?;
        let currency: Currency = currency.parse().map_err(|error: ledger::MoneyError| error.to_string())?;
        let money = Money::parse_decimal(decimal, currency).map_err(|error| error.to_string())?;
        if !money.is_positive() {
            return Err("the amount must be more than nothing".to_owned());
        }
        if money.minor() > AMOUNT_MINOR_MAX {
            return Err(format!("the amount must be at most {}", Money::new(AMOUNT_MINOR_MAX, currency)));
        }
        Ok(money)
    };
    read().map_err(|message| place.report(message)).ok()
}

/// An amount that must be in the currency of another one beside it.
pub(super) fn checked_amount_in(text: &str, currency: Option<Currency>, place: Place<'_>) -> Option<Money> {
    let money = checked_amount(text, place)?;
    match currency {
        Some(wanted) if wanted != money.currency() => {
            place.report(format!("the amount must be in {wanted} like the others of this rule"));
            None
        }
        _ => Some(money),
    }
}

/// A share in percent, as a decimal.
pub(super) fn checked_rate(text: &str, place: Place<'_>) -> Option<Rate> {
    let rate = Rate::parse_percent(text);
    if rate.is_none() {
        place.report(format!("{text:?} is not a percentage above 0, up to 100, of at most four decimals"));
    }
    rate
}

/// Reports a promise that is longer than any charter's.
pub(super) fn checked_promise(working_days: Option<u16>, place: Place<'_>) {
    if working_days.is_some_and(|days| days > WORKING_DAYS_MAX) {
        place.report(format!("a promise is of at most {WORKING_DAYS_MAX} working days"));
    }
}
