//! Applications: agencies report what becomes of them, one by one or by the file, and see what waits and for how long.

mod file;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};

use super::lists::{no_answer, page_request, show_page, views_scope, wrong};
use super::{SharedApp, access, trouble};
use crate::app::App;
use crate::clock::{day_as_date, format_rfc3339};
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{
    Answer, Application, ApplicationAsk, ApplicationNews, ApplicationReport, ApplicationState, Ask, Bill,
    BillId, Centre, Command, PaymentNumber, Promise, QueryReason, Refusal, RefusedReport, due_day,
    revenue_day,
};
use crate::views::{ApplicationFilter, ApplicationRow, PromiseRow, UncollectedRow};

/// Under so many a share says nothing.
const ENOUGH_FOR_A_SHARE: u64 = 30;
/// How many days back promises are looked at, unless the caller says otherwise.
const PROMISE_DAYS: i32 = 90;
/// The most that may be asked for.
const PROMISE_DAYS_MAX: i32 = 3660;
/// Ages of what nobody has collected, in days: up to and including.
const AGES: [i32; 3] = [7, 30, 90];

/// What an agency reports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportBody {
    /// What the application is now.
    status: String,
    /// Where it lies; with `ready` alone.
    centre: Option<String>,
    /// What is asked about; with `query_raised` alone.
    reason: Option<QueryReason>,
}

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
    let news = request.json::<ReportBody>()?.news().map_err(|error| Problem::validation(vec![error]))?;
    let reports = vec![ApplicationReport { bill: bill.terms.number, news }];
    match record(&app, &request, reports).await? {
        Ok(()) => show_bill(&app, &bill),
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
    let lines = file::read(claimed, request.bytes())?;
    let reports = lines.iter().map(|line| line.report.clone()).collect();
    match record(&app, &request, reports).await? {
        Ok(()) => Ok(response::json(StatusCode::OK, &Taken { lines: lines.len() })),
        Err(refused) => {
            let error = |refused: RefusedReport| file::wrong(lines[refused.index].number, &refused.reason);
            Err(file::refused(refused.into_iter().map(error).collect()))
        }
    }
}

/// `GET /v1/applications/{ref}`: by payment number or by the identifier of the bill.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let bill = find_bill(&app, &request)?;
    show_bill(&app, &bill)
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
    let found = app.views.reader().uncollected(&views_scope(&request)?).await.map_err(no_answer)?;
    let today = revenue_day(app.now());
    let mut centres: BTreeMap<(String, String), CentreBody> = BTreeMap::new();
    for UncollectedRow { agency, centre, since_day, count, .. } in found.found {
        let key = (agency.to_string(), centre.to_string());
        let body = centres.entry(key).or_insert_with_key(|(agency, centre)| CentreBody {
            agency: agency.clone(),
            centre: centre.clone(),
            uncollected: 0,
            oldest_days: 0,
            up_to_7_days: 0,
            up_to_30_days: 0,
            up_to_90_days: 0,
            longer: 0,
        });
        let age = (today - since_day).max(0);
        body.uncollected += count;
        body.oldest_days = body.oldest_days.max(age);
        *match AGES.iter().position(|most| age <= *most) {
            Some(0) => &mut body.up_to_7_days,
            Some(1) => &mut body.up_to_30_days,
            Some(_) => &mut body.up_to_90_days,
            None => &mut body.longer,
        } += count;
    }
    let body = Body { data: centres.into_values().collect(), as_of_sequence: found.sequence };
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
        app.views.reader().promises(&views_scope(&request)?, span.clone()).await.map_err(no_answer)?;
    let data = found.found.into_iter().map(|PromiseRow { agency, service, ready, kept }| {
        let enough_data = ready >= ENOUGH_FOR_A_SHARE;
        ServiceBody {
            agency: agency.to_string(),
            service: service.to_string(),
            ready,
            kept,
            kept_per_mille: enough_data.then(|| kept.saturating_mul(1_000) / ready),
            enough_data,
        }
    });
    let body = Body {
        from: day_as_date(*span.start()).to_string(),
        to: day_as_date(*span.end()).to_string(),
        data: data.collect(),
        as_of_sequence: found.sequence,
    };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// Lets the books record reports of the caller's agency.
