//! Events: what agencies are told, as a feed without gaps. Strongly consistent: whatever the books have acknowledged is in
//! it. The same bytes are sent to webhook endpoints.

use std::sync::Arc;

use hyper::StatusCode;
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::access::RowScope;
use super::attempts::AttemptBody;
use super::bills::{BillBody, command};
use super::collections::date_of;
use super::lists::wrong;
use super::used_twice::UsedTwiceBody;
use super::{SharedApp, trouble, webhook_endpoints};
use crate::app::App;
use crate::away::away;
use crate::clock::{format_rfc3339, parse_rfc3339};
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::notices::feed::{self, FeedFilter, FeedPage, FeedPlace};
use crate::notices::happening::{self, Happening};
use crate::notices::{About, Notice, NoticeError, PaymentThen, SuspenseThen};
use crate::payments::{
    Answer, ApplicationMoved, ApplicationNews, Ask, AttemptId, BillId, BillTerms, EndpointId, NoticeAsk,
    NoticeId, NoticeKind, Share, SuspenseReason,
};
use crate::views::PageSize;

/// A feed that nobody has a cursor of begins so long ago.
const FEED_SECONDS: i64 = 30 * 86_400;
/// The cursor of the end: only what happens from now on.
const LATEST: &str = "latest";

/// An event as the API and webhooks show it. Nothing in it depends on anything but the records.
#[derive(Serialize)]
pub(crate) struct EventBody {
    id: NoticeId,
    #[serde(rename = "type")]
    kind: NoticeKind,
    created: String,
    /// Of two events about one bill the later has the higher number.
    sequence: u64,
    data: DataBody,
}

#[derive(Serialize)]
#[serde(untagged)]
enum DataBody {
    Bill(Box<BillBody>),
    BillInBrief(BriefBody),
    Payment(Box<PaymentBody>),
    Attempt(Box<AttemptBody>),
    Suspense(SuspenseBody),
    UsedTwice(Box<UsedTwiceBody>),
    Application(ApplicationBody),
}

/// A bill without what had arrived for it by then.
#[derive(Serialize)]
struct BriefBody {
    id: BillId,
    payment_number: String,
    status: &'static str,
    agency: String,
    service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency_reference: Option<String>,
    /// Always true: ask for the bill.
    incomplete: bool,
}

/// A payment that was booked for a bill.
#[derive(Serialize)]
struct PaymentBody {
    receipt_number: String,
    channel: &'static str,
    channel_receipt: String,
    amount: Money,
    /// What became of the money.
    share: Share,
    bill: BillId,
    payment_number: String,
    /// What the bill became by it.
    bill_status: &'static str,
    agency: String,
    service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptId>,
    booked_at: String,
    /// By the channel's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_at: Option<String>,
}

/// Money that matched no bill.
#[derive(Serialize)]
struct SuspenseBody {
    sequence: u64,
    channel_receipt: String,
    amount: Money,
    reason: SuspenseReason,
    agency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    since: String,
}

/// What became of an application.
#[derive(Serialize)]
struct ApplicationBody {
    bill: BillId,
    payment_number: String,
    agency: String,
    service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency_reference: Option<String>,
    status: &'static str,
    /// Where the document lies ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    centre: Option<String>,
    /// What the agency asks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    since: String,
    paid_at: String,
    /// The last day on which the promise is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<String>,
}

/// A page of the feed. There is always a cursor to go on from.
#[derive(Serialize)]
struct FeedBody {
    data: Vec<EventBody>,
    next_cursor: String,
    has_more: bool,
    as_of_sequence: u64,
}

/// Where an event is sent again.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedeliverRequest {
    #[serde(default)]
    endpoint: Option<EndpointId>,
}

#[derive(Serialize)]
struct RedeliveredBody {
    event: NoticeId,
    endpoints: Vec<EndpointId>,
}

