//! What is said to an acquirer, and what it says.

use aws_lc_rs::hmac;
use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};
use ledger::{Currency, Money};
use serde::Serialize;

use crate::channels::contract::Paid;
use crate::channels::mpesa::wire::AMOUNT_MAX;
use crate::config::secret::Secret;
use crate::http::strict_json::StrictJson;
use crate::payments::{Attempt, AttemptEvent, AttemptId, RECEIPT_LEN_MAX};

/// Where sessions are.
pub(super) const SESSIONS_PATH: &str = "/v1/sessions";
/// How long a session can be paid, in seconds. It is made after its attempt, by a call that may take its time, and has to end
/// before it: once the attempt is over the payer may be asked in another way.
const SESSION_SECONDS: i64 = crate::payments::CARD_LIFE_SECONDS - 30;
/// A message may be so old, or from so far ahead, in seconds.
const MESSAGE_AGE_SECONDS_MAX: i64 = 300;
/// The headers of a message.
const TIMESTAMP: &str = "acquirer-timestamp";
const SIGNATURE: &str = "acquirer-signature";
/// The longest address of a page, in bytes.
const PAGE_LEN_MAX: usize = 1_024;

#[derive(Serialize)]
struct SessionRequest<'a> {
    /// In the smallest unit.
    amount: i64,
    currency: &'static str,
    reference: String,
    return_url: &'a str,
    expires_in: i64,
}

/// The body that makes a session.
pub(super) fn session_request(attempt: &Attempt, return_url: &str) -> Bytes {
    let request = SessionRequest {
        amount: attempt.money.minor(),
        currency: attempt.money.currency().code(),
        reference: attempt.id.to_string(),
        return_url,
        expires_in: SESSION_SECONDS,
    };
    serde_json::to_vec(&request).expect("a request has text names and whole numbers").into()
}

/// The page of a session that was made, if it is one of the acquirer's.
pub(super) fn read_made(status: StatusCode, body: &[u8], pages_url: &str) -> Option<String> {
    if status.is_success() { read_page(body, pages_url) } else { None }
}

/// The page of a session, if it is one of the acquirer's.
pub(super) fn read_page(body: &[u8], pages_url: &str) -> Option<String> {
    let answer = StrictJson::parse(body).ok()?;
    let page = answer.get("redirect_url")?.as_text()?;
    let is_theirs = page.strip_prefix(pages_url).is_some_and(|rest| rest.starts_with('/'));
    let is_plain = page.len() <= PAGE_LEN_MAX && page.bytes().all(|byte| byte.is_ascii_graphic());
    (is_theirs && is_plain).then(|| page.to_owned())
}

/// What became of a session.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) attempt: AttemptId,
    pub(super) state: SessionState,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum SessionState {
    /// It can be paid.
    Open,
    /// It was.
    Paid(Paid),
    /// It was not, and will not be.
    Ended { on: AttemptEvent, code: &'static str },
}

/// Reads what is said of a session.
pub(super) fn read_session(body: &[u8]) -> Result<Session, &'static str> {
    let message = StrictJson::parse(body).map_err(|_| "it is not JSON of one meaning")?;
    let text = |name: &str| message.get(name).and_then(StrictJson::as_text);
    let reference = text("reference").ok_or("reference is missing")?;
    let attempt = reference.parse().map_err(|_| "reference is no attempt of ours")?;
    let ended = |on, code| SessionState::Ended { on, code };
    let state = match text("status").ok_or("status is missing")? {
        "open" => SessionState::Open,
        "paid" => SessionState::Paid(paid(&message).ok_or("what was paid cannot be read")?),
        "declined" => ended(AttemptEvent::SaidFailed, "declined"),
        "abandoned" => ended(AttemptEvent::Declined, "abandoned"),
        "expired" => ended(AttemptEvent::RanOut, "expired"),
        _ => return Err("status is none that we know"),
    };
    Ok(Session { attempt, state })
}

fn paid(message: &StrictJson<'_>) -> Option<Paid> {
    let minor = message.get("amount")?.as_text_or_number()?.parse::<i64>().ok()?;
    let minor = Some(minor).filter(|minor| (1..=AMOUNT_MAX.minor()).contains(minor))?;
    let currency: Currency = message.get("currency")?.as_text()?.parse().ok()?;
    let receipt = message.get("receipt")?.as_text()?;
    let is_receipt = (1..=RECEIPT_LEN_MAX).contains(&receipt.len())
        && receipt.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let money = Some(Money::new(minor, currency));
    is_receipt.then(|| Paid { receipt: receipt.to_ascii_uppercase().into(), money, moved: None })
}

