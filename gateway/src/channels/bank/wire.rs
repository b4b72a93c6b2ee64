//! What a bank sends, read strictly, and what we answer. The shape is that of KCB's Buni. As with M-PESA's, a message is refused
//! only when it lacks what money cannot be booked without: a reference, an exact amount, a currency. Everything else is taken as it
//! came if it can be read, and left out if it cannot. Errors name a member and never repeat a value.

use std::borrow::Cow;

use ledger::{Currency, LedgerTime, Money};
use serde_json::{Value, json};

use crate::channels::contract::BillAnswer;
use crate::channels::mpesa::wire::{ACCOUNT_LEN_MAX, NAME_LEN_MAX};
use crate::channels::written;
use crate::clock;
use crate::http::strict_json::{StrictJson, StrictJsonError};
use crate::payments::RECEIPT_LEN_MAX;

/// A message cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is not JSON, or not JSON that two readers would understand alike.
    #[error(transparent)]
    Json(#[from] StrictJsonError),
    /// It is no object.
    #[error("the message is no object")]
    NotAnObject,
    /// A member that nothing can be booked without is absent or unreadable.
    #[error("\"/{0}\" is missing or cannot be read")]
    Member(&'static str),
}

/// Money that came in on an account, as the bank tells it. Not printed: there is personal data in it.
pub struct Notification<'a> {
    /// The bank's own reference (`transactionReference`), in upper case: the one name of the payment.
    pub reference: Cow<'a, str>,
    /// How much.
    pub money: Money,
    /// On which account; ours if nothing is said.
    pub account: Option<Cow<'a, str>>,
    /// For whom the bank thinks it is.
    pub organisation: Option<Cow<'a, str>>,
    /// What the payer gave as the reference, exactly; empty if nothing.
    pub typed: Cow<'a, str>,
    /// When, by the bank's clock.
    pub moved: Option<LedgerTime>,
    /// The payer's number.
    pub phone: Option<Cow<'a, str>>,
    /// The payer's name.
    pub name: Option<Cow<'a, str>>,
}

impl<'a> Notification<'a> {
    /// Reads a message.
    pub fn parse(body: &'a [u8]) -> Result<Self, WireError> {
        let json = StrictJson::parse(body)?;
        let object = json.as_object().ok_or(WireError::NotAnObject)?;
        let (mut reference, mut amount, mut currency) = (None, None, None);
        let (mut account, mut organisation, mut typed) = (None, None, Cow::Borrowed(""));
        let (mut moved, mut phone, mut name) = (None, None, None);
        for (member, value) in object.iter() {
            let text = || text(value);
            match member {
                "transactionReference" => reference = text().as_deref().and_then(reference_of),
                "transactionAmount" => amount = text(),
                "currency" => currency = text().as_deref().and_then(currency_of),
                "creditAccountIdentifier" => account = text().map(trimmed).filter(is_said),
                "organizationShortCode" => organisation = text().map(trimmed).filter(is_said),
                "customerReference" => typed = cut(text().unwrap_or_default(), ACCOUNT_LEN_MAX),
                "timestamp" => moved = text().as_deref().and_then(moment),
                "customerMobileNumber" => {
                    phone = text().filter(is_said).map(|phone| cut(phone, NAME_LEN_MAX))
                }
                "customerName" => name = text().filter(is_said).map(|name| cut(name, NAME_LEN_MAX)),
                _ => {}
            }
        }
        let currency = currency.ok_or(WireError::Member("currency"))?;
        let amount = amount.as_deref().and_then(|amount| written::amount(amount, currency));
        Ok(Self {
            reference: Cow::Owned(reference.ok_or(WireError::Member("transactionReference"))?),
            money: amount.ok_or(WireError::Member("transactionAmount"))?,
            account,
            organisation,
            typed,
            moved,
            phone,
            name,
        })
    }
}

/// The bank asks about a bill before it takes money.
pub struct Inquiry<'a> {
    /// What the payer gave as the reference, exactly.
    pub typed: Cow<'a, str>,
    /// For whom the payer wants to pay.
    pub organisation: Option<Cow<'a, str>>,
}

