//! The whole catalogue, what changed in it, and how it changes: a draft by one person, publication by another.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use catalog::{Catalogue, Changes};
use hyper::StatusCode;
use hyper::body::{Body, Frame};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::bills::command;
use super::{SharedApp, trouble};
use crate::app::{App, Purpose};
use crate::catalogue::files::CatalogueFileError;
use crate::catalogue::{
    CACHING, CONTEXT, CatalogueError, Documents, Reloaded, Rendered, Served, is_known, service_node,
};
use crate::clock::format_rfc3339;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response, ResponseBody, StreamError};
use crate::payments::{Answer, Ask, CatalogueDraft, CatalogueVersion, Publication};

/// The most publications that one answer tells of.
const CHANGES_MAX: usize = 50;
/// Longest note of a draft in characters.
const NOTE_LEN_MAX: usize = 500;
/// So many services go out in one piece.
const SERVICES_PER_FRAME: usize = 64;

/// `GET /v1/catalogue`: every service, one JSON document a line, by slug; first a line about the catalogue itself.
pub(super) async fn whole(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let served = app.catalogue.current();
    let head = serde_json::json!({
        "catalogue": served.version(),
        "day": served.day(),
        "services": served.bodies().len(),
        "agencies": served.catalogue().agencies().iter().map(|agency| {
            serde_json::json!({"code": agency.code.as_str(), "name": agency.name, "ministry": agency.ministry,
                "department": agency.department})
        }).collect::<Vec<_>>(),
    });
    let availability = app.books.readers().availability();
    let unusual = availability.name();
    let line_of = move |served: &Served, position: usize, frame: &mut Vec<u8>| {
        let service = &served.catalogue().services()[position];
        let unusual = served.unusual(service, &availability);
        if unusual.is_nothing() {
            frame.extend_from_slice(served.bodies()[position].bytes());
        } else {
            frame.extend_from_slice(served.render_one(service, served.day(), &unusual).bytes());
        }
        frame.push(b'\n');
    };
    let head = format!("{head}\n");
    Ok(streamed(&request, served, ("application/x-ndjson", &unusual), head, line_of, ""))
}

/// `GET /v1/catalogue/linked-data`: the catalogue in the vocabulary of CPSV-AP, as JSON-LD.
pub(super) async fn linked_data(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let base = app.public_url.clone();
    let node_of = move |served: &Served, position: usize, frame: &mut Vec<u8>| {
        let catalogue = served.catalogue();
        let service = &catalogue.services()[position];
        let node = service_node(service, catalogue.agency_of(service), &base, served.day());
        if position > 0 {
            frame.extend_from_slice(b",\n");
        }
        frame.extend_from_slice(node.to_string().as_bytes());
    };
    let served = app.catalogue.current();
    let beginning = format!("{{\"@context\":{CONTEXT},\"@graph\":[\n");
    Ok(streamed(&request, served, ("application/ld+json", ""), beginning, node_of, "\n]}\n"))
}

/// An answer about every service, made while it is sent: of a content type, and with the name of what is not as usual in
/// it, from which its validator is made.
fn streamed(
    request: &Request<App>,
    served: Arc<Served>,
    (content_type, unusual): (&'static str, &str),
    beginning: String,
    write: impl Fn(&Served, usize, &mut Vec<u8>) + Send + Unpin + 'static,
    end: &'static str,
) -> Response {
    let CatalogueVersion { number, hash } = served.version();
    let name = format!("{number} {hash} {} {content_type} {unusual}", served.day());
    let tag = HeaderValue::from_str(&format!("\"{}\"", crate::app::short_name(&name)))
        .expect("hex digits in quotes are a header value");
    let mut response = if is_known(request.head.headers(), &tag) {
        let mut response = response::no_content();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let frames = Frames { served, beginning: Some(beginning), next: 0, write, end: Some(end) };
        let mut response = Response::new(ResponseBody::streamed(frames));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    };
    response.headers_mut().insert(ETAG, tag);
    response.headers_mut().insert(CACHE_CONTROL, CACHING);
    response
}

/// The pieces of an answer about every service.
struct Frames<Write> {
    served: Arc<Served>,
    beginning: Option<String>,
    next: usize,
    write: Write,
    end: Option<&'static str>,
}

impl<Write: Fn(&Served, usize, &mut Vec<u8>) + Unpin> Body for Frames<Write> {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        let count = self.served.bodies().len();
        let mut frame = self.beginning.take().map(String::into_bytes).unwrap_or_default();
        let until = count.min(self.next + SERVICES_PER_FRAME);
        for position in self.next..until {
            (self.write)(&self.served, position, &mut frame);
        }
        self.next = until;
        if until == count
            && let Some(end) = self.end.take()
        {
            frame.extend_from_slice(end.as_bytes());
        }
        Poll::Ready((!frame.is_empty()).then(|| Ok(Frame::data(Bytes::from(frame)))))
    }
}

