//! What merchants ask of an acquirer, and the control calls beside it.

use std::sync::Arc;

use hyper::header::{AUTHORIZATION, HOST, HeaderMap};
use hyper::{Method, StatusCode};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::record::AcquirerLine;
use super::{API_KEY, AcquirerFaults, Session, State, page};
use crate::loopback::LoopbackUrl;
use crate::sandbox::answer::{Answer, ControlError, json_answer};
use crate::sandbox::merchant_statement;
use crate::sandbox::safaricom::Safaricom;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionRequest {
    amount: u64,
    currency: String,
    reference: String,
    return_url: String,
    expires_in: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dashboard {
    webhook: String,
}

/// What merchants and payers reach, below `/acquirer`.
pub(crate) async fn answer(
    safaricom: &Arc<Safaricom>,
    method: &Method,
    segments: &[&str],
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer {
    match (method, segments) {
        (&Method::GET, ["pay", session]) => return page::show(safaricom, session),
        (&Method::POST, ["pay", session]) => return page::press(safaricom, session, body).await,
        (&Method::POST, ["dashboard"]) => return dashboard(safaricom, body).await,
        _ => {}
    }
    if safaricom.acquirer.faults().down {
        return nothing(StatusCode::SERVICE_UNAVAILABLE);
    }
    let shown = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
    match (method, segments) {
        _ if shown != Some(API_KEY) => nothing(StatusCode::UNAUTHORIZED),
        (&Method::GET, ["v1", "ping"]) => nothing(StatusCode::OK),
        (&Method::POST, ["v1", "sessions"]) => make(safaricom, headers, body).await,
        (&Method::GET, ["v1", "sessions"]) => find(safaricom, headers, query),
        _ => nothing(StatusCode::NOT_FOUND),
    }
}

/// `PUT /control/acquirer/faults`
pub(crate) async fn set_faults(safaricom: &Safaricom, body: &[u8]) -> Result<Answer, ControlError> {
    let faults: AcquirerFaults = serde_json::from_slice(body)
        .map_err(|error| ControlError::new(StatusCode::BAD_REQUEST, "bad_request", error.to_string()))?;
    safaricom.acquirer.record.note(AcquirerLine::FaultsSet { faults: faults.clone() }).await;
    let answer = json_answer(StatusCode::OK, &faults);
    safaricom.acquirer.known().faults = Arc::new(faults);
    Ok(answer)
}

/// `GET /control/acquirer/statement`
pub(crate) fn statement(safaricom: &Safaricom) -> Answer {
    merchant_statement::answer(&safaricom.acquirer.known().takings)
}

fn nothing(status: StatusCode) -> Answer {
    json_answer(status, &json!({}))
}

async fn dashboard(safaricom: &Safaricom, body: &[u8]) -> Answer {
    let read = serde_json::from_slice::<Dashboard>(body).ok();
    let Some(webhook) = read.and_then(|read| read.webhook.parse::<LoopbackUrl>().ok()) else {
        return nothing(StatusCode::BAD_REQUEST);
    };
    safaricom.acquirer.record.note(AcquirerLine::WebhookSet { webhook: webhook.to_string() }).await;
    safaricom.acquirer.known().webhook = Some(webhook);
    nothing(StatusCode::OK)
}

async fn make(safaricom: &Safaricom, headers: &HeaderMap, body: &[u8]) -> Answer {
    let Ok(wanted) = serde_json::from_slice::<SessionRequest>(body) else {
        return nothing(StatusCode::BAD_REQUEST);
    };
    let is_right = wanted.amount > 0
        && matches!(wanted.currency.as_str(), "KES" | "USD")
        && text(headers, "idempotency-key") == wanted.reference
        && ["http://", "https://"].iter().any(|scheme| wanted.return_url.starts_with(scheme));
    if !is_right {
        return nothing(StatusCode::BAD_REQUEST);
    }
    let line = AcquirerLine::SessionWanted { reference: wanted.reference.clone() };
    if safaricom.acquirer.record.append(line).await.is_err() {
        return nothing(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let known = safaricom.acquirer.known().sessions.get(&wanted.reference).cloned();
    let session = match known {
        Some(session) => session,
        None => {
            let now = safaricom.options.clock.now();
            let session = Session {
                session_id: format!("cs{}", hex::encode(rand::random::<[u8; 12]>())),
                reference: wanted.reference,
                amount: wanted.amount,
                currency: wanted.currency,
                return_url: wanted.return_url,
                expires_at: now + SignedDuration::from_secs(wanted.expires_in.into()),
                state: State::Open,
            };
            let line = AcquirerLine::SessionMade { session: session.clone() };
            if safaricom.acquirer.record.append(line).await.is_err() {
                return nothing(StatusCode::INTERNAL_SERVER_ERROR);
            }
            safaricom.acquirer.known().keep(session.clone());
            session
        }
    };
    let faults = safaricom.acquirer.faults();
    if faults.answers_lost {
        return nothing(StatusCode::GATEWAY_TIMEOUT);
    }
    let page = page_of(&session, &faults, headers);
    let body = json!({"session_id": session.session_id, "redirect_url": page});
    json_answer(StatusCode::CREATED, &body)
}

fn find(safaricom: &Safaricom, headers: &HeaderMap, query: Option<&str>) -> Answer {
    let reference = query.and_then(|query| query.strip_prefix("reference=")).unwrap_or_default();
    let faults = safaricom.acquirer.faults();
    let known = safaricom.acquirer.known();
    let Some(session) = known.sessions.get(reference) else { return nothing(StatusCode::NOT_FOUND) };
    let mut told = session.told(&faults, safaricom.options.clock.now());
    told["redirect_url"] = page_of(session, &faults, headers).into();
    json_answer(StatusCode::OK, &told)
}

/// Where a payer opens a session: at the host that the merchant calls.
fn page_of(session: &Session, faults: &AcquirerFaults, headers: &HeaderMap) -> String {
    let host = if faults.page_elsewhere { "elsewhere.example" } else { text(headers, HOST.as_str()) };
    format!("http://{host}/acquirer/pay/{}", session.session_id)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
