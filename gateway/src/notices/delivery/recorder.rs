//! Makes records of what was tried: one for many attempts of many endpoints, so that telling agencies costs the books
//! little. What the books have no room for now waits, and lines wait with it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use crate::app::SharedApp;
use crate::books::BooksError;
use crate::payments::{Ask, Command, EndpointId, EndpointProgress, NoticeAsk, Tried};

/// What was tried is recorded so often.
const RECORD_EVERY: Duration = Duration::from_millis(500);
/// Attempts in one record: some forty kilobytes of the sixty-four that a record may have.
const TRIED_PER_RECORD_MAX: usize = 250;
/// How long the books are left in peace after they took nothing.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// What a line tells.
pub(super) struct Outcome {
    pub(super) endpoint: EndpointId,
    /// Sequence of the first record of which something may still have to be tried for the first time.
    pub(super) from: u64,
    /// Since when it knows of what the endpoint is told.
    pub(super) kinds_since: u64,
    pub(super) tried: Option<Tried>,
}

/// Records outcomes until the last line is gone.
pub(super) async fn run(app: SharedApp, mut waiting: mpsc::Receiver<Outcome>) {
    while let Some(first) = waiting.recv().await {
        let mut progress = Progress::default();
        progress.add(first);
        let until = Instant::now() + RECORD_EVERY;
        while progress.tried_count < TRIED_PER_RECORD_MAX {
            match timeout_at(until, waiting.recv()).await {
                Ok(Some(outcome)) => progress.add(outcome),
                Ok(None) | Err(_) => break,
            }
        }
        keep(&app, progress).await;
    }
}

/// What one record is to say.
#[derive(Default)]
struct Progress {
    by_endpoint: BTreeMap<EndpointId, EndpointProgress>,
    tried_count: usize,
}

impl Progress {
    fn add(&mut self, outcome: Outcome) {
        let Outcome { endpoint, from, kinds_since, tried } = outcome;
        let fresh = || EndpointProgress { endpoint, from, kinds_since, tried: Vec::new() };
        let progress = self.by_endpoint.entry(endpoint).or_insert_with(fresh);
        // Who has just learnt of a change goes back to it.
        progress.from = if kinds_since > progress.kinds_since { from } else { from.max(progress.from) };
        progress.kinds_since = kinds_since.max(progress.kinds_since);
        progress.tried.extend(tried);
        self.tried_count += 1;
    }
}

async fn keep(app: &SharedApp, progress: Progress) {
    let progress: Vec<_> = progress.by_endpoint.into_values().collect();
    loop {
        let ask = Ask::Notice(NoticeAsk::KeepProgress(progress.clone()));
        let command = Command { principal: "system".into(), cause: "deliveries".into(), ask };
        match app.books.ask_patiently(command).await {
            Ok(_) => return,
            Err(error @ (BooksError::Crowded | BooksError::NoRoom)) => {
                tracing::warn!(%error, "What agencies were told is not recorded yet; it is tried again.");
                if app.is_draining.load(std::sync::atomic::Ordering::Relaxed) {
                    return;
                }
                sleep(PAUSE_AFTER_REFUSAL).await;
            }
            // What it was is sent again after the next start.
            Err(error) => {
                tracing::error!(%error, "What agencies were told is not recorded.");
                return;
            }
        }
    }
}
