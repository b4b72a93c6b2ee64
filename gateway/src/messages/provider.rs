//! A provider that carries messages: where it is, as whom we speak to it, and one call.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method};

use super::letter::Letter;
use super::wire::{self, Word};
use crate::config::secret::Secret;
use crate::outbound::destination::{Destination, NoAnswer};

/// The longest that a call may take. The published clients wait nine seconds for an answer.
const CALL_WITHIN: Duration = Duration::from_secs(10);
/// The longest that a connection may take.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// How long a simulated carrier is given to appear.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(1);
const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// What it takes to speak to a provider.
#[derive(Clone, Debug)]
pub struct ProviderTerms {
    /// Its name here: in paths, in metrics, in records.
    pub name: &'static str,
    /// Where it is.
    pub base_url: String,
    /// As whom we speak.
    pub username: String,
    /// The key that proves it.
    pub api_key: Secret,
    /// Who a message comes from, if that is registered.
    pub sender: Option<String>,
}

/// A provider.
pub(super) struct Provider {
    pub(super) name: Arc<str>,
    terms: ProviderTerms,
    destination: Destination,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The provider has the message, under this name.
    Taken(Arc<str>),
    /// It has not.
    PutOff(Arc<str>),
    /// It refuses the message for good.
    Refused(Arc<str>),
    /// Nobody knows.
    NoAnswer,
}

impl Outcome {
    /// What metrics call it.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Taken(_) => "taken",
            Self::PutOff(_) => "put_off",
            Self::Refused(_) => "refused",
            Self::NoAnswer => "no_answer",
        }
    }

    /// Whether it speaks against the provider.
    pub(super) const fn is_failure(&self) -> bool {
        matches!(self, Self::PutOff(_) | Self::NoAnswer)
    }
}

impl Provider {
    pub(super) fn new(terms: ProviderTerms, destination: Destination) -> Self {
        Self { name: terms.name.into(), terms, destination }
    }

    /// Types into the pages of a simulated carrier where it is to report, until it knows.
    pub(super) async fn is_told_where_to_report(&self, address: &str) {
        let address = format!("{address}/{}", self.name);
        let dashboard = serde_json::json!({"report": format!("{address}/report"), "incoming": format!("{address}/incoming")});
        loop {
            let body = Bytes::from(dashboard.to_string());
            let told =
                self.destination.send(Method::POST, "/dashboard", HeaderMap::new(), body, CALL_WITHIN).await;
            match told {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => {
                    tracing::warn!(status = %answer.status(), "A simulated carrier does not take our address.");
                }
                Err(error) => tracing::debug!(%error, "A simulated carrier is not there yet."),
            }
            tokio::time::sleep(TOLD_AGAIN_AFTER).await;
        }
    }

    /// Hands a message over, once.
    pub(super) async fn send(&self, letter: &Letter) -> Outcome {
        let form = wire::form(&self.terms.username, self.terms.sender.as_deref(), letter.phone, &letter.text);
        let Ok(mut key) = HeaderValue::from_str(self.terms.api_key.expose()) else {
            tracing::error!(provider = %self.name, "The key of a provider of messages cannot stand in a header.");
            return Outcome::PutOff("api_key".into());
        };
        key.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (API_KEY, key),
            (ACCEPT, HeaderValue::from_static("application/json")),
            (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
            (USER_AGENT, HeaderValue::from_static("malipo")),
        ]);
        let form = Bytes::from(form);
        match self.destination.send(Method::POST, wire::PATH, headers, form, CALL_WITHIN).await {
            Ok(answer) => match wire::read_answer(answer.status(), answer.body()) {
                Word::Taken(id) => Outcome::Taken(id),
                Word::PutOff(reason) => Outcome::PutOff(reason),
                Word::Refused(reason) => Outcome::Refused(reason),
                Word::Unclear(reason) => {
                    tracing::warn!(provider = %self.name, %reason, "Whether a provider took a message cannot be told from its answer.");
                    Outcome::NoAnswer
                }
            },
            Err(NoAnswer::NotSent(reason)) => {
                tracing::debug!(provider = %self.name, reason, "A provider of messages was not reached.");
                Outcome::PutOff("not_sent".into())
            }
            Err(NoAnswer::Doubt(reason)) => {
                tracing::warn!(provider = %self.name, reason, "A provider gave no answer about a message.");
                Outcome::NoAnswer
            }
        }
    }
}