/// `GET /v1/events?cursor=&since=&type=&limit=`.
pub(super) async fn list(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let filter = FeedFilter { agency: agency_of(&request.principal.scope())?, kinds: kinds_of(&query)? };
    let limit = match query.get("limit") {
        Some(text) => {
            let size = text.parse().ok().and_then(|rows| PageSize::new(rows).ok());
            size.ok_or_else(|| wrong("/limit", "out_of_range", &crate::views::NotAPageSize))?
        }
        None => PageSize::default(),
    };
    let start = start_of(&app, &query)?;
    let from_disk = move || {
        let books = &app.books;
        let from = match start {
            Start::At(place) => place,
            Start::End => feed::end(books),
            Start::Since(time) => feed::place_at(books, time)?,
        };
        let page = feed::page(books, from, &filter, usize::from(limit.get()))?;
        let FeedPage { happenings, next, has_more, as_of_sequence } = page;
        let mut data = Vec::with_capacity(happenings.len());
        for happening in happenings {
            let id = happening.id;
            match happening.into_notice(books) {
                Ok(notice) => data.push(EventBody::of(&notice)),
                // The place in the feed moves on: one event that cannot be told must not hide all later ones.
                Err(error @ NoticeError::Contradiction) => {
                    tracing::error!(%error, %id, "An event cannot be told and is passed over.");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(FeedBody { data, next_cursor: next.to_string(), has_more, as_of_sequence })
    };
    let body = away(from_disk).await.map_err(trouble::internal)?;
    Ok(response::not_stored(response::json(StatusCode::OK, &body.map_err(no_answer)?)))
}

/// `GET /v1/events/{id}`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let happening = by_path(&app, &request).await?;
    let from_disk = move || happening.into_notice(&app.books).map(|notice| EventBody::of(&notice));
    let body = away(from_disk).await.map_err(trouble::internal)?;
    Ok(response::not_stored(response::json(StatusCode::OK, &body.map_err(no_answer)?)))
}

/// `POST /v1/events/{id}/redeliver`: to one endpoint, or to every one that wants such events.
pub(super) async fn redeliver(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let happening = by_path(&app, &request).await?;
    let wanted: RedeliverRequest =
        if request.bytes().is_empty() { RedeliverRequest::default() } else { request.json()? };
    let notices = app.books.readers().notices();
    let endpoints: Vec<EndpointId> = match wanted.endpoint {
        Some(id) => vec![webhook_endpoints::of_principal(&app, &request.principal, id)?.terms.id],
        None => notices
            .endpoints()
            .filter(|endpoint| endpoint.terms.wants(&happening.agency, happening.kind))
            .map(|endpoint| endpoint.terms.id)
            .collect(),
    };
    if endpoints.is_empty() {
        return Err(Problem::new(Code::Conflict, "No webhook endpoint wants events of this type."));
    }
    let ask = Ask::Notice(NoticeAsk::Resend { endpoints: endpoints.clone(), notice: happening.id });
    match app.books.ask(command(&request, ask)).await.map_err(|error| trouble::books(&error))? {
        Answer::Done { .. } => {
            let body = RedeliveredBody { event: happening.id, endpoints };
            Ok(response::not_stored(response::json(StatusCode::ACCEPTED, &body)))
        }
        Answer::Refused(refusal) => Err(trouble::refusal(&refusal)),
        other => Err(trouble::internal(format!("{other:?} answers no redelivery"))),
    }
}

/// The event that the path names, if the caller sees it.
async fn by_path(app: &SharedApp, request: &Request<App>) -> Result<Happening, Problem> {
    let no_such = || Problem::new(Code::NotFound, "There is no such event, or it is not yours.");
    let id: NoticeId = request.head.parameter("id").parse().map_err(|_| no_such())?;
    let of_disk = SharedApp::clone(app);
    let from_disk = move || happening::find(&of_disk.books, id);
    let found = away(from_disk).await.map_err(trouble::internal)?.map_err(no_answer)?;
    found.filter(|happening| request.principal.scope().covers(&happening.agency)).ok_or_else(no_such)
}

fn agency_of(scope: &RowScope) -> Result<Option<Arc<str>>, Problem> {
    match scope {
        RowScope::Everything => Ok(None),
        RowScope::Agency(agency) => Ok(Some(Arc::clone(agency))),
        RowScope::Nothing => Err(Problem::new(Code::Forbidden, "This key sees no events.")),
    }
}

/// Where a page begins.
enum Start {
    At(FeedPlace),
    Since(ledger::LedgerTime),
    End,
}

fn start_of(app: &App, query: &Fields) -> Result<Start, Problem> {
    match (query.get("cursor"), query.get("since")) {
        (Some(_), Some(_)) => Err(wrong(
            "/since",
            "not_asked_for",
            &"a cursor says where to begin, and so does since: send one",
        )),
        (Some(LATEST), None) => Ok(Start::End),
        (Some(text), None) => {
            text.parse().map(Start::At).map_err(|error| wrong("/cursor", "not_a_cursor", &error))
        }
        (None, Some(text)) => {
            let micros = parse_rfc3339(text).map_err(|error| wrong("/since", "not_a_time", &error))?;
            Ok(Start::Since(ledger::LedgerTime::from_micros(micros)))
        }
        (None, None) => Ok(Start::Since(app.now().plus_seconds(-FEED_SECONDS))),
    }
}

fn kinds_of(query: &Fields) -> Result<Vec<NoticeKind>, Problem> {
    let words = query.get("type").unwrap_or_default().split(',').filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|error| wrong("/type", "not_a_type", &error))).collect()
}

