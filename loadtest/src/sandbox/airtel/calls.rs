//! What merchants ask of Airtel, and the control calls beside it.

use std::sync::Arc;
use std::time::Duration;

use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::record::AirtelLine;
use super::{AirtelFaults, CLIENT_ID, CLIENT_SECRET, Payer, TOKENS_MAX, Transaction};
use crate::kes::Kes;
use crate::loopback::LoopbackUrl;
use crate::phone::Phone;
use crate::sandbox::answer::{Answer, ControlError, json_answer};
use crate::sandbox::merchant_statement;
use crate::sandbox::safaricom::Safaricom;

/// The longest that a call without an answer is kept waiting.
const SILENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct TokenRequest {
    client_id: String,
    client_secret: String,
    grant_type: String,
}

#[derive(Deserialize)]
struct AskRequest {
    reference: String,
    subscriber: Subscriber,
    transaction: Wanted,
}

#[derive(Deserialize)]
struct Subscriber {
    country: String,
    currency: String,
    msisdn: String,
}

#[derive(Deserialize)]
struct Wanted {
    amount: u32,
    country: String,
    currency: String,
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Portal {
    callback: String,
}

/// What merchants reach, below `/airtel`.
pub(crate) async fn answer(
    safaricom: &Arc<Safaricom>,
    method: &Method,
    segments: &[&str],
    headers: &HeaderMap,
    body: &[u8],
) -> Answer {
    let faults = safaricom.airtel.faults();
    if segments == ["portal"] {
        return portal(safaricom, body).await;
    }
    if faults.down {
        return nothing(StatusCode::SERVICE_UNAVAILABLE);
    }
    let answer = match (method, segments) {
        (&Method::POST, ["auth", "oauth2", "token"]) => token(safaricom, body),
        _ if !shows_token(safaricom, headers) => nothing(StatusCode::UNAUTHORIZED),
        (&Method::POST, ["merchant", "v1", "payments", ""]) if faults.asking_down => {
            nothing(StatusCode::SERVICE_UNAVAILABLE)
        }
        (&Method::POST, ["merchant", "v1", "payments", ""]) => ask(safaricom, headers, body).await,
        (&Method::GET, ["standard", "v1", "payments", _]) if faults.query_down => {
            nothing(StatusCode::SERVICE_UNAVAILABLE)
        }
        (&Method::GET, ["standard", "v1", "payments", id]) => query(safaricom, id),
        _ => nothing(StatusCode::NOT_FOUND),
    };
    safaricom.wait(Duration::from_millis(faults.answer_late_ms.into())).await;
    answer
}

/// `PUT /control/airtel/faults`
pub(crate) async fn set_faults(safaricom: &Safaricom, body: &[u8]) -> Result<Answer, ControlError> {
    let faults: AirtelFaults = serde_json::from_slice(body)
        .map_err(|error| ControlError::new(StatusCode::BAD_REQUEST, "bad_request", error.to_string()))?;
    let line = AirtelLine::FaultsSet { faults: faults.clone() };
    safaricom.airtel.record.note(line).await;
    let answer = json_answer(StatusCode::OK, &faults);
    safaricom.airtel.known().faults = Arc::new(faults);
    Ok(answer)
}

/// `GET /control/airtel/statement`
pub(crate) fn statement(safaricom: &Safaricom) -> Answer {
    merchant_statement::answer(&safaricom.airtel.known().takings)
}

/// `GET /control/airtel/transactions/{id}`: what a payer sees of a request on the phone.
pub(crate) fn seen_by_payer(safaricom: &Safaricom, id: &str) -> Answer {
    let status = match safaricom.airtel.known().transactions.get(id) {
        None => "never_asked",
        Some(Transaction::Open) => "asked",
        Some(Transaction::Paid(_)) => "paid",
        Some(Transaction::Failed(_)) => "failed",
    };
    json_answer(StatusCode::OK, &json!({"status": status}))
}

/// `POST /airtel/portal`: where to report, as one types it into the portal.
async fn portal(safaricom: &Safaricom, body: &[u8]) -> Answer {
    let read = serde_json::from_slice::<Portal>(body).ok();
    let Some(callback) = read.and_then(|portal| portal.callback.parse::<LoopbackUrl>().ok()) else {
        return nothing(StatusCode::BAD_REQUEST);
    };
    safaricom.airtel.record.note(AirtelLine::CallbackSet { callback: callback.to_string() }).await;
    safaricom.airtel.known().callback = Some(callback);
    json_answer(StatusCode::OK, &json!({"status": "set"}))
}

fn nothing(status: StatusCode) -> Answer {
    json_answer(status, &json!({}))
}

fn token(safaricom: &Safaricom, body: &[u8]) -> Answer {
    let read = serde_json::from_slice::<TokenRequest>(body).ok().filter(|request| {
        request.client_id == CLIENT_ID
            && request.client_secret == CLIENT_SECRET
            && request.grant_type == "client_credentials"
    });
    if read.is_none() {
        let body = json!({"error_description": "Invalid client authentication", "error": "invalid_client"});
        return json_answer(StatusCode::UNAUTHORIZED, &body);
    }
    let token = hex::encode(rand::random::<[u8; 16]>());
    let mut known = safaricom.airtel.known();
    if known.tokens.len() == TOKENS_MAX {
        known.tokens.pop_front();
    }
    known.tokens.push_back(token.clone());
    let body = json!({"token_type": "bearer", "access_token": token, "expires_in": "180"});
    json_answer(StatusCode::OK, &body)
}

fn shows_token(safaricom: &Safaricom, headers: &HeaderMap) -> bool {
    let shown = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
    shown.is_some_and(|shown| safaricom.airtel.known().tokens.iter().any(|token| token == shown))
}

/// `POST /airtel/merchant/v1/payments/`
async fn ask(safaricom: &Arc<Safaricom>, headers: &HeaderMap, body: &[u8]) -> Answer {
    let Ok(request) = serde_json::from_slice::<AskRequest>(body) else {
        return nothing(StatusCode::BAD_REQUEST);
    };
    let AskRequest { reference, subscriber, transaction } = request;
    let is_kenyan = |country: &str, currency: &str| country == "KE" && currency == "KES";
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|header| header == value);
    let phone = Phone::parse(&format!("0{}", subscriber.msisdn));
    let (Some(phone), true) = (
        phone,
        is_kenyan(&subscriber.country, &subscriber.currency)
            && is_kenyan(&transaction.country, &transaction.currency)
            && says("x-country", "KE")
            && says("x-currency", "KES")
            && transaction.amount > 0
            && transaction.id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    ) else {
        return nothing(StatusCode::BAD_REQUEST);
    };
    let (id, payer) = (transaction.id, Payer::of(&phone));
    if payer == Payer::IsRefused {
        let code = "DP00800001010";
        safaricom.airtel.record.note(AirtelLine::Refused { id, code: code.into() }).await;
        return json_answer(StatusCode::OK, &json!({"status": status(code, false)}));
    }
    let is_known = safaricom.airtel.known().transactions.contains_key(&id);
    if is_known {
        return json_answer(StatusCode::OK, &json!({"status": status("DP00800001000", false)}));
    }
    let amount = Kes::from_shillings(transaction.amount);
    let line =
        AirtelLine::Asked { id: id.clone(), amount_minor: amount, reference, msisdn_sha256: phone.sha256() };
    if safaricom.airtel.record.append(line).await.is_err() {
        return nothing(StatusCode::INTERNAL_SERVER_ERROR);
    }
    safaricom.airtel.known().transactions.insert(id.clone(), Transaction::Open);
    safaricom.tasks.spawn(Arc::clone(safaricom).run_airtel(id.clone(), amount, payer));
    if payer == Payer::AnswerNeverComes {
        safaricom.wait(SILENCE).await;
    }
    let body = json!({
        "data": {"transaction": {"id": id, "status": "Success."}},
        "status": status("DP00800001006", true),
    });
    json_answer(StatusCode::OK, &body)
}

/// `GET /airtel/standard/v1/payments/{id}`
fn query(safaricom: &Safaricom, id: &str) -> Answer {
    let found = safaricom.airtel.known().transactions.get(id).cloned();
    let (transaction, code) = match found {
        None => return json_answer(StatusCode::OK, &json!({"status": status("DP00800001025", false)})),
        Some(Transaction::Open) => {
            (json!({"id": id, "message": "In progress", "status": "TIP"}), "DP00800001006")
        }
        Some(Transaction::Paid(receipt)) => (
            json!({"airtel_money_id": receipt, "id": id, "message": "Success", "status": "TS"}),
            "DP00800001001",
        ),
        Some(Transaction::Failed(code)) => (json!({"id": id, "message": "Failed", "status": "TF"}), code),
    };
    json_answer(StatusCode::OK, &json!({"data": {"transaction": transaction}, "status": status(code, true)}))
}

fn status(code: &str, is_success: bool) -> Value {
    json!({
        "code": "200",
        "message": if is_success { "SUCCESS" } else { "FAILED" },
        "result_code": "ESB000010",
        "response_code": code,
        "success": is_success,
    })
}
