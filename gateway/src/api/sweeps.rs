//! Fallback money goes home: one of the Treasury's people sends, another says that it arrived or came back.

use std::sync::Arc;

use hyper::StatusCode;
use ledger::{LedgerTime, Money};
use serde::{Deserialize, Serialize};

use super::bills::command;
use super::{SharedApp, trouble};
use crate::app::App;
use crate::channels::CollectionAccount;
use crate::clock::format_rfc3339;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::channels::ChannelName;
use crate::payments::{
    Answer, Ask, CollectedOn, Event, Idempotency, Sweep, SweepAsk, SweepEvent, SweepReference,
};

/// What is sent home.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SweepRequest {
    /// From the account of which way to pay.
    channel: ChannelName,
    amount: Money,
    /// What the transfer is called; one is made where nothing is said.
    #[serde(default)]
    reference: Option<String>,
}

#[derive(Serialize)]
struct SweepBody {
    id: u64,
    provider: &'static str,
    account: Arc<str>,
    amount: Money,
    reference: String,
    /// `in_transit`, `confirmed` or `returned`.
    state: &'static str,
    sent_by: Arc<str>,
    sent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// M-PESA's receipt, if it told of the arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_receipt: Option<Arc<str>>,
}

#[derive(Serialize)]
struct SweepListBody {
    data: Vec<SweepBody>,
}

/// `GET /v1/sweeps`: those on their way and the latest that ended, the newest first.
pub(super) async fn list(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let sweeps = app.books.readers().sweeps();
    let data = sweeps.iter().rev().map(SweepBody::of).collect();
    Ok(response::not_stored(response::json(StatusCode::OK, &SweepListBody { data })))
}

/// `POST /v1/sweeps`: money has left a fallback account.
pub(super) async fn send(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: SweepRequest = request.json()?;
    let place =
        app.in_flight.enter(&request.head, &request.principal, "sweep_send", request.bytes(), app.now())?;
    let home = app.channels.home().account();
    let channel = app.channels.find(&wanted.channel).filter(|channel| channel.account() != home);
    let channel =
        channel.ok_or_else(|| wrong("/channel", "No way to pay of this name has an account of its own."))?;
    if !wanted.amount.is_positive() {
        return Err(wrong("/amount", "A transfer is of more than nothing."));
    }
    let reference = match wanted.reference {
        Some(text) => text.parse().map_err(|error| wrong("/reference", &format!("{error}.")))?,
        None => SweepReference::from_random(rand::random()),
    };
    let ask = SweepAsk::Send {
        account: collected_on(channel.account()),
        money: wanted.amount,
        reference,
        idempotency: Some(place.idempotency.clone()),
    };
    ask_and_show(&app, &request, ask, StatusCode::CREATED).await
}

/// `POST /v1/sweeps/{id}/confirmation`: it arrived on the consolidated paybill.
pub(super) async fn confirm(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let home = collected_on(app.channels.home().account());
    end(&app, &request, Some(home)).await
}

/// `POST /v1/sweeps/{id}/return`: it came back to where it was sent from.
pub(super) async fn take_back(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    end(&app, &request, None).await
}

async fn end(
    app: &SharedApp,
    request: &Request<App>,
    arrived_on: Option<CollectedOn>,
) -> Result<Response, Problem> {
    let sweep: u64 = request.head.parameter("id").parse().map_err(|_| no_such_sweep())?;
    let what = if arrived_on.is_some() { "sweep_confirm" } else { "sweep_return" };
    let route = format!("{what} {sweep}");
    let place = app.in_flight.enter(&request.head, &request.principal, &route, request.bytes(), app.now())?;
    let idempotency: Option<Idempotency> = Some(place.idempotency.clone());
    ask_and_show(app, request, SweepAsk::End { sweep, arrived_on, idempotency }, StatusCode::OK).await
}

async fn ask_and_show(
    app: &App,
    request: &Request<App>,
    ask: SweepAsk,
    status: StatusCode,
) -> Result<Response, Problem> {
    let answer = app.books.ask(command(request, Ask::Sweep(ask))).await;
    let sequence = match answer.map_err(|error| trouble::books(&error))? {
        Answer::Done { sequence } | Answer::Repeated { sequence } => sequence,
        Answer::Refused(refusal) => return Err(trouble::refusal(&refusal)),
        other => return Err(trouble::internal(format!("{other:?} answers nothing about sweeps"))),
    };
    let id = match app.books.event(sequence).map_err(|error| trouble::lookup(&error))? {
        Some(Event::Sweep(SweepEvent::Sent { .. })) => sequence,
        Some(Event::Sweep(SweepEvent::Confirmed { sweep, .. } | SweepEvent::Returned { sweep })) => sweep,
        other => return Err(trouble::internal(format!("{other:?} is no earlier answer"))),
    };
    let sweeps = app.books.readers().sweeps();
    let sweep = sweeps.get(id).ok_or_else(no_such_sweep)?;
    Ok(response::not_stored(response::json(status, &SweepBody::of(sweep))))
}

fn collected_on(account: &CollectionAccount) -> CollectedOn {
    CollectedOn { provider: account.provider, short_code: Arc::clone(&account.number) }
}

fn no_such_sweep() -> Problem {
    Problem::new(Code::NotFound, "There is no such sweep.")
}

fn wrong(pointer: &'static str, detail: &str) -> Problem {
    Problem::validation(vec![FieldError::new(pointer, "wrong", detail.to_owned())])
}

impl SweepBody {
    fn of(sweep: &Sweep) -> Self {
        let spelled = |time: LedgerTime| format_rfc3339(time.micros());
        Self {
            id: sweep.id,
            provider: sweep.account.provider.word(),
            account: Arc::clone(&sweep.account.short_code),
            amount: sweep.money,
            reference: sweep.reference.to_string(),
            state: sweep.state.word(),
            sent_by: Arc::clone(&sweep.sent_by),
            sent: spelled(sweep.sent),
            ended_by: sweep.ended.as_ref().map(|(who, _)| Arc::clone(who)),
            ended: sweep.ended.as_ref().map(|(_, when)| spelled(*when)),
            channel_receipt: sweep.receipt.clone(),
        }
    }
}
