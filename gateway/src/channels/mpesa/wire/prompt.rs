//! The result of a prompt, as Safaricom posts it to the address that we gave with the prompt.
//!
//! It repeats neither our account number nor our short code; the attempt is known by the path of the address. A
//! success is only a success with a receipt and an exact amount: without them there is nothing to book, and what
//! happened is not known.

use std::borrow::Cow;
use std::fmt;

use ledger::{LedgerTime, Money};

use super::error::{Fault, FieldError, WireError};
use super::field;
use super::msisdn::Msisdn;
use crate::channels::mpesa::prompt_codes::PromptCode;
use crate::http::strict_json::{StrictJson, StrictObject};
use crate::payments::AttemptEvent;

/// The names that Safaricom gives to a request.
pub(in crate::channels::mpesa) const REQUEST_ID_LEN_MAX: usize = 96;
/// A result code: digits as a rule, but letters occur in other products.
pub(in crate::channels::mpesa) const CODE_LEN_MAX: usize = 32;

const ITEMS_AT: &str = "/Body/stkCallback/CallbackMetadata/Item";

/// The result of a prompt. Printing it leaves the personal data out.
#[derive(Clone, PartialEq, Eq)]
pub struct PromptResult<'a> {
    /// Safaricom's name for our request. Empty if it is missing.
    pub merchant_request_id: Cow<'a, str>,
    /// Safaricom's name for the prompt. Empty if it is missing. Personal data: it ends in the payer's number.
    pub checkout_request_id: Cow<'a, str>,
    /// The result code, as text.
    pub code: Cow<'a, str>,
    /// What it says of the attempt.
    pub ending: PromptEnding<'a>,
    /// What could not be read and is not essential; empty as a rule.
    pub oddities: Vec<FieldError>,
}

/// What the result of a prompt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptEnding<'a> {
    /// Money moved, and here is what to book it by.
    Paid(PromptPayment<'a>),
    /// It says that money moved, but a receipt or an exact amount is missing. Not known; to be queried.
    PaidWithoutReceipt,
    /// No money moved, or not yet: one of `SaidFailed`, `Declined`, `RanOut`, `StillProcessing`.
    NotPaid(AttemptEvent),
    /// A code that we do not understand. Not known; to be queried.
    UnlistedCode,
}

/// Money that moved in answer to a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptPayment<'a> {
    /// M-PESA's receipt, as in [`C2bMessage`](super::c2b::C2bMessage): the paybill's confirmation has the same one.
    pub receipt: Cow<'a, str>,
    /// How much: shillings, more than nothing.
    pub money: Money,
    /// When, by Safaricom's clock. Nothing if that cannot be read.
    pub time: Option<LedgerTime>,
    /// Who. Personal data.
    pub msisdn: Msisdn<'a>,
}

impl PromptEnding<'_> {
    /// What to tell the attempt. Nothing for [`Paid`](Self::Paid), which is money to be booked, and for a code that we
    /// do not understand.
    pub const fn news(&self) -> Option<AttemptEvent> {
        match self {
            Self::PaidWithoutReceipt => Some(AttemptEvent::SaidPaidWithoutReceipt),
            Self::NotPaid(event) => Some(*event),
            Self::Paid(_) | Self::UnlistedCode => None,
        }
    }
}

