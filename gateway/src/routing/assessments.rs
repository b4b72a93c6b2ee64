//! Asking an agency what is owed under a reference: the tax of a payment registration number, the rates of a plot, the fine
//! of a case.
//!
//! An agency answers at the path that its back end names under `assessments` in the catalogue:
//!
//! ```text
//! POST /assessments/kra-prn-payment            {service} in the path is the slug
//! Content-Type: application/json
//! Malipo-Identity: …                           signed by us; see `identity`
//!
//! {"service":"kra-prn-payment","reference":"2027000123456"}
//!
//! 200 {"reference":"2027000123456","amount":1250000,"currency":"KES"}      minor units, more than nothing
//! 404 there is no such assessment
//! ```
//!
//! It is a POST because references may be number plates and plot numbers, which have no business in anybody's log of
//! addresses. The answer is read strictly: those three members and no other, each once, and the reference that was asked
//! for. An answer holds for half a minute, and whoever asks the same meanwhile, or while the question is under way, gets
//! it as well. Deadlines are those of every request to this agency; places and breaker are of their own (see `line`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use catalog::Catalogue;
use http_body_util::{BodyExt as _, Limited};
use hyper::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, StatusCode};
use ledger::{Currency, Money};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout};

use super::Routing;
use super::body::{OutboundBody, Progress};
use super::exchange::{self, Failure, OutboundRequest};
use super::headers::MALIPO_IDENTITY;
use super::identity::Identity;
use super::line::{Line, NoPlace, Outcome, Purpose};
use super::trouble;
use crate::app::App;
use crate::http::strict_json::StrictJson;

/// How long an amount holds. An agency may change an assessment at any time; a payer looks at a page for as long.
const AMOUNT_KEPT: Duration = Duration::from_secs(30);
/// How long it holds that there is none: a reference that was mistyped is tried again at once.
const ABSENCE_KEPT: Duration = Duration::from_secs(5);
/// Answers that are kept.
const KEPT_MAX: usize = 10_000;
/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// The longest reference, in bytes.
const REFERENCE_BYTES_MAX: usize = 200;

/// Why there is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssessmentError {
    /// The catalogue has no such service, or names nobody who could be asked.
    #[error("nobody can be asked what is owed for this service")]
    NobodyToAsk,
    /// The agency knows no such reference.
    #[error("the agency knows no such assessment")]
    NoSuchAssessment,
    /// The agency's system has too much to do, or is down. Asking later may help.
    #[error("the agency's system cannot be asked at the moment: {0}")]
    NotNow(Arc<str>),
    /// The agency's system was asked and gave no answer that can be used.
    #[error("the agency's system gave no answer that can be used: {0}")]
    NoAnswer(Arc<str>),
}

/// What an agency says is owed under a reference.
pub async fn ask_assessment(app: &App, service: &str, reference: &str) -> Result<Money, AssessmentError> {
    app.routing
        .ask_assessment(app.catalogue.current().catalogue(), service, reference, app.clock.now_micros())
        .await
}

/// What agencies have lately said.
#[derive(Default)]
pub(super) struct Assessments(Mutex<HashMap<Question, Arc<Asked>>>);

type Question = (Box<str>, Box<str>);

/// A question that has been asked. Whoever asks it too waits for the same answer; if the one who asks goes away, the next
/// in line asks.
#[derive(Default)]
struct Asked(OnceCell<Answer>);

#[derive(Clone)]
struct Answer {
    said: Result<Money, AssessmentError>,
    until: Instant,
}

/// What is sent.
#[derive(Serialize)]
struct QuestionBody<'a> {
    service: &'a str,
    reference: &'a str,
}

/// What comes back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    reference: String,
    amount: i64,
    currency: Currency,
}

impl Routing {
    /// What an agency says is owed under a reference, by this catalogue and at this time.
    pub async fn ask_assessment(
        &self,
        catalogue: &Catalogue,
        service: &str,
        reference: &str,
        now_micros: i64,
    ) -> Result<Money, AssessmentError> {
        if reference.is_empty() || reference.len() > REFERENCE_BYTES_MAX {
            return Err(AssessmentError::NoSuchAssessment);
        }
        let (_, line) = self.line_of(catalogue, service).map_err(|_| AssessmentError::NobodyToAsk)?;
        let template = line.back_end.assessments.clone().ok_or(AssessmentError::NobodyToAsk)?;
        let asked = self.assessments.entry(service, reference, Instant::now());
        let answer = asked.0.get_or_init(|| async {
            let said = self.ask(&line, &template, service, reference, now_micros).await;
            let kept = match said {
                Ok(_) => AMOUNT_KEPT,
                Err(AssessmentError::NoSuchAssessment) => ABSENCE_KEPT,
                Err(_) => Duration::ZERO,
            };
            Answer { said, until: Instant::now() + kept }
        });
        answer.await.said.clone()
    }

