//! The page of a service, before anybody begins: what it is, what it costs under which law, how long it takes, what to
//! bring, where it can be had; and whether it is closed at the moment.

use askama::Template;
use catalog::{Billing, Language, Policy, Service};
use jiff::civil::Date;

use super::fee_table::FeeTable;
use super::frame::{Frame, Shown, catalogue_page, language_of, other};
use super::leaves::{Leaves, Turn};
use super::moment::{day_spoken, spoken};
use super::ways::PayingNow;
use super::words::{CATALOGUE, CatalogueWords};
use crate::api::no_such_service;
use crate::app::{App, SharedApp};
use crate::catalogue::SYSTEM_DOWN;
use crate::catalogue::Served;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::offering;
use crate::payments::{AvailabilityScope, Closure, Unusual};

/// `GET /{lang}/services/{slug}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let served = app.catalogue.current();
    let slug = request.head.parameter("slug");
    let service = served.catalogue().service(slug).ok_or_else(no_such_service)?;
    let leaves = Leaves::of(&request.head.query()?);
    let twin = address(other(language), slug, leaves.number());
    let frame = Frame::new(&app, language, Some(twin));
    let availability = app.books.readers().availability();
    let unusual = served.unusual(service, &availability);
    let offers = offering::of_agency(&app, served.catalogue(), served.catalogue().agency_of(service));
    let how = PayingNow::of(&frame, &offers, app.now());
    let mut page =
        ServicePage::new(frame, &served, service, (app.clock.today(), app.policy), &unusual, leaves);
    if !page.leaves.exists() {
        return Err(Problem::new(Code::NotFound, "What is said of this service has fewer pages."));
    }
    page.how = how.filter(|_| service.is_billable());
    catalogue_page(request.head.headers(), &page)
}

/// The address of a page about a service.
fn address(language: Language, slug: &str, number: usize) -> String {
    let page = if number > 1 { format!("?page={number}") } else { String::new() };
    format!("/{}/services/{slug}{page}", language.code())
}

/// The page.
#[derive(Template)]
#[template(path = "service.html")]
pub(super) struct ServicePage {
    frame: Frame,
    words: &'static CatalogueWords,
    slug: String,
    name: Shown,
    published_name: Option<String>,
    description: Shown,
    agency: Shown,
    agency_code: String,
    county: Option<&'static str>,
    is_sample: bool,
    /// It is closed for a time.
    closed: Option<ClosedNotice>,
    /// What to expect while it is open and the agency's own system is down.
    system_down: Option<Shown>,
    /// How its bills can be paid now, while that is not as usual.
    how: Option<PayingNow>,
    /// Which of its pages this is. The first has everything but the rows that are too many for it.
    leaves: Leaves,
    turn: Turn,
    has_fee_today: bool,
    /// What it costs today.
    fee: Option<FeeTable>,
    /// What it will cost, from the day on which that begins.
    later: Vec<(String, FeeTable)>,
    /// Why nothing is paid here.
    not_billed: Option<Shown>,
    promise: Option<String>,
    requirements: Vec<Shown>,
    delivery: Vec<String>,
    /// True if an order can be begun here.
    can_start: bool,
    /// Where the system of the agency behind this gateway is reached, if it has one.
    agency_system: Option<String>,
}

/// Why a service is closed, and until when if that is known.
pub(super) struct ClosedNotice {
    heading: &'static str,
    reason: Shown,
    until: Option<String>,
}

impl ClosedNotice {
    fn of(frame: &Frame, words: &CatalogueWords, scope: &AvailabilityScope, closure: &Closure) -> Self {
        Self {
            heading: match scope {
                AvailabilityScope::Service { .. } => words.service_closed,
                AvailabilityScope::Agency { .. } => words.agency_closed,
            },
            reason: frame.shown(&closure.terms.reason),
            until: closure.terms.until.map(|until| (words.closed_until)(&spoken(until, frame.language))),
        }
    }
}

impl ServicePage {
    pub(super) fn new(
        frame: Frame,
        served: &Served,
        service: &Service,
        (today, policy): (Date, Policy),
        unusual: &Unusual<'_>,
        mut leaves: Leaves,
    ) -> Self {
        let language = frame.language;
        let words = CATALOGUE.of(language);
        let agency = served.catalogue().agency_of(service);
        let description = frame.shown(&service.description);
        leaves.hold(&[&description.text]);
        let schedule = service.fee_on(today);
        let may_be_charged = schedule.is_some_and(|schedule| policy.allows(&schedule.basis, today));
        let fee = schedule.and_then(|schedule| FeeTable::of(&frame, schedule, today).on(&mut leaves));
        let later = service.fees().iter().filter_map(|schedule| {
            let from = schedule.validity.from().filter(|from| *from > today)?;
            let table = FeeTable::of(&frame, schedule, from).on(&mut leaves)?;
            Some(((words.from_this_day)(&day_spoken(from, language)), table))
        });
        let later = later.collect();
        let requirements = service.requirements.iter().map(|text| frame.shown(text));
        let requirements = requirements.filter(|shown| leaves.hold(&[&shown.text])).collect();
        Self {
            words,
            slug: service.slug.to_string(),
            name: frame.shown(&service.name),
            published_name: service.published_name.as_deref().map(str::to_owned),
            description,
            agency: frame.shown(&agency.name),
            agency_code: agency.code.to_string(),
            county: service.county.map(catalog::County::name),
            is_sample: service.sample,
            closed: unusual.closed.map(|(scope, closure)| ClosedNotice::of(&frame, words, scope, closure)),
            system_down: unusual
                .system_down
                .filter(|_| unusual.closed.is_none())
                .map(|_| frame.shown(&SYSTEM_DOWN)),
            how: None,
            has_fee_today: schedule.is_some(),
            fee,
            later,
            not_billed: match &service.billing {
                Billing::NotBillable(reason) => Some(frame.shown(reason)),
                Billing::Fees(_) => None,
            },
            promise: service.promised_working_days.map(words.after_payment),
            requirements,
            delivery: service
                .delivery
                .iter()
                .map(|way| way.text().in_language(language).to_owned())
                .collect(),
            can_start: may_be_charged && unusual.closed.is_none(),
            agency_system: served.own_system(service),
            turn: leaves.turn(language, |number| address(language, service.slug.as_str(), number)),
            leaves,
            frame,
        }
    }
}
