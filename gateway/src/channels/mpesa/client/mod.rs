//! Calls to Safaricom: register our addresses, ask a payer on the phone, ask what became of that, ask what came in.
//!
//! Each call is one method with one deadline and one typed outcome. Asking a payer is the call that must not be made
//! twice: once its request has begun to leave us, anything but a clear answer is *unknown*, and stays so until a
//! query, a confirmation or the statement decides. Whether it has begun to leave is known for certain; see
//! `outbound::departure`.
//!
//! Read `prompt` first. `exchange` is the wire, `token` the access token that every call shows.

mod prompt;
pub(crate) mod pull;
mod query;
mod registration;

mod outcome;

mod exchange;
mod token;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::Uri;
use tokio::time::Instant;

pub use outcome::{CallError, Doubt, Refusal, Side};
pub use prompt::{PromptOutcome, PromptRequest};
pub use query::PromptStatus;
pub use registration::{DefaultAction, Registered, Registration};

use self::exchange::{ANSWER_BYTES_MAX, Answer, Exchange};
use self::token::{Token, TokenCache};
use crate::clock::{self, Clock};
use crate::config::secret::Secret;
use crate::config::sections::PaybillConfig;

/// The longest that a call may take, its access token included. Safaricom answers within a few seconds or not at all.
pub const DEADLINE: Duration = Duration::from_secs(15);

/// The longest that a probe may take: whoever answers later is no help to a payer who waits.
const PROBE_DEADLINE: Duration = Duration::from_secs(3);

/// What it takes to speak to Safaricom as the owner of a paybill.
#[derive(Clone, Debug)]
pub struct DarajaSettings {
    /// Where its interface is: `https`, or `http` on this machine for a sandbox.
    pub base_url: Uri,
    /// The paybill.
    pub short_code: String,
    /// Name of our application.
    pub consumer_key: Secret,
    /// Password of our application.
    pub consumer_secret: Secret,
    /// Key for prompts.
    pub passkey: Secret,
    /// The longest that a call may take.
    pub deadline: Duration,
}

impl DarajaSettings {
    /// Those of a configuration.
    pub fn of(paybill: &PaybillConfig) -> Self {
        Self {
            base_url: paybill.daraja_base_url.uri(),
            short_code: paybill.short_code.clone(),
            consumer_key: paybill.consumer_key.clone(),
            consumer_secret: paybill.consumer_secret.clone(),
            passkey: paybill.passkey.clone(),
            deadline: DEADLINE,
        }
    }
}

/// Why no client can be made of some settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUsable {
    /// Secrets and phone numbers do not travel in the clear.
    #[error("Safaricom's address must begin with https, or with http for a sandbox on this machine")]
    InTheClear,
    /// Safaricom takes the short code as a number.
    #[error("the short code must be a number that does not begin with 0")]
    ShortCode,
}

/// A client of Safaricom's interface. Cheap to clone; clones share connections and the access token.
#[derive(Clone)]
pub struct Daraja(Arc<Inner>);

struct Inner {
    exchange: Exchange,
    token: TokenCache,
    short_code: u64,
    passkey: Secret,
    deadline: Duration,
    clock: Clock,
}

impl Daraja {
    /// A client with these settings. Nothing is sent before the first call.
    pub fn new(settings: DarajaSettings, clock: Clock) -> Result<Self, NotUsable> {
        let short_code = settings.short_code.parse().map_err(|_| NotUsable::ShortCode)?;
        if u64::to_string(&short_code) != settings.short_code {
            return Err(NotUsable::ShortCode);
        }
        if settings.base_url.scheme_str() != Some("https") && !is_loopback(&settings.base_url) {
            return Err(NotUsable::InTheClear);
        }
        Ok(Self(Arc::new(Inner {
            exchange: Exchange::with(&settings.base_url),
            token: TokenCache::of(&settings.consumer_key, &settings.consumer_secret),
            short_code,
            passkey: settings.passkey,
            deadline: settings.deadline,
            clock,
        })))
    }

    /// Asks for a new access token, which is what every call begins with.
    pub async fn probe(&self) -> Result<(), Refusal> {
        let Inner { exchange, token, clock, deadline, .. } = &*self.0;
        let deadline = Instant::now() + PROBE_DEADLINE.min(*deadline);
        token.renew(exchange, clock, deadline).await
    }

    /// Posts a body with a token. A token that turns out not to be taken is replaced once: Safaricom looks at the
    /// token before it looks at the request, so the second request is the first that counts.
    async fn post(&self, path: &str, body: Bytes) -> Result<Answer, CallError> {
        self.post_for(path, body, ANSWER_BYTES_MAX).await
    }

    /// Posts a body with a token, for an answer of so many bytes at most.
    async fn post_for(&self, path: &str, body: Bytes, answer_bytes_max: usize) -> Result<Answer, CallError> {
        let Inner { exchange, deadline, .. } = &*self.0;
        let deadline = Instant::now() + *deadline;
        let token = self.token(deadline, None).await?;
        let authorization = &token.authorization;
        let answer = exchange.post(path, authorization, body.clone(), deadline, answer_bytes_max).await?;
        if !token::is_refused_by(&answer) {
            return Ok(answer);
        }
        let token = self.token(deadline, Some(&token)).await?;
        exchange.post(path, &token.authorization, body, deadline, answer_bytes_max).await
    }

    async fn token(&self, deadline: Instant, refused: Option<&Arc<Token>>) -> Result<Arc<Token>, Refusal> {
        let Inner { exchange, token, clock, .. } = &*self.0;
        token.get(exchange, clock, deadline, refused).await
    }

    /// What a request about prompts is signed with.
    fn credentials(&self) -> Credentials {
        let timestamp = clock::format_compact(self.0.clock.now_micros());
        let signed = Secret::new(format!("{}{}{timestamp}", self.0.short_code, self.0.passkey.expose()));
        Credentials {
            business_short_code: self.0.short_code,
            password: STANDARD.encode(signed.expose()),
            timestamp,
        }
    }
}

/// The members that sign a request: the same timestamp, in East Africa Time, stands by itself and in the password.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    business_short_code: u64,
    password: String,
    timestamp: String,
}

fn is_loopback(address: &Uri) -> bool {
    let host = address.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What is sent: types of ours with text names and whole numbers.
fn json(body: &impl serde::Serialize) -> Bytes {
    serde_json::to_vec(body).expect("a request has text names and whole numbers").into()
}

#[cfg(test)]
mod tests;
