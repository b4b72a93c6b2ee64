//! The page of a bill: what it is for, what to pay and how, and what has become of it. Whoever has its address may see
//! it; nothing on it says who the payer is.

use std::sync::Arc;

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use ledger::{LedgerTime, Money};

use super::bill_stream::version;
use super::form_token;
use super::frame::{Frame, Shown, forms_may_lead_to, language_of, live_page, other};
use super::lines::Lines;
use super::moment::spoken;
use super::ways::{AskForm, ShownWays};
use super::words::{AskWords, BILL, BillWords, asking, unbroken};
use crate::api::trouble;
use crate::app::{App, SharedApp};
use crate::channels::attempt_text;
use crate::channels::offer::Offers;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::offering;
use crate::outbound::base::Base;
use crate::payments::{Attempt, AttemptState, Bill, BillId, BillPayment, BillState, Method};

/// `GET /{lang}/bills/{id}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let bill = find(&app, &request)?;
    let context = Context::of(&app, &bill)?;
    let frame = frame(&app, language, &bill);
    let mut response =
        live_page(StatusCode::OK, &BillPage::new(frame, &bill, &context, PromptForm::fresh()))?;
    may_send_to_pages(&app, &mut response);
    Ok(response)
}

/// Lets a form of this page lead to the pages on which payers are asked: a browser asks where a form ends up.
pub(super) fn may_send_to_pages(app: &App, response: &mut Response) {
    let pages = app.channels.iter().filter_map(|channel| channel.asks_payer()?.pages());
    forms_may_lead_to(response, pages.filter_map(Base::of).map(|base| base.origin().to_owned()));
}

/// The bill that the path names.
pub(super) fn find(app: &App, request: &Request<App>) -> Result<Arc<Bill>, Problem> {
    let no_such = || Problem::new(Code::NotFound, "There is no such bill.");
    let id: BillId = request.head.parameter("id").parse().map_err(|_| no_such())?;
    let bill = app.books.bill_by_id(id).map_err(|error| trouble::lookup(&error))?;
    bill.ok_or_else(no_such)
}

/// The frame of a bill's page.
pub(super) fn frame(app: &App, language: Language, bill: &Bill) -> Frame {
    Frame::new(app, language, Some(address(other(language), bill)))
}

/// Where a bill is.
pub(super) fn address(language: Language, bill: &Bill) -> String {
    format!("/{}/bills/{}", language.code(), bill.terms.id)
}

/// The same as a header.
pub(super) fn location(language: Language, bill: &Bill) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&address(language, bill)).map_err(Problem::internal_error)
}

/// What the page shows beside the bill itself.
pub(super) struct Context {
    /// Its latest attempt.
    pub(super) attempt: Option<Arc<Attempt>>,
    /// What the agency is called, if the catalogue in force still knows it.
    pub(super) agency: Option<catalog::Text>,
    /// In which ways it can be paid now, while it can be paid at all.
    pub(super) offers: Option<Offers>,
    /// The moment at which that is so.
    pub(super) now: LedgerTime,
}

impl Context {
    pub(super) fn of(app: &App, bill: &Bill) -> Result<Self, Problem> {
        let attempt = bill.latest_attempt.map(|id| app.books.attempt(id)).transpose();
        let attempt = attempt.map_err(|error| trouble::lookup(&error))?.flatten();
        let agency =
            app.catalogue.current().catalogue().agency(&bill.terms.agency).map(|agency| agency.name.clone());
        let is_open = bill.state.is_open();
        let offers = is_open.then(|| offering::of_bill(app, bill, attempt.as_deref()));
        Ok(Self { attempt, agency, offers, now: app.now() })
    }
}

