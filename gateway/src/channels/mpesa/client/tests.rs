//! The client against a small Safaricom that misbehaves as it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use ledger::{Currency, Money};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::channels::mpesa::instructions::{LIMIT_PER_PAYMENT, WholeShillings};
use crate::channels::mpesa::subscriber::Subscriber;
use crate::payments::{AttemptEvent, PaymentNumber};

/// 2026-11-20 09:14:05 in Nairobi.
const NOW: i64 = 1_795_155_245_000_000;
const ACCEPTED: &str =
    r#"{"MerchantRequestID":"29115-1-1","CheckoutRequestID":"ws_CO_1","ResponseCode":"0"}"#;
const BAD_TOKEN: &str = r#"{"requestId":"1","errorCode":"404.001.03","errorMessage":"Invalid Access Token"}"#;
/// Longer than any test waits for anything but a deadline.
const PATIENCE: Duration = Duration::from_secs(20);
/// A deadline that is to be missed.
const SHORT: Duration = Duration::from_millis(300);

/// What the fake does with one request.
#[derive(Clone, Copy)]
enum Act {
    Say(u16, &'static str),
    /// Says it after everybody has had time to ask.
    SayLate(u16, &'static str),
    Hang,
    Break,
    SayTooMuch,
}

/// A request as the fake saw it.
#[derive(Clone)]
struct Seen {
    path: String,
    authorization: String,
    body: Value,
}

struct Fake {
    address: SocketAddr,
    seen: Mutex<Vec<Seen>>,
    /// Answers to requests for a token; when they run out, a new token is given.
    token_acts: Mutex<VecDeque<Act>>,
    /// Answers to everything else, in order.
    acts: Mutex<VecDeque<Act>>,
}

impl Fake {
    async fn start(acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            seen: Mutex::default(),
            token_acts: Mutex::default(),
            acts: Mutex::new(acts.into_iter().collect()),
        });
        let serving = Arc::clone(&fake);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let fake = Arc::clone(&serving);
                tokio::spawn(async move {
                    let service = service_fn(|request| fake.answer(request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        fake
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, &'static str> {
        let path = request.uri().path_and_query().unwrap().to_string();
        let authorization = request.headers()["authorization"].to_str().unwrap().to_owned();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        self.seen.lock().unwrap().push(Seen { path: path.clone(), authorization, body });
        let act = if path.starts_with("/oauth/") {
            let act = self.token_acts.lock().unwrap().pop_front();
            match act {
                Some(act) => act,
                None => {
                    return Ok(said(
                        200,
                        format!(r#"{{"access_token":"t{}","expires_in":"3599"}}"#, self.tokens()),
                    ));
                }
            }
        } else {
            self.acts.lock().unwrap().pop_front().expect("no further call is expected")
        };
        match act {
            Act::Say(status, body) => Ok(said(status, body)),
            Act::SayLate(status, body) => {
                tokio::time::sleep(SHORT / 2).await;
                Ok(said(status, body))
            }
            Act::Hang => std::future::pending().await,
            Act::Break => Err("the connection breaks"),
            Act::SayTooMuch => Ok(said(200, "x".repeat(70_000))),
        }
    }

    /// Calls other than for tokens.
    fn calls(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| !seen.path.starts_with("/oauth/")).cloned().collect()
    }

    /// How often a token was asked for.
    fn tokens(&self) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| seen.path.starts_with("/oauth/")).count()
    }

    fn client(&self, deadline: Duration) -> Daraja {
        client_of(self.address, deadline, Clock::held_at(NOW))
    }
}

fn said(status: u16, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::builder().status(StatusCode::from_u16(status).unwrap()).body(Full::new(body.into())).unwrap()
}

fn settings(base_url: &str) -> DarajaSettings {
    DarajaSettings {
        base_url: base_url.parse().unwrap(),
        short_code: "222222".to_owned(),
        consumer_key: Secret::new("the-key".to_owned()),
        consumer_secret: Secret::new("the-secret".to_owned()),
        passkey: Secret::new("demo-passkey".to_owned()),
        deadline: PATIENCE,
    }
}

fn client_of(address: SocketAddr, deadline: Duration, clock: Clock) -> Daraja {
    Daraja::new(DarajaSettings { deadline, ..settings(&format!("http://{address}/")) }, clock).unwrap()
}

async fn prompt(client: &Daraja) -> PromptOutcome {
    let amount = Money::new(755_000, Currency::Kes);
    client
        .prompt(&PromptRequest {
            subscriber: Subscriber::parse("0700000001").unwrap(),
            amount: WholeShillings::of(amount, LIMIT_PER_PAYMENT).unwrap(),
            number: PaymentNumber::from_random(7),
            description: "Passport fee",
            callback_url: "https://cb.example.go.ke/cb/t/stk/att_1",
        })
        .await
}

fn refusal(outcome: PromptOutcome) -> Refusal {
    match outcome {
        PromptOutcome::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

const REGISTRATION: Registration<'static> = Registration {
    validation_url: "https://cb.example.go.ke/cb/t/c2b/validate",
    confirmation_url: "https://cb.example.go.ke/cb/t/c2b/confirm",
    default_action: DefaultAction::Completed,
};

#[tokio::test]
async fn a_prompt_says_exactly_what_safaricom_expects() {
    let fake = Fake::start([Act::Say(200, ACCEPTED)]).await;
    let outcome = prompt(&fake.client(PATIENCE)).await;
    assert_eq!(
        outcome,
        PromptOutcome::Accepted {
            merchant_request_id: "29115-1-1".into(),
            checkout_request_id: "ws_CO_1".into()
        }
    );
    assert_eq!(outcome.news(), AttemptEvent::Accepted);
    let calls = fake.calls();
    assert_eq!(calls[0].path, "/mpesa/stkpush/v1/processrequest");
    assert_eq!(calls[0].authorization, "Bearer t1");
    assert_eq!(
        calls[0].body,
        json!({
            "BusinessShortCode": 222_222,
            "Password": "MjIyMjIyZGVtby1wYXNza2V5MjAyNjExMjAwOTE0MDU=", "Timestamp": "20261120091405",
            "TransactionType": "CustomerPayBillOnline", "Amount": 7550, "PartyA": 254_700_000_001_u64,
            "PartyB": 222_222, "PhoneNumber": 254_700_000_001_u64,
            "CallBackURL": "https://cb.example.go.ke/cb/t/stk/att_1",
            "AccountReference": PaymentNumber::from_random(7).to_string(), "TransactionDesc": "Passport fee"
        })
    );
    let token = fake.seen.lock().unwrap()[0].clone();
    assert_eq!(token.path, "/oauth/v1/generate?grant_type=client_credentials");
    assert_eq!(token.authorization, "Basic dGhlLWtleTp0aGUtc2VjcmV0");
}

#[tokio::test]
async fn a_token_is_used_again_until_shortly_before_it_ends() {
    let fake = Fake::start([Act::Say(200, ACCEPTED); 3]).await;
    let clock = Clock::held_at(NOW);
    let client = client_of(fake.address, PATIENCE, clock.clone());
    let _ = prompt(&client).await;
    clock.move_on((3_599 - 60) * 1_000_000 - 1);
    let _ = prompt(&client).await;
    assert_eq!(fake.tokens(), 1);
    clock.move_on(1);
    let _ = prompt(&client).await;
    assert_eq!(fake.tokens(), 2);
    assert_eq!(fake.calls()[2].authorization, "Bearer t2");
}

#[tokio::test]
async fn a_hundred_callers_share_one_fetch_and_its_failure() {
    let fake = Fake::start([Act::Say(200, ACCEPTED); 100]).await;
    let good = r#"{"access_token":"shared","expires_in":"3599"}"#;
    let page = "<html>OK</html>";
    *fake.token_acts.lock().unwrap() = [Act::SayLate(200, page), Act::SayLate(200, good)].into();
    let client = fake.client(PATIENCE);
    for round in 1..=2 {
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { prompt(&client).await })
            })
            .collect();
        for caller in callers {
            match (round, caller.await.unwrap()) {
                (1, PromptOutcome::Refused(refusal)) => {
                    assert_eq!((&*refusal.code, refusal.side), ("not_sent", Side::Safaricom));
                }
                (2, PromptOutcome::Accepted { .. }) => {}
                (_, other) => panic!("round {round}: {other:?}"),
            }
        }
        assert_eq!(fake.tokens(), round);
    }
    assert!(fake.calls().iter().all(|call| call.authorization == "Bearer shared"));
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_replaced_once() {
    for refused in
        [Act::Say(404, BAD_TOKEN), Act::Say(401, "<html>Unauthorized</html>"), Act::Say(200, BAD_TOKEN)]
    {
        let fake = Fake::start([refused, Act::Say(200, ACCEPTED), refused, refused]).await;
        let client = fake.client(PATIENCE);
        assert!(matches!(prompt(&client).await, PromptOutcome::Accepted { .. }));
        assert_eq!(fake.tokens(), 2);
        let shown: Vec<_> = fake.calls().into_iter().map(|call| call.authorization).collect();
        assert_eq!(shown, ["Bearer t1", "Bearer t2"]);

        let refusal = refusal(prompt(&client).await);
        assert_eq!(refusal.side, Side::Ours, "{refusal}");
        assert_eq!((fake.tokens(), fake.calls().len()), (3, 4), "and not for ever");
    }
}

#[tokio::test]
async fn a_missing_product_is_not_taken_for_a_bad_token() {
    let no_product = r#"{"errorCode":"401.003.01","errorMessage":"no apiproduct match found"}"#;
    let fake = Fake::start([Act::Say(401, no_product)]).await;
    assert_eq!(&*refusal(prompt(&fake.client(PATIENCE)).await).code, "401.003.01");
    assert_eq!(fake.tokens(), 1);
}

#[tokio::test]
async fn once_it_has_left_anything_but_a_clear_answer_is_unknown_and_nothing_is_sent_twice() {
    for (act, doubt) in [
        (Act::Hang, Doubt::NoAnswerInTime),
        (Act::Break, Doubt::ConnectionBroke),
        (Act::SayTooMuch, Doubt::AnswerTooLong),
        (Act::Say(200, "<html>OK</html>"), Doubt::NotUnderstood { status: 200 }),
        (Act::Say(502, "<html>Bad gateway</html>"), Doubt::NotUnderstood { status: 502 }),
    ] {
        let fake = Fake::start([act]).await;
        let deadline = if matches!(act, Act::Hang) { SHORT } else { PATIENCE };
        let outcome = prompt(&fake.client(deadline)).await;
        assert_eq!(outcome.news(), AttemptEvent::NoAnswer);
        assert_eq!(outcome, PromptOutcome::Unknown(doubt));
        assert_eq!(fake.calls().len(), 1);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_being_used_leaves_it_unknown_too() {
    let fake = Fake::start([Act::Say(200, ACCEPTED), Act::Break]).await;
    let client = fake.client(PATIENCE);
    assert!(matches!(prompt(&client).await, PromptOutcome::Accepted { .. }));
    assert_eq!(prompt(&client).await, PromptOutcome::Unknown(Doubt::ConnectionBroke));
    assert_eq!(fake.calls().len(), 2);
}

#[tokio::test]
async fn what_never_left_is_a_refusal() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let outcome = prompt(&client_of(nobody, PATIENCE, Clock::held_at(NOW))).await;
    assert_eq!(outcome.news(), AttemptEvent::Refused);
    let no_token = refusal(outcome);
    assert_eq!((&*no_token.code, no_token.side), ("not_sent", Side::Network));
    assert!(no_token.message.contains("refused"), "{no_token}");

    let fake = Fake::start([]).await;
    *fake.token_acts.lock().unwrap() = [Act::Hang].into();
    let no_token = refusal(prompt(&fake.client(SHORT)).await);
    assert_eq!((&*no_token.code, no_token.side), ("not_sent", Side::Network));
    assert_eq!(fake.calls().len(), 0);
}

/// A listener that accepts nothing and says nothing: with TLS, this is how a handshake that hangs looks.
#[tokio::test]
async fn a_connection_that_cannot_be_made_in_time_is_a_refusal_as_well() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings =
        DarajaSettings { deadline: SHORT, ..settings(&format!("https://localhost:{}", address.port())) };
    let client = Daraja::new(settings, Clock::held_at(NOW)).unwrap();
    let token = Token::for_tests("t1", i64::MAX);
    client.0.token.hold(token);
    let refusal = refusal(prompt(&client).await);
    assert_eq!((&*refusal.code, refusal.side), ("not_sent", Side::Network));
    drop(listener);
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4_096];
        let _ = stream.read(&mut request).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{\"ResponseCode\":\"0\"")
            .await
            .unwrap();
    });
    let client = client_of(address, PATIENCE, Clock::held_at(NOW));
    client.0.token.hold(Token::for_tests("t1", i64::MAX));
    assert_eq!(prompt(&client).await, PromptOutcome::Unknown(Doubt::ConnectionBroke));
}

