//! Tour operators that pay for passes by invoice: what each owes that is on none yet, and a form that makes one.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use hyper::StatusCode;
use ledger::{Currency, Money};

use super::{invoice, may_act};
use crate::api::{make_invoice, trouble};
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::books::LookupError;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::agency::{Viewed, choose, session};
use crate::pages::form_token;
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::leaves::Turn;
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{PASSES, PassWords, unbroken};
use crate::payments::{GateRefusal, KnownOperator, PASSES_PER_INVOICE_MAX};

/// Operators of a page: each has a form, and all together are as light as any page.
const ROWS: usize = 8;

/// `GET /{lang}/agency/passes/operators?page=`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Passes).await;
    };
    staff_page(StatusCode::OK, &OperatorsPage::new(&app, &request, &viewed).await?)
}

/// `POST /{lang}/agency/passes/operators`: one bill for the passes of an operator that nobody has paid.
pub(in crate::pages) async fn make(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Passes).await;
    };
    let form = request.form()?;
    let code = form.get("operator").map(str::trim).unwrap_or_default();
    let route = format!("gate_operator_invoice {code}");
    let wish = form.get("wish").unwrap_or_default();
    let place = app.in_flight.enter_by(wish, &request.principal, &route, request.bytes(), app.now())?;
    match make_invoice(&app, &request, code, place.idempotency.clone()).await? {
        Ok((sequence, _)) => invoice::made(&app, &request, sequence).await,
        Err(refusal) => {
            let mut page = OperatorsPage::new(&app, &request, &viewed).await?;
            let (status, text) = match refusal {
                GateRefusal::NoSuchOperator => (StatusCode::NOT_FOUND, page.words.no_such_operator),
                _ => (StatusCode::CONFLICT, page.words.nothing_to_invoice),
            };
            page.mistake = Some(text);
            staff_page(status, &page)
        }
    }
}

#[derive(Template)]
#[template(path = "console_operators.html")]
struct OperatorsPage {
    frame: Frame,
    bar: Bar,
    words: &'static PassWords,
    name: Shown,
    rows: Vec<Row>,
    turn: Turn,
    may_act: bool,
    mistake: Option<&'static str>,
    wish: String,
    invoices: String,
    list: String,
}

struct Row {
    code: String,
    name: String,
    passes: usize,
    /// What is due for those that are on no invoice, in each currency; at least this, where there are many.
    owed: String,
    is_more: bool,
    /// Its passes, and its invoices.
    passes_address: String,
    invoices_address: String,
}

impl OperatorsPage {
    async fn new(app: &SharedApp, request: &Request<App>, viewed: &Viewed) -> Result<Self, Problem> {
        let language = language_of(request)?;
        let words = PASSES.of(language);
        let address = |language: catalog::Language, query: &str| {
            format!("/{}/agency/passes/operators{}", language.code(), viewed.with(query))
        };
        let frame = Frame::new(app, language, Some(address(other(language), "")));
        let page = request.head.query()?.get("page").and_then(|text| text.parse::<usize>().ok()).unwrap_or(1);
        let first = page.saturating_sub(1).saturating_mul(ROWS);
        let (from_disk, agency) = (SharedApp::clone(app), Arc::clone(&viewed.agency));
        let read = away(move || owed(&from_disk, &agency, first)).await.map_err(trouble::internal)?;
        let (owed, count) = read.map_err(|error| trouble::lookup(&error))?;
        let in_room = |room: &str, query: &str| {
            format!("/{}/agency/passes{room}{}", language.code(), viewed.with(query))
        };
        let row = |owed: Owed| Row {
            passes_address: in_room("", &format!("operator={}", owed.code)),
            invoices_address: in_room("/invoices", &format!("operator={}", owed.code)),
            owed: sums_said(&owed.sums),
            is_more: owed.passes > PASSES_PER_INVOICE_MAX,
            code: owed.code,
            name: owed.name,
            passes: owed.passes,
        };
        let turned = |to: usize| address(language, &format!("page={to}"));
        let previous = (page > 1).then(|| turned(page - 1));
        let next = (first.saturating_add(ROWS) < count).then(|| turned(page.saturating_add(1)));
        let session = session(request)?;
        Ok(Self {
            name: viewed.name(app, &frame),
            rows: owed.into_iter().map(row).collect(),
            turn: Turn::new(language, previous, next),
            may_act: may_act(session),
            mistake: None,
            wish: form_token(),
            invoices: in_room("/invoices", ""),
            list: in_room("", ""),
            bar: Bar::new(session, language, Room::Passes),
            words,
            frame,
        })
    }
}

/// What an operator owes that is on no invoice.
struct Owed {
    code: String,
    name: String,
    passes: usize,
    sums: BTreeMap<Currency, i64>,
}

/// A page of operators, those with the most passes first, and how many there are.
fn owed(app: &App, agency: &str, first: usize) -> Result<(Vec<Owed>, usize), LookupError> {
    let gates = app.books.readers().gates();
    let mut known: Vec<&KnownOperator> = gates.operators_of(agency).collect();
    known.sort_by_key(|known| std::cmp::Reverse(known.passes.len()));
    let page = known.iter().skip(first).take(ROWS).map(|known| Owed::of(app, known));
    Ok((page.collect::<Result<_, _>>()?, known.len()))
}

impl Owed {
    fn of(app: &App, known: &KnownOperator) -> Result<Self, LookupError> {
        let mut sums = BTreeMap::<Currency, i64>::new();
        for number in known.passes.iter().take(PASSES_PER_INVOICE_MAX) {
            let Some(bill) = app.books.bill(*number)? else { continue };
            let (sum, due) = (sums.entry(bill.due().currency()).or_default(), bill.due());
            *sum = sum.saturating_add(due.minor());
        }
        sums.retain(|_, minor| *minor > 0);
        let operator = &known.operator;
        let (code, name) = (operator.code.to_string(), operator.name.to_string());
        Ok(Self { code, name, passes: known.passes.len(), sums })
    }
}

/// `KES 4,000.00 · USD 90.00`; a dash for nothing.
fn sums_said(sums: &BTreeMap<Currency, i64>) -> String {
    let said = sums.iter().map(|(currency, minor)| unbroken(Money::new(*minor, *currency)));
    let said = said.collect::<Vec<_>>().join(" · ");
    if said.is_empty() { "–".to_owned() } else { said }
}
