//! Telling Safaricom where to call us (`registerurl`). Done once in the life of a paybill: in production a second
//! registration is refused, and only Safaricom's portal can remove the first.

use serde::Serialize;

use super::exchange::Answer;
use super::outcome::{CallError, Refusal, Side};
use super::{Daraja, json};
use crate::channels::mpesa::wire::prompt::CODE_LEN_MAX;
use crate::channels::mpesa::wire::reply::{self, Reply};

/// Which of the two works depends on the product that the application has. The second hides payers' numbers.
const VERSIONS: [(u8, &str); 2] = [(2, "/mpesa/c2b/v2/registerurl"), (1, "/mpesa/c2b/v1/registerurl")];
/// The application lacks the product, or the version does not exist for it.
const NOT_THIS_VERSION: [&str; 2] = ["401.003.01", "404.001.01"];
/// An error that means several things, and what it says when it means this one.
const ALREADY_REGISTERED: (&str, &str) = ("500.003.1001", "already registered");

/// Where Safaricom is to call.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// Asked before money moves.
    pub validation_url: &'a str,
    /// Told after it has moved.
    pub confirmation_url: &'a str,
    /// What happens when we do not answer a validation.
    pub default_action: DefaultAction,
}

/// What becomes of a payment when the validation address cannot be reached: of every payment, while we are down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum DefaultAction {
    /// The money moves unasked.
    Completed,
    /// The payer is refused.
    Cancelled,
}

/// What came of registering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// These addresses hold from now on.
    Now {
        /// Of which version of the interface.
        version: u8,
    },
    /// Some addresses were registered before, and they still hold. Which, Safaricom does not say.
    Before,
}

impl Registered {
    fn of(version: u8, answer: &Answer) -> Result<Self, CallError> {
        let object = match Reply::read(&answer.body) {
            Reply::Object(object) => object,
            Reply::Error(envelope)
                if envelope.code == ALREADY_REGISTERED.0
                    && envelope.message.to_ascii_lowercase().contains(ALREADY_REGISTERED.1) =>
            {
                return Ok(Self::Before);
            }
            Reply::Error(envelope) => return Err(CallError::of_envelope(&envelope)),
            Reply::Other => return Err(CallError::of_status(answer.status)),
        };
        match reply::token(&object, "ResponseCode", CODE_LEN_MAX) {
            Some(code) if reply::is_success(&code) && answer.status.is_success() => Ok(Self::Now { version }),
            Some(code) if !reply::is_success(&code) => {
                let message = format!("Safaricom said {:?}", reply::message(&object, "ResponseDescription"));
                Err(Refusal { side: Side::Safaricom, code: (&*code).into(), message }.into())
            }
            _ => Err(CallError::of_status(answer.status)),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    short_code: u64,
    response_type: DefaultAction,
    #[serde(rename = "ConfirmationURL")]
    confirmation_url: &'a str,
    #[serde(rename = "ValidationURL")]
    validation_url: &'a str,
}

impl Daraja {
    /// Registers our addresses. May be asked again after any error: the same registration twice is one.
    pub async fn register(&self, registration: &Registration<'_>) -> Result<Registered, CallError> {
        let body = json(&Body {
            short_code: self.0.short_code,
            response_type: registration.default_action,
            confirmation_url: registration.confirmation_url,
            validation_url: registration.validation_url,
        });
        let [(newer, newer_path), (older, older_path)] = VERSIONS;
        match Registered::of(newer, &self.post(newer_path, body.clone()).await?) {
            Err(CallError::Refused(refusal)) if NOT_THIS_VERSION.contains(&&*refusal.code) => {
                Registered::of(older, &self.post(older_path, body).await?)
            }
            outcome => outcome,
        }
    }
}