/// Whether a message is the acquirer's own, and of now: hex of HMAC-SHA256 over its time, a dot and its body.
pub(super) fn is_signed(headers: &HeaderMap, body: &[u8], key: &Secret, now_seconds: i64) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(timestamp), Some(signature)) = (header(TIMESTAMP), header(SIGNATURE)) else { return false };
    let Ok(seconds) = timestamp.parse::<i64>() else { return false };
    let Ok(signature) = hex::decode(signature) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
    let signed = [timestamp.as_bytes(), b".", body].concat();
    let age = now_seconds.saturating_sub(seconds).saturating_abs();
    hmac::verify(&key, &signed, &signature).is_ok() && age <= MESSAGE_AGE_SECONDS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: &str = "https://pay.example";

    fn attempt() -> AttemptId {
        AttemptId::from_uuid(0x0192_0000_0000_7000_8000_0000_0000_0007)
    }

    #[test]
    fn browsers_are_sent_to_the_acquirer_and_nowhere_else() {
        let made = |page: &str| {
            let body = format!(r#"{{"session_id":"s1","redirect_url":"{page}"}}"#);
            read_made(StatusCode::CREATED, body.as_bytes(), PAGES)
        };
        assert_eq!(made("https://pay.example/pay/s1").as_deref(), Some("https://pay.example/pay/s1"));
        for elsewhere in [
            "https://pay.example.evil/pay/s1",
            "https://pay.example@evil/",
            "/pay",
            "https://pay.example/a b",
            "http://pay.example/pay/s1",
            "https://pay.example",
            "https://pay.example/\\nSet-Cookie",
        ] {
            assert_eq!(made(elsewhere), None, "{elsewhere}");
        }
        let body = br#"{"redirect_url":"https://pay.example/pay/s1"}"#;
        assert_eq!(read_made(StatusCode::BAD_GATEWAY, body, PAGES), None, "nothing was made");
    }

    #[test]
    fn a_session_is_read_whole_or_not_at_all() {
        let said = |rest: &str| read_session(format!(r#"{{"reference":"{}",{rest}}}"#, attempt()).as_bytes());
        let paid = said(r#""status":"paid","amount":305000,"currency":"KES","receipt":"aq-7""#).unwrap();
        let money = Some(Money::new(305_000, Currency::Kes));
        let expected = Paid { receipt: "AQ-7".into(), money, moved: None };
        assert_eq!((paid.attempt, paid.state), (attempt(), SessionState::Paid(expected)));
        assert_eq!(said(r#""status":"open""#).unwrap().state, SessionState::Open);
        for wrong in [
            r#""status":"paid","amount":305000,"currency":"KES""#,
            r#""status":"paid","amount":-1,"currency":"KES","receipt":"A""#,
            r#""status":"paid","amount":1.5,"currency":"KES","receipt":"A""#,
            r#""status":"paid","amount":1,"currency":"EUR","receipt":"A""#,
            r#""status":"paid","amount":1,"currency":"KES","receipt":"A B""#,
            r#""status":"refunded""#,
        ] {
            assert!(said(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_message_is_believed_with_its_signature_and_while_it_is_new() {
        let key = Secret::new("webhook-key".to_owned());
        let body = br#"{"status":"paid"}"#;
        let signed = |seconds: i64, key: &str| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
            let tag = hmac::sign(&key, &[format!("{seconds}.").as_bytes(), body].concat());
            let mut headers = HeaderMap::new();
            headers.insert(TIMESTAMP, seconds.into());
            headers.insert(SIGNATURE, hex::encode(tag).parse().unwrap());
            headers
        };
        assert!(is_signed(&signed(1_000, "webhook-key"), body, &key, 1_300));
        assert!(!is_signed(&signed(1_000, "webhook-key"), body, &key, 1_301), "too old");
        assert!(!is_signed(&signed(1_000, "webhook-key"), body, &key, 699), "of the future");
        assert!(!is_signed(&signed(1_000, "another"), body, &key, 1_000));
        assert!(!is_signed(&signed(1_000, "webhook-key"), b"{}", &key, 1_000));
        assert!(!is_signed(&HeaderMap::new(), body, &key, 1_000));
    }
}
