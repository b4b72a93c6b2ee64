//! Asking what became of a prompt (`stkpushquery`). Asking changes nothing, so it may be asked again at any time.

use std::sync::Arc;

use serde::Serialize;

use super::exchange::Answer;
use super::outcome::{CallError, Doubt, Refusal, Side};
use super::{Credentials, Daraja, json};
use crate::channels::mpesa::prompt_codes::PromptCode;
use crate::channels::mpesa::wire::prompt::CODE_LEN_MAX;
use crate::channels::mpesa::wire::reply::{self, Reply};
use crate::payments::AttemptEvent;

const PATH: &str = "/mpesa/stkpushquery/v1/query";
/// What is answered as an error while the payer has not decided.
const BEING_PROCESSED: (&str, &str) = ("500.001.1001", "being processed");

/// What Safaricom says of a prompt. It never names a receipt: that somebody paid can be learned here, but not booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptStatus {
    /// The result code. None while there is no result.
    pub code: Option<Arc<str>>,
    /// What to tell the attempt. None for a code that we do not understand.
    pub news: Option<AttemptEvent>,
}

impl PromptStatus {
    fn of(answer: &Answer) -> Result<Self, CallError> {
        let object = match Reply::read(&answer.body) {
            Reply::Object(object) => object,
            Reply::Error(envelope)
                if envelope.code == BEING_PROCESSED.0
                    && envelope.message.to_ascii_lowercase().contains(BEING_PROCESSED.1) =>
            {
                return Ok(Self { code: None, news: Some(AttemptEvent::StillProcessing) });
            }
            Reply::Error(envelope) => return Err(CallError::of_envelope(&envelope)),
            Reply::Other => return Err(CallError::of_status(answer.status)),
        };
        let code = |name| reply::token(&object, name, CODE_LEN_MAX);
        match (code("ResponseCode"), code("ResultCode")) {
            (Some(response), _) if !reply::is_success(&response) => {
                let message = format!("Safaricom said {:?}", reply::message(&object, "ResponseDescription"));
                Err(Refusal { side: Side::Safaricom, code: Arc::from(&*response), message }.into())
            }
            (Some(_), Some(result)) if answer.status.is_success() => {
                let news = PromptCode::of(&result).map(|row| row.event);
                Ok(Self { code: Some(Arc::from(&*result)), news })
            }
            _ => Err(Doubt::NotUnderstood { status: answer.status.as_u16() }.into()),
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    credentials: Credentials,
    #[serde(rename = "CheckoutRequestID")]
    checkout_request_id: &'a str,
}

impl Daraja {
    /// Asks what became of the prompt with Safaricom's name `checkout_request_id`. Both kinds of error mean that we
    /// know no more than before.
    pub async fn query(&self, checkout_request_id: &str) -> Result<PromptStatus, CallError> {
        let body = json(&Body { credentials: self.credentials(), checkout_request_id });
        PromptStatus::of(&self.post(PATH, body).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::StatusCode;

    fn of(status: u16, body: &'static str) -> Result<PromptStatus, CallError> {
        PromptStatus::of(&Answer { status: StatusCode::from_u16(status).unwrap(), body: body.into() })
    }

    fn said(code: &str, news: Option<AttemptEvent>) -> Result<PromptStatus, CallError> {
        Ok(PromptStatus { code: Some(code.into()), news })
    }

    #[test]
    fn a_result_is_read_by_the_same_table_as_a_callback() {
        assert_eq!(
            of(200, r#"{"ResponseCode":"0","ResultCode":"1032","ResultDesc":"Cancelled"}"#),
            said("1032", Some(AttemptEvent::Declined))
        );
        assert_eq!(
            of(200, r#"{"ResponseCode":"0","ResultCode":0}"#),
            said("0", Some(AttemptEvent::SaidPaidWithoutReceipt))
        );
        assert_eq!(
            of(200, r#"{"ResponseCode":"0","ResultCode":"4999"}"#),
            said("4999", Some(AttemptEvent::StillProcessing))
        );
        assert_eq!(of(200, r#"{"ResponseCode":"0","ResultCode":"31337"}"#), said("31337", None));
    }

    #[test]
    fn while_the_payer_thinks_it_is_an_error_that_is_none() {
        let pending = PromptStatus { code: None, news: Some(AttemptEvent::StillProcessing) };
        let body = r#"{"requestId":"1","errorCode":"500.001.1001","errorMessage":"The transaction is being processed"}"#;
        assert_eq!(of(500, body), Ok(pending.clone()));
        assert_eq!(of(200, body), Ok(pending));
    }

    #[test]
    fn everything_else_leaves_us_as_wise_as_before() {
        for (status, body) in [
            (200, "<html></html>"),
            (200, r#"{"ResponseCode":"0"}"#),
            (200, r#"{"ResultCode":"1032"}"#),
            (500, r#"{"ResponseCode":"0","ResultCode":"1032"}"#),
            (200, r#"{"ResponseCode":"1","ResultCode":"1032"}"#),
            (400, r#"{"errorCode":"400.002.02","errorMessage":"Bad Request - Invalid CheckoutRequestID"}"#),
            (500, r#"{"errorCode":"500.001.1001","errorMessage":"Wrong credentials"}"#),
            (503, ""),
        ] {
            assert!(of(status, body).is_err(), "{status} {body}");
        }
    }
}
