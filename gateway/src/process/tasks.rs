//! What runs beside the books for as long as the gateway does. Nobody would miss it at once if it ended in a panic: so it is
//! said, counted, and begun again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::SharedApp;
use crate::bulletin::export::keep_writing;
use crate::channels::health;
use crate::healing::pulling;
use crate::live::keep_making;
use crate::telemetry::metrics::TASK_FAILURES_TOTAL;
use crate::{messages, notices};

const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Begins all of it.
pub(super) fn begin(app: &SharedApp, bulletin: &Path, stop: &CancellationToken, tasks: &mut JoinSet<()>) {
    let (for_live, until_stopped) = (Arc::clone(app), stop.clone());
    tasks.spawn(keep_running("live", stop.clone(), move || {
        let (app, until_stopped) = (Arc::clone(&for_live), until_stopped.clone());
        async move {
            until_stopped.run_until_cancelled(keep_making(app)).await;
        }
    }));
    let (for_health, until_stopped) = (Arc::clone(app), stop.clone());
    tasks.spawn(keep_running("health", stop.clone(), move || {
        let (app, until_stopped) = (Arc::clone(&for_health), until_stopped.clone());
        async move {
            until_stopped.run_until_cancelled(health::watch::keep_watching(app)).await;
        }
    }));
    let (for_bulletin, folder, until_stopped) = (Arc::clone(app), bulletin.to_path_buf(), stop.clone());
    tasks.spawn(keep_running("bulletin", stop.clone(), move || {
        let (app, folder, until_stopped) = (Arc::clone(&for_bulletin), folder.clone(), until_stopped.clone());
        async move {
            until_stopped.run_until_cancelled(keep_writing(app, folder)).await;
        }
    }));
    let (for_healing, until_stopped) = (Arc::clone(app), stop.clone());
    tasks.spawn(keep_running("healing", stop.clone(), move || {
        let (app, until_stopped) = (Arc::clone(&for_healing), until_stopped.clone());
        async move {
            until_stopped.run_until_cancelled(pulling::keep_pulling(app)).await;
        }
    }));
    let (for_holders, until_stopped) = (Arc::clone(app), stop.clone());
    tasks.spawn(keep_running("holders", stop.clone(), move || {
        let (app, until_stopped) = (Arc::clone(&for_holders), until_stopped.clone());
        async move {
            until_stopped.run_until_cancelled(messages::holders::keep_telling(app)).await;
        }
    }));
    let (for_messages, until_stopped) = (Arc::clone(app), stop.clone());
    tasks.spawn(keep_running("messages", stop.clone(), move || {
        let (app, until_stopped) = (Arc::clone(&for_messages), until_stopped.clone());
        let run = tokio::task::spawn_blocking(move || {
            if let Err(error) = messages::run(app, &until_stopped) {
                tracing::error!(%error, "Messages cannot be sent.");
            }
        });
        async move { run.await.expect("a panic of the outbox is one of what runs it") }
    }));
    let (for_notices, until_stopped) = (Arc::clone(app), stop.clone());
    tasks.spawn(keep_running("notices", stop.clone(), move || {
        notices::delivery::run(Arc::clone(&for_notices), until_stopped.clone())
    }));
}

/// Runs what `make` makes until it ends by itself or `stop` is cancelled; again, if it panics.
async fn keep_running<F>(name: &'static str, stop: CancellationToken, make: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    while let Err(error) = tokio::spawn(make()).await {
        if stop.is_cancelled() {
            return;
        }
        counter!(TASK_FAILURES_TOTAL.name, "task" => name).increment(1);
        tracing::error!(%error, task = name, "Something that runs beside the books failed. It begins again.");
        let _ = stop.run_until_cancelled(tokio::time::sleep(AGAIN_AFTER)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_panics_is_begun_again_and_what_ends_is_not() {
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&begun);
        let make = move || {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            async move { assert!(number >= 2, "the first two times go wrong") }
        };
        keep_running("test", CancellationToken::new(), make).await;
        assert_eq!(begun.load(Ordering::Relaxed), 3);
    }
}
