//! The handsets of the simulated Safaricom, asked over its control calls. Only a demonstration has them.

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
        match self.call(Method::GET, phone, "", Bytes::new()).await? {
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

    async fn press(
        &self,
        phone: Subscriber,
        keys: &str,
        body: serde_json::Value,
    ) -> Result<Pressed, HandsetError> {
        let (status, _) = self.call(Method::POST, phone, keys, body.to_string().into()).await?;
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
        phone: Subscriber,
        keys: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), HandsetError> {
        let base = self.sandbox.to_string();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/control/handset/{}{keys}", base.trim_end_matches('/'), phone.digits()))
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
