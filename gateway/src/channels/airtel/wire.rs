//! What is said to Airtel's Open API, and what it says.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::codes;
use crate::channels::mpesa::subscriber::Subscriber;
use crate::config::secret::Secret;
use crate::http::strict_json::StrictJson;
use crate::payments::{AttemptEvent, AttemptId, PaymentNumber, RECEIPT_LEN_MAX};

/// Where an access token is had.
pub(super) const TOKEN_PATH: &str = "/auth/oauth2/token";
/// Where a payer is asked.
pub(super) const ASK_PATH: &str = "/merchant/v1/payments/";
/// Country and currency of every call.
pub(super) const COUNTRY: &str = "KE";
pub(super) const CURRENCY: &str = "KES";

/// The longest code that is kept.
const CODE_LEN_MAX: usize = 32;
/// What attempts begin with here; Airtel takes letters and digits alone.
const ATTEMPT_PREFIX: &str = "att_";

/// What Airtel calls an attempt.
pub(super) fn name_of(attempt: AttemptId) -> String {
    attempt.to_string().trim_start_matches(ATTEMPT_PREFIX).to_owned()
}

fn attempt_of(name: &str) -> Option<AttemptId> {
    format!("{ATTEMPT_PREFIX}{name}").parse().ok()
}

/// Where a transaction is asked about.
pub(super) fn query_path(name: &str) -> String {
    format!("/standard/v1/payments/{name}")
}

#[derive(Serialize)]
struct TokenRequest<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    grant_type: &'static str,
}

#[derive(Serialize)]
struct AskRequest {
    reference: String,
    subscriber: SubscriberPart,
    transaction: TransactionPart,
}

#[derive(Serialize)]
struct SubscriberPart {
    country: &'static str,
    currency: &'static str,
    /// Without the code of the country.
    msisdn: String,
}

#[derive(Serialize)]
struct TransactionPart {
    amount: i64,
    country: &'static str,
    currency: &'static str,
    id: String,
}

fn json(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("a request has text names and whole numbers").into()
}

/// The body that asks for a token.
pub(super) fn token_request(client_id: &Secret, client_secret: &Secret) -> Bytes {
    let (client_id, client_secret) = (client_id.expose(), client_secret.expose());
    json(&TokenRequest { client_id, client_secret, grant_type: "client_credentials" })
}

/// The body that asks a payer.
pub(super) fn ask_request(
    attempt: AttemptId,
    number: PaymentNumber,
    phone: Subscriber,
    shillings: i64,
) -> Bytes {
    json(&AskRequest {
        reference: number.to_string(),
        subscriber: SubscriberPart {
            country: COUNTRY,
            currency: CURRENCY,
            msisdn: phone.digits()[3..].to_owned(),
        },
        transaction: TransactionPart {
            amount: shillings,
            country: COUNTRY,
            currency: CURRENCY,
            id: name_of(attempt),
        },
    })
}

/// A token, and how long it lives in seconds if that is said.
pub(super) fn read_token(status: StatusCode, body: &[u8]) -> Option<(Secret, Option<u64>)> {
    let answer = StrictJson::parse(body).ok().filter(|_| status.is_success())?;
    let token = plain(answer.get("access_token")?.as_text()?, 4_096)?;
    let seconds = answer.get("expires_in").and_then(|life| life.as_text_or_number()?.parse().ok());
    Some((Secret::new(token.to_owned()), seconds))
}

/// What the answer to a call that asks a payer says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AskAnswer {
    /// The payer is asked.
    Accepted,
    /// Nobody was asked.
    Refused {
        /// Airtel's code, or `http_403`.
        code: Arc<str>,
        /// True if the channel failed.
        is_failure: bool,
    },
    /// It says neither.
    Unclear,
}

/// Reads the answer to a call that asks a payer. Only a clear no is one.
pub(super) fn read_ask(status: StatusCode, body: &[u8]) -> AskAnswer {
    let answer = StrictJson::parse(body).ok();
    let said = answer.as_ref().and_then(|answer| answer.get("status"));
    let code = said.and_then(code_of);
    let is_success = said.and_then(|said| said.get("success")).is_some_and(is_true);
    if status.is_success() && is_success {
        return AskAnswer::Accepted;
    }
    if let Some((code, is_failure)) = code.and_then(|code| Some((code, codes::refusal(code)?))) {
        return AskAnswer::Refused { code: code.into(), is_failure };
    }
    // The request was not taken at all.
    if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT && !is_success {
        let code = format!("http_{}", status.as_u16()).into();
        return AskAnswer::Refused { code, is_failure: !said.is_some_and(is_about_the_number) };
    }
    AskAnswer::Unclear
}

/// What became of a transaction, as far as Airtel says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TransactionState {
    /// Money moved; with Airtel's receipt, if it tells it.
    Succeeded(Option<Arc<str>>),
    /// No money moved and none will.
    Ended(AttemptEvent),
    /// It is still at work.
    Open,
    /// It does not know itself, or says what we do not know.
    Unclear,
}

