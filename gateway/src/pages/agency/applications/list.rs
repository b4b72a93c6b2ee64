//! Applications of an agency, those that changed last first.

use std::sync::Arc;

use askama::Template;
use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::may_report;
use crate::api::no_answer;
use crate::app::{App, SharedApp};
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::pages::agency::{Viewed, choose, session};
use crate::pages::escaped;
use crate::pages::frame::{Frame, Shown, language_of, other, staff_page};
use crate::pages::moment::spoken;
use crate::pages::staff::{Bar, Room};
use crate::pages::track::{promise_tag, tone_of};
use crate::pages::words::{APPLICATIONS, ApplicationWords, CONSOLE, ConsoleWords, TRACK};
use crate::payments::{ApplicationState, PaymentNumber, revenue_day};
use crate::views::{ApplicationFilter, ApplicationRow, Page, PageRequest, PageSize};

/// Rows of a page. As many can be reported together, in a form that is no longer than forms may be.
const ROWS: u16 = 20;
/// The longest code of a service or name of a centre, in characters.
const TEXT_LEN_MAX: usize = 80;
/// What the box for what is late says.
const YES: &str = "yes";

/// `GET /{lang}/agency/applications?state=&service=&centre=&late=`, and `?number=` to open one.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let Some(viewed) = Viewed::of(&app, &request).await? else {
        return choose(&app, &request, Room::Applications).await;
    };
    let language = language_of(&request)?;
    let fields = request.head.query()?;
    let today = revenue_day(app.now());
    let filter = Filter::read(&fields, today);
    if let Some(number) = filter.number {
        let address = format!("/{}/agency/applications/{number}{}", language.code(), viewed.chosen);
        return Ok(response::see_other(HeaderValue::from_str(&address).map_err(Problem::internal_error)?));
    }
    let after = fields.get("after").and_then(|text| text.parse().ok());
    let words = APPLICATIONS.of(language);
    let query = viewed.with(&filter.query());
    let frame =
        Frame::new(&app, language, Some(format!("/{}/agency/applications{query}", other(language).code())));
    let mut found = Page { sequence: 0, rows: Vec::new(), next: None };
    if filter.wrong.is_empty() {
        let page = PageRequest { size: PageSize::new(ROWS).unwrap_or_default(), after };
        found =
            app.views.reader().applications(&viewed.scope, &filter.asked, page).await.map_err(no_answer)?;
    }
    let session = session(&request)?;
    let address = |query: &str| format!("/{}/agency/applications{query}", frame.code());
    let next = found.next.map(|cursor| {
        let after = format!("after={}", escaped(&cursor.to_string()));
        let own = filter.query();
        let both = if own.is_empty() { after } else { format!("{own}&{after}") };
        address(&viewed.with(&both))
    });
    let wrong = |field: &&'static str| {
        (*field, if *field == "number" { words.number_wrong } else { words.filter_wrong })
    };
    let status = if filter.wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = ListPage {
        name: viewed.name(&app, &frame),
        mistakes: filter.wrong.iter().map(wrong).collect(),
        rows: found.rows.iter().map(|row| Row::of(&app, &frame, row, &viewed, today)).collect(),
        is_first: after.is_none(),
        first: address(&query),
        next,
        chosen_agency: (!viewed.chosen.is_empty()).then(|| viewed.agency.to_string()),
        states: ApplicationState::ALL
            .into_iter()
            // What was not reported on is in no list.
            .filter(|state| *state != ApplicationState::Paid)
            .map(|state| {
                (state.word(), (TRACK.of(language).state)(Some(state)), Some(state) == filter.asked.state)
            })
            .collect(),
        uncollected: address(&format!("/uncollected{}", viewed.chosen)),
        promises: address(&format!("/promises{}", viewed.chosen)),
        as_of: (CONSOLE.of(language).as_of)(&spoken(app.now(), language), found.sequence),
        may_report: may_report(session),
        bar: Bar::new(session, language, Room::Applications),
        console: CONSOLE.of(language),
        filter,
        words,
        frame,
    };
    staff_page(status, &page)
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
struct Filter {
    typed: Vec<(&'static str, String)>,
    asked: ApplicationFilter,
    /// The application to be opened.
    number: Option<PaymentNumber>,
    /// Fields whose value means nothing.
    wrong: Vec<&'static str>,
}

impl Filter {
    fn read(fields: &Fields, today: i32) -> Self {
        let mut filter = Self::default();
        for name in ["state", "service", "centre", "late", "number"] {
            let text = fields.get(name).unwrap_or_default().trim();
            if text.is_empty() {
                continue;
            }
            filter.typed.push((name, text.to_owned()));
            if filter.take(name, text, today).is_none() {
                filter.wrong.push(name);
            }
        }
        filter
    }

