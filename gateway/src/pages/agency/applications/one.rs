//! One application: its life as the applicant sees it, and a form for each report that may follow.

use std::sync::Arc;

use askama::Template;
use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::may_report;
use crate::api::{no_rows, trouble};
use crate::app::{App, SharedApp};
use crate::applications::{self, NewsFault, WrittenNews};
use crate::away::away;
use crate::clock::day_as_date;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::pages::agency::{Viewed, session};
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::moment::{day_spoken, spoken};
use crate::pages::staff::{Bar, Room};
use crate::pages::track::{promise_tag, tone_of};
use crate::pages::words::{APPLICATIONS, ApplicationWords, TRACK, TrackWords};
use crate::payments::{
    ApplicationReport, ApplicationState, Bill, CENTRE_LEN_MAX, PaymentNumber, QueryReason, revenue_day,
};

/// `GET /{lang}/agency/applications/{number}`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let bill = find(&app, &request)?;
    staff_page(StatusCode::OK, &OnePage::new(&app, &request, &bill).await?)
}

/// `POST /{lang}/agency/applications/{number}`: a report.
pub(in crate::pages) async fn report(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let bill = find(&app, &request)?;
    let form = request.form()?;
    let typed = |name| form.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let reason = typed("reason");
    let reason = QueryReason::ALL.into_iter().find(|known| Some(known.word()) == reason.as_deref());
    let centre = typed("centre");
    let news = WrittenNews { status: typed("status").unwrap_or_default(), centre: centre.clone(), reason };
    let news = match news.news() {
        Ok(news) => news,
        Err(fault) => {
            let mut page = OnePage::new(&app, &request, &bill).await?;
            page.mistake = Some((fault.field(), (page.words.news_fault)(fault)));
            // A place, or nothing that is shown again.
            page.centre = centre.filter(|_| fault != NewsFault::NotACentre).unwrap_or_default();
            return staff_page(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let reports = vec![ApplicationReport { bill: bill.terms.number, news }];
    match applications::record(&app, &request, reports).await? {
        Ok(()) => {
            let address = request.head.uri().path();
            Ok(response::see_other(HeaderValue::from_str(address).map_err(Problem::internal_error)?))
        }
        Err(refused) => {
            let mut page = OnePage::new(&app, &request, &bill).await?;
            let reason = refused.first().map(|refused| (page.words.refusal)(refused.reason));
            page.mistake = reason.map(|text| ("report", text));
            staff_page(StatusCode::CONFLICT, &page)
        }
    }
}

/// The bill that the path names, if its rows are seen.
fn find(app: &App, request: &Request<App>) -> Result<Arc<Bill>, Problem> {
    let number: PaymentNumber = request.head.parameter("number").parse().map_err(|_| no_rows())?;
    let bill = app.books.bill(number).map_err(|error| trouble::lookup(&error))?;
    let scope = request.principal.scope();
    bill.filter(|bill| scope.covers(&bill.terms.agency)).ok_or_else(no_rows)
}

#[derive(Template)]
#[template(path = "console_application.html")]
struct OnePage {
    frame: Frame,
    bar: Bar,
    words: &'static ApplicationWords,
    track: &'static TrackWords,
    number: String,
    /// Where the forms go.
    address: String,
    service: Shown,
    state: &'static str,
    tone: &'static str,
    promise: Option<(String, &'static str)>,
    due: Option<String>,
    steps: Vec<(String, String)>,
    /// What may be reported, for whoever reports.
    may_follow: Vec<ApplicationState>,
    may_report: bool,
    is_paid: bool,
    mistake: Option<(&'static str, &'static str)>,
    /// What was typed.
    centre: String,
    centre_len_max: usize,
    reasons: Vec<(&'static str, &'static str)>,
    /// Where the life of the bill is, for whoever sees money.
    bill: Option<String>,
    list: String,
}

impl OnePage {
    async fn new(app: &SharedApp, request: &Request<App>, bill: &Arc<Bill>) -> Result<Self, Problem> {
        let language = language_of(request)?;
        let viewed = Viewed::of(app, request).await?;
        let viewed = viewed.unwrap_or_else(|| Viewed::chosen(Arc::clone(&bill.terms.agency)));
        // An application lies in the archive.
        let (from_disk, of) = (SharedApp::clone(app), Arc::clone(bill));
        let application = away(move || applications::of_bill(&from_disk, &of)).await;
        let application = application.map_err(trouble::internal)?.map_err(|error| trouble::lookup(&error))?;
        let application = application.as_deref();
        let (words, track, terms) = (APPLICATIONS.of(language), TRACK.of(language), &bill.terms);
        let of_number = |language: catalog::Language| {
            format!("/{}/agency/applications/{}{}", language.code(), terms.number, viewed.chosen)
        };
        let frame = Frame::new(app, language, Some(of_number(other(language))));
        let when = |time| spoken(time, language);
        let mut steps = vec![(track.submitted.to_owned(), when(terms.created))];
        if let Some(application) = application {
            steps.push((track.paid.to_owned(), when(application.paid)));
            steps.extend(application.steps.iter().map(|step| ((track.step)(&step.news), when(step.at))));
        }
        let session = session(request)?;
        let may_report = may_report(session);
        let state = application.map(|application| application.state);
        let may_follow = ApplicationState::ALL
            .into_iter()
            .filter(|to| may_report && state.is_some_and(|state| state.may_be_followed_by(*to)));
        let promise = application.map(|application| application.promise(revenue_day(app.now())));
        let due = application.and_then(|application| application.due_day);
        Ok(Self {
            number: terms.number.grouped(),
            address: of_number(language),
            service: frame.shown(&terms.service_name),
            state: if state.is_some() { (track.state)(state) } else { (track.bill_is)(bill.state) },
            tone: if state.is_some() { tone_of(state) } else { "todo" },
            promise: promise.and_then(|promise| promise_tag(promise, track)),
            due: due.map(|day| (track.due_on)(&day_spoken(day_as_date(day), language))),
            steps,
            may_follow: may_follow.collect(),
            may_report,
            is_paid: application.is_some(),
            mistake: None,
            centre: String::new(),
            centre_len_max: CENTRE_LEN_MAX,
            reasons: QueryReason::ALL.map(|reason| (reason.word(), (words.reason)(reason))).into(),
            bill: (!may_report)
                .then(|| format!("/{}/agency/bills/{}{}", language.code(), terms.number, viewed.chosen)),
            list: format!("/{}/agency/applications{}", language.code(), viewed.chosen),
            bar: Bar::new(session, language, Room::Applications),
            words,
            track,
            frame,
        })
    }

    /// What is wrong with a field.
    fn mistake_in(&self, field: &str) -> Option<&'static str> {
        self.mistake.filter(|(wrong, _)| *wrong == field).map(|(_, text)| text)
    }

    fn may(&self, word: &str) -> bool {
        self.may_follow.iter().any(|state| state.word() == word)
    }
}