#[tokio::test]
async fn a_query_says_what_became_of_a_prompt() {
    let pending = r#"{"errorCode":"500.001.1001","errorMessage":"The transaction is being processed"}"#;
    let cancelled = r#"{"ResponseCode":"0","ResultCode":"1032","ResultDesc":"Cancelled"}"#;
    let fake = Fake::start([Act::Say(500, pending), Act::Say(200, cancelled), Act::Break]).await;
    let client = fake.client(PATIENCE);
    assert_eq!(client.query("ws_CO_1").await.unwrap().news, Some(AttemptEvent::StillProcessing));
    assert_eq!(client.query("ws_CO_1").await.unwrap().news, Some(AttemptEvent::Declined));
    assert!(matches!(client.query("ws_CO_1").await, Err(CallError::Unknown(_))));
    assert_eq!(
        fake.calls()[0].body,
        json!({
            "BusinessShortCode": 222_222,
            "Password": "MjIyMjIyZGVtby1wYXNza2V5MjAyNjExMjAwOTE0MDU=", "Timestamp": "20261120091405",
            "CheckoutRequestID": "ws_CO_1"
        })
    );
}

#[tokio::test]
async fn addresses_are_registered_with_whichever_version_the_application_has() {
    let done =
        r#"{"OriginatorCoversationID":"7619-1-1","ResponseCode":"00000000","ResponseDescription":"Success"}"#;
    let mismatch = r#"{"errorCode":"401.003.01","errorMessage":"no apiproduct match found"}"#;
    let before = r#"{"errorCode":"500.003.1001","errorMessage":"URLs are already registered"}"#;

    let fake = Fake::start([Act::Say(200, done)]).await;
    assert_eq!(fake.client(PATIENCE).register(&REGISTRATION).await, Ok(Registered::Now { version: 2 }));
    assert_eq!(
        fake.calls()[0].body,
        json!({
            "ShortCode": 222_222, "ResponseType": "Completed",
            "ConfirmationURL": REGISTRATION.confirmation_url, "ValidationURL": REGISTRATION.validation_url
        })
    );

    let fake = Fake::start([Act::Say(401, mismatch), Act::Say(200, done)]).await;
    assert_eq!(fake.client(PATIENCE).register(&REGISTRATION).await, Ok(Registered::Now { version: 1 }));
    let paths: Vec<_> = fake.calls().into_iter().map(|call| call.path).collect();
    assert_eq!(paths, ["/mpesa/c2b/v2/registerurl", "/mpesa/c2b/v1/registerurl"]);

    let fake = Fake::start([Act::Say(401, mismatch), Act::Say(500, before)]).await;
    assert_eq!(fake.client(PATIENCE).register(&REGISTRATION).await, Ok(Registered::Before));
}