/// Reads the result of a prompt.
pub fn parse(body: &[u8]) -> Result<PromptResult<'_>, WireError> {
    let json = StrictJson::parse(body)?;
    let callback = object_in(object_in(whole(&json)?, "Body", "/Body")?, "stkCallback", "/Body/stkCallback")?;
    let code_at = "/Body/stkCallback/ResultCode";
    let code = callback.get("ResultCode").ok_or(Fault::Missing);
    let code = code.and_then(|code| field::token(code, CODE_LEN_MAX)).map_err(|fault| fault.at(code_at))?;

    let mut oddities = Vec::new();
    let mut request_id = |name: &str| {
        let read = callback.get(name).ok_or(Fault::Missing);
        read.and_then(|id| field::token(id, REQUEST_ID_LEN_MAX)).unwrap_or_else(|fault| {
            oddities.push(fault.at(format!("/Body/stkCallback/{name}")));
            Cow::Borrowed("")
        })
    };
    let merchant_request_id = request_id("MerchantRequestID");
    let checkout_request_id = request_id("CheckoutRequestID");
    let ending = match PromptCode::of(&code).map(|row| row.event) {
        Some(AttemptEvent::SaidPaidWithoutReceipt) => match payment(callback, &mut oddities) {
            Some(payment) => PromptEnding::Paid(payment),
            None => PromptEnding::PaidWithoutReceipt,
        },
        Some(event) => PromptEnding::NotPaid(event),
        None => PromptEnding::UnlistedCode,
    };
    Ok(PromptResult { merchant_request_id, checkout_request_id, code, ending, oddities })
}

/// The payment that the list of names and values tells of, if it tells of one completely.
fn payment<'a>(callback: &StrictObject<'a>, oddities: &mut Vec<FieldError>) -> Option<PromptPayment<'a>> {
    let items = callback.get("CallbackMetadata").and_then(|metadata| metadata.get("Item"));
    let items = items.and_then(StrictJson::as_list).unwrap_or_default();
    let mut find = |name: &str| match find(items, name) {
        Ok(found) => Some(found),
        Err(error) => {
            oddities.push(error);
            None
        }
    };
    let (receipt, amount) = (find("MpesaReceiptNumber"), find("Amount"));
    let (date, number) = (find("TransactionDate"), find("PhoneNumber"));
    let mut read_at =
        |index: usize, fault: Fault| oddities.push(fault.at(format!("{ITEMS_AT}/{index}/Value")));

    let receipt =
        receipt.and_then(|(index, value)| field::receipt(value).map_err(|fault| read_at(index, fault)).ok());
    let money =
        amount.and_then(|(index, value)| field::amount(value).map_err(|fault| read_at(index, fault)).ok());
    let time = date.and_then(|(index, value)| field::time(value).map_err(|fault| read_at(index, fault)).ok());
    let msisdn = number.map_or(Msisdn::Missing, |(index, value)| {
        let (msisdn, fault) = Msisdn::read(value);
        fault.into_iter().for_each(|fault| read_at(index, fault));
        msisdn
    });
    Some(PromptPayment { receipt: receipt?, money: money?, time, msisdn })
}

/// The value of the one item with this name, and where it stands. An item without a value is as good as absent.
fn find<'list, 'a>(
    items: &'list [StrictJson<'a>],
    name: &str,
) -> Result<(usize, &'list StrictJson<'a>), FieldError> {
    let named = |item: &&StrictJson<'a>| item.get("Name").and_then(StrictJson::as_text) == Some(name);
    let mut found = items.iter().enumerate().filter(|(_, item)| named(item));
    let Some((index, item)) = found.next() else { return Err(Fault::Missing.at(ITEMS_AT)) };
    if let Some((again, _)) = found.next() {
        // Two amounts are no amount.
        return Err(Fault::Repeated.at(format!("{ITEMS_AT}/{again}")));
    }
    let value = item.get("Value").ok_or_else(|| Fault::Missing.at(format!("{ITEMS_AT}/{index}/Value")))?;
    Ok((index, value))
}

fn whole<'json, 'a>(json: &'json StrictJson<'a>) -> Result<&'json StrictObject<'a>, FieldError> {
    json.as_object().ok_or_else(|| Fault::WrongKind.at(""))
}

fn object_in<'json, 'a>(
    object: &'json StrictObject<'a>,
    name: &str,
    pointer: &'static str,
) -> Result<&'json StrictObject<'a>, FieldError> {
    let value = object.get(name).ok_or_else(|| Fault::Missing.at(pointer))?;
    value.as_object().ok_or_else(|| Fault::WrongKind.at(pointer))
}

