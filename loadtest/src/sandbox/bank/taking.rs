//! Somebody pays through the bank: the merchant is asked, money comes in, and the merchant is told.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Either;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::record::{BankLine, Deposit};
use super::{ACCOUNT, BankFaults, NAME, ORGANISATION};
use crate::clock::east_africa_time;
use crate::kes::Kes;
use crate::loopback::LoopbackUrl;
use crate::sandbox::answer::{Answer, ControlError, json_answer, with_type};
use crate::sandbox::safaricom::{POST_LIMIT, Safaricom};

const SIGNATURE: HeaderName = HeaderName::from_static("signature");
/// How long the bank waits for the merchant before it takes the money unasked.
const INQUIRY_LIMIT: Duration = Duration::from_secs(8);
/// What ends the address that Safaricom was given, and stands for the merchant's callbacks.
const CONFIRM_PATH: &str = "/c2b/confirm";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PayRequest {
    /// What the payer gives as the reference.
    reference: String,
    /// Shillings.
    amount: String,
}

impl PayRequest {
    /// What the payer gives as the reference, and how much.
    pub(super) fn read(body: &[u8]) -> Result<(String, Kes), ControlError> {
        let wanted: Self = serde_json::from_slice(body).map_err(|error| bad_request(error.to_string()))?;
        let amount = Kes::parse(&wanted.amount).filter(|amount| *amount > Kes::ZERO);
        let amount = amount.ok_or_else(|| bad_request("amount: shillings with at most two decimals"))?;
        Ok((wanted.reference, amount))
    }
}

/// `POST /control/banks/{name}/deposit`: somebody pays.
pub(crate) async fn deposit(
    safaricom: &Arc<Safaricom>,
    name: &str,
    body: &[u8],
) -> Result<Answer, ControlError> {
    is_there(name)?;
    let (typed, amount) = PayRequest::read(body)?;
    let (faults, reference) = (safaricom.bank.faults(), safaricom.bank.next_reference());
    let is_asked = !faults.strikes("unasked", faults.unasked_per_mille, &reference);
    if is_asked && let Some(status_code) = refusal(safaricom, &typed, amount).await {
        let line = BankLine::Refused { status_code: status_code.clone() };
        safaricom.bank.record.note(line).await;
        return Ok(json_answer(StatusCode::OK, &json!({"status": "refused", "status_code": status_code})));
    }
    let moved = safaricom.options.clock.now();
    let deposit =
        Deposit { reference: reference.clone(), amount_minor: amount, typed, moved, on_slip: false };
    safaricom.bank.record.append(BankLine::Deposited(deposit.clone())).await.map_err(not_recorded)?;
    safaricom.bank.with_deposits(|deposits| deposits.push(deposit.clone()));
    let telling = Arc::clone(safaricom);
    safaricom.tasks.spawn(async move { tell(&telling, &faults, &deposit).await });
    Ok(json_answer(StatusCode::OK, &json!({"status": "paid", "reference": reference})))
}

/// Why the merchant does not want this money; nothing if it does, or cannot be asked.
async fn refusal(safaricom: &Safaricom, typed: &str, amount: Kes) -> Option<String> {
    let question = json!({
        "requestId": format!("{:016x}", rand::random::<u64>()), "customerReference": typed,
        "organizationReference": ORGANISATION,
    });
    let (_, answer) = post(safaricom, "inquiry", &question, true, INQUIRY_LIMIT).await;
    let answer = answer?;
    let code = answer["statusCode"].as_str()?;
    if code != "0" {
        return Some(code.to_owned());
    }
    let is_fixed = answer["billType"] == "FIXED";
    let due = answer["billAmount"].as_str().and_then(Kes::parse);
    (is_fixed && due != Some(amount)).then(|| "fixed".to_owned())
}

/// Tells the merchant of a payment, with the faults that strike it.
async fn tell(safaricom: &Safaricom, faults: &BankFaults, deposit: &Deposit) {
    let reference = &deposit.reference;
    if faults.strikes("silent", faults.silent_per_mille, reference) {
        let line = BankLine::SilentOnPurpose { reference: reference.clone() };
        return safaricom.bank.record.note(line).await;
    }
    if !safaricom.wait(Duration::from_millis(faults.wait_ms(reference))).await {
        return;
    }
    let is_repeated = faults.strikes("repeated", faults.repeated_per_mille, reference);
    let repeats = if is_repeated { u32::from(faults.repeats) } else { 0 };
    let is_genuine = !faults.strikes("wrong_signature", faults.wrong_signature_per_mille, reference);
    for copy in 1..=repeats + 1 {
        let (http_status, _) =
            post(safaricom, "notify", &notification(deposit), is_genuine, POST_LIMIT).await;
        safaricom.bank.record.note(BankLine::Told { reference: reference.clone(), copy, http_status }).await;
    }
}

