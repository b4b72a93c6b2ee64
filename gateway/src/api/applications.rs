//! Applications: agencies report what becomes of them, one by one or by the file, and see what waits and for how long.

use std::ops::RangeInclusive;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use serde::Serialize;

use super::lists::{no_answer, page_request, show_page, views_scope, wrong};
use super::{SharedApp, trouble};
use crate::app::App;
use crate::applications::{self, FileFault, FileKind, PROMISE_DAYS, PromiseFigures, WrittenNews};
use crate::away::away;
use crate::clock::{day_as_date, format_rfc3339};
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{
    Application, ApplicationNews, ApplicationReport, ApplicationState, Bill, BillId, PaymentNumber, Promise,
    QueryReason, REPORTS_TOGETHER_MAX, RefusedReport, revenue_day,
};
use crate::views::{ApplicationFilter, ApplicationRow};

/// The most that may be asked for.
const PROMISE_DAYS_MAX: i32 = 3660;

#[derive(Serialize)]
struct ApplicationBody {
    payment_number: String,
    agency: String,
    service: String,
    status: &'static str,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    centre: Option<String>,
    paid_at: String,
    promise: PromiseBody,
    steps: Vec<StepBody>,
    as_of_sequence: u64,
}

#[derive(Serialize)]
struct StepBody {
    status: &'static str,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    centre: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<QueryReason>,
}

#[derive(Serialize)]
struct PromiseBody {
    /// `none`, `on_time`, `due_today` or `late`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_late: Option<u32>,
}

#[derive(Serialize)]
struct ApplicationListed {
    payment_number: String,
    agency: String,
    service: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    centre: Option<String>,
    since: String,
    promise: PromiseBody,
}

/// `POST /v1/applications/{ref}/events`.
pub(super) async fn report(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let bill = find_bill(&app, &request)?;
    let news = request.json::<WrittenNews>()?.news().map_err(|fault| {
        let error = FieldError::new(format!("/{}", fault.field()), fault.word(), fault.to_string());
        Problem::validation(vec![error])
    })?;
    let reports = vec![ApplicationReport { bill: bill.terms.number, news }];
    match applications::record(&app, &request, reports).await? {
        Ok(()) => show_bill(&app, bill).await,
        Err(refused) => {
            let reason = refused.first().map(|refused| refused.reason.to_string()).unwrap_or_default();
            Err(Problem::new(Code::Conflict, format!("Nothing was recorded: {reason}.")))
        }
    }
}

/// `POST /v1/applications/batches`: a file in CSV or NDJSON, taken whole or not at all.
pub(super) async fn batch(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Taken {
        lines: usize,
    }
    let claimed = request.head.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let lines = applications::read(kind_of(claimed)?, request.bytes()).map_err(refused_file)?;
    let reports = lines.iter().map(|line| line.report.clone()).collect();
    match applications::record(&app, &request, reports).await? {
        Ok(()) => Ok(response::json(StatusCode::OK, &Taken { lines: lines.len() })),
        Err(refused) => {
            let error = |refused: RefusedReport| wrong_line(lines[refused.index].number, &refused.reason);
            Err(Problem::validation(refused.into_iter().map(error).collect()))
        }
    }
}

/// `GET /v1/applications/{ref}`: by payment number or by the identifier of the bill.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let bill = find_bill(&app, &request)?;
    show_bill(&app, bill).await
}

/// `GET /v1/applications?status=&service=&agency=&centre=&cursor=&limit=`.
pub(super) async fn list(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let state = query.get("status").map(|word| {
        let known = ApplicationState::ALL.into_iter().find(|state| state.word() == word);
        known.ok_or_else(|| {
            wrong("/status", "unknown_status", &"it is one of the words that applications have")
        })
    });
    let filter = ApplicationFilter {
        agency: query.get("agency").map(|code| code.to_uppercase().into()),
        service: query.get("service").map(Into::into),
        state: state.transpose()?,
        centre: query.get("centre").map(Into::into),
        late_on: None,
    };
    let page = app.views.reader().applications(&views_scope(&request)?, &filter, page_request(&query)?).await;
    let today = revenue_day(app.now());
    Ok(show_page(page.map_err(no_answer)?, |row: ApplicationRow| ApplicationListed::of(row, today)))
}

