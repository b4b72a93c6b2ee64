//! Somebody else that we call: each request is sent once, no redirect is followed, and of an answer so much is read and no
//! more. Whoever calls learns whether the other side may have had the request, because what may have been carried out is
//! not asked for again.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::header::{HOST, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use super::base::Base;
use super::connector::Connector;
use super::departure::DepartingBody;

/// A connection is given up after so much silence, before the other side does: a request that meets a connection just
/// closed may be lost, and nobody knows whether it was read.
const IDLE_MAX: Duration = Duration::from_secs(4);
/// Connections kept for the next request.
const IDLE_CONNECTIONS_MAX: usize = 32;
/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// An address that we call.
pub(crate) struct Destination {
    base: Base,
    client: Client<Connector, DepartingBody>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// Nothing has left us: the other side cannot have had it.
    #[error("nothing was sent: {0}")]
    NotSent(String),
    /// It may have had it.
    #[error("it may have been received: {0}")]
    Doubt(String),
}

impl Destination {
    pub(super) fn new(base: Base, connector: Connector) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            // A request that met a closed connection is sent on another only if the first handed it back unsent.
            .retry_canceled_requests(true)
            .set_host(false)
            .build(connector);
        Self { base, client }
    }

    /// Sends a request to a path below the address, once, and reads the whole answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
        within: Duration,
    ) -> Result<Response<Bytes>, NoAnswer> {
        let not_sent = |reason: &str| NoAnswer::NotSent(reason.to_owned());
        let target = self.base.below(path).ok_or_else(|| not_sent("the address is none"))?;
        let host = HeaderValue::from_str(&self.base.authority).map_err(|_| not_sent("the host is none"))?;
        let (body, departure) = DepartingBody::new(body);
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = target;
        *request.headers_mut() = headers;
        request.headers_mut().insert(HOST, host);
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| error_of(&error))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
            Ok(Response::from_parts(head, body.map_err(|error| error.to_string())?.to_bytes()))
        };
        let failure: String = match timeout_at(Instant::now() + within, exchange).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failure)) => failure,
            Err(_) => format!("no answer within {within:?}"),
        };
        if departure.withdraw() { Err(NoAnswer::NotSent(failure)) } else { Err(NoAnswer::Doubt(failure)) }
    }
}

/// What is at the bottom of an error of the connection.
fn error_of(error: &hyper_util::client::legacy::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