async fn record(
    app: &App,
    request: &Request<App>,
    reports: Vec<ApplicationReport>,
) -> Result<Result<(), Vec<RefusedReport>>, Problem> {
    let access::RowScope::Agency(agency) = request.principal.scope() else {
        return Err(Problem::new(Code::Forbidden, "Only an agency reports on applications."));
    };
    let command = Command {
        principal: request.principal.name(),
        cause: request.head.id().as_str().into(),
        ask: Ask::Application(ApplicationAsk::Report { agency, reports }),
    };
    match app.books.ask(command).await.map_err(|error| trouble::books(&error))? {
        Answer::Done { .. } | Answer::Nothing => Ok(Ok(())),
        Answer::Refused(Refusal::Reports(refused)) => Ok(Err(refused)),
        Answer::Refused(refusal) => Err(trouble::refusal(&refusal)),
        other => Err(trouble::internal(format!("{other:?} answers no report"))),
    }
}

/// The bill that the path names, if the caller sees it.
fn find_bill(app: &App, request: &Request<App>) -> Result<std::sync::Arc<Bill>, Problem> {
    let reference = request.head.parameter("ref");
    let found = match (reference.parse::<PaymentNumber>(), reference.parse::<BillId>()) {
        (Ok(number), _) => app.books.bill(number),
        (_, Ok(id)) => app.books.bill_by_id(id),
        _ => Ok(None),
    };
    request.principal.scope().see_bill(found.map_err(|error| trouble::lookup(&error))?)
}

fn show_bill(app: &App, bill: &Bill) -> Result<Response, Problem> {
    let application = app.books.application(bill.terms.number).map_err(|error| trouble::lookup(&error))?;
    let today = revenue_day(app.now());
    let body = match application {
        Some(application) => ApplicationBody::of(&application, today),
        None => ApplicationBody::of_bill(bill, today).ok_or_else(|| {
            let detail =
                format!("The bill is {}: an application begins when its bill is paid.", bill.state.word());
            Problem::new(Code::Conflict, detail)
        })?,
    };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

impl ReportBody {
    /// What is reported; or which field is wrong.
    fn news(self) -> Result<ApplicationNews, FieldError> {
        let Self { status, centre, reason } = self;
        match (status.as_str(), centre, reason) {
            ("at_agency", None, None) => Ok(ApplicationNews::AtAgency),
            ("query_raised", None, Some(reason)) => Ok(ApplicationNews::QueryRaised { reason }),
            ("query_raised", None, None) => {
                Err(FieldError::new("/reason", "missing", "query_raised says what is asked about."))
            }
            ("ready", Some(centre), None) => {
                let centre: Centre = centre.parse().map_err(|error: crate::payments::NotACentre| {
                    FieldError::new("/centre", "not_a_centre", format!("{error}."))
                })?;
                Ok(ApplicationNews::Ready { centre })
            }
            ("ready", None, None) => Err(FieldError::new("/centre", "missing", "ready says where.")),
            ("collected", None, None) => Ok(ApplicationNews::Collected),
            ("returned", None, None) => Ok(ApplicationNews::Returned),
            ("at_agency" | "query_raised" | "ready" | "collected" | "returned", Some(_), _) => {
                Err(FieldError::new("/centre", "not_allowed", "Only ready has a centre."))
            }
            ("at_agency" | "ready" | "collected" | "returned", _, Some(_)) => {
                Err(FieldError::new("/reason", "not_allowed", "Only query_raised has a reason."))
            }
            _ => Err(FieldError::new(
                "/status",
                "unknown_status",
                "It is at_agency, query_raised, ready, collected or returned.",
            )),
        }
    }
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

    /// Of a bill of which the agency has said nothing yet; nothing unless it is paid.
    fn of_bill(bill: &Bill, today: i32) -> Option<Self> {
        let terms = &bill.terms;
        let paid = bill.completed().filter(|_| bill.state.is_settled())?;
        let due = terms.promised_working_days.map(|days| due_day(paid, days));
        Some(Self {
            payment_number: terms.number.to_string(),
            agency: terms.agency.to_string(),
            service: terms.service.to_string(),
            status: ApplicationState::Paid.word(),
            since: format_rfc3339(paid.micros()),
            centre: None,
            paid_at: format_rfc3339(paid.micros()),
            promise: PromiseBody::of(due, Promise::of(due, today, false)),
            steps: Vec::new(),
            as_of_sequence: bill.changed_by,
        })
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
        let looked_at = row.ready_day.unwrap_or(today);
        let promise = Promise::of(row.due_day, looked_at, row.ready_day.is_some());
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
