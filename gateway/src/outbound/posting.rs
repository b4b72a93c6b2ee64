//! Sending to an address that an agency named itself: the same connections, and the same care about where they lead, as
//! for requests that are handed on. No redirect is followed, and of the answer nothing counts but its head.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use tokio::time::timeout;

use super::base::Base;
use super::connections;
use super::connector::{ConnectError, Connector, connect_error};
use super::posting_address::NotAnAddress;

/// So much of an answer's body is read, so that its connection can be used again.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
const ANSWER_DEADLINE: Duration = Duration::from_secs(1);

/// Connections to one address.
pub(crate) struct PostLine {
    client: Client<Connector, Full<Bytes>>,
    target: Uri,
    host: HeaderValue,
}

/// The head of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PostAnswer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// How long to stay away, in seconds, if it says so.
    pub(crate) retry_after_seconds: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostFailure {
    /// There is no connection, or none that is allowed. Nothing was sent.
    #[error("{0}")]
    NoConnection(String),
    /// There was no answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended before there was an answer.
    #[error("the connection broke: {0}")]
    Broke(String),
}

/// Why nothing is ever sent to an address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NowhereToPost {
    /// It is no address.
    #[error(transparent)]
    NoAddress(#[from] NotAnAddress),
    /// It is one that is not connected to.
    #[error("Nothing is sent there: {0}.")]
    Refused(String),
}

impl PostLine {
    /// So many at a time. `None` if the address is none.
    pub(super) fn new(base: &Base, connector: Connector, places: usize) -> Option<Self> {
        let (target, host) = (base.below("")?, HeaderValue::from_str(&base.authority).ok()?);
        Some(Self { client: connections::kept(connector, places), target, host })
    }

    /// Sends this once and waits so long for the head of an answer, connecting included.
    pub(crate) async fn post(
        &self,
        mut headers: HeaderMap,
        body: Bytes,
        deadline: Duration,
    ) -> Result<PostAnswer, PostFailure> {
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_LENGTH, body.len().into());
        let mut request = Request::post(self.target.clone());
        if let Some(own) = request.headers_mut() {
            *own = headers;
        }
        let request =
            request.body(Full::new(body)).map_err(|error| PostFailure::NoConnection(error.to_string()))?;
        let answer =
            timeout(deadline, self.client.request(request)).await.map_err(|_| PostFailure::TimedOut)?;
        let answer = answer.map_err(|error| match connect_error(&error) {
            Some(ConnectError::TooSlow) => PostFailure::TimedOut,
            Some(connecting) => PostFailure::NoConnection(connecting.to_string()),
            None if error.is_connect() => PostFailure::NoConnection(error.to_string()),
            None => PostFailure::Broke(
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string),
            ),
        })?;
        let retry_after =
            answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let head = PostAnswer { status: answer.status(), retry_after_seconds: retry_after };
        read_to_its_end(answer).await;
        Ok(head)
    }
}

/// Reads a short body, so that the connection is free again. One that is long, or slow, is left with its connection.
async fn read_to_its_end(answer: Response<Incoming>) {
    let reading = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect();
    // Whatever it says, its head has been heard.
    let _ = timeout(ANSWER_DEADLINE, reading).await;
}
