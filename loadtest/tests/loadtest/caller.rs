//! A small HTTP client for the tests.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Calls addresses and reads JSON.
#[derive(Clone)]
pub(crate) struct Caller(Client<HttpConnector, Full<Bytes>>);

impl Caller {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    pub(crate) async fn text(
        &self,
        method: Method,
        url: &str,
        authorization: Option<&str>,
        body: &str,
    ) -> (StatusCode, String) {
        let mut request = Request::builder().method(method).uri(url);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let request = request.body(Full::from(body.to_owned())).unwrap();
        let answer = self.0.request(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Sends a form, with the key of a carrier's customer, to somebody who may not answer to the end.
    pub(crate) async fn form(
        &self,
        url: &str,
        api_key: &str,
        form: &str,
    ) -> Result<(StatusCode, String), String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header("apiKey", api_key)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::from(form.to_owned()))
            .unwrap();
        let answer = self.0.request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok((status, String::from_utf8(body.to_vec()).unwrap()))
    }

    pub(crate) async fn json(
        &self,
        method: Method,
        url: &str,
        authorization: Option<&str>,
        body: &Value,
    ) -> (StatusCode, Value) {
        let (status, text) = self.text(method, url, authorization, &body.to_string()).await;
        (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }
}
