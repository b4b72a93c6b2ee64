//! The values that several messages share, each read in one way only.

use std::borrow::Cow;

use ledger::{Currency, LedgerTime, Money, MoneyError};

use super::error::Fault;
use crate::clock;
use crate::http::strict_json::StrictJson;
use crate::payments::RECEIPT_LEN_MAX;

/// The largest amount that is read: ten thousand million shillings, what the country collects in ten days. The bound is
/// for running totals: nine million payments of this size still add up in 64 bits.
pub const AMOUNT_MAX: Money = Money::new(1_000_000_000_000, Currency::Kes);

/// How much is kept of what a payer typed as the account, in bytes. M-PESA lets them type twenty characters.
pub const ACCOUNT_LEN_MAX: usize = 256;
/// How much is kept of one name, in bytes.
pub const NAME_LEN_MAX: usize = 128;
/// Short codes have five to seven digits.
const SHORT_CODE_LEN_MAX: usize = 10;

/// The receipt: the name of the payment for ever. In upper case, so that it is one name however it is written.
pub(super) fn receipt<'a>(value: &StrictJson<'a>) -> Result<Cow<'a, str>, Fault> {
    let receipt = token(value, RECEIPT_LEN_MAX)?;
    if receipt.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Ok(Cow::Owned(receipt.to_ascii_uppercase()));
    }
    Ok(receipt)
}

/// A name or code that machines gave: visible ASCII, without the blanks around it.
pub(super) fn token<'a>(value: &StrictJson<'a>, bytes_max: usize) -> Result<Cow<'a, str>, Fault> {
    let token = trimmed(text_or_number(value)?);
    match token.len() {
        0 => Err(Fault::Missing),
        length if length > bytes_max => Err(Fault::TooLong { bytes_max }),
        _ if !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(Fault::NotVisibleAscii),
        _ => Ok(token),
    }
}

/// A short code: digits, as text or as a number.
pub(super) fn short_code<'a>(value: &StrictJson<'a>) -> Result<Cow<'a, str>, Fault> {
    let digits = token(value, SHORT_CODE_LEN_MAX)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { Ok(digits) } else { Err(Fault::NotDigits) }
}

/// An amount in shillings: `"7550.00"`, `7550.00` or `"10"`. Read from its digits; no binary fraction is ever made.
pub(super) fn amount(value: &StrictJson<'_>) -> Result<Money, Fault> {
    let digits = text_or_number(value)?;
    if digits.is_empty() {
        return Err(Fault::Missing);
    }
    let money = Money::parse_decimal(&digits, Currency::Kes).map_err(|error| match error {
        MoneyError::TooManyDecimals { .. } => Fault::TooManyDecimals,
        MoneyError::TooLarge => Fault::TooLarge,
        _ if is_negative(&digits) => Fault::NotPositive,
        _ => Fault::NotAnAmount,
    })?;
    if !money.is_positive() {
        return Err(Fault::NotPositive);
    }
    if money.minor() > AMOUNT_MAX.minor() {
        return Err(Fault::TooLarge);
    }
    Ok(money)
}

fn is_negative(digits: &str) -> bool {
    digits.strip_prefix('-').is_some_and(|rest| Money::parse_decimal(rest, Currency::Kes).is_ok())
}

/// A time as `20261120091405`, as text or as a number, which Safaricom means in East Africa Time.
pub(super) fn time(value: &StrictJson<'_>) -> Result<LedgerTime, Fault> {
    let digits = text_or_number(value)?;
    match digits.trim() {
        "" => Err(Fault::Missing),
        digits => clock::parse_compact(digits).map(LedgerTime::from_micros).map_err(|_| Fault::NotATime),
    }
}

/// A text as it came: NUL, marks of direction, blanks and all. Nothing where there is none; cut, with the fault
/// beside it, where it is longer than anything that Safaricom sends.
pub(super) fn verbatim<'a>(value: &StrictJson<'a>, bytes_max: usize) -> (Cow<'a, str>, Option<Fault>) {
    let text = match text_or_number(value) {
        Ok(text) => text,
        Err(Fault::Missing) => return (Cow::Borrowed(""), None),
        Err(fault) => return (Cow::Borrowed(""), Some(fault)),
    };
    if text.len() <= bytes_max {
        return (text, None);
    }
    let end = text.floor_char_boundary(bytes_max);
    let beginning = match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    };
    (beginning, Some(Fault::TooLong { bytes_max }))
}

/// Senders disagree whether `222222` needs quotes. `null` is as good as absent.
pub(super) fn text_or_number<'a>(value: &StrictJson<'a>) -> Result<Cow<'a, str>, Fault> {
    match value {
        StrictJson::Text(text) => Ok(text.clone()),
        StrictJson::Number(digits) => Ok(Cow::Borrowed(digits)),
        StrictJson::Null => Err(Fault::Missing),
        _ => Err(Fault::WrongKind),
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() < text.len() => Cow::Owned(text.trim().to_owned()),
        owned => owned,
    }
}