    fn take(&mut self, name: &str, text: &str, today: i32) -> Option<()> {
        let bounded = || Some(Arc::<str>::from(text)).filter(|text| text.chars().count() <= TEXT_LEN_MAX);
        match name {
            "state" => {
                let state = ApplicationState::ALL.into_iter().find(|state| state.word() == text)?;
                self.asked.state = Some(state);
            }
            "service" => self.asked.service = Some(bounded()?),
            "centre" => self.asked.centre = Some(bounded()?),
            "late" => self.asked.late_on = Some(today).filter(|_| text == YES).map(Some)?,
            _ => self.number = Some(text.replace(' ', "").parse().ok()?),
        }
        Some(())
    }

    fn typed(&self, name: &str) -> &str {
        self.typed.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    /// The filter as a query, without its question mark.
    fn query(&self) -> String {
        let pairs = self.typed.iter().map(|(name, text)| format!("{name}={}", escaped(text)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

#[derive(Template)]
#[template(path = "console_applications.html")]
struct ListPage {
    frame: Frame,
    bar: Bar,
    words: &'static ApplicationWords,
    console: &'static ConsoleWords,
    name: Shown,
    filter: Filter,
    mistakes: Vec<(&'static str, &'static str)>,
    states: Vec<(&'static str, &'static str, bool)>,
    /// What the forms repeat for whoever has chosen an agency.
    chosen_agency: Option<String>,
    rows: Vec<Row>,
    is_first: bool,
    first: String,
    next: Option<String>,
    may_report: bool,
    uncollected: String,
    promises: String,
    as_of: String,
}

impl ListPage {
    fn mistake_in(&self, field: &str) -> Option<&'static str> {
        self.mistakes.iter().find(|(wrong, _)| *wrong == field).map(|(_, text)| *text)
    }

    fn is_late_only(&self) -> bool {
        self.filter.asked.late_on.is_some()
    }
}

struct Row {
    number: String,
    /// As the form of those that are ready names it; nothing for what cannot become ready.
    choice: Option<String>,
    address: String,
    state: &'static str,
    tone: &'static str,
    promise: Option<(String, &'static str)>,
    centre: String,
    since: String,
    service: Shown,
}

impl Row {
    fn of(app: &App, frame: &Frame, row: &ApplicationRow, viewed: &Viewed, today: i32) -> Self {
        let words = TRACK.of(frame.language);
        let served = app.catalogue.current();
        let service = served.catalogue().service(&row.service).map(|service| &service.name);
        let can_be_ready = row.state.may_be_followed_by(ApplicationState::Ready)
            && !matches!(row.state, ApplicationState::Ready | ApplicationState::Returned);
        Self {
            number: row.bill.grouped(),
            choice: can_be_ready.then(|| row.bill.to_string()),
            address: format!("/{}/agency/applications/{}{}", frame.code(), row.bill, viewed.chosen),
            state: (words.state)(Some(row.state)),
            tone: tone_of(Some(row.state)),
            promise: promise_tag(row.promise(today), words),
            centre: row.centre.as_deref().unwrap_or_default().to_owned(),
            since: spoken(row.since, frame.language),
            service: frame.shown_or(service, &row.service),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_means_what_was_typed_and_what_means_nothing_is_named() {
        let read = |query: &str| Filter::read(&Fields::parse(query).unwrap(), 100);
        let filter = read("state=ready&centre=Nyeri&late=yes&service=&agency=DCI");
        assert_eq!(filter.wrong, Vec::<&str>::new());
        assert_eq!((filter.asked.state, filter.asked.late_on), (Some(ApplicationState::Ready), Some(100)));
        assert_eq!(read(&filter.query()).asked, filter.asked, "the address says it again");
        assert_eq!(read("state=lost&late=no&number=12").wrong, ["state", "late", "number"]);
        assert_eq!(read(&format!("centre={}", "x".repeat(81))).wrong, ["centre"]);
    }
}
