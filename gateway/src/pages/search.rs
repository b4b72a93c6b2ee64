//! What a search found: a plain GET, twenty services on a page, and the ways to narrow them down.

use std::fmt::Write as _;

use askama::Template;
use catalog::{AgencyCode, Catalogue, County, Filters, Hits, Language, Service};
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::fee_table::fee_in_short;
use super::frame::{Frame, Shown, catalogue_page, language_of, other};
use super::leaves::Turn;
use super::words::{CATALOGUE, CatalogueWords};
use crate::app::{App, SharedApp};
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;

/// Services on a page.
const ROWS: usize = 20;
/// The last page that is offered. Who has not found it by then needs other words.
const PAGE_MAX: usize = 50;
/// The longest query that is repeated on the page, in characters. No more is looked at either.
const QUERY_LEN_MAX: usize = 200;
/// The most agencies or counties that are offered to narrow a search by.
const CHOICES_MAX: usize = 12;

/// `GET /{lang}/services?q=&agency=&county=&page=`. What cannot be read in the address is left out: somebody who
/// follows an old link still sees services.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let served = app.catalogue.current();
    let asked = Asked::read(&request.head.query()?);
    let frame = Frame::new(&app, language, Some(asked.address(other(language), asked.page)));
    let page = SearchPage::new(frame, served.catalogue(), &asked, app.clock.today());
    catalogue_page(request.head.headers(), &page)
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) query: String,
    pub(super) agency: Option<AgencyCode>,
    pub(super) county: Option<County>,
    /// From 1.
    pub(super) page: usize,
}

impl Asked {
    fn read(fields: &Fields) -> Self {
        let agency = fields.get("agency").and_then(|text| text.to_uppercase().parse().ok());
        let county = fields.get("county").and_then(|text| text.to_lowercase().parse().ok());
        let page = fields.get("page").and_then(|text| text.parse().ok()).unwrap_or(1);
        Self {
            query: fields.get("q").unwrap_or("").trim().chars().take(QUERY_LEN_MAX).collect(),
            agency,
            county,
            page: page.clamp(1, PAGE_MAX),
        }
    }

    /// The address of the first page of the same search with something changed.
    fn changed(&self, language: Language, change: impl FnOnce(&mut Self)) -> String {
        let mut changed = self.clone();
        change(&mut changed);
        changed.address(language, 1)
    }

    /// The address of a page of the same search.
    fn address(&self, language: Language, page: usize) -> String {
        let mut address = format!("/{}/services", language.code());
        let mut separator = '?';
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
                write!(address, "{separator}{name}={value}").expect("a string takes everything");
                separator = '&';
            }
        };
        add("q", &self.query);
        add("agency", self.agency.as_ref().map_or("", AgencyCode::as_str));
        add("county", &self.county.map(County::slug).unwrap_or_default());
        add("page", &if page > 1 { page.to_string() } else { String::new() });
        address
    }
}

/// The page.
#[derive(Template)]
#[template(path = "services.html")]
pub(super) struct SearchPage {
    frame: Frame,
    words: &'static CatalogueWords,
    query: String,
    agency_name: Option<Shown>,
    county: Option<String>,
    rows: Vec<Row>,
    counted: String,
    did_you_mean: Option<Choice>,
    by_agency: Vec<Choice>,
    by_county: Vec<Choice>,
    turn: Turn,
    is_cut: bool,
}

struct Row {
    slug: String,
    name: Shown,
    agency: Shown,
    fee: String,
    promise: Option<String>,
    delivery: String,
    is_sample: bool,
}

/// A link to the same search with one thing changed.
struct Choice {
    text: String,
    count: usize,
    address: String,
}

