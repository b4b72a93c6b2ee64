//! Asking a payer: a prompt on the phone for the M-PESA PIN (`stkpush`). The one call here that must not be made
//! twice for one attempt.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::exchange::Answer;
use super::outcome::{CallError, Doubt, Refusal};
use super::{Credentials, Daraja, json};
use crate::channels::mpesa::instructions::WholeShillings;
use crate::channels::mpesa::subscriber::Subscriber;
use crate::channels::mpesa::wire::prompt::{CODE_LEN_MAX, REQUEST_ID_LEN_MAX};
use crate::channels::mpesa::wire::reply::{self, Reply};
use crate::payments::{AttemptEvent, PaymentNumber};

const PATH: &str = "/mpesa/stkpush/v1/processrequest";
/// Characters of a description that Safaricom takes; with more, the prompt fails with code 1025.
const DESCRIPTION_LENGTH_MAX: usize = 13;
const DESCRIPTION_UNSAID: &str = "Payment";

/// Whom to ask for what.
#[derive(Clone, Copy, Debug)]
pub struct PromptRequest<'a> {
    /// Whose phone.
    pub subscriber: Subscriber,
    /// How much.
    pub amount: WholeShillings,
    /// The bill. Its number is shown to the payer and comes back in the confirmation.
    pub number: PaymentNumber,
    /// What for. The phone shows the first thirteen letters, digits and spaces of it.
    pub description: &'a str,
    /// Where the result is to be posted. The result names no bill, so each attempt has an address of its own.
    pub callback_url: &'a str,
}

/// What came of asking. Accepted is not paid.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "an outcome that nobody looks at is a payer who is asked twice"]
pub enum PromptOutcome {
    /// The phone should show the prompt now.
    Accepted {
        /// Safaricom's name for our request.
        merchant_request_id: Arc<str>,
        /// Safaricom's name for the prompt, needed to ask about it. Personal data: it ends in the payer's number.
        checkout_request_id: Arc<str>,
    },
    /// Nobody was asked and nobody will be. Asking again is safe.
    Refused(Refusal),
    /// It left us, and the payer may be looking at it. Never ask again on this.
    Unknown(Doubt),
}

impl PromptOutcome {
    /// What to tell the attempt.
    pub const fn news(&self) -> AttemptEvent {
        match self {
            Self::Accepted { .. } => AttemptEvent::Accepted,
            Self::Refused(_) => AttemptEvent::Refused,
            Self::Unknown(_) => AttemptEvent::NoAnswer,
        }
    }

    fn of(answer: &Answer) -> Self {
        let not_understood = || Self::from(CallError::of_status(answer.status));
        let object = match Reply::read(&answer.body) {
            Reply::Object(object) => object,
            Reply::Error(envelope) => return CallError::of_envelope(&envelope).into(),
            Reply::Other => return not_understood(),
        };
        let Some(code) = reply::token(&object, "ResponseCode", CODE_LEN_MAX) else { return not_understood() };
        if !reply::is_success(&code) {
            let message = format!("Safaricom said {:?}", reply::message(&object, "ResponseDescription"));
            let side = super::Side::Safaricom;
            return Self::Refused(Refusal { side, code: Arc::from(&*code), message });
        }
        let id = |name| reply::token(&object, name, REQUEST_ID_LEN_MAX).map(|id| Arc::from(&*id));
        match (id("MerchantRequestID"), id("CheckoutRequestID")) {
            (Some(merchant_request_id), Some(checkout_request_id)) if answer.status.is_success() => {
                Self::Accepted { merchant_request_id, checkout_request_id }
            }
            // Accepted, and nameless: it cannot be asked about.
            _ => Self::Unknown(Doubt::NotUnderstood { status: answer.status.as_u16() }),
        }
    }
}

impl From<CallError> for PromptOutcome {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refusal) => Self::Refused(refusal),
            CallError::Unknown(doubt) => Self::Unknown(doubt),
        }
    }
}

impl fmt::Debug for PromptOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { merchant_request_id, .. } => {
                let mut accepted = formatter.debug_struct("Accepted");
                accepted.field("merchant_request_id", merchant_request_id).finish_non_exhaustive()
            }
            Self::Refused(refusal) => formatter.debug_tuple("Refused").field(refusal).finish(),
            Self::Unknown(doubt) => formatter.debug_tuple("Unknown").field(doubt).finish(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(flatten)]
    credentials: Credentials,
    transaction_type: &'static str,
    amount: u32,
    party_a: u64,
    party_b: u64,
    phone_number: u64,
    #[serde(rename = "CallBackURL")]
    callback_url: &'a str,
    account_reference: String,
    transaction_desc: String,
}

