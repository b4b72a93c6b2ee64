//! Lists, from the views: bills, payments in suspense, messages in quarantine, attempts without an outcome. Each page
//! says at which sequence it is true; records from there on are not in it.

use catalog::AgencyCode;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use ledger::Money;
use serde::Serialize;

use super::access::RowScope;
use super::{SharedApp, bills};
use crate::app::App;
use crate::clock::format_rfc3339;
use crate::http::body::Fields;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{AttemptId, BillId, BillState, Difference, PaymentNumber, SuspenseReason};
use crate::views::{
    AttemptRow, BillFilter, BillRow, Cursor, Page, PageRequest, PageSize, QuarantineRow, QueryError, Scope,
    SuspenseRow,
};

/// One page of a list.
#[derive(Serialize)]
struct PageBody<T> {
    data: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    has_more: bool,
    as_of_sequence: u64,
}

#[derive(Serialize)]
struct BillListed {
    id: BillId,
    payment_number: String,
    status: &'static str,
    agency: String,
    service: String,
    total: Money,
    amount: Money,
    collected: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency_reference: Option<String>,
    created_at: String,
    expires_at: String,
}

#[derive(Serialize)]
struct SuspenseListed {
    sequence: u64,
    channel_receipt: String,
    amount: Money,
    reason: SuspenseReason,
    /// Whom it seems to be meant for, where what was typed says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    since: String,
    age_seconds: i64,
}

#[derive(Serialize)]
struct QuarantineListed {
    sequence: u64,
    channel_receipt: String,
    amount: Money,
    /// Sequence of the payment that stands.
    stands: u64,
    differs: Difference,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    received_at: String,
}

#[derive(Serialize)]
struct AttemptListed {
    id: AttemptId,
    payment_number: String,
    agency: String,
    amount: Money,
    status: &'static str,
    /// The provider says that it was paid, and names no receipt to book it by.
    provider_says_paid: bool,
    created_at: String,
}

/// `GET /v1/bills?payment_number=` for one bill, strongly consistent; `?agency=&status=&agency_reference=&cursor=&limit=`
/// for a page of them.
pub(super) async fn bills(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    if let Some(typed) = query.get("payment_number") {
        let number: PaymentNumber =
            typed.replace(' ', "").parse().map_err(|error: crate::payments::NotAPaymentNumber| {
                wrong("/payment_number", "not_a_payment_number", &error)
            })?;
        return bills::show_by_number(&app, &request, number);
    }
    let state = query.get("status").map(|word| {
        let known = BillState::ALL.into_iter().find(|state| state.word() == word);
        known.ok_or_else(|| wrong("/status", "unknown_status", &"it is one of the words that bills have"))
    });
    let agency = query.get("agency").map(|code| {
        let code = code.to_uppercase().parse::<AgencyCode>();
        code.map(|code| code.as_str().into()).map_err(|error| wrong("/agency", "not_an_agency", &error))
    });
    let filter = BillFilter {
        agency: agency.transpose()?,
        state: state.transpose()?,
        agency_reference: query.get("agency_reference").map(Into::into),
        ..BillFilter::default()
    };
    let scope = views_scope(&request)?;
    let page = app.views.reader().bills(&scope, &filter, page_request(&query)?).await.map_err(no_answer)?;
    Ok(show_page(page, |row: BillRow| BillListed {
        id: row.id,
        payment_number: row.number.to_string(),
        status: row.state.word(),
        agency: row.agency.to_string(),
        service: row.service.to_string(),
        total: row.total,
        amount: row.payable,
        collected: row.collected,
        agency_reference: row.agency_reference.as_deref().map(str::to_owned),
        created_at: format_rfc3339(row.created.micros()),
        expires_at: format_rfc3339(row.expires.micros()),
    }))
}

/// `GET /v1/suspense`: money that matched no bill, the oldest first; for an agency what seems to be meant for it.
pub(super) async fn suspense(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let page = page_request(&request.head.query()?)?;
    let page = app.views.reader().suspense(&views_scope(&request)?, page).await.map_err(no_answer)?;
    let now = app.now();
    Ok(show_page(page, |row: SuspenseRow| SuspenseListed {
        sequence: row.sequence,
        channel_receipt: row.channel_receipt.number.to_string(),
        amount: row.money,
        reason: row.reason,
        agency: row.agency.as_deref().map(str::to_owned),
        service: row.service.as_deref().map(str::to_owned),
        since: format_rfc3339(row.since.micros()),
        age_seconds: row.age_seconds(now),
    }))
}

