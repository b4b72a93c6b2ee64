//! A sandbox with a merchant: the labour of the tests, so that they read as stories.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use loadtest::clock::Clock;
use loadtest::loopback::LoopbackUrl;
use loadtest::sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::caller::Caller;
use crate::merchant::Merchant;

/// Waits end after this, in tests that would otherwise hang. Nothing is measured against it.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    pub(crate) merchant: Merchant,
    pub(crate) base: String,
    pub(crate) bearer: String,
    caller: Caller,
    running: Running,
    stop: oneshot::Sender<()>,
}

/// The test clock stands still at a quarter past nine in Nairobi.
pub(crate) fn morning() -> Clock {
    let at: Timestamp = "2026-11-20T06:14:05.123Z".parse().unwrap();
    Clock::from_source(move || at)
}

/// Options of a sandbox for a test: fast, ephemeral, with a clock that stands still.
pub(crate) fn options() -> Options {
    Options { fast: true, clock: morning(), ..Options::default() }
}

impl World {
    /// A sandbox with these options and a merchant that has registered its addresses.
    pub(crate) async fn with(options: Options) -> Self {
        let world = Self::unregistered(options, Merchant::open().await).await;
        let (status, answer) = world.register("Completed").await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        world
    }

    /// A sandbox with these options, and a merchant of whom it may not know.
    pub(crate) async fn unregistered(options: Options, merchant: Merchant) -> Self {
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let running = Sandbox::start(options, shutdown).await.unwrap();
        let base = format!("http://{}", running.address());
        let caller = Caller::new();
        let basic = format!("Basic {}", STANDARD.encode("demo-consumer-key:demo-consumer-secret"));
        let url = format!("{base}/oauth/v1/generate?grant_type=client_credentials");
        let (_, token) = caller.json(Method::GET, &url, Some(&basic), &Value::Null).await;
        assert_eq!(token["expires_in"], "3599", "text, as published");
        let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
        Self { merchant, base, bearer, caller, running, stop }
    }

    /// The sandbox's base address.
    pub(crate) fn sandbox(&self) -> LoopbackUrl {
        self.running.url()
    }

    /// Stops the sandbox and gives the merchant back.
    pub(crate) async fn stop(self) -> Merchant {
        let _ = self.stop.send(());
        self.running.finished().await.unwrap();
        self.merchant
    }

    /// Registers the merchant's addresses with this default action.
    pub(crate) async fn register(&self, response_type: &str) -> (StatusCode, Value) {
        let body = json!({
            "ShortCode": 222222,
            "ResponseType": response_type,
            "ConfirmationURL": self.merchant.url("/cb/token/c2b/confirm"),
            "ValidationURL": self.merchant.url("/cb/token/c2b/validate"),
        });
        self.product("/mpesa/c2b/v2/registerurl", &body).await
    }

    /// Calls Safaricom with a valid token.
    pub(crate) async fn product(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.caller.json(Method::POST, &format!("{}{path}", self.base), Some(&self.bearer), body).await
    }

    /// Calls any address of the sandbox without a token.
    pub(crate) async fn control(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        self.caller.json(method, &format!("{}{path}", self.base), None, body).await
    }

    /// Lipa na M-PESA by paybill at a handset.
    pub(crate) async fn lipa(&self, phone: &str, account: &str, amount: &str) -> Value {
        let body = json!({"account": account, "amount": amount});
        let (status, answer) =
            self.control(Method::POST, &format!("/control/handset/{phone}/pay"), &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// A push request in the sandbox's own present.
    pub(crate) fn push(&self, phone: &str, amount: u32) -> Value {
        let timestamp = "20261120091405";
        json!({
            "BusinessShortCode": 222222,
            "Password": STANDARD.encode(format!("222222demo-passkey{timestamp}")),
            "Timestamp": timestamp,
            "TransactionType": "CustomerPayBillOnline",
            "Amount": amount,
            "PartyA": phone,
            "PartyB": 222222,
            "PhoneNumber": phone,
            "CallBackURL": self.merchant.url("/cb/token/stk/attempt-1"),
            "AccountReference": "QKRTWX",
            "TransactionDesc": "Passport fee",
        })
    }

    /// Sends a push request and gives its checkout request id.
    pub(crate) async fn prompt(&self, phone: &str, amount: u32) -> String {
        let (status, answer) =
            self.product("/mpesa/stkpush/v1/processrequest", &self.push(phone, amount)).await;
        assert_eq!((status, &answer["ResponseCode"]), (StatusCode::OK, &json!("0")), "{answer}");
        answer["CheckoutRequestID"].as_str().unwrap().to_owned()
    }

    /// Asks for the result of a prompt.
    pub(crate) async fn query(&self, checkout_request_id: &str) -> (StatusCode, Value) {
        let push = self.push("254700000001", 1);
        let body = json!({
            "BusinessShortCode": 222222,
            "Password": push["Password"],
            "Timestamp": push["Timestamp"],
            "CheckoutRequestID": checkout_request_id,
        });
        self.product("/mpesa/stkpushquery/v1/query", &body).await
    }

    /// Presses a key on a handset.
    pub(crate) async fn press(&self, phone: &str, key: &str, body: &Value) -> StatusCode {
        self.control(Method::POST, &format!("/control/handset/{phone}/{key}"), body).await.0
    }

    pub(crate) async fn summary(&self) -> Value {
        self.control(Method::GET, "/control/summary", &Value::Null).await.1
    }

    /// Waits until nothing is under way any more: every message that will be sent has been.
    pub(crate) async fn quiet(&self) {
        self.until("nothing is under way", async || self.summary().await["tasks_under_way"] == 0).await;
    }

    /// Waits until this is so.
    pub(crate) async fn until(&self, what: &str, mut so: impl AsyncFnMut() -> bool) {
        let waiting = async {
            while !so().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("waited in vain until {what}"));
    }

    /// The record, as the control call streams it.
    pub(crate) async fn record(&self) -> Vec<Value> {
        let url = format!("{}/control/ledger", self.base);
        let (status, text) = self.caller.text(Method::GET, &url, None, "").await;
        assert_eq!(status, StatusCode::OK);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A control call that is taken.
    pub(crate) async fn does(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.control(method, path, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    /// Text from any address of the sandbox.
    pub(crate) async fn text(&self, path: &str) -> String {
        self.caller.text(Method::GET, &format!("{}{path}", self.base), None, "").await.1
    }

    /// The organisation's statement.
    pub(crate) async fn statement(&self, query: &str) -> String {
        let url = format!("{}/control/statement{query}", self.base);
        self.caller.text(Method::GET, &url, None, "").await.1
    }

    /// The record's lines of one kind.
    pub(crate) async fn noted(&self, kind: &str) -> Vec<Value> {
        self.record().await.into_iter().filter(|line| line["kind"] == kind).collect()
    }
}

/// The lines of a record file.
pub(crate) fn lines_of(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
