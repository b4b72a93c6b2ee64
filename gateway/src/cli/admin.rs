//! Speaking to a gateway that runs on this machine: its admin address and the operator's token lie in its data directory.

use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::api::why;
use crate::process::{ADMIN_ADDRESS_FILE, OPERATOR_TOKEN_FILE};

/// The longest answer in bytes.
const ANSWER_LEN_MAX: usize = 4 << 20;
const DEADLINE: Duration = Duration::from_secs(10);
const FILE_DEADLINE: Duration = Duration::from_secs(330);

/// Why the gateway could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum AdminError {
    /// There is no gateway with this data directory.
    #[error("no gateway runs with {0}: start one, or name its --data")]
    NotRunning(String),
    /// It did not answer.
    #[error("the gateway at {address} does not answer: {reason}")]
    NoAnswer {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// It refused.
    #[error("the gateway refused: {0}")]
    Refused(String),
}

/// Asks the gateway that holds this data directory.
pub(super) fn ask(
    data: &Path,
    method: Method,
    path: &str,
    body: Option<Vec<u8>>,
) -> Result<Vec<u8>, AdminError> {
    send(data, method, path, ("application/json", body.unwrap_or_default()), DEADLINE)
}

/// Sends a file in CSV to the gateway that holds this data directory, which may take minutes over it.
pub(super) fn send_csv(data: &Path, path: &str, file: Vec<u8>) -> Result<Vec<u8>, AdminError> {
    send(data, Method::POST, path, ("text/csv", file), FILE_DEADLINE)
}

fn send(
    data: &Path,
    method: Method,
    path: &str,
    (content_type, body): (&str, Vec<u8>),
    deadline: Duration,
) -> Result<Vec<u8>, AdminError> {
    let not_running = || AdminError::NotRunning(data.display().to_string());
    let read = |name: &str| std::fs::read_to_string(data.join(name)).map_err(|_| not_running());
    let address = read(ADMIN_ADDRESS_FILE)?.trim().to_owned();
    let token = read(OPERATOR_TOKEN_FILE)?.trim().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| AdminError::NoAnswer { address: address.clone(), reason: error.to_string() })?;
    let exchange = async {
        let request = Request::builder()
            .method(method)
            .uri(format!("{address}{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", content_type)
            .body(Full::new(bytes::Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_LEN_MAX).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes().to_vec();
        Ok::<(StatusCode, Vec<u8>), String>((status, body))
    };
    let answer = runtime.block_on(async { tokio::time::timeout(deadline, exchange).await });
    let no_answer = |reason: String| AdminError::NoAnswer { address: address.clone(), reason };
    let (status, body) =
        answer.map_err(|_| no_answer("it takes too long".to_owned()))?.map_err(&no_answer)?;
    if status.is_success() {
        return Ok(body);
    }
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    Err(AdminError::Refused(why(status, &problem)))
}
