//! The handsets of the simulated Safaricom, and the text messages on all of them, asked over its control calls. Only a demonstration has them.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::json;

use crate::channels::mpesa::subscriber::Subscriber;

/// The longest answer that is read: fifty messages of a thousand characters.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// A payment is validated before it is answered, which may take Safaricom eight seconds.
const DEADLINE: Duration = Duration::from_secs(20);
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The simulated Safaricom. A connection is made for each call: one person plays with it at a time.
pub(super) struct Handsets<'a> {
    sandbox: &'a Uri,
}

/// What a handset shows.
#[derive(Debug, Deserialize)]
pub(super) struct Handset {
    /// The prompt that waits for a PIN.
    pub(super) prompt: Option<Prompt>,
    /// Text messages, the oldest first.
    pub(super) messages: Vec<Message>,
}

/// A prompt that waits.
#[derive(Debug, Deserialize)]
pub(super) struct Prompt {
    pub(super) text: String,
    pub(super) seconds_left: i64,
}

/// A text message.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    /// RFC 3339.
    pub(super) at: String,
    pub(super) sender: String,
    pub(super) text: String,
}

/// The newest text messages on all phones.
#[derive(Debug, Deserialize)]
pub(super) struct Inbox {
    /// The oldest first.
    pub(super) messages: Vec<CarriedMessage>,
}

/// A text message that a simulated carrier has carried.
#[derive(Debug, Deserialize)]
pub(super) struct CarriedMessage {
    /// RFC 3339.
    pub(super) at: String,
    /// Who carried it.
    pub(super) carrier: String,
    /// Twelve digits.
    pub(super) phone: String,
    pub(super) sender: String,
    pub(super) text: String,
    /// Messages that it takes to carry the text.
    pub(super) segments: u64,
}

/// What became of pressing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    /// It was taken; the handset shows the rest.
    Taken,
    /// The handset shows no prompt.
    NoPrompt,
    /// What was typed makes no sense there.
    NotUnderstood,
}

/// The simulated Safaricom could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandsetError {
    /// No answer within the deadline.
    #[error("the simulated Safaricom does not answer in time")]
    Late,
    /// The connection or the answer is broken.
    #[error("the simulated Safaricom cannot be reached: {0}")]
    Broken(String),
    /// An answer that this release does not know.
    #[error("the simulated Safaricom answered {0}")]
    Unexpected(StatusCode),
}

impl<'a> Handsets<'a> {
    /// Those of this simulated Safaricom.
    pub(super) fn of(sandbox: &'a Uri) -> Self {
        Self { sandbox }
    }

    /// What a phone shows.
    pub(super) async fn look(&self, phone: Subscriber) -> Result<Handset, HandsetError> {
        match self.call(Method::GET, &handset(phone, ""), Bytes::new()).await? {
            (StatusCode::OK, body) => {
                serde_json::from_slice(&body).map_err(|error| HandsetError::Broken(error.to_string()))
            }
            (status, _) => Err(HandsetError::Unexpected(status)),
        }
    }

    /// Enters a PIN.
    pub(super) async fn press_pin(&self, phone: Subscriber, pin: &str) -> Result<Pressed, HandsetError> {
        self.press(phone, "/pin", json!({ "pin": pin })).await
    }

    /// Declines the prompt.
    pub(super) async fn press_cancel(&self, phone: Subscriber) -> Result<Pressed, HandsetError> {
        self.press(phone, "/cancel", json!({})).await
    }

    /// Pays by paybill. Whether it was accepted is in a message on the phone.
    pub(super) async fn pay(
        &self,
        phone: Subscriber,
        account: &str,
        amount: &str,
    ) -> Result<Pressed, HandsetError> {
        self.press(phone, "/pay", json!({ "account": account, "amount": amount })).await
    }

    /// The newest text messages on all phones.
    pub(super) async fn inbox(&self) -> Result<Inbox, HandsetError> {
        match self.call(Method::GET, "messages", Bytes::new()).await? {
            (StatusCode::OK, body) => {
                serde_json::from_slice(&body).map_err(|error| HandsetError::Broken(error.to_string()))
            }
            (status, _) => Err(HandsetError::Unexpected(status)),
        }
    }

    /// Answers a text message, by the carrier that is asked first.
    pub(super) async fn answer(&self, phone: Subscriber, text: &str) -> Result<(), HandsetError> {
        let body = json!({ "phone": phone.digits(), "text": text }).to_string();
        match self.call(Method::POST, "carriers/first/incoming", body.into()).await? {
            (status, _) if status.is_success() => Ok(()),
            (status, _) => Err(HandsetError::Unexpected(status)),
        }
    }

    async fn press(
        &self,
        phone: Subscriber,
        keys: &str,
        body: serde_json::Value,
    ) -> Result<Pressed, HandsetError> {
        let (status, _) = self.call(Method::POST, &handset(phone, keys), body.to_string().into()).await?;
        match status {
            status if status.is_success() => Ok(Pressed::Taken),
            StatusCode::CONFLICT => Ok(Pressed::NoPrompt),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Ok(Pressed::NotUnderstood),
            status => Err(HandsetError::Unexpected(status)),
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), HandsetError> {
        let base = self.sandbox.to_string();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/control/{path}", base.trim_end_matches('/')))
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, JSON)
            .body(Full::new(body))
            .map_err(|error| HandsetError::Broken(error.to_string()))?;
        let exchange = async {
            let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
            let answer =
                client.request(request).await.map_err(|error| HandsetError::Broken(error.to_string()))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
            let body = body.map_err(|error| HandsetError::Broken(error.to_string()))?;
            Ok((status, body.to_bytes()))
        };
        tokio::time::timeout(DEADLINE, exchange).await.map_err(|_| HandsetError::Late)?
    }
}

/// The path of a handset's keys.
fn handset(phone: Subscriber, keys: &str) -> String {
    format!("handset/{}{keys}", phone.digits())
}
