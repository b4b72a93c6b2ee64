//! An agency is asked what is owed: a system that answers by the reference, over real sockets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledger::SigningKey;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::flags::Flags;
use crate::config::{Config, Mode};
use crate::outbound::Outbound;
use crate::routing::IdentitySigner;

const SERVICE: &str = "kra-prn-payment";
const NOW_MICROS: i64 = 1_795_000_000_000_000;

/// A system of KRA that waits for a word before each answer, where a test wants it to.
struct Kra {
    address: String,
    asked: Arc<AtomicUsize>,
    may_answer: Arc<Semaphore>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Kra {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/kra", listener.local_addr().unwrap());
        let kra = Self {
            address,
            asked: Arc::default(),
            may_answer: Arc::new(Semaphore::new(1_000)),
            heard: Arc::default(),
        };
        let (asked, may_answer, heard) =
            (Arc::clone(&kra.asked), Arc::clone(&kra.may_answer), Arc::clone(&kra.heard));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (asked, may_answer, heard) =
                    (Arc::clone(&asked), Arc::clone(&may_answer), Arc::clone(&heard));
                tokio::spawn(async move { answer(stream, &asked, &may_answer, &heard).await });
            }
        });
        kra
    }
}

async fn answer(
    mut stream: TcpStream,
    asked: &AtomicUsize,
    may_answer: &Semaphore,
    heard: &Mutex<Vec<String>>,
) -> Option<()> {
    loop {
        let mut request = String::new();
        // The body is the last to come, and ends with a brace.
        while !request.ends_with('}') {
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).await.ok().filter(|length| *length > 0)?;
            request.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
        asked.fetch_add(1, Ordering::Relaxed);
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let question: Value = serde_json::from_str(body).unwrap();
        let reference = question["reference"].as_str().unwrap().to_owned();
        heard.lock().unwrap().push(request);
        may_answer.acquire().await.unwrap().forget();
        let (status, body) = said(&reference);
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).await.ok()?;
    }
}

