//! Tour operators that pay for many provisional passes with one bill.

use std::sync::Arc;

use catalog::Text;
use hyper::StatusCode;
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::bills::{command, mark_replayed};
use super::gates::{agency_of, wrong};
use super::lists::{page_request, page_size, show_page, views_scope};
use super::{SharedApp, no_answer, trouble};
use crate::app::App;
use crate::billing::find;
use crate::clock::format_rfc3339;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{
    Answer, Ask, Bill, Event, GateAsk, GateEvent, GateRefusal, Idempotency, KnownOperator, NewInvoice,
    OPERATOR_CODE_MARK, PASSES_OWED_MAX, Refusal, TourOperator,
};

/// Longest name of an operator in characters.
const NAME_LEN_MAX: usize = 80;
/// Letters after the mark of a code, none of which is taken for another.
const CODE_LEN: usize = 6;
const CODE_LETTERS: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZ";
/// How long an invoice can be paid: as long as a pass, until the tour operator is home again.
const INVOICE_LIFE_SECONDS: i64 = 90 * 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorRequest {
    /// What it is called.
    name: String,
}

#[derive(Serialize)]
struct OperatorBody {
    code: String,
    agency: String,
    name: String,
    since: String,
    /// Passes that the next invoices ask for.
    passes: usize,
    /// Those, and the passes on invoices that nobody has paid yet.
    owed: usize,
    /// Whether packs name it, so that gates write passes on its account.
    in_packs: bool,
}

/// A page of them, by their codes.
#[derive(Serialize)]
struct OperatorsBody {
    data: Vec<OperatorBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    has_more: bool,
}

/// An invoice as it is answered. The bill itself is at its own address.
#[derive(Serialize)]
struct InvoiceBody {
    id: String,
    payment_number: String,
    status: &'static str,
    operator: String,
    service_name: Text,
    lines: Vec<InvoiceLine>,
    total: Money,
    amount: Money,
    /// Payment numbers of the passes that it asks for.
    passes: Vec<String>,
    /// So many are left for the next invoice; absent of invoices that were made before this was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    passes_left: Option<u64>,
    expires_at: String,
}

#[derive(Serialize)]
struct InvoiceLine {
    code: String,
    text: Text,
    amount: Money,
    legal_basis: String,
}

/// `POST /v1/gates/operators`.
pub(super) async fn name(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: OperatorRequest = request.json()?;
    let agency = agency_of(&request)?;
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX || name.chars().any(catalog::is_unseen) {
        let detail = format!("A name has 1 to {NAME_LEN_MAX} characters.");
        return Err(wrong("/name", "not_a_name", detail));
    }
    let place = app.in_flight.enter(
        &request.head,
        &request.principal,
        "gate_operator_name",
        request.bytes(),
        app.now(),
    )?;
    let operator = TourOperator { code: new_code(), agency, name: name.into(), since: app.now() };
    let ask = GateAsk::NameOperator { operator, idempotency: Some(place.idempotency.clone()) };
    let (sequence, is_new) = match app.books.ask(command(&request, Ask::Gate(ask))).await {
        Ok(Answer::Done { sequence }) => (sequence, true),
        Ok(Answer::Repeated { sequence }) => (sequence, false),
        Ok(Answer::Refused(refusal)) => return Err(trouble::refusal(&refusal)),
        Ok(other) => return Err(trouble::internal(format!("{other:?} names no operator"))),
        Err(error) => return Err(trouble::books(&error)),
    };
    let event = app.books.event(sequence).map_err(|error| trouble::lookup(&error))?;
    let Some(Event::Gate(GateEvent::OperatorNamed { operator })) = event else {
        return Err(trouble::internal(format!("{event:?} names no operator")));
    };
    let gates = app.books.readers().gates();
    let known = gates.operator(&operator.code, &operator.agency);
    let known = known.ok_or_else(|| trouble::internal("an operator that was named is not found"))?;
    let mut response = response::json(StatusCode::CREATED, &OperatorBody::of(known));
    if !is_new {
        mark_replayed(&mut response);
    }
    Ok(response::not_stored(response))
}

