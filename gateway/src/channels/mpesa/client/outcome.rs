//! How a call to Safaricom can end other than well.
//!
//! There are two ways, and they must never be mixed up. *Refused*: it did not happen, so asking again is safe.
//! *Unknown*: it left us and may have happened, so a payer must not be asked again.

use std::error::Error;
use std::sync::Arc;

use hyper::StatusCode;

use crate::channels::mpesa::wire::reply::ErrorEnvelope;

/// A call did not end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It did not happen.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It may have happened.
    #[error("it is not known whether Safaricom did what was asked: {0}")]
    Unknown(#[from] Doubt),
}

/// What was asked did not happen: Safaricom said so, or was never reached. Asking again is safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code}); nothing happened, and asking again is safe{}", side.advice())]
pub struct Refusal {
    /// Who has to do something about it.
    pub side: Side,
    /// Safaricom's code, such as `500.003.02`; or `not_sent`, or `http_403` where there was no code.
    pub code: Arc<str>,
    /// For the log. At most a few hundred bytes; no secret and nothing of the payer.
    pub message: String,
}

/// On whose side a failure lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Ours: our credentials, our request, our arrangement with Safaricom. Asking again without a change is useless.
    Ours,
    /// Somewhere on the way.
    Network,
    /// Safaricom's: it is busy, or it does not work.
    Safaricom,
    /// The payer's: another request is open on the phone.
    Payer,
}

/// Why it is not known whether something happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The request left, and no answer came before the deadline.
    #[error("no answer in time")]
    NoAnswerInTime,
    /// The request left, and the connection broke.
    #[error("the connection broke before the answer was complete")]
    ConnectionBroke,
    /// The answer is longer than any answer we know, or than a page of a list may be.
    #[error("the answer is too long to be read")]
    AnswerTooLong,
    /// The answer says neither yes nor no: a page of HTML, an acceptance without the name of what was accepted.
    #[error("the answer with status {status} could not be understood")]
    NotUnderstood {
        /// Its HTTP status.
        status: u16,
    },
    /// An error that does not tell whether it came before or after the deed.
    #[error("Safaricom said {code} {message:?}, which leaves it open")]
    LeftOpen {
        /// Its code.
        code: String,
        /// What it said.
        message: String,
    },
}

impl Side {
    const fn advice(self) -> &'static str {
        match self {
            Self::Ours => ", and useless until something is changed on our side",
            Self::Network | Self::Safaricom | Self::Payer => "",
        }
    }
}

impl Doubt {
    /// Where it arose, as far as can be told from here.
    pub const fn side(&self) -> Side {
        match self {
            Self::NoAnswerInTime | Self::ConnectionBroke => Side::Network,
            Self::AnswerTooLong | Self::NotUnderstood { .. } | Self::LeftOpen { .. } => Side::Safaricom,
        }
    }
}

impl Refusal {
    /// It never left us.
    pub(super) fn not_sent(side: Side, why: impl Into<String>) -> Self {
        Self { side, code: Arc::from("not_sent"), message: why.into() }
    }

    /// It never left us, because of this error.
    pub(super) fn not_sent_because(error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        // The outermost error says "client error"; what happened stands at the bottom.
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        Self::not_sent(Side::Network, message)
    }
}

