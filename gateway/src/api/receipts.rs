//! Receipts: shown with signature and proof, checked for whoever asks, and the keys to check them without us.

use catalog::Language;
use hyper::StatusCode;
use hyper::header::{ACCEPT, CACHE_CONTROL, HeaderValue, VARY};
use serde::{Deserialize, Serialize};

use super::{SharedApp, trouble};
use crate::app::App;
use crate::away::away;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::ReceiptNumber;
use crate::receipts::{IssueError, KeySet, verify_text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyRequest {
    /// A short form (`MLP1:…`) or a whole receipt, as text.
    receipt: String,
}

#[derive(Serialize)]
struct VerifyBody {
    genuine: bool,
    findings: Vec<FindingBody>,
}

#[derive(Serialize)]
struct FindingBody {
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<String>,
}

/// `GET /v1/receipts/{number}`: signed, in JSON, or for `Accept: application/pdf` as a sheet of paper.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let accepted = request.head.headers().get(ACCEPT).map_or(&b""[..], |value| value.as_bytes());
    if accepted.starts_with(b"application/pdf") {
        return crate::pages::receipt_pdf(app, &request, Language::En).await;
    }
    let number = read_number(request.head.parameter("number"))?;
    app.limits.receipt_is_looked_up(request.head.client()).map_err(|error| trouble::too_often(&error))?;
    let from_disk = move || app.receipts.issue(&app.books, number);
    let receipt = away(from_disk).await.map_err(trouble::internal)?.map_err(no_receipt)?;
    let mut response = response::json(StatusCode::OK, &receipt);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// `POST /v1/receipts/verify`.
pub(super) async fn verify(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: VerifyRequest = request.json()?;
    let findings = verify_text(&wanted.receipt, &key_set(&app)).map_err(trouble::internal)?;
    let body = VerifyBody {
        genuine: findings.iter().all(|finding| finding.wrong.is_none()),
        findings: findings
            .into_iter()
            .map(|finding| FindingBody { what: finding.what, wrong: finding.wrong })
            .collect(),
    };
    Ok(response::json(StatusCode::OK, &body))
}

/// `GET /v1/keys`.
pub(super) async fn keys(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    Ok(response::json(StatusCode::OK, &key_set(&app)))
}

/// `GET /v1/checkpoint`: the newest signed tree head, as C2SP tlog-checkpoint writes it. For witnesses and auditors.
pub(super) async fn checkpoint(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let (_, note) = app.books.checkpoint();
    Ok(response::text(StatusCode::OK, note))
}

/// The keys in force.
pub(crate) fn key_set(app: &App) -> KeySet {
    KeySet {
        receipt_keys: vec![app.receipts.verifying_key().to_string()],
        checkpoint_keys: vec![app.books.verifying_key().to_string()],
        identity_keys: vec![app.routing.identity().verifying_key().to_string()],
    }
}

/// Reads a receipt number from a path.
pub(crate) fn read_number(text: &str) -> Result<ReceiptNumber, Problem> {
    text.parse().map_err(|_| Problem::new(Code::NotFound, "There is no such receipt."))
}

/// Why there is no receipt.
pub(crate) fn no_receipt(error: IssueError) -> Problem {
    match error {
        IssueError::NoSuchReceipt => Problem::new(Code::NotFound, "There is no such receipt."),
        IssueError::NoProof => trouble::internal(error),
        IssueError::Lookup(error) => trouble::lookup(&error),
    }
}
