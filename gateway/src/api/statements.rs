//! Statements of the accounts on which money comes in: what they list and nobody told us is booked. Treasury and operators
//! send them.

use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};

use super::SharedApp;
use crate::app::App;
use crate::channels::files::FileKind;
use crate::healing::file::{FileNotTaken, take_file};
use crate::healing::statement::{DifferentRow, NotTaken, StatementTaken, take_statement};
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::Provider;
use crate::payments::channels::ChannelName;

/// What became of a statement.
#[derive(Debug, Serialize, Deserialize)]
pub struct StatementBody {
    /// The paybill or till that it is of.
    pub short_code: String,
    /// How many payments it lists.
    pub payments: usize,
    /// So many nobody had told us: they are booked now.
    pub found: usize,
    /// So many of those found wait in suspense: they could be put to no bill.
    pub in_suspense: usize,
    /// So many were booked before.
    pub known: usize,
    /// What was booked before with other facts, which stand.
    pub differ: Vec<DifferentRowBody>,
    /// Rows that are charges, reversals and transfers between accounts of one's own.
    pub other_rows: u64,
    /// Rows whose money did not move.
    pub incomplete_rows: u64,
}

/// What became of a file that tells of fallback money.
#[derive(Debug, Serialize, Deserialize)]
pub struct FileBody {
    /// The way to pay that it is of.
    pub channel: String,
    /// Its kind.
    pub kind: String,
    /// How many payments it lists, each once.
    pub payments: usize,
    /// So many nobody had told us: they are booked now.
    pub found: usize,
    /// So many of those found wait in suspense: they could be put to no bill.
    pub in_suspense: usize,
    /// So many were booked before.
    pub known: usize,
    /// What was booked before with other facts, which stand.
    pub differ: Vec<DifferentRowBody>,
    /// Rows that are no payments to us.
    pub other_rows: u64,
    /// Rows whose money did not move.
    pub incomplete_rows: u64,
}

/// A row that says something else than what is booked.
#[derive(Debug, Serialize, Deserialize)]
pub struct DifferentRowBody {
    /// Its line, from 1.
    pub line: u64,
    /// The receipt.
    pub receipt: String,
    /// `amount`, `currency`, `account`, or `taken_back`: by this row nothing is left of it.
    pub differs: String,
}

/// `POST /v1/statements/mpesa?short_code=` or `?channel=`: the organisation's statement as the portal exports it. Wholly or not at all, as
/// often as one likes.
pub(super) async fn mpesa(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    expect_csv(&request)?;
    let query = request.head.query()?;
    let (principal, cause) = (request.principal.name(), request.head.id());
    let file = request.bytes().clone();
    let short_code = match query.get("channel") {
        None => query.get("short_code").map(str::to_owned),
        Some(name) => Some(short_code_of(&app, name)?),
    };
    let taken = take_statement(&app, file, short_code.as_deref(), &principal, cause.as_str()).await;
    let body = StatementBody::of(taken.map_err(refused)?);
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// The short code of a paybill or till, by the name of the channel.
fn short_code_of(app: &App, name: &str) -> Result<String, Problem> {
    let name: ChannelName = name.parse().map_err(|_| no_such_channel())?;
    let account = app.channels.find(&name).map(|channel| channel.account());
    let account = account.filter(|account| account.provider == Provider::Mpesa);
    account.map(|account| account.number.to_string()).ok_or_else(no_such_channel)
}

/// `POST /v1/statements/{kind}?channel=`: a file that tells of fallback money. Wholly or not at all, as often as one likes.
pub(super) async fn file(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    expect_csv(&request)?;
    let word = request.head.parameter("kind");
    let kind = FileKind::ALL.into_iter().find(|kind| kind.word() == word);
    let kind = kind.ok_or_else(|| Problem::new(Code::NotFound, "There is no such kind of file."))?;
    let query = request.head.query()?;
    let channel: ChannelName =
        query.get("channel").and_then(|name| name.parse().ok()).ok_or_else(no_such_channel)?;
    let (principal, cause) = (request.principal.name(), request.head.id());
    let told = (&*principal, cause.as_str());
    let taken = take_file(&app, kind, &channel, request.bytes().clone(), told).await;
    let taken = taken.map_err(|why| match why {
        FileNotTaken::Faults(faults) => {
            lines_refused(faults.iter().map(|fault| (fault.line, fault.to_string())))
        }
        FileNotTaken::NoSuchChannel => no_such_channel(),
        FileNotTaken::Trouble(problem) => problem,
    })?;
    let body = FileBody {
        channel: channel.to_string(),
        kind: word.to_owned(),
        payments: taken.payments,
        found: taken.found,
        in_suspense: taken.in_suspense,
        known: taken.known,
        differ: taken.differ.into_iter().map(DifferentRowBody::of).collect(),
        other_rows: taken.other_rows,
        incomplete_rows: taken.incomplete_rows,
    };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

fn no_such_channel() -> Problem {
    let detail = "No way to pay of this name is told of by such files.";
    Problem::validation(vec![FieldError::new("/channel", "no_such_channel", detail)])
}

fn lines_refused(faults: impl Iterator<Item = (Option<u64>, String)>) -> Problem {
    let error = |(line, fault): (Option<u64>, String)| {
        let place = line.map_or_else(String::new, |line| format!("/lines/{line}"));
        FieldError::new(place, "line_refused", fault)
    };
    Problem::validation(faults.map(error).collect())
}

fn expect_csv(request: &Request<App>) -> Result<(), Problem> {
    let claimed = request.head.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = claimed.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if !essence.eq_ignore_ascii_case(b"text/csv") {
        return Err(Problem::new(Code::UnsupportedMediaType, "Send Content-Type: text/csv."));
    }
    Ok(())
}

/// A file of which nothing was taken.
fn refused(why: NotTaken) -> Problem {
    let of_account = |code: &'static str, detail: &'static str| {
        Problem::validation(vec![FieldError::new("/short_code", code, detail)])
    };
    match why {
        NotTaken::Faults(faults) => lines_refused(faults.iter().map(|fault| (fault.line, fault.to_string()))),
        NotTaken::AccountUnsaid => {
            of_account("missing", "The title of the statement names no short code: say which it is of.")
        }
        NotTaken::OtherAccount => of_account("contradicts", "The title of the statement names another."),
        NotTaken::NotOurs => of_account("not_ours", "No way to pay collects there."),
        NotTaken::Trouble(problem) => problem,
    }
}

impl StatementBody {
    fn of(taken: StatementTaken) -> Self {
        Self {
            short_code: taken.account.number.to_string(),
            payments: taken.payments,
            found: taken.found,
            in_suspense: taken.in_suspense,
            known: taken.known,
            differ: taken.differ.into_iter().map(DifferentRowBody::of).collect(),
            other_rows: taken.other_rows,
            incomplete_rows: taken.incomplete_rows,
        }
    }
}

impl DifferentRowBody {
    fn of(row: DifferentRow) -> Self {
        let differs = row.differs.word().to_owned();
        Self { line: row.line, receipt: row.receipt.to_string(), differs }
    }
}
