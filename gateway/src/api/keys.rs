//! Keys of the API, on the admin listener: handed out, listed, ended at once.

use std::sync::Arc;

use catalog::AgencyCode;
use hyper::StatusCode;
use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::bills::command;
use super::{SharedApp, trouble};
use crate::access::{ApiKey, KeyMode, KeySecret, Role};
use crate::app::App;
use crate::clock::{format_rfc3339, parse_rfc3339};
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::channels::{ChannelKind, ChannelName};
use crate::payments::{Answer, Ask};

/// Longest label in characters.
const LABEL_LEN_MAX: usize = 80;

/// What a key is asked for with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it may do.
    pub role: Role,
    /// The agency, for roles that belong to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// The one counter at which it takes cash, for a cashier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub label: String,
    /// When it ends, RFC 3339; never, if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// A key as it is listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyBody {
    /// Its name.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub role: Role,
    /// The agency whose rows it sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// The one counter at which it takes cash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<String>,
    /// `test` or `live`.
    pub mode: KeyMode,
    /// When it ends, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The key itself: in the answer that makes it, and never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// All keys in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyList {
    /// Sorted by name.
    pub data: Vec<KeyBody>,
}

/// `GET /admin/keys`.
pub(super) async fn list(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let keys = app.books.readers().keys();
    let mut data: Vec<_> = keys.iter().map(|key| KeyBody::of(key, None)).collect();
    data.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(response::json(StatusCode::OK, &KeyList { data }))
}

/// `POST /admin/keys`.
pub(super) async fn create(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: NewKey = request.json()?;
    let mode = KeyMode::of(app.purpose);
    let (key, secret) = make_key(&wanted, mode)?;
    known_agency(&app, key.agency.as_deref())?;
    known_counter(&app, key.agency.as_deref(), key.counter.as_deref())?;
    let body = KeyBody::of(&key, Some(&secret));
    match app.books.ask(command(&request, Ask::IssueKey(Box::new(key)))).await {
        Ok(Answer::Done { .. }) => Ok(response::json(StatusCode::CREATED, &body)),
        Ok(Answer::Refused(refusal)) => Err(trouble::refusal(&refusal)),
        Ok(other) => Err(trouble::internal(format!("{other:?} answers no key"))),
        Err(error) => Err(trouble::books(&error)),
    }
}

/// `POST /admin/keys/{id}/revoke`.
pub(super) async fn revoke(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let id = request.head.parameter("id").into();
    match app.books.ask(command(&request, Ask::RevokeKey { id })).await {
        Ok(Answer::Done { .. }) => Ok(response::no_content()),
        Ok(Answer::Refused(refusal)) => Err(trouble::refusal(&refusal)),
        Ok(other) => Err(trouble::internal(format!("{other:?} answers no key"))),
        Err(error) => Err(trouble::books(&error)),
    }
}

/// A key that fits its role, and its secret.
pub(crate) fn make_key(wanted: &NewKey, mode: KeyMode) -> Result<(ApiKey, KeySecret), Problem> {
    let wrong = |pointer: &'static str, code: &'static str, detail: String| {
        Problem::validation(vec![FieldError::new(pointer, code, detail)])
    };
    let agency = agency_of_role(wanted.role, wanted.agency.as_deref())?;
    let counter = counter_of_role(wanted.role, wanted.counter.as_deref())?;
    if wanted.label.chars().count() > LABEL_LEN_MAX {
        return Err(wrong("/label", "too_long", format!("At most {LABEL_LEN_MAX} characters.")));
    }
    let expires = match &wanted.expires_at {
        None => None,
        Some(text) => {
            let micros =
                parse_rfc3339(text).map_err(|error| wrong("/expires_at", "not_a_time", error.to_string()))?;
            Some(LedgerTime::from_micros(micros))
        }
    };
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random)
        .map_err(|_| Problem::new(Code::InternalError, "No random numbers could be had."))?;
    let secret = KeySecret::from_random(mode, &random);
    let key = ApiKey {
        id: secret.id().into(),
        label: wanted.label.as_str().into(),
        role: wanted.role,
        agency,
        counter,
        mode,
        secret_hash: secret.hash().to_string().into(),
        expires,
    };
    Ok((key, secret))
}

