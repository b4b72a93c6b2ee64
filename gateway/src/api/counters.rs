//! Cash at counters: a shift begins, takes cash, is counted, and what lacks is looked at by a second person.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::Text;
use hyper::StatusCode;
use ledger::{LedgerTime, Money};
use serde::{Deserialize, Serialize};

use super::bills::mark_replayed;
use super::{Principal, SharedApp};
use crate::access::Role;
use crate::app::App;
use crate::cash::{self, CashTaken, CashWish, counter_of, wrong};
use crate::channels::terms::CounterTerms;
use crate::clock::{format_rfc3339, parse_rfc3339};
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::idempotency::Place;
use crate::payments::channels::ChannelName;
use crate::payments::{
    Bill, CashUp, CountError, CountFault, Counted, PartPaymentRule, Placement, RefusedCount, Share, Shift,
    change,
};

/// So many shifts of a counter are shown.
const SHIFTS_SHOWN: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenRequest {
    float: Money,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupRequest {
    payment_number: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CashRequest {
    /// What the payer says that it is for. May be missing on paper alone.
    #[serde(default)]
    payment_number: String,
    /// All that is due, if nothing is said.
    #[serde(default)]
    amount: Option<Money>,
    /// What lies on the counter, from which change is given.
    #[serde(default)]
    tendered: Option<Money>,
    /// The number of a receipt that is written by hand.
    #[serde(default)]
    receipt: Option<String>,
    /// When it was taken, where that was before, on paper.
    #[serde(default)]
    taken_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseRequest {
    /// How many of which note or coin.
    #[serde(default)]
    denominations: Option<BTreeMap<u32, u32>>,
    /// All of it, where it is not counted by notes and coins.
    #[serde(default)]
    total: Option<Money>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefuseRequest {
    /// Why, in one of our words.
    reason: String,
}

#[derive(Serialize)]
struct CounterBody {
    counter: String,
    channel: ChannelName,
    title: Text,
    agency: Arc<str>,
    /// What should lie there besides a float.
    held: Money,
    float_limit: Money,
    limit: Money,
    /// The shift that works there.
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<ShiftBody>,
    /// The latest, the newest first.
    shifts: Vec<ShiftBody>,
}

#[derive(Serialize)]
struct ShiftBody {
    id: u64,
    counter: Arc<str>,
    /// `open`, `waits_for_approval`, `count_again` or `closed`.
    state: &'static str,
    cashier: Arc<str>,
    opened: String,
    float: Money,
    /// What lay there of earlier shifts.
    carried: Money,
    payments: u64,
    taken: Money,
    /// What left for the bank meanwhile.
    sent: Money,
    /// What should lie there, its float included.
    expected: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    cash_up: Option<CashUpBody>,
    /// The latest counts of it that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusedBody>,
}

/// A count of which nothing was booked.
#[derive(Serialize)]
struct RefusedBody {
    #[serde(flatten)]
    count: CashUpBody,
    reason: &'static str,
    refused_by: Arc<str>,
    refused: String,
}

#[derive(Serialize)]
struct CashUpBody {
    counted: Money,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    denominations: BTreeMap<u32, u32>,
    /// Less than nothing where cash lacks.
    difference: Money,
    by: Arc<str>,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<String>,
}

#[derive(Serialize)]
struct DueBody {
    payment_number: String,
    service_name: Text,
    agency: Arc<str>,
    status: &'static str,
    due: Money,
    takes_parts: bool,
    /// Whether cash may be taken for it now.
    can_take: bool,
}

#[derive(Serialize)]
struct CashBody {
    sequence: u64,
    shift: u64,
    /// The counter's own number for it.
    channel_receipt: Arc<str>,
    amount: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    tendered: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Money>,
    /// `bill`, or `suspense` where it leads to none.
    placed: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<PaidBody>,
    /// Why it is in suspense.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct PaidBody {
    payment_number: String,
    status: &'static str,
    /// Whether it is to be given back: the bill was paid, or had ended.
    refundable: bool,
    receipt_number: String,
    receipt_url: String,
}

/// `GET /v1/counters/{counter}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let terms = counter_of(&app, &request.principal, request.head.parameter("counter"))?;
    let body = CounterBody::of(&app, terms);
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// `POST /v1/counters/{counter}/lookups`: what is due, and whether cash may be taken for it.
pub(super) async fn lookup(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let terms = counter_of(&app, &request.principal, request.head.parameter("counter"))?;
    let wanted: LookupRequest = request.json()?;
    let bill = cash::bill_to_pay(&app, &wanted.payment_number)?;
    let body = DueBody::of(&bill, cash::can_take(&app, terms, &bill));
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// `POST /v1/counters/{counter}/shifts`.
pub(super) async fn open(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let terms = counter_of(&app, &request.principal, request.head.parameter("counter"))?;
    let wanted: OpenRequest = request.json()?;
    let place = place(&app, &request, "counter_shift_open", terms, None)?;
    let shift = cash::open(&app, &request, terms, wanted.float, place.idempotency.clone()).await?;
    show_shift(&app, shift, StatusCode::CREATED)
}

/// `POST /v1/counters/{counter}/shifts/{shift}/payments`.
pub(super) async fn take(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let (terms, shift) = named(&app, &request)?;
    let wanted: CashRequest = request.json()?;
    let taken_at = wanted.taken_at.as_deref().map(parse_rfc3339).transpose();
    let taken_at = taken_at
        .map_err(|error| wrong("/taken_at", "not_a_time", &error.to_string()))?
        .map(LedgerTime::from_micros);
    let wish = CashWish {
        number: wanted.payment_number,
        amount: wanted.amount,
        tendered: wanted.tendered,
        receipt: wanted.receipt,
        taken_at,
    };
    let place = place(&app, &request, "counter_cash_take", terms, Some(shift))?;
    let taken = cash::take(&app, &request, terms, shift, &wish, place.idempotency.clone()).await?;
    let status = if taken.is_known { StatusCode::OK } else { StatusCode::CREATED };
    let body = CashBody::of(&app, shift, &taken, wanted.tendered);
    let mut response = response::not_stored(response::json(status, &body));
    if taken.is_known {
        mark_replayed(&mut response);
    }
    Ok(response)
}

/// `POST /v1/counters/{counter}/shifts/{shift}/close`.
pub(super) async fn close(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let (terms, shift) = named(&app, &request)?;
    let wanted: CloseRequest = request.json()?;
    let counted = wanted.counted()?;
    let for_others = matches!(&request.principal, Principal::Key(key) if key.role == Role::CounterSupervisor);
    let place = place(&app, &request, "counter_shift_close", terms, Some(shift))?;
    let key = place.idempotency.clone();
    let shift = cash::close(&app, &request, terms, shift, counted, for_others, key).await?;
    show_shift(&app, shift, StatusCode::OK)
}

/// `POST /v1/counters/{counter}/shifts/{shift}/approve`.
pub(super) async fn approve(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let (terms, shift) = named(&app, &request)?;
    let place = place(&app, &request, "counter_shift_approve", terms, Some(shift))?;
    let shift = cash::approve(&app, &request, terms, shift, place.idempotency.clone()).await?;
    show_shift(&app, shift, StatusCode::OK)
}

/// `POST /v1/counters/{counter}/shifts/{shift}/refuse`.
pub(super) async fn refuse(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let (terms, shift) = named(&app, &request)?;
    let wanted: RefuseRequest = request.json()?;
    let fault = CountFault::of_word(&wanted.reason).ok_or_else(|| {
        let known = CountFault::ALL.map(CountFault::word).join(", ");
        wrong("/reason", "unknown_reason", &format!("It is one of {known}."))
    })?;
    let place = place(&app, &request, "counter_shift_refuse", terms, Some(shift))?;
    let shift = cash::refuse(&app, &request, terms, shift, fault, place.idempotency.clone()).await?;
    show_shift(&app, shift, StatusCode::OK)
}

/// The counter and the shift that the path names.
fn named<'a>(app: &'a App, request: &Request<App>) -> Result<(&'a CounterTerms, u64), Problem> {
    let terms = counter_of(app, &request.principal, request.head.parameter("counter"))?;
    let shift = request.head.parameter("shift").parse().map_err(|_| no_such_shift())?;
    Ok((terms, shift))
}

fn place<'a>(
    app: &'a App,
    request: &Request<App>,
    route: &str,
    terms: &CounterTerms,
    shift: Option<u64>,
) -> Result<Place<'a>, Problem> {
    let shift = shift.map_or_else(String::new, |shift| format!(" {shift}"));
    let route = format!("{route} {}{shift}", terms.counter());
    app.in_flight.enter(&request.head, &request.principal, &route, request.bytes(), app.now())
}

fn show_shift(app: &App, id: u64, status: StatusCode) -> Result<Response, Problem> {
    let counters = app.books.readers().counters();
    let shift = counters.shift(id).ok_or_else(no_such_shift)?;
    let body = ShiftBody::of(shift, counters.expected(shift));
    Ok(response::not_stored(response::json(status, &body)))
}

fn no_such_shift() -> Problem {
    Problem::new(Code::NotFound, "There is no such shift at this counter.")
}

/// What was counted cannot be that.
fn no_count(field: &'static str, error: CountError) -> Problem {
    let (code, detail) = match error {
        CountError::TooMuch | CountError::TooMany(_) => ("over_the_limit", format!("It is {error}.")),
        CountError::NotShillings => ("wrong", "A count is an amount in shillings, or nothing.".to_owned()),
        CountError::NoSuchPiece(_) => ("wrong", format!("Notes and coins are counted: {error}.")),
    };
    wrong(field, code, &detail)
}

impl CloseRequest {
    fn counted(self) -> Result<Counted, Problem> {
        let by_pieces = self.denominations.map(Counted::of_pieces).transpose();
        let by_pieces = by_pieces.map_err(|error| no_count("/denominations", error))?;
        match (by_pieces, self.total) {
            (Some(counted), None) => Ok(counted),
            (Some(counted), Some(total)) if counted.total == total => Ok(counted),
            (Some(counted), Some(_)) => {
                let detail = format!("The notes and coins come to {}.", counted.total);
                Err(wrong("/total", "another_sum", &detail))
            }
            (None, Some(total)) => Counted::of_total(total).map_err(|error| no_count("/total", error)),
            (None, None) => {
                Err(wrong("/denominations", "missing", "Say how many of which note and coin, or the total."))
            }
        }
    }
}

impl CounterBody {
    fn of(app: &App, terms: &CounterTerms) -> Self {
        let counters = app.books.readers().counters();
        let body_of = |shift: &Shift| ShiftBody::of(shift, counters.expected(shift));
        Self {
            counter: terms.counter().to_owned(),
            channel: terms.name.clone(),
            title: terms.title.clone(),
            agency: terms.agency.clone(),
            held: counters.held_at(terms.counter()),
            float_limit: terms.float_limit,
            limit: terms.limit,
            open: counters.open_at(terms.counter()).map(body_of),
            shifts: counters.shifts_of(terms.counter()).take(SHIFTS_SHOWN).map(body_of).collect(),
        }
    }
}

impl ShiftBody {
    /// A shift. `now` is what should lie there now; of one that has ended, what should have lain there then is shown.
    fn of(shift: &Shift, now: Option<Money>) -> Self {
        let expected = shift.cash_up.as_ref().map(|cash_up| cash_up.expected).or(now);
        Self {
            id: shift.id,
            counter: shift.counter.clone(),
            state: shift.state.word(),
            cashier: shift.cashier.clone(),
            opened: format_rfc3339(shift.opened.micros()),
            float: shift.float,
            carried: shift.carried,
            payments: shift.payment_count,
            taken: shift.taken,
            sent: shift.sent,
            expected: expected.unwrap_or(shift.float),
            cash_up: shift.cash_up.as_ref().map(CashUpBody::of),
            refused: shift.refused.iter().map(RefusedBody::of).collect(),
        }
    }
}

impl CashUpBody {
    fn of(cash_up: &CashUp) -> Self {
        let spelled = |time: LedgerTime| format_rfc3339(time.micros());
        Self {
            counted: cash_up.counted.total,
            denominations: cash_up.counted.pieces.iter().copied().collect(),
            difference: cash_up.apart.whole(),
            by: cash_up.by.clone(),
            at: spelled(cash_up.at),
            approved_by: cash_up.approved.as_ref().map(|(who, _)| who.clone()),
            approved: cash_up.approved.as_ref().map(|(_, when)| spelled(*when)),
        }
    }
}

impl RefusedBody {
    fn of(refused: &RefusedCount) -> Self {
        Self {
            count: CashUpBody::of(&refused.cash_up),
            reason: refused.fault.word(),
            refused_by: refused.by.clone(),
            refused: format_rfc3339(refused.at.micros()),
        }
    }
}

impl DueBody {
    fn of(bill: &Bill, can_take: bool) -> Self {
        Self {
            payment_number: bill.terms.number.to_string(),
            service_name: bill.terms.service_name.clone(),
            agency: bill.terms.agency.clone(),
            status: bill.state.word(),
            due: bill.due(),
            takes_parts: bill.terms.part_payment == PartPaymentRule::Allowed,
            can_take,
        }
    }
}

impl CashBody {
    fn of(app: &App, shift: u64, taken: &CashTaken, tendered: Option<Money>) -> Self {
        let payment = &taken.payment;
        let (placed, bill, reason) = match &payment.placement {
            Placement::Bill { bill, state, receipt, share, .. } => {
                let paid = PaidBody {
                    payment_number: bill.to_string(),
                    status: state.word(),
                    refundable: matches!(share, Share::Duplicate | Share::Late),
                    receipt_number: receipt.grouped(),
                    receipt_url: format!("{}/r/{receipt}", app.public_url),
                };
                ("bill", Some(paid), None)
            }
            Placement::Suspense { reason, .. } => ("suspense", None, Some(reason.word())),
        };
        Self {
            sequence: taken.sequence,
            shift,
            channel_receipt: payment.receipt.number.clone(),
            amount: payment.money,
            tendered,
            change: tendered.and_then(|tendered| change(tendered, payment.money)),
            placed,
            bill,
            reason,
        }
    }
}