/// `GET /v1/gates/operators?cursor=&limit=`. A page ends at a code, and the next begins after it.
pub(super) async fn list(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let limit = usize::from(page_size(&query)?.get());
    let after = query.get("cursor").unwrap_or_default();
    if !(after.is_empty() || is_code(after)) {
        let detail = "It is not one that a page of this list came with.".to_owned();
        return Err(wrong("/cursor", "not_a_cursor", detail));
    }
    let (scope, gates) = (request.principal.scope(), app.books.readers().gates());
    let own = gates.operators_after(after).filter(|known| scope.covers(&known.operator.agency));
    let mut data: Vec<_> = own.take(limit + 1).map(OperatorBody::of).collect();
    let has_more = data.len() > limit;
    data.truncate(limit);
    let next_cursor = data.last().filter(|_| has_more).map(|last| last.code.clone());
    let body = OperatorsBody { data, next_cursor, has_more };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// `POST /v1/gates/operators/{code}/invoice`: one bill for passes of the operator that nobody has paid and that are on no
/// other, as many as one may have; it says how many are left.
pub(super) async fn invoice(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let code = request.head.parameter("code").to_owned();
    let route = format!("gate_operator_invoice {code}");
    let place = app.in_flight.enter(&request.head, &request.principal, &route, request.bytes(), app.now())?;
    let made = make_invoice(&app, &request, &code, place.idempotency.clone()).await?;
    let (sequence, is_new) = made.map_err(|refusal| trouble::refusal(&Refusal::Gate(refusal)))?;
    let body = InvoiceBody::made_by(&app, sequence)?;
    let mut response = response::json(StatusCode::CREATED, &body);
    if !is_new {
        mark_replayed(&mut response);
    }
    Ok(response::not_stored(response))
}

/// Whether this is the code of an operator, by its form.
pub(super) fn is_code(text: &str) -> bool {
    let letters = text.strip_prefix(OPERATOR_CODE_MARK);
    letters.is_some_and(|rest| {
        rest.len() == CODE_LEN && rest.bytes().all(|letter| CODE_LETTERS.contains(&letter))
    })
}

/// Makes an invoice, whether by the API or with a browser: the sequence of its bill, and whether this request made it.
pub(crate) async fn make_invoice(
    app: &App,
    request: &Request<App>,
    code: &str,
    idempotency: Idempotency,
) -> Result<Result<(u64, bool), GateRefusal>, Problem> {
    let invoice = NewInvoice {
        operator: code.into(),
        agency: agency_of(request)?,
        id: app.new_bill_id(),
        random: rand::random(),
        life_seconds: INVOICE_LIFE_SECONDS,
        vault_slot: app.vault.take().map_err(|error| trouble::vault(&error))?.slot,
        idempotency: Some(idempotency),
    };
    let ask = Ask::Gate(GateAsk::Invoice(Box::new(invoice)));
    match app.books.ask(command(request, ask)).await {
        Ok(Answer::BillCreated { sequence, .. }) => Ok(Ok((sequence, true))),
        Ok(Answer::Repeated { sequence }) => Ok(Ok((sequence, false))),
        Ok(Answer::Refused(Refusal::Gate(refusal))) => Ok(Err(refusal)),
        Ok(Answer::Refused(refusal)) => Err(trouble::refusal(&refusal)),
        Ok(other) => Err(trouble::internal(format!("{other:?} answers no invoice"))),
        Err(error) => Err(trouble::books(&error)),
    }
}

/// An invoice as it is listed.
#[derive(Serialize)]
struct InvoiceListed {
    payment_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    status: &'static str,
    passes: u64,
    amount: Money,
    collected: Money,
    created_at: String,
}

/// `GET /v1/gates/invoices?operator=&cursor=&limit=`.
pub(super) async fn invoices(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let (scope, page) = (views_scope(&request)?, page_request(&query)?);
    let operator = query.get("operator").map(Into::into);
    let page = app.views.reader().invoices(&scope, operator, None, page).await.map_err(no_answer)?;
    Ok(show_page(page, |row| InvoiceListed {
        payment_number: row.number.to_string(),
        operator: row.operator.as_deref().map(str::to_owned),
        status: row.state.word(),
        passes: row.passes,
        amount: row.payable,
        collected: row.collected,
        created_at: format_rfc3339(row.created.micros()),
    }))
}

/// `OP-` and six letters.
fn new_code() -> Arc<str> {
    let mut random: u64 = rand::random();
    let count = CODE_LETTERS.len() as u64;
    let letters = (0..CODE_LEN).map(|_| {
        let at = usize::try_from(random % count).unwrap_or_default();
        random /= count;
        char::from(CODE_LETTERS[at])
    });
    format!("{OPERATOR_CODE_MARK}{}", letters.collect::<String>()).into()
}

impl OperatorBody {
    fn of(known: &KnownOperator) -> Self {
        let operator = &known.operator;
        Self {
            code: operator.code.to_string(),
            agency: operator.agency.to_string(),
            name: operator.name.to_string(),
            since: format_rfc3339(operator.since.micros()),
            passes: known.passes.len(),
            owed: known.owed_count(),
            in_packs: known.owed_count() < PASSES_OWED_MAX,
        }
    }
}

impl InvoiceBody {
    /// The invoice that this record made; the record after it says of which passes.
    fn made_by(app: &App, sequence: u64) -> Result<Self, Problem> {
        let event = |sequence| app.books.event(sequence).map_err(|error| trouble::lookup(&error));
        let (
            Some(Event::BillCreated { terms }),
            Some(Event::Gate(GateEvent::PassesInvoiced { passes, left, .. })),
        ) = (event(sequence)?, event(sequence + 1)?)
        else {
            return Err(trouble::internal("an invoice that was made is not found"));
        };
        let bill: Arc<Bill> = find(app, terms.number)?;
        let lines = terms.lines.iter().map(|line| InvoiceLine {
            code: line.code.to_string(),
            text: line.text.clone(),
            amount: line.amount,
            legal_basis: line.legal_basis.to_string(),
        });
        Ok(Self {
            id: terms.id.to_string(),
            payment_number: terms.number.to_string(),
            status: bill.state.word(),
            operator: terms.agency_reference.as_deref().unwrap_or_default().to_owned(),
            service_name: terms.service_name.clone(),
            lines: lines.collect(),
            total: terms.total,
            amount: terms.payable,
            passes: passes.iter().map(ToString::to_string).collect(),
            passes_left: left,
            expires_at: format_rfc3339(terms.expires.micros()),
        })
    }
}