/// What the merchant is told: amounts with commas between thousands, as the real bank writes some.
fn notification(deposit: &Deposit) -> Value {
    json!({
        "transactionReference": deposit.reference,
        "requestId": format!("{:016x}", rand::random::<u64>()),
        "channelCode": "202",
        "timestamp": deposit.moved.to_zoned(east_africa_time()).strftime("%Y%m%d%H%M%S").to_string(),
        "transactionAmount": deposit.amount_minor.grouped(),
        "currency": "KES",
        "customerReference": deposit.typed,
        "customerName": "ASHA MWIKALI",
        "customerMobileNumber": "254700000001",
        "balance": "",
        "narration": "Deposit",
        "creditAccountIdentifier": ACCOUNT,
        "organizationShortCode": ORGANISATION,
        "tillNumber": "",
    })
}

/// Posts a signed message and gives what came back.
async fn post(
    safaricom: &Safaricom,
    kind: &str,
    message: &Value,
    is_genuine: bool,
    limit: Duration,
) -> (Option<u16>, Option<Value>) {
    let Some(url) = address(safaricom, kind) else { return (None, None) };
    let body = message.to_string();
    let signed =
        if is_genuine { safaricom.bank.sign(body.as_bytes()) } else { safaricom.bank.sign(b"another") };
    let signature = HeaderValue::from_str(&signed).expect("base64 stands in a header");
    let _place = safaricom.posts.acquire().await;
    let answer = safaricom.client.post(&url, &[(SIGNATURE, signature)], Bytes::from(body), limit).await;
    let Ok(answer) = answer else { return (None, None) };
    (Some(answer.status.as_u16()), serde_json::from_slice(&answer.body).ok())
}

/// Where the merchant listens: beside where Safaricom was told to confirm.
fn address(safaricom: &Safaricom, kind: &str) -> Option<LoopbackUrl> {
    let confirmation = safaricom.registration()?.confirmation_url.to_string();
    let base = confirmation.strip_suffix(CONFIRM_PATH)?;
    format!("{base}/bank/{NAME}/{kind}").parse().ok()
}

/// `PUT /control/banks/{name}/faults`
pub(crate) async fn set_faults(
    safaricom: &Safaricom,
    name: &str,
    body: &[u8],
) -> Result<Answer, ControlError> {
    is_there(name)?;
    let faults: BankFaults = serde_json::from_slice(body).map_err(|error| bad_request(error.to_string()))?;
    safaricom.bank.record.note(BankLine::FaultsSet { faults: faults.clone() }).await;
    let answer = json_answer(StatusCode::OK, &faults);
    *safaricom.bank.faults.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(faults);
    Ok(answer)
}

/// `GET /control/banks/{name}/statement`: what came in, as CSV with its sum.
pub(crate) fn statement(safaricom: &Safaricom, name: &str) -> Result<Answer, ControlError> {
    is_there(name)?;
    let mut text = String::from("Date,Reference,Narration,Amount,Slip Number\n");
    let sum = safaricom.bank.with_deposits(|deposits| {
        let mut sum = Kes::ZERO;
        for deposit in deposits.iter() {
            let moved = deposit.moved.to_zoned(east_africa_time()).strftime("%Y-%m-%d %H:%M:%S");
            let typed = deposit.typed.replace(['"', '\n', '\r'], " ");
            let amount = deposit.amount_minor.grouped();
            let _ = writeln!(text, "{moved},{},\"APP {typed}\",\"{amount}\",", deposit.reference);
            sum = sum.plus(deposit.amount_minor).unwrap_or(sum);
        }
        sum
    });
    let _ = writeln!(text, "Total,,,\"{}\",", sum.grouped());
    Ok(with_type(StatusCode::OK, "text/csv", Either::Left(Bytes::from(text).into())))
}

/// `GET /control/banks/{name}/summary`: how many payments came in, and their sum.
pub(crate) fn summary(safaricom: &Safaricom, name: &str) -> Result<Answer, ControlError> {
    is_there(name)?;
    let (count, cents) = safaricom.bank.with_deposits(|deposits| {
        (deposits.len(), deposits.iter().map(|deposit| deposit.amount_minor.minor()).sum::<u64>())
    });
    let body = json!({"payments": count, "sum": {"amount": cents, "currency": "KES"}});
    Ok(json_answer(StatusCode::OK, &body))
}

pub(super) fn not_recorded(error: impl std::fmt::Display) -> ControlError {
    ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, "not_recorded", error.to_string())
}

pub(super) fn is_there(name: &str) -> Result<(), ControlError> {
    if name == NAME {
        return Ok(());
    }
    Err(ControlError::new(StatusCode::NOT_FOUND, "no_such_bank", "the bank is called kcb"))
}

pub(super) fn bad_request(message: impl Into<String>) -> ControlError {
    ControlError::new(StatusCode::BAD_REQUEST, "bad_request", message)
}
