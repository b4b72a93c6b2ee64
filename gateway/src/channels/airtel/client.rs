//! Calls to Airtel. Each is made once; whether one that failed may have been carried out is known from whether its body
//! had begun to leave us.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, Response, StatusCode};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::AirtelTerms;
use super::wire::{self, AskAnswer, Transaction};
use crate::channels::contract::NoAnswer;
use crate::channels::mpesa::subscriber::Subscriber;
use crate::config::secret::Secret;
use crate::outbound::destination::{Destination, NoAnswer as NotAnswered};
use crate::payments::{AttemptId, PaymentNumber};

/// The longest that a call may take, its token left aside.
const CALL_WITHIN: Duration = Duration::from_secs(12);
/// The longest that a token or a probe may take.
const TOKEN_WITHIN: Duration = Duration::from_secs(3);
/// The longest that a connection may take.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// A token is replaced so long before it ends.
const TOKEN_MARGIN: Duration = Duration::from_secs(30);
/// How long a token is kept that does not say how long it lives, and the longest that any is.
const TOKEN_LIFE_UNSAID_SECONDS: u64 = 60;
const TOKEN_LIFE_SECONDS_MAX: u64 = 24 * 60 * 60;
/// After a token could not be had, those who wait behind share that outcome for so long.
const FAILURE_SHARED: Duration = Duration::from_secs(1);

const COUNTRY: HeaderName = HeaderName::from_static("x-country");
const CURRENCY: HeaderName = HeaderName::from_static("x-currency");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Speaks to Airtel as one merchant.
pub(crate) struct Airtel {
    destination: Destination,
    client_id: Secret,
    client_secret: Secret,
    token: Mutex<Token>,
}

/// The access token that every call shows.
enum Token {
    None,
    Good { authorization: HeaderValue, until: Instant },
    Failed { why: String, at: Instant },
}

/// What came of asking a payer.
pub(super) enum AskOutcome {
    /// The payer is asked.
    Accepted,
    /// Nobody was asked.
    Refused {
        /// The code.
        code: Arc<str>,
        /// Why, for the log.
        why: String,
        /// True if the channel failed.
        is_failure: bool,
    },
    /// Nobody knows.
    Unknown(String),
}

impl Airtel {
    pub(super) fn new(terms: &AirtelTerms, destination: Destination) -> Self {
        Self {
            destination,
            client_id: terms.client_id.clone(),
            client_secret: terms.client_secret.clone(),
            token: Mutex::new(Token::None),
        }
    }

    /// Asks a payer, once.
    pub(super) async fn ask(
        &self,
        attempt: AttemptId,
        number: PaymentNumber,
        phone: Subscriber,
        shillings: i64,
    ) -> AskOutcome {
        let not_sent = |why| AskOutcome::Refused { code: "not_sent".into(), why, is_failure: true };
        let mut authorization = match self.token(false).await {
            Ok(authorization) => authorization,
            Err(why) => return not_sent(why),
        };
        let body = wire::ask_request(attempt, number, phone, shillings);
        // The token is looked at before the request, so one that is sent again after a 401 is the first that counts.
        for may_renew in [true, false] {
            let answer = self.call(Method::POST, wire::ASK_PATH, authorization.clone(), body.clone()).await;
            match answer {
                Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED && may_renew => {
                    authorization = match self.token(true).await {
                        Ok(authorization) => authorization,
                        Err(why) => return not_sent(why),
                    };
                }
                Ok(answer) => {
                    let status = answer.status();
                    return match wire::read_ask(status, answer.body()) {
                        AskAnswer::Accepted => AskOutcome::Accepted,
                        AskAnswer::Refused { code, is_failure } => {
                            let why = format!("Airtel answered {status} with {code}");
                            AskOutcome::Refused { code, why, is_failure }
                        }
                        AskAnswer::Unclear => {
                            AskOutcome::Unknown(format!("Airtel answered {status}, unclear"))
                        }
                    };
                }
                Err(NotAnswered::NotSent(why)) => return not_sent(why),
                Err(error @ NotAnswered::Doubt(_)) => return AskOutcome::Unknown(error.to_string()),
            }
        }
        not_sent("Airtel takes no token".to_owned())
    }

