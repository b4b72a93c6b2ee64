//! One provisional pass: what was written at the gate, what is owed, how it was settled, and a form for the code of money that came
//! under a wrong number.

use std::sync::Arc;

use askama::Template;
use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::{may_act, operator_said, scope_of, state_said, tone_of};
use crate::access::Role;
use crate::api::{ClaimFault, no_answer, no_rows, put_to_pass, trouble};
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::books::LookupError;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::pages::agency::{Viewed, session};
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::moment::spoken;
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{BILL, CONSOLE, PASSES, PassWords, unbroken};
use crate::payments::{Bill, BillPayment, Event, PaymentNumber, PaymentReceived, RECEIPT_LEN_MAX};
use crate::views::{PageRequest, PassFilter, PassRow};

/// `GET /{lang}/agency/passes/{number}`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let row = find(&app, &request).await?;
    staff_page(StatusCode::OK, &OnePage::new(&app, &request, &row).await?)
}

/// `POST /{lang}/agency/passes/{number}`: somebody says by which code they have paid.
pub(in crate::pages) async fn claim(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let row = find(&app, &request).await?;
    let form = request.form()?;
    let code = form.get("code").map(str::trim).unwrap_or_default().to_owned();
    let (status, text) = match put_to_pass(&app, &request, row.bill, &code).await {
        Ok(_) => {
            let address = request.head.uri().path();
            return Ok(response::see_other(HeaderValue::from_str(address).map_err(Problem::internal_error)?));
        }
        Err(ClaimFault::Problem(problem)) => return Err(problem),
        Err(ClaimFault::NotACode) => {
            let words = PASSES.of(language_of(&request)?);
            (StatusCode::UNPROCESSABLE_ENTITY, words.not_a_code)
        }
        Err(ClaimFault::Refused(refusal)) => {
            let words = PASSES.of(language_of(&request)?);
            (StatusCode::CONFLICT, (words.not_put)(&refusal))
        }
    };
    let mut page = OnePage::new(&app, &request, &row).await?;
    page.mistake = Some(text);
    // The code of a payment names nobody; what is none may be anything, and is not said again.
    page.code = if status == StatusCode::CONFLICT { code } else { String::new() };
    staff_page(status, &page)
}

/// The pass of this number, if its rows are seen: the one that has a bill, if any has.
async fn find(app: &App, request: &Request<App>) -> Result<PassRow, Problem> {
    let number: PaymentNumber = request.head.parameter("number").parse().map_err(|_| no_rows())?;
    let scope = scope_of(request).ok_or_else(no_rows)?;
    let filter = PassFilter { number: Some(number), ..PassFilter::default() };
    let mut found =
        app.views.reader().passes(&scope, &filter, PageRequest::default()).await.map_err(no_answer)?.rows;
    let with_bill = found.iter().position(|row| row.state.is_some()).unwrap_or(0);
    if found.is_empty() { Err(no_rows()) } else { Ok(found.swap_remove(with_bill)) }
}

