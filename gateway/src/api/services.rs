//! Services: found and shown, from one snapshot of the catalogue.

use catalog::{Billing, Catalogue, FeeSchedule, Filters, Language, Service, Text};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH};
use serde::Serialize;

use super::SharedApp;
use crate::app::App;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};

/// Catalogue answers may be kept by caches for a moment, and carried through an outage for a week.
const CACHING: &str = "public, max-age=5, stale-while-revalidate=60, stale-if-error=604800";
const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 500;

#[derive(Serialize)]
struct ServiceList {
    data: Vec<ServiceRow>,
    total: usize,
    catalogue: String,
}

#[derive(Serialize)]
struct ServiceRow {
    slug: String,
    name: Text,
    agency: String,
    billable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_working_days: Option<u16>,
    url: String,
}

#[derive(Serialize)]
struct ServiceBody {
    slug: String,
    name: Text,
    description: Text,
    agency: AgencyBody,
    requirements: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_working_days: Option<u16>,
    sample: bool,
    billable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_billable_because: Option<Text>,
    fees: Vec<FeeBody>,
    catalogue: String,
}

#[derive(Serialize)]
struct AgencyBody {
    code: String,
    name: Text,
}

#[derive(Serialize)]
struct FeeBody {
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<String>,
    legal_basis: String,
    in_force: bool,
}

/// `GET /v1/services?q=&agency=&lang=&limit=`.
pub(super) async fn list(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let catalogue = app.catalogue.current();
    let query = request.head.query()?;
    let wrong = |pointer: &'static str, code: &'static str, detail: String| {
        Problem::validation(vec![FieldError::new(pointer, code, detail)])
    };
    let limit = match query.get("limit") {
        None => LIMIT_DEFAULT,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
            .ok_or_else(|| wrong("/limit", "out_of_range", format!("From 1 to {LIMIT_MAX}.")))?,
    };
    let language: Language =
        query.get("lang").unwrap_or("en").parse().map_err(|error: catalog::UnknownLanguage| {
            wrong("/lang", "unknown_language", error.to_string())
        })?;
    let agency = query.get("agency").map(str::to_uppercase);
    let (data, total) = match query.get("q").map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => found(&app, &catalogue, text, language, agency.as_deref(), limit)?,
        None => all(&app, &catalogue, agency.as_deref(), limit),
    };
    let body = ServiceList { data, total, catalogue: catalogue.hash().to_string() };
    Ok(cacheable(&app, &request, &catalogue, response::json(StatusCode::OK, &body)))
}

fn found(
    app: &App,
    catalogue: &Catalogue,
    text: &str,
    language: Language,
    agency: Option<&str>,
    limit: usize,
) -> Result<(Vec<ServiceRow>, usize), Problem> {
    let agency = agency.map(str::parse).transpose().map_err(|error: catalog::CodeError| {
        Problem::validation(vec![FieldError::new("/agency", "not_an_agency", error.to_string())])
    })?;
    let filters = Filters { agency, ..Filters::default() };
    let hits = catalogue.search(text, language, &filters, limit);
    let rows = hits.hits.iter().map(|hit| ServiceRow::of(app, catalogue.service_at(hit.service))).collect();
    Ok((rows, hits.total_count))
}

fn all(app: &App, catalogue: &Catalogue, agency: Option<&str>, limit: usize) -> (Vec<ServiceRow>, usize) {
    let services = catalogue.services().iter();
    let of_agency: Vec<_> =
        services.filter(|service| agency.is_none_or(|agency| service.agency.as_str() == agency)).collect();
    let rows = of_agency.iter().take(limit).map(|service| ServiceRow::of(app, service)).collect();
    (rows, of_agency.len())
}

/// `GET /v1/services/{slug}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let catalogue = app.catalogue.current();
    let service = catalogue
        .service(request.head.parameter("slug"))
        .ok_or_else(|| Problem::new(Code::NotFound, "The catalogue has no service of this name."))?;
    let today = app.clock.today();
    let agency = catalogue.agency_of(service);
    let body = ServiceBody {
        slug: service.slug.to_string(),
        name: service.name.clone(),
        description: service.description.clone(),
        agency: AgencyBody { code: agency.code.to_string(), name: agency.name.clone() },
        requirements: service.requirements.clone(),
        promised_working_days: service.promised_working_days,
        sample: service.sample,
        billable: service.is_billable(),
        not_billable_because: match &service.billing {
            Billing::NotBillable(reason) => Some(reason.clone()),
            Billing::Fees(_) => None,
        },
        fees: service.fees().iter().map(|schedule| FeeBody::of(schedule, today)).collect(),
        catalogue: catalogue.hash().to_string(),
    };
    Ok(cacheable(&app, &request, &catalogue, response::json(StatusCode::OK, &body)))
}

/// The answer with its validator; 304 if the caller has it already. The day is part of the validator, because what is in
/// force changes at midnight without a new catalogue.
fn cacheable(app: &App, request: &Request<App>, catalogue: &Catalogue, mut response: Response) -> Response {
    let today = app.clock.today();
    let tag = format!(
        "\"{}\"",
        crate::app::short_name(&format!("{} {today} {}", catalogue.hash(), request.head.uri()))
    );
    let tag = HeaderValue::from_str(&tag).expect("hex digits in quotes are a header value");
    if request.head.headers().get(IF_NONE_MATCH) == Some(&tag) {
        response = response::no_content();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    response.headers_mut().insert(ETAG, tag);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(CACHING));
    response
}

impl ServiceRow {
    fn of(app: &App, service: &Service) -> Self {
        Self {
            slug: service.slug.to_string(),
            name: service.name.clone(),
            agency: service.agency.to_string(),
            billable: service.is_billable(),
            promised_working_days: service.promised_working_days,
            url: format!("{}/v1/services/{}", app.public_url, service.slug),
        }
    }
}

impl FeeBody {
    fn of(schedule: &FeeSchedule, today: jiff::civil::Date) -> Self {
        Self {
            version: schedule.version.to_string(),
            valid_from: schedule.validity.from().map(|date| date.to_string()),
            valid_to: schedule.validity.to().map(|date| date.to_string()),
            legal_basis: schedule.basis.citation(),
            in_force: schedule.validity.contains(today),
        }
    }
}