/// The form that asks for a prompt.
#[derive(Clone, Debug, Default)]
pub(super) struct PromptForm {
    /// Makes the form one wish, however often it is sent.
    pub(super) token: String,
    /// In which way it asks.
    pub(super) method: Option<Method>,
    /// What was typed, when the form is shown again.
    pub(super) phone: String,
    /// What is wrong with the phone number.
    pub(super) phone_error: Option<&'static str>,
    /// What is wrong with the whole.
    pub(super) form_error: Option<String>,
}

impl PromptForm {
    /// A form that nobody has filled in.
    pub(super) fn fresh() -> Self {
        Self { token: form_token(), ..Self::default() }
    }

    /// What was typed into the form of this way.
    fn typed(&self, method: &Method) -> &str {
        if self.method == Some(*method) { &self.phone } else { "" }
    }

    /// What is wrong with the number in the form of this way.
    fn error_of(&self, method: &Method) -> Option<&'static str> {
        self.phone_error.filter(|_| self.method == Some(*method))
    }

    fn has_error(&self) -> bool {
        self.phone_error.is_some() || self.form_error.is_some()
    }
}

/// What is under way on somebody's phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// Nothing: the payer may be asked.
    Idle,
    /// A prompt may be waiting for its PIN.
    Waiting,
    /// Money may have moved, and nobody knows.
    Unknown,
}

/// The page.
#[derive(Template)]
#[template(path = "bill.html")]
pub(super) struct BillPage {
    frame: Frame,
    words: &'static BillWords,
    /// Its own address.
    address: String,
    /// Names what it says, for the stream that tells of changes.
    version: String,
    service: Shown,
    agency: Shown,
    payment_number: String,
    state: BillState,
    tag: &'static str,
    notices: Vec<String>,
    /// Said while somebody may still pay an amount that the agency has not confirmed.
    not_confirmed: Option<String>,
    attempt: Option<AttemptNotice>,
    asking: Asking,
    /// The words of the way in which the payer was asked last.
    asked_words: &'static AskWords,
    is_open: bool,
    lines: Lines,
    in_shillings: Option<InShillings>,
    is_part_paid: bool,
    collected: Money,
    due: Money,
    pay_by: String,
    /// How to pay it, while it can be paid at all.
    how: Option<ShownWays>,
    payments: Vec<Payment>,
    form: PromptForm,
}

struct InShillings {
    amount: Money,
    rate: String,
}

struct AttemptNotice {
    text: String,
    is_doubt: bool,
    amount: Money,
}

struct Payment {
    when: String,
    amount: Money,
    channel_receipt: String,
    receipt: String,
}

impl BillPage {
    /// The page of a bill.
    pub(super) fn new(frame: Frame, bill: &Bill, context: &Context, form: PromptForm) -> Self {
        let language = frame.language;
        let words = BILL.of(language);
        let terms = &bill.terms;
        let agency = frame.shown_or(context.agency.as_ref(), &terms.agency);
        Self {
            words,
            address: address(language, bill),
            version: version(bill, context.attempt.as_deref(), context.offers.as_ref()),
            service: frame.shown(&terms.service_name),
            payment_number: terms.number.grouped(),
            state: bill.state,
            tag: (words.state)(bill.state),
            notices: notices(words, bill, &agency),
            not_confirmed: (bill.state.is_open()
                && terms.assessment.is_some_and(|assessment| assessment.confirmed.is_none()))
            .then(|| (words.not_confirmed)(&agency.text)),
            attempt: context
                .attempt
                .as_deref()
                .and_then(|attempt| AttemptNotice::of(bill, attempt, language)),
            asking: context.attempt.as_deref().map_or(Asking::Idle, Asking::of),
            asked_words: asking(
                context.attempt.as_ref().map_or(Method::MpesaPrompt, |attempt| attempt.method),
            )
            .of(language),
            is_open: bill.state.is_open(),
            lines: Lines::of(&frame, terms),
            in_shillings: terms.quote.as_ref().map(|quote| InShillings {
                amount: terms.payable,
                rate: (words.rate)(&quote.rate, &quote.rate_id, &spoken(quote.expires, language)),
            }),
            is_part_paid: bill.state == BillState::PartPaid,
            collected: bill.collected,
            due: bill.due(),
            pay_by: spoken(terms.expires, language),
            how: context.offers.as_ref().map(|offers| ShownWays::of(&frame, words, offers, context.now)),
            payments: bill.latest_payments.iter().map(|payment| Payment::of(payment, language)).collect(),
            agency,
            frame,
            form,
        }
    }

