//! The page of a counter that takes cash: find the bill, take the cash, hand over the receipt, count at the end. Without scripts,
//! for a keyboard and a small screen.

use std::collections::BTreeMap;

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use ledger::{Currency, LedgerTime, Money};

use super::form_token;
use super::frame::{Frame, Shown, language_of, other, staff_page};
use super::moment::spoken;
use super::staff::{Bar, Room};
use super::words::{COUNTER, CounterWords, unbroken};
use crate::access::Role;
use crate::app::{App, SharedApp};
use crate::cash::{self, CashTaken, CashWish, counter_of, counters_of};
use crate::channels::terms::CounterTerms;
use crate::clock::parse_written;
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::idempotency::Place;
use crate::payments::{
    Bill, CountFault, Counted, Counters, DENOMINATIONS, PartPaymentRule, Placement, Share, Shift, ShiftState,
    change,
};

/// So many differences that wait are shown.
const WAITING_SHOWN: usize = 20;

/// `GET /{lang}/counter?counter=`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let page = CounterPage::new(&app, &request, query.get("counter"))?;
    staff_page(StatusCode::OK, &page)
}

/// `POST /{lang}/counter/open`.
pub(super) async fn open(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let visit = Visit::of(&app, &request)?;
    let outcome = match visit.money("float") {
        Some(float) => {
            let place = visit.place("counter_page_open")?;
            cash::open(&app, &request, visit.terms, float, place.idempotency.clone()).await
        }
        None => Err(no_amount()),
    };
    visit.shows(outcome.map(|_| ()), |words| words.wrong_float, |_| {})
}

/// `POST /{lang}/counter/find`: what is due on the bill that the payer names.
pub(super) async fn find(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let visit = Visit::of(&app, &request)?;
    let outcome = cash::bill_to_pay(&app, visit.field("number"));
    let bill = outcome.and_then(|bill| match cash::can_take(&app, visit.terms, &bill) {
        true => Ok(bill),
        false if bill.state.is_settled() => Err(Problem::new(Code::AlreadyPaid, "It is paid.")),
        false if bill.state.is_open() => {
            let down = cash::why_down(&app, &visit.terms.name, &bill.terms.agency);
            let too_much = || Problem::new(Code::AmountOutsideChannelLimits, "More than a counter takes.");
            Err(down.unwrap_or_else(too_much))
        }
        false => Err(Problem::new(Code::BillNotOpen, "It has ended.")),
    });
    let (outcome, bill) = match bill {
        Ok(bill) => (Ok(()), Some(bill)),
        Err(problem) => (Err(problem), None),
    };
    visit.shows(
        outcome,
        |words| words.wrong_number,
        |page| {
            page.bill = bill.map(|bill| DueBill::of(&bill, &page.frame));
        },
    )
}

/// `POST /{lang}/counter/take`: cash that lies on the counter, or that was taken on paper.
pub(super) async fn take(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let visit = Visit::of(&app, &request)?;
    let on_paper = visit.field("on_paper") == "1";
    let wish = visit.wish(on_paper);
    let outcome = match (wish, visit.shift()) {
        (Some(wish), Some(shift)) => {
            let place = visit.place("counter_page_take")?;
            let taken =
                cash::take(&app, &request, visit.terms, shift, &wish, place.idempotency.clone()).await;
            taken.map(|taken| Done::of(&taken, wish.tendered))
        }
        _ => Err(no_amount()),
    };
    let (outcome, done) = match outcome {
        Ok(done) => (Ok(()), Some(done)),
        Err(problem) => (Err(problem), None),
    };
    let hint = |words: &CounterWords| if on_paper { words.wrong_paper } else { words.wrong_amount };
    visit.shows(outcome, hint, |page| page.done = done)
}

/// `POST /{lang}/counter/close`: the drawer was counted.
pub(super) async fn close(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let visit = Visit::of(&app, &request)?;
    let outcome = match (visit.counted(), visit.shift()) {
        (Some(counted), Some(shift)) => {
            let for_others = visit.role() == Some(Role::CounterSupervisor);
            let place = visit.place("counter_page_close")?;
            cash::close(&app, &request, visit.terms, shift, counted, for_others, place.idempotency.clone())
                .await
        }
        _ => Err(no_amount()),
    };
    let (outcome, shift) = match outcome {
        Ok(shift) => (Ok(()), Some(shift)),
        Err(problem) => (Err(problem), None),
    };
    visit.shows(
        outcome,
        |words| words.wrong_count,
        |page| {
            let counters = app.books.readers().counters();
            let language = page.frame.language;
            page.ended =
                shift.and_then(|shift| counters.shift(shift).and_then(|shift| Ended::of(shift, language)));
        },
    )
}

