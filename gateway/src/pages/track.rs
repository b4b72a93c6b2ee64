//! Tracking an application: by payment number or receipt number, and a phone that has to do with it. A wrong phone and an
//! unknown number get the same answer, so that nobody learns which numbers there are.

use std::fmt;
use std::sync::Arc;

use askama::Template;
use catalog::Language;
use hyper::StatusCode;

use super::frame::{Frame, Keeping, Shown, language_of, other, page};
use super::moment::{day_spoken, spoken};
use super::words::{TRACK, TrackWords};
use crate::api::{no_answer, trouble};
use crate::app::{App, SharedApp};
use crate::applications;
use crate::away::away;
use crate::channels::mpesa::subscriber::Subscriber;
use crate::clock::day_as_date;
use crate::finding::is_phone;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::payments::{
    Application, ApplicationState, Bill, BillState, PaymentNumber, Promise, ReceiptNumber, revenue_day,
};
use crate::personal::{Field, opened};
use crate::views::Scope;

/// `GET /{lang}/track`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    page(StatusCode::OK, Keeping::Never, &TrackPage::new(&app, language))
}

/// `POST /{lang}/track`.
pub(super) async fn find(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let words = TRACK.of(language);
    let fields = request.form()?;
    let mut shown = TrackPage::new(&app, language);
    shown.reference = fields.get("reference").unwrap_or_default().trim().to_owned();
    shown.phone = fields.get("phone").unwrap_or_default().trim().to_owned();
    let reference = Reference::read(&shown.reference);
    if reference.is_none() {
        let why = if shown.reference.is_empty() { words.enter_reference } else { words.reference_wrong };
        shown.errors.push(("reference", why));
    }
    let phone = Subscriber::parse(&shown.phone).ok();
    if phone.is_none() {
        let why = if shown.phone.is_empty() { words.enter_phone } else { words.phone_wrong };
        shown.errors.push(("phone", why));
    }
    let (Some(reference), Some(phone)) = (reference, phone) else {
        return page(StatusCode::UNPROCESSABLE_ENTITY, Keeping::Never, &shown);
    };
    let too_often = |error| trouble::too_often(&error);
    app.limits.something_is_sought(request.head.client()).map_err(too_often)?;
    app.limits.reference_is_tracked(&reference.to_string()).map_err(too_often)?;
    let Some((bill, application)) = find_theirs(&app, reference, phone).await? else {
        shown.errors.push(("reference", words.not_found));
        return page(StatusCode::UNPROCESSABLE_ENTITY, Keeping::Never, &shown);
    };
    let today = revenue_day(app.now());
    shown.tracked = Some(Tracked::of(&shown.frame, &bill, application.as_deref(), today));
    page(StatusCode::OK, Keeping::Never, &shown)
}

/// What stands for an application.
enum Reference {
    Payment(PaymentNumber),
    Receipt(ReceiptNumber),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment(number) => number.fmt(f),
            Self::Receipt(number) => number.fmt(f),
        }
    }
}

impl Reference {
    fn read(text: &str) -> Option<Self> {
        let packed: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        let number = packed.parse().map(Self::Payment).ok();
        number.or_else(|| packed.to_uppercase().parse().map(Self::Receipt).ok())
    }

    fn bill(self, app: &App) -> Result<Option<Arc<Bill>>, Problem> {
        let found = match self {
            Self::Payment(number) => app.books.bill(number),
            Self::Receipt(number) => {
                app.books.payment_of_receipt(number).map(|found| found.map(|(_, bill)| bill))
            }
        };
        found.map_err(|error| trouble::lookup(&error))
    }
}

/// The bill and its application, for a phone that has to do with it.
async fn find_theirs(
    app: &SharedApp,
    reference: Reference,
    phone: Subscriber,
) -> Result<Option<(Arc<Bill>, Option<Arc<Application>>)>, Problem> {
    let from_disk = SharedApp::clone(app);
    let bill = away(move || reference.bill(&from_disk)).await.map_err(trouble::internal)??;
    let Some(bill) = bill else { return Ok(None) };
    let asked = app.views.reader().records_about(&Scope::All, bill.terms.number).await.map_err(no_answer)?;
    let from_disk = SharedApp::clone(app);
    let look = move || {
        if !is_phone_of(&from_disk, &bill, &asked, phone)? {
            return Ok(None);
        }
        let application = applications::of_bill(&from_disk, &bill);
        Ok(Some((bill, application.map_err(|error| trouble::lookup(&error))?)))
    };
    away(look).await.map_err(trouble::internal)?
}

