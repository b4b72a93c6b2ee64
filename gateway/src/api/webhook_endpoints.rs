//! Webhook endpoints: where an agency wants to be told, with which secret, and what came of it.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{HeaderValue, LOCATION};
use ledger::Sealed;
use serde::{Deserialize, Serialize};

use super::bills::command;
use super::{Principal, SharedApp, trouble};
use crate::app::App;
use crate::away::away;
use crate::clock::format_rfc3339;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::notices::delivery::{self, LostSecret};
use crate::notices::signature::SigningKey;
use crate::outbound::posting::NowhereToPost;
use crate::payments::{
    Answer, Ask, DeliveryAttempt, DeliveryOutcome, DisabledReason, Endpoint, EndpointChange, EndpointId,
    EndpointTerms, NoticeAsk, NoticeId, NoticeKind, SigningScheme,
};
use crate::personal::{Field, Personal};

/// Longest description in characters.
const LABEL_LEN_MAX: usize = 80;
/// How long the secret before signs as well, unless somebody says otherwise, and at most.
const OVERLAP_SECONDS: i64 = 86_400;
const OVERLAP_SECONDS_MAX: i64 = 7 * 86_400;

/// What an endpoint is asked for with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEndpoint {
    url: String,
    /// All types, if none is named.
    #[serde(default)]
    events: Vec<NoticeKind>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    signing: Option<SigningScheme>,
}

/// What of an endpoint is to change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangedEndpoint {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    events: Option<Vec<NoticeKind>>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    enabled: Option<bool>,
}

/// How a secret is changed for another.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[serde(default)]
    overlap_seconds: Option<i64>,
}

