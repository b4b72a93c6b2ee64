//! A message is handed to a carrier, delivered, and reported; a subscriber's text is handed on.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Either;
use http_body_util::channel::Channel;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::record::CarrierLine;
use super::{API_KEY, Carrier, CarrierFaults, Dashboard, Delivered, USERNAME, form, gsm, with_plus};
use crate::loopback::LoopbackUrl;
use crate::phone::Phone;
use crate::sandbox::answer::{Answer, ControlError, json_answer, with_type};
use crate::sandbox::safaricom::{POST_LIMIT, Safaricom};

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
/// Safaricom's code among networks.
const NETWORK_CODE: &str = "63902";
/// What a message costs, as answers say it, and in cents.
const COST: &str = "KES 0.8000";
const COST_CENTS: usize = 80;

/// `POST /carriers/{name}/version1/messaging`: a message is handed over.
pub(crate) async fn hand_over(
    safaricom: &Arc<Safaricom>,
    name: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer {
    let Some(carrier) = safaricom.carriers.carrier(name) else {
        return refused(StatusCode::NOT_FOUND, "not found");
    };
    let faults = carrier.faults();
    if faults.down {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    }
    if headers.get("apiKey").is_none_or(|key| key != API_KEY) {
        return refused(StatusCode::UNAUTHORIZED, "The supplied authentication is invalid");
    }
    let order = match Order::read(headers, body) {
        Ok(order) => order,
        Err(reason) => return refused(StatusCode::BAD_REQUEST, reason),
    };
    let message_id = format!("ATXid_{:032x}", rand::random::<u128>());
    let answer = take(safaricom, carrier, &faults, order, &message_id).await;
    safaricom.wait(Duration::from_millis(faults.answer_late_ms.into())).await;
    answer
}

/// A message as a customer sends it.
struct Order {
    to: Vec<String>,
    text: String,
    sender: String,
}

impl Order {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, &'static str> {
        if headers.get(CONTENT_TYPE).is_none_or(|kind| !kind.as_bytes().starts_with(FORM.as_bytes())) {
            return Err("Request is not a form");
        }
        let fields = form::read(body).ok_or("Request is not a form")?;
        let field = |name: &str| {
            fields
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
                .filter(|value| !value.is_empty())
        };
        if field("username").as_deref() != Some(USERNAME) {
            return Err("Request is missing required form field 'username'");
        }
        Ok(Self {
            to: field("to")
                .ok_or("Request is missing required form field 'to'")?
                .split(',')
                .map(str::to_owned)
                .collect(),
            text: field("message").ok_or("Request is missing required form field 'message'")?,
            sender: field("from").unwrap_or_else(|| "AFRICASTKNG".to_owned()),
        })
    }
}

/// Takes a message to each of its numbers and answers.
async fn take(
    safaricom: &Arc<Safaricom>,
    carrier: &Carrier,
    faults: &Arc<CarrierFaults>,
    order: Order,
    message_id: &str,
) -> Answer {
    let mut recipients = Vec::new();
    let mut is_cut = false;
    for (index, number) in order.to.iter().enumerate() {
        let id = if order.to.len() == 1 { message_id.to_owned() } else { format!("{message_id}{index}") };
        let name = carrier.name.to_owned();
        if faults.strikes("lost", faults.lost_per_mille, &id) {
            safaricom.carriers.record.note(CarrierLine::CutOff { carrier: name, was_taken: false }).await;
            return cut_off(safaricom);
        }
        let code = match Phone::parse(number) {
            Some(_) => faults.status_code,
            None => 403,
        };
        let Some(phone) = Phone::parse(number).filter(|_| code <= 102) else {
            safaricom.carriers.record.note(CarrierLine::Refused { carrier: name, status_code: code }).await;
            recipients.push(json!({"statusCode": code, "number": number, "status": word(code), "cost": "0", "messageId": "None"}));
            continue;
        };
        let segments = gsm::segments(&order.text);
        let line = CarrierLine::Taken {
            carrier: name.clone(),
            message_id: id.clone(),
            msisdn_sha256: phone.sha256(),
            sender: order.sender.clone(),
            text: order.text.clone(),
            segments,
        };
        if safaricom.carriers.record.append(line).await.is_err() {
            return refused(StatusCode::INTERNAL_SERVER_ERROR, "not recorded");
        }
        if faults.strikes("answer_cut", faults.answer_cut_per_mille, &id) {
            safaricom.carriers.record.note(CarrierLine::CutOff { carrier: name, was_taken: true }).await;
            is_cut = true;
        }
        recipients.push(json!({"statusCode": code, "number": with_plus(&phone), "status": word(code), "cost": COST, "messageId": id}));
        let (on_its_way, faults, carrier) = (Arc::clone(safaricom), Arc::clone(faults), carrier.name);
        let message = Delivered {
            at: safaricom.options.clock.now(),
            carrier,
            message_id: id,
            phone: phone.digits().to_owned(),
            sender: order.sender.clone(),
            text: order.text.clone(),
            segments,
        };
        safaricom.tasks.spawn(async move { carry(&on_its_way, &faults, &phone, message).await });
    }
    if is_cut {
        return cut_off(safaricom);
    }
    let sent = recipients.iter().filter(|recipient| recipient["messageId"] != "None").count();
    let cents = sent * COST_CENTS;
    let message =
        format!("Sent to {sent}/{} Total Cost: KES {}.{:02}00", order.to.len(), cents / 100, cents % 100);
    json_answer(
        StatusCode::CREATED,
        &json!({"SMSMessageData": {"Message": message, "Recipients": recipients}}),
    )
}

