//! Amounts as people and banks write them.

use ledger::{Currency, Money};

use super::mpesa::wire::AMOUNT_MAX;

/// An amount with or without commas between thousands, more than nothing and no more than a bill can have. A comma anywhere else is
/// a fault: what has to be interpreted is not booked.
pub(crate) fn amount(text: &str, currency: Currency) -> Option<Money> {
    let (whole, cents) = text.split_once('.').map_or((text, None), |(whole, cents)| (whole, Some(cents)));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default().len();
    let is_grouped = whole.contains(',');
    if is_grouped && (!(1..=3).contains(&first) || !groups.all(|group| group.len() == 3)) {
        return None;
    }
    let digits = match cents {
        Some(cents) => format!("{}.{cents}", whole.replace(',', "")),
        None => whole.replace(',', ""),
    };
    let money = Money::parse_decimal(&digits, currency).ok()?;
    (money.is_positive() && money.minor() <= AMOUNT_MAX.minor()).then_some(money)
}
