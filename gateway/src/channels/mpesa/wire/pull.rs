//! What Pull Transactions answers: rows in a list within a list, each with a receipt, an amount and what the payer typed.
//! A row that cannot be read stands for itself: those beside it are payments all the same.

use std::borrow::Cow;

use aws_lc_rs::digest::{SHA256, digest};

use super::error::{Fault, FieldError};
use super::field::{self, ACCOUNT_LEN_MAX};
use super::reply;
use crate::channels::mpesa::listed::{Listed, is_payment};
use crate::clock;
use crate::http::strict_json::{StrictJson, StrictObject};
use crate::payments::RECEIPT_LEN_MAX;

/// "c2b-pay-bill-debit", …
const KIND_LEN_MAX: usize = 64;
/// The code that means that what follows is the list.
const SUCCESS: &str = "1000";
/// How long a masked, hashed or plain number is at most, in bytes.
const MSISDN_LEN_MAX: usize = 128;

/// One row.
pub(in crate::channels::mpesa) enum PullRow<'a> {
    /// Money came in.
    Payment(Listed<'a>),
    /// Something else happened: a charge, a reversal.
    Other {
        /// Its receipt and what it is called, which tell it from other rows.
        name: String,
    },
}

/// A row that cannot be read.
pub(in crate::channels::mpesa) struct UnreadableRow {
    /// A hash of it, which tells it from other rows.
    pub(in crate::channels::mpesa) name: String,
    /// Why.
    pub(in crate::channels::mpesa) error: FieldError,
}

/// The rows of an answer; nothing if it is no list.
pub(in crate::channels::mpesa) fn rows<'a>(
    answer: &StrictObject<'a>,
) -> Option<Vec<Result<PullRow<'a>, UnreadableRow>>> {
    let code = reply::token(answer, "ResponseCode", SUCCESS.len())?;
    let list = answer.get("Response").map_or(Some(&[][..]), StrictJson::as_list);
    if code != SUCCESS {
        return None;
    }
    // A list of lists as a rule; nobody promises that it stays so.
    let row = |value| row(value).map_err(|error| UnreadableRow { name: hash_of(value), error });
    let mut rows = Vec::new();
    for item in list? {
        match item {
            StrictJson::List(inner) => rows.extend(inner.iter().map(row)),
            other => rows.push(row(other)),
        }
    }
    Some(rows)
}

/// What tells a row from others whatever stands in it; it is kept nowhere.
fn hash_of(value: &StrictJson<'_>) -> String {
    hex::encode(&digest(&SHA256, format!("{value:?}").as_bytes()).as_ref()[..16])
}

fn row<'a>(value: &StrictJson<'a>) -> Result<PullRow<'a>, FieldError> {
    let object = value.as_object().ok_or_else(|| Fault::WrongKind.at(""))?;
    let of = |name| object.get(name).unwrap_or(&StrictJson::Null);
    let kind = field::verbatim(of("transactiontype"), KIND_LEN_MAX).0;
    if !is_payment(&kind) {
        let receipt = field::verbatim(of("transactionId"), RECEIPT_LEN_MAX).0;
        return Ok(PullRow::Other { name: format!("{receipt} {kind}") });
    }
    let receipt = field::receipt(of("transactionId")).map_err(|fault| fault.at("/transactionId"))?;
    let money = field::amount(of("amount")).map_err(|fault| fault.at("/amount"))?;
    let moved = field::text_or_number(of("trxDate")).ok().and_then(|text| clock::parse_written(&text).ok());
    let phone = field::verbatim(of("msisdn"), MSISDN_LEN_MAX).0;
    Ok(PullRow::Payment(Listed {
        receipt,
        money,
        account: field::verbatim(of("billreference"), ACCOUNT_LEN_MAX).0,
        moved: moved.map(ledger::LedgerTime::from_micros),
        phone: Some(phone).filter(|phone: &Cow<'_, str>| !phone.is_empty()),
        // `sender` is M-PESA itself.
        name: None,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn one() -> Value {
        json!({"transactionId": "TKL3A7Q9ZD", "trxDate": "2026-11-20 09:14:31", "msisdn": "2547******01",
               "sender": "MPESA", "transactiontype": "c2b-pay-bill-debit", "billreference": "QKRTWX",
               "amount": "7550.00", "organizationname": "eCITIZEN"})
    }

    /// Receipt, amount and account of a row, or where it is wrong.
    type Said = Result<(String, i64, String), String>;

    fn read(body: &str) -> Option<Vec<Said>> {
        let json = StrictJson::parse(body.as_bytes()).ok()?;
        let rows = rows(json.as_object()?)?;
        let said = |row| match row {
            Ok(PullRow::Payment(listed)) => {
                let Listed { receipt, money, account, .. } = listed;
                Ok((receipt.into_owned(), money.minor(), account.into_owned()))
            }
            Ok(PullRow::Other { .. }) => Err("other".to_owned()),
            Err(UnreadableRow { error, .. }) => Err(error.pointer.into_owned()),
        };
        Some(rows.into_iter().map(said).collect())
    }

    #[test]
    fn a_list_within_a_list_is_read_and_a_plain_one_too() {
        let expected = vec![Ok(("TKL3A7Q9ZD".to_owned(), 755_000, "QKRTWX".to_owned()))];
        for rows in [json!([[one()]]), json!([one()])] {
            let body = json!({"ResponseRefID": "1", "ResponseCode": "1000", "Response": rows});
            assert_eq!(read(&body.to_string()), Some(expected.clone()));
        }
        for rows in [json!([]), json!([[]])] {
            assert_eq!(read(&json!({"ResponseCode": 1000, "Response": rows}).to_string()), Some(vec![]));
        }
        assert_eq!(read(r#"{"ResponseCode":"1000"}"#), Some(vec![]));
        for wrong in [r#"{"ResponseCode":"0","Response":[[]]}"#, r#"{"ResponseCode":"1000","Response":"no"}"#]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_takes_no_other_with_it() {
        let with = |name: &str, value: Value| {
            let mut row = one();
            row[name] = value;
            row
        };
        let body = json!({"ResponseCode": "1000", "Response": [[
            with("amount", json!("7,550.00")), with("transactionId", json!("")), json!("row"),
            with("transactiontype", json!("b2c-reversal")), with("trxDate", json!("yesterday")),
        ]]});
        let said = read(&body.to_string()).unwrap();
        let wrong: Vec<_> = said.iter().filter_map(|row| row.as_ref().err().map(String::as_str)).collect();
        assert_eq!(wrong, ["/amount", "/transactionId", "", "other"]);
        assert!(said[4].is_ok(), "a time that cannot be read is no reason to leave money out");
    }

    proptest! {
        #[test]
        fn no_values_make_it_panic(text in ".{0,40}", number in any::<f64>()) {
            let row = json!({"transactionId": text, "transactiontype": "c2b", "amount": number, "trxDate": text,
                             "billreference": [text], "msisdn": {"a": text}});
            let _ = read(&json!({"ResponseCode": "1000", "Response": [[row, text]]}).to_string());
        }
    }
}
