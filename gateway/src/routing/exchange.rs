//! One request to a back end, until the head of its answer: sent once, or twice where that is harmless and nothing was
//! heard the first time.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, Response, Uri};
use hyper_util::client::legacy::Error as ClientError;
use hyper_util::client::legacy::connect::capture_connection;
use tokio::time::{Instant, sleep_until};

use super::body::{OutboundBody, Progress};
use super::line::Line;
use crate::outbound::connector::{ConnectError, Heard, connect_error};

/// A request, without its body.
#[derive(Clone)]
pub(super) struct OutboundRequest {
    pub(super) method: Method,
    pub(super) target: Uri,
    pub(super) headers: HeaderMap,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// No connection could be made.
    #[error("{0}")]
    NoConnection(String),
    /// No connection could be made in time.
    #[error("no connection in time")]
    NoConnectionInTime,
    /// The back end took the request and did not begin to answer in time.
    #[error("no answer within {0:?}")]
    NoHeadInTime(Duration),
    /// The connection ended before there was an answer.
    #[error("the connection broke: {0}")]
    Broke(String),
    /// What came is not HTTP as we take it.
    #[error("the answer is not one: {0}")]
    Malformed(String),
    /// The caller's own body ended early or fell silent.
    #[error("the caller stopped sending")]
    CallerStopped,
}

/// Sends a request with its body, which is there once.
pub(super) async fn send(
    line: &Line,
    outbound: OutboundRequest,
    body: OutboundBody,
    progress: &Arc<Progress>,
) -> Result<Response<Incoming>, Failure> {
    let again = may_be_sent_again(&outbound).then(|| outbound.clone());
    match (send_once(line, outbound, body, progress).await, again) {
        (Err(Attempt { failure: Failure::Broke(reason), heard: false }), Some(again)) => {
            tracing::debug!(agency = %line.agency, reason, "nothing was heard; the request is sent once more");
            send_once(line, again, OutboundBody::empty(), progress).await.map_err(|attempt| attempt.failure)
        }
        (outcome, _) => outcome.map_err(|attempt| attempt.failure),
    }
}

/// Whether sending the request twice is as good as once: a method that changes nothing, and no body.
fn may_be_sent_again(outbound: &OutboundRequest) -> bool {
    let is_harmless = matches!(outbound.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let has_body = outbound.headers.get(hyper::header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    let switches = outbound.headers.contains_key(hyper::header::UPGRADE);
    is_harmless && !has_body && !switches
}

/// One attempt that failed.
struct Attempt {
    failure: Failure,
    /// Whether the back end had begun to say anything.
    heard: bool,
}

async fn send_once(
    line: &Line,
    outbound: OutboundRequest,
    body: OutboundBody,
    progress: &Arc<Progress>,
) -> Result<Response<Incoming>, Attempt> {
    let mut request = Request::new(body);
    *request.method_mut() = outbound.method;
    *request.uri_mut() = outbound.target;
    *request.headers_mut() = outbound.headers;
    let mut connection = capture_connection(&mut request);
    let mut answer = std::pin::pin!(line.client.request(request));
    // The connector has a deadline of its own.
    let at_once = tokio::select! {
        biased;
        answer = &mut answer => Some(answer),
        _ = connection.wait_for_connection_metadata() => None,
    };
    let began = Instant::now();
    progress.note();
    let answer = match at_once {
        Some(answer) => answer,
        None => {
            tokio::select! {
                biased;
                answer = &mut answer => answer,
                () = too_late(progress, line.back_end.head_timeout) => {
                    let failure = Failure::NoHeadInTime(line.back_end.head_timeout);
                    return Err(Attempt { failure, heard: true });
                }
            }
        }
    };
    match answer {
        Ok(answer) => {
            line.head_duration.record(began.elapsed());
            Ok(answer)
        }
        Err(_) if progress.caller_failed() => Err(Attempt { failure: Failure::CallerStopped, heard: true }),
        Err(error) => Err(Attempt { heard: Heard::anything_before(&error), failure: failure_of(&error) }),
    }
}

/// Ends when nothing has been handed on for so long, and it is not the caller who keeps everybody waiting.
async fn too_late(progress: &Progress, limit: Duration) {
    loop {
        let until = if progress.waits_for_caller() { Instant::now() } else { progress.last() } + limit;
        if until <= Instant::now() {
            return;
        }
        sleep_until(until).await;
    }
}

fn failure_of(error: &ClientError) -> Failure {
    if let Some(connecting) = connect_error(error) {
        return match connecting {
            ConnectError::TooSlow => Failure::NoConnectionInTime,
            other => Failure::NoConnection(other.to_string()),
        };
    }
    let cause = std::error::Error::source(error);
    let reason = cause.map_or_else(|| error.to_string(), ToString::to_string);
    match cause.and_then(|cause| cause.downcast_ref::<hyper::Error>()) {
        Some(hyper) if hyper.is_parse() => Failure::Malformed(reason),
        _ if error.is_connect() => Failure::NoConnection(reason),
        _ => Failure::Broke(reason),
    }
}