impl<'a> Inquiry<'a> {
    /// Reads a message.
    pub fn parse(body: &'a [u8]) -> Result<Self, WireError> {
        let json = StrictJson::parse(body)?;
        let object = json.as_object().ok_or(WireError::NotAnObject)?;
        let (mut typed, mut organisation) = (None, None);
        for (member, value) in object.iter() {
            match member {
                "customerReference" => typed = text(value),
                "organizationReference" => organisation = text(value).map(trimmed).filter(is_said),
                _ => {}
            }
        }
        let typed = typed.map(|typed| cut(typed, ACCOUNT_LEN_MAX));
        Ok(Self { typed: typed.ok_or(WireError::Member("customerReference"))?, organisation })
    }
}

/// What the bank hears when its message is taken: that under its own name for it.
pub fn taken(body: &[u8]) -> Vec<u8> {
    let answer = json!({"transactionID": name_of(body), "statusCode": "0", "statusMessage": "Success"});
    answer.to_string().into_bytes()
}

/// What the bank hears about a bill. Who pays is nothing that a bank needs to be told: it reads what is paid for. Of what cannot be
/// looked up now, any amount may be taken.
pub fn about_bill(body: &[u8], answer: &BillAnswer, account_number: &str) -> Vec<u8> {
    let refused = |code: &str, message: &str| json!({"statusCode": code, "statusMessage": message});
    let mut said = match answer {
        BillAnswer::Open { due, takes_parts, service, .. } => json!({
            "statusCode": "0", "statusMessage": "Success", "CustomerName": service.en(),
            "billAmount": due.to_decimal(), "currency": due.currency().code(),
            "billType": if *takes_parts { "PARTIAL" } else { "FIXED" },
            "creditAccountIdentifier": account_number,
        }),
        BillAnswer::InDoubt => json!({
            "statusCode": "0", "statusMessage": "Success", "CustomerName": "", "billAmount": "0.00", "currency": "KES",
            "billType": "PARTIAL", "creditAccountIdentifier": account_number,
        }),
        BillAnswer::Unknown => refused("1", "No such bill"),
        BillAnswer::NotOpen => refused("2", "The bill cannot be paid"),
        BillAnswer::OtherAmount => refused("3", "Another amount is due"),
        BillAnswer::OtherAccount => refused("4", "Not an account of this organisation"),
    };
    said["transactionID"] = Value::String(name_of(body));
    said.to_string().into_bytes()
}

/// What the bank calls its message, to be said back to it; nothing if it cannot be read.
fn name_of(body: &[u8]) -> String {
    let Ok(json) = StrictJson::parse(body) else { return String::new() };
    let members = json.as_object().into_iter().flat_map(|object| object.iter());
    let mut names: Vec<_> = members
        .filter(|(member, _)| matches!(*member, "transactionReference" | "requestId"))
        .filter_map(|(member, value)| Some((member == "requestId", text(value)?)))
        .collect();
    names.sort_by_key(|(is_request, _)| *is_request);
    let name = names.into_iter().next().map(|(_, name)| cut(name, NAME_LEN_MAX).into_owned());
    name.unwrap_or_default()
}

