//! A made-up merchant: it answers validations, confirmations and prompt results as it is told, and remembers
//! what it was sent.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A message the merchant was sent.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// `validate`, `confirm` or the last part of the prompt's callback address.
    pub(crate) what: String,
    pub(crate) body: Value,
}

/// How the merchant answers.
#[derive(Debug, Clone)]
pub(crate) struct Manners {
    pub(crate) validation: Value,
    pub(crate) validation_takes: Duration,
    /// How long it takes over the next confirmation only.
    pub(crate) next_confirmation_takes: Duration,
    /// How many confirmations it answers with 503 first.
    pub(crate) confirmations_refused: u32,
    /// How many confirmations it takes without a word, closing the connection.
    pub(crate) confirmations_dropped: u32,
}

pub(crate) struct Merchant {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    manners: Manners,
    received: Vec<Received>,
    /// Bills made through the public API, and whether they are paid, by payment number.
    bills: BTreeMap<String, bool>,
}

impl Merchant {
    /// A merchant that accepts everything.
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let manners = Manners {
            validation: json!({"ResultCode": "0", "ResultDesc": "Accepted", "ThirdPartyTransID": "PAY-1"}),
            validation_takes: Duration::ZERO,
            next_confirmation_takes: Duration::ZERO,
            confirmations_refused: 0,
            confirmations_dropped: 0,
        };
        let state = Arc::new(Mutex::new(State { manners, received: Vec::new(), bills: BTreeMap::new() }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn behave(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.state.lock().unwrap().manners);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// What it was sent, by kind, in order.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.received().into_iter().map(|received| received.what).collect()
    }

    /// The bodies of one kind, in order.
    pub(crate) fn bodies(&self, what: &str) -> Vec<Value> {
        self.received()
            .into_iter()
            .filter(|received| received.what == what)
            .map(|received| received.body)
            .collect()
    }
}

async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let path = request.uri().path().to_owned();
    if path.starts_with("/v1/bills") {
        return Ok(bills(&state, &path, &request));
    }
    let what = path.rsplit('/').next().unwrap().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    // Carriers send forms.
    let body: Value = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::String(String::from_utf8(body.to_vec()).unwrap()));
    let (status, answer, pause) = {
        let mut state = state.lock().unwrap();
        state.received.push(Received { what: what.clone(), body: body.clone() });
        match what.as_str() {
            "validate" => (StatusCode::OK, state.manners.validation.clone(), state.manners.validation_takes),
            "confirm" if state.manners.confirmations_refused > 0 => {
                state.manners.confirmations_refused -= 1;
                (StatusCode::SERVICE_UNAVAILABLE, json!({}), Duration::ZERO)
            }
            "confirm" if state.manners.confirmations_dropped > 0 => {
                state.manners.confirmations_dropped -= 1;
                return Err(io::Error::other("the merchant has crashed"));
            }
            "confirm" => {
                if let Some(paid) = state.bills.get_mut(body["BillRefNumber"].as_str().unwrap()) {
                    *paid = true;
                }
                let pause = std::mem::take(&mut state.manners.next_confirmation_takes);
                (StatusCode::OK, json!({"ResultCode": 0, "ResultDesc": "Success"}), pause)
            }
            _ => (StatusCode::OK, json!({"ResultCode": 0, "ResultDesc": "Success"}), Duration::ZERO),
        }
    };
    tokio::time::sleep(pause).await;
    Ok(json_response(status, &answer))
}

/// Its public API: makes bills of KES 3,050 and tells whether they are paid.
fn bills(state: &Mutex<State>, path: &str, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.headers().get("authorization").is_none_or(|value| value != "Bearer test_key") {
        return json_response(StatusCode::UNAUTHORIZED, &json!({"code": "unauthorized"}));
    }
    let mut state = state.lock().unwrap();
    if request.method() == Method::POST {
        assert!(request.headers().contains_key("idempotency-key"));
        let number = format!("{:012}", state.bills.len());
        state.bills.insert(number.clone(), false);
        let amount = json!({"amount": 305_000, "currency": "KES"});
        let bill = json!({"id": format!("bil_{number}"), "payment_number": number, "amount": amount, "status": "unpaid"});
        return json_response(StatusCode::CREATED, &bill);
    }
    let paid = state.bills[path.rsplit_once("bil_").unwrap().1];
    json_response(StatusCode::OK, &json!({"status": if paid { "paid" } else { "unpaid" }}))
}

fn json_response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    response
}