fn no_answer(error: NoticeError) -> Problem {
    Problem::internal_error(error)
}

impl EventBody {
    /// The event of a notice.
    pub(crate) fn of(notice: &Notice) -> Self {
        Self {
            id: notice.id,
            kind: notice.kind,
            created: format_rfc3339(notice.at.micros()),
            sequence: notice.id.sequence(),
            data: match &notice.about {
                About::Bill(bill) => DataBody::Bill(Box::new(BillBody::then(bill))),
                About::BillInBrief(terms, state) => DataBody::BillInBrief(BriefBody {
                    id: terms.id,
                    payment_number: terms.number.to_string(),
                    status: state.word(),
                    agency: terms.agency.to_string(),
                    service: terms.service.to_string(),
                    agency_reference: terms.agency_reference.as_deref().map(str::to_owned),
                    incomplete: true,
                }),
                About::Payment(payment) => DataBody::Payment(Box::new(PaymentBody::of(payment))),
                About::Attempt(attempt) => DataBody::Attempt(Box::new(AttemptBody::of(attempt))),
                About::Suspense(suspense) => DataBody::Suspense(SuspenseBody::of(suspense)),
                About::UsedTwice(then) => DataBody::UsedTwice(Box::new(UsedTwiceBody::of(then))),
                About::Application(moved, terms) => {
                    DataBody::Application(ApplicationBody::of(moved, terms, notice.at))
                }
            },
        }
    }
}

impl PaymentBody {
    fn of(then: &PaymentThen) -> Self {
        let terms = &then.terms;
        Self {
            receipt_number: then.payment.receipt.grouped(),
            channel: then.receipt.provider.word(),
            channel_receipt: then.payment.channel_receipt.to_string(),
            amount: then.payment.money,
            share: then.share,
            bill: terms.id,
            payment_number: terms.number.to_string(),
            bill_status: then.bill_state.word(),
            agency: terms.agency.to_string(),
            service: terms.service.to_string(),
            agency_reference: terms.agency_reference.as_deref().map(str::to_owned),
            attempt: then.attempt,
            booked_at: format_rfc3339(then.payment.booked.micros()),
            moved_at: then.moved.map(|moved| format_rfc3339(moved.micros())),
        }
    }
}

impl ApplicationBody {
    fn of(moved: &ApplicationMoved, terms: &BillTerms, at: ledger::LedgerTime) -> Self {
        let reason = match &moved.news {
            ApplicationNews::QueryRaised { reason } => Some(reason.word()),
            _ => None,
        };
        Self {
            bill: terms.id,
            payment_number: terms.number.to_string(),
            agency: moved.agency.to_string(),
            service: moved.service.to_string(),
            agency_reference: terms.agency_reference.as_deref().map(str::to_owned),
            status: moved.to.word(),
            centre: moved.news.centre().map(|centre| centre.as_str().to_owned()),
            reason,
            since: format_rfc3339(at.micros()),
            paid_at: format_rfc3339(moved.paid.micros()),
            due_on: moved.due_day.map(date_of),
        }
    }
}

impl SuspenseBody {
    fn of(then: &SuspenseThen) -> Self {
        Self {
            sequence: then.sequence,
            channel_receipt: then.receipt.number.to_string(),
            amount: then.money,
            reason: then.reason,
            agency: then.agency.to_string(),
            service: then.service.as_deref().map(str::to_owned),
            since: format_rfc3339(then.since.micros()),
        }
    }
}