/// The agency that goes with a role: one, for roles that belong to one, and none for others.
pub(super) fn agency_of_role(role: Role, agency: Option<&str>) -> Result<Option<Arc<str>>, Problem> {
    let wrong = |code: &'static str, detail: String| {
        Problem::validation(vec![FieldError::new("/agency", code, detail)])
    };
    match (agency, role.belongs_to_an_agency()) {
        (Some(agency), true) => {
            let agency: AgencyCode = agency
                .to_uppercase()
                .parse()
                .map_err(|error: catalog::CodeError| wrong("not_an_agency", error.to_string()))?;
            Ok(Some(agency.as_str().into()))
        }
        (None, false) => Ok(None),
        (None, true) => Err(wrong("missing", format!("{role} needs an agency."))),
        (Some(_), false) => Err(wrong("not_asked_for", format!("{role} belongs to no agency."))),
    }
}

/// The counter that goes with a role: one or none for a cashier, and none for others.
pub(super) fn counter_of_role(role: Role, counter: Option<&str>) -> Result<Option<Arc<str>>, Problem> {
    let wrong = |detail: String| Problem::validation(vec![FieldError::new("/counter", "wrong", detail)]);
    let Some(counter) = counter else { return Ok(None) };
    if role != Role::Cashier {
        return Err(wrong(format!("{role} is bound to no counter.")));
    }
    let named = ChannelName::one_of(ChannelKind::Counter, counter);
    named.map(|_| Some(counter.into())).map_err(|error| wrong(error.to_string()))
}

/// An agency that the catalogue has, or whose people take cash at a counter: what nobody knows is a slip, and a key for it would
/// see nothing.
pub(super) fn known_agency(app: &App, agency: Option<&str>) -> Result<(), Problem> {
    let Some(agency) = agency else { return Ok(()) };
    let mut counters = app.channels.iter().filter_map(|channel| channel.counter());
    if app.catalogue.current().catalogue().agency(agency).is_some()
        || counters.any(|counter| *counter.agency == *agency)
    {
        return Ok(());
    }
    let detail = format!("There is no agency {agency}: neither the catalogue nor a counter here names it.");
    Err(Problem::validation(vec![FieldError::new("/agency", "no_such_agency", detail)]))
}

/// A counter that is there, of this agency.
pub(super) fn known_counter(app: &App, agency: Option<&str>, counter: Option<&str>) -> Result<(), Problem> {
    let Some(counter) = counter else { return Ok(()) };
    let name = ChannelName::one_of(ChannelKind::Counter, counter).ok();
    let terms = name.and_then(|name| app.channels.find(&name)).and_then(|channel| channel.counter());
    if terms.is_some_and(|terms| agency.is_none_or(|agency| *terms.agency == *agency)) {
        return Ok(());
    }
    let agency = agency.unwrap_or("nobody");
    let detail = format!("{agency} has no counter of this name: channels.file names them.");
    Err(Problem::validation(vec![FieldError::new("/counter", "no_such_counter", detail)]))
}

impl KeyBody {
    fn of(key: &ApiKey, secret: Option<&KeySecret>) -> Self {
        Self {
            id: key.id.to_string(),
            label: key.label.to_string(),
            role: key.role,
            agency: key.agency.as_deref().map(str::to_owned),
            counter: key.counter.as_deref().map(str::to_owned),
            mode: key.mode,
            expires_at: key.expires.map(|expires| format_rfc3339(expires.micros())),
            secret: secret.map(|secret| secret.reveal().to_owned()),
        }
    }
}
