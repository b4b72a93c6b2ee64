//! The stream of a bill: what its page says, told as soon as it changes. Whoever has the address of the bill may listen.

use std::sync::Arc;

use catalog::Language;
use serde::Serialize;

use super::bill::{Context, address, find, waiting_text};
use super::frame::language_of;
use crate::app::{App, SharedApp};
use crate::catalogue::Served;
use crate::channels::offer::Offers;
use crate::http::event_stream::{Feed, Look, Message};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::offering;
use crate::payments::channels::Board;
use crate::payments::{Attempt, AttemptState, Bill, Counters, PaymentNumber};

const MINUTE_MICROS: i64 = 60_000_000;

/// `GET /{lang}/bills/{id}/stream`. Of a bill of which nothing more is expected there is nothing to tell: 204 keeps
/// browsers from asking again.
pub(super) async fn listen(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let bill = find(&app, &request)?;
    let context = Context::of(&app, &bill)?;
    if is_settled_for_now(&bill, context.attempt.as_deref()) {
        return Ok(response::no_content());
    }
    let feed = BillFeed {
        app: SharedApp::clone(&app),
        number: bill.terms.number,
        language,
        told: None,
        glanced: None,
    };
    app.bill_streams.open(&request.head, feed)
}

/// Names what the page says of a bill: its own sequences, which only grow, and the ways in which it can be paid.
pub(super) fn version(bill: &Bill, attempt: Option<&Attempt>, offers: Option<&Offers>) -> String {
    let sequence = bill.changed_by.max(attempt.map_or(0, |attempt| attempt.changed_by));
    offers.map_or_else(|| sequence.to_string(), |offers| format!("{sequence}-{}", offers.name()))
}

/// Whether nothing is expected that a page should show by itself.
fn is_settled_for_now(bill: &Bill, attempt: Option<&Attempt>) -> bool {
    !bill.state.is_open() && attempt.is_none_or(|attempt| attempt.state.is_finished())
}

#[derive(Serialize)]
struct Told {
    /// Whether a prompt may be waiting on the payer's phone.
    waits: bool,
    /// What the page says of it.
    text: String,
    /// Where to look if the page is not one that waits, or nothing is waited for any more.
    next: String,
}

struct BillFeed {
    app: SharedApp,
    number: PaymentNumber,
    language: Language,
    told: Option<String>,
    /// What was published when it was last looked at: while that is the same, nothing has to be read.
    glanced: Option<Glance>,
}

/// Everything that what the page says of an open bill follows from.
struct Glance {
    /// The published bill and its attempt, by what changed them.
    changed_by: (u64, Option<u64>),
    /// Whether the attempt may still be answered.
    may_live: bool,
    /// How channels are.
    board: Arc<Board>,
    /// Who works at counters, and what lies there.
    counters: Arc<Counters>,
    /// What is served, with the plans of agencies.
    served: Arc<Served>,
    /// Ways open and close at full minutes.
    minute: i64,
}

impl PartialEq for Glance {
    fn eq(&self, other: &Self) -> bool {
        (self.changed_by, self.may_live, self.minute) == (other.changed_by, other.may_live, other.minute)
            && Arc::ptr_eq(&self.board, &other.board)
            && Arc::ptr_eq(&self.counters, &other.counters)
            && Arc::ptr_eq(&self.served, &other.served)
    }
}

impl Feed for BillFeed {
    fn look(&mut self) -> Look {
        let glance = self.glance();
        if glance.is_some() && glance == self.glanced {
            return Look::Unchanged;
        }
        self.glanced = glance;
        let looked = self.app.books.bill(self.number).ok().flatten().and_then(|bill| {
            let attempt =
                bill.latest_attempt.map(|id| self.app.books.attempt(id)).transpose().ok()?.flatten();
            Some((bill, attempt))
        });
        // What cannot be read now can be read in a moment.
        let Some((bill, attempt)) = looked else { return Look::Unchanged };
        let attempt = attempt.as_deref();
        let offers = bill.state.is_open().then(|| offering::of_bill(&self.app, &bill, attempt));
        let id = version(&bill, attempt, offers.as_ref());
        if self.told.as_ref() == Some(&id) {
            return Look::Unchanged;
        }
        self.told = Some(id.clone());
        let message = Message { event: "bill", id, data: self.told_of(&bill, attempt) };
        if is_settled_for_now(&bill, attempt) { Look::Last(message) } else { Look::Message(message) }
    }
}

impl BillFeed {
    /// What is published of the open bill, of its unfinished attempt, and of ways to pay. An attempt that is finished is
    /// changed by money alone, which changes the bill too.
    fn glance(&self) -> Option<Glance> {
        let readers = self.app.books.readers();
        let bill = readers.open_bill(self.number)?;
        let attempt = bill.latest_attempt.and_then(|id| readers.unfinished_attempt(id));
        let now = self.app.now();
        Some(Glance {
            changed_by: (bill.changed_by, attempt.as_ref().map(|attempt| attempt.changed_by)),
            may_live: attempt.is_some_and(|attempt| attempt.can_live(now)),
            board: readers.channels(),
            counters: readers.counters(),
            served: self.app.catalogue.current(),
            minute: now.micros().div_euclid(MINUTE_MICROS),
        })
    }

    fn told_of(&self, bill: &Bill, attempt: Option<&Attempt>) -> String {
        let waiting = attempt.filter(|attempt| {
            let states = [AttemptState::Created, AttemptState::PromptSent, AttemptState::Processing];
            bill.state.is_open() && states.contains(&attempt.state)
        });
        let receipt = bill.latest_payments.last().filter(|_| bill.state.is_settled());
        let next = match receipt {
            Some(payment) => format!("/{}/receipts/{}", self.language.code(), payment.receipt.grouped()),
            None => address(self.language, bill),
        };
        let text = waiting.map(|attempt| waiting_text(attempt, self.language)).unwrap_or_default();
        let told = Told { waits: waiting.is_some(), text, next };
        serde_json::to_string(&told).expect("texts can be written as JSON")
    }
}