#[tokio::test]
async fn a_registration_that_was_not_taken_is_an_error() {
    for (act, certain) in [
        (Act::Say(200, r#"{"ResponseCode":"1","ResponseDescription":"Rejected"}"#), true),
        (Act::Say(400, r#"{"errorCode":"400.002.02","errorMessage":"Invalid ValidationURL"}"#), true),
        (Act::Say(500, r#"{"errorCode":"500.003.1001","errorMessage":"Internal Server Error"}"#), false),
        (Act::Say(200, "{}"), false),
        (Act::Say(200, "<html></html>"), false),
    ] {
        let fake = Fake::start([act]).await;
        let error = fake.client(PATIENCE).register(&REGISTRATION).await.unwrap_err();
        assert_eq!(matches!(error, CallError::Refused(_)), certain, "{error}");
    }
}

#[test]
fn nothing_travels_in_the_clear_beyond_this_machine() {
    let of = |base_url: &str| Daraja::new(settings(base_url), Clock::held_at(NOW)).map(|_| ());
    for usable in
        ["https://api.safaricom.co.ke", "http://127.0.0.1:9100", "http://[::1]:9100", "http://localhost/x"]
    {
        assert_eq!(of(usable), Ok(()), "{usable}");
    }
    for clear in ["http://api.safaricom.co.ke", "http://10.0.0.1", "http://localhost.example"] {
        assert_eq!(of(clear), Err(NotUsable::InTheClear), "{clear}");
    }
    for short_code in ["", "22222a", "022222", "+222222"] {
        let settings = DarajaSettings { short_code: short_code.to_owned(), ..settings("https://x.example") };
        assert_eq!(Daraja::new(settings, Clock::held_at(NOW)).map(|_| ()).err(), Some(NotUsable::ShortCode));
    }
}

#[test]
fn secrets_are_not_printed() {
    let printed = format!("{:?}", settings("https://x.example"));
    for secret in ["the-key", "the-secret", "demo-passkey"] {
        assert!(!printed.contains(secret));
    }
}
