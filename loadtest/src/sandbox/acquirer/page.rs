//! The page that takes the card, or would: three buttons, and back to the merchant.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue, LOCATION};
use serde_json::json;

use super::record::AcquirerLine;
use super::{Session, State, WEBHOOK_KEY};
use crate::sandbox::airtel::hmac;
use crate::sandbox::answer::{Answer, json_answer, with_type};
use crate::sandbox::safaricom::{POST_LIMIT, Safaricom};

const TIMESTAMP: HeaderName = HeaderName::from_static("acquirer-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("acquirer-signature");

/// `GET /acquirer/pay/{session}`
pub(super) fn show(safaricom: &Safaricom, id: &str) -> Answer {
    let Some(session) = safaricom.acquirer.session(id) else { return gone() };
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Simulated card payment</title></head><body><main>\
         <h1>Simulated card payment</h1><p>{} {}.{:02}. There is no real card and no real money.</p>\
         <form method=\"post\"><p><button name=\"press\" value=\"pay\">Pay</button></p>\
         <p><button name=\"press\" value=\"decline\">The card is declined</button></p>\
         <p><button name=\"press\" value=\"abandon\">Cancel and go back</button></p></form></main></body></html>",
        session.currency,
        session.amount / 100,
        session.amount % 100
    );
    with_type(StatusCode::OK, "text/html; charset=utf-8", Either::Left(Full::new(html.into())))
}

/// `POST /acquirer/pay/{session}`: the payer has decided, once.
pub(super) async fn press(safaricom: &Arc<Safaricom>, id: &str, body: &[u8]) -> Answer {
    let acquirer = &safaricom.acquirer;
    let Some(session) = acquirer.session(id) else { return gone() };
    let state = match body {
        b"press=pay" => State::Paid(format!("AQ{}", acquirer.receipts.next())),
        b"press=decline" => State::Declined,
        b"press=abandon" => State::Abandoned,
        _ => return json_answer(StatusCode::BAD_REQUEST, &json!({})),
    };
    let first = acquirer.known().begin(id, safaricom.options.clock.now());
    if let Some(open) = first {
        let ended = Session { state, ..open };
        let written = acquirer.record.append(AcquirerLine::SessionEnded { session: ended.clone() }).await;
        let mut known = acquirer.known();
        known.deciding.remove(id);
        let Ok(at) = written else { return json_answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({})) };
        known.end(at, ended.clone());
        drop(known);
        safaricom.tasks.spawn(Arc::clone(safaricom).tell_of_session(ended));
    }
    let mut answer = json_answer(StatusCode::SEE_OTHER, &json!({}));
    if let Ok(back) = HeaderValue::from_str(&session.return_url) {
        answer.headers_mut().insert(LOCATION, back);
    }
    answer
}

fn gone() -> Answer {
    json_answer(StatusCode::NOT_FOUND, &json!({}))
}

impl Safaricom {
    /// Tells the merchant what became of a session.
    async fn tell_of_session(self: Arc<Self>, session: Session) {
        let (faults, webhook) = (self.acquirer.faults(), self.acquirer.known().webhook.clone());
        let Some(webhook) = webhook.filter(|_| !faults.webhooks_lost) else { return };
        let now = self.options.clock.now();
        let body = session.told(&faults, now).to_string();
        let timestamp = now.as_second().to_string();
        let key = if faults.webhooks_forged { b"not-the-key".as_slice() } else { WEBHOOK_KEY };
        let signature = hex::encode(hmac(key, format!("{timestamp}.{body}").as_bytes()));
        let header = |text: &str| HeaderValue::from_str(text).expect("digits are plain");
        let headers = [(TIMESTAMP, header(&timestamp)), (SIGNATURE, header(&signature))];
        for _ in 0..if faults.webhooks_twice { 2 } else { 1 } {
            let answer = self.client.post(&webhook, &headers, Bytes::from(body.clone()), POST_LIMIT).await;
            let http_status = answer.ok().map(|answer| answer.status.as_u16());
            let reference = session.reference.clone();
            self.acquirer.record.note(AcquirerLine::WebhookSent { reference, http_status }).await;
        }
    }
}
