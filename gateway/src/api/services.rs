//! Services: found and shown, from one snapshot of the catalogue.

use catalog::{Catalogue, Filters, Language, Service, Text};
use serde::Serialize;

use super::SharedApp;
use crate::app::App;
use crate::catalogue::Rendered;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::payments::CatalogueVersion;

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 500;

#[derive(Serialize)]
struct ServiceList {
    data: Vec<ServiceRow>,
    total: usize,
    catalogue: CatalogueVersion,
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

/// `GET /v1/services?q=&agency=&lang=&limit=`.
pub(super) async fn list(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let served = app.catalogue.current();
    let catalogue = served.catalogue();
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
        Some(text) => found(&app, catalogue, text, language, agency.as_deref(), limit)?,
        None => all(&app, catalogue, agency.as_deref(), limit),
    };
    let body = ServiceList { data, total, catalogue: served.version().clone() };
    let body = serde_json::to_vec(&body).map_err(Problem::internal_error)?;
    Ok(Rendered::new("application/json", body).answer(request.head.headers()))
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
    let served = app.catalogue.current();
    let index =
        served.catalogue().service_index(request.head.parameter("slug")).ok_or_else(no_such_service)?;
    let today = app.clock.today();
    if served.day() != today {
        // Just after midnight, before everything is rendered anew: nobody is told yesterday's fee.
        let body = served.render_one(index, today);
        return Ok(body.answer(request.head.headers()));
    }
    Ok(served.body(index).answer(request.head.headers()))
}

pub(super) fn no_such_service() -> Problem {
    Problem::new(Code::NotFound, "The catalogue has no service of this name.")
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