/// Whether a phone has to do with a bill: it was named when the bill was made, was asked to pay it, or paid it. The phones are
/// sealed; the records that have them are few.
fn is_phone_of(app: &App, bill: &Bill, asked: &[u64], phone: Subscriber) -> Result<bool, Problem> {
    let paid = bill.latest_payments.iter().map(|payment| (payment.sequence, Field::ProviderPhone));
    let asked = asked.iter().map(|sequence| (*sequence, Field::Phone));
    for (sequence, field) in paid.chain(asked) {
        let record = app.books.ledger().record(sequence).map_err(trouble::internal)?;
        let Some(record) = record else { continue };
        if let Some(told) = opened(&app.vault, &record, field).map_err(trouble::internal)?
            && is_phone(&told, phone)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The page.
#[derive(Template)]
#[template(path = "track.html")]
struct TrackPage {
    frame: Frame,
    words: &'static TrackWords,
    reference: String,
    phone: String,
    /// What is wrong: the field, and why.
    errors: Vec<(&'static str, &'static str)>,
    tracked: Option<Tracked>,
}

/// What is said of an application.
struct Tracked {
    service: Shown,
    payment_number: String,
    tag: &'static str,
    tone: &'static str,
    promise: Option<(String, &'static str)>,
    due: Option<String>,
    steps: Vec<Step>,
    next: String,
    receipt: Option<String>,
}

struct Step {
    what: String,
    when: String,
}

impl TrackPage {
    fn new(app: &App, language: Language) -> Self {
        let frame = Frame::new(app, language, Some(format!("/{}/track", other(language).code())));
        Self {
            frame,
            words: TRACK.of(language),
            reference: String::new(),
            phone: String::new(),
            errors: Vec::new(),
            tracked: None,
        }
    }

    fn error(&self, field: &str) -> Option<&'static str> {
        self.errors.iter().find(|(name, _)| *name == field).map(|(_, why)| *why)
    }
}

impl Tracked {
    fn of(frame: &Frame, bill: &Bill, application: Option<&Application>, today: i32) -> Self {
        let (words, language) = (TRACK.of(frame.language), frame.language);
        let when = |time| spoken(time, language);
        let terms = &bill.terms;
        let paid = application.map(|application| application.paid);
        let mut steps = vec![Step { what: words.submitted.to_owned(), when: when(terms.created) }];
        steps.extend(paid.map(|paid| Step { what: words.paid.to_owned(), when: when(paid) }));
        let reported = application.map_or(&[][..], |application| &application.steps[..]);
        steps
            .extend(reported.iter().map(|step| Step { what: (words.step)(&step.news), when: when(step.at) }));
        let due_day = application.and_then(|application| application.due_day);
        let promise = application.map_or(Promise::None, |application| application.promise(today));
        let latest = reported.last().map(|step| &step.news);
        let state = application.map(|application| application.state);
        let (tag, tone) = match state {
            None if paid.is_none() => ((words.bill_is)(bill.state), "todo"),
            _ => ((words.state)(state), tone_of(state)),
        };
        Self {
            service: frame.shown(&terms.service_name),
            payment_number: terms.number.grouped(),
            tag,
            tone,
            promise: promise_tag(promise, words),
            due: due_day.map(|day| (words.due_on)(&day_spoken(day_as_date(day), language))),
            next: match (paid.is_some(), bill.state) {
                (true, _) => (words.next)(latest, matches!(promise, Promise::Late { .. })),
                (false, BillState::Unpaid | BillState::PartPaid) => words.next_pay.to_owned(),
                (false, _) => words.next_over.to_owned(),
            },
            receipt: bill.latest_payments.last().map(|payment| payment.receipt.grouped()),
            steps,
        }
    }
}

/// The class of the tag of a state.
pub(super) fn tone_of(state: Option<ApplicationState>) -> &'static str {
    match state {
        Some(ApplicationState::QueryRaised | ApplicationState::Ready) => "todo",
        Some(ApplicationState::Collected) => "over",
        _ => "good",
    }
}

/// How an application stands to its promise, and the class of the tag that says so.
pub(super) fn promise_tag(promise: Promise, words: &TrackWords) -> Option<(String, &'static str)> {
    match promise {
        Promise::None => None,
        Promise::OnTime => Some((words.on_time.to_owned(), "good")),
        Promise::DueToday => Some((words.due_today.to_owned(), "todo")),
        Promise::Late { days } => Some(((words.days_late)(days), "failed")),
    }
}
