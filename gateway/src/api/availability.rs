//! What can be had at the moment: services and agencies are closed for a time and opened again, and everybody may ask
//! what is not as usual.

use std::sync::Arc;

use catalog::{Text, is_unseen};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use ledger::LedgerTime;
use serde::Deserialize;

use super::bills::command;
use super::{Principal, SharedApp, services, trouble};
use crate::access::Role;
use crate::app::App;
use crate::catalogue::ScopeBody;
use crate::clock::parse_rfc3339;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{Answer, Ask, AvailabilityScope, ClosedBy, ClosureTerms};

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

/// `GET /v1/availability`: everything that is not as usual.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let availability = app.books.readers().availability();
    let list = app.catalogue.unusual_list(&availability).map_err(Problem::internal_error)?;
    Ok(list.answer(request.head.headers()))
}

/// `POST /v1/services/{slug}/availability`.
pub(super) async fn set_of_service(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let served = app.catalogue.current();
    let slug = request.head.parameter("slug");
    let known = served.catalogue().service(slug).map(|service| service.agency.as_str());
    let scope = AvailabilityScope::Service { slug: slug.into() };
    set(&app, &request, scope, known, services::no_such_service).await
}

/// `POST /v1/agencies/{code}/availability`.
pub(super) async fn set_of_agency(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let served = app.catalogue.current();
    let code = request.head.parameter("code").to_uppercase();
    let known = served.catalogue().agency(&code).map(|agency| agency.code.as_str());
    let no_such = || Problem::new(Code::NotFound, "The catalogue has no agency of this code.");
    set(&app, &request, AvailabilityScope::Agency { code: code.as_str().into() }, known, no_such).await
}

/// An agency closes what is its own, an operator whatever has to be.
fn set_by(request: &Request<App>, agencies: [Option<&str>; 2]) -> Result<ClosedBy, Problem> {
    match &request.principal {
        Principal::Key(key) if key.role == Role::Operator => Ok(ClosedBy::Operator),
        principal if agencies.into_iter().flatten().any(|agency| principal.scope().covers(agency)) => {
            Ok(ClosedBy::Agency)
        }
        _ => Err(Problem::new(Code::Forbidden, "This key closes and opens services of its own agency.")),
    }
}

/// Closes or opens a scope. `known` is whose it is in the catalogue in force; only what is there is closed. What was closed
/// can be opened whatever became of the catalogue since, also by the agency whose it was then.
async fn set(
    app: &App,
    request: &Request<App>,
    scope: AvailabilityScope,
    known: Option<&str>,
    no_such: fn() -> Problem,
) -> Result<Response, Problem> {
    let wanted: AvailabilityRequest = request.json()?;
    let before = app.books.readers().availability();
    let closed = before.closure(&scope).filter(|_| wanted.state == StateWord::Open);
    if known.is_none() && closed.is_none() {
        return Err(no_such());
    }
    let closed_of = closed.and_then(|(scope, closure)| closure.terms.agency_of(scope));
    let set_by = set_by(request, [known, closed_of])?;
    let terms = read_terms(wanted, set_by, app.now())?;
    let principal = request.principal.name();
    app.limits.availability_is_set(&principal).map_err(|error| trouble::too_often(&error))?;
    let ask = match terms {
        Some(terms) => {
            let is_service = matches!(scope, AvailabilityScope::Service { .. });
            let agency = known.filter(|_| is_service).map(Arc::from);
            Ask::Close { scope: scope.clone(), terms: ClosureTerms { agency, ..terms } }
        }
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
        // It is published as it is: it says something, and nothing in it is hidden or turns what stands around it.
        (1..=REASON_LEN_MAX).contains(&text.trim().chars().count())
            && text.chars().any(char::is_alphanumeric)
            && !text.chars().any(|mark| mark.is_control() || is_unseen(mark))
    };
    let reason = wanted.reason.filter(|reason| is_fit(&reason.en) && is_fit(&reason.sw));
    let reason = reason.ok_or_else(|| {
        let detail = format!(
            "Say why to everybody, in English and Kiswahili, in 1 to {REASON_LEN_MAX} characters on one line, all of them to be seen."
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
    Ok(Some(ClosureTerms { reason, from, until, closed_by, agency: None }))
}
