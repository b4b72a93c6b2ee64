//! Services: found and shown, from one snapshot of the catalogue.

use catalog::{AgencyCode, County, FacetCount, Filters, Language, MatchReason, Service, Text};
use serde::Serialize;

use super::SharedApp;
use crate::app::App;
use crate::catalogue::{RESULTS_COUNTED_MAX, Rendered, Served};
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::payments::{Availability, CatalogueVersion};

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 500;

#[derive(Serialize)]
struct ServiceList {
    data: Vec<ServiceRow>,
    total: usize,
    /// How all that was found is spread, largest first.
    facets: FacetsBody,
    /// The query as it was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    did_you_mean: Option<String>,
    catalogue: CatalogueVersion,
}

#[derive(Serialize)]
struct FacetsBody {
    agencies: Vec<FacetBody>,
    counties: Vec<FacetBody>,
}

#[derive(Serialize)]
struct FacetBody {
    /// Filter by it to see them.
    value: String,
    count: usize,
}

#[derive(Serialize)]
struct ServiceRow {
    slug: String,
    name: Text,
    agency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    county: Option<String>,
    billable: bool,
    /// What is not as usual about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    availability: Option<&'static str>,
    sample: bool,
    /// Why it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_working_days: Option<u16>,
    url: String,
}

/// `GET /v1/services?q=&agency=&county=&lang=&limit=`.
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
    let agency = query.get("agency").map(|text| text.to_uppercase().parse()).transpose();
    let agency =
        agency.map_err(|error: catalog::CodeError| wrong("/agency", "not_an_agency", error.to_string()))?;
    let county = query.get("county").map(|text| text.to_lowercase().parse()).transpose();
    let county = county
        .map_err(|error: catalog::UnknownCounty| wrong("/county", "not_a_county", error.to_string()))?;
    let filters = Filters { agency, county, ..Filters::default() };
    let words = query.get("q").unwrap_or("");
    let hits = catalogue.search(words, language, &filters, limit);
    // A list that nobody searched for is no search.
    let shown = if words.trim().is_empty() { 0 } else { RESULTS_COUNTED_MAX };
    for hit in hits.hits.iter().take(shown) {
        served.tally().searched(hit.service);
    }
    let availability = app.books.readers().availability();
    let data = hits.hits.iter().map(|hit| {
        ServiceRow::of(&app, &served, &availability, catalogue.service_at(hit.service), hit.reason)
    });
    let body = ServiceList {
        data: data.collect(),
        total: hits.total_count,
        facets: FacetsBody {
            agencies: hits.facets.agencies.iter().map(FacetBody::of_agency).collect(),
            counties: hits.facets.counties.iter().map(FacetBody::of_county).collect(),
        },
        did_you_mean: hits.did_you_mean,
        catalogue: served.version().clone(),
    };
    let body = serde_json::to_vec(&body).map_err(Problem::internal_error)?;
    Ok(Rendered::new("application/json", body).answer(request.head.headers()))
}

/// `GET /v1/services/{slug}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let served = app.catalogue.current();
    let index =
        served.catalogue().service_index(request.head.parameter("slug")).ok_or_else(no_such_service)?;
    served.tally().viewed(index);
    let (service, headers) = (served.catalogue().service_at(index), request.head.headers());
    let availability = app.books.readers().availability();
    let unusual = served.unusual(service, &availability);
    let today = app.clock.today();
    if served.day() != today {
        // Just after midnight, before everything is rendered anew: nobody is told yesterday's fee.
        return Ok(served.render_one(service, today, &unusual).answer(headers));
    }
    if unusual.is_nothing() {
        return Ok(served.body(index).answer(headers));
    }
    Ok(app.catalogue.unusual_body(&served, &availability, service, &unusual).answer(headers))
}

/// The catalogue has none of this name.
pub(crate) fn no_such_service() -> Problem {
    Problem::new(Code::NotFound, "The catalogue has no service of this name.")
}

impl ServiceRow {
    fn of(
        app: &App,
        served: &Served,
        availability: &Availability,
        service: &Service,
        reason: MatchReason,
    ) -> Self {
        let unusual = served.unusual(service, availability);
        let availability = match (&unusual.closed, &unusual.system_down) {
            (Some(_), _) => Some("closed"),
            (None, Some(_)) => Some("own_system_down"),
            (None, None) => None,
        };
        Self {
            slug: service.slug.to_string(),
            name: service.name.clone(),
            agency: service.agency.to_string(),
            county: service.county.map(County::slug),
            billable: service.is_billable(),
            availability,
            sample: service.sample,
            reason: (reason != MatchReason::Listed).then(|| reason.to_string()),
            promised_working_days: service.promised_working_days,
            url: format!("{}/v1/services/{}", app.public_url, service.slug),
        }
    }
}

impl FacetBody {
    fn of_agency(facet: &FacetCount<AgencyCode>) -> Self {
        Self { value: facet.value.to_string(), count: facet.count }
    }

    fn of_county(facet: &FacetCount<County>) -> Self {
        Self { value: facet.value.slug(), count: facet.count }
    }
}