/// A transaction that was asked about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Transaction {
    pub(super) state: TransactionState,
    pub(super) code: Arc<str>,
}

/// Reads the answer about a transaction of this name; nothing if it says nothing of it.
pub(super) fn read_query(status: StatusCode, body: &[u8], name: &str) -> Option<Transaction> {
    let answer = StrictJson::parse(body).ok().filter(|_| status.is_success())?;
    let code = answer.get("status").and_then(code_of);
    if code == Some(codes::NOT_FOUND) {
        return Some(Transaction { state: TransactionState::Unclear, code: codes::NOT_FOUND.into() });
    }
    let transaction = answer.get("data")?.get("transaction")?;
    let is_another = transaction.get("id").and_then(StrictJson::as_text).is_some_and(|id| id != name);
    if is_another {
        return None;
    }
    let word = plain(transaction.get("status")?.as_text()?, CODE_LEN_MAX)?;
    Some(Transaction {
        state: state_of(word, transaction, code.unwrap_or_default()),
        code: code.unwrap_or(word).into(),
    })
}

fn state_of(word: &str, transaction: &StrictJson<'_>, code: &str) -> TransactionState {
    match word {
        "TS" => {
            let receipt = transaction.get("airtel_money_id").and_then(StrictJson::as_text);
            let receipt = receipt.and_then(|receipt| plain(receipt, RECEIPT_LEN_MAX));
            TransactionState::Succeeded(receipt.map(|receipt| receipt.to_ascii_uppercase().into()))
        }
        "TF" | "TE" => TransactionState::Ended(codes::end(code)),
        "TIP" => TransactionState::Open,
        _ => TransactionState::Unclear,
    }
}

/// What Airtel told by itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Callback {
    pub(super) attempt: AttemptId,
    pub(super) state: TransactionState,
    /// True if its signature is right.
    pub(super) is_signed: bool,
}

/// A callback as it is signed: the transaction exactly as it stands, and its hash beside it.
#[derive(Deserialize)]
struct SignedBody<'a> {
    #[serde(borrow)]
    transaction: &'a RawValue,
    #[serde(default)]
    hash: Option<String>,
}

/// Reads a callback, and judges its signature where there is a key.
pub(super) fn read_callback(body: &[u8], key: Option<&Secret>) -> Result<Callback, &'static str> {
    let message = StrictJson::parse(body).map_err(|_| "it is not JSON of one meaning")?;
    let transaction = message.get("transaction").ok_or("transaction is missing")?;
    let id = transaction.get("id").and_then(StrictJson::as_text).ok_or("transaction.id is missing")?;
    let attempt = attempt_of(id).ok_or("transaction.id is no attempt of ours")?;
    let word = transaction.get("status_code").and_then(StrictJson::as_text).unwrap_or_default();
    Ok(Callback {
        attempt,
        state: state_of(
            word,
            transaction,
            transaction.get("code").and_then(StrictJson::as_text).unwrap_or_default(),
        ),
        is_signed: key.is_some_and(|key| is_signed(body, key)),
    })
}

