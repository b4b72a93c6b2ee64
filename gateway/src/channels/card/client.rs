//! Calls to an acquirer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, Response, StatusCode};

use super::wire::{self, Session, SessionState};
use crate::channels::contract::NoAnswer;
use crate::config::secret::Secret;
use crate::outbound::destination::{Destination, NoAnswer as NotAnswered};
use crate::payments::Attempt;

/// The longest that making a session may take: a browser waits.
const MAKE_WITHIN: Duration = Duration::from_secs(12);
/// The longest that a question may take.
const ASK_WITHIN: Duration = Duration::from_secs(5);

/// Answers of which it cannot be told whether there is a session.
const IN_DOUBT: [StatusCode; 2] = [StatusCode::REQUEST_TIMEOUT, StatusCode::CONFLICT];

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Speaks to an acquirer.
pub(crate) struct Acquirer {
    destination: Destination,
    api_key: Secret,
    pages_url: String,
}

/// What came of making a session.
pub(super) enum MakeOutcome {
    /// The payer can be sent to this page.
    Made {
        /// Its address.
        page: Arc<str>,
    },
    /// There is no session.
    Refused {
        /// The code.
        code: Arc<str>,
        /// Why, for the log.
        why: String,
    },
    /// Nobody knows.
    Unknown(String),
}

impl Acquirer {
    pub(super) fn new(api_key: &Secret, pages_url: &str, destination: Destination) -> Self {
        Self { destination, api_key: api_key.clone(), pages_url: pages_url.to_owned() }
    }

    /// Makes the session of an attempt. The acquirer makes one for its name, however often it is asked.
    pub(super) async fn make(&self, attempt: &Attempt, return_url: &str) -> MakeOutcome {
        let refused = |code: &str, why: String| MakeOutcome::Refused { code: code.into(), why };
        let Some(mut headers) = self.headers() else {
            return refused("api_key", "the key cannot stand in a header".to_owned());
        };
        let key = HeaderValue::from_str(&attempt.id.to_string()).expect("an attempt's name is plain");
        headers.insert(IDEMPOTENCY_KEY, key);
        let body = wire::session_request(attempt, return_url);
        match self.destination.send(Method::POST, wire::SESSIONS_PATH, headers, body, MAKE_WITHIN).await {
            Ok(answer) => {
                let status = answer.status();
                match wire::read_made(status, answer.body(), &self.pages_url) {
                    Some(page) => MakeOutcome::Made { page: page.into() },
                    None if status.is_client_error() && !IN_DOUBT.contains(&status) => {
                        let code = format!("http_{}", status.as_u16());
                        refused(&code, format!("the acquirer answered {status}"))
                    }
                    None => MakeOutcome::Unknown(format!(
                        "the acquirer answered {status} without a page of its own"
                    )),
                }
            }
            Err(NotAnswered::NotSent(why)) => refused("not_sent", why),
            Err(error @ NotAnswered::Doubt(_)) => MakeOutcome::Unknown(error.to_string()),
        }
    }

    /// The session of an attempt of this name, if the acquirer knows one, and its page while it can be paid there.
    pub(super) async fn find(&self, name: &str) -> Result<Option<(Session, Option<Arc<str>>)>, NoAnswer> {
        let answer = self.get(&format!("{}?reference={name}", wire::SESSIONS_PATH)).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let body = well(answer)?;
        let session = wire::read_session(&body).map_err(|error| NoAnswer(error.to_owned()))?;
        if session.attempt.to_string() != name {
            return Err(NoAnswer("it tells of another session".to_owned()));
        }
        let is_open = session.state == SessionState::Open;
        let page = is_open.then(|| wire::read_page(&body, &self.pages_url)).flatten();
        Ok(Some((session, page.map(Arc::from))))
    }

    /// Asks whether our key is taken.
    pub(super) async fn probe(&self) -> Result<(), NoAnswer> {
        well(self.get("/v1/ping").await?).map(drop)
    }

    /// Types our address into the pages of a simulated acquirer.
    pub(super) async fn is_told_where_to_report(&self, callbacks_url: &str) -> Result<(), NoAnswer> {
        let body = serde_json::json!({ "webhook": format!("{callbacks_url}/card") }).to_string();
        let told = self
            .destination
            .send(Method::POST, "/dashboard", HeaderMap::new(), body.into(), ASK_WITHIN)
            .await;
        match told {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(NoAnswer(format!("its pages answer {}", answer.status()))),
            Err(error) => Err(NoAnswer(error.to_string())),
        }
    }

    async fn get(&self, path: &str) -> Result<Response<Bytes>, NoAnswer> {
        let headers =
            self.headers().ok_or_else(|| NoAnswer("the key cannot stand in a header".to_owned()))?;
        let answer = self.destination.send(Method::GET, path, headers, Bytes::new(), ASK_WITHIN).await;
        answer.map_err(|error| NoAnswer(error.to_string()))
    }

    fn headers(&self) -> Option<HeaderMap> {
        let mut key = HeaderValue::from_str(&format!("Bearer {}", self.api_key.expose())).ok()?;
        key.set_sensitive(true);
        Some(HeaderMap::from_iter([
            (AUTHORIZATION, key),
            (ACCEPT, JSON),
            (CONTENT_TYPE, JSON),
            (USER_AGENT, HeaderValue::from_static("malipo")),
        ]))
    }
}

/// The body of an answer that says that all is well.
fn well(answer: Response<Bytes>) -> Result<Bytes, NoAnswer> {
    let status = answer.status();
    let is_well = status.is_success();
    if is_well { Ok(answer.into_body()) } else { Err(NoAnswer(format!("the acquirer answered {status}"))) }
}
