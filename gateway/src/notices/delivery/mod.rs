//! Delivery: each endpoint has a [`line`] of its own, which takes what it has to tell from what has [`recent`]ly happened,
//! or, if it is behind, from the journal; what came of it goes to the [`recorder`], which makes one record of many attempts.
//! No line waits for another, and none holds more than its window: what it has not begun stays in the journal.
//!
//! An attempt is recorded after it was made. A crash between the two makes it again: at least once, under the same
//! identifier, and nothing is left out, because the books know of no notice as begun before they know how it ended.

mod attempt;
mod crew;
mod line;
mod recent;
mod recorder;
mod secrets;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use metrics::gauge;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::crew::Crew;
use self::line::Line;
use self::recent::Recent;
use crate::app::{App, Purpose, SharedApp};
use crate::clock::Clock;
use crate::payments::{DisabledReason, Endpoint, EndpointId, Notices};
use crate::telemetry::metrics::{
    WEBHOOK_DELIVERY_AGE_SECONDS, WEBHOOK_ENDPOINTS_DISABLED, WEBHOOK_SECRETS_LOST,
};

pub(crate) use self::secrets::{LostSecret, destroy_what_is_over, lost_of};

/// How often it is looked whether endpoints have changed.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often metrics are set.
const MEASURE_EVERY: Duration = Duration::from_secs(1);
/// Lines that read the journal at a time because they are behind.
const CATCHING_UP_MAX: usize = 2;
/// Lines that open their secrets at a time: all of them do at a start.
const OPENING_SECRETS_MAX: usize = 4;
/// Outcomes that wait to be recorded; lines wait for room.
const OUTCOMES_WAITING_MAX: usize = 1_024;

/// What all lines share.
struct Shared {
    app: SharedApp,
    recent: Arc<Recent>,
    outcomes: mpsc::Sender<recorder::Outcome>,
    catching_up: Semaphore,
    opening_secrets: Semaphore,
    /// What attempts are stamped with. Receivers compare it with the time in the world, which a demonstration's own clock
    /// may have left behind.
    stamps: Clock,
}

/// A line that runs, for as long as this is held.
struct Running {
    endpoint: watch::Sender<Arc<Endpoint>>,
    /// Secrets of it that cannot be opened.
    lost_count: Arc<AtomicUsize>,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

/// Delivers until told to stop; then what is known is recorded, and the rest is tried again after the next start. If any of
/// it panics all of it ends, so that whoever begins it again has one of each.
pub(crate) async fn run(app: SharedApp, stop: CancellationToken) {
    let (outcomes, waiting) = mpsc::channel(OUTCOMES_WAITING_MAX);
    let recent = Arc::new(Recent::from(app.books.readers().sequence()));
    let mut crew = Crew::default();
    crew.takes_on(recorder::run(Arc::clone(&app), waiting));
    crew.takes_on(recent::follow(Arc::clone(&app), Arc::clone(&recent), stop.clone()));
    crew.takes_on(secrets::keep_destroying(Arc::clone(&app), stop.clone()));
    let stamps = match app.purpose {
        Purpose::Live => app.clock.clone(),
        Purpose::Demonstration => Clock::system(),
    };
    let catching_up = Semaphore::new(CATCHING_UP_MAX);
    let opening_secrets = Semaphore::new(OPENING_SECRETS_MAX);
    let shared =
        Arc::new(Shared { app: Arc::clone(&app), recent, outcomes, catching_up, opening_secrets, stamps });
    let mut lines: HashMap<EndpointId, Running> = HashMap::new();
    let mut seen: Option<Arc<Notices>> = None;
    let mut measured: Option<Instant> = None;
    while !stop.is_cancelled() {
        let notices = app.books.readers().notices();
        let has_ended = lines.values().any(|running| running.task.is_finished());
        if has_ended || seen.as_ref().is_none_or(|seen| !Arc::ptr_eq(seen, &notices)) {
            adjust(&mut lines, &notices, &shared, &stop);
            seen = Some(Arc::clone(&notices));
        }
        if measured.is_none_or(|measured| measured.elapsed() >= MEASURE_EVERY) {
            measure(&app, &notices, &lines);
            measured = Some(Instant::now());
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = crew.loses_somebody() => {}
        }
    }
    for running in lines.into_values() {
        let _ = running.task.await;
    }
    // The last line is gone, and with it the last sender: the recorder keeps what it has and ends, as everybody does.
    drop(shared);
    crew.goes_home().await;
}

/// Begins lines for endpoints that are new or enabled, ends those of endpoints that are not, and tells the others.
fn adjust(
    lines: &mut HashMap<EndpointId, Running>,
    notices: &Notices,
    shared: &Arc<Shared>,
    stop: &CancellationToken,
) {
    let is_wanted = |endpoint: &Endpoint| endpoint.disabled.is_none();
    lines.retain(|id, running| {
        let goes_on =
            notices.endpoint(*id).is_some_and(|endpoint| is_wanted(endpoint)) && !running.task.is_finished();
        if !goes_on {
            running.stop.cancel();
        }
        goes_on
    });
    for endpoint in notices.endpoints().filter(|endpoint| is_wanted(endpoint)) {
        match lines.get(&endpoint.terms.id) {
            Some(running) => {
                running.endpoint.send_if_modified(|known| {
                    let is_new = !Arc::ptr_eq(known, endpoint);
                    if is_new {
                        *known = Arc::clone(endpoint);
                    }
                    is_new
                });
            }
            None => {
                let (sender, receiver) = watch::channel(Arc::clone(endpoint));
                let (stop, lost_count) = (stop.child_token(), Arc::default());
                let line = Line::new(Arc::clone(shared), receiver, Arc::clone(&lost_count));
                let task = AbortOnDropHandle::new(tokio::spawn(line.run(stop.clone())));
                lines.insert(endpoint.terms.id, Running { endpoint: sender, lost_count, stop, task });
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floats; seconds and counts stay far below 2^53")]
fn measure(app: &App, notices: &Notices, lines: &HashMap<EndpointId, Running>) {
    let lost = lines.values().map(|running| running.lost_count.load(Ordering::Relaxed));
    gauge!(WEBHOOK_SECRETS_LOST.name).set(lost.sum::<usize>() as f64);
    let enabled = notices.endpoints().filter(|endpoint| endpoint.disabled.is_none());
    let oldest = enabled.flat_map(|endpoint| endpoint.open.values().map(|open| open.since)).min();
    let age = oldest.map_or(0, |since| (app.clock.now_micros() - since.micros()).max(0) / 1_000_000);
    gauge!(WEBHOOK_DELIVERY_AGE_SECONDS.name).set(age as f64);
    let is_disabled_by_us = |endpoint: &&Arc<Endpoint>| {
        endpoint.disabled.is_some_and(|(_, reason)| reason != DisabledReason::ByAgency)
    };
    gauge!(WEBHOOK_ENDPOINTS_DISABLED.name).set(notices.endpoints().filter(is_disabled_by_us).count() as f64);
}
