//! Everything that was answered, with what it costs, before anything is asked for; and the bill, once that is agreed to.

use std::sync::Arc;

use askama::Template;
use catalog::{Catalogue, PartPayment, Price, Service};
use hyper::StatusCode;
use ledger::{Currency, Money};

use super::{Progress, query_of, sentences};
use crate::api::{no_such_service, trouble};
use crate::app::{App, SharedApp};
use crate::billing::{self, BillWish};
use crate::http::body::Fields;
use crate::http::problem::{MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::pages::bill;
use crate::pages::form_token;
use crate::pages::frame::{Frame, Keeping, Shown, language_of, other, page};
use crate::pages::lines::Lines;
use crate::pages::words::{CATALOGUE, ORDER, OrderWords, unbroken};
use crate::payments::{Bill, Quote};
use crate::personal::Personal;

/// `GET /{lang}/services/{slug}/check?…`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let fields = request.head.query()?;
    answer(&app, &request, &fields, form_token(), None)
}

/// `POST /{lang}/services/{slug}/check`: the same, with answers that do not belong into an address.
pub(in crate::pages) async fn show_posted(
    app: SharedApp,
    request: Request<App>,
) -> Result<Response, Problem> {
    let fields = request.form()?;
    answer(&app, &request, &fields, form_token(), None)
}

/// `POST /{lang}/services/{slug}/bill`: then look at the bill, which says how to pay it.
pub(in crate::pages) async fn make_bill(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request).map_err(nothing_moved)?;
    let fields = request.form().map_err(nothing_moved)?;
    let problem = match make(&app, &request, &fields).await {
        Ok(bill) => return Ok(response::see_other(bill::location(language, &bill)?)),
        Err(problem) => problem,
    };
    let error = match problem.code() {
        Code::IdempotencyKeyReused => ORDER.of(language).token_spent.to_owned(),
        // Somebody changed the form on its way, or what it says is not so any more: the page says what does not fit.
        Code::ValidationFailed | Code::IdempotencyKeyMissing | Code::Conflict => {
            problem.message_for_citizens().in_language(language).into_owned()
        }
        _ => return Err(problem),
    };
    tracing::info!(?problem, "Answers are shown again, because no bill can be made of them.");
    answer(&app, &request, &fields, form_token(), Some(error))
}

async fn make(app: &App, request: &Request<App>, fields: &Fields) -> Result<Arc<Bill>, Problem> {
    let slug = request.head.parameter("slug");
    let route = format!("bill_page_make {slug}");
    let token = fields.get("token").unwrap_or_default();
    let place = app.in_flight.enter_by(token, &request.principal, &route, request.bytes(), app.now())?;
    // The button pressed twice: what was made is there, whatever the catalogue says by now.
    if let Some(made) = billing::made_before(app, &place.idempotency)? {
        return Ok(made.bill);
    }
    app.limits
        .guest_makes_bill(request.head.client())
        .map_err(|error| nothing_moved(trouble::too_often(&error)))?;
    let order = {
        let served = app.catalogue.current();
        let service = served.catalogue().service(slug).ok_or_else(no_such_service)?;
        let progress = Progress::of(app, served.catalogue(), service, fields, app.clock.today())?;
        if progress.price.is_none() {
            let detail = "The answers do not make a price.";
            return Err(Problem::new(Code::ValidationFailed, detail).money_moved(MoneyMoved::No));
        }
        progress.answers.order
    };
    let wish = BillWish {
        service: slug.to_owned(),
        order,
        assessment_reference: None,
        agency_reference: None,
        language: language_of(request).map_err(nothing_moved)?,
        agreed_total: Some(agreed_total(fields)?),
        personal: Personal::default(),
        principal: request.principal.name(),
        cause: request.head.id().as_str().into(),
        idempotency: place.idempotency.clone(),
    };
    billing::make(app, wish).await.map(|made| made.bill)
}

/// What the page said that it costs: nobody gets a bill over another amount.
fn agreed_total(fields: &Fields) -> Result<Money, Problem> {
    let read = fields.get("agreed").and_then(|text| {
        let (currency, amount) = text.split_once(' ')?;
        Money::parse_decimal(amount, currency.parse().ok()?).ok()
    });
    let missing = || Problem::new(Code::ValidationFailed, "The form does not say which price was agreed to.");
    read.ok_or_else(|| missing().money_moved(MoneyMoved::No))
}