    /// Asks what became of a transaction.
    pub(super) async fn query(&self, name: &str) -> Result<Transaction, NoAnswer> {
        let path = wire::query_path(name);
        for is_new in [false, true] {
            let authorization = self.token(is_new).await.map_err(NoAnswer)?;
            let answer = self.call(Method::GET, &path, authorization, Bytes::new()).await;
            let answer = answer.map_err(|error| NoAnswer(error.to_string()))?;
            if answer.status() == StatusCode::UNAUTHORIZED && !is_new {
                continue;
            }
            let status = answer.status();
            let read = wire::read_query(status, answer.body(), name);
            return read
                .ok_or_else(|| NoAnswer(format!("Airtel answered {status}, which says nothing of it")));
        }
        Err(NoAnswer("Airtel takes no token".to_owned()))
    }

    /// Asks for a token that is not needed.
    pub(super) async fn probe(&self) -> Result<(), NoAnswer> {
        self.token(true).await.map(drop).map_err(NoAnswer)
    }

    /// Types our address into the portal of a simulated Airtel.
    pub(super) async fn is_told_where_to_report(&self, callbacks_url: &str) -> Result<(), NoAnswer> {
        let body = serde_json::json!({ "callback": format!("{callbacks_url}/airtel") }).to_string();
        let told =
            self.destination.send(Method::POST, "/portal", HeaderMap::new(), body.into(), TOKEN_WITHIN).await;
        match told {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(NoAnswer(format!("its portal answers {}", answer.status()))),
            Err(error) => Err(NoAnswer(error.to_string())),
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        authorization: HeaderValue,
        body: Bytes,
    ) -> Result<Response<Bytes>, NotAnswered> {
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, authorization),
            (ACCEPT, JSON),
            (CONTENT_TYPE, JSON),
            (USER_AGENT, HeaderValue::from_static("malipo")),
            (COUNTRY, HeaderValue::from_static(wire::COUNTRY)),
            (CURRENCY, HeaderValue::from_static(wire::CURRENCY)),
        ]);
        self.destination.send(method, path, headers, body, CALL_WITHIN).await
    }

    /// A token, a new one if that is wanted. One caller fetches for all who wait.
    async fn token(&self, is_new: bool) -> Result<HeaderValue, String> {
        let mut token = self.token.lock().await;
        match &*token {
            Token::Good { authorization, until } if !is_new && Instant::now() < *until => {
                return Ok(authorization.clone());
            }
            Token::Failed { why, at } if at.elapsed() < FAILURE_SHARED => return Err(why.clone()),
            _ => {}
        }
        match self.fetch().await {
            Ok((authorization, until)) => {
                *token = Token::Good { authorization: authorization.clone(), until };
                Ok(authorization)
            }
            Err(why) => {
                *token = Token::Failed { why: why.clone(), at: Instant::now() };
                Err(why)
            }
        }
    }

    async fn fetch(&self) -> Result<(HeaderValue, Instant), String> {
        let asked_at = Instant::now();
        let headers = HeaderMap::from_iter([
            (ACCEPT, JSON),
            (CONTENT_TYPE, JSON),
            (USER_AGENT, HeaderValue::from_static("malipo")),
        ]);
        let body = wire::token_request(&self.client_id, &self.client_secret);
        let answer = self.destination.send(Method::POST, wire::TOKEN_PATH, headers, body, TOKEN_WITHIN).await;
        let answer = answer.map_err(|error| format!("no access token: {error}"))?;
        let status = answer.status();
        let no_token = || format!("no access token: Airtel answered {status}");
        let (token, seconds) = wire::read_token(status, answer.body()).ok_or_else(no_token)?;
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| no_token())?;
        authorization.set_sensitive(true);
        let life = seconds.unwrap_or(TOKEN_LIFE_UNSAID_SECONDS).min(TOKEN_LIFE_SECONDS_MAX);
        let life = Duration::from_secs(life);
        let kept = life.checked_sub(TOKEN_MARGIN).unwrap_or(life / 2).max(life / 2);
        Ok((authorization, asked_at + kept))
    }
}
