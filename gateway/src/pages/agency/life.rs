//! The whole life of a bill: every record about it, in its order, as the journal has it. Nothing here says who the payer
//! is: what is sealed in a record stays sealed. Beside it, whom its events were sent to.

use std::sync::Arc;

use askama::Template;
use hyper::StatusCode;
use ledger::Evidence;

use super::told::Told;
use super::{Viewed, session};
use crate::api::{no_answer, no_rows, trouble};
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::leaves::{Leaves, Turn};
use crate::pages::lines::Lines;
use crate::pages::moment::{day_spoken, spoken};
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{BILL, BillWords, CONSOLE, ConsoleWords, TOLD, ToldWords};
use crate::payments::{Bill, Event, PaymentNumber, PaymentReceived, Placement, VisitEvent, read_event};

/// The most records of one bill on a page.
const RECORDS_MAX: u32 = 100;

/// `GET /{lang}/agency/bills/{number}`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let viewed = Viewed::of(&app, &request).await?;
    let number: PaymentNumber = request.head.parameter("number").parse().map_err(|_| no_rows())?;
    let bill = app.books.bill(number).map_err(|error| trouble::lookup(&error))?;
    let scope = request.principal.scope();
    let seen = bill.filter(|bill| scope.covers(&bill.terms.agency)).ok_or_else(no_rows)?;
    // Whoever may see all need not have chosen: the bill says whose it is.
    let viewed = viewed.unwrap_or_else(|| Viewed::chosen(Arc::clone(&seen.terms.agency)));
    let views = app.views.reader();
    let records = views.records_of_bill(&viewed.scope, number, RECORDS_MAX).await.map_err(no_answer)?;
    let language = language_of(&request)?;
    let twin = format!("/{}/agency/bills/{number}{}", other(language).code(), viewed.chosen);
    let frame = Frame::new(&app, language, Some(twin));
    let words = CONSOLE.of(language);
    let (from_disk, sequences) = (SharedApp::clone(&app), records.found.clone());
    let read = move || -> Result<Vec<_>, _> {
        sequences.iter().map(|sequence| from_disk.books.ledger().record(*sequence)).collect()
    };
    let read = away(read).await.map_err(trouble::internal)?.map_err(trouble::internal)?;
    let told = Told::of_records(
        app.books.readers().notices().endpoints(),
        &viewed.agency,
        &records.found.iter().copied().collect(),
        &frame,
    );
    let lines = Lines::of(&frame, &seen.terms);
    let mut leaves = Leaves::of(&request.head.query()?);
    for row in &lines.rows {
        leaves.hold(&[&row.text.text, &row.basis.text]);
    }
    let steps = read.iter().flatten().filter_map(|record| Step::of(record, &frame));
    let steps: Vec<_> = steps.filter(|step| leaves.hold(&step.texts())).collect();
    let told: Vec<_> = told.into_iter().filter(|told| leaves.hold(&told.texts())).collect();
    if !leaves.exists() {
        return Err(no_rows());
    }
    let turned = |to: usize| {
        let query = viewed.with(&format!("page={to}"));
        format!("/{}/agency/bills/{number}{query}", language.code())
    };
    let page = LifePage {
        service: frame.shown(&seen.terms.service_name),
        lines,
        state: (BILL.of(language).state)(seen.state),
        number: number.grouped(),
        visit_day: seen.terms.visit_day.map(|day| day_spoken(day, language)),
        expires: spoken(seen.terms.expires, language),
        is_cut: records.found.len() >= RECORDS_MAX as usize,
        as_of: (words.as_of)(&spoken(app.now(), language), records.sequence),
        transactions: format!("/{}/agency/transactions{}", frame.code(), viewed.chosen),
        bar: Bar::new(session(&request)?, language, Room::Transactions),
        bill_words: BILL.of(language),
        steps,
        turn: leaves.turn(language, turned),
        leaves,
        told_words: TOLD.of(language),
        told,
        bill: seen,
        words,
        frame,
    };
    staff_page(StatusCode::OK, &page)
}

#[derive(Template)]
#[template(path = "console_life.html")]
struct LifePage {
    frame: Frame,
    bar: Bar,
    words: &'static ConsoleWords,
    bill_words: &'static BillWords,
    bill: Arc<Bill>,
    state: &'static str,
    number: String,
    service: Shown,
    lines: Lines,
    visit_day: Option<String>,
    expires: String,
    leaves: Leaves,
    turn: Turn,
    steps: Vec<Step>,
    told_words: &'static ToldWords,
    told: Vec<Told>,
    is_cut: bool,
    transactions: String,
    as_of: String,
}

/// A record, for people.
struct Step {
    title: String,
    when: String,
    /// What it says: amounts, receipts, codes.
    facts: Vec<String>,
    sequence: u64,
    /// Who caused it.
    by: Arc<str>,
}

impl Step {
    fn texts(&self) -> Vec<&str> {
        [&*self.title, &*self.when, &*self.by]
            .into_iter()
            .chain(self.facts.iter().map(String::as_str))
            .collect()
    }

    fn of(record: &ledger::RawRecord, frame: &Frame) -> Option<Self> {
        let (words, states) = (CONSOLE.of(frame.language), BILL.of(frame.language));
        let mut facts = Vec::new();
        let title = match read_event(&record.draft.event)? {
            Event::BillCreated { terms } => {
                facts.push(terms.payable.to_string());
                facts.extend(
                    terms.agency_reference.as_deref().map(|own| format!("{} {own}", words.reference)),
                );
                words.bill_made.to_owned()
            }
            Event::BillCancelled { .. } => words.bill_withdrawn.to_owned(),
            Event::BillExpired { .. } => words.bill_expired.to_owned(),
            Event::AttemptCreated { attempt, money, .. } => {
                facts.extend([money.to_string(), attempt.to_string()]);
                words.attempt_made.to_owned()
            }
            Event::AttemptMoved { attempt, to, code, .. } => {
                facts.push(attempt.to_string());
                facts.extend(code.map(|code| format!("{} {code}", words.code)));
                (words.attempt_is)(to)
            }
            Event::PaymentReceived(PaymentReceived { receipt, money, told_by, placement, .. }) => {
                facts.extend([money.to_string(), format!("{} {}", words.channel_receipt, receipt.number)]);
                facts.push((words.told_by)(told_by).to_owned());
                if let Placement::Bill { state, receipt, .. } = placement {
                    facts.push(format!("{} {}", words.receipt, receipt.grouped()));
                    facts.push(format!("{} {}", words.bill_is, (states.state)(state)));
                }
                words.money_arrived.to_owned()
            }
            Event::PaymentQuarantined { receipt, money, stands, .. } => {
                facts.extend([money.to_string(), format!("{} {}", words.channel_receipt, receipt.number)]);
                facts.push((words.stands)(stands));
                words.contradicted.to_owned()
            }
            Event::MessageUnreadable { reason, .. } => {
                facts.push(reason.to_string());
                words.unreadable.to_owned()
            }
            Event::Visit(VisitEvent::Used { gate, .. }) => {
                facts.push(gate.to_string());
                words.let_in.to_owned()
            }
            _ => return None,
        };
        if record.draft.evidence != Evidence::None {
            facts.push((words.evidence)(record.draft.evidence).to_owned());
        }
        Some(Self {
            title,
            when: spoken(record.time, frame.language),
            facts,
            sequence: record.sequence,
            by: Arc::clone(&record.draft.principal),
        })
    }
}