/// Carries a message to its phone and reports on it.
async fn carry(safaricom: &Arc<Safaricom>, faults: &CarrierFaults, phone: &Phone, message: Delivered) {
    let (name, id) = (message.carrier, message.message_id.clone());
    let fails = faults.strikes("failed", faults.failed_per_mille, &id);
    let times = if faults.strikes("twice", faults.twice_per_mille, &id) { 2 } else { 1 };
    if !fails {
        for _ in 0..times {
            safaricom.text_message(phone, &message.sender, message.text.clone());
            let line = CarrierLine::Delivered { carrier: name.to_owned(), message_id: id.clone() };
            safaricom.carriers.record.note(line).await;
        }
        safaricom.carriers.deliver(message);
    }
    if faults.strikes("report_lost", faults.report_lost_per_mille, &id) {
        return;
    }
    let Some(dashboard) = safaricom.carriers.carrier(name).and_then(Carrier::dashboard) else { return };
    let Ok((url, _)) = dashboard.addresses() else { return };
    if !safaricom.wait(Duration::from_millis(faults.report_late_ms.into())).await {
        return;
    }
    let number = with_plus(phone);
    let last = if fails { "Failed" } else { "Success" };
    for status in std::iter::once("Submitted").chain(std::iter::repeat_n(last, times)) {
        let mut fields = vec![
            ("id", id.as_str()),
            ("status", status),
            ("phoneNumber", number.as_str()),
            ("networkCode", NETWORK_CODE),
            ("retryCount", "0"),
        ];
        if status == "Failed" {
            fields.push(("failureReason", &faults.failure_reason));
        }
        let http_status = post(safaricom, &url, form::write(&fields)).await;
        let line = CarrierLine::Reported {
            carrier: name.to_owned(),
            message_id: id.clone(),
            status: status.to_owned(),
            http_status,
        };
        safaricom.carriers.record.note(line).await;
    }
}

/// `POST /carriers/{name}/dashboard`: what a customer types into the provider's pages.
pub(crate) async fn set_dashboard(
    safaricom: &Safaricom,
    name: &str,
    body: &[u8],
) -> Result<Answer, ControlError> {
    let carrier = carrier_of(safaricom, name)?;
    let dashboard: Dashboard =
        serde_json::from_slice(body).map_err(|error| bad_request(error.to_string()))?;
    dashboard.addresses().map_err(bad_request)?;
    let line = CarrierLine::DashboardSet { carrier: name.to_owned(), dashboard: dashboard.clone() };
    let kept = safaricom.carriers.record.append(line).await;
    kept.map_err(|error| {
        ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, "not_recorded", error.to_string())
    })?;
    let answer = json_answer(StatusCode::OK, &dashboard);
    carrier.known().dashboard = Some(Arc::new(dashboard));
    Ok(answer)
}

