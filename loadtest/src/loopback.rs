//! Addresses on this machine, and the client that posts to them.
//!
//! Neither the sandbox nor the load generator may ever reach another machine: the one would send made-up
//! payments to a real merchant, the other would attack him. So an address is parsed into a [`LoopbackUrl`]
//! once, and the client takes nothing else.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client as PooledClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// The largest answer anybody here reads, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// The same where a statement of a day is read.
const LONG_ANSWER_BYTES_MAX: usize = 512 * 1024 * 1024;

/// How long an unused connection is kept. Shorter than any sensible server's own limit, so that a connection
/// is seldom closed by the other side at the very moment a message leaves on it.
const IDLE_MAX: Duration = Duration::from_secs(4);

/// An `http` address whose host is this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopbackUrl {
    uri: Uri,
}

/// Why an address is not one this crate will speak to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLoopback {
    /// Not an absolute address.
    #[error("{0:?} is not an absolute http address")]
    NotAnAddress(String),
    /// Another scheme than plain `http`.
    #[error("{0:?} is not plain http, the only scheme spoken on this machine's own loopback")]
    Scheme(String),
    /// A host that is not this machine.
    #[error("{0:?} is not a loopback address; nothing here may ever talk to another machine")]
    Host(String),
}

impl LoopbackUrl {
    /// The address of a path below this one. `path` begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        let base = self.uri.path().trim_end_matches('/');
        let joined = format!("http://{}{base}{path}", self.authority());
        joined.parse().expect("a path added to a valid address leaves it valid and on this machine")
    }

    /// Host and port.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }
}

impl From<SocketAddr> for LoopbackUrl {
    /// A listener's own address. A listener on every interface is reached by the loopback one.
    fn from(address: SocketAddr) -> Self {
        let ip = if address.ip().is_loopback() { address.ip() } else { IpAddr::V4(Ipv4Addr::LOCALHOST) };
        format!("http://{}", SocketAddr::new(ip, address.port())).parse().expect("a loopback address")
    }
}

impl FromStr for LoopbackUrl {
    type Err = NotLoopback;

    fn from_str(text: &str) -> Result<Self, NotLoopback> {
        let uri: Uri = text.parse().map_err(|_| NotLoopback::NotAnAddress(text.to_owned()))?;
        let Some(authority) = uri.authority() else { return Err(NotLoopback::NotAnAddress(text.to_owned())) };
        if uri.scheme_str() != Some("http") || authority.as_str().contains('@') {
            return Err(NotLoopback::Scheme(text.to_owned()));
        }
        let host = authority.host();
        if host.eq_ignore_ascii_case("localhost") {
            // Written as a number, so that no hosts file or resolver can send it elsewhere.
            let port = authority.port_u16().map_or_else(String::new, |port| format!(":{port}"));
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            return format!("http://127.0.0.1{port}{path}").parse();
        }
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        match literal.parse::<IpAddr>() {
            Ok(ip) if ip.is_loopback() => Ok(Self { uri }),
            _ => Err(NotLoopback::Host(text.to_owned())),
        }
    }
}

impl fmt::Display for LoopbackUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(formatter)
    }
}

/// A complete answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// Why there is no complete answer. Whether the other side acted on the request is then unknown, except where
/// nothing could be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// No connection: the other side cannot have seen the request.
    #[error("could not connect")]
    NotConnected,
    /// The connection ended before the answer was complete.
    #[error("connection lost: {0}")]
    Lost(String),
    /// The time was up.
    #[error("no answer within {} ms", .0.as_millis())]
    TooLate(Duration),
}

/// Calls addresses on this machine over pooled keep-alive connections.
#[derive(Clone)]
pub(crate) struct Client {
    pool: PooledClient<HttpConnector, Full<Bytes>>,
}

