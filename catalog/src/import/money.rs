//! The fee of a row: exact, in a currency of the books, and resting on a law; or nothing at all.

use jiff::civil::Date;
use ledger::{Currency, Money, MoneyError};

use super::mapping::Field;
use super::sources::{Found, SourceRow};
use super::table::Cell;
use super::words;
use crate::source::{FeeRow, ProblemSink, RuleRow};

/// The version of a fee whose first day nobody knows.
const UNDATED_VERSION: &str = "imported";

/// The fee of a row, if it has one. What cannot be read is reported, and the row then has none.
pub(super) fn fee_of(row: SourceRow<'_>, problems: &ProblemSink) -> Option<FeeRow> {
    let texts = [Field::LegalBasis, Field::FeeVersion, Field::ValidFrom, Field::ValidTo];
    let [basis, version, valid_from, valid_to] = texts.map(|field| {
        row.find(field).and_then(|found| {
            words::plain(found.cell).unwrap_or_else(|message| {
                found.report(problems, message);
                None
            })
        })
    });
    let Some(found) = row.find(Field::Fee) else {
        // Defaults are for rows that have a fee. A cell of the row itself that says something about a fee that is not
        // there means that the amount was forgotten.
        let of_row = [Field::ValidFrom, Field::ValidTo, Field::FeeVersion].into_iter();
        if let Some(field) = of_row.into_iter().find(|field| row.find(*field).is_some_and(is_of_the_row)) {
            row.report(problems, field, "the row has no fee that this could belong to");
        }
        return None;
    };
    let amount = match amount(row, found) {
        Ok(amount) => Some(amount),
        Err((at, message)) => {
            at.report(problems, message);
            None
        }
    };
    if basis.is_none() {
        row.report(
            problems,
            Field::LegalBasis,
            "the fee has no legal basis, and without one nothing is charged",
        );
    }
    let valid_from = valid_from.map(|words| words.clean);
    let version = version.map(|words| words.clean);
    // A day that cannot be read is told as one, and not as a version as well.
    let first_day = valid_from.clone().filter(|text| text.parse::<Date>().is_ok());
    let version = version.or(first_day).unwrap_or_else(|| UNDATED_VERSION.to_owned());
    let rule = RuleRow::Flat { amount: written(amount?) };
    Some(FeeRow {
        valid_from,
        valid_to: valid_to.map(|words| words.clean),
        ..FeeRow::new(version, basis?.clean, rule)
    })
}

fn is_of_the_row(found: Found<'_>) -> bool {
    !found.column.starts_with("defaults.")
}

/// An amount as catalogue files write it.
fn written(amount: Money) -> String {
    let decimal = amount.to_decimal();
    format!("{} {}", amount.currency(), decimal.strip_suffix(".00").unwrap_or(&decimal))
}

/// `KES 200`, or `200` with the currency of another column. A column that says another currency than the amount does
/// is a contradiction; a default gives way.
fn amount<'s>(row: SourceRow<'s>, found: Found<'s>) -> Result<Money, (Found<'s>, String)> {
    let here = |message: String| (found, message);
    let text = match found.cell {
        Cell::Number(number) => number.clone(),
        Cell::Text(_) => match words::plain(found.cell).map_err(here)? {
            Some(words) => words.clean,
            None => return Err((found, "the amount is missing".to_owned())),
        },
        Cell::Day(day) => return Err((found, format!("{day} is a day, not an amount"))),
        Cell::Texts(_) => return Err((found, "a list stands where an amount belongs".to_owned())),
        Cell::Unreadable(reason) => return Err((found, reason.clone())),
        Cell::Empty => return Err((found, "the amount is missing".to_owned())),
    };
    let (own, decimal) = match text.split_once(' ') {
        Some((currency, decimal)) if currency.starts_with(|first: char| first.is_alphabetic()) => {
            (Some(currency.to_owned()), decimal.to_owned())
        }
        _ => (None, text),
    };
    let beside = row.find(Field::Currency);
    let beside_text = match beside {
        Some(beside) => {
            words::plain(beside.cell).map_err(|message| (beside, message))?.map(|words| words.clean)
        }
        None => None,
    };
    let (currency, at) = match (own, beside_text.zip(beside)) {
        (Some(own), Some((other, at))) if own != other && is_of_the_row(at) => {
            return Err((at, format!("{other:?} is not the currency of the amount, {own}")));
        }
        (Some(own), _) => (own, found),
        (None, Some((other, at))) => (other, at),
        (None, None) => return Err((found, format!("{decimal:?} has no currency, as KES 200 has"))),
    };
    let currency: Currency = currency.parse().map_err(|error: MoneyError| (at, error.to_string()))?;
    if decimal.starts_with(['-', '\u{2212}']) {
        return Err((found, format!("{decimal:?} is negative; nobody is paid for asking")));
    }
    Money::parse_decimal(&decimal, currency).map_err(|error| (found, error.to_string()))
}
