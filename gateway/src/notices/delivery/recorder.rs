//! Makes records of what was tried: one for many attempts of many endpoints, so that telling agencies costs the books
//! little. What the books have no room for now waits, and lines wait with it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use crate::app::SharedApp;
use crate::books::BooksError;
use crate::payments::{Ask, Command, EndpointId, EndpointProgress, NoticeAsk, Tried};

/// What was tried is recorded so often.
const RECORD_EVERY: Duration = Duration::from_millis(500);
/// Attempts in one record, so that it has room for all of them whatever they are.
const TRIED_PER_RECORD_MAX: usize = 180;
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

/// Records outcomes until the last line is gone, or until something cannot be recorded any more.
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
        if !keep(&app, progress).await {
            return;
        }
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

/// Keeps what one record is to say, however long that takes. False if it cannot be kept any more: then nothing that came after
/// it may be kept either, or what is told in between would be passed over after the next start.
async fn keep(app: &SharedApp, progress: Progress) -> bool {
    let progress: Vec<_> = progress.by_endpoint.into_values().collect();
    loop {
        let ask = Ask::Notice(NoticeAsk::KeepProgress(progress.clone()));
        let command = Command { principal: "system".into(), cause: "deliveries".into(), ask };
        let error = match app.books.ask_patiently(command).await {
            Ok(_) => return true,
            Err(error) => error,
        };
        let is_over = matches!(error, BooksError::Stopped) || app.is_draining.load(Ordering::Relaxed);
        tracing::warn!(%error, is_over, "What agencies were told is not recorded; it is tried again, or sent again.");
        if is_over {
            return false;
        }
        sleep(PAUSE_AFTER_REFUSAL).await;
    }
}

#[cfg(test)]
mod tests {
    use ledger::LedgerTime;

    use super::*;
    use crate::payments::{DeliveryAttempt, DeliveryOutcome, Event, NoticeEvent, NoticeId, NoticeKind, Then};

    /// So many attempts, each of another endpoint, and each as long as can be.
    fn longest(endpoint_count: usize) -> Progress {
        let time = LedgerTime::from_micros(i64::MAX);
        let mut progress = Progress::default();
        for number in 0..endpoint_count {
            let attempt =
                DeliveryAttempt { at: time, took_ms: u32::MAX, outcome: DeliveryOutcome::NoConnection };
            let then = Then::Again { due: time, failures: u16::MAX };
            let notice = NoticeId::of_record(1 << 55, time, NoticeKind::SuspenseOpened as u8);
            progress.add(Outcome {
                endpoint: EndpointId::from_uuid(number as u128),
                from: 1 << 55,
                kinds_since: 1 << 55,
                tried: Some(Tried { notice, attempt, then }),
            });
        }
        progress
    }

    #[test]
    fn the_longest_record_fits() {
        let progress = longest(TRIED_PER_RECORD_MAX);
        assert_eq!(progress.tried_count, TRIED_PER_RECORD_MAX);
        let progress = progress.by_endpoint.into_values().collect();
        let bytes = serde_json::to_vec(&Event::Notice(NoticeEvent::Delivered { progress })).unwrap();
        assert!(bytes.len() < 60_000, "{} of the 65,535 that a record has room for", bytes.len());
    }

    #[test]
    fn a_place_goes_on_and_goes_back_only_to_a_change() {
        let mut progress = Progress::default();
        let endpoint = EndpointId::from_uuid(1);
        let mut place = |from, kinds_since| {
            progress.add(Outcome { endpoint, from, kinds_since, tried: None });
            progress.by_endpoint[&endpoint].from
        };
        assert_eq!((place(10, 1), place(8, 1), place(20, 1)), (10, 10, 20));
        assert_eq!((place(15, 14), place(30, 14)), (15, 30));
    }
}