impl SearchPage {
    pub(super) fn new(frame: Frame, catalogue: &Catalogue, asked: &Asked, today: Date) -> Self {
        let language = frame.language;
        let words = CATALOGUE.of(language);
        let filters = Filters { agency: asked.agency.clone(), county: asked.county, ..Filters::default() };
        let hits = catalogue.search(&asked.query, language, &filters, asked.page * ROWS);
        let page_count = hits.total_count.div_ceil(ROWS).max(1);
        let skipped = (asked.page - 1) * ROWS;
        let shown = hits.hits.iter().skip(skipped).map(|hit| catalogue.service_at(hit.service));
        let rows = shown.map(|service| Row::of(&frame, catalogue, service, today)).collect();
        let did_you_mean = hits.did_you_mean.as_ref().map(|query| Choice {
            text: query.clone(),
            count: 0,
            address: asked.changed(language, |asked| asked.query.clone_from(query)),
        });
        let is_last = asked.page >= page_count.min(PAGE_MAX);
        Self {
            words,
            query: asked.query.clone(),
            agency_name: asked
                .agency
                .as_ref()
                .and_then(|code| catalogue.agency(code.as_str()))
                .map(|agency| frame.shown(&agency.name)),
            county: asked.county.map(|county| county.name().to_owned()),
            rows,
            counted: (words.counted)(hits.total_count, asked.page, page_count),
            did_you_mean,
            by_agency: by_agency(&frame, catalogue, &hits, asked),
            by_county: by_county(language, &hits, asked),
            turn: Turn::new(
                language,
                (asked.page > 1).then(|| asked.address(language, asked.page - 1)),
                (!is_last).then(|| asked.address(language, asked.page + 1)),
            ),
            is_cut: asked.page == PAGE_MAX && page_count > PAGE_MAX,
            frame,
        }
    }

    /// The heading: what was searched for, or whose services these are.
    fn heading(&self) -> String {
        match (self.query.is_empty(), &self.agency_name) {
            (false, _) => (self.words.found_for)(&self.query),
            (true, Some(agency)) => agency.text.clone(),
            (true, None) => self.words.services.to_owned(),
        }
    }

    fn nothing(&self) -> String {
        (self.words.nothing)(&self.query)
    }
}

/// The ways to narrow a search down to an agency; or, if it is narrowed, the way back.
fn by_agency(frame: &Frame, catalogue: &Catalogue, hits: &Hits, asked: &Asked) -> Vec<Choice> {
    let language = frame.language;
    if asked.agency.is_some() {
        return vec![everywhere(frame, asked.changed(language, |asked| asked.agency = None))];
    }
    let facets = hits.facets.agencies.iter().take(CHOICES_MAX);
    let choices = facets.map(|facet| Choice {
        text: catalogue
            .agency(facet.value.as_str())
            .map_or_else(|| facet.value.to_string(), |agency| frame.shown(&agency.name).text),
        count: facet.count,
        address: asked.changed(language, |asked| asked.agency = Some(facet.value.clone())),
    });
    let choices: Vec<_> = choices.collect();
    if choices.len() > 1 { choices } else { Vec::new() }
}

fn by_county(language: Language, hits: &Hits, asked: &Asked) -> Vec<Choice> {
    if asked.county.is_some() {
        return Vec::new();
    }
    let facets = hits.facets.counties.iter().take(CHOICES_MAX);
    let choices = facets.map(|facet| Choice {
        text: facet.value.name().to_owned(),
        count: facet.count,
        address: asked.changed(language, |asked| asked.county = Some(facet.value)),
    });
    choices.collect()
}

fn everywhere(frame: &Frame, address: String) -> Choice {
    Choice { text: CATALOGUE.of(frame.language).everywhere.to_owned(), count: 0, address }
}

impl Row {
    fn of(frame: &Frame, catalogue: &Catalogue, service: &Service, today: Date) -> Self {
        let words = CATALOGUE.of(frame.language);
        let fee = match (service.is_billable(), service.fee_on(today)) {
            (true, Some(schedule)) => fee_in_short(frame, schedule),
            (true, None) => words.no_fee_today.to_owned(),
            (false, _) => words.not_paid_here.to_owned(),
        };
        let delivery: Vec<String> =
            service.delivery.iter().map(|way| way.text().in_language(frame.language).to_owned()).collect();
        Self {
            slug: service.slug.to_string(),
            name: frame.shown(&service.name),
            agency: frame.shown(&catalogue.agency_of(service).name),
            fee,
            promise: service.promised_working_days.map(words.working_days),
            delivery: delivery.join(", "),
            is_sample: service.sample,
        }
    }
}