impl fmt::Debug for PromptResult<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PromptResult")
            .field("merchant_request_id", &self.merchant_request_id)
            .field("code", &self.code)
            .field("ending", &self.ending)
            .field("oddities", &self.oddities)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Currency;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const PAID: &str = concat!(
        r#"{"Body":{"stkCallback":{"MerchantRequestID":"29115-34620561-1","#,
        r#""CheckoutRequestID":"ws_CO_20112026091405700000001","ResultCode":0,"ResultDesc":"Processed.","#,
        r#""CallbackMetadata":{"Item":[{"Name":"Amount","Value":7550.00},"#,
        r#"{"Name":"MpesaReceiptNumber","Value":"TKL3A7Q9ZD"},{"Name":"Balance"},"#,
        r#"{"Name":"TransactionDate","Value":20261120091431},{"Name":"PhoneNumber","Value":254700000001}]}}}}"#
    );

    fn result(code: Value, items: Option<Value>) -> Vec<u8> {
        let mut callback = json!({
            "MerchantRequestID": "29115-34620561-1", "CheckoutRequestID": "ws_CO_1", "ResultCode": code,
            "ResultDesc": "said"
        });
        if let Some(items) = items {
            callback["CallbackMetadata"] = json!({ "Item": items });
        }
        json!({"Body": {"stkCallback": callback}}).to_string().into_bytes()
    }

    #[test]
    fn a_success_has_receipt_amount_time_and_number() {
        let read = parse(PAID.as_bytes()).unwrap();
        let PromptEnding::Paid(payment) = &read.ending else { panic!("{read:?}") };
        assert_eq!(payment.receipt, "TKL3A7Q9ZD");
        assert_eq!(payment.money, Money::new(755_000, Currency::Kes));
        assert_eq!(payment.time, Some(LedgerTime::from_micros(1_795_155_271_000_000)));
        assert_eq!(payment.msisdn, Msisdn::Plain("254700000001".into()));
        assert_eq!((&*read.code, read.ending.news()), ("0", None));
        assert_eq!(read.checkout_request_id, "ws_CO_20112026091405700000001");
        assert_eq!(read.merchant_request_id, "29115-34620561-1");
        assert_eq!(read.oddities, []);
        assert!(!format!("{read:?}").contains("700000001"), "{read:?}");
    }

    #[test]
    fn a_success_without_receipt_or_amount_is_not_known() {
        let receipt = json!({"Name": "MpesaReceiptNumber", "Value": "TKL3A7Q9ZD"});
        let amount = json!({"Name": "Amount", "Value": 10});
        let date = json!({"Name": "TransactionDate", "Value": 20_261_120_091_431_u64});
        let phone = json!({"Name": "PhoneNumber", "Value": "2547 ***** 126"});
        for items in [
            None,
            Some(json!(null)),
            Some(json!([])),
            Some(json!({})),
            Some(json!([receipt, date, phone])),
            Some(json!([amount, date, phone])),
            Some(json!([{"Name": "MpesaReceiptNumber"}, amount, date, phone])),
            Some(json!([{"Name": "MpesaReceiptNumber", "Value": ""}, amount, date, phone])),
            Some(json!([receipt, {"Name": "Amount", "Value": "1e1"}, date, phone])),
            Some(json!([receipt, {"Name": "Amount", "Value": 0}, date, phone])),
            Some(json!([receipt, amount, amount, date, phone])),
            Some(json!([receipt, receipt, amount, date, phone])),
        ] {
            let body = result(json!(0), items.clone());
            let read = parse(&body).unwrap();
            assert_eq!(read.ending, PromptEnding::PaidWithoutReceipt, "{items:?}");
            assert_eq!(read.ending.news(), Some(AttemptEvent::SaidPaidWithoutReceipt));
            assert!(!read.oddities.is_empty(), "{items:?}");
        }
        for code in [json!(0), json!("0")] {
            let body = result(code, Some(json!([receipt, amount, phone, date, {"Name": "Balance"}])));
            let read = parse(&body).unwrap();
            assert!(matches!(&read.ending, PromptEnding::Paid(paid) if paid.msisdn.form() == "masked"));
            assert_eq!(read.oddities, []);
        }
    }

    #[test]
    fn money_is_not_lost_for_want_of_a_date() {
        let items = json!([
            {"Name": "Amount", "Value": "10.00"}, {"Name": "MpesaReceiptNumber", "Value": "tkl3a7q9zd"},
            {"Name": "TransactionDate", "Value": "soon"}
        ]);
        let body = result(json!(0), Some(items));
        let read = parse(&body).unwrap();
        let PromptEnding::Paid(payment) = &read.ending else { panic!("{read:?}") };
        assert_eq!((&*payment.receipt, payment.time), ("TKL3A7Q9ZD", None));
        assert_eq!(
            read.oddities,
            [Fault::Missing.at(ITEMS_AT), Fault::NotATime.at(format!("{ITEMS_AT}/2/Value"))]
        );
    }

    #[test]
    fn what_no_money_moved_for_is_told_by_the_table() {
        for (code, news) in [
            (json!(1), Some(AttemptEvent::SaidFailed)),
            (json!("1"), Some(AttemptEvent::SaidFailed)),
            (json!(1032), Some(AttemptEvent::Declined)),
            (json!(" 1032 "), Some(AttemptEvent::Declined)),
            (json!(1037), Some(AttemptEvent::RanOut)),
            (json!(1019), Some(AttemptEvent::RanOut)),
            (json!(4999), Some(AttemptEvent::StillProcessing)),
            (json!(31337), None),
            (json!("SFC_IC0003"), None),
            (json!(-1), None),
            (json!("00"), None),
        ] {
            let body = result(code.clone(), None);
            let read = parse(&body).unwrap();
            assert_eq!(read.ending.news(), news, "{code}");
            assert_eq!(read.ending == PromptEnding::UnlistedCode, news.is_none(), "{code}");
            assert_eq!(read.oddities, []);
        }
    }

    #[test]
    fn a_refusal_names_the_place() {
        for (body, pointer, fault) in [
            ("[]".to_owned(), "", Fault::WrongKind),
            ("{}".to_owned(), "/Body", Fault::Missing),
            (r#"{"Body":1}"#.to_owned(), "/Body", Fault::WrongKind),
            (r#"{"Body":{}}"#.to_owned(), "/Body/stkCallback", Fault::Missing),
            (r#"{"Body":{"stkCallback":{}}}"#.to_owned(), "/Body/stkCallback/ResultCode", Fault::Missing),
            (PAID.replace(":0,", ":null,"), "/Body/stkCallback/ResultCode", Fault::Missing),
            (PAID.replace(":0,", ":{},"), "/Body/stkCallback/ResultCode", Fault::WrongKind),
        ] {
            assert_eq!(parse(body.as_bytes()), Err(fault.at(pointer).into()), "{body}");
        }
        assert!(matches!(parse(b"<html>"), Err(WireError::Json(_))));
    }

    #[test]
    fn a_nameless_request_is_odd_and_its_money_is_taken() {
        let body = PAID.replace("MerchantRequestID", "x").replace("ws_CO_20112026091405700000001", "");
        let read = parse(body.as_bytes()).unwrap();
        assert!(matches!(read.ending, PromptEnding::Paid(_)));
        let pointers: Vec<_> = read.oddities.iter().map(|oddity| &*oddity.pointer).collect();
        assert_eq!(pointers, ["/Body/stkCallback/MerchantRequestID", "/Body/stkCallback/CheckoutRequestID"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&body);
        }

        #[test]
        fn no_damage_to_a_result_makes_it_panic_or_pay_another_amount(at in 0..PAID.len(), byte: u8) {
            let mut body = PAID.as_bytes().to_vec();
            body[at] = byte;
            if let Ok(PromptResult { ending: PromptEnding::Paid(payment), .. }) = parse(&body) {
                let text = String::from_utf8_lossy(&body);
                let written = text.split("\"Amount\",\"Value\":").nth(1).unwrap();
                let written = written.split('}').next().unwrap().trim_matches(['"', ' ', '\n', '\r', '\t']);
                prop_assert_eq!(Money::parse_decimal(written, Currency::Kes).unwrap(), payment.money);
            }
        }
    }
}
