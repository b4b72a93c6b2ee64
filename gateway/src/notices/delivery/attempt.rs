//! One attempt: the notice is read from the journal, signed, sent, and answered or not.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use ledger::LedgerTime;
use tokio::time::Instant;

use super::secrets::Secrets;
use crate::api::EventBody;
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::clock::Clock;
use crate::notices::signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use crate::notices::{NoticeError, happening};
use crate::outbound::posting::{PostFailure, PostLine};
use crate::payments::{DeliveryAttempt, DeliveryOutcome, NoticeId};

/// How long an endpoint may take to answer, connecting included.
const DEADLINE: Duration = Duration::from_secs(15);
const MICROS: i64 = 1_000_000;

/// What is sent with.
pub(super) struct Post {
    pub(super) line: Arc<PostLine>,
    pub(super) secrets: Arc<Secrets>,
    pub(super) stamps: Clock,
}

/// An attempt that ended.
pub(super) struct Attempted {
    pub(super) came: Came,
    pub(super) attempt: DeliveryAttempt,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It was taken.
    Taken,
    /// It was not, or nobody knows.
    Failed {
        /// How long to stay away, if the answer says so.
        retry_after_seconds: Option<u64>,
    },
    /// There is nothing to send under this identifier.
    Unsayable,
}

impl Attempted {
    /// One that nothing is known of.
    pub(super) fn broken(at: LedgerTime) -> Self {
        let attempt = DeliveryAttempt { at, took_ms: 0, outcome: DeliveryOutcome::Broke };
        Self { came: Came::Failed { retry_after_seconds: None }, attempt }
    }
}

/// Tries once. Without an address and a secret nothing is sent.
pub(super) async fn attempt(app: SharedApp, post: Option<Post>, notice: NoticeId) -> Attempted {
    let began = Instant::now();
    // The object of an event may take many records to put together: not on the threads that answer.
    let for_body = SharedApp::clone(&app);
    let body = away(move || body_of(&for_body, notice)).await;
    let (came, outcome) = match (body.unwrap_or(Err(NoticeError::Contradiction)), post) {
        (Ok(Some(body)), Some(post)) => send(&app, &post, notice, body).await,
        (Ok(Some(_)), None) => (Came::Failed { retry_after_seconds: None }, DeliveryOutcome::NoConnection),
        (Ok(None) | Err(NoticeError::Contradiction), _) => {
            tracing::error!(event = %notice, "An event that is to be sent cannot be made from its record.");
            (Came::Unsayable, DeliveryOutcome::Broke)
        }
        (Err(NoticeError::Lookup(error)), _) => {
            tracing::error!(%error, event = %notice, "An event that is to be sent cannot be read.");
            (Came::Failed { retry_after_seconds: None }, DeliveryOutcome::Broke)
        }
    };
    let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    Attempted { came, attempt: DeliveryAttempt { at: app.now(), took_ms, outcome } }
}

fn body_of(app: &App, notice: NoticeId) -> Result<Option<Bytes>, NoticeError> {
    let Some(happening) = happening::find(&app.books, notice)? else { return Ok(None) };
    let body = EventBody::of(&happening.into_notice(&app.books)?);
    Ok(Some(serde_json::to_vec(&body).expect("our own wire types can be written as JSON").into()))
}

async fn send(app: &App, post: &Post, notice: NoticeId, body: Bytes) -> (Came, DeliveryOutcome) {
    let failed = |outcome| (Came::Failed { retry_after_seconds: None }, outcome);
    let timestamp = post.stamps.now_micros() / MICROS;
    let id = notice.to_string();
    let Some(signature) = post.secrets.sign(app.now(), &id, timestamp, &body) else {
        return failed(DeliveryOutcome::NoConnection);
    };
    let mut headers = HeaderMap::new();
    let json = HeaderValue::from_static("application/json");
    headers.insert(CONTENT_TYPE, json);
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(USER_AGENT, HeaderValue::from_static("malipo"));
    for (name, value) in
        [(ID_HEADER, id), (TIMESTAMP_HEADER, timestamp.to_string()), (SIGNATURE_HEADER, signature)]
    {
        let value = HeaderValue::try_from(value).expect("identifiers, numbers and base64 are visible ASCII");
        headers.insert(HeaderName::from_static(name), value);
    }
    match post.line.post(headers, body, DEADLINE).await {
        Ok(answer) => {
            let outcome = DeliveryOutcome::Status(answer.status.as_u16());
            let retry_after_seconds = answer.retry_after_seconds;
            let is_taken = answer.status.is_success();
            (if is_taken { Came::Taken } else { Came::Failed { retry_after_seconds } }, outcome)
        }
        Err(failure) => {
            tracing::debug!(%failure, event = %notice, "An attempt to tell an agency failed.");
            failed(match failure {
                PostFailure::NoConnection(_) => DeliveryOutcome::NoConnection,
                PostFailure::TimedOut => DeliveryOutcome::TimedOut,
                PostFailure::Broke(_) => DeliveryOutcome::Broke,
            })
        }
    }
}