/// A text, or a number as it is written.
fn text<'a>(value: &StrictJson<'a>) -> Option<Cow<'a, str>> {
    match value {
        StrictJson::Text(text) => Some(text.clone()),
        StrictJson::Number(digits) => Some(Cow::Borrowed(digits)),
        _ => None,
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

#[expect(clippy::ptr_arg, reason = "a filter of what may be borrowed")]
fn is_said(text: &Cow<'_, str>) -> bool {
    !text.trim().is_empty()
}

/// A reference in upper case, so that it is one name however it is written.
pub(crate) fn reference_of(text: &str) -> Option<String> {
    let text = text.trim();
    let is_one =
        (1..=RECEIPT_LEN_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_one.then(|| text.to_ascii_uppercase())
}

fn currency_of(text: &str) -> Option<Currency> {
    [Currency::Kes, Currency::Usd].into_iter().find(|currency| currency.code() == text.trim())
}

fn moment(text: &str) -> Option<LedgerTime> {
    clock::parse_compact(text.trim()).ok().map(LedgerTime::from_micros)
}

/// The beginning of a text that is longer than anything a bank sends.
fn cut(text: Cow<'_, str>, bytes_max: usize) -> Cow<'_, str> {
    if text.len() <= bytes_max {
        return text;
    }
    let end = text.floor_char_boundary(bytes_max);
    Cow::Owned(text[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn notification() -> Value {
        json!({
            "transactionReference": "FT26324ABCDE", "requestId": "8f1c", "channelCode": "202",
            "timestamp": "20261120091405", "transactionAmount": "20,000.00", "currency": "KES",
            "customerReference": "407155201831", "customerName": "ASHA MWIKALI",
            "customerMobileNumber": "254700000001", "balance": "", "narration": "..",
            "creditAccountIdentifier": "1234567", "organizationShortCode": "522522", "tillNumber": ""
        })
    }

    fn with(name: &str, value: Value) -> Vec<u8> {
        let mut message = notification();
        message[name] = value;
        message.to_string().into_bytes()
    }

    #[test]
    fn a_notification_is_read_whole() {
        let body = notification().to_string();
        let read = Notification::parse(body.as_bytes()).unwrap();
        assert_eq!((&*read.reference, read.money), ("FT26324ABCDE", Money::new(2_000_000, Currency::Kes)));
        assert_eq!(
            (read.account.as_deref(), read.organisation.as_deref()),
            (Some("1234567"), Some("522522"))
        );
        assert_eq!((&*read.typed, read.name.as_deref()), ("407155201831", Some("ASHA MWIKALI")));
        assert_eq!(read.moved, Some(LedgerTime::from_micros(1_795_155_245_000_000)));
        let answer: Value = serde_json::from_slice(&taken(body.as_bytes())).unwrap();
        assert_eq!(
            answer,
            json!({"transactionID": "FT26324ABCDE", "statusCode": "0", "statusMessage": "Success"})
        );
    }

    #[test]
    fn what_money_cannot_be_booked_without_is_exact_or_refused() {
        for (name, value) in [
            ("transactionAmount", json!("20,00.00")),
            ("transactionAmount", json!("1e3")),
            ("transactionAmount", json!("10.005")),
            ("transactionAmount", json!("-5.00")),
            ("transactionAmount", json!("0.00")),
            ("transactionAmount", json!(null)),
            ("currency", json!("EUR")),
            ("currency", json!("")),
            ("transactionReference", json!("")),
            ("transactionReference", json!("FT 26")),
            ("transactionReference", json!("F".repeat(33))),
        ] {
            let error = Notification::parse(&with(name, value.clone())).err();
            let expected =
                ["transactionReference", "transactionAmount", "currency"].into_iter().find(|of| *of == name);
            assert_eq!(error, expected.map(WireError::Member), "{name} {value}");
        }
        let twice = notification().to_string().replacen('{', r#"{"transactionAmount":"1.00","#, 1);
        assert!(matches!(Notification::parse(twice.as_bytes()), Err(WireError::Json(_))));
        let lower = with("transactionReference", json!(" ft26324abcde "));
        assert_eq!(Notification::parse(&lower).unwrap().reference, "FT26324ABCDE");
        let number = with("transactionAmount", json!(7550));
        assert_eq!(Notification::parse(&number).unwrap().money.minor(), 755_000);
        // A blemish beside the money does not stop it.
        assert_eq!(Notification::parse(&with("timestamp", json!("yesterday"))).unwrap().moved, None);
    }

    #[test]
    fn the_bank_reads_whether_the_whole_bill_has_to_be_paid() {
        let asked =
            br#"{"requestId":"r1","customerReference":"407155201831","organizationReference":"522522"}"#;
        let inquiry = Inquiry::parse(asked).unwrap();
        assert_eq!((&*inquiry.typed, inquiry.organisation.as_deref()), ("407155201831", Some("522522")));
        let open = |takes_parts| BillAnswer::Open {
            number: crate::payments::PaymentNumber::from_random(1),
            due: Money::new(755_050, Currency::Kes),
            takes_parts,
            service: catalog::Text::new("Search", "Utafutaji"),
        };
        let said = |answer: &BillAnswer| -> Value {
            serde_json::from_slice(&about_bill(asked, answer, "1234567")).unwrap()
        };
        let fixed = said(&open(false));
        assert_eq!(fixed["billType"], "FIXED");
        assert_eq!((&fixed["billAmount"], &fixed["statusCode"]), (&json!("7550.50"), &json!("0")));
        assert_eq!(
            (&fixed["transactionID"], &fixed["creditAccountIdentifier"]),
            (&json!("r1"), &json!("1234567"))
        );
        assert_eq!(said(&open(true))["billType"], "PARTIAL");
        assert_eq!(said(&BillAnswer::Unknown)["statusCode"], "1");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = (Notification::parse(&body), Inquiry::parse(&body), taken(&body));
        }
    }
}