    async fn ask(
        &self,
        line: &Arc<Line>,
        template: &str,
        service: &str,
        reference: &str,
        now_micros: i64,
    ) -> Result<Money, AssessmentError> {
        let not_now = |reason: &str| AssessmentError::NotNow(reason.into());
        let no_answer = |reason: String| AssessmentError::NoAnswer(reason.into());
        let target = line
            .base
            .below(&template.replace("{service}", service))
            .ok_or_else(|| no_answer("the path of assessments is none".to_owned()))?;
        let mut in_flight =
            line.admit(Purpose::Question, &self.all_questions).map_err(|no_place| match no_place {
                NoPlace::Busy => not_now("it has as many questions as it can take"),
                NoPlace::Paused(_) => not_now("it is down"),
            })?;
        let identity = Identity {
            agency: line.agency.as_str(),
            service,
            request_id: None,
            client: None,
            principal: None,
        };
        let body = QuestionBody { service, reference };
        let body = Bytes::from(serde_json::to_vec(&body).expect("two texts can be written as JSON"));
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json");
        let host = HeaderValue::from_str(&line.base.authority).expect("hosts are visible ASCII");
        headers.insert(HOST, host);
        headers.insert(ACCEPT, json.clone());
        headers.insert(CONTENT_TYPE, json);
        headers.insert(CONTENT_LENGTH, body.len().into());
        headers.insert(USER_AGENT, HeaderValue::from_static("malipo"));
        headers.insert(MALIPO_IDENTITY, self.identity.sign(&identity, &Method::POST, &target, now_micros));
        let outbound = OutboundRequest { method: Method::POST, target, headers };
        let progress = Arc::new(Progress::new());
        let answer = match exchange::send(line, outbound, OutboundBody::whole(body), &progress).await {
            Ok(answer) => answer,
            Err(failure) => {
                in_flight.report(trouble::failure(&failure).0);
                return Err(match failure {
                    Failure::NoConnection(_) | Failure::NoConnectionInTime => not_now(&failure.to_string()),
                    other => no_answer(other.to_string()),
                });
            }
        };
        in_flight.report(Outcome::Answered);
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(AssessmentError::NoSuchAssessment),
            status => return Err(no_answer(format!("its status is {status}"))),
        }
        let reading = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect();
        match timeout(line.back_end.head_timeout, reading).await {
            Ok(Ok(body)) => read(&body.to_bytes(), reference).map_err(|reason| no_answer(reason.to_owned())),
            Ok(Err(error)) => Err(no_answer(error.to_string())),
            Err(_) => Err(no_answer("it did not come to an end".to_owned())),
        }
    }
}

/// Reads an answer. What is wrong is said without repeating any of it.
fn read(body: &[u8], reference: &str) -> Result<Money, &'static str> {
    StrictJson::parse(body).map_err(|_| "it is no JSON, or says something twice")?;
    let answer: AnswerBody = serde_json::from_slice(body).map_err(|_| "it has another shape")?;
    let money = Money::new(answer.amount, answer.currency);
    if answer.reference != reference {
        Err("it is about another reference")
    } else if !money.is_positive() {
        Err("the amount is not more than nothing")
    } else {
        Ok(money)
    }
}

impl Assessments {
    /// The question, with whatever answer there is to it at this moment.
    fn entry(&self, service: &str, reference: &str, now: Instant) -> Arc<Asked> {
        let is_over = |asked: &Asked| asked.0.get().is_some_and(|answer| answer.until <= now);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let question: Question = (service.into(), reference.into());
        if let Some(asked) = kept.get(&question)
            && !is_over(asked)
        {
            return Arc::clone(asked);
        }
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, asked| !is_over(asked));
        }
        let asked = Arc::new(Asked::default());
        // One too many is asked for itself alone.
        if kept.len() < KEPT_MAX {
            kept.insert(question, Arc::clone(&asked));
        }
        asked
    }
}

#[cfg(test)]
mod tests;