/// `GET /v1/quarantine`: messages that contradict a booked payment, the newest first.
pub(super) async fn quarantine(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let page = page_request(&request.head.query()?)?;
    let page = app.views.reader().quarantine(&views_scope(&request)?, page).await.map_err(no_answer)?;
    Ok(show_page(page, |row: QuarantineRow| QuarantineListed {
        sequence: row.sequence,
        channel_receipt: row.channel_receipt.number.to_string(),
        amount: row.money,
        stands: row.stands,
        differs: row.differs,
        agency: row.agency.as_deref().map(str::to_owned),
        received_at: format_rfc3339(row.received.micros()),
    }))
}

/// `GET /v1/attempts?status=unknown`: attempts that somebody still owes an answer about, the oldest first.
pub(super) async fn unknown_attempts(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    if query.get("status") != Some("unknown") {
        return Err(wrong("/status", "unknown_status", &"only status=unknown is listed"));
    }
    let page = page_request(&query)?;
    let page = app.views.reader().unknown_attempts(&views_scope(&request)?, page).await.map_err(no_answer)?;
    Ok(show_page(page, |row: AttemptRow| AttemptListed {
        id: row.id,
        payment_number: row.bill.to_string(),
        agency: row.agency.to_string(),
        amount: row.money,
        status: row.state.word(),
        provider_says_paid: row.said_paid,
        created_at: format_rfc3339(row.created.micros()),
    }))
}

/// A page as it is answered.
pub(super) fn show_page<Row, Body: Serialize>(page: Page<Row>, body: impl Fn(Row) -> Body) -> Response {
    let next_cursor = page.next.map(|cursor| cursor.to_string());
    let body = PageBody {
        has_more: next_cursor.is_some(),
        next_cursor,
        as_of_sequence: page.sequence,
        data: page.rows.into_iter().map(body).collect::<Vec<_>>(),
    };
    let mut response = response::json(StatusCode::OK, &body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// How long a page the query asks for.
pub(super) fn page_size(query: &Fields) -> Result<PageSize, Problem> {
    let Some(text) = query.get("limit") else { return Ok(PageSize::default()) };
    let size = text.parse().ok().and_then(|rows| PageSize::new(rows).ok());
    size.ok_or_else(|| wrong("/limit", "out_of_range", &crate::views::NotAPageSize))
}

/// Which page the query asks for.
pub(super) fn page_request(query: &Fields) -> Result<PageRequest, Problem> {
    let mut page = PageRequest { size: page_size(query)?, after: None };
    if let Some(text) = query.get("cursor") {
        let cursor: Result<Cursor, _> = text.parse();
        page.after = Some(cursor.map_err(|error| wrong("/cursor", "not_a_cursor", &error))?);
    }
    Ok(page)
}

/// The scope of the caller, in the words of the views.
pub(super) fn views_scope(request: &Request<App>) -> Result<Scope, Problem> {
    match request.principal.scope() {
        RowScope::Everything => Ok(Scope::All),
        RowScope::Agency(agency) => Ok(Scope::Agency(agency)),
        RowScope::Nothing => Err(Problem::new(Code::Forbidden, "This key sees no rows.")),
    }
}

/// Why the views do not answer.
pub(crate) fn no_answer(error: QueryError) -> Problem {
    match &error {
        QueryError::NotReady { .. } | QueryError::Busy => {
            Problem::new(Code::Overloaded, error.to_string()).retry_after_seconds(1)
        }
        QueryError::TooLong => Problem::new(Code::BadRequest, "The question takes too long: narrow it."),
        QueryError::OtherList => wrong("/cursor", "not_a_cursor", &error),
        QueryError::Failed(_) => Problem::internal_error(&error),
    }
}

pub(super) fn wrong(pointer: &'static str, code: &'static str, detail: &dyn std::fmt::Display) -> Problem {
    Problem::validation(vec![FieldError::new(pointer, code, detail.to_string())])
}