/// `GET /v1/applications/uncollected`: what lies ready, by centre and age.
pub(super) async fn uncollected(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Body {
        data: Vec<CentreBody>,
        as_of_sequence: u64,
    }
    #[derive(Serialize)]
    struct CentreBody {
        agency: String,
        centre: String,
        uncollected: u64,
        oldest_days: i32,
        /// How many wait for so many days at most; the last for longer.
        up_to_7_days: u64,
        up_to_30_days: u64,
        up_to_90_days: u64,
        longer: u64,
    }
    let found = applications::uncollected(&app, &views_scope(&request)?).await.map_err(no_answer)?;
    let data = found.found.into_iter().map(|figures| {
        let [up_to_7_days, up_to_30_days, up_to_90_days, longer] = figures.by_age;
        CentreBody {
            agency: figures.agency.to_string(),
            centre: figures.centre.to_string(),
            uncollected: figures.uncollected,
            oldest_days: figures.oldest_days,
            up_to_7_days,
            up_to_30_days,
            up_to_90_days,
            longer,
        }
    });
    let body = Body { data: data.collect(), as_of_sequence: found.sequence };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// `GET /v1/applications/promises?days=`: how many became ready in time, by service.
pub(super) async fn promises(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Body {
        from: String,
        to: String,
        data: Vec<ServiceBody>,
        as_of_sequence: u64,
    }
    #[derive(Serialize)]
    struct ServiceBody {
        agency: String,
        service: String,
        ready: u64,
        kept: u64,
        /// Of a thousand; absent where there is not enough data.
        #[serde(skip_serializing_if = "Option::is_none")]
        kept_per_mille: Option<u64>,
        enough_data: bool,
    }
    let query = request.head.query()?;
    let days: i32 = query.get("days").map_or(Ok(PROMISE_DAYS), |text| {
        let days = text.parse().ok().filter(|days| (1..=PROMISE_DAYS_MAX).contains(days));
        days.ok_or_else(|| {
            wrong("/days", "out_of_range", &format!("it is a number from 1 to {PROMISE_DAYS_MAX}"))
        })
    })?;
    let today = revenue_day(app.now());
    let span: RangeInclusive<i32> = today - days + 1..=today;
    let found =
        applications::promises(&app, &views_scope(&request)?, span.clone()).await.map_err(no_answer)?;
    let data = found.found.into_iter().map(|PromiseFigures { row, kept_per_mille }| ServiceBody {
        agency: row.agency.to_string(),
        service: row.service.to_string(),
        ready: row.ready,
        kept: row.kept,
        kept_per_mille,
        enough_data: kept_per_mille.is_some(),
    });
    let body = Body {
        from: day_as_date(*span.start()).to_string(),
        to: day_as_date(*span.end()).to_string(),
        data: data.collect(),
        as_of_sequence: found.sequence,
    };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// What a body of this type is.
fn kind_of(content_type: &[u8]) -> Result<FileKind, Problem> {
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case(b"text/csv") {
        return Ok(FileKind::Csv);
    }
    if essence.eq_ignore_ascii_case(b"application/x-ndjson") {
        return Ok(FileKind::JsonLines);
    }
    let detail = "Send Content-Type: text/csv or application/x-ndjson.";
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

/// A file of which nothing was taken.
fn refused_file(fault: FileFault) -> Problem {
    let heading = |what: String| FieldError::new("/lines/1", "heading", what);
    let errors = match fault {
        FileFault::NotUtf8 => {
            vec![FieldError::new("", "not_utf8", "The file is not text in UTF-8.")]
        }
        FileFault::LineCount => {
            let detail = format!("A file has 1 to {REPORTS_TOGETHER_MAX} lines; send larger ones in parts.");
            vec![FieldError::new("", "too_many_lines", detail)]
        }
        FileFault::Heading => vec![heading("The heading is not a row of CSV.".to_owned())],
        FileFault::ColumnMissing(name) => vec![heading(format!("The heading has no column {name}."))],
        FileFault::Lines(faults) => faults.iter().map(|(number, fault)| wrong_line(*number, fault)).collect(),
    };
    Problem::validation(errors)
}

/// What is wrong with a line.
fn wrong_line(number: u64, reason: &impl ToString) -> FieldError {
    FieldError::new(format!("/lines/{number}"), "line_refused", reason.to_string())
}

/// The bill that the path names, if the caller sees it.
fn find_bill(app: &App, request: &Request<App>) -> Result<Arc<Bill>, Problem> {
    let reference = request.head.parameter("ref");
    let found = match (reference.parse::<PaymentNumber>(), reference.parse::<BillId>()) {
        (Ok(number), _) => app.books.bill(number),
        (_, Ok(id)) => app.books.bill_by_id(id),
        _ => Ok(None),
    };
    request.principal.scope().see_bill(found.map_err(|error| trouble::lookup(&error))?)
}

async fn show_bill(app: &SharedApp, bill: Arc<Bill>) -> Result<Response, Problem> {
    let state = bill.state;
    // An application lies in the archive.
    let from_disk = SharedApp::clone(app);
    let application = away(move || applications::of_bill(&from_disk, &bill)).await;
    let application = application.map_err(trouble::internal)?.map_err(|error| trouble::lookup(&error))?;
    let application = application.ok_or_else(|| {
        let detail = format!("The bill is {}: an application begins when its bill is paid.", state.word());
        Problem::new(Code::Conflict, detail)
    })?;
    let body = ApplicationBody::of(&application, revenue_day(app.now()));
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

impl ApplicationBody {
    fn of(application: &Application, today: i32) -> Self {
        Self {
            payment_number: application.bill.to_string(),
            agency: application.agency.to_string(),
            service: application.service.to_string(),
            status: application.state.word(),
            since: format_rfc3339(application.since.micros()),
            centre: application.centre().map(ToString::to_string),
            paid_at: format_rfc3339(application.paid.micros()),
            promise: PromiseBody::of(application.due_day, application.promise(today)),
            steps: application
                .steps
                .iter()
                .map(|step| StepBody {
                    status: step.news.word(),
                    at: format_rfc3339(step.at.micros()),
                    centre: step.news.centre().map(ToString::to_string),
                    reason: match &step.news {
                        ApplicationNews::QueryRaised { reason } => Some(*reason),
                        _ => None,
                    },
                })
                .collect(),
            as_of_sequence: application.changed_by,
        }
    }
}

impl PromiseBody {
    fn of(due_day: Option<i32>, promise: Promise) -> Self {
        let (state, days_late) = match promise {
            Promise::None => ("none", None),
            Promise::OnTime => ("on_time", None),
            Promise::DueToday => ("due_today", None),
            Promise::Late { days } => ("late", Some(days)),
        };
        Self { state, due_on: due_day.map(|day| day_as_date(day).to_string()), days_late }
    }
}

impl ApplicationListed {
    fn of(row: ApplicationRow, today: i32) -> Self {
        let promise = row.promise(today);
        Self {
            payment_number: row.bill.to_string(),
            agency: row.agency.to_string(),
            service: row.service.to_string(),
            status: row.state.word(),
            centre: row.centre.as_deref().map(str::to_owned),
            since: format_rfc3339(row.since.micros()),
            promise: PromiseBody::of(row.due_day, promise),
        }
    }
}