#[derive(Serialize)]
struct ChangeFeed {
    data: Vec<Box<RawValue>>,
    /// Ask for what comes after this.
    next_since: u64,
    /// Whether there is more already.
    has_more: bool,
}

#[derive(Serialize)]
struct PublicationBody {
    number: u64,
    hash: String,
    published_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    drafted_by: Option<String>,
    approved_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<ChangesBody>,
    /// Without the documents of these catalogues, by hash, nobody can say what changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lost_documents: Vec<String>,
}

/// What is different between two catalogues.
#[derive(Serialize)]
struct ChangesBody {
    services_added: Vec<String>,
    services_removed: Vec<String>,
    services_changed: Vec<ServiceChangeBody>,
    agencies_added: Vec<String>,
    agencies_removed: Vec<String>,
    agencies_changed: Vec<String>,
    /// Agencies without a plan of their own are paid in other ways when the consolidated paybill cannot be used.
    national_fallback_changed: bool,
    /// Forms of account numbers: what may be typed instead of a payment number, and where such money goes.
    account_forms_added: Vec<String>,
    account_forms_removed: Vec<String>,
    account_forms_changed: Vec<String>,
    convenience_fee_changed: bool,
    /// Promises of working days end on other days.
    public_holidays_changed: bool,
    /// Fees that have another amount, law or first day under their old version: bills that they priced no longer agree.
    fees_rewritten: Vec<String>,
}

#[derive(Serialize)]
struct ServiceChangeBody {
    slug: String,
    aspects: Vec<String>,
}

/// `GET /v1/catalogue/changes?since=NUMBER`.
pub(super) async fn changes(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wrong = || {
        Problem::validation(vec![FieldError::new(
            "/since",
            "not_a_number",
            "The number of a catalogue, or 0.",
        )])
    };
    let since: u64 = match request.head.query()?.get("since") {
        None => 0,
        Some(text) => text.parse().map_err(|_| wrong())?,
    };
    let catalogues = app.books.readers().catalogues();
    let mut later = catalogues.publications().iter().filter(|one| one.version.number > since);
    let told: Vec<&Publication> = later.by_ref().take(CHANGES_MAX).collect();
    let has_more = later.next().is_some();
    let mut data = Vec::with_capacity(told.len());
    for publication in &told {
        let of = (*publication).clone();
        let write = move |documents: Documents<'_>| {
            let body = PublicationBody::of(&of, documents);
            serde_json::to_string(&body).expect("a publication can be written as JSON")
        };
        let text = app.catalogue.told(&catalogues, publication, write).await;
        let text = text.map_err(|error| not_in_force(&error))?;
        data.push(RawValue::from_string(text.to_string()).map_err(Problem::internal_error)?);
    }
    let next_since = told.last().map_or(since, |last| last.version.number);
    let body = ChangeFeed { data, next_since, has_more };
    let body = serde_json::to_vec(&body).map_err(Problem::internal_error)?;
    Ok(Rendered::new("application/json", body).answer(request.head.headers()))
}

