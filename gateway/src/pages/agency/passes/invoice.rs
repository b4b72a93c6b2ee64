//! One invoice of a tour operator: what it asks for, what has come, and the passes that are on it.

use std::sync::Arc;

use askama::Template;
use hyper::StatusCode;

use super::{operator_said, scope_of, tone_of};
use crate::access::Role;
use crate::api::{no_answer, no_rows, trouble};
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::books::LookupError;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::agency::{Viewed, session};
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::leaves::{Leaves, Turn};
use crate::pages::lines::Lines;
use crate::pages::moment::spoken;
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{BILL, PASSES, PassWords, unbroken};
use crate::payments::{Bill, Event, GateEvent, PaymentNumber};
use crate::views::PageRequest;

/// `GET /{lang}/agency/passes/invoices/{number}`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let number: PaymentNumber = request.head.parameter("number").parse().map_err(|_| no_rows())?;
    let scope = scope_of(&request).ok_or_else(no_rows)?;
    let views = app.views.reader();
    let found =
        views.invoices(&scope, None, Some(number), PageRequest::default()).await.map_err(no_answer)?;
    let sequence = found.rows.first().map(|row| row.sequence).ok_or_else(no_rows)?;
    made(&app, &request, sequence).await
}

/// The invoice that this record made; the record after it says of which passes.
pub(super) async fn made(
    app: &SharedApp,
    request: &Request<App>,
    sequence: u64,
) -> Result<Response, Problem> {
    let from_disk = SharedApp::clone(app);
    let read = away(move || Invoice::read(&from_disk, sequence)).await.map_err(trouble::internal)?;
    let invoice = read.map_err(|error| trouble::lookup(&error))?;
    let invoice = invoice.ok_or_else(|| trouble::internal("an invoice that was made is not found"))?;
    let viewed = Viewed::of(app, request).await?;
    let viewed = viewed.unwrap_or_else(|| Viewed::chosen(Arc::clone(&invoice.bill.terms.agency)));
    staff_page(StatusCode::OK, &InvoicePage::new(app, request, &viewed, invoice)?)
}

/// An invoice and its passes, as the books have them.
struct Invoice {
    bill: Arc<Bill>,
    operator: Arc<str>,
    passes: Vec<Arc<Bill>>,
}

impl Invoice {
    fn read(app: &App, sequence: u64) -> Result<Option<Self>, LookupError> {
        let (
            Some(Event::BillCreated { terms }),
            Some(Event::Gate(GateEvent::PassesInvoiced { passes, operator, .. })),
        ) = (app.books.event(sequence)?, app.books.event(sequence + 1)?)
        else {
            return Ok(None);
        };
        let Some(bill) = app.books.bill(terms.number)? else { return Ok(None) };
        let mut found = Vec::with_capacity(passes.len());
        for number in passes {
            found.extend(app.books.bill(number)?);
        }
        Ok(Some(Self { bill, operator, passes: found }))
    }
}

#[derive(Template)]
#[template(path = "console_invoice.html")]
struct InvoicePage {
    frame: Frame,
    bar: Bar,
    words: &'static PassWords,
    number: String,
    operator: String,
    state: &'static str,
    tone: &'static str,
    facts: Vec<(&'static str, String)>,
    lines: Lines,
    leaves: Leaves,
    turn: Turn,
    rows: Vec<Row>,
    /// Where the life of the bill is, for whoever sees money.
    bill: Option<String>,
    invoices: String,
}

struct Row {
    number: String,
    address: String,
    service: Shown,
    amount: String,
}

impl InvoicePage {
    fn new(app: &App, request: &Request<App>, viewed: &Viewed, invoice: Invoice) -> Result<Self, Problem> {
        let language = language_of(request)?;
        let (words, bill) = (PASSES.of(language), &invoice.bill);
        let number = bill.terms.number;
        let address = |language: catalog::Language, query: &str| {
            format!("/{}/agency/passes/invoices/{number}{}", language.code(), viewed.with(query))
        };
        let frame = Frame::new(app, language, Some(address(other(language), "")));
        let lines = Lines::of(&frame, &bill.terms);
        let mut leaves = Leaves::of(&request.head.query()?);
        for row in &lines.rows {
            leaves.hold(&[&row.text.text, &row.basis.text]);
        }
        let rows = invoice.passes.iter().map(|pass| Row::of(&frame, pass, viewed));
        let rows: Vec<_> = rows.filter(|row| leaves.hold(&row.texts())).collect();
        if !leaves.exists() {
            return Err(no_rows());
        }
        let session = session(request)?;
        let sees_money = session.account().role != Role::AgencyOfficer;
        let in_room = |room: &str| format!("/{}/agency/{room}{}", language.code(), viewed.chosen);
        Ok(Self {
            number: number.grouped(),
            operator: operator_said(app, &invoice.operator, &bill.terms.agency),
            state: (BILL.of(language).state)(bill.state),
            tone: tone_of(bill.state),
            facts: vec![
                (words.owed, unbroken(bill.terms.payable)),
                (words.received, unbroken(bill.collected)),
                (words.due, unbroken(bill.due())),
                (words.made, spoken(bill.terms.created, language)),
                (words.payable_until, spoken(bill.terms.expires, language)),
                (words.passes, invoice.passes.len().to_string()),
            ],
            turn: leaves.turn(language, |to| address(language, &format!("page={to}"))),
            bill: sees_money.then(|| in_room(&format!("bills/{number}"))),
            invoices: in_room("passes/invoices"),
            bar: Bar::new(session, language, Room::Passes),
            leaves,
            lines,
            rows,
            words,
            frame,
        })
    }
}

impl Row {
    fn of(frame: &Frame, pass: &Bill, viewed: &Viewed) -> Self {
        let number = pass.terms.number;
        Self {
            number: number.grouped(),
            address: format!("/{}/agency/passes/{number}{}", frame.code(), viewed.chosen),
            service: frame.shown(&pass.terms.service_name),
            amount: unbroken(pass.terms.payable),
        }
    }

    fn texts(&self) -> [&str; 4] {
        [&self.number, &self.address, &self.service.text, &self.amount]
    }
}