/// `PUT /control/carriers/{name}/faults`
pub(crate) async fn set_faults(
    safaricom: &Safaricom,
    name: &str,
    body: &[u8],
) -> Result<Answer, ControlError> {
    let carrier = carrier_of(safaricom, name)?;
    let faults: CarrierFaults =
        serde_json::from_slice(body).map_err(|error| bad_request(error.to_string()))?;
    let line = CarrierLine::FaultsSet { carrier: name.to_owned(), faults: faults.clone() };
    safaricom.carriers.record.note(line).await;
    let answer = json_answer(StatusCode::OK, &faults);
    carrier.known().faults = Arc::new(faults);
    Ok(answer)
}

/// `GET /control/messages`: what is on all phones, the oldest first.
pub(crate) fn inbox(safaricom: &Safaricom) -> Answer {
    json_answer(StatusCode::OK, &json!({"messages": safaricom.carriers.delivered()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscribersText {
    phone: String,
    text: String,
}

/// `POST /control/carriers/{name}/incoming`: a subscriber sends a text, and the carrier hands it on.
pub(crate) async fn incoming(safaricom: &Safaricom, name: &str, body: &[u8]) -> Result<Answer, ControlError> {
    let carrier = carrier_of(safaricom, name)?;
    let SubscribersText { phone, text } =
        serde_json::from_slice(body).map_err(|error| bad_request(error.to_string()))?;
    let phone = Phone::parse(&phone).ok_or_else(|| bad_request("phone: not a Kenyan mobile number"))?;
    let no_address =
        || ControlError::new(StatusCode::CONFLICT, "no_address", "nobody wants to be told of texts");
    let dashboard = carrier.dashboard().ok_or_else(no_address)?;
    let (_, url) = dashboard.addresses().map_err(bad_request)?;
    let id = format!("{:032x}", rand::random::<u128>());
    let date = safaricom.options.clock.now().to_string();
    let number = with_plus(&phone);
    let fields = [
        ("from", number.as_str()),
        ("to", "22123"),
        ("text", &text),
        ("date", &date),
        ("id", &id),
        ("linkId", ""),
    ];
    let http_status = post(safaricom, &url, form::write(&fields)).await;
    let line = CarrierLine::TextHandedOn { carrier: name.to_owned(), http_status };
    safaricom.carriers.record.note(line).await;
    Ok(json_answer(StatusCode::OK, &json!({"http_status": http_status})))
}

fn carrier_of<'s>(safaricom: &'s Safaricom, name: &str) -> Result<&'s Carrier, ControlError> {
    let carrier = safaricom.carriers.carrier(name);
    carrier
        .ok_or_else(|| ControlError::new(StatusCode::NOT_FOUND, "no_such_carrier", "it is first or second"))
}

fn bad_request(message: impl Into<String>) -> ControlError {
    ControlError::new(StatusCode::BAD_REQUEST, "bad_request", message)
}

async fn post(safaricom: &Safaricom, url: &LoopbackUrl, form: String) -> Option<u16> {
    let headers = [(CONTENT_TYPE, FORM)];
    let answer = safaricom.client.post(url, &headers, Bytes::from(form), POST_LIMIT).await;
    answer.ok().map(|answer| answer.status.as_u16())
}

/// An answer that ends in the middle.
fn cut_off(safaricom: &Safaricom) -> Answer {
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
    safaricom.tasks.spawn(async move {
        let _ = sender.send_data(Bytes::from_static(b"{\"SMSMessageData\":")).await;
        sender.abort(io::Error::other("cut off on purpose"));
    });
    with_type(StatusCode::CREATED, "application/json", Either::Right(body))
}

fn refused(status: StatusCode, why: &str) -> Answer {
    with_type(status, "text/plain", Either::Left(Bytes::copy_from_slice(why.as_bytes()).into()))
}

/// The word beside a code.
fn word(code: u16) -> Value {
    json!(match code {
        100 => "Processed",
        101 => "Success",
        102 => "Queued",
        401 => "RiskHold",
        402 => "InvalidSenderId",
        403 => "InvalidPhoneNumber",
        404 => "UnsupportedNumberType",
        405 => "InsufficientBalance",
        406 => "UserInBlacklist",
        407 => "CouldNotRoute",
        409 => "DoNotDisturbRejection",
        501 => "GatewayError",
        502 => "RejectedByGateway",
        _ => "InternalServerError",
    })
}
