//! The two messages about a payment to the paybill: Safaricom asks before money moves (validation) and tells us
//! after it has moved (confirmation). Both have one shape.
//!
//! A payment that began as a prompt is confirmed here as well, with the same receipt as the prompt's result.

use std::borrow::Cow;
use std::fmt;

use ledger::{LedgerTime, Money};

use super::error::{Fault, FieldError, WireError};
use super::field::{self, ACCOUNT_LEN_MAX, NAME_LEN_MAX};
use super::msisdn::Msisdn;
use crate::http::strict_json::StrictJson;

/// "Pay Bill", "Buy Goods", "Organization To Organization Transfer", …
const KIND_LEN_MAX: usize = 64;

/// A payment to the paybill, as Safaricom tells it. Printing it leaves the personal data out.
#[derive(Clone, PartialEq, Eq)]
pub struct C2bMessage<'a> {
    /// M-PESA's receipt (`TransID`): 1 to 32 visible ASCII characters in upper case. The one name of the payment.
    pub receipt: Cow<'a, str>,
    /// Which of our collection accounts (`BusinessShortCode`): digits.
    pub short_code: Cow<'a, str>,
    /// How much (`TransAmount`): shillings, more than nothing.
    pub money: Money,
    /// What the payer typed as the account (`BillRefNumber`), exactly. Empty if there is none. Personal data.
    pub account: Cow<'a, str>,
    /// When, by Safaricom's clock (`TransTime`). Nothing if that cannot be read.
    pub time: Option<LedgerTime>,
    /// Who (`MSISDN`). Personal data.
    pub msisdn: Msisdn<'a>,
    /// `FirstName`, `MiddleName`, `LastName` as they came; each may be empty. Personal data.
    pub names: [Cow<'a, str>; 3],
    /// What kind of payment (`TransactionType`), such as `Pay Bill`. Empty if it is not said.
    pub kind: Cow<'a, str>,
    /// What could not be read and is not essential; empty as a rule.
    pub oddities: Vec<FieldError>,
}

/// Reads a validation or a confirmation, in one pass over its members. About 1.2 microseconds on one core of a
/// two-core virtual machine, three quarters of them in the strict reading of JSON.
pub fn parse(body: &[u8]) -> Result<C2bMessage<'_>, WireError> {
    let json = StrictJson::parse(body)?;
    let object = json.as_object().ok_or_else(|| Fault::WrongKind.at(""))?;

    let (mut receipt, mut short_code, mut money) = (None, None, None);
    let mut time = Err(Fault::Missing);
    let mut msisdn = Msisdn::Missing;
    let (mut account, mut kind) = (Cow::Borrowed(""), Cow::Borrowed(""));
    let mut names = [const { Cow::Borrowed("") }; 3];
    let mut oddities = Vec::new();
    for (name, value) in object.iter() {
        match name {
            "TransID" => receipt = Some(field::receipt(value).map_err(|fault| fault.at("/TransID"))?),
            "TransAmount" => money = Some(field::amount(value).map_err(|fault| fault.at("/TransAmount"))?),
            "BusinessShortCode" => {
                short_code = Some(field::short_code(value).map_err(|fault| fault.at("/BusinessShortCode"))?);
            }
            "TransTime" => time = field::time(value),
            "BillRefNumber" => {
                account = kept(field::verbatim(value, ACCOUNT_LEN_MAX), "/BillRefNumber", &mut oddities);
            }
            "MSISDN" => msisdn = kept(Msisdn::read(value), "/MSISDN", &mut oddities),
            "FirstName" => names[0] = kept(field::verbatim(value, NAME_LEN_MAX), "/FirstName", &mut oddities),
            "MiddleName" => {
                names[1] = kept(field::verbatim(value, NAME_LEN_MAX), "/MiddleName", &mut oddities)
            }
            "LastName" => names[2] = kept(field::verbatim(value, NAME_LEN_MAX), "/LastName", &mut oddities),
            "TransactionType" => {
                kind = kept(field::verbatim(value, KIND_LEN_MAX), "/TransactionType", &mut oddities);
            }
            _ => {}
        }
    }
    oddities.extend(time.err().map(|fault| fault.at("/TransTime")));
    Ok(C2bMessage {
        receipt: receipt.ok_or_else(|| Fault::Missing.at("/TransID"))?,
        short_code: short_code.ok_or_else(|| Fault::Missing.at("/BusinessShortCode"))?,
        money: money.ok_or_else(|| Fault::Missing.at("/TransAmount"))?,
        account,
        time: time.ok(),
        msisdn,
        names,
        kind,
        oddities,
    })
}

