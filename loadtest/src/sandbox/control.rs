//! The control interface: the handsets, the faults, the record. It is ours, not Safaricom's: snake case, and
//! amounts as `{"amount": cents, "currency": "KES"}`. The module documentation of [`super`] lists every call.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http_body_util::Either;
use http_body_util::channel::Channel;
use hyper::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Take};

use super::answer::{Answer, ControlError, DarajaError, json_answer, request_id, with_type};
use super::faults::{Fault, Faults};
use super::fields::Fields;
use super::options::is_short_code;
use super::payment::{ACCOUNT_CHARACTERS_MAX, NotPaid, Order};
use super::prompts::Key;
use super::record::{How, Line};
use super::safaricom::Safaricom;
use super::statement::{Wanted, preamble};
use crate::kes::Kes;
use crate::phone::Phone;

/// How much of the record is read at a time.
const CHUNK_BYTES: u64 = 64 * 1024;
/// The longest text message that can be put into an inbox.
const MESSAGE_CHARACTERS_MAX: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PinPressed {
    pin: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayRequest {
    account: String,
    /// Shillings: `7550`, `"7550"` or `"7550.00"`.
    amount: Value,
    /// Another paybill than the merchant's.
    #[serde(default)]
    short_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextMessage {
    sender: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidationSwitch {
    on: bool,
}

/// `GET /control/handset/{phone}`
pub(crate) fn handset(safaricom: &Safaricom, phone: &Phone) -> Answer {
    let now = safaricom.options.clock.now();
    let prompt = safaricom.prompts.shown_on(phone).map(|prompt| {
        json!({
            "checkout_request_id": prompt.checkout_request_id,
            "text": format!(
                "Do you want to pay Ksh{} to {}, account {}? Enter M-PESA PIN:",
                prompt.amount.grouped(), safaricom.options.business_name, prompt.account,
            ),
            "amount": money(prompt.amount),
            "account": prompt.account,
            "expires_at": prompt.expires_at,
            "seconds_left": prompt.expires_at.duration_since(now).as_secs().max(0),
        })
    });
    let body =
        json!({"phone": phone.digits(), "prompt": prompt, "messages": safaricom.handsets.messages(phone)});
    json_answer(StatusCode::OK, &body)
}

/// `POST /control/handset/{phone}/pin`
pub(crate) fn press_pin(safaricom: &Safaricom, phone: &Phone, body: &[u8]) -> Result<Answer, ControlError> {
    let PinPressed { pin } = parse(body)?;
    press(safaricom, phone, Key::Pin(pin))
}

/// `POST /control/handset/{phone}/cancel`
pub(crate) fn press_cancel(safaricom: &Safaricom, phone: &Phone) -> Result<Answer, ControlError> {
    press(safaricom, phone, Key::Cancel)
}

fn press(safaricom: &Safaricom, phone: &Phone, key: Key) -> Result<Answer, ControlError> {
    match safaricom.prompts.press(phone, key) {
        Some(prompt) => {
            let body = json!({"status": "pressed", "checkout_request_id": prompt.checkout_request_id});
            Ok(json_answer(StatusCode::ACCEPTED, &body))
        }
        None => Err(ControlError::new(StatusCode::CONFLICT, "no_prompt", "this handset shows no prompt")),
    }
}

/// `POST /control/handset/{phone}/pay`
pub(crate) async fn pay(
    safaricom: &Arc<Safaricom>,
    phone: Phone,
    body: &[u8],
) -> Result<Answer, ControlError> {
    let request: PayRequest = parse(body)?;
    let amount = shillings(&request.amount)
        .ok_or_else(|| bad_request("amount: shillings with at most two decimals"))?;
    let characters = request.account.chars().count();
    if characters == 0 || characters > ACCOUNT_CHARACTERS_MAX {
        return Err(bad_request("account: 1 to 20 characters"));
    }
    let short_code = request.short_code.unwrap_or_else(|| safaricom.options.shortcode.clone());
    if !is_short_code(&short_code) {
        return Err(bad_request("short_code: five to seven digits"));
    }
    let order = Order {
        phone: phone.clone(),
        short_code,
        account: request.account,
        amount,
        how: How::Paybill,
        checkout_request_id: None,
        forced: Vec::new(),
        confirmation_delay: None,
    };
    // A payer who hangs up has paid all the same: the payment runs to its end without him.
    let payer = Arc::clone(safaricom);
    let payment = safaricom.tasks.spawn(async move { payer.pay(order).await });
    let body = match payment.await.unwrap_or(Err(NotPaid::Busy)) {
        Ok(paid) => json!({"status": "paid", "receipt": paid.receipt, "amount": money(amount)}),
        Err(reason) => {
            let (code, result_code, message) = match reason {
                NotPaid::RefusedByMerchant(Some(code)) => (
                    "refused_by_merchant",
                    Some(code),
                    "Failed. The account number or amount was not accepted.",
                ),
                NotPaid::RefusedByMerchant(None) => (
                    "merchant_unreachable",
                    None,
                    "Failed. The receiving organization could not be reached. Try again later.",
                ),
                NotPaid::NoMoney => {
                    ("no_money", None, "Failed. You do not have enough money in your account.")
                }
                NotPaid::AmountOutOfRange => {
                    ("amount_out_of_range", None, "Failed. One payment is 0.01 to 250,000.00.")
                }
                NotPaid::Busy => ("busy", None, "Failed. The system is busy. Try again later."),
            };
            safaricom.text_message(&phone, "MPESA", message.to_owned());
            json!({"status": "refused", "code": code, "result_code": result_code, "message": message})
        }
    };
    Ok(json_answer(StatusCode::OK, &body))
}

/// `POST /control/handset/{phone}/sms`
pub(crate) fn deliver_message(
    safaricom: &Safaricom,
    phone: &Phone,
    body: &[u8],
) -> Result<Answer, ControlError> {
    let TextMessage { sender, text } = parse(body)?;
    if sender.is_empty() || sender.chars().count() > 20 || text.chars().count() > MESSAGE_CHARACTERS_MAX {
        return Err(bad_request("sender: 1 to 20 characters; text: at most 1000"));
    }
    safaricom.text_message(phone, &sender, text);
    Ok(json_answer(StatusCode::ACCEPTED, &json!({"status": "delivered"})))
}

/// `POST /mpesa/c2b/v1/simulate` and `/v2/`: Safaricom's own way to play a paybill payment.
pub(crate) fn simulate(safaricom: &Arc<Safaricom>, body: &[u8]) -> Result<Answer, DarajaError> {
    let fields = Fields::parse(body)?;
    if fields.text("ShortCode")? != safaricom.options.shortcode {
        return Err(DarajaError::bad_field("ShortCode"));
    }
    if fields.text("CommandID")? != "CustomerPayBillOnline" {
        return Err(DarajaError::bad_field("CommandID"));
    }
    let order = Order {
        phone: fields.phone("Msisdn")?,
        short_code: safaricom.options.shortcode.clone(),
        account: fields.short_text("BillRefNumber", ACCOUNT_CHARACTERS_MAX)?,
        amount: fields.whole_shillings("Amount")?,
        how: How::Paybill,
        checkout_request_id: None,
        forced: Vec::new(),
        confirmation_delay: None,
    };
    if safaricom.payments.available_permits() == 0 {
        return Err(DarajaError::busy());
    }
    // The answer says accepted, as the real one does; how the payment went is seen in what the merchant is
    // sent.
    let payer = Arc::clone(safaricom);
    safaricom.tasks.spawn(async move {
        if let Err(reason) = payer.pay(order).await {
            tracing::info!(?reason, "a simulated payment was not made");
        }
    });
    Ok(json_answer(
        StatusCode::OK,
        &json!({
            "OriginatorCoversationID": request_id(),
            "ResponseCode": "0",
            "ResponseDescription": "Accept the service request successfully.",
        }),
    ))
}

/// `GET /control/summary`
pub(crate) fn summary(safaricom: &Safaricom) -> Answer {
    let mut body = serde_json::to_value(safaricom.record.totals()).expect("totals have text keys");
    body["currency"] = json!("KES");
    body["tasks_under_way"] = json!(safaricom.tasks.len());
    body["registered"] = json!(safaricom.registration().is_some());
    body["record"] = json!(safaricom.record.path());
    json_answer(StatusCode::OK, &body)
}

/// `GET /control/faults`
pub(crate) fn faults(safaricom: &Safaricom) -> Answer {
    json_answer(StatusCode::OK, &*safaricom.faults())
}

/// `PUT /control/faults`
pub(crate) async fn set_faults(safaricom: &Safaricom, body: &[u8]) -> Result<Answer, ControlError> {
    let faults: Faults = parse(body)?;
    safaricom.set_faults(faults.clone());
    safaricom.record.note(Line::FaultsSet { faults }).await;
    Ok(self::faults(safaricom))
}

/// `PUT /control/tills/{short_code}/faults`
pub(crate) async fn set_till_faults(
    safaricom: &Safaricom,
    short_code: &str,
    body: &[u8],
) -> Result<Answer, ControlError> {
    let is_till = short_code != safaricom.options.shortcode
        && (5..=7).contains(&short_code.len())
        && short_code.bytes().all(|byte| byte.is_ascii_digit());
    if !is_till {
        let message = "a till has a short code of its own, of five to seven digits";
        return Err(ControlError::new(StatusCode::NOT_FOUND, "no_such_till", message));
    }
    let faults: Faults = parse(body)?;
    safaricom.set_till_faults(short_code.to_owned(), faults.clone());
    let answer = json_answer(StatusCode::OK, &faults);
    safaricom.record.note(Line::TillFaultsSet { short_code: short_code.to_owned(), faults }).await;
    Ok(answer)
}

/// `POST /control/withheld/release`: what was withheld goes out now, struck by the faults that are given.
pub(crate) fn release_withheld(safaricom: &Arc<Safaricom>, body: &[u8]) -> Result<Answer, ControlError> {
    let faults: Arc<Faults> = Arc::new(parse(body)?);
    let (mut lost, mut repeated) = (0_u64, 0_u64);
    let withheld = safaricom.take_withheld();
    let released = withheld.len();
    for mut confirmation in withheld {
        confirmation.be_struck_anew(&faults);
        lost += u64::from(confirmation.struck.contains(&Fault::ConfirmationLost));
        repeated += u64::from(confirmation.struck.contains(&Fault::ConfirmationRepeated));
        let merchant = Arc::clone(safaricom);
        safaricom.tasks.spawn(async move {
            let _place = merchant.releases.acquire().await;
            merchant.confirm(confirmation).await;
        });
    }
    Ok(json_answer(StatusCode::OK, &json!({"released": released, "lost": lost, "repeated": repeated})))
}

/// `PUT /control/validation`
pub(crate) fn switch_validation(safaricom: &Safaricom, body: &[u8]) -> Result<Answer, ControlError> {
    let ValidationSwitch { on } = parse(body)?;
    safaricom.validation_on.store(on, Ordering::Relaxed);
    Ok(json_answer(StatusCode::OK, &json!({"on": on})))
}

/// `GET /control/ledger`: the record as it is on disk now, streamed.
pub(crate) async fn ledger(safaricom: &Arc<Safaricom>) -> Result<Answer, ControlError> {
    let mut rest = record_so_far(safaricom).await?;
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(4);
    safaricom.tasks.spawn(async move {
        loop {
            let mut chunk = Vec::new();
            match (&mut rest).take(CHUNK_BYTES).read_to_end(&mut chunk).await {
                Ok(0) => return,
                // A reader that has gone away ends the reading.
                Ok(_) if sender.send_data(chunk.into()).await.is_err() => return,
                Ok(_) => {}
                Err(error) => return sender.abort(error),
            }
        }
    });
    Ok(with_type(StatusCode::OK, "application/x-ndjson", Either::Right(body)))
}

/// `GET /control/statement`: the organisation's statement, streamed.
pub(crate) async fn statement(
    safaricom: &Arc<Safaricom>,
    query: Option<&str>,
) -> Result<Answer, ControlError> {
    let wanted = Wanted::read(query, &safaricom.options.shortcode).map_err(bad_request)?;
    let mut lines = BufReader::new(record_so_far(safaricom).await?).lines();
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(4);
    let mut chunk = preamble(wanted.short_code());
    safaricom.tasks.spawn(async move {
        loop {
            match lines.next_line().await {
                Ok(Some(line)) => {
                    // Lines of a later version may not be readable; they are no money that this one moved.
                    let entry = serde_json::from_str(&line).ok();
                    chunk.extend(entry.and_then(|entry| wanted.row(&entry)));
                }
                Ok(None) => {
                    // The reader may have gone away; there is nothing left to do either way.
                    let _ = sender.send_data(chunk.into()).await;
                    return;
                }
                Err(error) => return sender.abort(error),
            }
            if chunk.len() as u64 >= CHUNK_BYTES
                && sender.send_data(std::mem::take(&mut chunk).into()).await.is_err()
            {
                return;
            }
        }
    });
    Ok(with_type(StatusCode::OK, "text/csv; charset=utf-8", Either::Right(body)))
}

/// The record up to its present end. What is appended from here on may end in half a line; it belongs to the
/// next reading.
async fn record_so_far(safaricom: &Safaricom) -> Result<Take<File>, ControlError> {
    let unreadable = |error: &dyn std::fmt::Display| {
        ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, "record_unreadable", error.to_string())
    };
    safaricom.record.flush().await.map_err(|error| unreadable(&error))?;
    let file = File::open(safaricom.record.path()).await.map_err(|error| unreadable(&error))?;
    let length = file.metadata().await.map_err(|error| unreadable(&error))?.len();
    Ok(file.take(length))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    serde_json::from_slice(body).map_err(|error| bad_request(error.to_string()))
}

fn bad_request(message: impl Into<String>) -> ControlError {
    ControlError::new(StatusCode::BAD_REQUEST, "bad_request", message)
}

fn shillings(amount: &Value) -> Option<Kes> {
    match amount {
        Value::String(text) => Kes::parse(text),
        Value::Number(number) => {
            number.as_u64().and_then(|whole| u32::try_from(whole).ok()).map(Kes::from_shillings)
        }
        _ => None,
    }
}

fn money(amount: Kes) -> Value {
    json!({"amount": amount, "currency": "KES"})
}