/// `POST /{lang}/counter/approve`: a second person agrees to a difference.
pub(super) async fn approve(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let visit = Visit::of(&app, &request)?;
    let outcome = match visit.shift() {
        Some(shift) => {
            let place = visit.place("counter_page_approve")?;
            cash::approve(&app, &request, visit.terms, shift, place.idempotency.clone()).await
        }
        None => Err(no_amount()),
    };
    visit.shows(outcome.map(|_| ()), |words| words.changed, |_| {})
}

/// `POST /{lang}/counter/refuse`: a second person wants the drawer counted again.
pub(super) async fn refuse(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let visit = Visit::of(&app, &request)?;
    let outcome = match (visit.shift(), CountFault::of_word(visit.field("reason"))) {
        (Some(shift), Some(fault)) => {
            let place = visit.place("counter_page_refuse")?;
            cash::refuse(&app, &request, visit.terms, shift, fault, place.idempotency.clone()).await
        }
        _ => Err(no_amount()),
    };
    visit.shows(outcome.map(|_| ()), |words| words.wrong_reason, |_| {})
}

fn no_amount() -> Problem {
    Problem::new(Code::ValidationFailed, "Something that was typed cannot be read.")
}

/// A form that came in.
struct Visit<'a> {
    app: &'a App,
    request: &'a Request<App>,
    terms: &'a CounterTerms,
    form: Fields,
}

impl<'a> Visit<'a> {
    fn of(app: &'a App, request: &'a Request<App>) -> Result<Self, Problem> {
        let form = request.form()?;
        let terms = counter_of(app, &request.principal, form.get("counter").unwrap_or_default())?;
        Ok(Self { app, request, terms, form })
    }

    fn field(&self, name: &str) -> &str {
        self.form.get(name).unwrap_or_default().trim()
    }

    fn role(&self) -> Option<Role> {
        self.request.principal.session().map(|session| session.account().role)
    }

    fn shift(&self) -> Option<u64> {
        self.field("shift").parse().ok()
    }

    /// An amount in shillings, with or without commas.
    fn money(&self, name: &str) -> Option<Money> {
        let text = self.field(name).replace(',', "");
        Money::parse_decimal(&text, Currency::Kes).ok().filter(|money| money.minor() >= 0)
    }

    /// The token of the form makes it one wish, however often it is sent.
    fn place(&self, route: &str) -> Result<Place<'_>, Problem> {
        let route = format!("{route} {}", self.terms.counter());
        let principal = &self.request.principal;
        let (token, bytes) = (self.field("wish"), self.request.bytes());
        self.app.in_flight.enter_by(token, principal, &route, bytes, self.app.now())
    }

    /// What is to be taken; nothing if something of it cannot be read.
    fn wish(&self, on_paper: bool) -> Option<CashWish> {
        let optional = |name: &str| match self.field(name) {
            "" => Some(None),
            _ => self.money(name).map(Some),
        };
        let taken_at = match on_paper {
            true => Some(paper_time(self.field("taken_at"))?),
            false => None,
        };
        Some(CashWish {
            number: self.field("number").to_owned(),
            amount: optional("amount")?,
            tendered: optional("tendered")?,
            receipt: on_paper.then(|| self.field("receipt").to_owned()),
            taken_at,
        })
    }

    /// How many of each note and coin; nothing if no field is filled, or one is no number.
    fn counted(&self) -> Option<Counted> {
        let mut pieces = BTreeMap::new();
        for shillings in DENOMINATIONS {
            match self.field(&format!("n{shillings}")) {
                "" => {}
                text => drop(pieces.insert(shillings, text.parse().ok()?)),
            }
        }
        if pieces.is_empty() { None } else { Counted::of_pieces(pieces).ok() }
    }

    /// The page after what was wished for, or with what was wrong with it.
    fn shows(
        &self,
        outcome: Result<(), Problem>,
        hint: impl Fn(&'static CounterWords) -> &'static str,
        then: impl FnOnce(&mut CounterPage),
    ) -> Result<Response, Problem> {
        let mut page = CounterPage::new(self.app, self.request, Some(self.terms.counter()))?;
        let status = match outcome {
            Ok(()) => StatusCode::OK,
            Err(problem) => {
                page.error = Some(said(page.words, page.frame.language, &problem, hint)?);
                problem.status()
            }
        };
        then(&mut page);
        staff_page(status, &page)
    }
}

