//! The filter of transactions: what stands in the address, and nothing that names a person.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use ledger::{Currency, LedgerTime, Money};

use crate::clock::start_of_east_africa_day;
use crate::http::body::Fields;
use crate::pages::escaped;
use crate::payments::{BillState, Provider, RECEIPT_LEN_MAX};
use crate::views::{TransactionFilter, TransactionStatus};

/// Names of the fields, as they stand in addresses.
pub(super) const FIELDS: [&str; 8] =
    ["reference", "number", "receipt", "status", "channel", "from", "to", "amount"];
/// The word for what has no bill.
pub(super) const SUSPENSE: &str = "suspense";
/// Longest reference in characters.
const REFERENCE_LEN_MAX: usize = 64;

/// A filter as it was typed, and as it is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    /// What was typed into the fields that were filled in.
    typed: Vec<(&'static str, String)>,
    /// What it means.
    pub(super) asked: TransactionFilter,
    /// Fields whose value means nothing.
    pub(super) wrong: Vec<&'static str>,
}

impl Filter {
    /// The filter in a query.
    pub(super) fn read(fields: &Fields) -> Self {
        let mut filter = Self::default();
        for name in FIELDS {
            let text = fields.get(name).unwrap_or_default().trim();
            if !text.is_empty() {
                filter.typed.push((name, text.to_owned()));
                if filter.take(name, text).is_none() {
                    filter.wrong.push(name);
                }
            }
        }
        filter
    }

    fn take(&mut self, name: &str, text: &str) -> Option<()> {
        let asked = &mut self.asked;
        match name {
            "reference" => asked.agency_reference = Some(bounded(text, REFERENCE_LEN_MAX)?),
            "number" => {
                let digits: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
                asked.bill = Some(digits.parse().ok()?);
            }
            // Ours has eight characters and a check of its own; anything else is the channel's.
            "receipt" => match text.parse() {
                Ok(receipt) => asked.receipt = Some(receipt),
                Err(_) => asked.channel_receipt = Some(bounded(&text.to_uppercase(), RECEIPT_LEN_MAX)?),
            },
            "status" if text == SUSPENSE => asked.status = Some(TransactionStatus::Suspense),
            "status" => {
                let state = BillState::ALL.into_iter().find(|state| state.word() == text)?;
                asked.status = Some(TransactionStatus::Bill(state));
            }
            "channel" => {
                asked.provider = Some(Provider::ALL.into_iter().find(|provider| provider.word() == text)?)
            }
            "from" => asked.counted.from = Some(start_of(text.parse().ok()?)),
            // The day itself is meant.
            "to" => {
                asked.counted.before = Some(start_of(text.parse::<Date>().ok()?.checked_add(1.day()).ok()?))
            }
            "amount" => {
                let plain = text.replace(',', "");
                asked.minor = Some(Money::parse_decimal(&plain, Currency::Kes).ok()?.minor());
            }
            _ => return None,
        }
        Some(())
    }

    /// What was typed into a field.
    pub(super) fn typed(&self, name: &str) -> &str {
        self.typed.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    /// The filter as a query, without its question mark; empty if nothing is asked.
    pub(super) fn query(&self) -> String {
        let pairs = self.typed.iter().map(|(name, text)| format!("{name}={}", escaped(text)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Whether anything is asked.
    pub(super) fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }
}

fn bounded(text: &str, len_max: usize) -> Option<Arc<str>> {
    (text.chars().count() <= len_max && !text.chars().any(char::is_control)).then(|| text.into())
}

fn start_of(day: Date) -> LedgerTime {
    LedgerTime::from_micros(start_of_east_africa_day(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Filter {
        Filter::read(&Fields::parse(query).unwrap())
    }

    #[test]
    fn a_filter_means_what_was_typed_and_is_the_same_again() {
        let filter =
            read("status=paid&from=2026-11-21&to=2026-11-21&amount=3,050.00&receipt=tkl1abc234&agency=KWS");
        assert_eq!(filter.wrong, Vec::<&str>::new());
        assert_eq!(filter.asked.status, Some(TransactionStatus::Bill(BillState::Paid)));
        assert_eq!(filter.asked.minor, Some(305_000));
        assert_eq!(filter.asked.channel_receipt.as_deref(), Some("TKL1ABC234"));
        let (from, before) = (filter.asked.counted.from.unwrap(), filter.asked.counted.before.unwrap());
        assert_eq!(before.micros() - from.micros(), 86_400_000_000, "a day, its end included");
        let again = read(&filter.query());
        assert_eq!(again.asked, filter.asked);
        assert!(!filter.query().contains("agency"), "whose rows they are is no part of the filter");
        assert!(read("status=&number=+").is_empty());
    }

    #[test]
    fn what_means_nothing_is_named() {
        let filter =
            read("number=123&status=gone&from=21.11.2026&to=x&amount=much&channel=post&reference=ok");
        assert_eq!(filter.wrong, ["number", "status", "channel", "from", "to", "amount"]);
        assert_eq!(filter.asked.agency_reference.as_deref(), Some("ok"));
    }
}