#[derive(Template)]
#[template(path = "console_pass.html")]
struct OnePage {
    frame: Frame,
    bar: Bar,
    words: &'static PassWords,
    number: String,
    /// Where the form goes.
    address: String,
    service: Option<Shown>,
    state: String,
    tone: &'static str,
    /// What the pass says, and what is owed.
    facts: Vec<(&'static str, String)>,
    /// What its invoice is called and where it is.
    invoice: Option<(String, String)>,
    payments: Vec<PaymentShown>,
    may_claim: bool,
    mistake: Option<&'static str>,
    /// What was typed.
    code: String,
    code_len_max: usize,
    /// Where the life of the bill is, for whoever sees money.
    bill: Option<String>,
    list: String,
}

/// Money that was booked for it.
struct PaymentShown {
    amount: String,
    when: String,
    code: String,
    /// Our receipt, and where it is.
    receipt: (String, String),
    how: String,
}

impl OnePage {
    async fn new(app: &SharedApp, request: &Request<App>, row: &PassRow) -> Result<Self, Problem> {
        let language = language_of(request)?;
        let viewed = Viewed::of(app, request).await?;
        let viewed = viewed.unwrap_or_else(|| Viewed::chosen(Arc::clone(&row.agency)));
        let (from_disk, wanted) = (SharedApp::clone(app), row.bill);
        let has_bill = row.state.is_some();
        let read =
            move || if has_bill { bill_and_payments(&from_disk, wanted) } else { Ok((None, Vec::new())) };
        let (bill, payments) =
            away(read).await.map_err(trouble::internal)?.map_err(|error| trouble::lookup(&error))?;
        let of_number = |language: catalog::Language| {
            format!("/{}/agency/passes/{}{}", language.code(), row.bill, viewed.chosen)
        };
        let frame = Frame::new(app, language, Some(of_number(other(language))));
        let session = session(request)?;
        let words = PASSES.of(language);
        // The books know of money before the views do.
        let own = bill.as_ref().filter(|_| row.invoice.is_none());
        let (state, tone) = own.map_or_else(
            || state_said(row, language),
            |bill| ((BILL.of(language).state)(bill.state).to_owned(), tone_of(bill.state)),
        );
        let sees_money =
            matches!(session.account().role, Role::AgencyViewer | Role::Treasury | Role::Auditor);
        let in_room = |room: &str| format!("/{}/agency/{room}{}", language.code(), viewed.chosen);
        let payments = payments.iter().map(|(payment, event)| PaymentShown::of(payment, event, &frame));
        Ok(Self {
            number: row.bill.grouped(),
            address: of_number(language),
            service: bill.as_ref().map(|bill| frame.shown(&bill.terms.service_name)),
            facts: facts(app, &frame, row, bill.as_deref()),
            invoice: row
                .invoice
                .map(|invoice| (invoice.grouped(), in_room(&format!("passes/invoices/{invoice}")))),
            payments: payments.collect(),
            may_claim: may_act(session) && bill.as_ref().is_some_and(|bill| bill.state.is_open()),
            mistake: None,
            code: String::new(),
            code_len_max: RECEIPT_LEN_MAX,
            bill: (sees_money && bill.is_some()).then(|| in_room(&format!("bills/{}", row.bill))),
            list: in_room("passes"),
            bar: Bar::new(session, language, Room::Passes),
            state,
            tone,
            words,
            frame,
        })
    }
}

/// The bill, and its payments with how the books were told of each.
type Read = (Option<Arc<Bill>>, Vec<(BillPayment, PaymentReceived)>);

fn bill_and_payments(app: &App, number: PaymentNumber) -> Result<Read, LookupError> {
    let Some(bill) = app.books.bill(number)? else { return Ok((None, Vec::new())) };
    let mut payments = Vec::new();
    for payment in &bill.latest_payments {
        if let Some(Event::PaymentReceived(received)) = app.books.event(payment.sequence)? {
            payments.push((payment.clone(), received));
        }
    }
    Ok((Some(bill), payments))
}

fn facts(app: &App, frame: &Frame, row: &PassRow, bill: Option<&Bill>) -> Vec<(&'static str, String)> {
    let (words, language) = (PASSES.of(frame.language), frame.language);
    let settlement = match &row.operator {
        Some(code) => operator_said(app, code, &row.agency),
        None => (words.settlement)(&row.settlement).to_owned(),
    };
    let gates = app.books.readers().gates();
    let site = gates.device(&row.device).map(|known| format!(", {}", known.device.site)).unwrap_or_default();
    let mut facts = vec![(words.asked, unbroken(row.price))];
    if let Some(bill) = bill {
        facts.push((words.owed, unbroken(bill.terms.payable)));
        // What is on an invoice is paid with that, and there alone.
        if row.invoice.is_none() {
            facts.push((words.due, unbroken(bill.due())));
            facts.push((words.payable_until, spoken(bill.terms.expires, language)));
        }
    }
    facts.extend([
        (words.to_be_paid, settlement),
        (words.said_of_it, (words.outcome)(&row.outcome).to_owned()),
        (words.gate, format!("{}{site}", row.gate)),
        (words.issued, spoken(row.issued, language)),
        (words.told, spoken(row.booked, language)),
        (words.pass, format!("{}, {}", row.number, row.device)),
    ]);
    facts
}

impl PaymentShown {
    fn of(payment: &BillPayment, received: &PaymentReceived, frame: &Frame) -> Self {
        let how = match received.from_suspense {
            Some(record) => (PASSES.of(frame.language).from_suspense)(record),
            None => (CONSOLE.of(frame.language).told_by)(received.told_by).to_owned(),
        };
        let receipt = &payment.receipt;
        Self {
            amount: unbroken(payment.money),
            when: spoken(payment.booked, frame.language),
            code: payment.channel_receipt.to_string(),
            receipt: (receipt.grouped(), format!("/{}/receipts/{receipt}", frame.code())),
            how,
        }
    }
}