async fn catalogue_of(app: &App, version: &CatalogueVersion) -> Result<Arc<Catalogue>, Problem> {
    app.catalogue.with_hash(&version.hash).await.map_err(|error| not_in_force(&error))
}

impl PublicationBody {
    fn of(publication: &Publication, documents: Documents<'_>) -> Self {
        let (changes, lost_documents) = match documents {
            Documents::Both(Some(before), catalogue) => {
                (Some(ChangesBody::of(&Changes::between(before, catalogue))), Vec::new())
            }
            Documents::Both(None, catalogue) => (Some(ChangesBody::of_first(catalogue)), Vec::new()),
            Documents::Lost(hashes) => (None, hashes.iter().map(ToString::to_string).collect()),
        };
        Self {
            number: publication.version.number,
            hash: publication.version.hash.to_string(),
            published_at: format_rfc3339(publication.at.micros()),
            drafted_by: publication.drafter.as_deref().map(str::to_owned),
            approved_by: publication.approver.to_string(),
            changes,
            lost_documents,
        }
    }
}

impl ChangesBody {
    fn of(changes: &Changes) -> Self {
        let texts = |codes: &[catalog::AgencyCode]| codes.iter().map(ToString::to_string).collect();
        let forms = |codes: &[catalog::AccountFormCode]| codes.iter().map(ToString::to_string).collect();
        let slugs = |slugs: &[catalog::ServiceSlug]| slugs.iter().map(ToString::to_string).collect();
        let changed = changes.services_changed.iter().map(|change| ServiceChangeBody {
            slug: change.slug.to_string(),
            aspects: change.aspects.iter().map(ToString::to_string).collect(),
        });
        Self {
            services_added: slugs(&changes.services_added),
            services_removed: slugs(&changes.services_removed),
            services_changed: changed.collect(),
            agencies_added: texts(&changes.agencies_added),
            agencies_removed: texts(&changes.agencies_removed),
            agencies_changed: texts(&changes.agencies_changed),
            national_fallback_changed: changes.national_fallback_changed,
            account_forms_added: forms(&changes.account_forms_added),
            account_forms_removed: forms(&changes.account_forms_removed),
            account_forms_changed: forms(&changes.account_forms_changed),
            convenience_fee_changed: changes.convenience_fee_changed,
            public_holidays_changed: changes.public_holidays_changed,
            fees_rewritten: changes.rewritten_fees().map(|(slug, fee)| format!("{slug} {fee}")).collect(),
        }
    }

    /// Before the first there was nothing.
    fn of_first(catalogue: &Catalogue) -> Self {
        Self {
            services_added: catalogue.services().iter().map(|service| service.slug.to_string()).collect(),
            services_removed: Vec::new(),
            services_changed: Vec::new(),
            agencies_added: catalogue.agencies().iter().map(|agency| agency.code.to_string()).collect(),
            agencies_removed: Vec::new(),
            agencies_changed: Vec::new(),
            national_fallback_changed: !catalogue.national_fallback().is_empty(),
            account_forms_added: catalogue.account_forms().iter().map(|form| form.code.to_string()).collect(),
            account_forms_removed: Vec::new(),
            account_forms_changed: Vec::new(),
            convenience_fee_changed: catalogue.convenience_fee().is_some(),
            public_holidays_changed: catalogue.holidays().iter().next().is_some(),
            fees_rewritten: Vec::new(),
        }
    }
}

#[derive(Serialize)]
struct DraftList {
    data: Vec<DraftBody>,
}

#[derive(Serialize)]
struct DraftBody {
    hash: String,
    /// The number of the catalogue that it is to replace.
    base: u64,
    note: String,
    drafted_by: String,
    drafted_at: String,
    /// Whether another catalogue came into force since.
    is_stale: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<ChangesBody>,
}