    /// The class of the state: what wants something of the payer stands out.
    fn tone(&self) -> &'static str {
        match self.state {
            BillState::Unpaid | BillState::PartPaid | BillState::Overpaid => "todo",
            BillState::Paid => "good",
            BillState::Expired | BillState::Cancelled | BillState::Refunded => "over",
        }
    }

    fn may_ask(&self) -> bool {
        self.asking == Asking::Idle
    }

    fn waits(&self) -> bool {
        self.asking == Asking::Waiting
    }

    /// The form that was filled in, if it is on the page.
    fn filled_form(&self) -> Option<&AskForm> {
        let how = self.how.as_ref().filter(|_| !self.waits())?;
        how.form(self.form.method?)
    }

    /// Whether more is expected, so that the page listens.
    fn listens(&self) -> bool {
        self.is_open || self.asking != Asking::Idle
    }

    fn pay(&self) -> String {
        (self.words.pay)(&unbroken(self.due))
    }
}

/// What the state of the bill means for the payer.
fn notices(words: &BillWords, bill: &Bill, agency: &Shown) -> Vec<String> {
    let agency = agency.text.as_str();
    let collected = bill.collected;
    let held = || (words.held)(&unbroken(collected), agency);
    match bill.state {
        BillState::Unpaid => vec![],
        BillState::PartPaid => vec![(words.part_paid)(&unbroken(collected), &unbroken(bill.due()))],
        BillState::Paid => vec![words.paid.to_owned()],
        BillState::Overpaid => {
            let excess = collected.checked_sub(bill.terms.payable).unwrap_or(collected);
            vec![(words.overpaid)(&unbroken(excess), agency)]
        }
        BillState::Expired if collected.is_positive() => vec![(words.expired)(agency), held()],
        BillState::Expired => vec![(words.expired)(agency)],
        BillState::Cancelled if collected.is_positive() => vec![(words.cancelled)(agency), held()],
        BillState::Cancelled => vec![(words.cancelled)(agency)],
        BillState::Refunded => vec![words.refunded.to_owned()],
    }
}

impl Asking {
    fn of(attempt: &Attempt) -> Self {
        match attempt.state {
            AttemptState::Created | AttemptState::PromptSent | AttemptState::Processing => Self::Waiting,
            AttemptState::Unknown => Self::Unknown,
            AttemptState::Succeeded
            | AttemptState::Failed
            | AttemptState::Cancelled
            | AttemptState::Expired => Self::Idle,
        }
    }
}

/// What is said of an attempt.
pub(super) fn waiting_text(attempt: &Attempt, language: Language) -> String {
    attempt_text(attempt).in_language(language).to_owned()
}

impl AttemptNotice {
    /// What to say of an attempt. One that is over says nothing once the bill is: its payment speaks for it.
    fn of(bill: &Bill, attempt: &Attempt, language: Language) -> Option<Self> {
        let is_over = attempt.state == AttemptState::Succeeded
            || (attempt.state.is_finished() && !bill.state.is_open());
        (!is_over).then(|| Self {
            text: waiting_text(attempt, language),
            is_doubt: attempt.state == AttemptState::Unknown,
            amount: attempt.money,
        })
    }
}

impl Payment {
    fn of(payment: &BillPayment, language: Language) -> Self {
        Self {
            when: spoken(payment.booked, language),
            amount: payment.money,
            channel_receipt: payment.channel_receipt.to_string(),
            receipt: payment.receipt.grouped(),
        }
    }
}
