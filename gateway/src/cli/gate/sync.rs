//! While the gateway answers: the newest pack comes, and what this gate has done goes. While it does not, nothing stops.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::away::away;
use crate::cli::api::HttpClient;
use crate::gates::device::{Attendant, GateError, Screen};

const DEADLINE: Duration = Duration::from_secs(15);

/// The line to the gateway.
pub(super) struct Line {
    url: String,
    site: String,
    key: HeaderValue,
    client: HttpClient,
}

/// Why nothing came or went.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    /// It does not answer.
    #[error("the gateway does not answer: {0}")]
    NoAnswer(String),
    /// It refused.
    #[error("the gateway refused ({status}): {detail}")]
    Refused {
        /// With which status.
        status: StatusCode,
        /// Why.
        detail: String,
    },
    /// This device could not take or give it.
    #[error(transparent)]
    Device(#[from] GateError),
    /// The work was cut off.
    #[error("the work was cut off")]
    CutOff,
}

impl Line {
    /// The line of this device, which shows this key.
    pub(super) fn new(attendant: &Attendant, key: &str) -> Option<Self> {
        let terms = attendant.terms();
        let key = HeaderValue::from_str(&format!("Bearer {key}")).ok()?;
        Some(Self { url: terms.gateway.clone(), site: terms.site.clone(), key, client: HttpClient::new() })
    }

    /// The newest pack.
    pub(super) async fn pack(&self) -> Result<String, LineError> {
        self.ask(Method::GET, "pack", Bytes::new()).await
    }

    async fn numbers(&self) -> Result<String, LineError> {
        self.ask(Method::POST, "numbers", Bytes::from_static(b"{}")).await
    }

    async fn send(&self, batch: &str) -> Result<(), LineError> {
        let body = json!({ "batch": batch }).to_string();
        self.ask(Method::POST, "batches", body.into()).await.map(|_| ())
    }

    async fn ask(&self, method: Method, what: &str, body: Bytes) -> Result<String, LineError> {
        let url = format!("{}/v1/gates/{}/{what}", self.url, self.site);
        let mut headers = HeaderMap::new();
        headers.insert("authorization", self.key.clone());
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let answered = self.client.send(method, &url, headers, body, DEADLINE).await;
        let (status, body) = answered.map_err(LineError::NoAnswer)?;
        let text = String::from_utf8_lossy(&body).into_owned();
        if status.is_success() {
            return Ok(text);
        }
        let problem: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let detail = problem["detail"].as_str().unwrap_or("no reason given").to_owned();
        Err(LineError::Refused { status, detail })
    }
}

/// Brings and fetches, every so often, for as long as the program runs. A trouble is said once, until it is another or over.
pub(super) async fn keep_up(screen: Arc<Screen>, line: Line, every: Duration) {
    let mut said: Option<String> = None;
    loop {
        let trouble = exchange(&screen, &line).await.err().map(|error| error.to_string());
        match (&trouble, &said) {
            (Some(now), before) if before.as_ref() != Some(now) => {
                tracing::warn!(trouble = now, "This gate goes on without the gateway.");
            }
            (None, Some(_)) => tracing::info!("The gateway answers again."),
            _ => {}
        }
        said = trouble;
        tokio::time::sleep(every).await;
    }
}

/// Writes down how late it is, every so often.
pub(super) async fn keep_time(screen: Arc<Screen>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let screen = Arc::clone(&screen);
        // What could not be written has stopped the program.
        let _ = away(move || screen.keep_time()).await;
    }
}

/// First what was done here goes, then the pack comes: so it knows of that; then payment numbers, where few are left. One that is
/// refused does not keep the others away.
async fn exchange(screen: &Arc<Screen>, line: &Line) -> Result<(), LineError> {
    let brought = bring(screen, line).await;
    let fetched = fetch(screen, line).await;
    let filled_up = fill_up(screen, line).await;
    brought.and(fetched).and(filled_up)
}

async fn bring(screen: &Arc<Screen>, line: &Line) -> Result<(), LineError> {
    while let Some((number, note)) = with_device(screen, |screen, attendant| {
        let now = screen.now(attendant);
        attendant.batch(now)
    })
    .await?
    {
        line.send(&note).await?;
        with_device(screen, move |_, attendant| attendant.batch_was_taken(number)).await?;
    }
    Ok(())
}

async fn fetch(screen: &Arc<Screen>, line: &Line) -> Result<(), LineError> {
    let note = line.pack().await?;
    with_device(screen, move |_, attendant| attendant.take_pack(&note)).await
}

async fn fill_up(screen: &Arc<Screen>, line: &Line) -> Result<(), LineError> {
    if with_device(screen, |_, attendant| Ok(attendant.wants_numbers())).await? {
        let note = line.numbers().await?;
        with_device(screen, move |_, attendant| attendant.take_numbers(&note)).await?;
    }
    Ok(())
}

/// Does something with the device that may wait for its disk.
async fn with_device<T: Send + 'static>(
    screen: &Arc<Screen>,
    work: impl FnOnce(&Screen, &mut Attendant) -> Result<T, GateError> + Send + 'static,
) -> Result<T, LineError> {
    let screen = Arc::clone(screen);
    let done = away(move || {
        let outcome = work(&screen, &mut screen.attendant());
        if let Err(error) = &outcome {
            screen.failed(error);
        }
        outcome
    });
    Ok(done.await.map_err(|_| LineError::CutOff)??)
}