fn is_signed(body: &[u8], key: &Secret) -> bool {
    let Ok(SignedBody { transaction, hash: Some(hash) }) = serde_json::from_slice(body) else { return false };
    let Ok(hash) = STANDARD.decode(hash) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
    let signed = format!(r#"{{"transaction":{}}}"#, transaction.get());
    hmac::verify(&key, signed.as_bytes(), &hash).is_ok()
}

fn code_of<'a>(status: &'a StrictJson<'_>) -> Option<&'a str> {
    ["response_code", "result_code", "code"]
        .into_iter()
        .find_map(|name| status.get(name)?.as_text_or_number())
        .and_then(|code| plain(code, CODE_LEN_MAX))
}

/// Whether Airtel complains of the payer's number: whoever types such numbers must not put an end to Airtel Money for all.
fn is_about_the_number(status: &StrictJson<'_>) -> bool {
    let sentence =
        status.get("message").and_then(StrictJson::as_text).unwrap_or_default().to_ascii_lowercase();
    sentence.contains("msisdn") || sentence.contains("mobile number")
}

fn is_true(value: &StrictJson<'_>) -> bool {
    matches!(value, StrictJson::Switch(true)) || value.as_text().is_some_and(|text| text == "true")
}

/// A name or code that machines gave: visible ASCII, not too long.
fn plain(text: &str, bytes_max: usize) -> Option<&str> {
    let text = text.trim();
    let is_plain = (1..=bytes_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> AttemptId {
        AttemptId::from_uuid(0x0192_0000_0000_7000_8000_0000_0000_0007)
    }

    fn signed(transaction: &str, key: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let tag = hmac::sign(&key, format!(r#"{{"transaction":{transaction}}}"#).as_bytes());
        format!(r#"{{"transaction":{transaction},"hash":"{}"}}"#, STANDARD.encode(tag))
    }

    #[test]
    fn only_a_clear_no_is_a_refusal() {
        let answered =
            |status: u16, body: &str| read_ask(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        let said = |success: bool, code: &str| {
            format!(r#"{{"status":{{"success":{success},"response_code":"{code}","code":"200"}}}}"#)
        };
        assert_eq!(answered(200, &said(true, "DP00800001006")), AskAnswer::Accepted);
        let refused = AskAnswer::Refused { code: "DP00800001007".into(), is_failure: false };
        assert_eq!(answered(200, &said(false, "DP00800001007")), refused);
        assert_eq!(answered(400, &said(false, "DP00800001007")), refused);
        for status in [400, 401, 403, 404, 429] {
            let code = format!("http_{status}").into();
            assert_eq!(answered(status, "<html>"), AskAnswer::Refused { code, is_failure: true });
        }
        let of_number = r#"{"status":{"success":false,"code":"400","message":"Invalid MSISDN"}}"#;
        let refused = AskAnswer::Refused { code: "http_400".into(), is_failure: false };
        assert_eq!(answered(400, of_number), refused, "one payer's mistake");
        for (status, body) in [
            (200, "<html>".to_owned()),
            (200, said(false, "DP00800001000")),
            (200, said(false, "DP00800001024")),
            (200, said(false, "nobody knows")),
            (408, String::new()),
            (500, said(true, "DP00800001006")),
            (502, "<html>".to_owned()),
        ] {
            assert_eq!(answered(status, &body), AskAnswer::Unclear, "{status} {body}");
        }
    }

    #[test]
    fn a_transaction_is_what_airtel_says_of_the_one_that_was_asked_about() {
        let name = name_of(attempt());
        let asked = |body: &str| read_query(StatusCode::OK, body.as_bytes(), &name);
        let said = |transaction: &str| {
            format!(
                r#"{{"data":{{"transaction":{transaction}}},"status":{{"response_code":"DP00800001005"}}}}"#
            )
        };
        let paid =
            said(&format!(r#"{{"airtel_money_id":"mp210603.1234.L06941","id":"{name}","status":"TS"}}"#));
        assert_eq!(
            asked(&paid).unwrap().state,
            TransactionState::Succeeded(Some("MP210603.1234.L06941".into()))
        );
        for (word, state) in [
            ("TS", TransactionState::Succeeded(None)),
            ("TF", TransactionState::Ended(AttemptEvent::RanOut)),
            ("TIP", TransactionState::Open),
            ("TA", TransactionState::Unclear),
            ("?", TransactionState::Unclear),
        ] {
            assert_eq!(asked(&said(&format!(r#"{{"status":"{word}"}}"#))).unwrap().state, state, "{word}");
        }
        assert_eq!(asked(&said(r#"{"id":"another","status":"TS"}"#)), None);
        assert_eq!(asked("<html>"), None);
        // That it knows no such transaction is an answer, and leaves everything open.
        let not_found = asked(r#"{"status":{"response_code":"DP00800001025","success":false}}"#);
        assert_eq!(not_found.unwrap().state, TransactionState::Unclear);
        assert_eq!(asked(r#"{"status":{"response_code":"DP00800001024"}}"#), None);
        assert_eq!(read_query(StatusCode::NOT_FOUND, paid.as_bytes(), &name), None);
    }

    #[test]
    fn a_callback_proves_something_only_with_its_signature() {
        let key = Secret::new("callback-key".to_owned());
        let transaction = format!(
            r#"{{"id":"{}","message":"Paid by ASHA 0733000001","status_code":"TS","airtel_money_id":"MP1"}}"#,
            name_of(attempt())
        );
        let right = signed(&transaction, "callback-key");
        let read = |body: &str, key| read_callback(body.as_bytes(), key).unwrap();
        let heard = read(&right, Some(&key));
        assert_eq!((heard.attempt, heard.is_signed), (attempt(), true));
        assert_eq!(heard.state, TransactionState::Succeeded(Some("MP1".into())));
        assert!(!read(&right, None).is_signed);
        assert!(!read(&right.replace("TS", "TF"), Some(&key)).is_signed);
        assert!(!read(&signed(&transaction, "another"), Some(&key)).is_signed);
        assert!(!read(&format!(r#"{{"transaction":{transaction}}}"#), Some(&key)).is_signed);
        for (body, why) in [
            ("", "it is not JSON of one meaning"),
            ("{}", "transaction is missing"),
            (r#"{"transaction":{"status_code":"TS"}}"#, "transaction.id is missing"),
            (r#"{"transaction":{"id":"0733000001"}}"#, "transaction.id is no attempt of ours"),
        ] {
            assert_eq!(read_callback(body.as_bytes(), Some(&key)), Err(why), "{body}");
        }
    }
}