fn said(reference: &str) -> (u16, String) {
    let about = |amount: Value| {
        (200, json!({"reference": reference, "amount": amount, "currency": "KES"}).to_string())
    };
    match reference {
        "unknown" => (404, String::new()),
        "failing" => (500, String::new()),
        "zero" => about(json!(0)),
        "negative" => about(json!(-5)),
        "fraction" => about(json!(12.5)),
        "text" => about(json!("1250")),
        "other" => (200, json!({"reference": "another", "amount": 5, "currency": "KES"}).to_string()),
        "more" => {
            (200, json!({"reference": "more", "amount": 5, "currency": "KES", "note": "x"}).to_string())
        }
        "twice" => (200, r#"{"reference":"twice","amount":5,"amount":6,"currency":"KES"}"#.to_owned()),
        "long" => (200, format!("{}{}", " ".repeat(ANSWER_BYTES_MAX), about(json!(5)).1)),
        "euros" => (200, json!({"reference": "euros", "amount": 5, "currency": "EUR"}).to_string()),
        _ => about(json!(1_250_000)),
    }
}

fn catalogue(back_end: &Value) -> Catalogue {
    let document = Catalogue::embedded().to_json();
    let mut document: Value = serde_json::from_slice(&document).unwrap();
    let agencies = document["agencies"].as_array_mut().unwrap();
    agencies.iter_mut().find(|agency| agency["code"] == "KRA").unwrap()["back_end"] = back_end.clone();
    Catalogue::from_json(document.to_string().as_bytes()).unwrap()
}

fn routing() -> Routing {
    let variables =
        BTreeMap::from([("MALIPO_ROUTING_PRIVATE_NETWORKS".to_owned(), "127.0.0.0/8".to_owned())]);
    let config = Config::load(Mode::Demo, &Flags::default(), &variables, None).unwrap();
    let (key, _) = SigningKey::generate("test/identity").unwrap();
    let identity = IdentitySigner::new(key, "http://127.0.0.1");
    let outbound = Outbound::new(&config).unwrap();
    Routing::new(&config.routing, outbound, identity, "http://127.0.0.1", CancellationToken::new())
}

async fn scene() -> (Kra, Routing, Catalogue) {
    let kra = Kra::start().await;
    let catalogue = catalogue(&json!({"address": kra.address, "assessments": "/assessments/{service}"}));
    (kra, routing(), catalogue)
}

#[tokio::test]
async fn an_agency_says_what_is_owed_and_is_told_who_asks() {
    let (kra, routing, catalogue) = scene().await;
    let money = routing.ask_assessment(&catalogue, SERVICE, "2027000123456", NOW_MICROS).await;
    assert_eq!(money, Ok(Money::new(1_250_000, Currency::Kes)));
    let heard = kra.heard.lock().unwrap()[0].clone();
    assert!(heard.starts_with("POST /kra/assessments/kra-prn-payment HTTP/1.1\r\n"), "{heard}");
    assert!(heard.ends_with(r#"{"service":"kra-prn-payment","reference":"2027000123456"}"#), "{heard}");
    assert!(heard.contains("malipo-identity: eyJ"), "{heard}");
}

#[tokio::test]
async fn an_answer_that_is_not_exactly_one_is_none() {
    let (_kra, routing, catalogue) = scene().await;
    let ask = async |reference: &str| {
        routing.ask_assessment(&catalogue, SERVICE, reference, NOW_MICROS).await.unwrap_err()
    };
    for reference in
        ["failing", "zero", "negative", "fraction", "text", "other", "more", "twice", "long", "euros"]
    {
        let error = ask(reference).await;
        assert!(matches!(error, AssessmentError::NoAnswer(_)), "{reference}: {error:?}");
        assert!(!error.to_string().contains("1250"), "it does not repeat what was said: {error}");
    }
    for reference in ["unknown", "", &"9".repeat(201)] {
        assert_eq!(ask(reference).await, AssessmentError::NoSuchAssessment);
    }
}

#[tokio::test]
async fn whoever_asks_the_same_meanwhile_gets_the_same_answer() {
    let (kra, routing, catalogue) = scene().await;
    kra.may_answer.forget_permits(1_000);
    let ask = || routing.ask_assessment(&catalogue, SERVICE, "1", NOW_MICROS);
    let first = async {
        let (one, other) = tokio::join!(ask(), ask());
        (one.unwrap(), other.unwrap())
    };
    let answers = async {
        while kra.asked.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        kra.may_answer.add_permits(1);
    };
    let ((one, other), ()) = tokio::join!(first, answers);
    assert_eq!(one, other);
    assert_eq!(ask().await.unwrap(), one, "it is kept for the next");
    assert_eq!(kra.asked.load(Ordering::Relaxed), 1);
    // Another reference is another question.
    kra.may_answer.add_permits(1);
    routing.ask_assessment(&catalogue, SERVICE, "2", NOW_MICROS).await.unwrap();
    assert_eq!(kra.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_question_whose_asker_left_is_asked_by_the_next() {
    let (kra, routing, catalogue) = scene().await;
    kra.may_answer.forget_permits(1_000);
    let ask = || routing.ask_assessment(&catalogue, SERVICE, "1", NOW_MICROS);
    {
        let mut left = std::pin::pin!(ask());
        while kra.asked.load(Ordering::Relaxed) == 0 {
            tokio::select! {
                biased;
                _ = &mut left => panic!("nobody has answered"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    kra.may_answer.add_permits(2);
    assert!(ask().await.is_ok());
}

#[tokio::test]
async fn who_cannot_be_asked_is_not_confused_with_who_does_not_answer() {
    let routing = routing();
    let nobody = Catalogue::embedded();
    let ask = async |catalogue: &Catalogue, service: &str| {
        routing.ask_assessment(catalogue, service, "1", NOW_MICROS).await.unwrap_err()
    };
    assert_eq!(ask(&nobody, SERVICE).await, AssessmentError::NobodyToAsk);
    assert_eq!(ask(&nobody, "no-such-service").await, AssessmentError::NobodyToAsk);
    let silent = catalogue(&json!({"address": "http://127.0.0.1:9"}));
    assert_eq!(ask(&silent, SERVICE).await, AssessmentError::NobodyToAsk, "it names no path");
    let absent = catalogue(&json!({"address": "http://127.0.0.1:9", "assessments": "/a"}));
    for _ in 0..10 {
        assert!(matches!(ask(&absent, SERVICE).await, AssessmentError::NotNow(_)));
    }
}

#[test]
fn an_answer_is_kept_for_a_while_and_a_failure_not_at_all() {
    let assessments = Assessments::default();
    let now = Instant::now();
    let answer = |said, kept| Answer { said, until: now + kept };
    let money = Ok(Money::new(5, Currency::Kes));
    assessments.entry("a", "1", now).0.set(answer(money, AMOUNT_KEPT)).ok().unwrap();
    let failed = Err(AssessmentError::NotNow("down".into()));
    assessments.entry("a", "2", now).0.set(answer(failed, Duration::ZERO)).ok().unwrap();
    assert!(assessments.entry("a", "1", now).0.initialized());
    assert!(!assessments.entry("a", "2", now).0.initialized());
    assert!(!assessments.entry("a", "1", now + AMOUNT_KEPT).0.initialized());
}

#[test]
fn no_more_is_kept_than_there_is_room_for() {
    let assessments = Assessments::default();
    let now = Instant::now();
    let count = || assessments.0.lock().unwrap().len();
    for number in 0..KEPT_MAX + 10 {
        let asked = assessments.entry("a", &number.to_string(), now);
        let said = Ok(Money::new(5, Currency::Kes));
        asked.0.set(Answer { said, until: now + AMOUNT_KEPT }).ok().unwrap();
    }
    assert_eq!(count(), KEPT_MAX);
    assessments.entry("a", "new", now + AMOUNT_KEPT);
    assert_eq!(count(), 1, "what is over makes room");
}
