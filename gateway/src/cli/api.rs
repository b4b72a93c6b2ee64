//! Speaking to a gateway as an agency does: over its public address, with a key. A demonstration on this machine has both in
//! its data directory.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::access::KeySecret;
use crate::process::{DemoKeys, DemoPlaces};

/// The longest answer in bytes.
const ANSWER_LEN_MAX: usize = 8 << 20;

/// Which gateway, and who asks.
#[derive(Debug, clap::Args)]
pub struct ApiFlags {
    /// Address of the gateway. Default: the demonstration of --data.
    #[arg(long, value_name = "URL")]
    api: Option<String>,
    /// File with the agency's key. Default: the test key of --agency in the demonstration of --data.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Agency whose test key is used.
    #[arg(long, value_name = "CODE", default_value = "kws")]
    agency: String,
    /// Data directory of a demonstration.
    #[arg(long, value_name = "FOLDER", default_value = "malipo-data")]
    data: PathBuf,
}

/// A gateway, and a key of an agency for it.
pub(super) struct Api {
    url: String,
    key: KeySecret,
    client: HttpClient,
}

/// Sends requests and reads whole answers.
#[derive(Clone)]
pub(super) struct HttpClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// Why the gateway could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// It is not known where it is, or who asks.
    #[error("{0}")]
    Unknown(String),
    /// It did not answer.
    #[error("{url} does not answer: {reason}")]
    NoAnswer {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// It refused.
    #[error("the gateway refused: {detail}")]
    Refused {
        /// With which status.
        status: StatusCode,
        /// Why.
        detail: String,
    },
}

impl HttpClient {
    pub(super) fn new() -> Self {
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// Sends this and waits for the whole answer.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
        deadline: Duration,
    ) -> Result<(StatusCode, Bytes), String> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = url.parse().map_err(|error| format!("{error}"))?;
        *request.headers_mut() = headers;
        let exchange = async {
            let response = self.0.request(request).await.map_err(|error| {
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
            })?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_LEN_MAX).collect().await;
            Ok((status, body.map_err(|error| error.to_string())?.to_bytes()))
        };
        tokio::time::timeout(deadline, exchange).await.map_err(|_| "no answer in time".to_owned())?
    }
}

/// Where the demonstration of a data directory is.
pub(super) fn demo_places(data: &std::path::Path) -> Result<DemoPlaces, ApiError> {
    let places = DemoPlaces::read(data).map_err(|error| ApiError::Unknown(error.to_string()))?;
    places.ok_or_else(|| {
        let data = data.display();
        ApiError::Unknown(format!(
            "no demonstration has run with {data}: start `malipo demo`, or name its --data"
        ))
    })
}

impl ApiFlags {
    /// The gateway that is meant.
    pub(super) fn api(&self) -> Result<Api, ApiError> {
        self.api_as(&self.agency)
    }

    /// The same, with the test key of this agency, unless another key is named.
    pub(super) fn api_as(&self, agency: &str) -> Result<Api, ApiError> {
        let url = self.place()?;
        let text = match &self.key_file {
            Some(path) => read_key(path)?,
            None => self.demo_key(agency)?,
        };
        Api::with(url, &text)
    }

    fn place(&self) -> Result<String, ApiError> {
        match &self.api {
            Some(url) => Ok(url.trim_end_matches('/').to_owned()),
            None => Ok(demo_places(&self.data)?.public),
        }
    }

    /// The same, with the test key of the Treasury, unless another key is named.
    pub(super) fn api_of_treasury(&self) -> Result<Api, ApiError> {
        let url = self.place()?;
        let text = match &self.key_file {
            Some(path) => read_key(path)?,
            None => self.demo_keys()?.treasury_key,
        };
        Api::with(url, &text)
    }

    /// The data directory of the demonstration.
    pub(super) fn data(&self) -> &std::path::Path {
        &self.data
    }

    fn demo_keys(&self) -> Result<DemoKeys, ApiError> {
        let keys = DemoKeys::read(&self.data).map_err(|error| ApiError::Unknown(error.to_string()))?;
        keys.ok_or_else(|| {
            let data = self.data.display();
            ApiError::Unknown(format!("{data} has no test keys: start `malipo demo`, or name a --key-file"))
        })
    }

    fn demo_key(&self, agency: &str) -> Result<String, ApiError> {
        let data = self.data.display();
        let keys = self.demo_keys()?;
        keys.agency_keys.get(&agency.to_lowercase()).cloned().ok_or_else(|| {
            let known: Vec<_> = keys.agency_keys.keys().map(String::as_str).collect();
            ApiError::Unknown(format!(
                "{data} has test keys of {} alone; name a --key-file",
                known.join(", ")
            ))
        })
    }
}

fn read_key(path: &std::path::Path) -> Result<String, ApiError> {
    std::fs::read_to_string(path).map_err(|error| ApiError::Unknown(format!("{}: {error}", path.display())))
}

impl Api {
    fn with(url: String, key: &str) -> Result<Self, ApiError> {
        let key = KeySecret::parse(key.trim()).map_err(|error| ApiError::Unknown(error.to_string()))?;
        Ok(Self { url, key, client: HttpClient::new() })
    }

    /// Where the gateway is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The key that is shown.
    pub(super) fn key(&self) -> &KeySecret {
        &self.key
    }

    /// The client, for addresses elsewhere.
    pub(super) fn client(&self) -> &HttpClient {
        &self.client
    }

    /// Asks for what stands at this path.
    pub(super) async fn get(&self, path: &str) -> Result<Bytes, ApiError> {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    /// Sends something to this path, under an idempotency key of its own.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        let answer = self.ask(Method::POST, path, body.to_string().into()).await?;
        serde_json::from_slice(&answer)
            .map_err(|error| ApiError::NoAnswer { url: self.url.clone(), reason: error.to_string() })
    }

    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes, ApiError> {
        let url = format!("{}{path}", self.url);
        let mut headers = HeaderMap::new();
        let mut add = |name: &'static str, value: String| {
            let value = value.try_into().expect("keys and numbers are visible ASCII");
            headers.insert(name, value);
        };
        add("authorization", format!("Bearer {}", self.key.reveal()));
        if method == Method::POST {
            add("content-type", "application/json".to_owned());
            add("idempotency-key", format!("malipo-{:032x}", rand::random::<u128>()));
        }
        let answered = self.client.send(method, &url, headers, body, Duration::from_secs(40)).await;
        let (status, body) =
            answered.map_err(|reason| ApiError::NoAnswer { url: self.url.clone(), reason })?;
        if status.is_success() {
            return Ok(body);
        }
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        Err(ApiError::Refused { status, detail: why(status, &problem) })
    }
}

/// What a problem says: of each field that is wrong, where it names any.
pub(super) fn why(status: StatusCode, problem: &Value) -> String {
    let of_field = |error: &Value| match (error["pointer"].as_str()?, error["detail"].as_str()?) {
        // The whole of what was sent is meant.
        ("", detail) => Some(detail.to_owned()),
        (pointer, detail) => Some(format!("{pointer}: {detail}")),
    };
    let fields: Vec<_> = problem["errors"].as_array().into_iter().flatten().filter_map(of_field).collect();
    if !fields.is_empty() {
        return fields.join("; ");
    }
    let reason = problem["detail"].as_str().or(status.canonical_reason());
    reason.unwrap_or("no reason given").to_owned()
}