/// What goes wrong before the books hear of the wish moves no money.
fn nothing_moved(problem: Problem) -> Problem {
    problem.money_moved_if_unsaid(MoneyMoved::No)
}

fn answer(
    app: &App,
    request: &Request<App>,
    fields: &Fields,
    token: String,
    error: Option<String>,
) -> Result<Response, Problem> {
    let language = language_of(request)?;
    let served = app.catalogue.current();
    let slug = request.head.parameter("slug");
    let service = served.catalogue().service(slug).ok_or_else(no_such_service)?;
    let progress = Progress::of(app, served.catalogue(), service, fields, app.clock.today())?;
    let is_personal = progress.questions.iter().any(|question| question.is_personal());
    let Some(price) = &progress.price else {
        // Something is missing or does not fit: the page of its question says so.
        return super::question_page::ask_again(app, &progress, fields, language);
    };
    // What was posted has no address; its twin begins anew.
    let query = if is_personal { String::new() } else { query_of(&progress.carried(fields, None)) };
    let page_name = if is_personal { "start" } else { "check" };
    let twin = format!("/{}/services/{slug}/{page_name}?{query}", other(language).code());
    let frame = Frame::new(app, language, Some(twin));
    let in_shillings = match (price.currency, &app.exchange) {
        (Currency::Kes, _) => None,
        (Currency::Usd, Some(rate)) => Some(rate.quote(price.total, app.now()).map_err(trouble::internal)?),
        (Currency::Usd, None) => None,
    };
    let shown = CheckPage::new(frame, served.catalogue(), service, &progress, price, in_shillings, fields);
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(status, Keeping::Never, &CheckPage { token, error, ..shown })
}

/// The page.
#[derive(Template)]
#[template(path = "check.html")]
pub(super) struct CheckPage {
    frame: Frame,
    words: &'static OrderWords,
    service: Shown,
    agency: Shown,
    slug: String,
    said: Vec<Said>,
    lines: Lines,
    waived: Option<(Shown, Money)>,
    in_shillings: Option<(Money, String)>,
    /// True if what it costs cannot be asked for in any currency that is taken.
    has_no_rate: bool,
    promise: Option<String>,
    takes_parts: bool,
    payable: Money,
    /// The total, as the form says it back.
    agreed: String,
    carried: Vec<(String, String)>,
    token: String,
    error: Option<String>,
}

/// A question and what was answered.
struct Said {
    question: String,
    answer: Vec<String>,
    change: String,
}

impl CheckPage {
    fn new(
        frame: Frame,
        catalogue: &Catalogue,
        service: &Service,
        progress: &Progress<'_>,
        price: &Price,
        quote: Option<(Money, Quote)>,
        fields: &Fields,
    ) -> Self {
        let language = frame.language;
        let words = ORDER.of(language);
        let said = progress.questions.iter().map(|question| {
            let others = progress.carried(fields, None);
            let kept = others.iter().filter(|_| !progress.questions.iter().any(|other| other.is_personal()));
            let kept: Vec<_> = kept.cloned().collect();
            let separator = if kept.is_empty() { "" } else { "&" };
            Said {
                question: sentences::heading(*question, language),
                answer: sentences::answers(*question, fields, language),
                change: format!(
                    "/{}/services/{}/start?{}{separator}at={}",
                    language.code(),
                    service.slug,
                    query_of(&kept),
                    question.key()
                ),
            }
        });
        Self {
            words,
            service: frame.shown(&service.name),
            agency: frame.shown(&catalogue.agency_of(service).name),
            slug: service.slug.to_string(),
            said: said.collect(),
            lines: Lines::of_price(&frame, price),
            waived: price.waived.as_ref().map(|waived| (frame.shown(&waived.text), waived.amount)),
            has_no_rate: price.currency == Currency::Usd && quote.is_none(),
            payable: quote.as_ref().map_or(price.total, |(amount, _)| *amount),
            in_shillings: quote.map(|(amount, quote)| (amount, (words.rate)(&quote.rate, &quote.rate_id))),
            promise: price.promised_working_days.map(CATALOGUE.of(language).after_payment),
            takes_parts: price.part_payment == PartPayment::Allowed,
            agreed: format!("{} {}", price.currency, price.total.to_decimal()),
            carried: progress.carried(fields, None),
            token: String::new(),
            error: None,
            frame,
        }
    }

    fn can_be_made(&self) -> bool {
        self.payable.is_positive() && !self.has_no_rate
    }

    fn pay(&self) -> String {
        (self.words.pay)(&unbroken(self.payable))
    }
}
