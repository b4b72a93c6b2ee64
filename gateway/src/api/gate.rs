//! What a gate asks: is this paid and not used, and let them in. One strong read, and one record that is made once.

use catalog::Text;
use hyper::StatusCode;
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::bills::command;
use super::{RowScope, SharedApp, no_answer, trouble};
use crate::app::App;
use crate::clock::format_rfc3339;
use crate::finding::FindError;
use crate::gate::look_up;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{Answer, Ask, Bill, Centre, NotACentre, PaymentNumber, Visit, VisitAsk};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupRequest {
    /// Whatever was shown.
    q: String,
}

#[derive(Serialize)]
struct LookupBody {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<LookedUpBill>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visit: Option<VisitBody>,
    as_of: String,
}

#[derive(Serialize)]
struct LookedUpBill {
    id: String,
    payment_number: String,
    status: &'static str,
    agency: String,
    service: String,
    service_name: TextBody,
    lines: Vec<LookedUpLine>,
    due: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    visit_day: Option<String>,
}

#[derive(Serialize)]
struct LookedUpLine {
    text: TextBody,
    quantity: u32,
}

#[derive(Serialize)]
struct TextBody {
    en: String,
    sw: String,
}

#[derive(Serialize)]
struct VisitBody {
    gate: String,
    at: String,
    sequence: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VisitRequest {
    payment_number: String,
    gate: String,
}

/// `POST /v1/lookups`.
pub(super) async fn lookup(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: LookupRequest = request.json()?;
    let found = look_up(&app, &request.principal.scope(), &wanted.q).await.map_err(no_verdict)?;
    let body = LookupBody {
        verdict: found.verdict.word(),
        bill: found.bill.as_deref().map(LookedUpBill::of),
        visit: found.visit.as_deref().map(VisitBody::of),
        as_of: format_rfc3339(app.clock.now_micros()),
    };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// Whether somebody may be let in could not be told.
pub(crate) fn no_verdict(error: FindError) -> Problem {
    match error {
        FindError::Views(error) => no_answer(error),
        other => trouble::internal(&other),
    }
}

/// `POST /v1/visits`.
pub(super) async fn visit(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: VisitRequest = request.json()?;
    let wrong = |pointer: &'static str, code: &'static str, detail: String| {
        Problem::validation(vec![FieldError::new(pointer, code, detail)])
    };
    let number: PaymentNumber = wanted.payment_number.parse().map_err(|_| {
        wrong("/payment_number", "not_a_payment_number", "Twelve digits, the last a check digit.".to_owned())
    })?;
    let gate = read_gate(&wanted.gate).ok_or_else(|| wrong("/gate", "not_a_gate", NotACentre.to_string()))?;
    let visit = let_in(&app, &request, number, gate).await?;
    Ok(response::json(StatusCode::CREATED, &VisitBody::of(&visit)))
}

/// Lets whoever paid this bill in, if nobody was before.
pub(crate) async fn let_in(
    app: &SharedApp,
    request: &Request<App>,
    bill: PaymentNumber,
    gate: String,
) -> Result<std::sync::Arc<Visit>, Problem> {
    let RowScope::Agency(agency) = request.principal.scope() else {
        return Err(Problem::new(Code::Forbidden, "Only an agency lets people in."));
    };
    let ask = Ask::Visit(VisitAsk::Use { bill, agency, gate: gate.into() });
    match app.books.ask(command(request, ask)).await {
        Ok(Answer::Done { .. }) => {
            let visit = app.books.visit(bill).map_err(|error| trouble::lookup(&error))?;
            visit.ok_or_else(|| trouble::internal("a visit that was written is not found"))
        }
        Ok(Answer::Refused(refusal)) => Err(trouble::refusal(&refusal)),
        Ok(other) => Err(trouble::internal(format!("{other:?} answers no visit"))),
        Err(error) => Err(trouble::books(&error)),
    }
}

/// The name of a gate, as it is kept for ever: the public name of a place, as that of a centre is. What an officer writes
/// freely may name somebody.
pub(crate) fn read_gate(text: &str) -> Option<String> {
    let gate: Centre = text.split_whitespace().collect::<Vec<_>>().join(" ").parse().ok()?;
    (!gate.has_long_number()).then(|| gate.as_str().to_owned())
}

impl LookedUpBill {
    fn of(bill: &Bill) -> Self {
        let terms = &bill.terms;
        let lines = terms
            .lines
            .iter()
            .map(|line| LookedUpLine { text: TextBody::of(&line.text), quantity: line.quantity });
        Self {
            id: terms.id.to_string(),
            payment_number: terms.number.to_string(),
            status: bill.state.word(),
            agency: terms.agency.to_string(),
            service: terms.service.to_string(),
            service_name: TextBody::of(&terms.service_name),
            lines: lines.collect(),
            due: bill.due(),
            visit_day: terms.visit_day.map(|day| day.to_string()),
        }
    }
}

impl TextBody {
    fn of(text: &Text) -> Self {
        Self { en: text.en().to_owned(), sw: text.sw().to_owned() }
    }
}

impl VisitBody {
    fn of(visit: &Visit) -> Self {
        Self { gate: visit.gate.to_string(), at: format_rfc3339(visit.at.micros()), sequence: visit.sequence }
    }
}
