//! One request and its answer, over a connection that is kept for the next.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use super::outcome::{CallError, Doubt, Refusal, Side};
use crate::outbound::departure::DepartingBody;

/// The longest answer that is read, where it is no list. Those we know have a few hundred bytes.
pub(super) const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// A connection is given up after this much silence, before the other side does: a request that meets a connection
/// just closed may be lost, and with a prompt that means an attempt whose outcome nobody knows.
const IDLE_MAX: Duration = Duration::from_secs(10);
/// Connections kept for the next request.
const IDLE_CONNECTIONS_MAX: usize = 16;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NAME: HeaderValue = HeaderValue::from_static("malipo");

/// Connections to Safaricom.
pub(super) struct Exchange {
    connections: Client<HttpsConnector<HttpConnector>, DepartingBody>,
    /// Without a slash at its end.
    base_url: String,
}

/// An answer that arrived whole.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its status, which says little.
    pub(super) status: StatusCode,
    /// What it says.
    pub(super) body: Bytes,
}

impl Exchange {
    pub(super) fn with(base_url: &Uri) -> Self {
        // The public authorities that Mozilla trusts; only TLS 1.2 and 1.3 are offered.
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let connections = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            // A request that met a closed connection is sent on another only if the first handed it back unsent.
            .retry_canceled_requests(true)
            .build(connector);
        Self { connections, base_url: base_url.to_string().trim_end_matches('/').to_owned() }
    }

    /// Gets what stands at this path.
    pub(super) async fn get(
        &self,
        path: &str,
        authorization: &HeaderValue,
        deadline: Instant,
    ) -> Result<Answer, CallError> {
        self.send(Method::GET, path, authorization, Bytes::new(), deadline, ANSWER_BYTES_MAX).await
    }

    /// Posts a JSON body to this path, once, for an answer of so many bytes at most.
    pub(super) async fn post(
        &self,
        path: &str,
        authorization: &HeaderValue,
        body: Bytes,
        deadline: Instant,
        answer_bytes_max: usize,
    ) -> Result<Answer, CallError> {
        self.send(Method::POST, path, authorization, body, deadline, answer_bytes_max).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        authorization: &HeaderValue,
        body: Bytes,
        deadline: Instant,
        answer_bytes_max: usize,
    ) -> Result<Answer, CallError> {
        let (body, departure) = DepartingBody::new(body);
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base_url))
            .header(AUTHORIZATION, authorization)
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, JSON)
            .header(USER_AGENT, NAME)
            .body(body)
            .expect("the address was checked and paths are ours");
        let answered = timeout_at(deadline, async {
            let answer = self.connections.request(request).await.map_err(Trouble::Request)?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), answer_bytes_max).collect().await;
            Ok(Answer { status, body: body.map_err(Trouble::Answer)?.to_bytes() })
        });
        match answered.await {
            Ok(Ok(answer)) => Ok(answer),
            // From here on it matters whether anything left us.
            Err(_) if departure.withdraw() => {
                Err(Refusal::not_sent(Side::Network, "no connection could be made in time").into())
            }
            Ok(Err(Trouble::Request(error))) if error.is_connect() || departure.withdraw() => {
                Err(Refusal::not_sent_because(&error).into())
            }
            Err(_) => Err(Doubt::NoAnswerInTime.into()),
            Ok(Err(Trouble::Answer(error))) if error.is::<LengthLimitError>() => {
                Err(Doubt::AnswerTooLong.into())
            }
            Ok(Err(_)) => Err(Doubt::ConnectionBroke.into()),
        }
    }
}

enum Trouble {
    Request(hyper_util::client::legacy::Error),
    Answer(Box<dyn std::error::Error + Send + Sync>),
}
