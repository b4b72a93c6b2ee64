//! What can be had at the moment: services and agencies are closed for a time and opened again, and everybody may ask
//! what is not as usual.

use catalog::{AgencyCode, Text};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::bills::command;
use super::{Principal, SharedApp, services, trouble};
use crate::access::Role;
use crate::app::App;
use crate::catalogue::{ClosureBody, Rendered, SystemDownBody};
use crate::clock::parse_rfc3339;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{Answer, Ask, Availability, AvailabilityScope, ClosedBy, ClosureTerms};

/// Longest reason in characters, in each language.
const REASON_LEN_MAX: usize = 500;
/// The farthest end of a closure: whatever is closed for longer is no service any more.
const UNTIL_MICROS_MAX: i64 = 366 * 86_400 * 1_000_000;

/// What availability is set with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AvailabilityRequest {
    state: StateWord,
    #[serde(default)]
    reason: Option<ReasonRequest>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    until: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateWord {
    Open,
    Closed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonRequest {
    en: String,
    sw: String,
}

/// What is in force for a service or an agency now.
#[derive(Serialize)]
struct ScopeBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<&'a str>,
    state: &'static str,
    #[serde(flatten)]
    closure: Option<ClosureBody<'a>>,
}

#[derive(Serialize)]
struct AvailabilityList<'a> {
    /// In force, and planned.
    closures: Vec<ScopeBody<'a>>,
    systems_down: Vec<AgencySystemBody<'a>>,
}

#[derive(Serialize)]
struct AgencySystemBody<'a> {
    agency: &'a str,
    #[serde(flatten)]
    down: SystemDownBody,
}

/// `GET /v1/availability`: everything that is not as usual.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let availability = app.books.readers().availability();
    let body = AvailabilityList {
        closures: availability.closures().map(|(scope, _)| ScopeBody::of(scope, &availability)).collect(),
        systems_down: availability
            .systems_down()
            .map(|(agency, _, down)| AgencySystemBody { agency, down: SystemDownBody::of(down) })
            .collect(),
    };
    let body = serde_json::to_vec(&body).map_err(Problem::internal_error)?;
    Ok(Rendered::new("application/json", body).answer(request.head.headers()))
}

/// `POST /v1/services/{slug}/availability`.
pub(super) async fn set_of_service(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted = request.json()?;
    let served = app.catalogue.current();
    let service = served.catalogue().service(request.head.parameter("slug"));
    let service = service.ok_or_else(services::no_such_service)?;
    let set_by = set_by(&request, &service.agency)?;
    set(&app, &request, AvailabilityScope::Service { slug: service.slug.as_str().into() }, set_by, wanted)
        .await
}

/// `POST /v1/agencies/{code}/availability`.
pub(super) async fn set_of_agency(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted = request.json()?;
    let served = app.catalogue.current();
    let agency = served.catalogue().agency(&request.head.parameter("code").to_uppercase());
    let agency =
        agency.ok_or_else(|| Problem::new(Code::NotFound, "The catalogue has no agency of this code."))?;
    let set_by = set_by(&request, &agency.code)?;
    set(&app, &request, AvailabilityScope::Agency { code: agency.code.as_str().into() }, set_by, wanted).await
}

/// An agency closes what is its own, an operator whatever has to be.
fn set_by(request: &Request<App>, agency: &AgencyCode) -> Result<ClosedBy, Problem> {
    match &request.principal {
        Principal::Key(key) if key.role == Role::Operator => Ok(ClosedBy::Operator),
        principal if principal.scope().covers(agency.as_str()) => Ok(ClosedBy::Agency),
        _ => Err(Problem::new(Code::Forbidden, "This key closes and opens services of its own agency.")),
    }
}

async fn set(
    app: &App,
    request: &Request<App>,
    scope: AvailabilityScope,
    set_by: ClosedBy,
    wanted: AvailabilityRequest,
) -> Result<Response, Problem> {
    let ask = match read_terms(wanted, set_by, app.now())? {
        Some(terms) => Ask::Close { scope: scope.clone(), terms },
        None => Ask::Open { scope: scope.clone(), opened_by: set_by },
    };
    match app.books.ask(command(request, ask)).await.map_err(|error| trouble::books(&error))? {
        Answer::Done { .. } | Answer::Nothing => {}
        Answer::Refused(refusal) => return Err(trouble::refusal(&refusal)),
        other => return Err(trouble::internal(format!("{other:?} answers no closure"))),
    }
    let availability = app.books.readers().availability();
    let mut response = response::json(StatusCode::OK, &ScopeBody::of(&scope, &availability));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The terms of a closure, or nothing if it is to be opened.
fn read_terms(
    wanted: AvailabilityRequest,
    closed_by: ClosedBy,
    now: LedgerTime,
) -> Result<Option<ClosureTerms>, Problem> {
    let wrong = |pointer: &'static str, code: &'static str, detail: &str| {
        Problem::validation(vec![FieldError::new(pointer, code, detail.to_owned())])
    };
    if wanted.state == StateWord::Open {
        let is_bare = wanted.reason.is_none() && wanted.from.is_none() && wanted.until.is_none();
        let more = || wrong("/state", "says_more", "What is open needs no reason and no time.");
        return if is_bare { Ok(None) } else { Err(more()) };
    }
    let is_fit = |text: &String| {
        (1..=REASON_LEN_MAX).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control)
    };
    let reason = wanted.reason.filter(|reason| is_fit(&reason.en) && is_fit(&reason.sw));
    let reason = reason.ok_or_else(|| {
        let detail = format!(
            "Say why to everybody, in English and Kiswahili, in 1 to {REASON_LEN_MAX} characters on one line."
        );
        wrong("/reason", "missing", &detail)
    })?;
    let moment = |pointer, text: Option<String>| {
        let read = |text: String| {
            let micros =
                parse_rfc3339(&text).map_err(|error| wrong(pointer, "not_a_time", &error.to_string()))?;
            let is_near = (now.micros()..=now.micros() + UNTIL_MICROS_MAX).contains(&micros);
            let far = || wrong(pointer, "out_of_range", "From now to a year from now.");
            if is_near { Ok(LedgerTime::from_micros(micros)) } else { Err(far()) }
        };
        text.map(read).transpose()
    };
    let (from, until) = (moment("/from", wanted.from)?, moment("/until", wanted.until)?);
    if from.is_some() && until.is_some() && from >= until {
        return Err(wrong("/until", "out_of_range", "It ends after it begins."));
    }
    let reason = Text::new(reason.en.trim(), reason.sw.trim());
    Ok(Some(ClosureTerms { reason, from, until, closed_by }))
}

impl<'a> ScopeBody<'a> {
    fn of(scope: &'a AvailabilityScope, availability: &'a Availability) -> Self {
        let closure = availability.closure(scope).map(|(_, closure)| closure);
        let (service, agency) = match scope {
            AvailabilityScope::Service { slug } => (Some(&**slug), None),
            AvailabilityScope::Agency { code } => (None, Some(&**code)),
        };
        let state = match closure {
            None => "open",
            Some(closure) if closure.in_force => "closed",
            Some(_) => "planned",
        };
        Self { service, agency, state, closure: closure.map(|closure| ClosureBody::of(scope, closure)) }
    }
}