impl Client {
    /// A client that keeps at most `idle_max` unused connections to each address.
    pub(crate) fn new(idle_max: usize) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(5)));
        let pool = PooledClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(idle_max)
            .build(connector);
        Self { pool }
    }

    /// Posts JSON and waits for the whole answer, at most `limit` long.
    pub(crate) async fn post(
        &self,
        url: &LoopbackUrl,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        limit: Duration,
    ) -> Result<Answer, NoAnswer> {
        self.send(Method::POST, url, headers, body, limit).await
    }

    /// Gets a resource whole.
    pub(crate) async fn get(
        &self,
        url: &LoopbackUrl,
        headers: &[(HeaderName, HeaderValue)],
        limit: Duration,
    ) -> Result<Answer, NoAnswer> {
        self.send(Method::GET, url, headers, Bytes::new(), limit).await
    }

    /// Puts JSON and waits for the whole answer.
    pub(crate) async fn put(
        &self,
        url: &LoopbackUrl,
        body: Bytes,
        limit: Duration,
    ) -> Result<Answer, NoAnswer> {
        self.send(Method::PUT, url, &[], body, limit).await
    }

    /// Posts JSON and waits for an answer that may be long.
    pub(crate) async fn post_long(
        &self,
        url: &LoopbackUrl,
        body: Bytes,
        limit: Duration,
    ) -> Result<Answer, NoAnswer> {
        self.exchange(Method::POST, url, &[], body, (limit, LONG_ANSWER_BYTES_MAX)).await
    }

    /// Gets something that may be long.
    pub(crate) async fn get_long(&self, url: &LoopbackUrl, limit: Duration) -> Result<Answer, NoAnswer> {
        self.exchange(Method::GET, url, &[], Bytes::new(), (limit, LONG_ANSWER_BYTES_MAX)).await
    }

    async fn send(
        &self,
        method: Method,
        url: &LoopbackUrl,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        limit: Duration,
    ) -> Result<Answer, NoAnswer> {
        self.exchange(method, url, headers, body, (limit, ANSWER_BYTES_MAX)).await
    }

    async fn exchange(
        &self,
        method: Method,
        url: &LoopbackUrl,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        (limit, bytes_max): (Duration, usize),
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = url.uri.clone();
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in headers {
            request.headers_mut().insert(name, value.clone());
        }
        let exchange = async {
            let response = self.pool.request(request).await.map_err(|error| {
                if error.is_connect() { NoAnswer::NotConnected } else { NoAnswer::Lost(root_cause(&error)) }
            })?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, bytes_max)
                .collect()
                .await
                .map_err(|error| NoAnswer::Lost(root_cause(error.as_ref())))?
                .to_bytes();
            Ok(Answer { status: head.status, body })
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or(Err(NoAnswer::TooLate(limit)))
    }
}

fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_an_address() {
        for right in
            ["http://127.0.0.1:8081/cb/x", "http://localhost:80", "http://[::1]:9/", "http://127.9.9.9"]
        {
            assert!(right.parse::<LoopbackUrl>().is_ok(), "{right}");
        }
        for wrong in [
            "http://example.test/",
            "http://10.0.0.1:8081/",
            "http://127.0.0.1.example.test/",
            "http://localhost.example.test/",
            "http://127.0.0.1@example.test/",
            "http://0.0.0.0:8081/",
            "https://127.0.0.1/",
            "/cb/x",
            "",
        ] {
            assert!(wrong.parse::<LoopbackUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_name_localhost_is_never_resolved() {
        let url: LoopbackUrl = "http://LOCALHOST:8081/cb/x?y=1".parse().unwrap();
        assert_eq!(url.to_string(), "http://127.0.0.1:8081/cb/x?y=1");
    }

    #[test]
    fn paths_are_added_below_the_base() {
        let url: LoopbackUrl = "http://127.0.0.1:8081/cb/token/".parse().unwrap();
        assert_eq!(url.join("/c2b/confirm").to_string(), "http://127.0.0.1:8081/cb/token/c2b/confirm");
    }
}