impl Daraja {
    /// Asks a payer to confirm a payment on the phone. The attempt must be on record before this is called, since its
    /// result may arrive before this returns; and it must be called once for one attempt. Run it to its end on a task
    /// of its own: dropped half-way, it leaves an attempt of which nobody knows whether it was made.
    pub async fn prompt(&self, request: &PromptRequest<'_>) -> PromptOutcome {
        let payer = request.subscriber.number();
        let body = json(&Body {
            credentials: self.credentials(),
            transaction_type: "CustomerPayBillOnline",
            amount: request.amount.get(),
            party_a: payer,
            party_b: self.0.short_code,
            phone_number: payer,
            callback_url: request.callback_url,
            account_reference: request.number.to_string(),
            transaction_desc: short_description(request.description),
        });
        match self.post(PATH, body).await {
            Ok(answer) => PromptOutcome::of(&answer),
            Err(error) => error.into(),
        }
    }
}

/// What fits on the phone: plain letters, digits and single spaces.
fn short_description(text: &str) -> String {
    let plain: String =
        text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { ' ' }).collect();
    let mut short = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    short.truncate(DESCRIPTION_LENGTH_MAX);
    if short.is_empty() { DESCRIPTION_UNSAID.to_owned() } else { short.trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::StatusCode;

    fn of(status: u16, body: &'static str) -> PromptOutcome {
        PromptOutcome::of(&Answer { status: StatusCode::from_u16(status).unwrap(), body: body.into() })
    }

    #[test]
    fn only_a_named_acceptance_is_one() {
        let accepted = r#"{"MerchantRequestID":"29115-1-1","CheckoutRequestID":"ws_CO_700000001","ResponseCode":"0","CustomerMessage":"x"}"#;
        let outcome = of(200, accepted);
        assert_eq!(
            outcome,
            PromptOutcome::Accepted {
                merchant_request_id: "29115-1-1".into(),
                checkout_request_id: "ws_CO_700000001".into()
            }
        );
        assert!(!format!("{outcome:?}").contains("700000001"));
        for (status, body) in [
            (200, r#"{"MerchantRequestID":"29115-1-1","ResponseCode":"0"}"#),
            (200, r#"{"CheckoutRequestID":"ws_CO_1","ResponseCode":0}"#),
            (200, r#"{"MerchantRequestID":"29115-1-1","CheckoutRequestID":"","ResponseCode":"0"}"#),
            (500, accepted),
            (200, "<html>OK</html>"),
            (200, ""),
            (200, "{}"),
            (502, "<html>Bad gateway</html>"),
            (302, ""),
            (500, r#"{"errorCode":"500.003.1001","errorMessage":"Internal Server Error"}"#),
        ] {
            let outcome = of(status, body);
            assert!(matches!(outcome, PromptOutcome::Unknown(_)), "{status} {body} {outcome:?}");
            assert_eq!(outcome.news(), AttemptEvent::NoAnswer);
        }
    }

    #[test]
    fn a_clear_no_is_a_refusal() {
        for (status, body, code) in [
            (200, r#"{"ResponseCode":"1","ResponseDescription":"Rejected"}"#, "1"),
            (
                400,
                r#"{"errorCode":"400.002.02","errorMessage":"Bad Request - Invalid Amount"}"#,
                "400.002.02",
            ),
            (200, r#"{"ErrorCode":"500.003.02","ErrorMessage":"System is busy"}"#, "500.003.02"),
            (500, r#"{"errorCode":"500.001.1001","errorMessage":"Unable to lock subscriber"}"#, "1001"),
            (403, "<html>Forbidden</html>", "http_403"),
        ] {
            let PromptOutcome::Refused(refusal) = of(status, body) else { panic!("{status} {body}") };
            assert_eq!(&*refusal.code, code);
        }
    }

    #[test]
    fn a_description_fits_on_the_phone() {
        for (text, short) in [
            ("Renew driving licence", "Renew driving"),
            ("Passport fee", "Passport fee"),
            ("A+B  <script>", "A B script"),
            ("Twelve chars x", "Twelve chars"),
            ("القاهرة", "Payment"),
            ("", "Payment"),
        ] {
            assert_eq!(short_description(text), short);
            assert!(short.len() <= DESCRIPTION_LENGTH_MAX);
        }
    }
}