/// What was read, with anything wrong about it put aside.
fn kept<T>((read, fault): (T, Option<Fault>), pointer: &'static str, oddities: &mut Vec<FieldError>) -> T {
    oddities.extend(fault.map(|fault| fault.at(pointer)));
    read
}

impl fmt::Debug for C2bMessage<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("C2bMessage")
            .field("receipt", &self.receipt)
            .field("short_code", &self.short_code)
            .field("money", &self.money)
            .field("time", &self.time)
            .field("msisdn", &self.msisdn)
            .field("kind", &self.kind)
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

    /// A confirmation as Safaricom sends it since July 2024.
    fn hashed() -> Value {
        json!({
            "TransactionType": "Pay Bill", "TransID": "TKL3A7Q9ZD", "TransTime": "20261120091405",
            "TransAmount": "7550.00", "BusinessShortCode": "222222", "BillRefNumber": "407155201831",
            "InvoiceNumber": "", "OrgAccountBalance": "81007550.00", "ThirdPartyTransID": "",
            "MSISDN": "172509f6416f41d1ce3b78a757c1d4ce90fc1ab1c9d4cdf1edf25ab7bf3fbdfd", "FirstName": "ASHA"
        })
    }

    fn with(name: &str, value: Value) -> Vec<u8> {
        let mut message = hashed();
        message[name] = value;
        message.to_string().into_bytes()
    }

    fn without(name: &str) -> Vec<u8> {
        let mut message = hashed();
        message.as_object_mut().unwrap().remove(name);
        message.to_string().into_bytes()
    }

    /// The body with the amount written exactly so.
    fn with_amount(written: &str) -> Vec<u8> {
        let body = hashed().to_string();
        assert!(body.contains(r#""TransAmount":"7550.00""#));
        body.replace(r#""TransAmount":"7550.00""#, &format!(r#""TransAmount":{written}"#)).into_bytes()
    }

    fn refused(body: &[u8]) -> FieldError {
        match parse(body) {
            Err(WireError::Field(error)) => error,
            other => panic!("{} was {other:?}", String::from_utf8_lossy(body)),
        }
    }

    #[test]
    fn a_confirmation_is_read_whole() {
        let body = hashed().to_string();
        let message = parse(body.as_bytes()).unwrap();
        assert_eq!(message.receipt, "TKL3A7Q9ZD");
        assert_eq!(message.short_code, "222222");
        assert_eq!(message.money, Money::new(755_000, Currency::Kes));
        assert_eq!(message.account, "407155201831");
        assert_eq!(message.time, Some(LedgerTime::from_micros(1_795_155_245_000_000)));
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"254700000001");
        assert_eq!(message.msisdn, Msisdn::Hashed(digest.as_ref().try_into().unwrap()));
        assert_eq!(message.names, ["ASHA", "", ""]);
        assert_eq!(message.kind, "Pay Bill");
        assert_eq!(message.oddities, []);
        assert!(matches!(message.receipt, Cow::Borrowed(_)), "nothing is copied out of the body");
    }

    #[test]
    fn numbers_may_come_without_quotes() {
        let body = br#"{"TransID":"TKL3A7Q9ZD","TransTime":20261120091405,"TransAmount":7550.00,
            "BusinessShortCode":222222,"BillRefNumber":407155201831,"MSISDN":254700000001,"FirstName":null}"#;
        let message = parse(body).unwrap();
        assert_eq!((message.money.minor(), &*message.short_code), (755_000, "222222"));
        assert_eq!(message.account, "407155201831");
        assert_eq!(message.msisdn, Msisdn::Plain("254700000001".into()));
        assert_eq!(message.names, ["", "", ""]);
        assert!(message.time.is_some() && message.oddities.is_empty());
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        for (written, minor) in [
            ("\"7550.00\"", 755_000),
            ("7550.00", 755_000),
            ("\"10\"", 1_000),
            ("10", 1_000),
            ("0.01", 1),
            ("\"250000.5\"", 25_000_050),
            ("9007199254.09", 900_719_925_409),
            ("10000000000", AMOUNT_MAX_MINOR),
        ] {
            assert_eq!(parse(&with_amount(written)).unwrap().money.minor(), minor, "{written}");
        }
        for (written, fault) in [
            ("0", Fault::NotPositive),
            ("\"0.00\"", Fault::NotPositive),
            ("-5", Fault::NotPositive),
            ("\"-5.00\"", Fault::NotPositive),
            ("-0", Fault::NotPositive),
            ("10.005", Fault::TooManyDecimals),
            ("10.000", Fault::TooManyDecimals),
            ("1e3", Fault::NotAnAmount),
            ("1E3", Fault::NotAnAmount),
            ("-1e3", Fault::NotAnAmount),
            ("\"1,000\"", Fault::NotAnAmount),
            ("\"1 000\"", Fault::NotAnAmount),
            ("\" 10\"", Fault::NotAnAmount),
            ("\"+10\"", Fault::NotAnAmount),
            ("\"10.\"", Fault::NotAnAmount),
            ("\".5\"", Fault::NotAnAmount),
            ("\"NaN\"", Fault::NotAnAmount),
            ("\"٧٥٥٠\"", Fault::NotAnAmount),
            ("\"0x10\"", Fault::NotAnAmount),
            ("\"KES 10\"", Fault::NotAnAmount),
            ("10000000000.01", Fault::TooLarge),
            ("1000000000000000000", Fault::TooLarge),
            ("99999999999999999999999999", Fault::TooLarge),
            ("\"\"", Fault::Missing),
            ("null", Fault::Missing),
            ("true", Fault::WrongKind),
            ("[7550.00]", Fault::WrongKind),
            ("{}", Fault::WrongKind),
        ] {
            assert_eq!(refused(&with_amount(written)), fault.at("/TransAmount"), "{written}");
        }
        assert_eq!(refused(&without("TransAmount")), Fault::Missing.at("/TransAmount"));
    }

    const AMOUNT_MAX_MINOR: i64 = field::AMOUNT_MAX.minor();

    #[test]
    fn a_receipt_is_one_name_however_it_is_written() {
        for written in
            [json!("TKL3A7Q9ZD"), json!(" TKL3A7Q9ZD\n"), json!("tkl3a7q9zd"), json!("Tkl3a7Q9zD ")]
        {
            let body = with("TransID", written);
            assert_eq!(parse(&body).unwrap().receipt, "TKL3A7Q9ZD");
        }
        for (written, fault) in [
            (json!(""), Fault::Missing),
            (json!("  "), Fault::Missing),
            (json!(null), Fault::Missing),
            (json!("TKL3 A7Q9ZD"), Fault::NotVisibleAscii),
            (json!("TKL3\u{0}A7Q9ZD"), Fault::NotVisibleAscii),
            (json!("TKL3Ä7Q9ZD"), Fault::NotVisibleAscii),
            (json!("A".repeat(33)), Fault::TooLong { bytes_max: 32 }),
            (json!(["TKL3A7Q9ZD"]), Fault::WrongKind),
        ] {
            assert_eq!(refused(&with("TransID", written.clone())), fault.at("/TransID"), "{written}");
        }
        assert!(parse(&with("TransID", json!("A".repeat(32)))).is_ok());
        assert_eq!(refused(&without("TransID")), Fault::Missing.at("/TransID"));
    }

    #[test]
    fn a_short_code_is_digits() {
        for written in [json!("222222"), json!(222_222), json!(" 222222 ")] {
            assert_eq!(parse(&with("BusinessShortCode", written)).unwrap().short_code, "222222");
        }
        for (written, fault) in [
            (json!("22222A"), Fault::NotDigits),
            (json!(-222_222), Fault::NotDigits),
            (json!("22222222222"), Fault::TooLong { bytes_max: 10 }),
            (json!(""), Fault::Missing),
            (json!(false), Fault::WrongKind),
        ] {
            let error = refused(&with("BusinessShortCode", written.clone()));
            assert_eq!(error, fault.at("/BusinessShortCode"), "{written}");
        }
        assert_eq!(refused(&without("BusinessShortCode")), Fault::Missing.at("/BusinessShortCode"));
    }

    #[test]
    fn what_the_payer_typed_survives_as_it_is() {
        for typed in [
            "",
            "  4071-5520 1831 ",
            "a\0b",
            "\u{202e}abc\u{200f}",
            "=HYPERLINK(\"x\")",
            "'; --",
            "\r\n",
            "0042",
        ] {
            let body = with("BillRefNumber", json!(typed));
            let message = parse(&body).unwrap();
            assert_eq!(message.account, typed);
            assert_eq!(message.oddities, [], "{typed:?}");
        }
        assert_eq!(parse(&without("BillRefNumber")).unwrap().account, "");
        assert_eq!(parse(&with("BillRefNumber", Value::Null)).unwrap().account, "");
    }

    #[test]
    fn a_blemish_beside_the_money_is_told_and_does_not_stop_it() {
        for (name, value, fault) in [
            ("TransTime", json!("20261320091405"), Fault::NotATime),
            ("TransTime", json!("yesterday"), Fault::NotATime),
            ("TransTime", json!(""), Fault::Missing),
            ("TransTime", json!({}), Fault::WrongKind),
            ("BillRefNumber", json!([1]), Fault::WrongKind),
            ("FirstName", json!({"a": 1}), Fault::WrongKind),
            ("LastName", json!("n".repeat(129)), Fault::TooLong { bytes_max: 128 }),
            ("MSISDN", json!(true), Fault::WrongKind),
            ("TransactionType", json!([]), Fault::WrongKind),
        ] {
            let body = with(name, value.clone());
            let message = parse(&body).unwrap();
            assert_eq!(message.oddities, [fault.at(format!("/{name}"))], "{name} {value}");
            assert_eq!(message.money.minor(), 755_000);
        }
        assert_eq!(parse(&without("TransTime")).unwrap().oddities, [Fault::Missing.at("/TransTime")]);
        assert_eq!(parse(&without("MSISDN")).unwrap().oddities, [], "many messages have none");
    }

    #[test]
    fn a_text_beyond_its_bound_is_cut_between_characters() {
        for (typed, kept) in [
            ("x".repeat(257), "x".repeat(256)),
            (format!("x{}", "é".repeat(128)), format!("x{}", "é".repeat(127))),
            (format!("\0{}", "x".repeat(300)), format!("\0{}", "x".repeat(255))),
        ] {
            let body = with("BillRefNumber", json!(typed));
            let message = parse(&body).unwrap();
            assert_eq!(message.account, kept);
            assert_eq!(message.oddities, [Fault::TooLong { bytes_max: 256 }.at("/BillRefNumber")]);
        }
    }

    #[test]
    fn every_form_of_number_is_told_apart_and_none_is_printed() {
        for (written, expected) in [
            (json!("254700000001"), Msisdn::Plain("254700000001".into())),
            (json!("2547 ***** 126"), Msisdn::Masked("2547 ***** 126".into())),
            (json!("0700000001"), Msisdn::Other("0700000001".into())),
            (json!("ab".repeat(32)), Msisdn::Hashed([0xab; 32])),
            (json!("AB".repeat(32)), Msisdn::Hashed([0xab; 32])),
            (json!(""), Msisdn::Missing),
        ] {
            let body = with("MSISDN", written);
            let message = parse(&body).unwrap();
            assert_eq!(message.msisdn, expected);
            let printed = format!("{message:?}");
            for personal in ["254700000001", "126", "0700000001", "abab", "ASHA", "407155201831"] {
                assert!(!printed.contains(personal), "{printed}");
            }
            assert!(printed.contains(expected.form()) && printed.contains("TKL3A7Q9ZD"));
        }
    }

    #[test]
    fn unknown_members_are_ignored_and_repeated_ones_refused() {
        let body = with("status", json!("PAID"));
        assert_eq!(parse(&body).unwrap(), parse(hashed().to_string().as_bytes()).unwrap());
        let twice = hashed().to_string().replacen('{', r#"{"TransAmount":"1.00","#, 1);
        assert!(matches!(parse(twice.as_bytes()), Err(WireError::Json(_))));
        for body in ["", "[]", "7", "null", "\"x\"", "<html>", "{"] {
            let error = parse(body.as_bytes()).unwrap_err();
            assert!(
                matches!(&error, WireError::Json(_)) || error == Fault::WrongKind.at("").into(),
                "{body}"
            );
        }
    }

    #[test]
    fn a_refusal_names_the_place_and_not_the_value() {
        let error = parse(&with_amount("\"hunter2\"")).unwrap_err();
        assert_eq!(error.to_string(), "\"/TransAmount\" is not a plain decimal number");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&body);
        }

        #[test]
        fn no_values_make_it_panic(amount in "\\PC{0,12}", id in "\\PC{0,40}", typed in "\\PC{0,300}", time in "[0-9]{0,16}") {
            let body = json!({
                "TransID": id, "TransAmount": amount, "TransTime": time, "BusinessShortCode": "222222",
                "BillRefNumber": typed, "MSISDN": typed, "FirstName": typed
            });
            let _ = parse(body.to_string().as_bytes());
        }

        #[test]
        fn an_amount_that_is_taken_is_the_amount_that_was_written(minor in 1..=AMOUNT_MAX_MINOR, quoted: bool) {
            let decimal = format!("{}.{:02}", minor / 100, minor % 100);
            let written = if quoted { format!("\"{decimal}\"") } else { decimal };
            prop_assert_eq!(parse(&with_amount(&written)).unwrap().money, Money::new(minor, Currency::Kes));
        }

        #[test]
        fn whatever_is_taken_as_an_amount_is_written_back_the_same(written in "[0-9]{1,5}(\\.[0-9]{0,4})?") {
            if let Ok(message) = parse(&with_amount(&format!("\"{written}\""))) {
                let decimal = message.money.to_decimal();
                let plain = |text: &str| {
                    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
                    (whole.trim_start_matches('0').to_owned(), format!("{decimals:0<2}"))
                };
                prop_assert_eq!(plain(&decimal), plain(&written));
            }
        }
    }
}