/// An endpoint as the API shows it.
#[derive(Serialize)]
struct EndpointBody {
    id: EndpointId,
    agency: String,
    url: String,
    /// Empty for all.
    events: Vec<NoticeKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    signing: SigningScheme,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<DisabledReason>,
    /// How many events wait to be tried again.
    waiting: usize,
    /// Since when the oldest of them does.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_taken_at: Option<String>,
    /// Until when the secret before signs as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_secret_until: Option<String>,
    /// Those whose key is lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lost_secrets: Vec<LostSecret>,
    created_at: String,
    /// In the answers that make it, and never again. The public key, where notices are signed with a private one.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Serialize)]
struct EndpointList {
    data: Vec<EndpointBody>,
}

/// A delivery as the API shows it.
#[derive(Serialize)]
struct DeliveryBody {
    event: NoticeId,
    #[serde(rename = "type")]
    kind: Option<NoticeKind>,
    /// `waiting`, `delivered` or `given_up`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<String>,
    /// The latest ones.
    attempts: Vec<AttemptBody>,
}

#[derive(Serialize)]
struct AttemptBody {
    at: String,
    took_ms: u32,
    /// `answered`, `no_connection`, `timed_out` or `broke`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
}

#[derive(Serialize)]
struct DeliveryList {
    data: Vec<DeliveryBody>,
}

/// The answer for an endpoint that does not exist and for one that is somebody else's: the same, to the letter.
pub(super) fn no_such_endpoint() -> Problem {
    Problem::new(Code::NotFound, "There is no such webhook endpoint, or it is not yours.")
}

/// `POST /v1/webhook_endpoints`.
pub(super) async fn create(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: NewEndpoint = request.json()?;
    let Principal::Key(key) = &request.principal else {
        return Err(trouble::internal("no key makes endpoints"));
    };
    let agency = key.agency.clone().ok_or_else(|| trouble::internal("an integrator has no agency"))?;
    let terms = Arc::new(EndpointTerms {
        id: app.new_endpoint_id(),
        agency,
        url: read_url(&app, &wanted.url)?,
        kinds: wanted.events,
        label: wanted.description.as_deref().map(read_label).transpose()?,
        signing: wanted.signing.unwrap_or(SigningScheme::HmacSha256),
    });
    let (secret, sealed) = new_secret(&app, terms.signing)?;
    let id = terms.id;
    done(&app, &request, NoticeAsk::CreateEndpoint { terms, secret: sealed }).await?;
    let endpoint = of_principal(&app, &request.principal, id)?;
    let mut response = show_endpoint(&app, endpoint, StatusCode::CREATED, Some(&secret)).await?;
    let location =
        HeaderValue::from_str(&format!("/v1/webhook_endpoints/{id}")).map_err(trouble::internal)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// `GET /v1/webhook_endpoints`.
pub(super) async fn list(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let (notices, scope) = (app.books.readers().notices(), request.principal.scope());
    let from_disk = move || {
        let own = notices.endpoints().filter(|endpoint| scope.covers(&endpoint.terms.agency));
        own.map(|endpoint| EndpointBody::of(&app, endpoint, None)).collect()
    };
    let data = away(from_disk).await.map_err(trouble::internal)?;
    Ok(response::not_stored(response::json(StatusCode::OK, &EndpointList { data })))
}

/// `GET /v1/webhook_endpoints/{id}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let endpoint = by_path(&app, &request)?;
    show_endpoint(&app, endpoint, StatusCode::OK, None).await
}

/// `PATCH /v1/webhook_endpoints/{id}`.
pub(super) async fn change(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let endpoint = by_path(&app, &request)?.terms.id;
    let wanted: ChangedEndpoint = request.json()?;
    let change = EndpointChange {
        url: wanted.url.as_deref().map(|url| read_url(&app, url)).transpose()?,
        kinds: wanted.events,
        label: wanted.description.as_deref().map(read_label).transpose()?,
        is_enabled: wanted.enabled,
    };
    done(&app, &request, NoticeAsk::ChangeEndpoint { endpoint, change }).await?;
    let endpoint = of_principal(&app, &request.principal, endpoint)?;
    show_endpoint(&app, endpoint, StatusCode::OK, None).await
}

/// `DELETE /v1/webhook_endpoints/{id}`. The keys of its secrets are destroyed: nobody can open them any more.
pub(super) async fn delete(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let endpoint = by_path(&app, &request)?;
    done(&app, &request, NoticeAsk::DeleteEndpoint { endpoint: endpoint.terms.id }).await?;
    if let Err(error) = delivery::destroy_what_is_over(&app).await {
        tracing::error!(%error, "The secret of an endpoint that is no more is still there; it is tried again.");
    }
    Ok(response::no_content())
}

/// `POST /v1/webhook_endpoints/{id}/rotate`: another secret signs; the one before it as well, for a time.
pub(super) async fn rotate(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let endpoint = by_path(&app, &request)?;
    let wanted: Rotation = if request.bytes().is_empty() { Rotation::default() } else { request.json()? };
    let overlap_seconds = wanted.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
    if !(0..=OVERLAP_SECONDS_MAX).contains(&overlap_seconds) {
        let detail = format!("0 to {OVERLAP_SECONDS_MAX} seconds.");
        return Err(wrong("/overlap_seconds", "out_of_range", detail));
    }
    let (secret, sealed) = new_secret(&app, endpoint.terms.signing)?;
    let ask = NoticeAsk::RotateSecret { endpoint: endpoint.terms.id, overlap_seconds, secret: sealed };
    done(&app, &request, ask).await?;
    let endpoint = of_principal(&app, &request.principal, endpoint.terms.id)?;
    show_endpoint(&app, endpoint, StatusCode::OK, Some(&secret)).await
}

/// `GET /v1/webhook_endpoints/{id}/deliveries`: what waits, then what is over, the latest first.
pub(super) async fn deliveries(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let endpoint = by_path(&app, &request)?;
    let waiting = endpoint.open.iter().map(|(notice, open)| {
        let next = Some(format_rfc3339(open.due.micros()));
        DeliveryBody::of(*notice, "waiting", next, &open.attempts)
    });
    let finished = endpoint.finished.iter().rev().map(|finished| {
        let status = if finished.is_taken { "delivered" } else { "given_up" };
        DeliveryBody::of(finished.notice, status, None, &finished.attempts)
    });
    let data = waiting.chain(finished).collect();
    Ok(response::not_stored(response::json(StatusCode::OK, &DeliveryList { data })))
}

fn by_path(app: &App, request: &Request<App>) -> Result<Arc<Endpoint>, Problem> {
    let id = request.head.parameter("id").parse().map_err(|_| no_such_endpoint())?;
    of_principal(app, &request.principal, id)
}

/// The endpoint, if the caller sees it.
pub(super) fn of_principal(
    app: &App,
    principal: &Principal,
    id: EndpointId,
) -> Result<Arc<Endpoint>, Problem> {
    let notices = app.books.readers().notices();
    let endpoint = notices.endpoint(id).filter(|endpoint| principal.scope().covers(&endpoint.terms.agency));
    endpoint.cloned().ok_or_else(no_such_endpoint)
}

async fn done(app: &App, request: &Request<App>, ask: NoticeAsk) -> Result<(), Problem> {
    match app.books.ask(command(request, Ask::Notice(ask))).await.map_err(|error| trouble::books(&error))? {
        Answer::Done { .. } | Answer::Nothing => Ok(()),
        Answer::Refused(refusal) => Err(trouble::refusal(&refusal)),
        other => Err(trouble::internal(format!("{other:?} answers nothing about an endpoint"))),
    }
}

fn new_secret(app: &App, scheme: SigningScheme) -> Result<(SigningKey, Sealed), Problem> {
    let key = SigningKey::generate(scheme).map_err(trouble::internal)?;
    let taken = app.vault.take().map_err(|error| trouble::vault(&error))?;
    let personal = Personal::default().with(Field::SigningSecret, Some(&key.to_text()));
    let sealed = personal.seal_with(&taken).map_err(|error| trouble::vault(&error))?;
    Ok((key, sealed.ok_or_else(|| trouble::internal("a secret is not nothing"))?))
}

/// An address that may be sent to, as far as that can be told before its name is looked up.
fn read_url(app: &App, text: &str) -> Result<Arc<str>, Problem> {
    let code = |nowhere: &NowhereToPost| match nowhere {
        NowhereToPost::NoAddress(_) => "not_an_address",
        NowhereToPost::Refused(_) => "not_allowed",
    };
    let judged = app.outbound.may_lead_to(text);
    judged.map_err(|nowhere| wrong("/url", code(&nowhere), nowhere.to_string()))?;
    Ok(text.into())
}

fn read_label(text: &str) -> Result<Arc<str>, Problem> {
    if text.chars().count() > LABEL_LEN_MAX || text.chars().any(char::is_control) {
        return Err(wrong(
            "/description",
            "too_long",
            format!("At most {LABEL_LEN_MAX} characters on one line."),
        ));
    }
    Ok(text.into())
}

fn wrong(pointer: &'static str, code: &'static str, detail: String) -> Problem {
    Problem::validation(vec![FieldError::new(pointer, code, detail)])
}

async fn show_endpoint(
    app: &SharedApp,
    endpoint: Arc<Endpoint>,
    status: StatusCode,
    secret: Option<&SigningKey>,
) -> Result<Response, Problem> {
    let (from_disk, secret) = (SharedApp::clone(app), secret.map(|secret| secret.for_receiver().to_string()));
    let body = away(move || EndpointBody::of(&from_disk, &endpoint, secret)).await;
    Ok(response::not_stored(response::json(status, &body.map_err(trouble::internal)?)))
}

impl EndpointBody {
    /// Reads from the disk whether its secrets open.
    fn of(app: &App, endpoint: &Endpoint, secret: Option<String>) -> Self {
        let terms = &endpoint.terms;
        let oldest = endpoint.open.values().map(|open| open.since).min();
        let moment = |time: ledger::LedgerTime| format_rfc3339(time.micros());
        Self {
            id: terms.id,
            agency: terms.agency.to_string(),
            url: terms.url.to_string(),
            events: terms.kinds.clone(),
            description: terms.label.as_deref().map(str::to_owned),
            signing: terms.signing,
            status: if endpoint.disabled.is_some() { "disabled" } else { "enabled" },
            disabled_at: endpoint.disabled.map(|(at, _)| moment(at)),
            disabled_reason: endpoint.disabled.map(|(_, reason)| reason),
            waiting: endpoint.open.len(),
            waiting_since: oldest.map(moment),
            last_taken_at: endpoint.last_taken.map(moment),
            previous_secret_until: endpoint.secrets_at(app.now()).find_map(|secret| secret.until).map(moment),
            lost_secrets: delivery::lost_of(app, endpoint),
            created_at: moment(endpoint.created),
            secret,
        }
    }
}

impl DeliveryBody {
    fn of(
        notice: NoticeId,
        status: &'static str,
        next_attempt_at: Option<String>,
        attempts: &[DeliveryAttempt],
    ) -> Self {
        Self {
            event: notice,
            kind: NoticeKind::of_number(notice.kind_number()),
            status,
            next_attempt_at,
            attempts: attempts.iter().map(AttemptBody::of).collect(),
        }
    }
}

impl AttemptBody {
    fn of(attempt: &DeliveryAttempt) -> Self {
        let (outcome, http_status) = match attempt.outcome {
            DeliveryOutcome::Status(status) => ("answered", Some(status)),
            DeliveryOutcome::NoConnection => ("no_connection", None),
            DeliveryOutcome::TimedOut => ("timed_out", None),
            DeliveryOutcome::Broke => ("broke", None),
        };
        Self { at: format_rfc3339(attempt.at.micros()), took_ms: attempt.took_ms, outcome, http_status }
    }
}