/// `2026-11-20T09:14`, as browsers send it, in East Africa Time.
fn paper_time(text: &str) -> Option<LedgerTime> {
    let text = text.replace('T', " ");
    let text = if text.len() == "2026-11-20 09:14".len() { format!("{text}:00") } else { text };
    parse_written(&text).ok().map(LedgerTime::from_micros)
}

/// What the page says of a problem. What is wrong inside is no sentence on this page.
fn said(
    words: &'static CounterWords,
    language: Language,
    problem: &Problem,
    hint: impl Fn(&'static CounterWords) -> &'static str,
) -> Result<String, Problem> {
    if let Some(own) = problem.own_message() {
        return Ok(own.clone().in_language(language).into_owned());
    }
    Ok(match problem.code() {
        Code::ValidationFailed => hint(words).to_owned(),
        Code::NotFound => words.no_bill.to_owned(),
        Code::Conflict => words.changed.to_owned(),
        Code::Forbidden => words.second_person.to_owned(),
        Code::BillNotOpen => {
            format!("{} {}", problem.message_for_citizens().in_language(language), words.give_back)
        }
        Code::InternalError => return Err(Problem::new(Code::InternalError, problem.detail().to_owned())),
        _ => problem.message_for_citizens().in_language(language).into_owned(),
    })
}

/// The page.
#[derive(Template)]
#[template(path = "counter.html")]
struct CounterPage {
    frame: Frame,
    bar: Bar,
    words: &'static CounterWords,
    error: Option<String>,
    /// Where there are several, and none is chosen.
    choices: Vec<Choice>,
    at: Option<At>,
    bill: Option<DueBill>,
    done: Option<Done>,
    ended: Option<Ended>,
}

struct Choice {
    counter: String,
    title: Shown,
}

/// A counter, and who works there.
struct At {
    counter: String,
    title: Shown,
    held: String,
    float_limit: String,
    /// Whether whoever looks takes cash.
    is_cashier: bool,
    shift: Option<ShiftShown>,
    waiting: Vec<Ended>,
    wish: String,
    denominations: Vec<(u32, String)>,
    /// Why a count may be refused: the word of the form, and what it says.
    faults: Vec<(&'static str, &'static str)>,
}

struct ShiftShown {
    id: u64,
    is_own: bool,
    /// Why the drawer has to be counted again: then no cash is taken.
    count_again: Option<&'static str>,
    payments: u64,
    float: String,
    carried: Option<String>,
    taken: String,
    sent: String,
    expected: String,
}

struct DueBill {
    number: String,
    grouped: String,
    service: Shown,
    due: String,
    due_decimal: String,
    takes_parts: bool,
    wish: String,
}

/// Cash that was booked.
struct Done {
    amount: String,
    change: Option<String>,
    /// Our receipt, where there is a bill.
    receipt: Option<String>,
    is_refundable: bool,
}

/// A shift that was counted.
struct Ended {
    id: u64,
    cashier: String,
    opened: String,
    by: String,
    at: String,
    float: String,
    taken: String,
    sent: String,
    /// Notes and coins: what, and how many.
    pieces: Vec<(String, u32)>,
    counted: String,
    expected: String,
    difference: String,
    waits: bool,
    /// Whether the next shift has the drawer, so that this count can only be agreed to.
    is_past: bool,
}

impl CounterPage {
    fn new(app: &App, request: &Request<App>, chosen: Option<&str>) -> Result<Self, Problem> {
        let language = language_of(request)?;
        let session = request.principal.session();
        let session = session.ok_or_else(|| Problem::new(Code::Unauthenticated, "Sign in first."))?;
        let own: Vec<_> = counters_of(app, &request.principal).collect();
        let chosen = match (chosen, &own[..]) {
            (Some(chosen), _) if !chosen.is_empty() => Some(counter_of(app, &request.principal, chosen)?),
            (_, [only]) => Some(*only),
            _ => None,
        };
        let query = chosen.map_or_else(String::new, |terms| format!("?counter={}", terms.counter()));
        let frame = Frame::new(app, language, Some(format!("/{}/counter{query}", other(language).code())));
        let choice = |terms: &&CounterTerms| Choice {
            counter: terms.counter().to_owned(),
            title: frame.shown(&terms.title),
        };
        let choices = if chosen.is_none() { own.iter().map(choice).collect() } else { Vec::new() };
        let who = (session.account().id.clone(), session.account().role);
        let counters = app.books.readers().counters();
        Ok(Self {
            at: chosen.map(|terms| At::of(terms, &counters, (&who.0, who.1), &frame, language)),
            bar: Bar::new(session, language, Room::Counter),
            words: COUNTER.of(language),
            error: None,
            choices,
            bill: None,
            done: None,
            ended: None,
            frame,
        })
    }
}

impl At {
    fn of(
        terms: &CounterTerms,
        counters: &Counters,
        (who, role): (&str, Role),
        frame: &Frame,
        language: Language,
    ) -> Self {
        let counter = terms.counter();
        let waiting = counters.shifts_of(counter).filter(|shift| shift.state == ShiftState::Waits);
        let words = COUNTER.of(language);
        Self {
            counter: counter.to_owned(),
            title: frame.shown(&terms.title),
            held: unbroken(counters.held_at(counter)),
            float_limit: unbroken(terms.float_limit),
            is_cashier: role == Role::Cashier,
            shift: counters.open_at(counter).map(|shift| ShiftShown::of(shift, counters, who, words)),
            waiting: waiting
                .take(WAITING_SHOWN)
                .filter_map(|shift| {
                    let is_past = counters.later_than(shift).is_some();
                    Some(Ended { is_past, ..Ended::of(shift, language)? })
                })
                .collect(),
            faults: CountFault::ALL.map(|fault| (fault.word(), (words.fault)(fault))).to_vec(),
            wish: form_token(),
            denominations: DENOMINATIONS.map(|shillings| (shillings, (words.pieces)(shillings))).to_vec(),
        }
    }
}

impl ShiftShown {
    fn of(shift: &Shift, counters: &Counters, who: &str, words: &CounterWords) -> Self {
        let refused = shift.refused.last().filter(|_| shift.state == ShiftState::ToCountAgain);
        Self {
            id: shift.id,
            is_own: *shift.cashier == *who,
            count_again: refused.map(|refused| (words.fault)(refused.fault)),
            payments: shift.payment_count,
            float: unbroken(shift.float),
            carried: shift.carried.is_positive().then(|| unbroken(shift.carried)),
            taken: unbroken(shift.taken),
            sent: unbroken(shift.sent),
            expected: counters.expected(shift).map(unbroken).unwrap_or_default(),
        }
    }
}

impl DueBill {
    fn of(bill: &Bill, frame: &Frame) -> Self {
        Self {
            number: bill.terms.number.to_string(),
            grouped: bill.terms.number.grouped(),
            service: frame.shown(&bill.terms.service_name),
            due: unbroken(bill.due()),
            due_decimal: bill.due().to_decimal(),
            takes_parts: bill.terms.part_payment == PartPaymentRule::Allowed,
            wish: form_token(),
        }
    }
}

impl Done {
    fn of(taken: &CashTaken, tendered: Option<Money>) -> Self {
        let money = taken.payment.money;
        let change =
            tendered.and_then(|tendered| change(tendered, money)).filter(|money| money.is_positive());
        let (receipt, is_refundable) = match &taken.payment.placement {
            Placement::Bill { receipt, share, .. } => {
                (Some(receipt.to_string()), matches!(share, Share::Duplicate | Share::Late))
            }
            Placement::Suspense { .. } => (None, false),
        };
        Self { amount: unbroken(money), change: change.map(unbroken), receipt, is_refundable }
    }
}

impl Ended {
    fn of(shift: &Shift, language: Language) -> Option<Self> {
        let cash_up = shift.cash_up.as_ref()?;
        let words = COUNTER.of(language);
        let pieces = cash_up.counted.pieces.iter();
        Some(Self {
            id: shift.id,
            cashier: shift.cashier.to_string(),
            opened: spoken(shift.opened, language),
            by: cash_up.by.to_string(),
            at: spoken(cash_up.at, language),
            float: unbroken(shift.float),
            taken: unbroken(shift.taken),
            sent: unbroken(shift.sent),
            pieces: pieces.map(|(shillings, count)| ((words.pieces)(*shillings), *count)).collect(),
            counted: unbroken(cash_up.counted.total),
            expected: unbroken(cash_up.expected),
            difference: unbroken(cash_up.apart.whole()),
            waits: shift.state == ShiftState::Waits,
            is_past: false,
        })
    }
}
