//! The access token that every call shows: fetched when needed, by one caller for all, and kept until shortly before
//! it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::exchange::{Answer, Exchange};
use super::outcome::{CallError, Refusal, Side};
use crate::channels::mpesa::wire::reply::{self, ErrorEnvelope, Reply};
use crate::clock::Clock;
use crate::config::secret::Secret;

const PATH: &str = "/oauth/v1/generate?grant_type=client_credentials";
const TOKEN_LEN_MAX: usize = 4_096;
const SECONDS_LEN_MAX: usize = 10;
/// A token is replaced this long before it ends, or at half its life if it is a short one.
const MARGIN_SECONDS: i64 = 60;
/// How long a token is kept that does not say how long it lives. One that ends sooner is refused, and replaced then.
const LIFE_UNSAID_SECONDS: i64 = 600;
/// No token is kept longer, whatever it says.
const LIFE_SECONDS_MAX: i64 = 24 * 60 * 60;

/// A token and when to replace it.
pub(super) struct Token {
    /// The header that shows it. Marked as sensitive: it prints as such.
    pub(super) authorization: HeaderValue,
    replace_at_micros: i64,
}

/// The token at present, and the turn to fetch another.
pub(super) struct TokenCache {
    /// What the token is asked for with.
    authorization: HeaderValue,
    current: ArcSwapOption<Token>,
    /// Held by whoever is fetching. What stands in it is why the last fetch failed, if it did.
    turn: Mutex<Option<Refusal>>,
    /// Fetches that have ended, well or not.
    fetches: AtomicU64,
}

/// Whether an answer means that the token was not taken. A lack of the product has the status of a bad token and is
/// none, so the code is looked at first.
pub(super) fn is_refused_by(answer: &Answer) -> bool {
    match Reply::read(&answer.body) {
        Reply::Error(ErrorEnvelope { code, .. }) => {
            matches!(&*code, "404.001.03" | "400.003.01" | "401.002.01")
        }
        Reply::Object(_) | Reply::Other => answer.status == StatusCode::UNAUTHORIZED,
    }
}

impl TokenCache {
    pub(super) fn of(consumer_key: &Secret, consumer_secret: &Secret) -> Self {
        let pair = Secret::new(format!("{}:{}", consumer_key.expose(), consumer_secret.expose()));
        let authorization = sensitive(&format!("Basic {}", STANDARD.encode(pair.expose())));
        Self {
            authorization: authorization.expect("base64 fits in a header"),
            current: ArcSwapOption::empty(),
            turn: Mutex::new(None),
            fetches: AtomicU64::new(0),
        }
    }

    /// A token that is good now, other than the one that was `refused`. Those who come while it is being fetched wait
    /// for that fetch and share its outcome, also when it fails: a queue of callers is not a queue of fetches.
    pub(super) async fn get(
        &self,
        exchange: &Exchange,
        clock: &Clock,
        deadline: Instant,
        refused: Option<&Arc<Token>>,
    ) -> Result<Arc<Token>, Refusal> {
        if let Some(token) = self.good(clock, refused) {
            return Ok(token);
        }
        let fetches_before = self.fetches.load(Ordering::Acquire);
        let turn = timeout_at(deadline, self.turn.lock()).await;
        let mut last_failure =
            turn.map_err(|_| Refusal::not_sent(Side::Safaricom, "no access token in time"))?;
        if let Some(token) = self.good(clock, refused) {
            return Ok(token);
        }
        if self.fetches.load(Ordering::Acquire) != fetches_before
            && let Some(failure) = &*last_failure
        {
            return Err(failure.clone());
        }
        let fetched = self.fetch(exchange, clock, deadline).await;
        self.fetches.fetch_add(1, Ordering::AcqRel);
        match fetched {
            Ok(token) => {
                let token = Arc::new(token);
                self.current.store(Some(Arc::clone(&token)));
                *last_failure = None;
                Ok(token)
            }
            Err(refusal) => {
                *last_failure = Some(refusal.clone());
                Err(refusal)
            }
        }
    }

    /// Fetches a token although there may be a good one, which stays if that fails.
    pub(super) async fn renew(
        &self,
        exchange: &Exchange,
        clock: &Clock,
        deadline: Instant,
    ) -> Result<(), Refusal> {
        let present = self.current.load_full();
        self.get(exchange, clock, deadline, present.as_ref()).await.map(|_| ())
    }

    fn good(&self, clock: &Clock, refused: Option<&Arc<Token>>) -> Option<Arc<Token>> {
        let token = self.current.load_full()?;
        let was_refused = refused.is_some_and(|refused| Arc::ptr_eq(refused, &token));
        (!was_refused && clock.now_micros() < token.replace_at_micros).then_some(token)
    }

    /// Whatever goes wrong here, the call that wanted the token was not made.
    async fn fetch(&self, exchange: &Exchange, clock: &Clock, deadline: Instant) -> Result<Token, Refusal> {
        let asked_at_micros = clock.now_micros();
        let answer = exchange.get(PATH, &self.authorization, deadline).await.map_err(without_token)?;
        let not_understood = || without_token(CallError::of_status(answer.status));
        match Reply::read(&answer.body) {
            Reply::Object(object) => {
                let token =
                    reply::token(&object, "access_token", TOKEN_LEN_MAX).ok_or_else(not_understood)?;
                let authorization = sensitive(&format!("Bearer {token}")).ok_or_else(not_understood)?;
                // A text of digits, although it is a number.
                let life = reply::token(&object, "expires_in", SECONDS_LEN_MAX)
                    .and_then(|seconds| seconds.parse::<i64>().ok())
                    .map_or(LIFE_UNSAID_SECONDS, |seconds| seconds.clamp(0, LIFE_SECONDS_MAX));
                let kept_seconds = (life - MARGIN_SECONDS).max(life / 2);
                let replace_at_micros = asked_at_micros.saturating_add(kept_seconds * 1_000_000);
                Ok(Token { authorization, replace_at_micros })
            }
            Reply::Error(envelope) => Err(without_token(CallError::of_envelope(&envelope))),
            Reply::Other => Err(not_understood()),
        }
    }
}

fn without_token(error: CallError) -> Refusal {
    match error {
        CallError::Refused(refusal) => {
            Refusal { message: format!("no access token: {}", refusal.message), ..refusal }
        }
        CallError::Unknown(doubt) => Refusal::not_sent(doubt.side(), format!("no access token: {doubt}")),
    }
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
impl Token {
    pub(super) fn for_tests(token: &str, replace_at_micros: i64) -> Self {
        Self { authorization: sensitive(&format!("Bearer {token}")).unwrap(), replace_at_micros }
    }
}

#[cfg(test)]
impl TokenCache {
    /// Begins with a token, for tests of what comes after.
    pub(super) fn hold(&self, token: Token) {
        self.current.store(Some(Arc::new(token)));
    }
}