impl CallError {
    /// What an error of Safaricom's means. Codes and sentences are those that integrators report; one that is not
    /// among them leaves it open.
    pub(super) fn of_envelope(envelope: &ErrorEnvelope<'_>) -> Self {
        let ErrorEnvelope { code, message } = envelope;
        let sentence = message.to_ascii_lowercase();
        let says = |words: &str| sentence.contains(words);
        let refused = |side, code: &str| {
            Self::Refused(Refusal {
                side,
                code: Arc::from(code),
                message: format!("Safaricom said {message:?}"),
            })
        };
        match &**code {
            "500.003.02" | "500.003.03" => refused(Side::Safaricom, code),
            // One code for many things; the sentence tells them apart.
            "500.001.1001" if says("lock subscriber") => {
                // The result of a prompt has a code for the same thing, and the payer's advice goes by that.
                refused(Side::Payer, "1001")
            }
            "500.001.1001" if says("merchant does not exist") || says("wrong credentials") => {
                refused(Side::Ours, code)
            }
            // The number is nobody's at M-PESA. Whoever types such numbers must not put an end to prompts for a whole country.
            "400.002.02" if says("phonenumber") || says("partya") => refused(Side::Payer, code),
            _ if ["400.", "401.", "403.", "404.", "405."].iter().any(|known| code.starts_with(known)) => {
                refused(Side::Ours, code)
            }
            _ => Doubt::LeftOpen { code: code.to_string(), message: message.to_string() }.into(),
        }
    }

    /// What a status means that came without anything we understand. One of 400 to 499 says that the request was not
    /// taken; others say nothing.
    pub(super) fn of_status(status: StatusCode) -> Self {
        if !status.is_client_error() || status == StatusCode::REQUEST_TIMEOUT {
            return Doubt::NotUnderstood { status: status.as_u16() }.into();
        }
        let side = if status == StatusCode::TOO_MANY_REQUESTS { Side::Safaricom } else { Side::Ours };
        let code = format!("http_{}", status.as_u16()).into();
        Refusal { side, code, message: format!("the request was answered {status}") }.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_refusal_only_where_that_is_certain() {
        for (code, message, side) in [
            ("400.002.02", "Bad Request - Invalid Amount", Some(Side::Ours)),
            ("400.002.02", "Bad Request - Invalid PhoneNumber", Some(Side::Payer)),
            ("400.002.02", "Bad Request - Invalid PartyA", Some(Side::Payer)),
            ("400.002.02", "Bad Request - Invalid PartyB", Some(Side::Ours)),
            ("401.003.01", "Invalid API call as no apiproduct match found", Some(Side::Ours)),
            ("404.001.03", "Invalid Access Token", Some(Side::Ours)),
            ("500.003.02", "System is busy. Please try again in few minutes.", Some(Side::Safaricom)),
            ("500.003.03", "Quota exceeded", Some(Side::Safaricom)),
            ("500.001.1001", "Merchant does not exist", Some(Side::Ours)),
            ("500.001.1001", "Wrong credentials", Some(Side::Ours)),
            (
                "500.001.1001",
                "Unable to lock subscriber, a transaction is already in process",
                Some(Side::Payer),
            ),
            ("500.001.1001", "The transaction is being processed", None),
            ("500.001.1001", "", None),
            ("500.003.1001", "Internal Server Error", None),
            ("500.002.1001", "Duplicate", None),
            ("999", "?", None),
        ] {
            let envelope = ErrorEnvelope { code: code.into(), message: message.into() };
            match CallError::of_envelope(&envelope) {
                CallError::Refused(refusal) => assert_eq!(Some(refusal.side), side, "{code} {message}"),
                CallError::Unknown(doubt) => assert_eq!(side, None, "{code} {message} {doubt}"),
            }
        }
    }

    #[test]
    fn a_status_alone_refuses_only_between_400_and_499() {
        let refused = |status| matches!(CallError::of_status(status), CallError::Refused(_));
        for status in [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::TOO_MANY_REQUESTS] {
            assert!(refused(status), "{status}");
        }
        for status in [
            StatusCode::OK,
            StatusCode::FOUND,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ] {
            assert!(!refused(status), "{status}");
        }
    }

    #[test]
    fn an_error_says_whether_to_ask_again() {
        let refusal = Refusal::not_sent(Side::Network, "tcp connect error");
        assert_eq!(
            CallError::from(refusal).to_string(),
            "tcp connect error (not_sent); nothing happened, and asking again is safe"
        );
        let ours = CallError::of_status(StatusCode::FORBIDDEN).to_string();
        assert!(ours.ends_with("useless until something is changed on our side"), "{ours}");
    }
}
