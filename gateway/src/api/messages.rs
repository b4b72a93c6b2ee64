//! Text messages: what became of those about a bill, what receivers say of services, and what providers report.

use std::sync::Arc;

use catalog::AgencyCode;
use hyper::StatusCode;
use ledger::LedgerTime;
use serde::Serialize;

use super::access::no_such_bill;
use super::lists::wrong;
use super::{SharedApp, trouble};
use crate::app::App;
use crate::away::away;
use crate::channels::sources::Caller;
use crate::clock::format_rfc3339;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::{Request, RequestHead};
use crate::http::response::{self, Response};
use crate::messages::{NotTakenIn, masked_phone};
use crate::payments::{BillId, Message, Scores};
use crate::telemetry::metrics::CALLBACKS_UNEXPECTED_TOTAL;

#[derive(Serialize)]
struct MessageListBody {
    data: Vec<MessageBody>,
}

#[derive(Serialize)]
struct MessageBody {
    id: String,
    /// What it says: receipt, part_payment, delayed, not_taken, held.
    about: &'static str,
    state: &'static str,
    /// Absent once nobody can know it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Arc<str>>,
    /// The provider's code or reason, or ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Arc<str>>,
    tries: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u8>,
    happened: String,
    changed: String,
}

#[derive(Serialize)]
struct FeedbackListBody {
    data: Vec<FeedbackBody>,
    as_of_sequence: u64,
}

#[derive(Serialize)]
struct FeedbackBody {
    agency: Arc<str>,
    service: Arc<str>,
    count: u64,
    /// How often each score was given, from 1 to 5.
    scores: Scores,
    /// The mean of the scores in hundredths: 425 is 4.25.
    mean_hundredths: u64,
}

/// `GET /v1/messages?bill=`.
pub(super) async fn list(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let id: BillId = query
        .get("bill")
        .ok_or_else(|| wrong("/bill", "missing", &"Name a bill: bil_ and 26 letters and digits."))?
        .parse()
        .map_err(|_| no_such_bill())?;
    let scope = request.principal.scope();
    // Each message is in the archive, and its phone is opened from the record that it follows from.
    let from_disk = move || -> Result<Vec<_>, Problem> {
        let bill = app.books.bill_by_id(id).map_err(|error| trouble::lookup(&error))?;
        let bill = scope.see_bill(bill)?;
        let messages = app.books.messages_of_bill(bill.terms.number);
        let messages = messages.map_err(|error| trouble::lookup(&error))?;
        Ok(messages.iter().map(|message| MessageBody::of(&app, message)).collect())
    };
    let data = away(from_disk).await.map_err(trouble::internal)??;
    Ok(response::not_stored(response::json(StatusCode::OK, &MessageListBody { data })))
}

/// `GET /v1/feedback?agency=`: by agency and service.
pub(super) async fn feedback(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let wanted = query.get("agency").map(|code| {
        let code = code.to_uppercase().parse::<AgencyCode>();
        code.map_err(|error| wrong("/agency", "not_an_agency", &error))
    });
    let wanted = wanted.transpose()?;
    let rows_of = request.principal.scope();
    let is_seen = |agency: &str| {
        rows_of.covers(agency) && wanted.as_ref().is_none_or(|wanted| wanted.as_str() == agency)
    };
    let readers = app.books.readers();
    let as_of_sequence = readers.sequence();
    let data = readers.with_messages(|messages| {
        let rows = messages.feedback().filter(|(agency, ..)| is_seen(agency));
        rows.map(|(agency, service, scores)| FeedbackBody::of(agency, service, scores)).collect()
    });
    Ok(response::not_stored(response::json(StatusCode::OK, &FeedbackListBody { data, as_of_sequence })))
}

/// `POST /cb/{token}/sms/{provider}/report`: what became of a message.
pub(super) async fn report(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let fields = request.form()?;
    let taken = app.messages.report(request.head.parameter("provider"), &fields).await;
    acknowledged(taken)
}

/// `POST /cb/{token}/sms/{provider}/incoming`: what a subscriber has sent.
pub(super) async fn incoming(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let fields = request.form()?;
    let taken = app.messages.text(request.head.parameter("provider"), &fields).await;
    acknowledged(taken)
}

/// The secret path and, where it is configured, the source address: they filter, they prove nothing. What a stranger could do with
/// them is to have a message sent again or ended; nothing about money.
pub(crate) fn check_carrier(app: &App, head: &RequestHead) -> Result<(), Problem> {
    let reason = match app.messages.judge_caller(head.parameter("token"), head.client()) {
        Caller::Expected => return Ok(()),
        Caller::FromElsewhere => "address",
        Caller::Stranger => "token",
    };
    metrics::counter!(CALLBACKS_UNEXPECTED_TOTAL.name, "reason" => reason).increment(1);
    if app.limits.may_log_stranger() {
        tracing::error!(reason, client = %head.client(), "A report on messages comes from where none is expected.");
    }
    Err(Problem::new(Code::CallbackRefused, "This address does not take callbacks from you."))
}

fn acknowledged(taken: Result<(), NotTakenIn>) -> Result<Response, Problem> {
    match taken {
        Ok(()) => {}
        // Sending the same again would make it no more readable.
        Err(error @ NotTakenIn::Unreadable) => {
            tracing::warn!(%error, "What a provider of messages says is passed over.")
        }
        Err(NotTakenIn::NoSuchProvider) => {
            return Err(Problem::new(Code::NotFound, "There is no such provider."));
        }
        Err(NotTakenIn::Books(error)) => return Err(trouble::books(&error)),
    }
    Ok(response::bytes(StatusCode::OK, "text/plain; charset=utf-8", "ok"))
}

impl MessageBody {
    fn of(app: &App, message: &Message) -> Self {
        let spelled = |time: LedgerTime| format_rfc3339(time.micros());
        Self {
            id: message.id.to_string(),
            about: message.kind.word(),
            state: message.state.word(),
            phone: masked_phone(app, message.id),
            provider: message.provider.clone(),
            reason: message.reason.clone(),
            tries: message.tries,
            score: message.score,
            happened: spelled(message.happened),
            changed: spelled(message.changed),
        }
    }
}

impl FeedbackBody {
    fn of(agency: &Arc<str>, service: &Arc<str>, scores: Scores) -> Self {
        let count = scores.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
        let weighted = (1_u64..)
            .zip(scores)
            .fold(0_u64, |sum, (score, count)| sum.saturating_add(score.saturating_mul(count)));
        let mean_hundredths = weighted.saturating_mul(100).checked_div(count).unwrap_or(0);
        Self { agency: Arc::clone(agency), service: Arc::clone(service), count, scores, mean_hundredths }
    }
}
