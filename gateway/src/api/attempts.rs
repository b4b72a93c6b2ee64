//! Attempts: a prompt is recorded, sent, and followed; what cannot be told is said to be unknown.

use std::sync::Arc;

use catalog::Language;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::bills::{by_path, mark_replayed};
use super::{SharedApp, trouble};
use crate::app::App;
use crate::channels::attempt_text;
use crate::channels::mpesa::subscriber::Subscriber;
use crate::clock::format_rfc3339;
use crate::http::problem::{FieldError, MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{Attempt, AttemptId, Method};
use crate::prompts::{self, Asked, Wish};

/// What an attempt is asked for with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttemptRequest {
    method: Method,
    #[serde(default)]
    phone: Option<String>,
}

/// An attempt as the API shows it.
#[derive(Serialize)]
pub(super) struct AttemptBody {
    id: AttemptId,
    payment_number: String,
    method: Method,
    amount: Money,
    state: StateBody,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_receipt: Option<String>,
    as_of_sequence: u64,
    /// Where to send the payer's browser, in the answer to the request that asks on a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<Arc<str>>,
}

#[derive(Serialize)]
struct StateBody {
    status: &'static str,
    finished: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// A sentence for the payer; says whether money moved.
    message: catalog::Text,
    money_moved: MoneyMoved,
}

/// `POST /v1/bills/{id}/attempts`.
pub(super) async fn create(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let bill = by_path(&app, &request)?;
    let route = format!("attempt_create {}", bill.terms.id);
    let place = app.in_flight.enter(&request.head, &request.principal, &route, request.bytes(), app.now())?;
    let wanted: AttemptRequest = request.json()?;
    let phone = phone_of(&wanted)?;
    let wish = Wish {
        bill: &bill,
        phone,
        method: wanted.method,
        language: bill.terms.language.unwrap_or(Language::En),
        principal: request.principal.name(),
        guest: None,
        cause: request.head.id().as_str().into(),
        idempotency: place.idempotency.clone(),
    };
    let asked = prompts::ask_payer(&app, wish).await.map_err(|error| trouble::ask(&error))?;
    let mut response = show_created(&asked)?;
    if asked.is_repeated {
        mark_replayed(&mut response);
    }
    Ok(response)
}

/// The phone that is to be asked, where one is.
fn phone_of(wanted: &AttemptRequest) -> Result<Option<Subscriber>, Problem> {
    let wrong = |code, message: String| {
        let error = FieldError::new("/phone", code, message);
        Problem::validation(vec![error]).money_moved(MoneyMoved::No)
    };
    match (&wanted.phone, wanted.method.asks_on_phone()) {
        (Some(phone), true) => {
            let phone = Subscriber::parse(phone);
            phone.map(Some).map_err(|error| wrong("not_a_phone", error.to_string()))
        }
        (None, true) => Err(wrong("missing", "Say which phone is to be asked.".to_owned())),
        (Some(_), false) => Err(wrong("unexpected", "No phone is asked in this way.".to_owned())),
        (None, false) => Ok(None),
    }
}

/// `GET /v1/attempts/{id}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let no_such = || Problem::new(Code::NotFound, "There is no such attempt, or it is not yours.");
    let id: AttemptId = request.head.parameter("id").parse().map_err(|_| no_such())?;
    let attempt = app.books.attempt(id).map_err(|error| trouble::lookup(&error))?;
    let scope = request.principal.scope();
    let attempt = attempt.filter(|attempt| scope.covers(&attempt.agency)).ok_or_else(no_such)?;
    Ok(show_attempt(&AttemptBody::of(&attempt), StatusCode::OK))
}

fn show_created(asked: &Asked) -> Result<Response, Problem> {
    let attempt = &asked.attempt;
    let body = AttemptBody { redirect_url: asked.page.clone(), ..AttemptBody::of(attempt) };
    let mut response = show_attempt(&body, StatusCode::ACCEPTED);
    let location =
        HeaderValue::from_str(&format!("/v1/attempts/{}", attempt.id)).map_err(trouble::internal)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

fn show_attempt(body: &AttemptBody, status: StatusCode) -> Response {
    let mut response = response::json(status, body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl AttemptBody {
    pub(super) fn of(attempt: &Attempt) -> Self {
        let state = attempt.state;
        Self {
            id: attempt.id,
            payment_number: attempt.bill.to_string(),
            method: attempt.method,
            amount: attempt.money,
            state: StateBody {
                status: state.word(),
                finished: state.is_finished(),
                code: attempt.code.as_deref().map(str::to_owned),
                message: attempt_text(attempt),
                money_moved: money_moved(attempt),
            },
            created_at: format_rfc3339(attempt.created.micros()),
            channel_receipt: attempt.channel_receipt.as_deref().map(str::to_owned),
            as_of_sequence: attempt.changed_by,
            redirect_url: None,
        }
    }
}

/// Whether the attempt moved money, as far as is known.
pub(crate) fn money_moved(attempt: &Attempt) -> MoneyMoved {
    use crate::payments::AttemptState as State;
    match attempt.state {
        State::Succeeded => MoneyMoved::Yes,
        State::Failed | State::Cancelled | State::Expired => MoneyMoved::No,
        State::Created | State::PromptSent | State::Processing | State::Unknown => MoneyMoved::Unknown,
    }
}
