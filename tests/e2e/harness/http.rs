//! A client that shows everything and assumes nothing. Each call has a connection of its own, so that a gateway that was
//! killed and started again is never met through a connection of its former life.

use std::sync::LazyLock;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::task::JoinSet;

use super::patience::PATIENCE;

/// Calls that are under way at once where many are sent.
const AT_ONCE: usize = 16;

/// The runtime of everything in a test that needs one.
pub(crate) fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made")
    });
    &RUNTIME
}

fn client() -> &'static Client<HttpConnector, Full<Bytes>> {
    static CLIENT: LazyLock<Client<HttpConnector, Full<Bytes>>> =
        LazyLock::new(|| Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http());
    &CLIENT
}

/// A request that is being put together.
#[derive(Clone)]
pub(crate) struct Call {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

/// A complete answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// `GET`.
pub(crate) fn get(url: impl Into<String>) -> Call {
    Call::new(Method::GET, url)
}

/// `POST` with a JSON body.
pub(crate) fn post(url: impl Into<String>, body: &Value) -> Call {
    Call::new(Method::POST, url).body(body.to_string())
}

/// `POST` with a form, now.
pub(crate) fn post_form(url: &str, form: &str) -> Answer {
    let call = Call::new(Method::POST, url).body(form.to_owned());
    call.header("content-type", "application/x-www-form-urlencoded").send()
}

impl Call {
    pub(crate) fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// The body as these bytes, said to be JSON.
    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", "application/json")
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a test sends visible headers");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    pub(crate) fn key(self, secret: &str) -> Self {
        self.header("authorization", &format!("Bearer {secret}"))
    }

    pub(crate) fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sends it and waits for the whole answer.
    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        let what = format!("{} {}", self.method, self.url);
        self.try_send().unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Sends it to somebody who may not answer.
    pub(crate) fn try_send(self) -> Result<Answer, String> {
        runtime().block_on(self.answered_over(client()))
    }

    async fn answered_over(self, client: &Client<HttpConnector, Full<Bytes>>) -> Result<Answer, String> {
        let mut request = Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.url.parse().map_err(|error| format!("{error}"))?;
        *request.headers_mut() = self.headers;
        let exchange = async {
            let response = client.request(request).await.map_err(|error| format!("{error:?}"))?;
            let (head, body) = response.into_parts();
            let is_stream = head.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
            // Of a stream of events, which has no end, the first message.
            let body = match is_stream {
                true => first_of(body).await,
                false => body.collect().await.map_err(|error| error.to_string())?.to_bytes(),
            };
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
        };
        tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| "no answer in time".to_owned())?
    }
}

/// Sends many to a gateway that is not killed meanwhile, some at a time and over connections that are kept: a hundred thousand of
/// its own would be more than a machine has. Shows each answer as it comes.
pub(crate) fn send_all<T: Send + 'static>(
    mut calls: impl Iterator<Item = (T, Call)>,
    mut see: impl FnMut(T, Answer),
) {
    static STEADY: LazyLock<Client<HttpConnector, Full<Bytes>>> =
        LazyLock::new(|| Client::builder(TokioExecutor::new()).build_http());
    runtime().block_on(async {
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() < AT_ONCE
                && let Some((what, call)) = calls.next()
            {
                under_way.spawn(async move { (what, call.answered_over(&STEADY).await) });
            }
            let Some(ended) = under_way.join_next().await else { return };
            let (what, answer) = ended.expect("a call does not panic");
            see(what, answer.unwrap_or_else(|error| panic!("there is no answer: {error}")));
        }
    });
}

async fn first_of(mut body: hyper::body::Incoming) -> Bytes {
    let frame = body.frame().await.and_then(Result::ok);
    frame.and_then(|frame| frame.into_data().ok()).unwrap_or_default()
}

impl Answer {
    /// Goes on if the status is this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are text"))
    }

    /// The code of a problem.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        let body = self.json();
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{body}");
        body["code"].as_str().expect("a problem has a code").to_owned()
    }
}