impl DraftBody {
    fn of(draft: &CatalogueDraft, in_force: u64) -> Self {
        Self {
            hash: draft.hash.to_string(),
            base: draft.base,
            note: draft.note.to_string(),
            drafted_by: draft.drafter.to_string(),
            drafted_at: format_rfc3339(draft.at.micros()),
            is_stale: draft.base != in_force,
            changes: None,
        }
    }
}

/// `POST /v1/catalogue/drafts?note=`: a whole catalogue document, to be looked at by a second person.
pub(super) async fn draft(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let note = read_note(request.head.query()?.get("note"))?;
    keep_draft(&app, &request, request.bytes().clone(), note).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rollback {
    to: u64,
    #[serde(default)]
    note: Option<String>,
}

/// `POST /v1/catalogue/rollbacks`: the catalogue that had this number, as a draft.
pub(super) async fn roll_back(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: Rollback = request.json()?;
    let said = wanted.note.unwrap_or_else(|| format!("back to number {}", wanted.to));
    let note = read_note(Some(&said))?;
    let earlier = app.books.readers().catalogues().publication(wanted.to).map(|one| one.version.clone());
    let no_such = || {
        Problem::validation(vec![FieldError::new(
            "/to",
            "no_such_catalogue",
            "No catalogue had this number.",
        )])
    };
    let catalogue = catalogue_of(&app, &earlier.ok_or_else(no_such)?).await?;
    keep_draft(&app, &request, Bytes::from_owner(catalogue.to_json()), note).await
}

/// Lets a document wait for a second person, on top of what is in force.
async fn keep_draft(
    app: &App,
    request: &Request<App>,
    document: Bytes,
    note: Arc<str>,
) -> Result<Response, Problem> {
    let principal = request.principal.name();
    app.limits.catalogue_is_drafted(&principal).map_err(|error| trouble::too_often(&error))?;
    let base = app.catalogue.current();
    let draft_of = |hash| command(request, Ask::DraftCatalogue { hash, base: base.version().number, note });
    let catalogue = app.catalogue.draft(&app.books, document, draft_of).await;
    let catalogue = catalogue.map_err(|error| not_in_force(&error))?;
    let hash: Arc<str> = catalogue.hash().to_string().into();
    let catalogues = app.books.readers().catalogues();
    let kept =
        catalogues.draft(&hash).ok_or_else(|| trouble::internal("a draft that was written is gone"))?;
    let mut body = DraftBody::of(kept, base.version().number);
    body.changes = Some(ChangesBody::of(&Changes::between(base.catalogue(), &catalogue)));
    Ok(response::not_stored(response::json(StatusCode::CREATED, &body)))
}

/// `GET /v1/catalogue/drafts`.
pub(super) async fn drafts(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let catalogues = app.books.readers().catalogues();
    let in_force = catalogues.in_force().map_or(0, |version| version.number);
    let data = catalogues.drafts().map(|draft| DraftBody::of(draft, in_force)).collect();
    Ok(response::not_stored(response::json(StatusCode::OK, &DraftList { data })))
}

/// `GET /v1/catalogue/drafts/{hash}`, with what it would change.
pub(super) async fn show_draft(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let served = app.catalogue.current();
    let catalogues = app.books.readers().catalogues();
    let draft = catalogues.draft(request.head.parameter("hash")).ok_or_else(no_such_draft)?;
    let catalogue = app.catalogue.with_hash(&draft.hash).await.map_err(|error| not_in_force(&error))?;
    let mut body = DraftBody::of(draft, served.version().number);
    body.changes = Some(ChangesBody::of(&Changes::between(served.catalogue(), &catalogue)));
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

#[derive(Serialize)]
struct InForce {
    catalogue: CatalogueVersion,
}

/// `POST /v1/catalogue/drafts/{hash}/publish`.
pub(super) async fn publish(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let hash: Arc<str> = request.head.parameter("hash").into();
    if app.books.readers().catalogues().draft(&hash).is_none() {
        return Err(no_such_draft());
    }
    let command = command(&request, Ask::PublishDraft { hash: Arc::clone(&hash) });
    let published = app.catalogue.publish(&app.books, command, &hash, app.clock.today()).await;
    let catalogue = published.map_err(|error| not_in_force(&error))?;
    Ok(response::not_stored(response::json(StatusCode::OK, &InForce { catalogue })))
}

/// `POST /v1/catalogue/drafts/{hash}/withdraw`.
pub(super) async fn withdraw(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let hash = request.head.parameter("hash").into();
    match app.books.ask(command(&request, Ask::WithdrawDraft { hash })).await {
        Ok(Answer::Done { .. }) => {
            app.catalogue.forget_withdrawn(&app.books).await;
            Ok(response::no_content())
        }
        Ok(Answer::Refused(refusal)) => Err(trouble::refusal(&refusal)),
        Ok(other) => Err(trouble::internal(format!("{other:?} answers no withdrawal"))),
        Err(error) => Err(trouble::books(&error)),
    }
}

#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum ReloadBody {
    InForce { catalogue: CatalogueVersion },
    Drafted { hash: String },
}

/// `POST /admin/catalogue/reload`: reads the configured file again.
pub(super) async fn reload(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let Some(file) = &app.catalogue_file else {
        return Err(Problem::new(Code::Conflict, "No file is configured: set catalogue.file."));
    };
    let is_demonstration = app.purpose == Purpose::Demonstration;
    let reloaded = app.catalogue.reload(&app.books, file, app.clock.today(), is_demonstration).await;
    let failed = |error: Arc<CatalogueError>| match &*error {
        CatalogueError::File(CatalogueFileError::Io { path, source }) if path == file => {
            let detail = format!("The configured file {} cannot be read: {source}.", file.display());
            Problem::new(Code::Conflict, detail)
        }
        other => not_in_force(other),
    };
    let body = match reloaded.map_err(failed)? {
        Reloaded::InForce(catalogue) => ReloadBody::InForce { catalogue },
        Reloaded::Drafted { hash } => ReloadBody::Drafted { hash: hash.to_string() },
    };
    Ok(response::json(StatusCode::OK, &body))
}

fn no_such_draft() -> Problem {
    trouble::refusal(&crate::payments::Refusal::NoSuchDraft)
}

fn read_note(text: Option<&str>) -> Result<Arc<str>, Problem> {
    let text = text.unwrap_or("").trim();
    let is_fit = (1..=NOTE_LEN_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if is_fit {
        return Ok(text.into());
    }
    let detail = format!("Say why, in 1 to {NOTE_LEN_MAX} characters on one line.");
    Err(Problem::validation(vec![FieldError::new("/note", "missing", detail)]))
}

/// Why a catalogue did not come into force, for who sent it: every problem with its line.
fn not_in_force(error: &CatalogueError) -> Problem {
    match error {
        CatalogueError::File(CatalogueFileError::Problems { problems, .. }) => {
            let listed = problems.listed().iter().map(|problem| {
                let line = problem.line.map_or_else(String::new, |line| format!("line {line}: "));
                FieldError::new(problem.path.clone(), "does_not_hold", format!("{line}{}", problem.message))
            });
            Problem::validation(listed.collect())
        }
        CatalogueError::File(
            error @ (CatalogueFileError::OtherBytes(path) | CatalogueFileError::Io { path, .. }),
        ) => {
            let hash = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            let detail = format!(
                "The document of catalogue {hash} is missing or damaged: draft it again from a copy."
            );
            Problem::new(Code::Conflict, detail).internal(error)
        }
        CatalogueError::NoHost(error) => Problem::new(Code::Conflict, error.to_string()),
        CatalogueError::Busy => {
            let detail = "Another catalogue is being checked. Send this one again when it is done.";
            Problem::new(Code::Overloaded, detail).retry_after_seconds(2)
        }
        CatalogueError::Books(error) => trouble::books(error),
        CatalogueError::Refused(refusal) => trouble::refusal(refusal),
        other => trouble::internal(other),
    }
}
